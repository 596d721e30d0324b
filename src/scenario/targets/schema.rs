//! The JSON Schema of target files (draft-07), made from the lists that the reader uses.

use serde_json::{Map, Value, json};

use super::KEYS;
use crate::media::g711::Law;
use crate::scenario::schema::{described, list};
use crate::scenario::vocabulary::{DTMF, sounds_described};

/// The schema, as it is checked in.
#[must_use]
pub fn schema() -> String {
    let mut text = serde_json::to_string_pretty(&root()).expect("a schema is made of maps with string keys");
    text.push('\n');
    text
}

fn root() -> Value {
    let properties: Map<String, Value> =
        KEYS.iter().map(|(key, doc)| ((*key).to_owned(), described(value(key), doc))).collect();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Attendant target",
        "type": "object",
        "required": ["target"],
        "additionalProperties": false,
        "properties": properties,
        "definitions": {
            "text": { "type": ["string", "number", "boolean"] },
            "duration": { "type": "string", "pattern": "^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$" },
            "secret": { "type": "string", "pattern": "^(env|file):." },
            "sound": sound(),
        },
    })
}

fn of(definition: &str) -> Value {
    json!({ "$ref": format!("#/definitions/{definition}") })
}

fn object(required: &[&str], properties: Value) -> Value {
    json!({ "type": "object", "additionalProperties": false, "required": required, "properties": properties })
}

fn value(key: &str) -> Value {
    match key {
        "numbers" => json!({ "type": "object", "additionalProperties": of("text") }),
        "auth" => object(&["user", "password"], json!({ "user": of("text"), "password": of("secret") })),
        "codecs" => {
            let codecs = Law::ALL.map(Law::name);
            json!({ "type": "array", "minItems": 1, "uniqueItems": true, "items": { "enum": codecs } })
        }
        "dtmf" => {
            let ways = DTMF.iter().map(|(_, word, doc)| json!({ "const": word, "description": doc }));
            json!({ "anyOf": ways.collect::<Vec<_>>() })
        }
        "keys" => object(&[], json!({ "hold": of("duration"), "gap": of("duration") })),
        "organizers" => {
            let conference = json!({ "conference_id": of("text"), "pin": of("secret") });
            list(object(&["conference_id", "pin"], conference))
        }
        "heard" => {
            let known = sounds_described().into_iter();
            let known: Map<String, Value> =
                known.map(|(word, doc)| (word.to_owned(), described(of("sound"), doc))).collect();
            json!({ "type": "object", "properties": known, "additionalProperties": of("sound") })
        }
        "absent" => {
            let known: Vec<&str> = sounds_described().into_iter().map(|(word, _)| word).collect();
            list(json!({ "enum": known }))
        }
        "states" => object(&[], json!({ "lobby": list(of("text")), "joined": list(of("text")) })),
        _ => of("text"),
    }
}

fn sound() -> Value {
    let described = json!({
        "file": of("text"),
        "files": list(of("text")),
        "from": described(of("duration"), "The sound is known only from here on: what is before, another begins with too."),
        "loops": { "type": "boolean" },
        "any": described(json!({ "const": "music" }), "Whatever goes on for three seconds and is no other known sound."),
    });
    json!({ "anyOf": [of("text"), list(of("text")), object(&[], described)] })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::scenario::schema::tests::value as value_of;

    #[test]
    fn the_checked_in_schema_is_current() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/targets/schema.json");
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(&path, schema()).unwrap();
        }
        let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(checked_in == schema(), "run `attendant schema target > docs/targets/schema.json`");
    }

    fn fits(text: &str) -> bool {
        jsonschema::validator_for(&root()).unwrap().is_valid(&value_of(text))
    }

    #[test]
    fn the_targets_of_the_documents_fit_it() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/targets");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let yaml: Vec<_> = files.filter(|file| file.extension().is_some_and(|kind| kind == "yaml")).collect();
        assert_eq!(yaml.len(), 3);
        for file in yaml {
            assert!(fits(&std::fs::read_to_string(&file).unwrap()), "{}", file.display());
        }
    }

    #[test]
    fn what_the_reader_refuses_does_not_fit() {
        assert!(fits(
            "target: x\nheard: { beep: a.wav, enter-pin: [a.wav, b.wav], hold_music: { any: music } }"
        ));
        for text in [
            "numbers: {}",
            "target: x\nnumbrs: {}",
            "target: x\ncodecs: [GSM]",
            "target: x\nauth: { user: a, password: secret }",
            "target: x\norganizers: [{ conference_id: '1' }]",
            "target: x\nheard: { enter-pin: { from: 5 } }",
            "target: x\nabsent: [enter-pni]",
        ] {
            assert!(!fits(text), "{text}");
        }
    }
}
