//! What a story's administrators do, on whatever carries the story.

use crate::bridge::envelope::Envelope;
use crate::control::caller::{ActId, OrganizerRef};
use crate::control::directory::Directory;
use crate::control::event::MeetingId;
use crate::control::meeting;
use crate::control::policy::OrganizerId;
use crate::leg::log::{Entry, Sink};
use crate::leg::scripted::Shard;
use crate::scenario::story::{Act, Story};

/// An administrator acts: the directory is changed at once, callers are shown what an administrator would tell them,
/// and what concerns meetings is on its way to them.
pub(crate) fn act<S: Sink>(
    story: &Story,
    (part, act): (u32, ActId),
    directory: &mut Directory,
    shard: &mut Shard<S>,
    entropy: &mut impl FnMut() -> u64,
) {
    let stage = shard.stage_of(part);
    shard.tell(Entry::Act { stage: stage.stage, act: act.0 });
    let id = |organizer: &OrganizerRef| OrganizerId(stage.first_organizer.0 + u32::from(organizer.0));
    let now = shard.now();
    match &story.acts[usize::from(act.0)] {
        Act::ResetPin(organizer) => {
            let pin = directory.reset_pin(now, id(organizer), entropy);
            shard.show_pin(stage.stage, *organizer, pin);
        }
        Act::ResetConferenceId(organizer) => {
            let new = directory.reset_conference_id(id(organizer), entropy);
            shard.show_conference_id(stage.stage, *organizer, new);
        }
        Act::Set { name, value } => {
            directory.set(name, value).expect("the file's settings were tried when it was read");
            directory.organizers().for_each(|organizer| tell_terms(shard, directory, organizer));
        }
        Act::AllowAnonymousStart(organizer, allow) => {
            directory.allow_anonymous_start(id(organizer), *allow);
            tell_terms(shard, directory, id(organizer));
        }
        Act::Enable(organizer) => {
            if let Some(given) = directory.enable(now, id(organizer), entropy) {
                shard.show_pin(stage.stage, *organizer, given.pin);
                shard.show_conference_id(stage.stage, *organizer, given.conference_id);
                tell_terms(shard, directory, given.organizer);
            }
        }
        Act::Disable(organizer) => {
            directory.disable(id(organizer));
            tell_terms(shard, directory, id(organizer));
        }
        Act::LockPin(organizer) => directory.lock(now, id(organizer)),
        Act::Unlock(organizer) => directory.unlock(id(organizer)),
        Act::EndMeeting(organizer) => tell_meeting(shard, id(organizer), meeting::Input::End),
        Act::LockMeeting(organizer) => {
            tell_meeting(shard, id(organizer), meeting::Input::SetLocked { locked: true });
        }
        Act::UnlockMeeting(organizer) => {
            tell_meeting(shard, id(organizer), meeting::Input::SetLocked { locked: false });
        }
        Act::Admit(role) => {
            if let Some((leg, meeting)) = shard.place(stage.first_part + role) {
                shard.carry(Envelope::Meeting(meeting, meeting::Input::Admit { leg }));
            }
        }
    }
    while let Some(event) = directory.poll_record() {
        shard.tell(Entry::Event(event));
    }
}

/// What the directory says of a meeting has changed.
fn tell_terms<S: Sink>(shard: &mut Shard<S>, directory: &Directory, organizer: OrganizerId) {
    tell_meeting(shard, organizer, meeting::Input::NewTerms { terms: directory.terms(organizer) });
}

fn tell_meeting<S: Sink>(shard: &mut Shard<S>, organizer: OrganizerId, input: meeting::Input) {
    shard.carry(Envelope::Meeting(MeetingId(organizer.0), input));
}
