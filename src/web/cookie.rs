//! Cookies, as requests bring them and answers set them (RFC 6265).

use axum::http::{HeaderMap, HeaderValue, header};

/// The value of a cookie.
pub(crate) fn get(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
}

/// A cookie that is set; for the whole site, and sent by no other. Scripts do not see it. `secure` lets it go over
/// encrypted connections only; `max_age` is in seconds, and without one it ends with the browser.
///
/// # Panics
/// Never: names and values here are letters, numbers and hyphens.
pub(crate) fn set(name: &str, value: &str, secure: bool, max_age: Option<u32>) -> HeaderValue {
    let mut text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict");
    if secure {
        text += "; Secure";
    }
    if let Some(seconds) = max_age {
        text += &format!("; Max-Age={seconds}");
    }
    HeaderValue::from_str(&text).expect("names and values of our cookies are plain")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("a=1; session=2; xsession=3"));
        assert_eq!(get(&headers, "session").as_deref(), Some("2"));
        assert_eq!(get(&headers, "ession"), None);
        assert_eq!(
            set("session", "1", true, Some(0)),
            "session=1; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0"
        );
    }
}
