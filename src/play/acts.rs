//! Administrators' acts of a story, in any driver.

use crate::bridge::envelope::Envelope;
use crate::control::account::AccountAct;
use crate::control::caller::{self, ActId, OrganizerRef};
use crate::control::directory::StoryDirectory;
use crate::control::event::MeetingId;
use crate::control::meeting;
use crate::control::policy::OrganizerId;
use crate::leg::Shard;
use crate::leg::log::{Entry, Sink};
use crate::scenario::story::{Act, Story};

/// Enables a user as the tenant has it.
const ENABLE: AccountAct = AccountAct::Enable { conference_id: None, allow_anonymous_start: None };

/// An administrator acts: the directory is changed at once, callers are shown what an administrator would tell them,
/// and what concerns meetings is on its way to them.
pub(crate) fn act<S: Sink>(
    story: &Story,
    (part, act): (u32, ActId),
    directory: &mut dyn StoryDirectory,
    shard: &mut Shard<S>,
    entropy: &mut dyn FnMut() -> u64,
) {
    let stage = shard.stage_of(part);
    // What a client does stands in its script.
    if !matches!(story.acts[usize::from(act.0)], Act::Record { client: true, .. }) {
        shard.tell(Entry::Act { stage: stage.stage, act: act.0 });
    }
    let id = |organizer: &OrganizerRef| OrganizerId(stage.first_organizer.0 + u32::from(organizer.0));
    let now = shard.now();
    let mut administer = |organizer: &OrganizerRef, act: AccountAct| {
        let shown = directory.administer(now, id(organizer), act, entropy).unwrap_or_default();
        if let Some(pin) = shown.pin {
            shard.show_pin(stage.stage, *organizer, pin);
        }
        if let Some(new) = shown.conference_id {
            shard.show_conference_id(stage.stage, *organizer, new);
        }
    };
    match &story.acts[usize::from(act.0)] {
        Act::ResetPin(organizer) => administer(organizer, AccountAct::ResetPin),
        Act::ResetConferenceId(organizer) => administer(organizer, AccountAct::ChangeConferenceId(None)),
        Act::LockPin(organizer) => administer(organizer, AccountAct::LockPin),
        Act::Unlock(organizer) => administer(organizer, AccountAct::UnlockPin),
        Act::Set { name, value } => {
            let set = directory.set(now, name, value);
            set.expect("the file's settings were tried when it was read");
            (0..directory.organizers()).for_each(|user| tell_terms(shard, directory, OrganizerId(user)));
        }
        Act::AllowAnonymousStart(organizer, allow) => {
            administer(organizer, AccountAct::AllowAnonymousStart(*allow));
            tell_terms(shard, directory, id(organizer));
        }
        Act::Enable(organizer) => {
            administer(organizer, ENABLE);
            tell_terms(shard, directory, id(organizer));
        }
        Act::Disable(organizer) => {
            administer(organizer, AccountAct::Disable);
            tell_terms(shard, directory, id(organizer));
        }
        Act::EndMeeting(organizer) => tell_meeting(shard, id(organizer), meeting::Input::End),
        Act::LockMeeting(organizer) => {
            tell_meeting(shard, id(organizer), meeting::Input::SetLocked { locked: true });
        }
        Act::UnlockMeeting(organizer) => {
            tell_meeting(shard, id(organizer), meeting::Input::SetLocked { locked: false });
        }
        Act::Record { whose, on, .. } => {
            tell_meeting(shard, id(whose), meeting::Input::SetRecording { on: *on });
        }
        Act::OnCaller(done_to, role) => {
            let found = shard.place(stage.first_part + role).filter(|(.., place)| *place == done_to.place());
            if let Some((leg, meeting, _)) = found {
                shard.carry(Envelope::Meeting(meeting, done_to.input(leg)));
            }
            let acted = caller::Input::Acted { act, done: found.is_some() };
            shard.carry(Envelope::Caller(part, acted));
        }
    }
    while let Some(event) = directory.poll_record() {
        shard.tell(Entry::Event(event));
    }
}

/// Notifies a meeting that its terms in the directory have changed.
fn tell_terms<S: Sink>(shard: &mut Shard<S>, directory: &dyn StoryDirectory, organizer: OrganizerId) {
    if let Ok(terms) = directory.terms(organizer) {
        tell_meeting(shard, organizer, meeting::Input::NewTerms { terms });
    }
}

fn tell_meeting<S: Sink>(shard: &mut Shard<S>, organizer: OrganizerId, input: meeting::Input) {
    shard.carry(Envelope::Meeting(MeetingId(organizer.0), input));
}
