//! The caller's side of digest authentication (RFC 3261 section 22, RFC 8760): answers what a server asks.

use std::fmt;

use super::credentials::parameters;
use super::{Algorithm, Secret};

/// A user, and the password.
#[derive(Clone)]
pub struct Login {
    user: String,
    password: String,
}

impl Login {
    /// The login of this user.
    #[must_use]
    pub fn new(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self { user: user.into(), password: password.into() }
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

/// What a server asked last, and how often that was answered: later requests need not be asked again (RFC 7616 section 3.6).
#[derive(Clone, Debug)]
pub struct Challenge {
    algorithm: Algorithm,
    /// As the server wrote them, within quotes.
    realm: String,
    nonce: String,
    opaque: Option<String>,
    /// Whether the server knows `qop=auth` (RFC 2069 did not).
    has_qop: bool,
    /// Whether only the nonce before was too old (RFC 7616 section 3.3).
    is_stale: bool,
    count: u32,
}

impl Challenge {
    /// Returns the first of these `WWW-Authenticate` or `Proxy-Authenticate` values that can be answered: a server names what it
    /// prefers first (RFC 8760 section 2.4). `None` if none can.
    #[must_use]
    pub fn read(values: &[&str]) -> Option<Self> {
        values.iter().find_map(|value| Self::read_one(value))
    }

    fn read_one(value: &str) -> Option<Self> {
        let (scheme, rest) = value.trim().split_once([' ', '\t'])?;
        let given = parameters(rest).ok().filter(|_| scheme.eq_ignore_ascii_case("Digest"))?;
        let find = |wanted: &str| {
            given.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| *value)
        };
        let algorithm = match find("algorithm") {
            None => Algorithm::Md5,
            Some(named) => Algorithm::named(named)?,
        };
        let qop = find("qop");
        let has_auth =
            |list: &str| list.split(',').any(|offered| offered.trim().eq_ignore_ascii_case("auth"));
        if qop.is_some_and(|list| !has_auth(list)) {
            return None;
        }
        Some(Self {
            algorithm,
            realm: find("realm")?.to_owned(),
            nonce: find("nonce")?.to_owned(),
            opaque: find("opaque").map(str::to_owned),
            has_qop: qop.is_some(),
            is_stale: find("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true")),
            count: 0,
        })
    }

    /// Whether the password that was given before was right, and only the nonce too old.
    #[must_use]
    pub const fn is_stale(&self) -> bool {
        self.is_stale
    }

    /// Returns the value of an `Authorization` or `Proxy-Authorization` field for a request. `cnonce` is drawn by the caller,
    /// of letters and digits.
    pub fn answer(&mut self, login: &Login, method: &str, uri: &str, cnonce: &str) -> String {
        self.count += 1;
        let Self { algorithm, realm, nonce, .. } = self;
        let secret = Secret::new(&login.user, realm, &login.password);
        let a1 = secret.hash(*algorithm);
        let a2 = algorithm.hash(&[method, uri]);
        let count = format!("{:08x}", self.count);
        let response = if self.has_qop {
            algorithm.hash(&[a1, nonce, &count, cnonce, "auth", &a2])
        } else {
            algorithm.hash(&[a1, nonce, &a2])
        };
        let user = login.user.replace('\\', "\\\\").replace('"', "\\\"");
        let mut value = format!(
            r#"Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{uri}", response="{response}", algorithm={}"#,
            algorithm.name()
        );
        if self.has_qop {
            value += &format!(r#", qop=auth, cnonce="{cnonce}", nc={count}"#);
        }
        if let Some(opaque) = &self.opaque {
            value += &format!(r#", opaque="{opaque}""#);
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::super::{DigestServer, Verdict};
    use super::*;
    use crate::control::time::Instant;

    const REALM: &str = "bridge.example";

    fn verdict(server: &mut DigestServer, value: &str) -> Verdict {
        server.verify(Instant::ZERO, "INVITE", &[value], |user| {
            (user == "tester").then(|| Secret::new("tester", REALM, "open sesame"))
        })
    }

    #[test]
    fn either_challenge_of_our_server_is_answered_as_it_expects() {
        let mut server = DigestServer::new(REALM, [7; 32]);
        for place in 0..2 {
            let challenges = server.challenges(Instant::ZERO, false);
            let mut challenge = Challenge::read(&[challenges[place].as_str()]).unwrap();
            let login = Login::new("tester", "open sesame");
            for count in 1..=3 {
                let value = challenge.answer(&login, "INVITE", "sip:4711@bridge.example", "c0ffee");
                assert!(value.contains(&format!("nc={count:08x}")), "{value}");
                assert_eq!(verdict(&mut server, &value), Verdict::Accepted("tester".to_owned()));
            }
            let wrong = challenge.answer(&Login::new("tester", "x"), "INVITE", "sip:4711@b", "c");
            assert_eq!(verdict(&mut server, &wrong), Verdict::Denied);
        }
    }

    /// The example of RFC 7616 section 3.9.1.
    #[test]
    fn the_example_of_the_rfc_gives_its_response() {
        let value = r#"Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256,
            nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#;
        let mut challenge = Challenge::read(&[value]).unwrap();
        let login = Login::new("Mufasa", "Circle of Life");
        let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        let answer = challenge.answer(&login, "GET", "/dir/index.html", cnonce);
        assert!(
            answer.contains("753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
            "{answer}"
        );
        assert!(answer.contains(r#"opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#), "{answer}");
    }

    /// The example of RFC 2069 section 2.4, as its errata corrects it.
    #[test]
    fn without_qop_there_is_no_count() {
        let value = r#"Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41""#;
        let mut challenge = Challenge::read(&[value]).unwrap();
        let answer =
            challenge.answer(&Login::new("Mufasa", "CircleOfLife"), "GET", "/dir/index.html", "unused");
        assert!(answer.contains("1949323746fe6a43ef61f9606e7febea"), "{answer}");
        assert!(!answer.contains("nc=") && !answer.contains("unused"), "{answer}");
    }

    #[test]
    fn what_cannot_be_answered_is_passed_over() {
        for value in [
            "Basic realm=\"x\"",
            "Digest",
            "Digest realm=\"x\"",
            "Digest realm=\"x\", nonce=\"n\", algorithm=SHA-512-256",
            "Digest realm=\"x\", nonce=\"n\", qop=\"auth-int\"",
            "Digest realm=\"x, nonce=\"n",
        ] {
            assert!(Challenge::read(&[value]).is_none(), "{value}");
        }
        let second = Challenge::read(&["Basic x", "Digest realm=\"x\", nonce=\"n\", stale=TRUE"]).unwrap();
        assert!(second.is_stale());
    }

    #[test]
    fn a_login_does_not_show_its_password() {
        assert_eq!(format!("{:?}", Login::new("ann", "open sesame")), r#"Login { user: "ann", .. }"#);
    }
}
