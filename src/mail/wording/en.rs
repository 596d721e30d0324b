//! Mails in English.

use super::{Event, Wording};

pub(super) const WORDS: Wording = Wording {
    greeting: "Hello {name},",
    greeting_nameless: "Hello,",
    enabled: Event {
        subject: "People can now join your meetings by phone",
        intro: "Dial-in conferencing was turned on for you: people can now join your meetings by phone. These are \
                your dial-in details.",
        next: "Put the phone number and the conference ID into the invitations to your meetings. Everyone who calls \
               needs both.",
    },
    pin_reset: Event {
        subject: "Your dial-in PIN was reset",
        intro: "Your administrator has given you a new PIN, and the old one no longer works. Your conference ID and \
                your phone numbers are the same as before.",
        next: "",
    },
    changed: Event {
        subject: "Your dial-in details have changed",
        intro: "Your conference ID or one of your phone numbers has changed. These are your dial-in details from now \
                on.",
        next: "Invitations that you have already sent still show the old details. Open each meeting in your calendar, \
               replace them, and send the update.",
    },
    disabled: Event {
        subject: "Dial-in conferencing was turned off for you",
        intro: "Dial-in conferencing was turned off for you. Nobody can join your meetings by phone any more, and your \
                conference ID and PIN no longer work.",
        next: "",
    },
    coordinates: Event {
        subject: "Your dial-in details",
        intro: "Your administrator asked for your dial-in details to be sent to you.",
        next: "",
    },
    test: Event {
        subject: "A test mail from Attendant",
        intro: "If you can read this, mail from Attendant arrives. Nothing else was sent and nothing was changed.",
        next: "",
    },
    number: "Phone number",
    toll_free_number: "Toll-free number",
    conference_id: "Conference ID",
    pin: "PIN",
    colon: ": ",
    how_to_start: "To start a meeting by phone, call the number and enter the conference ID followed by #. When you are \
                   asked whether you are the organizer, press *, then enter the PIN followed by #.",
    keep_pin: "The PIN is for you alone: never put it into an invitation. If you lose it, ask your administrator for a \
               new one.",
    pin_not_here: "Your PIN is still the same, and for your safety it is not in this mail. If you do not know it, ask \
                   your administrator for a new one.",
    removal: "Please remove the dial-in details from your invitations:",
    removal_steps: [
        "Open each of your upcoming meetings in your calendar.",
        "Delete the phone numbers and the conference ID from the text.",
        "Send the update to everyone you have invited.",
    ],
    automatic: "This mail was sent automatically. Nobody reads replies to it.",
    help: "Help with dial-in conferencing",
};
