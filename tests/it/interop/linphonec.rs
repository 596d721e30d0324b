//! linphonec, typed into as its users do: a command a line.

use std::fs;

use attendant::media::speaker::Speaker;
use attendant::media::wav;

use super::softphone::Softphone;
use crate::stage::Stage;

/// The settings: free ports, no video, and the authority that TLS trusts.
const SETTINGS: &str = "\
[sip]
sip_port=-1
sip_tcp_port=-1
sip_tls_port=-1
bind_address=127.0.0.1
contact=\"linphonec\" <sip:linphonec@127.0.0.1>
use_ipv6=0
use_info=0
use_rfc2833=1
guess_hostname=0
root_ca=cert.pem
[rtp]
audio_rtp_port=-1
[video]
enabled=0
automatically_initiate=0
";

/// The bytes before the samples of a recording: 8,000 a second of 16 bits each.
const HEADER: usize = 44;

/// A linphonec.
pub(super) struct Linphonec {
    phone: Softphone,
    recording: std::path::PathBuf,
}

impl Linphonec {
    /// One with the voice of this number.
    #[track_caller]
    pub(super) fn start(stage: &Stage, voice: u32) -> Self {
        let path = |name: &str| stage.path().join(name);
        // It makes no folder for its own records.
        fs::create_dir_all(path("data/linphone")).unwrap();
        fs::write(path("linphonerc"), SETTINGS).unwrap();
        let mut samples = vec![0; 8_000 * 60];
        Speaker::new(voice).speak(&mut samples);
        fs::write(path("linphone-voice.wav"), wav::write(&samples)).unwrap();
        // What it logs is how its keys are seen to have gone out.
        let mut phone = Softphone::start(stage, "linphonec", &["-c", "linphonerc", "-d", "6"]);
        phone
            .types("ipv6 disable\nsoundcard use files\nplay linphone-voice.wav\nrecord linphone-heard.wav\n");
        phone.until("Using wav files");
        Self { phone, recording: path("linphone-heard.wav") }
    }

    /// Calls this URI, and waits until the call is up.
    #[track_caller]
    pub(super) fn dial(&mut self, uri: &str) {
        self.phone.types(&format!("call {uri}\n"));
        self.phone.until("Media streams established");
    }

    /// Keys this, as telephone-events.
    #[track_caller]
    pub(super) fn keys(&mut self, keys: &str) {
        for key in keys.chars() {
            // While one is sent, another is dropped.
            self.phone.types(&format!("{key}\n"));
            self.phone.until("Finished sending RFC2833 dtmf");
        }
    }

    /// Puts the bridge on hold.
    #[track_caller]
    pub(super) fn hold(&mut self) {
        self.phone.types("pause\n");
        self.phone.until("is now paused");
    }

    /// Talks to it again.
    #[track_caller]
    pub(super) fn resume(&mut self) {
        self.phone.types("resume\n");
        self.phone.until("Media streams established");
    }

    /// Waits until the bridge hangs up.
    #[track_caller]
    pub(super) fn until_hung_up(&mut self) {
        self.phone.until("ended (");
    }

    /// Ends it; what it has heard, as samples.
    pub(super) fn quit(mut self) -> Vec<i16> {
        self.phone.types("quit\n");
        self.phone.until_ended();
        // Its header counts itself as sound, so that readers find the file cut off.
        let recorded = fs::read(&self.recording).unwrap();
        let pairs = recorded[HEADER..].chunks_exact(2);
        pairs.map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
    }
}
