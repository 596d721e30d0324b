//! The page about the profiles: what each sets, who says so, and where its truth table parts from the default's.

use super::write::{Format, short_diff, write};
use super::{LEFT_OUT, Situation};
use crate::control::policy::{Policy, Profile};

/// `docs/profiles.md`, whole.
#[must_use]
pub fn page() -> String {
    let [default, others @ ..] = &Profile::ALL;
    let mut page = format!(
        "# Behaviour profiles\n\n\
         `attendant truth-table --profiles` wrote this page: the settings are those of the profiles, the rows were\n\
         played. `given: {{ profile: NAME }}` in a scenario chooses one; settings given there count above it.\n\
         The default is `{}`, {}.\n\n\
         A truth table has {} rows. {LEFT_OUT}\n\
         A caller with a PIN gives it as soon as it can be given, once; the organizer starts meetings with the client\n\
         app; after the organizer has left, one anonymous caller is there. Combinations that part in the same way\n\
         share a row here; `attendant truth-table --diff {} NAME` has each.\n",
        default.name,
        default.imitates,
        Situation::all().len(),
        default.name,
    );
    for profile in others {
        page += &about(profile, default);
    }
    page
}

fn about(profile: &Profile, default: &Profile) -> String {
    let policy = Policy::default();
    let heading = ["setting", "default", "here", "source"].map(str::to_owned).to_vec();
    let rows = profile.differences.iter().map(|difference| {
        let name = difference.setting;
        let before = policy.show(name).unwrap_or_default();
        vec![format!("`{name}`"), before, difference.value.to_owned(), difference.source.to_owned()]
    });
    let settings = write(heading, rows.collect(), Format::Markdown);
    let parted =
        short_diff([default, profile]).unwrap_or_else(|| "Its truth table is the default's.\n".to_owned());
    let left_out: String = profile.left_out.iter().map(|what| format!("- {what}\n")).collect();
    format!(
        "\n## {}\n\n{}.\n\n{settings}\nNot imitated, or not known:\n\n{left_out}\n\
         Where it parts from {}:\n\n{parted}",
        profile.name, profile.imitates, default.name
    )
}
