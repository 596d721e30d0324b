//! baresip, typed into as its users do. What it hears it writes into a WAV file, before it mends anything.

use std::fs;

use attendant::media::speaker::Speaker;
use attendant::media::wav;

use super::softphone::Softphone;
use crate::stage::Stage;

/// The settings, in a folder of its own: the sound comes from a file, and no window or device is needed.
const CONFIG: &str = "\
sip_listen 127.0.0.1:0
audio_source aufile,FOLDER/voice.wav
audio_player aufile,FOLDER/player.wav
audio_alert aufile,FOLDER/alert.wav
ausrc_format s16
auplay_format s16
auenc_format s16
audec_format s16
jitter_buffer_delay 0-10
module_path /usr/lib/baresip/modules
module stdio.so
module g711.so
module sndfile.so
module aufile.so
module_tmp account.so
module_app menu.so
snd_path FOLDER
";

/// A baresip.
pub(super) struct Baresip {
    phone: Softphone,
    folder: std::path::PathBuf,
}

impl Baresip {
    /// One of this name, that trusts the stage's certificate if there is one, with the voice of this number; its account has these parameters.
    #[track_caller]
    pub(super) fn start(stage: &Stage, name: &str, voice: u32, account: &str) -> Self {
        let folder = stage.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        let write = |file: &str, text: String| fs::write(folder.join(file), text).unwrap();
        let authority = if stage.path().join("cert.pem").exists() { "sip_cafile cert.pem\n" } else { "" };
        write("config", CONFIG.replace("FOLDER", folder.to_str().unwrap()) + authority);
        write("accounts", format!("<sip:{name}@127.0.0.1>;regint=0;audio_codecs=PCMU{account}\n"));
        write("contacts", String::new());
        let mut samples = vec![0; 8_000 * 60];
        Speaker::new(voice).speak(&mut samples);
        fs::write(folder.join("voice.wav"), wav::write(&samples)).unwrap();
        let mut phone = Softphone::start(stage, "baresip", &["-4", "-f", name]);
        phone.until("baresip is ready.");
        Self { phone, folder }
    }

    /// Calls this URI, and waits until the call is up.
    #[track_caller]
    pub(super) fn dial(&mut self, uri: &str) {
        self.phone.types(&format!("/dial {uri}\n"));
        self.phone.until("Call established");
    }

    /// Keys this, as telephone-events.
    #[track_caller]
    pub(super) fn keys(&mut self, keys: &str) {
        for key in keys.chars() {
            self.phone.types(&key.to_string());
            self.phone.until(&format!("send DTMF digit end: '{key}'"));
        }
    }

    /// Puts the bridge on hold.
    pub(super) fn hold(&mut self) {
        self.phone.types("x");
    }

    /// Talks to it again.
    pub(super) fn resume(&mut self) {
        self.phone.types("X");
    }

    /// Waits until the bridge hangs up.
    #[track_caller]
    pub(super) fn until_hung_up(&mut self) {
        self.phone.until("session closed");
    }

    /// Hangs up, and goes.
    #[track_caller]
    pub(super) fn hang_up(&mut self) {
        self.phone.types("b");
        self.phone.until("terminated (duration:");
    }

    /// Ends it; what it has heard, as samples.
    pub(super) fn quit(mut self) -> Vec<i16> {
        self.phone.types("q");
        self.phone.until_ended();
        let mut files: Vec<_> =
            fs::read_dir(&self.folder).unwrap().map(|file| file.unwrap().path()).collect();
        files.retain(|file| file.to_str().unwrap().ends_with("-dec.wav"));
        files.sort();
        let heard = files.iter().flat_map(|file| wav::read(&fs::read(file).unwrap()).unwrap());
        // It decodes the two codes for zero as 2 and -2.
        heard.map(|sample| if sample.abs() == 2 { 0 } else { sample }).collect()
    }
}
