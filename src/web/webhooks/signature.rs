//! The signatures of what is posted: who knows the key knows that nobody else has written it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::percent_decode_str;
use sha1::Sha1;
use sha2::Sha256;

/// HMAC-SHA256 over the body, in hexadecimal digits.
pub(super) fn of_body(key: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(body.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Twilio's signature of a form: HMAC-SHA1 over the URL and then each field's name and value, without anything between them, the
/// fields sorted by name; in Base64 (twilio.com/docs/usage/security).
pub(super) fn of_form(key: &str, url: &str, form: &str) -> String {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let fields = form.split('&').map(|field| field.split_once('=').unwrap_or((field, "")));
    let mut fields: Vec<(String, String)> =
        fields.map(|(name, value)| (decoded(name), decoded(value))).collect();
    fields.sort_unstable();
    let mut mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(url.as_bytes());
    for (name, value) in fields {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_signed_as_twilio_s_documents_show() {
        // The example of twilio.com/docs/usage/security, "Validating signatures from Twilio".
        let form = "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212";
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        assert_eq!(of_form("12345", url, form), "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
        let parts: Vec<&str> = form.split('&').rev().collect();
        assert_eq!(of_form("12345", url, &parts.join("&")), "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
    }
}
