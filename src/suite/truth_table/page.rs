//! The page about the profiles: what each sets, who says so, and where its truth table parts from the default's.

use std::sync::Arc;

use super::write::{Format, short_diff, write};
use super::{LEFT_OUT, Row, Situation};
use crate::control::policy::{Policy, Profile, Quote, Source};
use crate::scenario::profiles::{built_in, names};

/// `docs/profiles.md`, whole; or the same about these profiles, if there are any.
#[must_use]
pub fn page(own: &[Arc<Profile>]) -> String {
    let [default, others @ ..] = built_in() else { return String::new() };
    let rows = super::rows(default);
    if !own.is_empty() {
        let about: String = own.iter().map(|profile| about(profile, (default, &rows))).collect();
        return format!("# Behaviour profiles\n{about}");
    }
    let mut page = format!(
        "# Behaviour profiles\n\n\
         `attendant truth-table --profiles` writes this page; every row of its tables was played. A scenario chooses a\n\
         profile with `given: {{ profile: NAME }}`; explicit settings override the profile. Each is a file in\n\
         [profiles](profiles), and you can write [your own](scenarios.md#profiles-of-your-own);\n\
         `attendant truth-table --profiles FILE` writes this page about it.\n\n\
         The default is `{}`, {}. The others are {}.\n\n\
         A truth table has {} rows. {LEFT_OUT}\n\
         A caller with a PIN gives it once, as soon as possible; the organizer starts meetings with the client app; after\n\
         the organizer has left, one anonymous caller remains. Combinations that differ in the same way share a row;\n\
         `attendant truth-table --diff {} NAME` lists each.\n",
        default.name,
        default.imitates,
        names().skip(1).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
        Situation::all().len(),
        default.name,
    );
    page += &format!("\n## {}\n{}", default.name, quotes(default));
    for profile in others {
        page += &about(profile, (default, &rows));
    }
    page
}

fn about(profile: &Arc<Profile>, (default, of_default): (&Arc<Profile>, &[Row])) -> String {
    let policy = Policy::default();
    let heading = ["setting", "default", "here", "source"].map(str::to_owned).to_vec();
    let rows = profile.differences().iter().map(|difference| {
        let name = difference.setting;
        let before = policy.show(name).unwrap_or_default();
        let source = difference.source.as_ref().map(marked).unwrap_or_default();
        vec![format!("`{name}`"), before, difference.value.clone(), source]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let settings = if rows.is_empty() {
        "It has the default settings.\n".to_owned()
    } else {
        write(heading, rows, Format::Markdown)
    };
    let parted = short_diff([default, profile], of_default)
        .unwrap_or_else(|| "Its truth table is the same as the default's.\n".to_owned());
    let imitates =
        if profile.imitates.is_empty() { String::new() } else { format!("{}.\n\n", profile.imitates) };
    let base = match &profile.base {
        Some(base) => format!("It changes `{base}`, whose settings are listed too.\n\n"),
        None => String::new(),
    };
    let left_out: String = profile.left_out.iter().map(|what| format!("- {what}\n")).collect();
    let left_out =
        if left_out.is_empty() { left_out } else { format!("Not imitated, or unknown:\n\n{left_out}\n") };
    format!(
        "\n## {}\n\n{imitates}{base}{settings}{}\n{left_out}Where it differs from {}:\n\n{parted}",
        profile.name,
        quotes(profile),
        default.name
    )
}

/// A source, with a mark if nobody has read it.
fn marked(source: &Source) -> String {
    let mark = if source.verified { "" } else { " (**not verified**)" };
    format!("{}{mark}", source.title.replace('<', "\\<"))
}

/// What documents say, in their words, and what is made of it.
fn quotes(profile: &Profile) -> String {
    if profile.quotes.is_empty() {
        return String::new();
    }
    let line = |quote: &Quote| {
        let Quote { words, source, here } = quote;
        let mark = if source.verified { "" } else { ", **not verified**" };
        format!("- \"{}\" ({}{mark}): {}.\n", plain(words), plain(&source.title), plain(here))
    };
    let lines: String = profile.quotes.iter().map(line).collect();
    format!("\nWhat the sources say:\n\n{lines}")
}

/// A text without emphasis where it has stars.
fn plain(text: &str) -> String {
    text.replace('*', "\\*").replace('<', "\\<")
}
