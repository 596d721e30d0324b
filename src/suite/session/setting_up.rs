//! Writes what a session was given.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Session;
use crate::control::policy::{Group, Policy, Profile, ServiceNumber};
use crate::report::given::differing;
use crate::scenario::story::Organizer;

impl Session<'_> {
    /// Writes `given`: what differs from what is usual, and the organizers.
    pub(super) fn write_given(&self, file: &mut String) {
        let given = &self.story.given;
        *file += "given:\n";
        if given.profile.name != Profile::DEFAULT {
            let _infallible = writeln!(file, "  profile: {}", given.profile.reference());
        }
        write_settings(file, &differing(&given.profile, &given.policy));
        if given.numbers.iter().any(|(name, number)| name != "bridge" || *number != ServiceNumber::default())
        {
            *file += "  numbers:\n";
            for (name, number) in &given.numbers {
                let secondary: Vec<_> = number.secondary.iter().map(|language| language.tag()).collect();
                let (primary, secondary) = (number.primary.tag(), secondary.join(", "));
                let _infallible = writeln!(
                    file,
                    "    \"{name}\": {{ primary_language: {primary}, secondary_languages: [{secondary}], toll_free: {} }}",
                    number.toll_free
                );
            }
        }
        *file += if given.organizers.is_empty() { "  organizers: {}\n" } else { "  organizers:\n" };
        for (place, organizer) in given.organizers.iter().enumerate() {
            let fields = self.fields(place, organizer);
            let fields = if fields.is_empty() { String::new() } else { format!(" {} ", fields.join(", ")) };
            let _infallible = writeln!(file, "    {}: {{{fields}}}", organizer.name);
        }
        let users = given.users.get(given.organizers.len()..).unwrap_or_default();
        if !users.is_empty() {
            let _infallible = writeln!(file, "  users: [{}]", users.join(", "));
        }
    }

    fn fields(&self, place: usize, organizer: &Organizer) -> Vec<String> {
        let id = self.names.conference_id(place);
        let mut fields: Vec<String> =
            id.map(|id| format!("conference_id: \"{}\"", id.reveal())).into_iter().collect();
        if let Some(allow) = organizer.allow_anonymous_start {
            fields.push(format!("allow_anonymous_start: {allow}"));
        }
        // That of a recorded session is made up: nobody knows the real one.
        if let Some(passcode) = organizer.passcode {
            fields.push(format!("passcode: \"{}\"", passcode.reveal().reveal()));
        }
        if !organizer.allow_toll_free_dial_in {
            fields.push("allow_toll_free_dial_in: false".to_owned());
        }
        if !organizer.enabled {
            fields.push("enabled: false".to_owned());
        }
        fields
    }
}

fn write_settings(file: &mut String, settings: &[(&'static str, String)]) {
    for group in Group::ALL {
        let is_of = |name: &str| Policy::SETTINGS.iter().any(|it| it.name == name && it.group == group);
        let mut lines: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (name, value) in settings.iter().filter(|(name, _)| is_of(name)) {
            let (outer, inner) =
                name.split_once('.').map_or((*name, None), |(outer, inner)| (outer, Some(inner)));
            let value = serde_json::Value::from(value.as_str());
            lines.entry(outer).or_default().push(match inner {
                Some(inner) => format!("\"{inner}\": {value}"),
                None => value.to_string(),
            });
        }
        if !lines.is_empty() {
            let _infallible = writeln!(file, "  {}:", group.name());
        }
        for (name, values) in lines {
            let is_structured = settings.iter().any(|(full, _)| full.starts_with(&format!("{name}.")));
            let value = values.join(", ");
            let value = if is_structured { format!("{{ {value} }}") } else { value };
            let _infallible = writeln!(file, "    {name}: {value}");
        }
    }
}
