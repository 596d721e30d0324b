//! What a story may lack over SIP: a network, a jitter of threads and an ear lie between the bridge and its callers.

use std::sync::Arc;
use std::time::Duration;

use crate::control::caller::{Expectation, Op, Sound};
use crate::scenario::check::Predicate;
use crate::scenario::story::Story;

/// How much longer each `within` is over SIP, and how much shorter a prompt's `for`.
pub const SIP_ALLOWANCE: Duration = Duration::from_millis(150);

/// How a call ends whose line has died, in virtual time and over SIP.
const LOST: &str = "failed(lost)";
const MEDIA_GONE: &str = "failed(media-gone)";

/// The story with that allowance.
pub(in crate::play) fn with_allowance(story: &Story) -> Story {
    let mut story = story.clone();
    for role in &mut Arc::make_mut(&mut story.cast).roles {
        for (_, op) in &mut Arc::make_mut(&mut role.program).ops {
            match op {
                Op::Expect(expected, timing) => {
                    timing.within += SIP_ALLOWANCE;
                    if let Expectation::Hears(sound) = *expected {
                        shorten(sound, &mut timing.hold);
                    }
                }
                Op::Still(sound, hold) => shorten(*sound, hold),
                Op::Dial(_) | Op::Press { .. } | Op::Never(..) | Op::When(_) | Op::Wait(_) | Op::Mark(_) => {}
                Op::Say(..) | Op::HangUp | Op::Drop | Op::Act(_) | Op::ActOn(_) | Op::Fork { .. } => {}
            }
        }
    }
    for check in &mut story.checks {
        match &mut check.predicate {
            Predicate::ComeWithin(within, _) => *within += SIP_ALLOWANCE,
            // That a line has died is noticed by its silence.
            Predicate::IsOneOf(wanted) if wanted.iter().any(|word| word == LOST) => {
                wanted.push(MEDIA_GONE.to_owned());
            }
            Predicate::IsOneOf(_) | Predicate::IsBetween(_) | Predicate::Never | Predicate::ComeBefore(_) => {
            }
        }
    }
    story
}

fn shorten(sound: Sound, hold: &mut Option<Duration>) {
    match sound {
        Sound::Prompt(_) | Sound::PromptIn(..) | Sound::RecordedName => {
            *hold = hold.map(|hold| hold.saturating_sub(SIP_ALLOWANCE));
        }
        // A voice is known by its first syllables, and missed some time after its last.
        Sound::Talk(_) | Sound::Tone(_) => {
            *hold = hold.map(|hold| hold.saturating_sub(SIP_ALLOWANCE));
        }
        Sound::HoldMusic | Sound::Silence => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::read::tests::{EXAMPLE, story};

    #[test]
    fn deadlines_are_later_and_only_prompts_may_be_shorter() {
        let given = story(EXAMPLE);
        let allowed = with_allowance(&given);
        let timings = |story: &Story| {
            let ops = story.cast.roles.iter().flat_map(|role| &role.program.ops);
            let timings = ops.filter_map(|(_, op)| {
                let Op::Expect(_, timing) = op else { return None };
                Some(*timing)
            });
            timings.collect::<Vec<_>>()
        };
        let (before, after) = (timings(&given), timings(&allowed));
        assert!(before.len() > 3);
        for (before, after) in before.iter().zip(&after) {
            assert_eq!(after.within, before.within + SIP_ALLOWANCE);
            // The example holds music only.
            assert_eq!((after.hold, after.of), (before.hold, before.of));
        }
        let mut hold = Some(Duration::from_millis(100));
        shorten(Sound::RecordedName, &mut hold);
        assert_eq!(hold, Some(Duration::ZERO));
    }
}
