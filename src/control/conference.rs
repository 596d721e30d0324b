//! A meeting with its mix: who hears it, who talks in it, and the announcement that plays in it.

mod talkers;

use std::collections::BTreeSet;
use std::time::Duration;

pub use talkers::Voice;

use super::call::{Announcement, Language, LegId, Prompt, Utterance};
use super::event::{Event, MeetingId};
use super::meeting::{self, AnnouncementId, Epoch, Meeting, Notice};
use super::outputs::Outputs;
use super::policy::Terms;
use super::query::DirectoryQuery;
use super::time::Instant;
use talkers::Talkers;

/// An input of a conference.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Input {
    /// Something for the meeting.
    Meeting(meeting::Input),
    /// A call hears the mix from now on, or does not any more.
    Listens(LegId, bool),
    /// The caller of a call says this from now on, or nothing any more.
    Says(LegId, Option<Utterance>),
}

/// An output of a conference.
#[derive(Clone, Debug)]
pub enum Output {
    /// Asks the directory.
    Ask(DirectoryQuery),
    /// Tells the attendant of a call.
    Notify(LegId, Notice),
    /// Tells a call that the mix carries this announcement from now on, or none.
    Announced(LegId, Option<Announcement>),
    /// Tells a call whom the mix carries from now on, or no more: never its own caller.
    Voice(LegId, Voice),
    /// An announcement has come to its end: to be carried to the meeting, which may have another.
    Finished(AnnouncementId),
    /// Records what happened.
    Record(Event),
}

/// The result of a timeout.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Due {
    /// Nothing.
    Nothing,
    /// The end of an announcement, which is now on its way to the meeting; or the silence behind it.
    Mix,
    /// A deadline of the meeting.
    Meeting,
}

/// An announcement that the mix carries until its end.
#[derive(Clone, Copy, Debug)]
struct Playing {
    id: AnnouncementId,
    announcement: Announcement,
    ends: Instant,
    /// Its end is on its way to the meeting.
    finished: bool,
}

/// One meeting and its mix. Which samples the mix has is the data plane's; here are only names.
///
/// The contract of every machine: a `handle_*` call is one change; drain [`Conference::poll_output`] completely before
/// the next. [`Conference::poll_timeout`] says when [`Conference::handle_timeout`] is due. It handles one thing:
/// the end of an announcement, which the driver carries back to the meeting, then the silence behind it unless another
/// began, then a deadline of the meeting. Call it until nothing is due.
#[derive(Debug)]
pub struct Conference {
    id: MeetingId,
    meeting: Meeting,
    playing: Option<Playing>,
    listeners: BTreeSet<LegId>,
    talkers: Talkers,
    outputs: Outputs<Output>,
}

impl Conference {
    /// A conference in which nobody is yet. No other of the bridge has or had the same epoch.
    #[must_use]
    pub fn new(id: MeetingId, epoch: Epoch, terms: Terms) -> Self {
        Self {
            id,
            meeting: Meeting::new(id, epoch, terms),
            playing: None,
            listeners: BTreeSet::new(),
            talkers: Talkers::default(),
            outputs: Outputs::default(),
        }
    }

    /// Returns the meeting, to look into.
    #[must_use]
    pub fn meeting(&self) -> &Meeting {
        &self.meeting
    }

    /// Takes in what happened.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        match input {
            Input::Meeting(input) => self.meeting.handle_input(now, input),
            Input::Listens(leg, true) => {
                self.listeners.insert(leg);
                if let Some(Playing { announcement, .. }) = self.playing {
                    self.outputs.push(Output::Announced(leg, Some(announcement)));
                }
                for voice in self.talkers.heard().filter(|voice| voice.by != leg) {
                    self.outputs.push(Output::Voice(leg, voice));
                }
            }
            Input::Listens(leg, false) => {
                self.listeners.remove(&leg);
                for voice in self.talkers.heard().filter(|voice| voice.by != leg) {
                    self.outputs.push(Output::Voice(leg, Voice { speech: None, ..voice }));
                }
            }
            Input::Says(leg, says) => self.talkers.say(leg, says),
        }
    }

    /// Handles one thing that is due at `now`, and tells what it was.
    pub fn handle_timeout(&mut self, now: Instant) -> Due {
        match &mut self.playing {
            // The next announcement follows without a gap; only when there is none does the mix fall silent.
            Some(Playing { ends, finished: true, .. }) if *ends <= now => self.play(None),
            Some(Playing { id, ends, finished, .. }) if *ends <= now => {
                *finished = true;
                self.outputs.push(Output::Finished(*id));
            }
            Some(_) | None if self.meeting.poll_timeout().is_some_and(|due| due <= now) => {
                self.meeting.handle_timeout(now);
                return Due::Meeting;
            }
            Some(_) | None => return Due::Nothing,
        }
        Due::Mix
    }

    /// Returns when [`Conference::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let mix = self.playing.map(|playing| playing.ends);
        [mix, self.meeting.poll_timeout()].into_iter().flatten().min()
    }

    /// The next output; drain it before the next `handle_*`. `lasts` knows how long each prompt plays.
    pub fn poll_output(
        &mut self,
        now: Instant,
        lasts: impl Fn(Prompt, Language) -> Duration,
    ) -> Option<Output> {
        loop {
            if let Some(output) = self.outputs.poll() {
                return Some(output);
            }
            match self.meeting.poll_output() {
                Some(meeting::Output::CheckPin { check, leg, organizer, secret, entry }) => {
                    let meeting = self.id;
                    let query = DirectoryQuery::CheckPin { meeting, check, leg, organizer, secret, entry };
                    return Some(Output::Ask(query));
                }
                Some(meeting::Output::AskTerms { question, leg, organizer }) => {
                    let query = DirectoryQuery::Terms { meeting: self.id, question, leg, organizer };
                    return Some(Output::Ask(query));
                }
                Some(meeting::Output::Notify { leg, notice }) => return Some(Output::Notify(leg, notice)),
                Some(meeting::Output::Record(event)) => return Some(Output::Record(event)),
                Some(meeting::Output::Announce { announcement: id, prompt, language }) => {
                    let ends = now + lasts(prompt, language);
                    let announcement = Announcement { prompt, language };
                    self.play(Some(Playing { id, announcement, ends, finished: false }));
                }
                Some(meeting::Output::StopAnnouncing) => self.play(None),
                // Everything that the meeting has to say of the change stands before what its mix makes of it.
                None => {
                    self.mix();
                    return self.outputs.poll();
                }
            }
        }
    }

    /// Tells those who listen whom the mix carries from now on, and whom no more.
    fn mix(&mut self) {
        for voice in self.talkers.changes(&self.meeting) {
            for leg in self.listeners.iter().filter(|leg| **leg != voice.by) {
                self.outputs.push(Output::Voice(*leg, voice));
            }
        }
    }

    /// The mix carries another announcement from now on, or none.
    fn play(&mut self, playing: Option<Playing>) {
        self.playing = playing;
        let heard = playing.map(|playing| playing.announcement);
        for leg in &self.listeners {
            self.outputs.push(Output::Announced(*leg, heard));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::call::{Digits, Speech};
    use crate::control::directory::{Directory, NewOrganizer, StoryDirectory as _};
    use crate::control::meeting::CallerKind;
    use crate::control::pin::{Pin, PinEntry};
    use crate::control::policy::{KeyCommand, OrganizerId, Policy};
    use crate::control::query::Reply;

    const FIRST: LegId = LegId::new(0);
    const SECOND: LegId = LegId::new(1);
    const LASTS: Duration = Duration::from_secs(1);

    struct Bench {
        conference: Conference,
        directory: Directory,
        organizer: OrganizerId,
        now: Instant,
    }

    impl Bench {
        /// A meeting that anybody may start, with nobody.
        fn empty() -> Self {
            let mut directory = Directory::new(Policy::default());
            let new = NewOrganizer {
                conference_id: Digits::from_symbols("3141592"),
                pin: Pin::from_symbols("27182"),
                allow_anonymous_start: Some(true),
                ..NewOrganizer::default()
            };
            let organizer = directory.add(&new, &mut || 0).unwrap().organizer;
            let conference = Conference::new(MeetingId(0), Epoch(0), directory.terms(organizer).unwrap());
            Self { conference, directory, organizer, now: Instant::from_secs(1) }
        }

        /// The same with one who has joined and listens, and one who has just joined.
        fn with_one_inside() -> Self {
            let mut bench = Self::empty();
            bench.enters(FIRST);
            bench.tell(Input::Listens(FIRST, true));
            bench.enters(SECOND);
            bench
        }

        fn arrives(&mut self, leg: LegId) {
            let (who, terms) = (CallerKind::Phone, self.directory.terms(self.organizer).unwrap());
            self.tell(Input::Meeting(meeting::Input::Arrive { leg, who, number: None, terms }));
        }

        fn enters(&mut self, leg: LegId) {
            self.arrives(leg);
            let outputs = self.tell(Input::Meeting(meeting::Input::Enter { leg, name_millis: 900 }));
            let mut replies = Vec::new();
            for output in outputs {
                if let Output::Ask(query) = output {
                    query.answer(self.now, &mut self.directory, |reply| replies.push(reply));
                }
            }
            for reply in replies {
                if let Reply::Meeting(_, input) = reply {
                    self.tell(Input::Meeting(input));
                }
            }
        }

        fn tell(&mut self, input: Input) -> Vec<Output> {
            self.conference.handle_input(self.now, input);
            self.drain()
        }

        fn wake(&mut self) -> Vec<Output> {
            self.now = self.conference.poll_timeout().unwrap();
            let mut outputs = Vec::new();
            while self.conference.handle_timeout(self.now) != Due::Nothing {
                outputs.extend(self.drain());
                if let Some(Output::Finished(announcement)) = outputs.last() {
                    let finished = meeting::Input::AnnouncementFinished { announcement: *announcement };
                    outputs.extend(self.tell(Input::Meeting(finished)));
                }
            }
            outputs
        }

        fn drain(&mut self) -> Vec<Output> {
            let (conference, now) = (&mut self.conference, self.now);
            std::iter::from_fn(|| conference.poll_output(now, |_, _| LASTS)).collect()
        }
    }

    fn announced(outputs: &[Output]) -> Vec<(LegId, Option<Prompt>)> {
        let heard = outputs.iter().filter_map(|output| match output {
            Output::Announced(leg, heard) => Some((*leg, heard.map(|heard| heard.prompt))),
            Output::Ask(_) | Output::Notify(..) | Output::Finished(_) | Output::Record(_) => None,
            Output::Voice(..) => None,
        });
        heard.collect()
    }

    #[test]
    fn who_listens_later_hears_the_announcement_that_plays() {
        let mut bench = Bench::with_one_inside();
        let name = Prompt::RecordedName { leg: SECOND, millis: 900 };
        assert_eq!(announced(&bench.tell(Input::Listens(SECOND, true))), [(SECOND, Some(name))]);
    }

    #[test]
    fn announcements_follow_each_other_without_a_gap() {
        let mut bench = Bench::with_one_inside();
        assert_eq!(announced(&bench.wake()), [(FIRST, Some(Prompt::HasJoined))]);
        assert_eq!(announced(&bench.wake()), [(FIRST, None)]);
    }

    #[test]
    fn who_does_not_listen_is_told_nothing() {
        let mut bench = Bench::with_one_inside();
        bench.tell(Input::Listens(FIRST, false));
        assert_eq!(announced(&bench.wake()), []);
    }

    #[test]
    fn an_announcement_lasts_as_long_as_its_prompt() {
        let bench = Bench::with_one_inside();
        assert_eq!(bench.conference.poll_timeout(), Some(bench.now + LASTS));
    }

    #[test]
    fn a_meeting_that_ends_takes_its_announcement_along() {
        let mut bench = Bench::with_one_inside();
        assert_eq!(announced(&bench.tell(Input::Meeting(meeting::Input::End))), [(FIRST, None)]);
    }

    #[test]
    fn an_end_is_told_once_and_then_the_mix_falls_silent() {
        let mut bench = Bench::with_one_inside();
        let at = bench.now + LASTS;
        let due = |bench: &mut Bench| {
            let due = bench.conference.handle_timeout(at);
            let ends = bench.drain().iter().filter(|output| matches!(output, Output::Finished(_))).count();
            (due, ends)
        };
        let three = [due(&mut bench), due(&mut bench), due(&mut bench)];
        assert_eq!(three, [(Due::Mix, 1), (Due::Mix, 0), (Due::Nothing, 0)]);
    }

    #[test]
    fn behind_the_announcements_the_meetings_deadline_is_due() {
        let mut bench = Bench::with_one_inside();
        bench.wake();
        bench.wake();
        assert_eq!(bench.conference.handle_timeout(bench.now), Due::Nothing);
        let due = bench.conference.poll_timeout().unwrap();
        assert_eq!(bench.conference.meeting().poll_timeout(), Some(due));
        assert_eq!(bench.conference.handle_timeout(due), Due::Meeting);
    }

    /// The meetings and calls of the questions.
    fn asked(outputs: &[Output]) -> Vec<(MeetingId, LegId)> {
        let asked = outputs.iter().filter_map(|output| match output {
            Output::Ask(DirectoryQuery::CheckPin { meeting, leg, .. })
            | Output::Ask(DirectoryQuery::Terms { meeting, leg, .. }) => Some((*meeting, *leg)),
            Output::Ask(DirectoryQuery::FindMeeting { .. }) | Output::Notify(..) => None,
            Output::Announced(..) | Output::Voice(..) | Output::Finished(_) | Output::Record(_) => None,
        });
        asked.collect()
    }

    #[test]
    fn an_entry_becomes_a_question_of_this_meeting() {
        let mut bench = Bench::empty();
        bench.arrives(FIRST);
        let enters = meeting::Input::Enter { leg: FIRST, name_millis: 0 };
        assert_eq!(asked(&bench.tell(Input::Meeting(enters))), [(MeetingId(0), FIRST)]);
    }

    #[test]
    fn a_keyed_pin_becomes_a_question_of_this_meeting() {
        let mut bench = Bench::empty();
        bench.arrives(FIRST);
        let entry = PinEntry::new(Digits::from_symbols("27182").unwrap());
        let keyed = meeting::Input::PinEntered { leg: FIRST, entry };
        assert_eq!(asked(&bench.tell(Input::Meeting(keyed))), [(MeetingId(0), FIRST)]);
    }

    /// What they say, and what each hears of it: caller, talker, word.
    fn says(bench: &mut Bench, leg: LegId, speech: Option<Speech>) -> Vec<(LegId, LegId, &'static str)> {
        let says = speech.map(|speech| Utterance { voice: 7, speech });
        voices(&bench.tell(Input::Says(leg, says)))
    }

    fn voices(outputs: &[Output]) -> Vec<(LegId, LegId, &'static str)> {
        let heard = outputs.iter().filter_map(|output| match output {
            Output::Voice(leg, Voice { by, speech, .. }) => {
                Some((*leg, *by, speech.map_or("nothing", Speech::name)))
            }
            Output::Ask(_) | Output::Notify(..) | Output::Finished(_) | Output::Record(_) => None,
            Output::Announced(..) => None,
        });
        heard.collect()
    }

    #[test]
    fn who_talks_is_heard_by_all_others_who_listen() {
        let mut bench = Bench::with_one_inside();
        assert_eq!(says(&mut bench, FIRST, Some(Speech::Talk)), [], "nobody else listens");
        assert_eq!(voices(&bench.tell(Input::Listens(SECOND, true))), [(SECOND, FIRST, "talk")]);
        assert_eq!(says(&mut bench, SECOND, Some(Speech::Tone)), [(FIRST, SECOND, "tone")]);
        assert_eq!(says(&mut bench, FIRST, None), [(SECOND, FIRST, "nothing")]);
        assert_eq!(voices(&bench.tell(Input::Listens(FIRST, false))), [(FIRST, SECOND, "nothing")]);
    }

    #[test]
    fn who_is_muted_or_has_not_joined_is_not_in_the_mix() {
        let mut bench = Bench::with_one_inside();
        bench.tell(Input::Listens(SECOND, true));
        let waits = LegId::new(2);
        bench.arrives(waits);
        assert_eq!(says(&mut bench, waits, Some(Speech::Talk)), []);
        says(&mut bench, FIRST, Some(Speech::Talk));
        let mute = KeyCommand::Mute;
        let command =
            |leg| Input::Meeting(meeting::Input::Command { leg, command: mute, organizers_keys: false });
        assert_eq!(voices(&bench.tell(command(FIRST))), [(SECOND, FIRST, "nothing")]);
        assert_eq!(voices(&bench.tell(command(FIRST))), [(SECOND, FIRST, "talk")]);
        let gone = bench.tell(Input::Meeting(meeting::Input::Leave { leg: FIRST }));
        assert_eq!(voices(&gone), [(SECOND, FIRST, "nothing")]);
    }
}
