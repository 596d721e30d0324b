//! Prompts that make one sentence, though each is a recording of its own.

use crate::control::call::Prompt;

/// Returns whether two prompts, one after the other, belong to one sentence: “There are” “two” “other participants.”
#[must_use]
pub(super) fn go_on(first: Prompt, next: Prompt) -> bool {
    let continues = matches!(
        next,
        Prompt::Number(_)
            | Prompt::OtherParticipants
            | Prompt::HasJoined
            | Prompt::HasLeft
            | Prompt::RecordedName { .. }
    );
    begins(first) && continues
}

/// Returns whether a prompt is the beginning of a sentence, or its middle.
#[must_use]
pub(super) fn begins(prompt: Prompt) -> bool {
    matches!(
        prompt,
        Prompt::ThereAre
            | Prompt::Number(_)
            | Prompt::OtherParticipants
            | Prompt::OneOtherParticipant
            | Prompt::RecordedName { .. }
    )
}
