//! The table of settings: each name with its group, its meaning and the field it sets. Files, commands and
//! the schema all read this one table.

use std::fmt;

use super::Policy;
use super::former::FormerSetting;
use super::value::{Takes, Value};

/// The part of `given` under which a setting is written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Group {
    /// `given.tenant`
    Tenant,
    /// `given.dialog`
    Dialog,
    /// `given.meeting`
    Meeting,
    /// `given.lockout`
    Lockout,
}

impl Group {
    /// Every group.
    pub const ALL: [Self; 4] = [Self::Tenant, Self::Dialog, Self::Meeting, Self::Lockout];

    /// Its key under `given`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Dialog => "dialog",
            Self::Meeting => "meeting",
            Self::Lockout => "lockout",
        }
    }
}

/// One setting, for messages, help and the schema.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SettingInfo {
    /// Its BEHAVIOUR name; a member of a structured setting as `keys.mute` or `limits.4`.
    pub name: &'static str,
    /// Where it is written.
    pub group: Group,
    /// The values it accepts.
    pub takes: Takes,
    /// A description.
    pub doc: &'static str,
}

/// Why a setting was not set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SettingError {
    /// There is no setting of this name.
    Unknown(String),
    /// The value is not accepted; says what was expected.
    Value(String),
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "unknown setting `{name}`"),
            Self::Value(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for SettingError {}

macro_rules! settings {
    ($($group:ident $name:literal: $kind:ty => $first:ident $(. $rest:ident)*, $doc:literal;)*) => {
        impl Policy {
            /// Every setting, grouped.
            pub const SETTINGS: &[SettingInfo] = &[
                $(SettingInfo { name: $name, group: Group::$group, takes: <$kind as Value>::TAKES, doc: $doc },)*
            ];

            /// The settings that administrators set for the tenant.
            pub fn tenant_settings() -> impl Iterator<Item = &'static SettingInfo> {
                Self::SETTINGS.iter().filter(|setting| setting.group == Group::Tenant)
            }

            /// Sets a setting by its BEHAVIOUR name, or by one that it had before.
            ///
            /// # Errors
            /// There is no such setting, or it does not take this value; nothing is changed then.
            pub fn set(&mut self, name: &str, value: &str) -> Result<(), SettingError> {
                match name {
                    $($name => self.$first $(.$rest)* = <$kind as Value>::parse(value).map_err(SettingError::Value)?,)*
                    _ => {
                        let Some(former) = FormerSetting::named(name) else {
                            return Err(SettingError::Unknown(name.to_owned()));
                        };
                        return self.set(former.now, former.value(value).map_err(SettingError::Value)?);
                    }
                }
                Ok(())
            }

            /// A setting's value, as [`Policy::set`] takes it.
            #[must_use]
            pub fn show(&self, name: &str) -> Option<String> {
                match name {
                    $($name => Some(Value::show(&self.$first $(.$rest)*)),)*
                    _ => None,
                }
            }
        }
    };
}

use super::LockoutLimit;
use super::blocked::BlockedCallers;
use super::dialog::{Fields, Terminator};
use super::pin_rules::PinRules;
use super::value::{
    AfterLastPin, AfterOrganizerLeaves, AnnounceTo, AnnouncedDigits, Announcements, AsksForOrganizer,
    CommandKey, DigitCount, ExactDigits, GraceApplies, LobbyNotice, LockedNewcomers, MaxLengthCountsFrom,
    MusicPolicy, MuteAllMeans, MuteMode, MuteOnEntry, OrganizerLeavesWhen, PinLength, RecordingNotice,
    Threshold, TimeLimit, Tries,
};
use std::time::Duration;

settings! {
    Tenant "pin_length": PinLength => tenant.pin_length, "The length of new PINs, in digits.";
    Tenant "allow_anonymous_start_by_default": bool => tenant.allow_anonymous_start_by_default, "The allow_anonymous_start of newly enabled users.";
    Tenant "send_mail_automatically": bool => tenant.send_mail_automatically, "Whether users are notified \
                                                                               of changes by mail.";
    Tenant "entry_exit_notifications": bool => tenant.entry_exit_notifications, "Whether a meeting hears \
                                                                                 an announcement when \
                                                                                 somebody joins or leaves.";
    Tenant "entry_exit_announcements": Announcements => tenant.entry_exit_announcements, "Whether announcements use recorded names, the end of the number where there is no name, or tones, also for arrivals or departures alone.";
    Tenant "name_recording": bool => tenant.name_recording, "Whether anonymous callers record their names.";
    Tenant "mail_from_override": bool => tenant.mail_from_override, "Whether mail is sent with the address \
                                                                     and name of the next two settings.";
    Tenant "mail_from_address": String => tenant.mail_from_address, "The sender's address, with \
                                                                     mail_from_override.";
    Tenant "mail_from_name": String => tenant.mail_from_name, "The sender's name, with mail_from_override.";
    Dialog "conference_id_tries": Tries => dialog.conference_id.tries, "How many times a call is asked for \
                                                                        the conference ID; an entry \
                                                                        without keys counts.";
    Dialog "pin_tries": Tries => dialog.pin.tries, "How many wrong PINs one call may give.";
    Dialog "after_last_pin": AfterLastPin => dialog.after_last_pin, "What happens after the last wrong PIN.";
    Dialog "asks_for_organizer": AsksForOrganizer => dialog.asks_for_organizer, "When callers are asked \
                                                                                 whether they are the \
                                                                                 organizer.";
    Dialog "first_digit_timeout": Duration => dialog.first_digit_timeout, "The timeout for the first key, \
                                                                           from the prompt's end.";
    Dialog "interdigit_timeout": Duration => dialog.interdigit_timeout, "The timeout from one key to the \
                                                                         next.";
    Dialog "organizer_question_timeout": Duration => dialog.organizer_question_timeout, "The timeout for * \
                                                                                         after press-star-if-organizer.";
    Dialog "command_timeout": Duration => dialog.command_timeout, "How long keys that give a command wait for those of a longer one.";
    Dialog "admission_timeout": Duration => dialog.admission_timeout, "How long admit-or-deny waits for a key; it is asked once more.";
    Dialog "name_timeout": Duration => dialog.name_timeout, "The maximum length of a recorded name.";
    Dialog "directory_timeout": Duration => dialog.directory_timeout, "The timeout of a question to the \
                                                                       directory; it is asked once more.";
    Dialog "blocked_callers": BlockedCallers => dialog.blocked_callers, "Callers whose calls are not answered: numbers with their country codes, separated by commas; none for nobody. SIP telephones are told 603.";
    Dialog "fields": Fields => dialog.fields, "What callers are asked for, in this order; a field that is left out is not asked for.";
    Dialog "conference_id_min_digits": DigitCount => dialog.conference_id.min_digits, "A conference ID of fewer digits is unknown.";
    Dialog "conference_id_max_digits": DigitCount => dialog.conference_id.max_digits, "A conference ID of more digits is unknown.";
    Dialog "conference_id_exact_digits": ExactDigits => dialog.conference_id.exact_digits, "So many digits end a conference ID by themselves; none for a key or time.";
    Dialog "confirm_conference_id": bool => dialog.confirm_conference_id, "Whether the conference ID is read back, and looked up once 1 confirms it; 2 asks for it again.";
    Dialog "conference_id_terminator": Terminator => dialog.conference_id.terminator, "The key that ends a conference ID.";
    Dialog "conference_id_timeout": TimeLimit => dialog.conference_id.timeout, "The timeout for the first key of the conference ID; 0s for that of first_digit_timeout.";
    Dialog "passcode_tries": Tries => dialog.passcode.tries, "How many times a call is asked for the meeting's passcode; an entry without keys counts.";
    Dialog "passcode_terminator": Terminator => dialog.passcode.terminator, "The key that ends a passcode.";
    Dialog "passcode_timeout": TimeLimit => dialog.passcode.timeout, "The timeout for the first key of the passcode; 0s for that of first_digit_timeout.";
    Dialog "passcode_exact_digits": ExactDigits => dialog.passcode.exact_digits, "So many digits end a passcode by themselves; none for a key or time.";
    Dialog "one_prompt": bool => dialog.one_prompt, "Whether the passcode and the organizer's PIN are asked for by one prompt, and nobody is asked whether they are the organizer.";
    Dialog "passcode_skipped_by_pin": bool => dialog.passcode_skipped_by_pin, "Whether the organizer's PIN at that one prompt is as good as the passcode.";
    Dialog "pin_exact_digits": ExactDigits => dialog.pin.exact_digits, "So many digits end a PIN by themselves; none for a key or time.";
    Dialog "pin_terminator": Terminator => dialog.pin.terminator, "The key that ends a PIN.";
    Dialog "pin_timeout": TimeLimit => dialog.pin.timeout, "The timeout for the first key of the PIN; 0s for that of first_digit_timeout.";
    Meeting "lobby_time_limit": TimeLimit => meeting.lobby_time_limit, "The longest wait in the lobby; 0s \
                                                                        for no limit.";
    Meeting "still_waiting_every": TimeLimit => meeting.still_waiting_every, "How long a caller in the lobby hears music before still-waiting is played, again and again; 0s for never.";
    Meeting "capacity": u32 => meeting.capacity, "How many phones the lobby and meeting may hold together.";
    Meeting "grace_after_last_authenticated": TimeLimit => meeting.grace_after_last_authenticated, "How long anonymous callers may stay after the last authenticated participant leaves; 0s for no limit.";
    Meeting "grace_applies": GraceApplies => meeting.grace_applies, "In which meetings that ends them.";
    Meeting "max_length_unauthenticated": TimeLimit => meeting.max_length_unauthenticated, "The longest \
                                                                                            meeting in \
                                                                                            which nobody \
                                                                                            authenticates; \
                                                                                            0s for no limit.";
    Meeting "max_length": TimeLimit => meeting.max_length, "The longest time of any other meeting; 0s for no limit.";
    Meeting "max_length_counts_from": MaxLengthCountsFrom => meeting.max_length_counts_from, "The moment from which max_length counts.";
    Meeting "ending_soon_before": Duration => meeting.ending_soon_before, "How long before its end a \
                                                                           meeting is warned.";
    Meeting "music_policy": MusicPolicy => meeting.music_policy, "Where hold music starts for each caller.";
    Meeting "release_on_start": bool => meeting.release_on_start, "Whether starting the meeting releases \
                                                                   the lobby.";
    Meeting "phone_callers_bypass_lobby": bool => meeting.phone_callers_bypass_lobby, "Whether phone \
                                                                                       callers join a \
                                                                                       running meeting \
                                                                                       directly, instead \
                                                                                       of waiting in the \
                                                                                       lobby to be admitted.";
    Meeting "locked_newcomers": LockedNewcomers => meeting.locked_newcomers, "What happens to callers of a \
                                                                              locked meeting.";
    Meeting "after_organizer_leaves": AfterOrganizerLeaves => meeting.after_organizer_leaves, "What becomes of the others when the last participant who may start the meeting leaves.";
    Meeting "end_after": TimeLimit => meeting.end_after, "How long after that the meeting ends, with after_organizer_leaves: end; 0s for at once.";
    Meeting "organizer_leaves_when": OrganizerLeavesWhen => meeting.organizer_leaves_when, "Whether the meeting ends for the last who may start it or for any, with after_organizer_leaves: end.";
    Meeting "start_needs_participants": u32 => meeting.start_needs_participants, "How many must be there, the one who starts it included, for the meeting to start.";
    Meeting "auto_lock_after": TimeLimit => meeting.auto_lock_after, "How long after its start the meeting locks itself; 0s for never.";
    Meeting "mute_on_entry": MuteOnEntry => meeting.mute_on_entry, "Who is muted on joining; organizers never are.";
    Meeting "mute_mode": MuteMode => meeting.mute_mode, "Whether participants may talk when the meeting starts, and unmute themselves if not.";
    Meeting "mute_all_means": MuteAllMeans => meeting.mute_all_means, "Whether participants may unmute themselves after the organizer has muted all.";
    Meeting "mute_raises_hand": bool => meeting.mute_raises_hand, "Whether somebody who may not unmute raises a hand by trying.";
    Meeting "announce_to": AnnounceTo => meeting.announce_to, "Who hears of arrivals and departures; organizers and phones hear it in private.";
    Meeting "announce_until_app_joins": bool => meeting.announce_until_app_joins, "Whether arrivals and departures are announced no more once somebody has joined with the client app.";
    Meeting "announce_above": Threshold => meeting.announce_above, "In meetings of more participants tones replace the words of announcements; none for never.";
    Meeting "announced_digits": AnnouncedDigits => meeting.announced_digits, "How many of a number's last digits are read out, with names_or_numbers.";
    Meeting "announce_burst": Threshold => meeting.announce_burst, "Of more arrivals than that in ten seconds it is said once that several joined; none to announce each.";
    Meeting "joiner_hears_count": bool => meeting.joiner_hears_count, "Whether a newcomer hears how many are in the meeting.";
    Meeting "hears_own_tone": bool => meeting.hears_own_tone, "Whether a newcomer on the phone who is announced with a tone hears it too.";
    Meeting "recording_notice": RecordingNotice => meeting.recording_notice, "Who hears that the meeting is recorded, and that it is not any more.";
    Meeting "lobby_notice": LobbyNotice => meeting.lobby_notice, "How those who may admit are told that somebody waits in the lobby of the running meeting.";
    Meeting "lobby_notice_every": TimeLimit => meeting.lobby_notice_every, "At most one such notice in that time; 0s for one at once for everybody who comes.";
    Meeting "lobby_notice_when_locked": bool => meeting.lobby_notice_when_locked, "Whether they are told so of a locked meeting too.";
    Meeting "keys.help": CommandKey => meeting.keys.everybody.help, "The keys to hear the menu; none for no keys.";
    Meeting "keys.roll_call": CommandKey => meeting.keys.everybody.roll_call, "The keys for the roll call; none for no keys.";
    Meeting "keys.mute_all": CommandKey => meeting.keys.everybody.mute_all, "The keys with which the organizer mutes all others; none for no keys.";
    Meeting "keys.hand": CommandKey => meeting.keys.everybody.hand, "The keys to raise or lower one's hand; none for no keys.";
    Meeting "keys.mute": CommandKey => meeting.keys.everybody.mute, "The keys to mute or unmute oneself; none for no keys.";
    Meeting "keys.lock": CommandKey => meeting.keys.everybody.lock, "The keys with which the organizer locks or unlocks; none for no keys.";
    Meeting "keys.admit_all": CommandKey => meeting.keys.everybody.admit_all, "The keys with which the organizer admits the lobby; none for no keys.";
    Meeting "keys.announcements": CommandKey => meeting.keys.everybody.announcements, "The keys with which the organizer turns announcements on or off; none for no keys.";
    Meeting "keys.end": CommandKey => meeting.keys.everybody.end, "The keys with which the organizer ends the meeting; none for no keys.";
    Meeting "keys.remove_last": CommandKey => meeting.keys.everybody.remove_last, "The keys with which the organizer removes the participant who joined last; none for no keys.";
    Meeting "keys.lobby_count": CommandKey => meeting.keys.everybody.lobby_count, "The keys with which the organizer hears how many wait in the lobby; none for no keys.";
    Meeting "keys.admit_next": CommandKey => meeting.keys.everybody.admit_next, "The keys with which the organizer is asked whether to admit whoever has waited longest; none for no keys.";
    Meeting "keys.deny_next": CommandKey => meeting.keys.everybody.deny_next, "The keys with which the organizer is asked the same, to deny; none for no keys.";
    Meeting "keys.record": CommandKey => meeting.keys.everybody.record, "The keys with which the organizer starts or stops the recording; none for no keys.";
    Meeting "keys.hang_up": CommandKey => meeting.keys.everybody.hang_up, "The keys to leave the meeting; none for no keys.";
    Meeting "organizer_keys.help": CommandKey => meeting.keys.organizers.help, "Keys of the organizer only, beside those of `keys.help`.";
    Meeting "organizer_keys.roll_call": CommandKey => meeting.keys.organizers.roll_call, "Keys of the organizer only, beside those of `keys.roll_call`.";
    Meeting "organizer_keys.mute_all": CommandKey => meeting.keys.organizers.mute_all, "Keys of the organizer only, beside those of `keys.mute_all`.";
    Meeting "organizer_keys.hand": CommandKey => meeting.keys.organizers.hand, "Keys of the organizer only, beside those of `keys.hand`.";
    Meeting "organizer_keys.mute": CommandKey => meeting.keys.organizers.mute, "Keys of the organizer only, beside those of `keys.mute`.";
    Meeting "organizer_keys.lock": CommandKey => meeting.keys.organizers.lock, "Keys of the organizer only, beside those of `keys.lock`.";
    Meeting "organizer_keys.admit_all": CommandKey => meeting.keys.organizers.admit_all, "Keys of the organizer only, beside those of `keys.admit_all`.";
    Meeting "organizer_keys.announcements": CommandKey => meeting.keys.organizers.announcements, "Keys of the organizer only, beside those of `keys.announcements`.";
    Meeting "organizer_keys.end": CommandKey => meeting.keys.organizers.end, "Keys of the organizer only, beside those of `keys.end`.";
    Meeting "organizer_keys.remove_last": CommandKey => meeting.keys.organizers.remove_last, "Keys of the organizer only, beside those of `keys.remove_last`.";
    Meeting "organizer_keys.lobby_count": CommandKey => meeting.keys.organizers.lobby_count, "Keys of the organizer only, beside those of `keys.lobby_count`.";
    Meeting "organizer_keys.admit_next": CommandKey => meeting.keys.organizers.admit_next, "Keys of the organizer only, beside those of `keys.admit_next`.";
    Meeting "organizer_keys.deny_next": CommandKey => meeting.keys.organizers.deny_next, "Keys of the organizer only, beside those of `keys.deny_next`.";
    Meeting "organizer_keys.record": CommandKey => meeting.keys.organizers.record, "Keys of the organizer only, beside those of `keys.record`.";
    Meeting "organizer_keys.hang_up": CommandKey => meeting.keys.organizers.hang_up, "Keys of the organizer only, beside those of `keys.hang_up`.";
    Lockout "pin_rules": PinRules => lockout.pin_rules, "The patterns that no new PIN follows, separated by commas: repetition (77777, 225577), sequences (991234), own_numbers (a part of the user's telephone number or conference ID); none for any PIN.";
    Lockout "window": Duration => lockout.window, "The window in which wrong PINs are counted.";
    Lockout "lock": Duration => lockout.lock, "How long PIN entry is locked.";
    Lockout "limits.4": LockoutLimit => lockout.limits_4, "Wrong PINs of four digits before lockout: \
                                                           within the window / in total.";
    Lockout "limits.5": LockoutLimit => lockout.limits_5, "Wrong PINs of five digits before lockout: \
                                                           within the window / in total.";
    Lockout "limits.6": LockoutLimit => lockout.limits_6, "Wrong PINs of six or more digits before \
                                                           lockout: within the window / in total.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_takes_the_value_that_it_shows() {
        for setting in Policy::SETTINGS {
            let mut policy = Policy::default();
            let value = policy.show(setting.name).unwrap();
            assert_eq!(policy.set(setting.name, &value), Ok(()), "{}", setting.name);
            assert_eq!(policy, Policy::default(), "{}", setting.name);
        }
    }

    /// A value that the setting takes and does not have by default.
    fn another(setting: &SettingInfo) -> &'static str {
        match setting.takes {
            Takes::Flag if Policy::default().show(setting.name).as_deref() == Some("true") => "false",
            Takes::Flag => "true",
            Takes::Duration => "7s",
            Takes::Count(..) => "7",
            Takes::Word(words) => {
                let default = Policy::default().show(setting.name);
                words.iter().rev().find(|word| default.as_deref() != Some(word)).unwrap()
            }
            Takes::Text => "Fabrikam",
            Takes::Limits => "7/70",
            Takes::Key => "0",
            Takes::Form { example, .. } => example,
        }
    }

    #[test]
    fn a_setting_changes_no_other() {
        for setting in Policy::SETTINGS {
            let (mut policy, before) = (Policy::default(), Policy::default());
            policy.set(setting.name, another(setting)).unwrap();
            for other in Policy::SETTINGS.iter().filter(|other| other.name != setting.name) {
                assert_eq!(policy.show(other.name), before.show(other.name), "{}", setting.name);
            }
        }
    }

    #[test]
    fn every_setting_shows_the_value_that_it_was_given() {
        for setting in Policy::SETTINGS {
            let (mut policy, value) = (Policy::default(), another(setting));
            assert_eq!(policy.set(setting.name, value), Ok(()), "{}", setting.name);
            assert_eq!(policy.show(setting.name).as_deref(), Some(value), "{}", setting.name);
            assert_ne!(policy, Policy::default(), "{}", setting.name);
        }
    }

    #[test]
    fn a_value_that_a_setting_does_not_take_changes_nothing() {
        let mut policy = Policy::default();
        for (name, value, said) in [
            ("pin_length", "3", "`3` is not a whole number from 4 to 12"),
            ("pin_length", "13", "`13` is not a whole number from 4 to 12"),
            ("name_recording", "yes", "`yes` is neither true nor false"),
            ("max_length", "24", "24 has no unit: write 250ms, 2s or 1m30s"),
            ("music_policy", "loud", "`loud` is not one of from_zero, shared, resume, restart"),
            ("limits.4", "10", "`10` is not a pair of limits: write 10/100, within the window / in total"),
            (
                "keys.mute",
                "12345",
                "`12345` is not a key string: write 1 to 4 of 0-9 * # A-D, `6` for *6, `=6` for the key 6 alone, or `none`",
            ),
            (
                "keys.mute",
                "=66",
                "`=66` is not a key string: write 1 to 4 of 0-9 * # A-D, `6` for *6, `=6` for the key 6 alone, or `none`",
            ),
            ("colour", "red", "unknown setting `colour`"),
        ] {
            assert_eq!(policy.set(name, value).unwrap_err().to_string(), said);
        }
        assert_eq!(policy, Policy::default());
    }

    #[test]
    fn key_strings_are_shown_as_they_are_read() {
        let mut policy = Policy::default();
        for (written, shown) in [
            ("6", "6"),
            ("*6", "6"),
            ("=6", "=6"),
            ("#", "#"),
            ("*22", "*22"),
            ("99", "99"),
            ("*d", "*D"),
            ("none", "none"),
        ] {
            policy.set("keys.mute", written).unwrap();
            assert_eq!(policy.show("keys.mute").as_deref(), Some(shown));
        }
    }

    #[test]
    fn a_lobby_time_limit_of_nothing_is_none() {
        let mut policy = Policy::default();
        policy.set("lobby_time_limit", "0").unwrap();
        assert_eq!(policy.meeting.lobby_time_limit, TimeLimit(None));
    }
}
