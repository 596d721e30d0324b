//! The page about the profiles: what each sets, who says so, and where its truth table parts from the default's.

use super::write::{Format, short_diff, write};
use super::{LEFT_OUT, Situation};
use crate::control::policy::{Policy, Profile, Quote};

/// `docs/profiles.md`, whole.
#[must_use]
pub fn page() -> String {
    let [default, others @ ..] = &Profile::ALL;
    let mut page = format!(
        "# Behaviour profiles\n\n\
         `attendant truth-table --profiles` writes this page; every row of its tables was played. A scenario chooses a\n\
         profile with `given: {{ profile: NAME }}`; explicit settings override the profile.\n\
         The default is `{}`, {}.\n\n\
         A truth table has {} rows. {LEFT_OUT}\n\
         A caller with a PIN gives it once, as soon as possible; the organizer starts meetings with the client app; after\n\
         the organizer has left, one anonymous caller remains. Combinations that differ in the same way share a row;\n\
         `attendant truth-table --diff {} NAME` lists each.\n",
        default.name,
        default.imitates,
        Situation::all().len(),
        default.name,
    );
    page += &format!("\n## {}\n{}", default.name, quotes(default));
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
    let parted = short_diff([default, profile])
        .unwrap_or_else(|| "Its truth table is the same as the default's.\n".to_owned());
    let left_out: String = profile.left_out.iter().map(|what| format!("- {what}\n")).collect();
    format!(
        "\n## {}\n\n{}.\n\n{settings}{}\nNot imitated, or unknown:\n\n{left_out}\n\
         Where it differs from {}:\n\n{parted}",
        profile.name,
        profile.imitates,
        quotes(profile),
        default.name
    )
}

/// What documents say, in their words, and what is made of it.
fn quotes(profile: &Profile) -> String {
    if profile.quotes.is_empty() {
        return String::new();
    }
    let line = |quote: &Quote| format!("- \"{}\" ({}): {}.\n", quote.words, quote.source, quote.here);
    let lines: String = profile.quotes.iter().map(line).collect();
    format!("\nWhat the sources say:\n\n{}", lines.replace('*', "\\*"))
}
