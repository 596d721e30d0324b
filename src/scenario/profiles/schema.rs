//! The JSON Schema of profile files (draft-07), made from the lists that the reader uses.

use serde_json::{Map, Value, json};

use super::read::{KEYS, QUOTE_KEYS, SETTING_KEYS, SOURCE_KEYS};
use crate::control::policy::Policy;
use crate::scenario::schema::{closed, described, list, nested_with, profile_names, properties, text};

/// The schema, as it is checked in.
#[must_use]
pub fn schema() -> String {
    let mut text = serde_json::to_string_pretty(&root()).expect("a schema is made of maps with string keys");
    text.push('\n');
    text
}

fn root() -> Value {
    let all = properties(KEYS.map(|(key, doc)| (key, described(value(key), doc))));
    let mut root = closed(all, &["profile"]);
    root["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    root["title"] = json!("Attendant profile");
    root["definitions"] = json!({
        "duration": { "type": "string", "pattern": "^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$" },
        "flag": { "anyOf": [{ "type": "boolean" }, { "enum": ["true", "false"] }] },
        // There are no parameters here.
        "param": { "not": {} },
    });
    root
}

fn value(key: &str) -> Value {
    match key {
        "base" => profile_names(),
        "settings" => closed(
            nested_with(Policy::SETTINGS.iter(), |value| {
                let fields = properties(SETTING_KEYS.map(|(key, doc)| {
                    (key, described(if key == "value" { value.clone() } else { text() }, doc))
                }));
                json!({ "anyOf": [value, closed(fields, &["value"])] })
            }),
            &[],
        ),
        "sources" => {
            let fields = properties(SOURCE_KEYS.map(|(key, doc)| {
                let kind = if key == "verified" { json!({ "type": "boolean" }) } else { text() };
                (key, described(kind, doc))
            }));
            json!({ "type": "object", "additionalProperties": { "anyOf": [text(), closed(fields, &["title"])] } })
        }
        "quotes" => {
            let fields: Map<String, Value> =
                properties(QUOTE_KEYS.map(|(key, doc)| (key, described(text(), doc))));
            list(closed(fields, &["words", "source", "here"]))
        }
        "left_out" => list(text()),
        _ => text(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::scenario::profiles::FILES;
    use crate::scenario::schema::tests::value as value_of;

    #[test]
    fn the_checked_in_schema_is_current() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/profiles/schema.json");
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(&path, schema()).unwrap();
        }
        let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(checked_in == schema(), "run `attendant schema profile > docs/profiles/schema.json`");
    }

    fn fits(text: &str) -> bool {
        jsonschema::validator_for(&root()).unwrap().is_valid(&value_of(text))
    }

    #[test]
    fn the_built_in_profiles_fit_it() {
        for (name, text) in FILES {
            assert!(fits(text), "{name}");
        }
    }

    #[test]
    fn what_the_reader_refuses_does_not_fit() {
        assert!(fits(
            "profile: ours\nbase: ./b.yaml\nsettings: { keys: { mute: { value: '*7' } }, capacity: 5 }"
        ));
        for text in [
            "settings: {}",
            "profile: ours\nsetings: {}",
            "profile: ours\nbase: teams-2022",
            "profile: ours\nsettings: { capacty: 5 }",
            "profile: ours\nsettings: { capacity: many }",
            "profile: ours\nsettings: { capacity: { source: x } }",
            "profile: ours\nsettings: { capacity: '${x}' }",
            "profile: ours\nquotes: [{ words: x }]",
            "profile: ours\nleft_out: nothing",
        ] {
            assert!(!fits(text), "{text}");
        }
    }
}
