//! Mails in German.

use super::{Event, Wording};

pub(super) const WORDS: Wording = Wording {
    greeting: "Guten Tag {name},",
    greeting_nameless: "Guten Tag,",
    enabled: Event {
        subject: "An Ihren Besprechungen kann man jetzt per Telefon teilnehmen",
        intro: "Für Sie wurden Einwahlkonferenzen eingeschaltet: An Ihren Besprechungen kann man jetzt per Telefon \
                teilnehmen. Dies sind Ihre Einwahldaten.",
        next: "Nehmen Sie die Telefonnummer und die Konferenz-ID in die Einladungen zu Ihren Besprechungen auf. Wer \
               anruft, braucht beides.",
    },
    pin_reset: Event {
        subject: "Ihre PIN für Einwahlkonferenzen wurde zurückgesetzt",
        intro: "Ihr Administrator hat Ihnen eine neue PIN gegeben; die alte gilt nicht mehr. Ihre Konferenz-ID und Ihre \
                Telefonnummern sind dieselben wie bisher.",
        next: "",
    },
    changed: Event {
        subject: "Ihre Einwahldaten haben sich geändert",
        intro: "Ihre Konferenz-ID oder eine Ihrer Telefonnummern hat sich geändert. Ab jetzt gelten diese Einwahldaten.",
        next: "In Einladungen, die Sie schon verschickt haben, stehen noch die alten Daten. Öffnen Sie jede Besprechung \
               in Ihrem Kalender, ersetzen Sie die Daten, und senden Sie die Aktualisierung.",
    },
    disabled: Event {
        subject: "Einwahlkonferenzen wurden für Sie ausgeschaltet",
        intro: "Einwahlkonferenzen wurden für Sie ausgeschaltet. An Ihren Besprechungen kann niemand mehr per Telefon \
                teilnehmen; Ihre Konferenz-ID und Ihre PIN gelten nicht mehr.",
        next: "",
    },
    coordinates: Event {
        subject: "Ihre Einwahldaten",
        intro: "Ihr Administrator hat Ihnen Ihre Einwahldaten schicken lassen.",
        next: "",
    },
    test: Event {
        subject: "Eine Testmail von Attendant",
        intro: "Wenn Sie dies lesen, kommen Mails von Attendant an. Sonst wurde nichts verschickt und nichts geändert.",
        next: "",
    },
    number: "Telefonnummer",
    toll_free_number: "Gebührenfreie Nummer",
    conference_id: "Konferenz-ID",
    pin: "PIN",
    colon: ": ",
    how_to_start: "Um eine Besprechung per Telefon zu beginnen, rufen Sie die Nummer an und geben die Konferenz-ID und # \
                   ein. Auf die Frage, ob Sie der Organisator sind, drücken Sie *; danach geben Sie die PIN und # ein.",
    keep_pin: "Die PIN ist nur für Sie bestimmt und gehört in keine Einladung. Wenn Sie sie verlieren, lassen Sie sich \
               von Ihrem Administrator eine neue geben.",
    pin_not_here: "Ihre PIN ist unverändert und steht zur Sicherheit nicht in dieser Mail. Wenn Sie sie nicht kennen, \
                   lassen Sie sich von Ihrem Administrator eine neue geben.",
    removal: "Bitte entfernen Sie die Einwahldaten aus Ihren Einladungen:",
    removal_steps: [
        "Öffnen Sie jede Ihrer künftigen Besprechungen in Ihrem Kalender.",
        "Löschen Sie die Telefonnummern und die Konferenz-ID aus dem Text.",
        "Senden Sie die Aktualisierung an alle Eingeladenen.",
    ],
    automatic: "Diese Mail wurde automatisch verschickt. Antworten darauf liest niemand.",
    help: "Hilfe zu Einwahlkonferenzen",
};
