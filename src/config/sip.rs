//! The settings of telephones: where they call, what they are told of us, and who may.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use super::Secret;
use super::layers::Loading;
use crate::files;
use crate::sip::network::Network;

/// The largest list of users that is read, in bytes: some 20,000 of them.
const USERS_BYTES_MAX: u64 = 1 << 20;

/// The shortest silence after which a call may be ended: that between two reports (RTCP) of a telephone that sends no sound
/// while nobody speaks.
const MEDIA_GONE_MIN: Duration = Duration::from_secs(5);

/// Networks that a setting may name.
const NETWORKS_MAX: usize = 64;

/// Where telephones call, and who may.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SipConfig {
    /// For UDP and TCP.
    pub listen: SocketAddr,
    /// For TLS.
    pub tls: Option<SipTls>,
    /// The address outside of the local networks, and its port if that differs.
    pub advertised: Option<(IpAddr, Option<u16>)>,
    /// Where the address that is listened at is reached.
    pub local_nets: Vec<Network>,
    /// Who may call without a password.
    pub allow: Vec<Network>,
    /// Who may call, with what password.
    pub users: BTreeMap<String, Secret>,
    /// Whether everybody may.
    pub is_open: bool,
    /// The HEP collector to which messages and reports are sent: a host and a port.
    pub hep: Option<String>,
    /// How long calls may go on once the program is to stop.
    pub drain: Duration,
    /// The ports of the calls' sound.
    pub rtp_ports: RangeInclusive<u16>,
    /// Its address.
    pub rtp_bind: IpAddr,
    /// How long nothing may come of a caller before the call is ended.
    pub media_gone: Option<Duration>,
}

/// SIP over TLS.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SipTls {
    /// Where.
    pub listen: SocketAddr,
    /// The certificate with its chain.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

impl Loading<'_> {
    pub(super) fn sip(&mut self) -> Option<SipConfig> {
        let listen = self.listen("sip.listen", "127.0.0.1:5060")?;
        let tls = self.sip_tls();
        let (allow, users) = (self.networks("sip.allow"), self.sip_users().unwrap_or_default());
        let is_declared_open = self.or_empty("sip.open") == "i know";
        let is_here =
            listen.ip().is_loopback() && tls.as_ref().is_none_or(|tls| tls.listen.ip().is_loopback());
        let lets_all_in = allow.iter().any(Network::is_everything);
        if !is_here && !is_declared_open && (lets_all_in || allow.is_empty() && users.is_empty()) {
            let message = format!("everybody who reaches {listen} could place calls");
            let help = "set sip.allow to the addresses that may call, or sip.auth to ask for passwords; \
                        sip.open = \"i know\" lets everybody call";
            self.refuse(if lets_all_in { "sip.allow" } else { "sip.listen" }, &message, help);
        }
        Some(SipConfig {
            listen,
            tls,
            advertised: self.advertised(),
            local_nets: self.networks("sip.local_nets"),
            is_open: is_declared_open || is_here && allow.is_empty(),
            allow,
            users,
            hep: self.hep(),
            drain: self.duration("sip.drain"),
            rtp_ports: self.rtp_ports(),
            rtp_bind: self.address("rtp.bind").unwrap_or(listen.ip()),
            media_gone: self.media_gone(),
        })
    }

    /// Returns the address that a setting names; `None` if it is empty or not one, which is said.
    pub(super) fn listen(&mut self, name: &str, example: &str) -> Option<SocketAddr> {
        let listen = self.text(name)?;
        // The name that every machine gives to itself; any other may have several addresses.
        let address = listen.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
        let parsed = address.as_ref().unwrap_or(&listen).parse();
        if parsed.is_err() {
            let message = format!("`{listen}` is not an address to listen at");
            self.refuse(name, &message, &format!("write an address and a port, such as \"{example}\""));
        }
        parsed.ok()
    }

    fn media_gone(&mut self) -> Option<Duration> {
        let longest = self.duration("rtp.media_gone");
        if !longest.is_zero() && longest < MEDIA_GONE_MIN {
            let message = "a telephone may be silent for that long between two reports";
            self.refuse("rtp.media_gone", message, "choose 5s or more, or 0s for never");
        }
        Some(longest).filter(|longest| !longest.is_zero())
    }

    fn hep(&mut self) -> Option<String> {
        let collector = self.text("sip.hep")?;
        let port = collector.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port);
        if port.and_then(|port| port.parse::<u16>().ok()).is_none_or(|port| port == 0) {
            let message = format!("`{collector}` is not a host and a port");
            self.refuse("sip.hep", &message, "write both, such as \"homer.example.com:9060\"");
        }
        Some(collector)
    }

    fn sip_tls(&mut self) -> Option<SipTls> {
        let listen = self.listen("sip.tls", "127.0.0.1:5061")?;
        let found = |own, web| self.path(own).or_else(|| self.path(web));
        let found = (found("sip.certificate", "web.certificate"), found("sip.key", "web.key"));
        let (Some(certificate), Some(key)) = found else {
            let help = "set sip.certificate and sip.key, or those of the admin center";
            self.refuse("sip.tls", "SIP over TLS needs a certificate and its key", help);
            return None;
        };
        Some(SipTls { listen, certificate, key })
    }

    fn advertised(&mut self) -> Option<(IpAddr, Option<u16>)> {
        let text = self.text("sip.advertised")?;
        let with_port = text.parse().map(|at: SocketAddr| (at.ip(), Some(at.port())));
        let parsed = with_port.or_else(|_| text.parse().map(|address: IpAddr| (address, None)));
        let parsed = parsed.ok().filter(|(address, _)| !address.is_unspecified());
        if parsed.is_none() {
            let help = "write an address, or an address and a port, such as \"203.0.113.7\"";
            self.refuse(
                "sip.advertised",
                &format!("`{text}` is not an address that telephones can reach"),
                help,
            );
        }
        parsed
    }

    fn address(&mut self, name: &str) -> Option<IpAddr> {
        let text = self.text(name)?;
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.refuse(name, &format!("`{text}` is not an address"), "write one, such as \"10.0.0.5\"");
        }
        parsed
    }

    fn networks(&mut self, name: &str) -> Vec<Network> {
        let text = self.or_empty(name);
        let written = text.split(',').map(str::trim).filter(|network| !network.is_empty());
        let (mut networks, mut wrong) = (Vec::new(), None);
        for network in written {
            match network.parse() {
                Ok(network) => networks.push(network),
                Err(_) => wrong = Some(network),
            }
        }
        if let Some(wrong) = wrong {
            let help = "write them separated by commas, such as \"192.0.2.7, 10.0.0.0/8\"";
            self.refuse(name, &format!("`{wrong}` is not an address or a network"), help);
        } else if networks.len() > NETWORKS_MAX {
            let message = format!("{} networks are more than {NETWORKS_MAX}", networks.len());
            self.refuse(name, &message, "write a network in place of its addresses");
        }
        networks
    }

    fn rtp_ports(&mut self) -> RangeInclusive<u16> {
        let text = self.or_empty("rtp.ports");
        let parsed = text.split_once('-').and_then(|(first, last)| {
            let (first, last): (u16, u16) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
            // One call takes an even port, and the one above it stays free for reports.
            let has_room = first > 0 && last > first && last - first > first % 2;
            has_room.then_some(first..=last)
        });
        parsed.unwrap_or_else(|| {
            let message = format!("`{text}` is not a range of ports with room for a call");
            self.refuse("rtp.ports", &message, "write the first and the last, such as \"30000-49999\"");
            0..=0
        })
    }

    /// The file with the users, if they are in one.
    pub(super) fn sip_users_file(&self) -> Option<PathBuf> {
        let place = self.text("sip.auth")?;
        let path = place.strip_prefix("file:")?;
        Some(self.resolved(path, &self.origin("sip.auth")))
    }

    fn sip_users(&mut self) -> Option<BTreeMap<String, Secret>> {
        let place = self.text("sip.auth")?;
        let read = match (place.strip_prefix("env:"), self.sip_users_file()) {
            (Some(variable), _) => self
                .variables
                .get(variable)
                .cloned()
                .ok_or_else(|| format!("the variable {variable} is not set")),
            (None, Some(file)) => files::read_text(&file, USERS_BYTES_MAX)
                .map_err(|error| format!("{}: {error}", file.display())),
            (None, None) => Err("it is neither file: with a path nor env: with a variable".to_owned()),
        };
        match read.and_then(|text| users(&text)) {
            Ok(users) => Some(users),
            Err(why) => {
                let help = "name a file with a line user:password for each user, such as \"file:sip-users\", or a \
                            variable, such as \"env:SIP_USERS\"";
                self.refuse("sip.auth", &why, help);
                None
            }
        }
    }
}

/// Reads a line `user:password` for each user. What is wrong is told by the number of its line: it may hold a password.
fn users(text: &str) -> Result<BTreeMap<String, Secret>, String> {
    let mut users = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_end_matches('\r');
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let pair = line.split_once(':').filter(|(user, password)| !user.is_empty() && !password.is_empty());
        let Some((user, password)) = pair.filter(|(user, _)| !user.contains(['"', '\\'])) else {
            return Err(format!("line {number} of the SIP users is not user:password"));
        };
        if users.insert(user.to_owned(), Secret::from(password)).is_some() {
            return Err(format!("line {number} of the SIP users names a user again"));
        }
    }
    if users.is_empty() { Err("there are no SIP users in it".to_owned()) } else { Ok(users) }
}
