//! Behaviour profiles: other bridges, written down as the settings in which they differ from the default, each
//! with the page or the source file that says so.

use super::Policy;

/// A behaviour profile: a name and the settings in which it differs from the default.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Profile {
    /// Its name in `given.profile`.
    pub name: &'static str,
    /// The imitated system, in a few words.
    pub imitates: &'static str,
    /// The settings that differ from the defaults.
    pub differences: &'static [Difference],
    /// Passages of documents on which it rests, also where they contradict each other.
    pub quotes: &'static [Quote],
    /// Known differences to the imitated system that are not reproduced, for the reader of its page.
    pub left_out: &'static [&'static str],
}

/// A setting in which a profile differs from the default, and where that is published.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The setting's name.
    pub setting: &'static str,
    /// Its value.
    pub value: &'static str,
    /// The page or the source file.
    pub source: &'static str,
}

/// A passage of a document, and what is made of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quote {
    /// The words.
    pub words: &'static str,
    /// The page or the source file.
    pub source: &'static str,
    /// What follows for the profile.
    pub here: &'static str,
}

const fn quote(words: &'static str, source: &'static str, here: &'static str) -> Quote {
    Quote { words, source, here }
}

const fn set(setting: &'static str, value: &'static str, source: &'static str) -> Difference {
    Difference { setting, value, source }
}

/// For bridges without a limit: the largest capacity that can be set.
const NO_LIMIT: &str = "1000000";

/// The questions and answers about Skype for Business Online, in its edition of January 2018.
const FAQ_2018: &str = "\"Audio Conferencing common questions\", 22 January 2018, \
    MicrosoftDocs/OfficeDocs-SkypeForBusiness, Skype/SfbOnline";

/// Those about Teams, of 2022; its table of keys is quoted in issue 7486 of its repository, of July 2021.
const FAQ_TEAMS: &str = "\"Audio Conferencing common questions\", 2022, \
    MicrosoftDocs/OfficeDocs-SkypeForBusiness, Teams; the same table in its issue 7486, July 2021";

const TEAMS_LOBBY: &str = "\"Control who can bypass the meeting lobby\", 19 May 2023, \
    MicrosoftDocs/OfficeDocs-SkypeForBusiness, Teams/who-can-bypass-meeting-lobby.md";

const TEAMS_PIN: &str = "\"Reset the Audio Conferencing PIN in Microsoft Teams\", \
    learn.microsoft.com/microsoftteams/reset-the-audio-conferencing-pin-in-teams";

macro_rules! confbridge {
    ($what:literal) => {
        concat!($what, ", \"ConfBridge Configuration\", asterisk/documentation, ConfBridge-Configuration.md")
    };
}

macro_rules! mod_conference {
    ($what:literal) => {
        concat!($what, ", mod_conference.c of signalwire/freeswitch")
    };
}

macro_rules! bbb {
    ($what:literal) => {
        concat!($what, ", \"Add a phone number to the conference bridge\", docs.bigbluebutton.org/administration/customize")
    };
}

macro_rules! kazoo {
    ($what:literal) => {
        concat!($what, ", conf_discovery_req.erl of 2600hz/kazoo")
    };
}

macro_rules! kazoo_page {
    ($what:literal) => {
        concat!($what, ", applications/crossbar/doc/conference.md of 2600hz/kazoo")
    };
}

macro_rules! daily {
    ($what:literal) => {
        concat!(
            $what,
            ", \"PSTN dial-in with a PIN code\", docs.daily.co/docs/guides/features/dial-in-dial-out/pstn-pin-dialin"
        )
    };
}

impl Profile {
    /// Every profile by name. The first is the default.
    pub const ALL: [Self; 8] = [
        Self {
            name: "sfbo-2017",
            imitates: "Skype for Business Online, late 2017",
            differences: &[],
            quotes: &[
                quote(
                    "What in-meeting dial-pad commands are supported? *6 (Mute/unmute themselves), *1 (Plays the \
                     descriptions of dial-pad commands that are available)",
                    FAQ_2018,
                    "these two keys are documented for the service; *3, *4, *7, *8 and *9 are defaults of the \
                     on-premises server, and *5 is Teams'. That they work here is ours",
                ),
                quote(
                    "Once the organizer starts it by inputting his or her Audio Conferencing PIN, all participants in \
                     the lobby will automatically join the meeting.",
                    FAQ_2018,
                    "release_on_start",
                ),
                quote(
                    "Users have joined using the Teams app or have dialed in to the meeting. The meeting ends if there are no \
                     changes to the attendee list after 24 hours. […] All of the users are dialed in to the meeting but \
                     someone has used a PIN to enter the meeting. The meeting ends after 24 hours.",
                    FAQ_TEAMS,
                    "max_length_counts_from: with phones only the 24 hours count from the start; the edition of 2018 \
                     has both rows too",
                ),
                quote(
                    "If anonymous users are allowed to start meetings, the meeting ends after four hours. If anonymous \
                     users aren't allowed to start meetings and all authenticated participants have left the meeting, \
                     the meeting ends 90 minutes after the last authenticated participant left.",
                    FAQ_TEAMS,
                    "grace_applies; the edition of 2018 has the four hours alone",
                ),
            ],
            left_out: &[],
        },
        Self {
            name: "lync-onprem",
            imitates: "Lync and Skype for Business Server: holding pen and lobby are separate",
            differences: &[set(
                "entry_exit_notifications",
                "false",
                "EntryExitAnnouncementsEnabledByDefault, \"Manage conference join and leave announcements \
                 in Skype \
                 for Business Server\", learn.microsoft.com/skypeforbusiness/manage/conferencing/\
                 join-and-leave-announcements",
            )],
            quotes: &[],
            left_out: &[
                "phone_callers_bypass_lobby stays true, as Get-CsMeetingConfiguration shows \
                 PstnCallersBypassLobby; \
                 set to false, callers go from the holding pen to the lobby when the meeting starts",
                "a server asks for a telephone number or an extension in addition to the PIN",
            ],
        },
        Self {
            name: "teams-2021",
            imitates: "Teams: callers stay in the lobby until admitted",
            differences: &[
                set(
                    "phone_callers_bypass_lobby",
                    "false",
                    "AllowPSTNUsersToBypassLobby is False since MC209349, \
                     office365itpros.com/2020/04/23/teams-default-meeting-policy-updated",
                ),
                set("keys.roll_call", "none", FAQ_TEAMS),
                set("keys.mute_all", "*22", FAQ_TEAMS),
                set("keys.lock", "none", FAQ_TEAMS),
                set("keys.admit_all", "*21", FAQ_TEAMS),
                set("keys.announcements", "*23", FAQ_TEAMS),
            ],
            quotes: &[
                quote(
                    "For meeting participants and organizers: Command menu *1, Raise/lower hand *5, Mute/unmute *6. For meeting \
                     organizers only: Admit all *21, Mute all *22, Toggle Enter/Exit Announcement *23.",
                    FAQ_TEAMS,
                    "the keys; earlier versions of this profile had no key to admit and the server's other keys",
                ),
                quote(
                    "anonymous participants and dial-in users wait in the lobby until a verified participant \
                     (including a dial-in organizer) joins the meeting, at which point they're automatically admitted.",
                    TEAMS_LOBBY,
                    "contradicts the next; holds here with phone_callers_bypass_lobby: true",
                ),
                quote(
                    "users who join over the phone are placed in the lobby. These users listen to music on hold until \
                     the organizer admits them.",
                    TEAMS_PIN,
                    "holds here with phone_callers_bypass_lobby: false, the default of Teams and of this profile",
                ),
                quote(
                    "the participants will join the meeting according to the value of the automatically admit people \
                     setting in the organizer's meeting policy.",
                    FAQ_TEAMS,
                    "read together, the three agree: the setting decides",
                ),
                quote(
                    "This setting only applies when Who can bypass the lobby is set to Everyone.",
                    TEAMS_LOBBY,
                    "of anonymous start; not imitated, there is no such setting here",
                ),
            ],
            left_out: &[
                "what a caller hears in a Teams lobby is not published: lobby-wait is ours",
                "co-organizers and presenters, who may admit too (\"Control who can bypass the meeting lobby\")",
            ],
        },
        Self {
            name: "confbridge",
            imitates: "Asterisk ConfBridge: waiting callers return to the lobby",
            differences: &[
                set(
                    "after_organizer_leaves",
                    "lobby",
                    "WAITMARKED in \"Confbridge state changes\", asterisk/documentation, \
                     Confbridge-state-changes.md",
                ),
                set("locked_newcomers", "refused", confbridge!("sound_locked")),
                set("asks_for_organizer", "always", confbridge!("pin, asked for before joining")),
                set("name_recording", "false", confbridge!("announce_join_leave, no by default")),
                set("entry_exit_announcements", "tone", confbridge!("sound_join and sound_leave")),
                set("capacity", NO_LIMIT, confbridge!("max_members, without limit by default")),
                set("lobby_time_limit", "0s", confbridge!("no option limits it")),
                set("grace_after_last_authenticated", "0s", confbridge!("no option limits it")),
                set("max_length_unauthenticated", "0s", confbridge!("no option limits it")),
                set("max_length", "0s", confbridge!("no option limits it")),
            ],
            quotes: &[],
            left_out: &[
                "the PIN makes a caller both marked and admin, which ConfBridge keeps apart",
                "waiting callers hear music, as with music_on_hold_when_empty=yes; ConfBridge's default is silence",
                "end_marked and end_marked_any are options of users that are off by default: here \
                 after_organizer_leaves: end with organizer_leaves_when: last or any stands for them",
                "the keys are the default's: a ConfBridge menu is whatever its administrator writes",
            ],
        },
        Self {
            name: "freeswitch",
            imitates: "FreeSWITCH: the wait flag is never set again",
            differences: &[
                set(
                    "grace_after_last_authenticated",
                    "0s",
                    "CFLAG_WAIT_MOD, cleared by the first moderator and set by nobody afterwards, \
                     conference_member.c of signalwire/freeswitch",
                ),
                set("locked_newcomers", "refused", mod_conference!("CFLAG_LOCKED and locked-sound")),
                set(
                    "asks_for_organizer",
                    "always",
                    mod_conference!("pin and moderator-pin, asked for before joining"),
                ),
                set("name_recording", "false", mod_conference!("no name is asked for")),
                set(
                    "entry_exit_announcements",
                    "tone",
                    "enter-sound and exit-sound, mod_conference/conf/autoload_configs/conference.conf.xml of \
                     signalwire/freeswitch",
                ),
                set(
                    "music_policy",
                    "restart",
                    "conference_file_stop in conference_member_add, unless \
                     conference_permanent_wait_mod_moh, \
                     conference_member.c of signalwire/freeswitch",
                ),
                set("capacity", NO_LIMIT, mod_conference!("max-members, without limit by default")),
                set("lobby_time_limit", "0s", mod_conference!("nothing limits it")),
                set("max_length_unauthenticated", "0s", mod_conference!("nothing limits it")),
                set("max_length", "0s", mod_conference!("nothing limits it")),
                set(
                    "end_after",
                    "2m",
                    "endconf-grace-time, 120 where conference.conf.xml of signalwire/freeswitch shows it; counts with \
                     after_organizer_leaves: end, for members with the flag endconf",
                ),
            ],
            quotes: &[],
            left_out: &[
                "a locked conference refuses its moderator too; here the PIN opens it",
                "organizer-left and organizer-has-left are the default's: mod_conference has no such announcement",
                "the flag endconf is a member's: here after_organizer_leaves: end stands for it, for all",
                "the keys are the default's: mod_conference's have no star before them",
            ],
        },
        Self {
            name: "bbb",
            imitates: "BigBlueButton: five digits lead to the audio conference, and nothing else is asked for",
            differences: &[
                set("fields", "conference_id", bbb!("one play_and_get_digits, then the conference")),
                set("conference_id_min_digits", "5", bbb!("play_and_get_digits 5 5 3 7000")),
                set("conference_id_max_digits", "5", bbb!("play_and_get_digits 5 5 3 7000")),
                set("conference_id_exact_digits", "5", bbb!("play_and_get_digits 5 5 3 7000")),
                set("first_digit_timeout", "7s", bbb!("play_and_get_digits 5 5 3 7000")),
            ],
            quotes: &[],
            left_out: &[
                "a number that is unknown and a meeting that does not run are one there: a call is refused for both",
                "callers join muted there, and no key is known to do anything: ours are the default's",
                "the time from one digit to the next is the default's",
            ],
        },
        Self {
            name: "kazoo",
            imitates: "2600Hz Kazoo: one prompt takes the code of a member or of a moderator",
            differences: &[
                set("fields", "conference_id, passcode", kazoo!("maybe_collect_conference_pin")),
                set(
                    "one_prompt",
                    "true",
                    kazoo!("validate_conference_pin: member_pins first, then moderator_pins"),
                ),
                set(
                    "first_digit_timeout",
                    "5s",
                    "b_prompt_and_collect_digits, kapps_call_command.erl of 2600hz/kazoo: 5 s",
                ),
                set("entry_exit_announcements", "tone", kazoo_page!("play_entry_tone and play_exit_tone")),
                set("capacity", NO_LIMIT, kazoo!("max_participants, without limit by default")),
            ],
            quotes: &[],
            left_out: &[
                "numbers and codes have 1 to 16 digits there, here at most 12, and codes at least 4",
                "a conference starts with its first caller there; here only where anonymous start is allowed",
                "members join muted there (member.join_muted)",
                "where there is a moderator's code alone, members give an empty entry there",
            ],
        },
        Self {
            name: "daily",
            imitates: "Daily: an 11-digit code for each room, music until somebody is there",
            differences: &[
                set("fields", "conference_id", daily!("a room-specific PIN code, and nothing else")),
                set("conference_id_min_digits", "11", daily!("dialin_code of 11 digits")),
                set("conference_id_max_digits", "11", daily!("dialin_code of 11 digits")),
                set(
                    "capacity",
                    "5",
                    "max_sip_pstn_sessions_per_room = 5, docs.daily.co/docs/guides/features/dial-in-dial-out",
                ),
            ],
            quotes: &[],
            left_out: &[
                "with wait_for_meeting_start off a caller to whom nobody has come is hung up there; here all wait",
                "one of the five places is kept for an organizer here",
                "what a caller hears is not published: the prompts are ours",
            ],
        },
    ];

    /// The profile with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.name == name)
    }

    /// The settings of this profile.
    ///
    /// # Panics
    /// Never: a test sets them all.
    #[must_use]
    pub fn policy(&self) -> Policy {
        let mut policy = Policy::default();
        for difference in self.differences {
            policy
                .set(difference.setting, difference.value)
                .expect("a profile names settings that exist, with values they take: a test sets them all");
        }
        policy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_found_by_its_name() {
        for profile in Profile::ALL {
            assert_eq!(Profile::named(profile.name), Some(profile));
        }
        assert_eq!(Profile::named("lync"), None);
    }

    #[test]
    fn profiles_differ_exactly_in_their_listed_settings() {
        for profile in Profile::ALL {
            let (policy, default) = (profile.policy(), Policy::default());
            let differing = Policy::SETTINGS
                .iter()
                .filter(|setting| policy.show(setting.name) != default.show(setting.name))
                .count();
            assert_eq!(differing, profile.differences.len(), "{}", profile.name);
        }
        assert_eq!(Profile::ALL[0].policy(), Policy::default());
    }
}
