//! Where the directory is: a file of SQLite, or a server of PostgreSQL.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use etcetera::BaseStrategy as _;

use super::super::durable::beside;

/// The location of the directory.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A file of SQLite.
    File(PathBuf),
    /// A PostgreSQL server's URL; it may hold a password, and is not shown.
    Postgres(String),
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Postgres(url) => {
                let at = url.rfind('@').map_or(url.find("://").map_or(0, |at| at + 3), |at| at + 1);
                let host = url[at..].split('?').next().unwrap_or_default();
                write!(f, "postgres://{host}")
            }
        }
    }
}

impl FromStr for Location {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once("://") {
            Some(("postgres" | "postgresql", rest)) if has_bare_password(rest) => Err(
                "in a URL, the characters @ / ? # : % of a password are written as %40 %2F %3F %23 %3A %25"
                    .to_owned(),
            ),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(text.to_owned())),
            Some(("sqlite", path)) if path.contains('?') => {
                Err(format!("`{path}`: an SQLite file takes no parameters; expected the path alone"))
            }
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::File(PathBuf::from(path))),
            Some((scheme, _)) => Err(format!(
                "`{scheme}://` is not a directory; expected a file's path, or postgres://USER@HOST/DATABASE"
            )),
            None if text.is_empty() => {
                Err("expected a file's path, or postgres://USER@HOST/DATABASE".to_owned())
            }
            None => Ok(Self::File(PathBuf::from(text))),
        }
    }
}

impl Location {
    /// The file in the platform's folder for data; `None` where the platform names none.
    #[must_use]
    pub fn default_file() -> Option<Self> {
        Some(Self::File(data_folder()?.join("directory.db")))
    }

    /// Returns the default path of its keyring: beside the file, or in the platform's folder for data.
    #[must_use]
    pub fn keyring(&self) -> Option<PathBuf> {
        match self {
            Self::File(path) => Some(beside(path, "keyring")),
            Self::Postgres(_) => Some(data_folder()?.join("keyring")),
        }
    }
}

/// Returns whether a URL, without its scheme, has an `@` behind a slash: the password before it was not encoded.
fn has_bare_password(rest: &str) -> bool {
    let before_query = rest.split('?').next().unwrap_or_default();
    before_query.split_once('/').is_some_and(|(_, path)| path.contains('@'))
}

/// This program's folder in the platform's folder for data.
fn data_folder() -> Option<PathBuf> {
    let native = etcetera::base_strategy::choose_native_strategy().ok()?;
    Some(native.data_dir().join("attendant"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_path_or_a_url_and_its_password_is_not_shown() {
        for (text, shown) in [
            ("users.db", "users.db"),
            ("/a b/users.db", "/a b/users.db"),
            ("sqlite:///a/users.db", "/a/users.db"),
            (
                "postgres://amos:5ec@ret@db.contoso.com/users?sslmode=require",
                "postgres://db.contoso.com/users",
            ),
            ("postgresql://db/users", "postgres://db/users"),
        ] {
            assert_eq!(text.parse::<Location>().unwrap().to_string(), shown, "{text}");
        }
        for (text, said) in [
            ("sqlite:///a/b.db?mode=rwc", "takes no parameters"),
            ("mysql://a/b", "`mysql://` is not a directory"),
            ("postgres://amos:5e/ret@db.contoso.com/users", "are written as %40 %2F"),
            ("", "a file's path"),
        ] {
            assert!(text.parse::<Location>().unwrap_err().contains(said), "{text}");
        }
    }
}
