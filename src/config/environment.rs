//! Variables of the environment that begin as this program's do and belong to no setting.

use super::setting::Setting;
use crate::suggest::suggest;

/// The prefix of this program's variables.
pub(super) const OURS: &str = "ATTENDANT_";

/// Protocols of a Kubernetes Service, as its variables spell them.
const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];

/// Returns whether Kubernetes sets this variable in every pod beside a Service that is called `attendant`, or
/// `attendant-…`: `ATTENDANT_SERVICE_HOST`, `ATTENDANT_SERVICE_PORT`, with `_` and the name of a port behind it,
/// `ATTENDANT_PORT` with a URL, and `ATTENDANT_PORT_80_TCP`, alone or with `_ADDR`, `_PORT` or `_PROTO`
/// (kubernetes.io/docs/tutorials/services/connect-applications-service, "Environment Variables").
pub(super) fn is_of_a_service(variable: &str, value: &str) -> bool {
    let Some(rest) = variable.strip_prefix(OURS) else { return false };
    let rest = format!("_{rest}");
    let is_url = value
        .split_once("://")
        .is_some_and(|(protocol, _)| PROTOCOLS.iter().any(|known| known.eq_ignore_ascii_case(protocol)));
    let names_a_port = rest
        .split_once("_SERVICE_PORT")
        .is_some_and(|(_, behind)| behind.is_empty() || behind.starts_with('_'));
    rest.ends_with("_SERVICE_HOST")
        || names_a_port
        || (rest.ends_with("_PORT") && is_url)
        || rest.split_once("_PORT_").is_some_and(|(_, behind)| is_port_and_protocol(behind))
}

/// Returns whether a name is `80_TCP` with an allowed suffix.
fn is_port_and_protocol(text: &str) -> bool {
    let mut parts = text.split('_');
    let port = parts.next().is_some_and(|port| port.parse::<u16>().is_ok());
    let protocol = parts.next().is_some_and(|protocol| PROTOCOLS.contains(&protocol));
    let behind = match parts.next() {
        None => true,
        Some(word) => matches!(word, "ADDR" | "PORT" | "PROTO") && parts.next().is_none(),
    };
    port && protocol && behind
}

/// Returns the warning about an unknown variable, with the setting that was probably meant. Its value may be a
/// password and is not shown.
pub(super) fn unknown(variable: &str, known: &[Setting]) -> String {
    let lower: Vec<String> = known.iter().map(|setting| setting.variable().to_lowercase()).collect();
    let meant = suggest(&variable.to_lowercase(), lower.iter().map(String::as_str));
    let meant = meant.map_or_else(
        || "`attendant config example` lists all settings and their variables".to_owned(),
        |meant| meant.replace("attendant_", OURS).to_uppercase().replace("DID YOU MEAN", "did you mean"),
    );
    format!("{variable} is not a known variable and is ignored; {meant}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variables_of_a_service_are_told_from_all_others() {
        for (variable, value, expected) in [
            ("ATTENDANT_PORT", "tcp://10.0.0.1:80", true),
            ("ATTENDANT_PORT", "8080", false),
            ("ATTENDANT_SERVICE_HOST", "10.0.0.1", true),
            ("ATTENDANT_SERVICE_PORT", "80", true),
            ("ATTENDANT_SERVICE_PORT_HTTPS", "443", true),
            ("ATTENDANT_SERVICE_PORTS", "443", false),
            ("ATTENDANT_PORT_80_TCP", "tcp://10.0.0.1:80", true),
            ("ATTENDANT_PORT_80_TCP_ADDR", "10.0.0.1", true),
            ("ATTENDANT_PORT_5060_UDP_PROTO", "udp", true),
            ("ATTENDANT_PORT_80_TCP_ADDRESS", "10.0.0.1", false),
            ("ATTENDANT_PORT_HTTP_TCP", "tcp://10.0.0.1:80", false),
            ("ATTENDANT_MAIL_SMTP_PORT", "tcp://10.0.0.9:25", true),
            ("ATTENDANT_MAIL_SMTP_PORT", "25", false),
            ("ATTENDANT_WEB_SERVICE_HOST", "10.0.0.1", true),
            ("ATTENDANT_WEB_LISTEN", "10.0.0.1:80", false),
        ] {
            assert_eq!(is_of_a_service(variable, value), expected, "{variable}={value}");
        }
    }
}
