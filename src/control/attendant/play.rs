//! Prompts in a row, and what follows when the last has been heard or was cut short.

use smallvec::SmallVec;

use super::{Attendant, Output, State, Timer};
use crate::control::call::{HangupCause, LegCommand, PlaybackId, Prompt, Source};
use crate::control::event::{CallEvent, Event, MeetingId, Outcome};
use crate::control::meeting;
use crate::control::time::Instant;

impl Attendant {
    /// Puts prompts at the end of what is to be said, in the caller's language. The client app hears none.
    pub(super) fn queue(&mut self, prompts: &[Prompt]) {
        if !self.is_on_the_phone() {
            return;
        }
        self.playlist.extend(prompts.iter().map(|prompt| (*prompt, self.language)));
    }

    /// Says what is queued; goes on at once if there is nothing to say.
    pub(super) fn play_queue(&mut self, now: Instant) {
        if self.playing.is_none() {
            self.play_next(now);
        }
    }

    pub(super) fn playback_finished(&mut self, now: Instant, playback: PlaybackId) {
        if self.playing == Some(playback) {
            self.playing = None;
            self.play_next(now);
        }
    }

    fn play_next(&mut self, now: Instant) {
        if self.playlist.is_empty() {
            return self.playlist_finished(now);
        }
        let (prompt, language) = self.playlist.remove(0);
        // What fits in place again is not kept on the heap: very many callers hear their first prompts at once.
        if self.playlist.len() <= 1 {
            self.playlist.shrink_to_fit();
        }
        let playback = PlaybackId(self.next_playback);
        self.next_playback = self.next_playback.wrapping_add(1);
        self.playing = Some(playback);
        self.hear(now, Source::Prompt { playback, prompt, language });
    }

    /// The caller has heard music for the time after which the wait is mentioned.
    pub(super) fn still_waiting(&mut self, now: Instant) {
        if self.state == State::Lobby && self.is_on_the_phone() {
            self.says_still_waiting = true;
            self.queue(&[Prompt::StillWaiting]);
            self.play_queue(now);
        }
    }

    /// Cuts short what is being said. True if anything was.
    pub(super) fn stop_playback(&mut self) -> bool {
        self.says_still_waiting = false;
        self.playlist = SmallVec::new();
        self.playing.take().is_some()
    }

    /// A key stops the prompts: barge-in.
    pub(super) fn barge_in(&mut self, now: Instant) {
        if self.stop_playback() {
            self.hear(now, Source::Silence);
        }
    }

    pub(super) fn hear(&mut self, now: Instant, source: Source) {
        if !matches!(source, Source::HoldMusic { .. }) {
            self.music.stop(now);
            self.timers.clear(Timer::StillWaiting);
        }
        self.outputs.push(Output::Leg(LegCommand::Hear(source)));
    }

    /// The last prompt has been heard. Timeouts run from here.
    pub(super) fn playlist_finished(&mut self, now: Instant) {
        self.ended_by_length = None;
        let field = self.open_field();
        match &mut self.state {
            State::ConferenceId { entry, .. } | State::Pin { entry, .. } | State::Passcode { entry } => {
                let timeout = field.map(|field| entry.next_timeout(&field)).unwrap_or_default();
                self.timers.set(Timer::Key, now + timeout);
                self.hear(now, Source::Silence);
            }
            State::Confirming { .. } => {
                self.timers.set(Timer::Key, now + self.policy.dialog.first_digit_timeout);
                self.hear(now, Source::Silence);
            }
            State::OrganizerQuestion => {
                self.timers.set(Timer::Question, now + self.policy.dialog.organizer_question_timeout);
                self.hear(now, Source::Silence);
            }
            State::Name { recording } => {
                *recording = Some(now);
                self.timers.set(Timer::Name, now + self.policy.dialog.name_timeout);
                self.hear(now, Source::Silence);
            }
            State::GoingIn => self.enter(),
            State::Lobby => {
                let begun = if std::mem::take(&mut self.says_still_waiting) {
                    self.music.go_on(now, self.policy.meeting.music_policy)
                } else {
                    self.music.begin(now, self.policy.meeting.music_policy)
                };
                self.hear(now, Source::HoldMusic { begun });
                if let Some(every) = self.policy.meeting.still_waiting_every.0 {
                    self.timers.set(Timer::StillWaiting, now + every);
                }
            }
            State::Joined { .. } => self.hear(now, Source::Conference),
            State::AdmitOrDeny { .. } => {
                self.timers.set(Timer::Admission, now + self.policy.dialog.admission_timeout);
                self.hear(now, Source::Conference);
            }
            State::Leaving { outcome } => {
                let outcome = *outcome;
                self.finish(outcome, HangupCause::Bridge);
            }
            State::Finding { .. } | State::Arrived | State::PinChecking { .. } | State::Entering => {
                self.hear(now, Source::Silence);
            }
            State::PasscodeChecking => self.hear(now, Source::Silence),
            State::Arriving | State::Over => {}
        }
    }

    /// Says these prompts instead of anything else, then hangs up.
    pub(super) fn say_goodbye(&mut self, now: Instant, outcome: Outcome, prompts: &[Prompt]) {
        self.interrupt();
        self.leave_meeting();
        self.state = State::Leaving { outcome };
        self.queue(prompts);
        self.play_queue(now);
    }

    /// Drops what is being said, awaited and timed: something else comes first.
    pub(super) fn interrupt(&mut self) {
        self.stop_playback();
        self.timers.clear_all();
    }

    pub(super) fn tell(&mut self, meeting: MeetingId, input: meeting::Input) {
        self.outputs.push(Output::Tell(meeting, Box::new(input)));
    }

    pub(super) fn leave_meeting(&mut self) {
        if let Some(meeting) = self.meeting.take() {
            self.tell(meeting, meeting::Input::Leave { leg: self.leg });
        }
    }

    /// The leg is gone, whichever side ended it: nothing of this call is left behind.
    pub(super) fn hung_up(&mut self, cause: HangupCause) {
        let outcome = match self.state {
            State::Leaving { outcome } => outcome,
            _ if cause.is_lost() => Outcome::Failed(HangupCause::Lost),
            State::Joined { .. } | State::AdmitOrDeny { .. } => Outcome::Joined,
            State::Lobby | State::Pin { in_lobby: true, .. } | State::PinChecking { in_lobby: true } => {
                Outcome::LobbyHangup
            }
            State::Arriving
            | State::ConferenceId { .. }
            | State::Confirming { .. }
            | State::Finding { .. }
            | State::Arrived
            | State::OrganizerQuestion
            | State::Pin { .. }
            | State::PinChecking { .. }
            | State::Passcode { .. }
            | State::PasscodeChecking
            | State::Name { .. }
            | State::GoingIn
            | State::Entering
            | State::Over => Outcome::Abandoned,
        };
        self.end(outcome, cause);
    }

    /// The bridge hangs up.
    pub(super) fn finish(&mut self, outcome: Outcome, cause: HangupCause) {
        self.outputs.push(Output::Leg(LegCommand::HangUp(cause)));
        self.end(outcome, cause);
    }

    fn end(&mut self, outcome: Outcome, cause: HangupCause) {
        self.interrupt();
        self.leave_meeting();
        self.state = State::Over;
        self.record(CallEvent::Finished { leg: self.leg, outcome, cause });
    }

    pub(super) fn record(&mut self, event: CallEvent) {
        self.outputs.push(Output::Record(Event::Call(event)));
    }
}
