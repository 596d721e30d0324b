//! A person at a telephone: what is heard goes to their loudspeaker, and what they say to the bridge.

use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use crate::media::mixer::Frame;
use crate::sip::uac::End;

/// What somebody at a telephone says.
#[derive(Clone, Debug, Default)]
pub struct Speech(Arc<Mutex<Says>>);

/// What is said.
#[derive(Debug, Default)]
enum Says {
    #[default]
    Nothing,
    Tone,
    Microphone(Receiver<Frame>),
}

/// The next 20 ms of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Said {
    Nothing,
    /// The tone of the caller's own voice.
    Tone,
    /// What was put into the frame.
    Frame,
}

impl Speech {
    /// They are silent. Nobody takes what a microphone gives any more.
    pub fn stop(&self) {
        self.set(Says::Nothing);
    }

    /// They speak in a tone, as scripted callers do: where there is no microphone.
    pub fn speak_in_a_tone(&self) {
        self.set(Says::Tone);
    }

    /// They say what this microphone gives, a frame with each packet.
    pub fn speak_into(&self, microphone: Receiver<Frame>) {
        self.set(Says::Microphone(microphone));
    }

    fn set(&self, says: Says) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = says;
    }

    /// Puts the next 20 ms into a frame, where they are not silence or a tone.
    pub(super) fn next(&self, frame: &mut Frame) -> Said {
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Says::Nothing => Said::Nothing,
            Says::Tone => Said::Tone,
            Says::Microphone(frames) => match frames.try_recv() {
                Ok(said) => {
                    *frame = said;
                    Said::Frame
                }
                // A microphone that is late, or gone, is silent.
                Err(_) => Said::Nothing,
            },
        }
    }
}

/// What a person is told of a call that a script does not ask for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum News {
    /// It rings at the other end.
    Ringing,
    /// The call has ended so.
    Ended(End),
}

/// The two ears and the mouth of somebody at a telephone.
#[derive(Clone, Debug)]
pub struct Person {
    /// Takes what is heard, as it comes. What finds no room is not heard.
    pub hears: mpsc::Sender<Vec<i16>>,
    /// Takes the news.
    pub news: mpsc::Sender<News>,
    /// What they say.
    pub speech: Speech,
}

impl Person {
    pub(super) fn hear(&self, samples: &[i16]) {
        let _left_out = self.hears.try_send(samples.to_vec());
    }

    pub(super) fn tell(&self, news: News) {
        let _left_out = self.news.try_send(news);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;
    use crate::media::rate::FRAME;

    #[test]
    fn what_is_said_is_a_microphones_a_tone_or_nothing() {
        let (speech, mut frame) = (Speech::default(), [0; FRAME]);
        assert_eq!(speech.next(&mut frame), Said::Nothing);
        let (microphone, frames) = sync_channel(2);
        speech.speak_into(frames);
        assert_eq!(speech.next(&mut frame), Said::Nothing, "it is late");
        microphone.send([5; FRAME]).unwrap();
        assert_eq!((speech.next(&mut frame), frame), (Said::Frame, [5; FRAME]));
        speech.speak_in_a_tone();
        assert!(microphone.send([6; FRAME]).is_err(), "nobody takes it any more");
        assert_eq!((speech.next(&mut frame), speech.next(&mut frame)), (Said::Tone, Said::Tone));
        speech.stop();
        assert_eq!(speech.next(&mut frame), Said::Nothing);
    }
}
