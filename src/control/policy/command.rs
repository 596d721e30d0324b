//! Commands in the meeting, and the keys that give them.

use super::value::CommandKey;
use crate::control::call::Digits;
use crate::control::named::named;

named! {
    /// A command that keys give in the meeting (BEHAVIOUR section 3).
    pub enum KeyCommand {
        /// Hear the menu, in private.
        Help = "help",
        /// Hear how many are there and who, in private.
        RollCall = "roll_call",
        /// Raise or lower one's hand.
        Hand = "hand",
        /// Mute or unmute oneself.
        Mute = "mute",
        /// Organizer: mute all others.
        MuteAll = "mute_all",
        /// Organizer: lock or unlock the meeting.
        Lock = "lock",
        /// Organizer: admit everyone from the lobby, later arrivals too.
        AdmitAll = "admit_all",
        /// Organizer: announcements of arrivals and departures on or off.
        Announcements = "announcements",
        /// Organizer: end the meeting for all.
        End = "end",
        /// Organizer: remove the participant who joined last.
        RemoveLast = "remove_last",
        /// Organizer: hear how many wait in the lobby, in private.
        LobbyCount = "lobby_count",
        /// Organizer: be asked whether to admit whoever has waited longest.
        AdmitNext = "admit_next",
        /// Organizer: be asked the same, to deny.
        DenyNext = "deny_next",
        /// Organizer: start or stop the recording.
        Record = "record",
        /// Leave the meeting: the bridge hangs up.
        HangUp = "hang_up",
    }
}

impl KeyCommand {
    /// Returns whether only the organizer may give it.
    #[must_use]
    pub const fn is_organizers(self) -> bool {
        match self {
            Self::Help | Self::RollCall | Self::Hand | Self::Mute | Self::HangUp => false,
            Self::MuteAll | Self::Lock | Self::AdmitAll | Self::Announcements => true,
            Self::End | Self::RemoveLast => true,
            Self::LobbyCount | Self::AdmitNext | Self::DenyNext | Self::Record => true,
        }
    }
}

/// The keys of each command, for those who may use these keys.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KeysOfAll {
    /// For the menu.
    pub help: CommandKey,
    /// For the roll call.
    pub roll_call: CommandKey,
    /// To mute all others.
    pub mute_all: CommandKey,
    /// To raise or lower one's hand.
    pub hand: CommandKey,
    /// To mute or unmute oneself.
    pub mute: CommandKey,
    /// To lock or unlock the meeting.
    pub lock: CommandKey,
    /// To admit everyone.
    pub admit_all: CommandKey,
    /// To turn announcements on or off.
    pub announcements: CommandKey,
    /// To end the meeting.
    pub end: CommandKey,
    /// To remove the participant who joined last.
    pub remove_last: CommandKey,
    /// To hear how many wait.
    pub lobby_count: CommandKey,
    /// To admit whoever has waited longest.
    pub admit_next: CommandKey,
    /// To deny whoever has waited longest.
    pub deny_next: CommandKey,
    /// To start or stop the recording.
    pub record: CommandKey,
    /// To leave the meeting.
    pub hang_up: CommandKey,
}

impl KeysOfAll {
    fn all(&self) -> [(CommandKey, KeyCommand); KeyCommand::ALL.len()] {
        KeyCommand::ALL.map(|command| (self.of(command), command))
    }

    const fn of(&self, command: KeyCommand) -> CommandKey {
        match command {
            KeyCommand::Help => self.help,
            KeyCommand::RollCall => self.roll_call,
            KeyCommand::Hand => self.hand,
            KeyCommand::Mute => self.mute,
            KeyCommand::MuteAll => self.mute_all,
            KeyCommand::Lock => self.lock,
            KeyCommand::AdmitAll => self.admit_all,
            KeyCommand::Announcements => self.announcements,
            KeyCommand::End => self.end,
            KeyCommand::RemoveLast => self.remove_last,
            KeyCommand::LobbyCount => self.lobby_count,
            KeyCommand::AdmitNext => self.admit_next,
            KeyCommand::DenyNext => self.deny_next,
            KeyCommand::Record => self.record,
            KeyCommand::HangUp => self.hang_up,
        }
    }
}

/// The key strings of the commands in a meeting (`keys` and `organizer_keys`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MeetingKeys {
    /// Those that everybody may key; the organizer's commands are refused to others all the same.
    pub everybody: KeysOfAll,
    /// Those that only the organizer may key, beside the others.
    pub organizers: KeysOfAll,
}

impl Default for MeetingKeys {
    fn default() -> Self {
        let everybody = KeysOfAll {
            help: CommandKey::on(1),
            roll_call: CommandKey::on(3),
            mute_all: CommandKey::on(4),
            hand: CommandKey::on(5),
            mute: CommandKey::on(6),
            lock: CommandKey::on(7),
            admit_all: CommandKey::on(8),
            announcements: CommandKey::on(9),
            ..KeysOfAll::default()
        };
        Self { everybody, organizers: KeysOfAll::default() }
    }
}

/// A command by the keys that were pressed for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GivenCommand {
    /// The command.
    pub command: KeyCommand,
    /// Whether these keys are the organizer's only.
    pub organizers_keys: bool,
}

impl MeetingKeys {
    /// The command that exactly these keys give, if there is one. Where two share them, the first has them.
    #[must_use]
    pub fn command(&self, keyed: Digits) -> Option<GivenCommand> {
        let mut all = self.all();
        all.find_map(|(on, given)| (!keyed.is_empty() && on.keys() == keyed).then_some(given))
    }

    /// Returns whether these keys begin a command of more keys.
    #[must_use]
    pub fn begins_longer(&self, keyed: Digits) -> bool {
        let begins = |on: Digits| {
            on.len() > keyed.len() && on.iter().zip(keyed.iter()).all(|(wanted, pressed)| wanted == pressed)
        };
        self.all().any(|(on, _)| begins(on.keys()))
    }

    /// The command with the most keys that these keys begin with, and the keys behind it.
    #[must_use]
    pub fn longest(&self, keyed: Digits) -> Option<(GivenCommand, Digits)> {
        (1..=keyed.len()).rev().find_map(|count| {
            let (first, rest) = keyed.split_at(count);
            Some((self.command(first)?, rest))
        })
    }

    /// Returns the keys that give a command, `*6`: everybody's, or else the organizer's. Empty if none do.
    #[must_use]
    pub fn keyed(&self, command: KeyCommand) -> String {
        self.strings(command).first().map(Digits::reveal).unwrap_or_default()
    }

    /// The key strings that give a command: everybody's, then the organizer's.
    #[must_use]
    pub fn strings(&self, command: KeyCommand) -> Vec<Digits> {
        let keys = [&self.everybody, &self.organizers].map(|keys| keys.of(command).keys());
        keys.into_iter().filter(|keys| !keys.is_empty()).collect()
    }

    /// Keys that give two commands, of which only the first could ever be given.
    #[must_use]
    pub fn shared_keys(&self) -> Option<String> {
        let mut all: Vec<(Digits, KeyCommand)> = self
            .all()
            .filter(|(on, _)| !on.keys().is_empty())
            .map(|(on, given)| (on.keys(), given.command))
            .collect();
        all.sort_unstable();
        all.windows(2)
            .find(|pair| pair[0].0 == pair[1].0 && pair[0].1 != pair[1].1)
            .map(|pair| pair[0].0.reveal())
    }

    fn all(&self) -> impl Iterator<Item = (CommandKey, GivenCommand)> + use<> {
        let given = |organizers_keys| move |(on, command)| (on, GivenCommand { command, organizers_keys });
        self.everybody
            .all()
            .into_iter()
            .map(given(false))
            .chain(self.organizers.all().into_iter().map(given(true)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::policy::Policy;

    fn digits(symbols: &str) -> Digits {
        Digits::from_symbols(symbols).unwrap()
    }

    fn keys(settings: &[(&str, &str)]) -> MeetingKeys {
        let mut policy = Policy::default();
        settings.iter().for_each(|(name, value)| policy.set(name, value).unwrap());
        policy.meeting.keys
    }

    fn command(keys: &MeetingKeys, keyed: &str) -> Option<KeyCommand> {
        keys.command(digits(keyed)).map(|given| given.command)
    }

    #[test]
    fn keys_without_a_command_have_none() {
        let keys = keys(&[("keys.hand", "none")]);
        assert_eq!(command(&keys, "*6"), Some(KeyCommand::Mute));
        assert_eq!([command(&keys, "*5"), command(&keys, "*2")], [None, None]);
        assert_eq!([command(&keys, "6"), command(&keys, "*"), command(&keys, "")], [None, None, None]);
    }

    #[test]
    fn a_command_of_several_keys_is_begun_by_the_first() {
        let keys = keys(&[("keys.hand", "*21"), ("keys.mute", "=6"), ("keys.lock", "99")]);
        let begun = ["*", "*2", "*21", "6", "9", "99"].map(|keyed| keys.begins_longer(digits(keyed)));
        assert_eq!(begun, [true, true, false, false, true, false]);
        let given = ["*2", "*21", "6", "99"].map(|keyed| command(&keys, keyed));
        assert_eq!(given, [None, Some(KeyCommand::Hand), Some(KeyCommand::Mute), Some(KeyCommand::Lock)]);
    }

    #[test]
    fn the_longest_command_has_the_keys() {
        let keys = keys(&[("keys.hand", "*2"), ("keys.mute", "*21")]);
        let longest =
            |keyed: &str| keys.longest(digits(keyed)).map(|(given, rest)| (given.command, rest.reveal()));
        assert_eq!(longest("*21"), Some((KeyCommand::Mute, String::new())));
        assert_eq!(longest("*25"), Some((KeyCommand::Hand, "5".to_owned())));
        assert_eq!(longest("*"), None);
    }

    #[test]
    fn the_organizers_keys_are_known_as_such() {
        let keys = keys(&[("organizer_keys.lock", "*77"), ("organizer_keys.hand", "5")]);
        let own = ["*77", "*7", "*5"].map(|keyed| keys.command(digits(keyed)).unwrap().organizers_keys);
        assert_eq!(own, [true, false, false]);
        assert_eq!(keys.keyed(KeyCommand::Lock), "*7");
    }

    #[test]
    fn keys_of_two_commands_are_found() {
        assert_eq!(keys(&[]).shared_keys(), None);
        assert_eq!(keys(&[("keys.help", "6")]).shared_keys().as_deref(), Some("*6"));
        assert_eq!(keys(&[("keys.help", "none"), ("keys.hand", "none")]).shared_keys(), None);
        assert_eq!(keys(&[("organizer_keys.end", "*6")]).shared_keys().as_deref(), Some("*6"));
        assert_eq!(keys(&[("organizer_keys.mute", "*6")]).shared_keys(), None);
    }
}
