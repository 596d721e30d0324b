//! Languages as JSON has them: by their tags.

use std::borrow::Cow;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::control::call::Language;

/// A language in which mails are written and numbers answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct LanguageTag(Language);

impl From<Language> for LanguageTag {
    fn from(language: Language) -> Self {
        Self(language)
    }
}

impl From<LanguageTag> for Language {
    fn from(tag: LanguageTag) -> Self {
        tag.0
    }
}

impl Serialize for LanguageTag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.tag())
    }
}

impl<'de> Deserialize<'de> for LanguageTag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tag = String::deserialize(deserializer)?;
        let found = Language::ALL.into_iter().find(|language| language.tag() == tag);
        found.map(Self).ok_or_else(|| D::Error::unknown_variant(&tag, &Language::TAGS))
    }
}

impl PartialSchema for LanguageTag {
    fn schema() -> RefOr<Schema> {
        let object = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(Language::TAGS));
        let description = "A language in which mails are written and numbers answer.";
        RefOr::T(object.description(Some(description)).build().into())
    }
}

impl ToSchema for LanguageTag {
    /// The name by which clients know it.
    fn name() -> Cow<'static, str> {
        "Tongue".into()
    }
}
