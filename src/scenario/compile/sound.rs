//! Compiles the transport of a caller's keys, and the sound faults of a line.

use std::time::Duration;

use crate::media::amount::{Decibels, Part};
use crate::media::impair::conditions::Conditions;

use super::cx::Cx;
use super::values::short;
use crate::leg::cast::KeyPath;
use crate::scenario::problem::Problem;
use crate::scenario::tree::{Entry, Node, Value};
use crate::scenario::vocabulary::{CODECS, DTMF, SoundWord};

/// The most that packets are late, and an echo comes later: what the line of a call keeps in memory.
const LATEST: Duration = Duration::from_millis(500);

/// The most codecs that one line goes through.
pub(in crate::scenario) const CODECS_MAX: usize = 16;

impl<'f> Cx<'f, '_> {
    /// Reads a caller's `dtmf`.
    pub(super) fn key_path(&mut self, node: &'f Node) -> KeyPath {
        let Value::Seq(list) = &node.value else { return self.one_key_path(node) };
        let paths: Vec<KeyPath> = list.iter().map(|node| self.one_key_path(node)).collect();
        match paths[..] {
            [path] => path,
            [KeyPath::TelephoneEvents, KeyPath::Inband] | [KeyPath::Inband, KeyPath::TelephoneEvents] => {
                KeyPath::Both
            }
            // One that is not known has been told.
            _ if paths.len() == 2 && paths.contains(&KeyPath::Direct) => KeyPath::Direct,
            _ => {
                let problem = Problem::error(node.span, "keys cannot be sent in these ways at once");
                self.problem(problem.help("write `dtmf: [rfc4733, inband]`, or one of them"));
                KeyPath::Direct
            }
        }
    }

    fn one_key_path(&mut self, node: &'f Node) -> KeyPath {
        self.word(node, "dtmf", DTMF).unwrap_or_default()
    }

    pub(super) fn sound_fault(
        &mut self,
        entry: &'f Entry,
        word: SoundWord,
        place: usize,
        faults: &mut Conditions,
    ) {
        self.must_be_heard(entry, word, place);
        let (node, what) = (&entry.node, entry.key.as_str());
        match word {
            SoundWord::Loss => faults.loss = self.part(node, what).unwrap_or_default(),
            SoundWord::RepeatFrames => faults.repeated = self.part(node, what).unwrap_or_default(),
            SoundWord::Jitter => faults.jitter = self.short_time(node, what).unwrap_or_default(),
            SoundWord::Noise => faults.noise = self.decibels(node, what, "dBm0"),
            SoundWord::Level => faults.level = self.decibels(node, what, "dB").unwrap_or_default(),
            SoundWord::Twist => faults.twist = self.decibels(node, what, "dB"),
            SoundWord::TwoKeys => faults.two_keys = self.flag(node, what).unwrap_or_default(),
            SoundWord::Echo => faults.echo = self.decibels(node, what, "dB"),
            SoundWord::EchoDelay => faults.echo_delay = self.short_time(node, what),
            SoundWord::Codec => self.codecs(node, what, faults),
            SoundWord::Clip => faults.clip = self.short_time(node, what).unwrap_or_default(),
        }
    }

    /// A fault that no key would ever notice is an error in the file.
    fn must_be_heard(&mut self, entry: &'f Entry, word: SoundWord, place: usize) {
        let caller = &self.people.callers[place];
        let of_packets = matches!(word, SoundWord::Loss | SoundWord::Jitter | SoundWord::RepeatFrames);
        let message = match caller.key_path {
            KeyPath::Inband | KeyPath::Both => return,
            KeyPath::TelephoneEvents if of_packets => return,
            KeyPath::TelephoneEvents => format!("`{}` has no effect on telephone-events", entry.key),
            KeyPath::Direct => {
                format!("`{}` has no effect: {}'s keys reach the bridge directly", entry.key, caller.name)
            }
            KeyPath::Info => format!("`{}` has no effect on keys in SIP requests", entry.key),
        };
        let ways = if of_packets { "`dtmf: inband` or `dtmf: rfc4733`" } else { "`dtmf: inband`" };
        let help = format!("give the caller {ways}");
        self.problem(Problem::error(entry.span, message).help(help));
    }

    fn part(&mut self, node: &'f Node, what: &str) -> Option<Part> {
        let text = self.text(node, what)?;
        let part = Part::parse(&text);
        if part.is_none() {
            let message = format!("`{what}` must be a percentage of all packets, not `{}`", short(&text));
            self.problem(Problem::error(node.span, message).help("write 5% or 0.25%; at most 100%"));
        }
        part
    }

    fn decibels(&mut self, node: &'f Node, what: &str, unit: &str) -> Option<Decibels> {
        let text = self.text(node, what)?;
        let decibels = Decibels::parse(&text, unit);
        if decibels.is_none() {
            let message = format!("`{what}` must be a number of {unit}, not `{}`", short(&text));
            let help = format!("write -10{unit} or -2.5{unit}; from -100 to 100");
            self.problem(Problem::error(node.span, message).help(help));
        }
        decibels
    }

    fn short_time(&mut self, node: &'f Node, what: &str) -> Option<Duration> {
        let time = self.duration(node, what)?;
        if time > LATEST {
            self.error(node.span, format!("`{what}` may be at most {} ms", LATEST.as_millis()));
            return None;
        }
        Some(time)
    }

    fn codecs(&mut self, node: &'f Node, what: &str, faults: &mut Conditions) {
        let list = match &node.value {
            Value::Seq(list) => list.as_slice(),
            Value::Null | Value::Scalar(_) | Value::Map(_) => std::slice::from_ref(node),
        };
        if list.len() > CODECS_MAX {
            return self.error(node.span, format!("a line may pass through at most {CODECS_MAX} codecs"));
        }
        faults.codecs = list.iter().filter_map(|node| self.word(node, what, CODECS)).collect();
    }
}
