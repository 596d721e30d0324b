//! Entity tags, so that nobody overwrites somebody else's change.

use std::fmt::Debug;

use axum::http::{HeaderMap, header};
use sha2::{Digest as _, Sha256};

use crate::admin::answer::UserView;
use crate::admin::refusal::Refusal;
use crate::control::policy::TenantPolicy;
use crate::store::entropy::hex;
use crate::web::problem::Problem;

/// Bytes of a hash that are told: enough that no two states are taken for each other.
const TOLD: usize = 16;

/// A user's state. It is made of what administrators set, and not of the PINs that callers try.
pub(in crate::web) fn tag_of_user(user: &UserView) -> String {
    tag(&(user, user.conference_id.map(|id| id.reveal())))
}

/// The state of the tenant's settings.
pub(in crate::web) fn tag_of_tenant(tenant: &TenantPolicy) -> String {
    tag(tenant)
}

/// Digits print as stars, which is why a conference ID comes along in the clear; a program that is rebuilt may name
/// the same state otherwise, and a client then looks once more.
fn tag(state: &impl Debug) -> String {
    let hash = Sha256::digest(format!("{state:?}").as_bytes());
    format!("\"{}\"", hex(&hash[..TOLD]))
}

/// Returns whether a request is for a certain state only; if it is for another than this, it is refused (RFC 9110,
/// 13.1.1).
pub(super) fn is_for_state(headers: &HeaderMap, now: &str) -> Result<bool, Problem> {
    let mut wanted = headers.get_all(header::IF_MATCH).into_iter().peekable();
    if wanted.peek().is_none() {
        return Ok(false);
    }
    let mut fits = false;
    for value in wanted {
        for tag in value.to_str().unwrap_or_default().split(',').map(str::trim) {
            if tag != "*" && !is_tag(tag) {
                return Err(Problem::bad("If-Match is not valid; expected * or an ETag, with its quotes"));
            }
            fits |= ["*", now].contains(&tag);
        }
    }
    if fits { Ok(true) } else { Err(Refusal::Changed.into()) }
}

/// Returns whether it is an entity tag, strong or weak (RFC 9110, 8.8.3).
fn is_tag(text: &str) -> bool {
    let quoted = text.strip_prefix("W/").unwrap_or(text);
    quoted.len() >= 2 && quoted.starts_with('"') && quoted.ends_with('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_for_another_state_is_refused() {
        let mut headers = HeaderMap::new();
        assert_eq!(is_for_state(&headers, "\"a\""), Ok(false));
        for (value, answered) in [
            ("\"a\"", Ok(true)),
            ("*", Ok(true)),
            ("\"b\", \"a\"", Ok(true)),
            ("\"b\"", Err(412)),
            ("W/\"a\"", Err(412)),
            ("a", Err(400)),
            ("\"", Err(400)),
        ] {
            headers.insert(header::IF_MATCH, value.parse().unwrap());
            let got = is_for_state(&headers, "\"a\"").map_err(|problem| problem.status);
            assert_eq!(got, answered, "{value}");
        }
    }
}
