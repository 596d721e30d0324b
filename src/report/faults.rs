//! Describes the faults of a story in words.

use crate::bridge::faults::{Fault, QuestionKind};
use crate::control::time::show_duration;
use crate::leg::cast::Which;
use crate::scenario::story::Story;

/// The faults of a story, one in each line.
#[must_use]
pub fn describe_faults(story: &Story) -> Vec<String> {
    let mut lines = Vec::new();
    for role in &story.cast.roles {
        let (name, faults) = (&role.name, &role.faults);
        if let Some(keys) = describe_keys(&faults.lose_digits) {
            lines.push(format!("{name} loses {keys}"));
        }
        if let Some(keys) = describe_keys(&faults.double_digits) {
            lines.push(format!("{name} doubles {keys}"));
        }
        for fault in faults.sound.describe() {
            lines.push(format!("the line of {name} {fault}"));
        }
        if let Some(after) = faults.drop_after {
            lines.push(format!("the line of {name} drops {} after dialling", show_duration(after)));
        }
        if let Some(after) = faults.hang_up_after {
            lines.push(format!("{name} hangs up {} after dialling", show_duration(after)));
        }
    }
    for fault in &story.directory_faults {
        let what = match fault.what {
            Fault::Late(by) => format!("answers {} late", show_duration(by)),
            Fault::Fails => "answers with an error".to_owned(),
            Fault::Silent => "never answers".to_owned(),
        };
        let question = match fault.question {
            None => "",
            Some(QuestionKind::FindMeeting) => " which meeting has a conference ID",
            Some(QuestionKind::CheckPin) => " whether a PIN or a passcode is right",
        };
        let times = match fault.times {
            None => String::new(),
            Some(1) => ", once".to_owned(),
            Some(times) => format!(", {times} times"),
        };
        lines.push(format!("the directory {what}{question}{times}"));
    }
    if let Some(fault) = story.webhook_fault {
        let times = match fault.times {
            None => "does not take what is posted".to_owned(),
            Some(1) => "does not take what is posted, once".to_owned(),
            Some(times) => format!("does not take what is posted, {times} times"),
        };
        lines.push(format!("the receiver of webhooks {times}"));
    }
    lines
}

fn describe_keys(which: &Which) -> Option<String> {
    match which {
        Which::None => None,
        Which::Some { count: 1, .. } => Some("one key".to_owned()),
        Which::Some { count, .. } => Some(format!("{count} keys")),
        Which::These(keys) => {
            let keys: Vec<String> = keys.iter().map(u32::to_string).collect();
            Some(format!("key {}", keys.join(", ")))
        }
    }
}
