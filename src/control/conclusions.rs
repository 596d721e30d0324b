//! What a caller concludes about its call from what it does and hears: the events that a bridge would tell, where it tells
//! nobody.

use super::call::{Digit, Digits, HangupCause, LegId, Prompt, Source};
use super::event::{Admission, CallEvent, Event, MeetingEvent, MeetingId, MutedBy, Outcome, Place, Refusal};
use super::outputs::Outputs;
use super::pin::Pin;

/// A conclusion.
#[derive(Clone, PartialEq, Debug)]
pub enum Conclusion {
    /// This has happened, as far as the caller can tell.
    Event(Event),
    /// This PIN is the right one of the meeting that was named.
    RightPin(MeetingId, Pin),
}

/// What keys answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Asked {
    Nothing,
    ConferenceId,
    Pin,
}

/// One call, as its caller understands it.
///
/// Each method is one change; drain [`Conclusions::poll_output`] completely before the next. Keys may be pressed ahead: what
/// they were, the next sound tells. Events come out as a bridge tells them, those of the meeting included, with what a caller
/// cannot know left out: who else is there, that a meeting started, why a call was refused.
#[derive(Clone, Debug)]
pub struct Conclusions {
    leg: LegId,
    tries_left: u8,
    place: Option<(MeetingId, Place)>,
    /// Where the caller is, also of a bridge that asks for no number.
    stands: Option<Place>,
    asked: Asked,
    /// The keys since the last that ends an entry.
    entry: Digits,
    /// Entries of which nothing was heard yet.
    conference_id: Option<Digits>,
    pin: Option<Digits>,
    /// What the bridge said, if that tells why it hangs up.
    farewell: Option<Outcome>,
    is_over: bool,
    outputs: Outputs<Conclusion>,
}

impl Conclusions {
    /// A call that was dialled, whose caller may give so many wrong PINs.
    #[must_use]
    pub fn new(leg: LegId, pin_tries: u8) -> Self {
        let mut call = Self {
            leg,
            tries_left: pin_tries,
            place: None,
            stands: None,
            asked: Asked::ConferenceId,
            entry: Digits::default(),
            conference_id: None,
            pin: None,
            farewell: None,
            is_over: false,
            outputs: Outputs::default(),
        };
        call.tell(CallEvent::Called { leg });
        call
    }

    /// Where the caller is, once a meeting was named.
    #[must_use]
    pub const fn place(&self) -> Option<(MeetingId, Place)> {
        self.place
    }

    /// Whether an entry that ends with the last key may be the PIN that starts a meeting.
    #[must_use]
    pub const fn has_keyed_pin(&self) -> bool {
        self.pin.is_some()
    }

    /// The bridge took the call.
    pub fn answered(&mut self) {
        self.tell(CallEvent::Answered { leg: self.leg });
    }

    /// A key went down.
    pub fn pressed(&mut self, digit: Digit) {
        self.tell(CallEvent::Key { leg: self.leg });
        let entry = self.entry;
        match digit {
            Digit::POUND => {
                self.entry = Digits::default();
                match self.asked {
                    Asked::ConferenceId if !entry.is_empty() => self.conference_id = Some(entry),
                    Asked::Pin if !entry.is_empty() => self.pin = Some(entry),
                    Asked::ConferenceId | Asked::Pin | Asked::Nothing => {}
                }
                self.asked = Asked::Nothing;
            }
            Digit::STAR => {
                self.entry = Digits::default();
                let is_joined = matches!(self.place, Some((_, Place::Joined)));
                let is_named = self.place.is_some() || self.conference_id.is_some();
                if is_named && !is_joined {
                    self.asked = Asked::Pin;
                }
            }
            digit => {
                if !self.entry.push(digit) {
                    // Longer than anything that is asked for.
                    self.entry = Digits::default();
                }
            }
        }
    }

    /// This is heard from now on. `meeting_of` tells which meeting has a conference ID that the bridge takes.
    pub fn heard(&mut self, source: Source, meeting_of: impl FnOnce(Digits) -> MeetingId) {
        let prompt = match source {
            Source::Prompt { prompt, .. } => Some(prompt),
            Source::HoldMusic { .. } | Source::Conference => None,
            Source::Silence => return self.tell(CallEvent::Hears { leg: self.leg, source }),
        };
        if !prompt.is_some_and(is_neutral) {
            self.conclude_id(prompt, meeting_of);
        }
        match prompt {
            Some(prompt) => {
                self.conclude_pin(prompt);
                self.note(prompt);
            }
            None if source == Source::Conference => self.join(),
            None => self.park(),
        }
        self.tell(CallEvent::Hears { leg: self.leg, source });
    }

    /// The caller hangs up, or the call ended.
    pub fn ended(&mut self, cause: HangupCause) {
        if std::mem::replace(&mut self.is_over, true) {
            return;
        }
        let by_bridge = cause == HangupCause::Bridge;
        let outcome = Outcome::of_failed(cause).unwrap_or(match (by_bridge, self.farewell, self.stands) {
            (true, Some(farewell), _) => farewell,
            (true, None, Some(Place::Joined)) => Outcome::Ended,
            // It did not say why.
            (true, None, Some(Place::Lobby | Place::Screening) | None) => Outcome::Failed(cause),
            (false, _, Some(Place::Joined)) => Outcome::Joined,
            (false, _, Some(Place::Lobby)) => Outcome::LobbyHangup,
            (false, _, Some(Place::Screening) | None) => Outcome::Abandoned,
        });
        self.tell(CallEvent::Finished { leg: self.leg, outcome, cause });
    }

    /// The bridge has let go of the call: the caller is nowhere any more.
    pub fn left(&mut self) {
        if let Some((meeting, place)) = self.place.take()
            && place != Place::Screening
        {
            self.tell(MeetingEvent::Left { meeting, leg: self.leg, place });
        }
    }

    /// Returns the next conclusion.
    pub fn poll_output(&mut self) -> Option<Conclusion> {
        self.outputs.poll()
    }

    fn tell(&mut self, event: impl Into<Event>) {
        self.outputs.push(Conclusion::Event(event.into()));
    }

    fn conclude_id(&mut self, prompt: Option<Prompt>, meeting_of: impl FnOnce(Digits) -> MeetingId) {
        let Some(digits) = self.conference_id.take() else { return };
        let is_refused = matches!(
            prompt,
            Some(Prompt::InvalidConferenceId | Prompt::TooManyAttempts | Prompt::EnterConferenceId)
        );
        let meeting = if is_refused { None } else { Some(meeting_of(digits)) };
        self.tell(CallEvent::ConferenceIdKeyed { leg: self.leg, digits, meeting });
        match meeting {
            Some(meeting) => self.place = Some((meeting, Place::Screening)),
            // What was pressed ahead for the PIN was no PIN.
            None => self.pin = None,
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "other prompts say nothing of a PIN that was pressed")]
    fn conclude_pin(&mut self, prompt: Prompt) {
        let (Some((meeting, _)), leg) = (self.place, self.leg) else { return };
        let Some(digits) = self.pin else { return };
        match prompt {
            Prompt::InvalidPin | Prompt::TooManyAttempts => {
                self.pin = None;
                self.tries_left = self.tries_left.saturating_sub(1);
                self.tell(MeetingEvent::PinRefused { meeting, leg, tries_left: self.tries_left });
            }
            Prompt::PinAccepted | Prompt::MeetingStarted | Prompt::Joining => {
                self.pin = None;
                self.tell(MeetingEvent::PinAccepted { meeting, leg });
                if let Some(pin) = Pin::from_digits(digits) {
                    self.outputs.push(Conclusion::RightPin(meeting, pin));
                }
                self.put(meeting, Admission::Pin);
            }
            _ => {}
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "only the prompts that tell something matter")]
    fn note(&mut self, prompt: Prompt) {
        match prompt {
            Prompt::EnterConferenceId => self.asked = Asked::ConferenceId,
            Prompt::EnterPin => self.asked = Asked::Pin,
            Prompt::HoldForOrganizer | Prompt::LobbyWait => self.park(),
            Prompt::PinAccepted | Prompt::MeetingStarted | Prompt::Joining => self.join(),
            Prompt::Muted => self.muted(true, MutedBy::Oneself),
            Prompt::MutedByOrganizer => self.muted(true, MutedBy::Organizer),
            Prompt::Unmuted => self.muted(false, MutedBy::Oneself),
            Prompt::HandRaised => self.hand(true),
            Prompt::HandLowered => self.hand(false),
            Prompt::HoldTimeout => self.farewell = Some(Outcome::LobbyTimeout),
            Prompt::TooManyAttempts => self.farewell = Some(Outcome::Refused(Refusal::TooManyAttempts)),
            Prompt::MeetingFull => self.farewell = Some(Outcome::Refused(Refusal::Full)),
            Prompt::NumberNotAllowed => self.farewell = Some(Outcome::Refused(Refusal::TollFree)),
            Prompt::LobbyDenied => self.farewell = Some(Outcome::Refused(Refusal::Denied)),
            Prompt::MeetingLocked => self.farewell = Some(Outcome::Refused(Refusal::Locked)),
            Prompt::Removed => self.farewell = Some(Outcome::Removed),
            Prompt::OrganizerHasLeft => self.farewell = Some(Outcome::OrganizerLeft),
            _ => {}
        }
    }

    fn park(&mut self) {
        self.stands = Some(Place::Lobby);
        if let Some((meeting, place)) = self.place
            && place != Place::Lobby
        {
            self.place = Some((meeting, Place::Lobby));
            self.tell(MeetingEvent::Parked { meeting, leg: self.leg });
        }
    }

    fn join(&mut self) {
        self.stands = Some(Place::Joined);
        let Some((meeting, place)) = self.place else { return };
        match place {
            Place::Joined => {}
            Place::Lobby => self.put(meeting, Admission::Released),
            Place::Screening => self.put(meeting, Admission::Direct),
        }
    }

    fn put(&mut self, meeting: MeetingId, admission: Admission) {
        self.asked = Asked::Nothing;
        self.place = Some((meeting, Place::Joined));
        self.tell(MeetingEvent::Joined { meeting, leg: self.leg, admission });
    }

    fn muted(&mut self, muted: bool, by: MutedBy) {
        if let Some((meeting, Place::Joined)) = self.place {
            self.tell(MeetingEvent::Muted { meeting, leg: self.leg, muted, by, hard: false });
        }
    }

    fn hand(&mut self, raised: bool) {
        if let Some((meeting, Place::Joined)) = self.place {
            self.tell(MeetingEvent::Hand { meeting, leg: self.leg, raised });
        }
    }
}

/// Prompts that say nothing of what was keyed: the read-back of an entry, tones, a name.
fn is_neutral(prompt: Prompt) -> bool {
    matches!(
        prompt,
        Prompt::YouEntered
            | Prompt::ConfirmEntry
            | Prompt::Number(_)
            | Prompt::Tone(_)
            | Prompt::RecordedName { .. }
            | Prompt::Welcome
    )
}

#[cfg(test)]
mod tests {
    use super::super::call::{Language, PlaybackId, Tone};
    use super::super::time::Instant;
    use super::*;

    const LEG: LegId = LegId::new(7);

    /// What a caller concludes: keys are pressed, prompts heard by their names; the words of the events.
    fn concluded(story: &str) -> Vec<String> {
        let mut call = Conclusions::new(LEG, 3);
        let mut told = Vec::new();
        let mut drain = |call: &mut Conclusions| {
            while let Some(conclusion) = call.poll_output() {
                match conclusion {
                    Conclusion::Event(Event::Call(CallEvent::Hears { .. } | CallEvent::Key { .. })) => {}
                    Conclusion::Event(Event::Call(CallEvent::ConferenceIdKeyed {
                        digits, meeting, ..
                    })) => {
                        told.push(format!("{} {meeting:?}", digits.reveal()));
                    }
                    Conclusion::Event(Event::Call(CallEvent::Finished { outcome, .. })) => {
                        told.push(outcome.name().to_owned());
                    }
                    Conclusion::Event(event) => told.push(event.name().to_owned()),
                    Conclusion::RightPin(_, pin) => told.push(format!("pin {}", pin.reveal().reveal())),
                }
            }
        };
        for word in story.split(' ') {
            match word {
                "answered" => call.answered(),
                "music" => call.heard(Source::HoldMusic { begun: Instant::ZERO }, |_| MeetingId(4)),
                "conference" => call.heard(Source::Conference, |_| MeetingId(4)),
                "silence" => call.heard(Source::Silence, |_| MeetingId(4)),
                "low-tone" => call.heard(prompt(Prompt::Tone(Tone::Low)), |_| MeetingId(4)),
                "hang-up" => {
                    call.ended(HangupCause::Caller);
                    call.left();
                }
                "bridge-ends" => call.ended(HangupCause::Bridge),
                word => match Prompt::NAMED.iter().find(|known| known.name() == word) {
                    Some(known) => call.heard(prompt(*known), |_| MeetingId(4)),
                    None => word.chars().for_each(|key| call.pressed(Digit::from_symbol(key).unwrap())),
                },
            }
            drain(&mut call);
        }
        told
    }

    fn prompt(prompt: Prompt) -> Source {
        Source::Prompt { playback: PlaybackId(0), prompt, language: Language::default() }
    }

    #[test]
    fn a_caller_waits_and_is_released() {
        let told = concluded(
            "answered welcome enter-conference-id 3141592# silence press-star-if-organizer hold-for-organizer music \
             meeting-started conference hang-up",
        );
        assert_eq!(
            told,
            ["called", "answered", "3141592 Some(MeetingId(4))", "parked", "joined", "joined", "left"]
        );
    }

    #[test]
    fn an_organizer_whose_pin_is_right_is_told_apart_from_one_whose_is_not() {
        let told = concluded(
            "answered 3141592# press-star-if-organizer * enter-pin 11111# invalid-pin enter-pin 27182# pin-accepted \
             conference bridge-ends",
        );
        assert_eq!(
            told[2..],
            ["3141592 Some(MeetingId(4))", "pin_refused", "pin_accepted", "pin 27182", "joined", "ended"]
        );
    }

    #[test]
    fn keys_that_were_pressed_ahead_are_concluded_from_what_follows() {
        let told = concluded("answered welcome 3141592#*27182# pin-accepted");
        assert_eq!(told[2..], ["3141592 Some(MeetingId(4))", "pin_accepted", "pin 27182", "joined"]);
        let told = concluded("answered 999#*27182# invalid-conference-id enter-conference-id 3141592# music");
        assert_eq!(told[2..], ["999 None", "3141592 Some(MeetingId(4))", "parked"]);
    }

    #[test]
    fn read_back_and_tones_decide_nothing() {
        let told = concluded("answered 3141592# you-entered low-tone silence confirm-entry");
        assert_eq!(told, ["called", "answered"]);
    }

    #[test]
    fn a_refusal_is_the_outcome_when_the_bridge_hangs_up() {
        assert_eq!(
            concluded("answered 1# invalid-conference-id too-many-attempts bridge-ends").last().unwrap(),
            "refused(too-many-attempts)"
        );
        for (story, outcome) in [
            ("answered 3141592# music hold-timeout goodbye bridge-ends", "lobby-timeout"),
            ("answered 3141592# music bridge-ends", "failed(bridge)"),
            ("answered music bridge-ends", "failed(bridge)"),
            ("answered music hang-up", "lobby-hangup"),
            ("answered joining conference hang-up", "joined"),
            ("answered joining removed bridge-ends", "ended(removed)"),
        ] {
            assert_eq!(concluded(story).last().unwrap(), outcome, "{story}");
        }
        assert_eq!(concluded("answered hang-up").last().unwrap(), "abandoned");
    }
}
