//! Reads a target file: YAML with places, as scenarios are read.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::sounds::{files, samples};
use super::{Conference, Dialled, SoundWord, Target, TargetSound, word_of};
use crate::control::call::{Digits, Language, Prompt};
use crate::control::caller::Sound;
use crate::control::numbers;
use crate::control::pin::Pin;
use crate::leg::cast::KeyPath;
use crate::leg::outward::SipAddress;
use crate::media::g711::Law;
use crate::media::hear::Known;
use crate::media::rate::samples_of;
use crate::scenario::nodes::NodeReader;
use crate::scenario::problem::{Problem, Problems, suggest};
use crate::scenario::source::Sources;
use crate::scenario::span::Span;
use crate::scenario::tree::{self, Entry, Node, Value};
use crate::scenario::vocabulary::{DTMF, Words, find, names, sound};
use crate::sip::digest::Login;

/// The keys of a target file, with what each is for.
pub const KEYS: [(&str, &str); 13] = [
    ("target", "The bridge's name, for people."),
    ("description", "Anything else a reader should know."),
    (
        "numbers",
        "What is dialled for each service number of a scenario, by its name there; `bridge` is the default.",
    ),
    ("unknown_number", "What is dialled for a number that nobody has."),
    ("from", "Who calls; {n} stands for the caller's number, from 1."),
    ("auth", "The user and the password, if the bridge asks for one."),
    ("codecs", "What is offered, the preferred first."),
    ("dtmf", "How keys travel."),
    ("keys", "The shortest time that a key is down, and the shortest pause after one."),
    ("organizers", "Conferences with their PINs: cases that are played side by side have different ones."),
    ("heard", "What each of our words sounds like there."),
    ("absent", "Words that the bridge never says; a step that only waits for one is passed over."),
    ("states", "Sounds of the bridge's own, by the state that they tell."),
];

/// Reads what `env:NAME` and `file:PATH` stand for; the error says why it cannot.
pub type SecretReader<'r> = &'r mut dyn FnMut(&str) -> Result<String, String>;

/// The prompts that stand for sounds of a target's own, which tell a state: callers know the states by these.
const STATES: &Words<Prompt> = &[
    (Prompt::HoldForOrganizer, "lobby", "Who hears one of these waits."),
    (Prompt::Joining, "joined", "Who hears one of these is in the meeting."),
];

/// What always tells a state, and may be listed.
const ALWAYS: [(&str, &str); 2] = [("lobby", "hold_music"), ("joined", "conference")];

/// Reads a target file and the sounds that it names.
///
/// # Errors
/// Everything that is wrong with it, up to the limit of problems.
pub fn read(path: &str, sources: &mut Sources<'_>, secret: SecretReader<'_>) -> Result<Target, Vec<Problem>> {
    let mut reader = Reader { problems: Problems::default(), secret, folder: folder_of(path) };
    let target = reader.file(path, sources);
    match target.filter(|_| !reader.problems.any_error()) {
        Some(target) => Ok(target),
        None => Err(reader.problems.into_sorted()),
    }
}

fn folder_of(path: &str) -> &Path {
    Path::new(path).parent().unwrap_or(Path::new(""))
}

struct Reader<'r> {
    problems: Problems,
    secret: SecretReader<'r>,
    folder: &'r Path,
}

impl NodeReader for Reader<'_> {
    fn problems(&mut self) -> &mut Problems {
        &mut self.problems
    }
}

impl Reader<'_> {
    fn file(&mut self, path: &str, sources: &mut Sources<'_>) -> Option<Target> {
        let nowhere = Span::default();
        let source = match sources.fetch(path) {
            Ok(source) => source,
            Err(why) => return self.refuse(Problem::error(nowhere, format!("{path} {why}"))),
        };
        let root = match tree::parse(sources, source, &mut 0) {
            Ok(root) => root,
            Err(problem) => return self.refuse(problem),
        };
        let entries = self.entries(&root, "a target")?;
        self.known(entries, "a target", &KEYS.map(|(key, _)| key));
        let get = |key: &str| entries.iter().find(|entry| entry.key == key).map(|entry| &entry.node);
        let Some(name) = get("target") else {
            let problem = Problem::error(Span { end: root.span.start, ..root.span }, "a target needs a name");
            return self.refuse(problem.help("begin with `target: NAME`"));
        };
        let name = self.text(name, "target")?.into_owned();
        let states = get("states").map(|node| self.states(node)).unwrap_or_default();
        let (hold, gap) = get("keys").map(|node| self.keys(node)).unwrap_or_default();
        let mut target = Target {
            name,
            numbers: get("numbers").map(|node| self.numbers(node)).unwrap_or_default(),
            unknown: get("unknown_number").and_then(|node| self.dialled(node)),
            from: get("from").and_then(|node| self.from(node)),
            login: get("auth").and_then(|node| self.login(node)),
            codecs: get("codecs").map_or_else(|| Law::ALL.to_vec(), |node| self.codecs(node)),
            keys: get("dtmf")
                .and_then(|node| self.word(node, "dtmf", DTMF))
                .unwrap_or(KeyPath::TelephoneEvents),
            hold,
            gap,
            organizers: get("organizers").map(|node| self.organizers(node)).unwrap_or_default(),
            sounds: Vec::new(),
            takes_any_music: false,
            absent: get("absent").map(|node| self.absent(node)).unwrap_or_default(),
        };
        if let Some(node) = get("heard") {
            self.heard(node, &states, &mut target);
        }
        self.agree(get("absent"), &target);
        Some(target)
    }

    /// A word is either heard or absent.
    fn agree(&mut self, absent: Option<&Node>, target: &Target) {
        let Some(node) = absent else { return };
        let both = target.sounds.iter().find(|sound| target.absent.contains(sound.word));
        if let Some(sound) = both {
            let message = format!("`{}` is absent, and `heard` has a sound for it", sound.word);
            self.problems.push(Problem::error(node.span, message).help("take it from one of them"));
        }
    }

    fn numbers(&mut self, node: &Node) -> Vec<(String, Dialled)> {
        let entries = self.entries(node, "`numbers`").unwrap_or_default();
        entries.iter().filter_map(|entry| Some((entry.key.clone(), self.dialled(&entry.node)?))).collect()
    }

    fn dialled(&mut self, node: &Node) -> Option<Dialled> {
        let text = self.text(node, "number")?;
        if !text.contains(':') {
            let is_user =
                !text.is_empty() && text.chars().all(|letter| letter.is_ascii_graphic() && letter != '@');
            if is_user {
                return Some(Dialled::User(text.into_owned()));
            }
        }
        match text.parse::<SipAddress>() {
            Ok(address) => Some(Dialled::Address(address.uri().clone())),
            Err(error) => {
                let help = "write a number, which is dialled at the host of --via, or sip:NUMBER@HOST";
                self.refuse(Problem::error(node.span, error.to_string()).help(help))
            }
        }
    }

    fn from(&mut self, node: &Node) -> Option<Arc<str>> {
        let text = self.text(node, "from")?;
        match text.replace("{n}", "1").parse::<SipAddress>() {
            Ok(_) => Some(text.into()),
            Err(_) => {
                let problem = Problem::error(node.span, "`from` must be a SIP address");
                self.refuse(problem.help("write sip:+1555000{n}@tester.example"))
            }
        }
    }

    fn login(&mut self, node: &Node) -> Option<Login> {
        let entries = self.entries(node, "`auth`")?;
        self.known(entries, "`auth`", &["user", "password"]);
        let get = |key: &str| entries.iter().find(|entry| entry.key == key);
        let (Some(user), Some(password)) = (get("user"), get("password")) else {
            return self.refuse(Problem::error(node.span, "`auth` needs `user` and `password`"));
        };
        let user = self.text(&user.node, "user")?;
        let password = self.secret(&password.node, "password")?;
        Some(Login::new(user, password))
    }

    /// What `env:` or `file:` stands for: a target file is shared, and holds no secret.
    fn secret(&mut self, node: &Node, what: &str) -> Option<String> {
        let place = self.text(node, what)?;
        if !["env:", "file:"].iter().any(|kind| place.starts_with(kind)) {
            let problem = Problem::error(node.span, format!("`{what}` is not written into a target file"));
            return self.refuse(
                problem.help("write env:NAME for a variable, or file:PATH for a file with it alone"),
            );
        }
        match (self.secret)(&place) {
            Ok(secret) => Some(secret),
            Err(why) => self.refuse(Problem::error(node.span, format!("`{what}`: {why}"))),
        }
    }

    fn codecs(&mut self, node: &Node) -> Vec<Law> {
        let list = self.list(node, "`codecs`").unwrap_or_default();
        let known = Law::ALL.map(Law::name);
        let mut codecs = Vec::new();
        for node in list {
            let Some(text) = self.text(node, "codecs") else { continue };
            match Law::ALL.into_iter().find(|law| law.name().eq_ignore_ascii_case(&text)) {
                Some(law) if codecs.contains(&law) => {
                    self.problems
                        .push(Problem::error(node.span, format!("{} stands there twice", law.name())));
                }
                Some(law) => codecs.push(law),
                None => self.not_one_of(node.span, "codecs", &text, &known),
            }
        }
        if list.is_empty() {
            self.problems
                .push(Problem::error(node.span, "`codecs` needs at least one").help(known.join(", ")));
        }
        codecs
    }

    fn keys(&mut self, node: &Node) -> (Duration, Duration) {
        let entries = self.entries(node, "`keys`").unwrap_or_default();
        self.known(entries, "`keys`", &["hold", "gap"]);
        let mut time = |key: &str| {
            let entry = entries.iter().find(|entry| entry.key == key)?;
            self.duration(&entry.node, key)
        };
        (time("hold").unwrap_or_default(), time("gap").unwrap_or_default())
    }

    fn organizers(&mut self, node: &Node) -> Vec<Conference> {
        let list = self.list(node, "`organizers`").unwrap_or_default();
        let mut organizers: Vec<Conference> = Vec::new();
        for node in list {
            let Some(entries) = self.entries(node, "an organizer") else { continue };
            self.known(entries, "an organizer", &["conference_id", "pin"]);
            let get = |key: &str| entries.iter().find(|entry| entry.key == key).map(|entry| &entry.node);
            let (Some(id), Some(pin)) = (get("conference_id"), get("pin")) else {
                self.problems.push(Problem::error(node.span, "an organizer needs `conference_id` and `pin`"));
                continue;
            };
            let (Some(conference_id), Some(pin)) = (self.conference_id(id), self.pin(pin)) else { continue };
            if organizers.iter().any(|known| known.conference_id == conference_id) {
                let help = "give each a conference of its own: cases are played side by side";
                self.problems
                    .push(Problem::error(id.span, "this conference ID stands there twice").help(help));
            }
            organizers.push(Conference { conference_id, pin });
        }
        organizers
    }

    fn conference_id(&mut self, node: &Node) -> Option<Digits> {
        let text = self.text(node, "conference_id")?;
        let id = numbers::conference_id(&text);
        if id.is_none() {
            return self.refuse(Problem::error(node.span, "a conference ID has 1 to 12 digits"));
        }
        id
    }

    fn pin(&mut self, node: &Node) -> Option<Pin> {
        let secret = self.secret(node, "pin")?;
        let pin = Pin::from_symbols(secret.trim());
        if pin.is_none() {
            return self.refuse(Problem::error(
                node.span,
                "what this stands for is no PIN: expected 4 to 12 digits",
            ));
        }
        pin
    }

    fn absent(&mut self, node: &Node) -> BTreeSet<SoundWord> {
        let list = self.list(node, "`absent`").unwrap_or_default();
        list.iter().filter_map(|node| Some(self.sound_word(node)?.1)).collect()
    }

    fn sound_word(&mut self, node: &Node) -> Option<(Sound, SoundWord)> {
        let text = self.text(node, "absent")?;
        match sound(&text) {
            Some(sound) if word_of(sound).is_some() => Some((sound, word_of(sound)?)),
            Some(_) | None => {
                let problem = Problem::error(node.span, format!("unknown sound `{text}`"));
                self.refuse(problem.maybe_help(suggest(&text, crate::scenario::vocabulary::sound_words())))
            }
        }
    }

    /// Sounds of the target's own, each with the prompt that tells its state.
    fn states(&mut self, node: &Node) -> Vec<(String, Prompt)> {
        let entries = self.entries(node, "`states`").unwrap_or_default();
        let known: Vec<&str> = names(STATES).collect();
        self.known(entries, "`states`", &known);
        let mut own = Vec::new();
        for Entry { key, node, .. } in entries {
            let Some(prompt) = find(STATES, key) else { continue };
            for node in self.list(node, key).unwrap_or_default() {
                let Some(word) = self.text(node, key) else { continue };
                if ALWAYS.contains(&(key.as_str(), &*word)) {
                    continue;
                }
                if sound(&word).is_some() {
                    let message = format!("`{word}` is a word of scenarios, which tells its own state");
                    self.problems
                        .push(Problem::error(node.span, message).help("list names of your own only"));
                } else {
                    own.push((word.into_owned(), prompt));
                }
            }
        }
        own
    }

    fn heard(&mut self, node: &Node, states: &[(String, Prompt)], target: &mut Target) {
        for entry in self.entries(node, "`heard`").unwrap_or_default() {
            let own =
                states.iter().find(|(name, _)| *name == entry.key).map(|(_, prompt)| Sound::Prompt(*prompt));
            let Some(meant) = own.or_else(|| sound(&entry.key)) else {
                let problem = Problem::error(entry.span, format!("unknown sound `{}`", entry.key));
                let help = suggest(&entry.key, crate::scenario::vocabulary::sound_words());
                let help =
                    help.unwrap_or_else(|| "list a sound of the bridge's own under `states`".to_owned());
                self.problems.push(problem.help(help));
                continue;
            };
            let known = match meant {
                Sound::Prompt(prompt) | Sound::PromptIn(prompt, _) => {
                    Known::Prompt(prompt, Language::default())
                }
                Sound::HoldMusic => Known::HoldMusic,
                Sound::RecordedName | Sound::Silence | Sound::Talk(_) | Sound::Tone(_) => {
                    let message = format!("`{}` is no recording", entry.key);
                    self.problems.push(Problem::error(entry.span, message));
                    continue;
                }
            };
            let word = word_of(meant).unwrap_or_default();
            self.sounds_of(&entry.node, (word, known), target);
        }
        for (name, _) in states {
            let has =
                self.entries(node, "`heard`").unwrap_or_default().iter().any(|entry| entry.key == *name);
            if !has {
                let message = format!("`states` names `{name}`, which `heard` does not have");
                self.problems.push(Problem::error(node.span, message));
            }
        }
    }

    fn sounds_of(&mut self, node: &Node, (word, known): (SoundWord, Known), target: &mut Target) {
        let (mut written, mut from, mut is_any) = (Vec::new(), 0, false);
        match &node.value {
            Value::Map(entries) => {
                self.known(entries, "a sound", &["file", "files", "from", "loops", "any"]);
                for Entry { key, node, .. } in entries {
                    match key.as_str() {
                        "file" => written.push(node),
                        "files" => written.extend(self.list(node, "`files`").unwrap_or_default()),
                        "from" => from = samples_of(self.duration(node, "from").unwrap_or_default()) as usize,
                        "loops" => self.loops(node, known),
                        "any" => is_any |= self.any(node, known),
                        _ => {}
                    }
                }
            }
            Value::Seq(list) => written.extend(list),
            Value::Scalar(_) => written.push(node),
            Value::Null => {
                let problem = Problem::error(node.span, format!("`{word}` has no file"));
                self.problems
                    .push(problem.help("write the path of a WAV file, or list the word under `absent`"));
            }
        }
        target.takes_any_music |= is_any;
        for node in written {
            let Some(text) = self.text(node, word) else { continue };
            let found = match files(self.folder, &text) {
                Ok(found) => found,
                Err(why) => {
                    self.problems.push(Problem::error(node.span, why));
                    continue;
                }
            };
            for file in found {
                match samples(&file, known == Known::HoldMusic) {
                    Ok(samples) if samples.len() <= from => {
                        let message = format!("{} is over before `from`", file.display());
                        self.problems.push(Problem::error(node.span, message));
                    }
                    Ok(samples) => target.sounds.push(TargetSound { word, known, file, samples, from }),
                    Err(why) => self.problems.push(Problem::error(node.span, why)),
                }
            }
        }
    }

    /// Music loops, and prompts do not: saying so is allowed.
    fn loops(&mut self, node: &Node, known: Known) {
        let Some(text) = self.text(node, "loops") else { return };
        let expected = if known == Known::HoldMusic { "true" } else { "false" };
        if text != expected {
            let message = "music goes on from its start at its end, and prompts do not".to_owned();
            self.problems.push(Problem::error(node.span, message).help(format!("write {expected}")));
        }
    }

    fn any(&mut self, node: &Node, known: Known) -> bool {
        let is_music =
            self.text(node, "any").is_some_and(|text| text == "music") && known == Known::HoldMusic;
        if !is_music {
            let problem = Problem::error(node.span, "only `hold_music` can be anything");
            self.problems.push(problem.help("write `hold_music: { any: music }`"));
        }
        is_music
    }
}
