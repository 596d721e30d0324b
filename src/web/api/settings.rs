//! The tenant's settings as JSON, with their schema: made from the table of settings.

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::Value;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder, SchemaType, Type};
use utoipa::openapi::{KnownFormat, Ref, RefOr, Schema, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

use crate::control::policy::{Policy, SettingInfo, Takes, TenantPolicy};

/// Schemas that clients know by a name of their own: the setting, and the name.
const NAMED: [(&str, &str); 1] = [("entry_exit_announcements", "AnnouncedWith")];

static NAMES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| Policy::tenant_settings().map(|setting| setting.name).collect());

/// The tenant's settings.
#[derive(Clone, Debug)]
pub(super) struct Tenant(pub(super) TenantPolicy);

impl Serialize for Tenant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let policy = Policy { tenant: self.0.clone(), ..Policy::default() };
        let mut map = serializer.serialize_map(Some(NAMES.len()))?;
        for setting in Policy::tenant_settings() {
            let text = policy.show(setting.name).unwrap_or_default();
            map.serialize_entry(setting.name, &value(setting.takes, text))?;
        }
        map.end()
    }
}

/// A value as JSON has it.
fn value(takes: Takes, text: String) -> Value {
    match takes {
        Takes::Flag => Value::Bool(text == "true"),
        Takes::Count(..) => text.parse::<u32>().map_or(Value::Null, Value::from),
        Takes::Duration | Takes::Word(_) | Takes::Text | Takes::Limits | Takes::Key => Value::String(text),
        Takes::Form { .. } => Value::String(text),
    }
}

/// Settings with their new values, as [`Policy::set`] takes them; what is left out stays.
#[derive(Clone, Debug, Default)]
pub(super) struct TenantChange(pub(super) Vec<(String, String)>);

impl<'de> Deserialize<'de> for TenantChange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NewValues)
    }
}

struct NewValues;

impl<'de> Visitor<'de> for NewValues {
    type Value = TenantChange;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of settings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<TenantChange, A::Error> {
        let mut changes: Vec<(String, String)> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            let Some(setting) = Policy::tenant_settings().find(|setting| setting.name == name) else {
                return Err(A::Error::unknown_field(&name, &NAMES));
            };
            if changes.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::duplicate_field(setting.name));
            }
            if let Some(value) = map.next_value_seed(NewValue(setting.takes))? {
                changes.push((name, value));
            }
        }
        Ok(TenantChange(changes))
    }
}

/// Reads the value of a setting; nothing where it is `null`.
struct NewValue(Takes);

impl<'de> DeserializeSeed<'de> for NewValue {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<String>, D::Error> {
        match self.0 {
            Takes::Flag => Ok(Option::<bool>::deserialize(deserializer)?.map(|flag| flag.to_string())),
            Takes::Count(..) => Ok(Option::<u32>::deserialize(deserializer)?.map(|count| count.to_string())),
            Takes::Word(words) => {
                let word = Option::<String>::deserialize(deserializer)?;
                match &word {
                    Some(unknown) if !words.contains(&unknown.as_str()) => {
                        Err(D::Error::unknown_variant(unknown, words))
                    }
                    Some(_) | None => Ok(word),
                }
            }
            Takes::Duration | Takes::Text | Takes::Limits | Takes::Key => {
                Option::<String>::deserialize(deserializer)
            }
            Takes::Form { .. } => Option::<String>::deserialize(deserializer),
        }
    }
}

impl PartialSchema for Tenant {
    fn schema() -> RefOr<Schema> {
        let object = ObjectBuilder::new().description(Some("The tenant's settings."));
        let object = Policy::tenant_settings().fold(object, |object, setting| {
            object.property(setting.name, schema(setting, false)).required(setting.name)
        });
        RefOr::T(object.build().into())
    }
}

impl ToSchema for Tenant {
    fn name() -> Cow<'static, str> {
        "Tenant".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        named_schemas(schemas);
    }
}

impl PartialSchema for TenantChange {
    fn schema() -> RefOr<Schema> {
        let object = ObjectBuilder::new()
            .description(Some("The values to change; omitted ones stay."))
            .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)));
        let object = Policy::tenant_settings()
            .fold(object, |object, setting| object.property(setting.name, schema(setting, true)));
        RefOr::T(object.build().into())
    }
}

impl ToSchema for TenantChange {
    fn name() -> Cow<'static, str> {
        "TenantChange".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        named_schemas(schemas);
    }
}

/// The schema of a setting that can be left out, or must be there.
fn schema(setting: &SettingInfo, optional: bool) -> RefOr<Schema> {
    let named = NAMED.iter().find(|(name, _)| *name == setting.name);
    if let Some((_, name)) = named {
        let reference = Ref::from_schema_name(*name);
        if !optional {
            return RefOr::Ref(reference);
        }
        let null = ObjectBuilder::new().schema_type(Type::Null);
        return RefOr::T(OneOfBuilder::new().item(reference).item(null).build().into());
    }
    let of = |kind: Type| {
        if optional { SchemaType::from_iter([kind, Type::Null]) } else { SchemaType::new(kind) }
    };
    let object = ObjectBuilder::new().description(Some(setting.doc));
    let object = match setting.takes {
        Takes::Flag => object.schema_type(of(Type::Boolean)),
        Takes::Count(least, most) => object
            .schema_type(of(Type::Integer))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
            .minimum(Some(least))
            .maximum(Some(most)),
        Takes::Word(words) => object.schema_type(of(Type::String)).enum_values(Some(words.to_vec())),
        Takes::Duration | Takes::Text | Takes::Limits | Takes::Key => object.schema_type(of(Type::String)),
        Takes::Form { pattern, .. } => object.schema_type(of(Type::String)).pattern(Some(pattern)),
    };
    RefOr::T(object.build().into())
}

fn named_schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    for (setting, name) in NAMED {
        let setting = Policy::tenant_settings().find(|known| known.name == setting);
        let Some(SettingInfo { takes: Takes::Word(words), doc, .. }) = setting else { continue };
        let object = ObjectBuilder::new().schema_type(Type::String).description(Some(*doc));
        schemas.push((name.to_owned(), RefOr::T(object.enum_values(Some(words.to_vec())).build().into())));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: Value) -> Result<Vec<(String, String)>, String> {
        serde_json::from_value::<TenantChange>(body).map(|change| change.0).map_err(|error| error.to_string())
    }

    #[test]
    fn every_setting_is_read_as_it_is_written() {
        let policy = Policy::default();
        let written = serde_json::to_value(Tenant(policy.tenant.clone())).unwrap();
        let read = read(written).unwrap();
        assert_eq!(read.len(), NAMES.len());
        for (name, value) in read {
            assert_eq!(policy.show(&name), Some(value), "{name}");
        }
    }

    #[test]
    fn what_is_null_stays_and_what_does_not_fit_is_refused() {
        let announcements = "entry_exit_announcements";
        assert_eq!(read(json!({ "name_recording": null, announcements: "tone" })).unwrap().len(), 1);
        for (body, expected) in [
            (json!({ "colour": "red" }), "unknown field `colour`, expected one of `pin_length`"),
            (json!({ "pin_length": "7" }), "expected u32"),
            (json!({ "name_recording": 1 }), "expected a boolean"),
            (
                json!({ announcements: "bells" }),
                "expected one of `names`, `names_or_numbers`, `tone`, `tone_entry`, `tone_exit`",
            ),
        ] {
            let refused = read(body).unwrap_err();
            assert!(refused.contains(expected), "{refused}");
        }
    }

    #[test]
    fn every_schema_that_is_named_is_there() {
        let mut schemas = Vec::new();
        Tenant::schemas(&mut schemas);
        let names: Vec<&str> = schemas.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, NAMED.map(|(_, name)| name));
        let tenant = serde_json::to_value(Tenant::schema()).unwrap();
        assert_eq!(
            tenant["properties"]["entry_exit_announcements"]["$ref"],
            "#/components/schemas/AnnouncedWith"
        );
        assert_eq!(tenant["properties"]["pin_length"]["maximum"], 12);
        assert_eq!(tenant["required"].as_array().unwrap().len(), NAMES.len());
    }
}
