//! Whether a meeting is recorded, and who is told.

use super::*;

const QUIET: (&str, &str) = ("entry_exit_notifications", "false");

impl Bench {
    /// Turns the recording on or off; what the records say of it.
    fn recorded(&mut self, input: Input) -> Vec<bool> {
        self.meeting.handle_input(self.now, input);
        let mut on = Vec::new();
        while let Some(output) = self.meeting.poll_output() {
            if let Output::Record(Event::Meeting(MeetingEvent::Recording { on: is_on, .. })) = output {
                on.push(is_on);
            }
        }
        on
    }
}

#[test]
fn everybody_hears_of_it_and_who_joins_later_first_of_all() {
    let mut bench = Bench::running(&[QUIET], &[]);
    bench.input(Input::SetRecording { on: true });
    bench.input(Input::SetRecording { on: true });
    bench.parks(1);
    bench.puts_out(&["all: recording-started", "1: go in", "1: is recorded", "1: in by direct"]);
    bench.input(Input::AnnouncementFinished { announcement: bench.announcing.unwrap() });
    bench.input(Input::SetRecording { on: false });
    bench.parks(2);
    bench.puts_out(&["all: recording-stopped", "2: go in", "2: in by direct"]);
}

#[test]
fn phones_alone_hear_of_it_or_nobody() {
    let mut phones = Bench::running(&[QUIET, ("recording_notice", "phones")], &[1]);
    phones.signs_in(KIM, false);
    phones.out.clear();
    phones.command(AMOS, KeyCommand::Record);
    phones.puts_out(&["1: recording true", "100: recording true"]);
    let mut none = Bench::running(&[QUIET, ("recording_notice", "none")], &[1]);
    none.command(AMOS, KeyCommand::Record);
    none.parks(2);
    none.command(AMOS, KeyCommand::Record);
    none.puts_out(&["100: done", "2: go in", "2: in by direct", "100: done"]);
}

#[test]
fn a_lobby_is_not_recorded_and_no_recording_outlives_its_meeting() {
    let mut bench = Bench::with(&[QUIET]);
    bench.parks(1);
    assert_eq!(bench.recorded(Input::SetRecording { on: true }), [false; 0]);
    bench.starts();
    assert_eq!(bench.recorded(Input::SetRecording { on: true }), [true]);
    assert_eq!(bench.recorded(Input::SetRecording { on: true }), [false; 0]);
    assert_eq!(bench.recorded(Input::End), [false]);
    bench.starts();
    bench.out.clear();
    bench.parks(2);
    bench.puts_out(&["2: go in", "2: in by direct"]);
}
