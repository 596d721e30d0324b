//! What no scenario can reach, each with its reason.

use super::{Group, Item};

const SHUTDOWN: &str = "a story is over before its bridge is; `attendant serve` shuts one down";
const AT_ONCE: &str =
    "in virtual time the meeting answers in the moment in which it is asked: no key comes in between";
const NO_MAIL: &str = "a story's bridge sends no mail";
const NEVER: &str = "the bridge gives it to no call; it is for those who read records of other systems";

/// What no scenario can reach: its group, its name, and the reason. A name that begins with `…` stands for all that end so.
pub const UNREACHABLE: &[(Group, &str, &str)] = &[
    (Group::Transitions, "… -> over: bridge shuts down", SHUTDOWN),
    (Group::Keys, "arrived: 0-9", AT_ONCE),
    (Group::Keys, "arrived: *", AT_ONCE),
    (Group::Keys, "arrived: #", AT_ONCE),
    (
        Group::Outcomes,
        "refused(overloaded)",
        "only `attendant serve` and the live exchange limit the calls of a bridge",
    ),
    (Group::Outcomes, "failed(bridge)", SHUTDOWN),
    (Group::Outcomes, "failed(caller)", NEVER),
    (Group::Outcomes, "failed(no-such-number)", NEVER),
    (Group::Outcomes, "failed(overloaded)", NEVER),
    (Group::Settings, "send_mail_automatically: false", NO_MAIL),
    (Group::Settings, "mail_from_override: true", NO_MAIL),
    (Group::Settings, "mail_from_address: another value", NO_MAIL),
    (Group::Settings, "mail_from_name: another value", NO_MAIL),
];

/// Why no scenario can reach an item, if none can.
pub(super) fn reason(item: &Item) -> Option<&'static str> {
    let row = UNREACHABLE.iter().find(|(group, name, _)| *group == item.group && is_meant(item, name))?;
    Some(row.2)
}

/// Whether a name on the list stands for an item.
#[must_use]
pub fn is_meant(item: &Item, name: &str) -> bool {
    name.strip_prefix('…').map_or(item.name == name, |end| item.name.ends_with(end))
}
