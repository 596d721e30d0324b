//! Digest authentication (RFC 8760 for SIP, RFC 7616). The server's side: challenges with SHA-256 and MD5, nonces that carry
//! their time under an HMAC, and a bounded memory of the counts that were used. The caller's side: [`Login`].

mod credentials;
mod login;

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::Md5;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::control::time::Instant;

use credentials::Credentials;
pub use login::{Challenge, Login};

/// How long a nonce is good: a telephone that registers or calls again in this time is not asked twice.
pub const NONCE_LIFE: Duration = Duration::from_secs(300);

/// Nonces whose counts are remembered. Beyond them the oldest is forgotten, and a request with it is asked again.
pub const NONCES_MAX: usize = 4_096;

/// Bytes of an `Authorization` value: with a user, a realm and a URI of 255 each it has some 1,200.
pub const AUTHORIZATION_MAX: usize = 2_048;

/// Counts behind the highest of a nonce that are still told apart: requests overtake each other over UDP.
const COUNTS: u32 = u64::BITS;

/// The hashes that are offered, the preferred one first (RFC 8760, section 2.4). That is MD5: telephones older than that RFC
/// look at the first challenge only, sipp 3.6 among them, and give up where it names another hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Algorithm {
    Md5,
    Sha256,
}

impl Algorithm {
    const ALL: [Self; 2] = [Self::Md5, Self::Sha256];

    /// The algorithm of this name, if it is known.
    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(name))
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Md5 => "MD5",
        }
    }

    /// The hash of the parts with colons between them, in lower-case hexadecimal digits.
    fn hash(self, parts: &[&str]) -> String {
        let text = parts.join(":");
        match self {
            Self::Sha256 => hex(&Sha256::digest(text)),
            Self::Md5 => hex(&Md5::digest(text)),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _never_fails = write!(text, "{byte:02x}");
        text
    })
}

/// What a server keeps of a user's password: the hashes of user, realm and password (`H(A1)` of RFC 7616, section 3.4.2).
/// They are as good as the password, so `Debug` does not print them.
#[derive(Clone)]
pub struct Secret {
    sha256: String,
    md5: String,
}

impl Secret {
    /// Returns the hashes for this user's password in this realm.
    #[must_use]
    pub fn new(user: &str, realm: &str, password: &str) -> Self {
        let a1 = [user, realm, password];
        Self { sha256: Algorithm::Sha256.hash(&a1), md5: Algorithm::Md5.hash(&a1) }
    }

    fn hash(&self, algorithm: Algorithm) -> &str {
        match algorithm {
            Algorithm::Sha256 => &self.sha256,
            Algorithm::Md5 => &self.md5,
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(•)")
    }
}

/// What a request's credentials are worth.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// They are right: who sent the request.
    Accepted(String),
    /// There are none for this realm: 401 with [`DigestServer::challenges`].
    Missing,
    /// The password is right, and the nonce is too old, unknown, or was used for this count before: 401 with `stale=true`,
    /// so that the telephone tries again without asking its user (RFC 7616, section 3.3).
    Stale,
    /// The user is unknown or the password wrong. 403, or 401 again.
    Denied,
    /// They cannot be read, or ask for what was not offered: 400 with this text.
    Malformed(&'static str),
}

/// Asks for passwords and checks the answers, for one realm.
///
/// It has no clock and no entropy: the time is an argument, and the key of its nonces is given once and must be random.
/// Challenging keeps no state, so strangers cannot fill anything; only a right answer takes a place in the table.
#[derive(Clone)]
pub struct DigestServer {
    realm: String,
    key: [u8; 32],
    issued: u64,
    /// The counts used of each nonce, by its number.
    used: BTreeMap<u64, Counts>,
    /// Nonces with lower numbers were forgotten.
    forgotten_below: u64,
}

impl fmt::Debug for DigestServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DigestServer")
            .field("realm", &self.realm)
            .field("used", &self.used.len())
            .finish_non_exhaustive()
    }
}

impl DigestServer {
    /// Returns a server for this realm, whose nonces are signed with `key`: 32 random bytes of its own.
    #[must_use]
    pub fn new(realm: &str, key: [u8; 32]) -> Self {
        Self { realm: realm.to_owned(), key, issued: 0, used: BTreeMap::new(), forgotten_below: 0 }
    }

    /// Returns the values of the `WWW-Authenticate` headers of a 401, one for each algorithm, the preferred one first
    /// (RFC 8760, section 2.4).
    pub fn challenges(&mut self, now: Instant, is_stale: bool) -> [String; 2] {
        self.issued += 1;
        let nonce = self.nonce(self.issued, now);
        let stale = if is_stale { ", stale=true" } else { "" };
        Algorithm::ALL.map(|algorithm| {
            let (realm, name) = (&self.realm, algorithm.name());
            format!(r#"Digest realm="{realm}", nonce="{nonce}", qop="auth", algorithm={name}{stale}"#)
        })
    }

    /// Judges the `Authorization` values of a request with this method. `secret` looks a user up.
    ///
    /// The URI in the credentials is hashed and not compared with the request's: proxies rewrite that, and what could be
    /// done with credentials that were overheard is prevented by their count.
    pub fn verify(
        &mut self,
        now: Instant,
        method: &str,
        authorizations: &[&str],
        secret: impl FnOnce(&str) -> Option<Secret>,
    ) -> Verdict {
        for value in authorizations {
            match Credentials::read(value) {
                Err(what) => return Verdict::Malformed(what),
                Ok(Some(credentials)) if credentials.realm == self.realm => {
                    return self.judge(now, method, &credentials, secret);
                }
                Ok(_) => {}
            }
        }
        Verdict::Missing
    }

    fn judge(
        &mut self,
        now: Instant,
        method: &str,
        credentials: &Credentials<'_>,
        secret: impl FnOnce(&str) -> Option<Secret>,
    ) -> Verdict {
        let found = secret(credentials.user);
        let is_known = found.is_some();
        // An unknown user costs the same work, so that the time of the answer does not tell who is known.
        let secret = found.unwrap_or_else(|| Secret::new("", &self.realm, ""));
        let expected = credentials.expected(secret.hash(credentials.algorithm), method);
        let given = credentials.response.to_ascii_lowercase();
        if !bool::from(expected.as_bytes().ct_eq(given.as_bytes())) || !is_known {
            return Verdict::Denied;
        }
        match self.serial(now, credentials.nonce) {
            Some((serial, issued_at)) if self.count(now, serial, issued_at, credentials.count) => {
                Verdict::Accepted(credentials.user.to_owned())
            }
            _ => Verdict::Stale,
        }
    }

    fn nonce(&self, serial: u64, at: Instant) -> String {
        let signed = format!("{serial:016x}{:016x}", at.micros());
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes keys of any length");
        mac.update(signed.as_bytes());
        let tag = mac.finalize().into_bytes();
        signed + &hex(&tag[..16])
    }

    /// The number of a nonce of ours that is still good, and when it was issued.
    fn serial(&self, now: Instant, nonce: &str) -> Option<(u64, Instant)> {
        let serial = u64::from_str_radix(nonce.get(..16)?, 16).ok()?;
        let issued_at = Instant::from_micros(u64::from_str_radix(nonce.get(16..32)?, 16).ok()?);
        let is_ours = bool::from(self.nonce(serial, issued_at).as_bytes().ct_eq(nonce.as_bytes()));
        let is_good = now.since(issued_at) <= NONCE_LIFE && serial >= self.forgotten_below;
        (is_ours && is_good).then_some((serial, issued_at))
    }

    /// Notes that this count of a nonce is used; false if it was before.
    fn count(&mut self, now: Instant, serial: u64, issued_at: Instant, count: u32) -> bool {
        self.used.retain(|_, counts| now.since(counts.issued_at) <= NONCE_LIFE);
        if self.used.len() == NONCES_MAX && !self.used.contains_key(&serial) {
            self.used.pop_first();
            self.forgotten_below = self.used.keys().next().copied().unwrap_or_default();
            if serial < self.forgotten_below {
                return false;
            }
        }
        self.used.entry(serial).or_insert(Counts { issued_at, highest: 0, seen: 0 }).add(count)
    }
}

/// The counts of one nonce that were used: the highest, and which of the 64 up to it.
#[derive(Clone, Copy, Debug)]
struct Counts {
    issued_at: Instant,
    highest: u32,
    seen: u64,
}

impl Counts {
    fn add(&mut self, count: u32) -> bool {
        if let Some(ahead) = count.checked_sub(self.highest).filter(|ahead| *ahead > 0) {
            self.seen = self.seen.checked_shl(ahead).unwrap_or(0) | 1;
            self.highest = count;
            return true;
        }
        let behind = self.highest - count;
        let is_new = count > 0 && behind < COUNTS && self.seen >> behind & 1 == 0;
        if is_new {
            self.seen |= 1 << behind;
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::credentials::parameters;
    use super::*;

    const REALM: &str = "bridge.example";

    fn server() -> DigestServer {
        DigestServer::new(REALM, [7; 32])
    }

    fn secret(user: &str) -> Option<Secret> {
        (user == "tester").then(|| Secret::new("tester", REALM, "open sesame"))
    }

    /// Answers the challenge as a telephone does.
    fn answer(challenge: &str, password: &str, method: &str, count: Option<u32>) -> String {
        let given = parameters(challenge.strip_prefix("Digest ").unwrap()).unwrap();
        let find = |wanted: &str| given.iter().find(|(name, _)| *name == wanted).unwrap().1;
        let (nonce, name) = (find("nonce"), find("algorithm"));
        let base = format!(
            r#"Digest username="tester", realm="{REALM}", nonce="{nonce}", uri="sip:b@x", algorithm={name}"#
        );
        let base = match count {
            Some(count) => base + &format!(r#", qop=auth, nc={count:08x}, cnonce="0a4f""#),
            None => base,
        };
        let unsigned = base + r#", response="""#;
        let secret = Secret::new("tester", REALM, password);
        let credentials = Credentials::read(&unsigned).unwrap().unwrap();
        let response = credentials.expected(secret.hash(credentials.algorithm), method);
        unsigned.replace(r#"response="""#, &format!(r#"response="{response}""#))
    }

    fn verify(server: &mut DigestServer, secs: u64, value: &str) -> Verdict {
        server.verify(Instant::from_secs(secs), "INVITE", &[value], secret)
    }

    #[track_caller]
    fn vector(value: &str, password: &str) {
        let credentials = Credentials::read(value).unwrap().unwrap();
        let secret = Secret::new(credentials.user, credentials.realm, password);
        let expected = credentials.expected(secret.hash(credentials.algorithm), "GET");
        assert_eq!(expected, credentials.response);
    }

    #[test]
    fn the_examples_of_rfc_7616_section_3_9_1_are_right() {
        for (algorithm, response) in [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            vector(
                &format!(
                    r#"Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html",
                    algorithm={algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001,
                    cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, response="{response}",
                    opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#
                ),
                "Circle of Life",
            );
        }
    }

    #[test]
    fn the_examples_of_rfc_2617_and_2069_are_right() {
        let shared = r#"Digest username="Mufasa", realm="testrealm@host.com", uri="/dir/index.html",
            nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093""#;
        vector(
            &format!(
                r#"{shared}, qop=auth, nc=00000001, cnonce="0a4f113b", response="6629fae49393a05397450978507c4ef1""#
            ),
            "Circle Of Life",
        );
        vector(&format!(r#"{shared}, response="1949323746fe6a43ef61f9606e7febea""#), "CircleOfLife");
    }

    #[test]
    fn either_challenge_can_be_answered() {
        for algorithm in 0..2 {
            for count in [Some(1), None] {
                let mut server = server();
                let challenge = &server.challenges(Instant::ZERO, false)[algorithm];
                let value = answer(challenge, "open sesame", "INVITE", count);
                assert_eq!(verify(&mut server, 1, &value), Verdict::Accepted("tester".to_owned()));
            }
        }
    }

    #[test]
    fn md5_is_offered_first_for_old_telephones() {
        let [first, second] = server().challenges(Instant::ZERO, true);
        assert!(first.ends_with(r#"qop="auth", algorithm=MD5, stale=true"#), "{first}");
        assert!(second.ends_with(r#"qop="auth", algorithm=SHA-256, stale=true"#), "{second}");
    }

    #[test]
    fn a_wrong_password_user_or_method_is_denied() {
        let mut server = server();
        let [challenge, _] = server.challenges(Instant::ZERO, false);
        let wrong = answer(&challenge, "open barley", "INVITE", Some(1));
        let other = answer(&challenge, "open sesame", "BYE", Some(1));
        let stranger =
            answer(&challenge, "open sesame", "INVITE", Some(1)).replace("\"tester\"", "\"stranger\"");
        for value in [wrong, other, stranger] {
            assert_eq!(verify(&mut server, 1, &value), Verdict::Denied);
        }
    }

    #[test]
    fn a_count_is_good_once_in_any_order() {
        let mut server = server();
        let [challenge, _] = server.challenges(Instant::ZERO, false);
        let accepted = Verdict::Accepted("tester".to_owned());
        for (count, expected) in [
            (3, &accepted),
            (1, &accepted),
            (3, &Verdict::Stale),
            (1, &Verdict::Stale),
            (2, &accepted),
            (0, &Verdict::Stale),
            (500, &accepted),
            (436, &Verdict::Stale),
            (437, &accepted),
        ] {
            let value = answer(&challenge, "open sesame", "INVITE", Some(count));
            assert_eq!(&verify(&mut server, 1, &value), expected, "count {count}");
        }
    }

    #[test]
    fn without_a_count_a_nonce_is_good_once() {
        let mut server = server();
        let [challenge, _] = server.challenges(Instant::ZERO, false);
        let value = answer(&challenge, "open sesame", "INVITE", None);
        assert_eq!(verify(&mut server, 1, &value), Verdict::Accepted("tester".to_owned()));
        assert_eq!(verify(&mut server, 1, &value), Verdict::Stale);
    }

    #[test]
    fn an_old_or_foreign_nonce_is_stale() {
        let mut first = server();
        let [challenge, _] = first.challenges(Instant::ZERO, false);
        let value = answer(&challenge, "open sesame", "INVITE", Some(1));
        let mut restarted = DigestServer::new(REALM, [8; 32]);
        assert_eq!(verify(&mut restarted, 1, &value), Verdict::Stale);
        assert_eq!(verify(&mut first, 301, &value), Verdict::Stale);
        assert_eq!(verify(&mut first, 300, &value), Verdict::Accepted("tester".to_owned()));
    }

    #[test]
    fn a_full_table_forgets_the_oldest_nonce() {
        let mut server = server();
        let challenges: Vec<_> =
            (0..=NONCES_MAX).map(|_| server.challenges(Instant::ZERO, false)[1].clone()).collect();
        for challenge in &challenges {
            let value = answer(challenge, "open sesame", "INVITE", Some(1));
            assert_eq!(verify(&mut server, 1, &value), Verdict::Accepted("tester".to_owned()));
        }
        assert_eq!(server.used.len(), NONCES_MAX);
        let value = answer(&challenges[0], "open sesame", "INVITE", Some(2));
        assert_eq!(verify(&mut server, 1, &value), Verdict::Stale);
        let value = answer(&challenges[1], "open sesame", "INVITE", Some(2));
        assert_eq!(verify(&mut server, 1, &value), Verdict::Accepted("tester".to_owned()));
    }

    #[test]
    fn old_nonces_leave_the_table() {
        let mut server = server();
        for secs in [0, 400] {
            let [challenge, _] = server.challenges(Instant::from_secs(secs), false);
            let value = answer(&challenge, "open sesame", "INVITE", Some(1));
            assert_eq!(verify(&mut server, secs, &value), Verdict::Accepted("tester".to_owned()));
        }
        assert_eq!(server.used.len(), 1);
    }

    #[test]
    fn credentials_of_another_realm_or_scheme_are_missing() {
        let mut server = server();
        assert_eq!(server.verify(Instant::ZERO, "INVITE", &[], secret), Verdict::Missing);
        let [challenge, _] = server.challenges(Instant::ZERO, false);
        let ours = answer(&challenge, "open sesame", "INVITE", Some(1));
        let other = ours.replace(REALM, "other.example");
        assert_eq!(verify(&mut server, 1, &other), Verdict::Missing);
        assert_eq!(verify(&mut server, 1, "Basic dGVzdGVy"), Verdict::Missing);
        let verdict = server.verify(Instant::ZERO, "INVITE", &[&other, &ours], secret);
        assert_eq!(verdict, Verdict::Accepted("tester".to_owned()));
    }

    #[test]
    fn what_was_not_offered_is_malformed() {
        let mut server = server();
        let [_, challenge] = server.challenges(Instant::ZERO, false);
        let ours = answer(&challenge, "open sesame", "INVITE", Some(1));
        for (from, to) in [
            ("SHA-256", "SHA-512-256"),
            ("qop=auth", "qop=auth-int"),
            ("nc=00000001", "nc=first"),
            ("cnonce=", "c="),
            ("username=\"tester\", ", ""),
            ("realm=\"", "realm=\"\\"),
            (", response", ", response \""),
        ] {
            let value = ours.replace(from, to);
            let verdict = verify(&mut server, 1, &value);
            let is_other_realm = from.starts_with("realm") && verdict == Verdict::Missing;
            assert!(matches!(verdict, Verdict::Malformed(_)) || is_other_realm, "{value}: {verdict:?}");
        }
        let long = ours + &" ".repeat(AUTHORIZATION_MAX);
        assert!(matches!(verify(&mut server, 1, &long), Verdict::Malformed(_)));
    }

    #[test]
    fn nothing_prints_a_secret() {
        let shown = format!("{:?} {:?}", server(), secret("tester"));
        assert_eq!(shown, r#"DigestServer { realm: "bridge.example", used: 0, .. } Some(Secret(•))"#);
    }

    proptest! {
        #[test]
        fn no_text_is_accepted_or_makes_the_server_fail(value in "(Digest )?.{0,300}") {
            let verdict = verify(&mut server(), 1, &value);
            prop_assert!(!matches!(verdict, Verdict::Accepted(_)));
        }

        #[test]
        fn each_count_is_accepted_at_most_once(counts in prop::collection::vec(0u32..150, 0..60)) {
            let mut used = Counts { issued_at: Instant::ZERO, highest: 0, seen: 0 };
            let mut accepted = std::collections::BTreeSet::new();
            for count in counts {
                if used.add(count) {
                    prop_assert!(accepted.insert(count) && count > 0);
                } else {
                    let highest = accepted.last().copied().unwrap_or(0);
                    prop_assert!(count == 0 || accepted.contains(&count) || highest - count >= COUNTS);
                }
            }
        }
    }
}
