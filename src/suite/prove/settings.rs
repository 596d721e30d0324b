//! Bridges that hold themselves to other settings than the scenario's.

use super::fault::Fault;

pub(super) const FAULTS: &[Fault] = &[
    Fault::set(
        "notifications cannot be turned off",
        "Arrivals and departures are announced whatever entry_exit_notifications says.",
        &[("entry_exit_notifications", "true")],
    ),
    Fault::set(
        "names are announced instead of tones",
        "Names are announced where entry_exit_announcements asks for a tone.",
        &[("entry_exit_announcements", "names")],
    ),
    Fault::set(
        "numbers are never read out",
        "Who has no name is announced as somebody, where entry_exit_announcements asks for the number.",
        &[("entry_exit_announcements", "names")],
    ),
    Fault::set(
        "tones tell of arrivals and departures alike",
        "Both are announced with a tone, whatever entry_exit_announcements says.",
        &[("entry_exit_announcements", "tone")],
    ),
    Fault::set(
        "everybody hears who joins",
        "Arrivals and departures are announced to all, whatever announce_to says.",
        &[("announce_to", "all")],
    ),
    Fault::set(
        "apps end no announcements",
        "Arrivals are announced after an app has joined, whatever announce_until_app_joins says.",
        &[("announce_until_app_joins", "false")],
    ),
    Fault::set(
        "an app ends the announcements",
        "Nobody is announced after an app has joined, whatever announce_until_app_joins says.",
        &[("announce_until_app_joins", "true")],
    ),
    Fault::set(
        "large meetings hear words",
        "Arrivals and departures are announced in words, whatever announce_above says.",
        &[("announce_above", "none")],
    ),
    Fault::set(
        "each of many is announced",
        "Arrivals are announced one by one, however many there are.",
        &[("announce_burst", "none")],
    ),
    Fault::set(
        "several are told of together",
        "Of two arrivals in ten seconds it is said that several joined, whatever announce_burst says.",
        &[("announce_burst", "1")],
    ),
    Fault::set(
        "newcomers do not hear their own tone",
        "A newcomer does not hear the tone that announces it, whatever hears_own_tone says.",
        &[("hears_own_tone", "false")],
    ),
    Fault::set(
        "newcomers hear no count",
        "Nobody hears on joining how many are there, whatever joiner_hears_count says.",
        &[("joiner_hears_count", "false")],
    ),
    Fault::set(
        "newcomers hear their own tone",
        "A newcomer hears the tone that announces it, whatever hears_own_tone says.",
        &[("hears_own_tone", "true")],
    ),
    Fault::set(
        "names are always recorded",
        "Callers are asked for their name although name_recording is off.",
        &[("name_recording", "true")],
    ),
    Fault::set(
        "conference ID tries are unlimited",
        "A call is asked for the conference ID nine times, whatever conference_id_tries says.",
        &[("conference_id_tries", "9")],
    ),
    Fault::set(
        "PIN tries are unlimited",
        "A call may give nine wrong PINs, whatever pin_tries says.",
        &[("pin_tries", "9")],
    ),
    Fault::set(
        "the last wrong PIN always leads to the lobby",
        "After the last wrong PIN the caller waits in the lobby although the call should end.",
        &[("after_last_pin", "lobby")],
    ),
    Fault::set(
        "the fields of the dialog are the default's",
        "Callers are asked for everything in the default's order, whatever fields says.",
        &[("fields", "conference_id, passcode, organizer, name")],
    ),
    Fault::set(
        "only the pound key ends an entry",
        "Every entry ends with #, whatever its terminator is.",
        &[
            ("conference_id_terminator", "pound"),
            ("passcode_terminator", "pound"),
            ("pin_terminator", "pound"),
        ],
    ),
    Fault::set(
        "only the star key ends an entry",
        "Every entry ends with *, whatever its terminator is.",
        &[("conference_id_terminator", "star"), ("passcode_terminator", "star"), ("pin_terminator", "star")],
    ),
    Fault::set(
        "nobody is blocked",
        "Every caller is answered, whatever blocked_callers says.",
        &[("blocked_callers", "none")],
    ),
    Fault::set(
        "no entry ends by its length",
        "Every entry waits for a key or for time, whatever its exact digits are.",
        &[
            ("conference_id_exact_digits", "none"),
            ("passcode_exact_digits", "none"),
            ("pin_exact_digits", "none"),
        ],
    ),
    Fault::set(
        "the conference ID is not confirmed",
        "Conference IDs are looked up at once, whatever confirm_conference_id says.",
        &[("confirm_conference_id", "false")],
    ),
    Fault::set(
        "new PINs follow Microsoft's rules",
        "New PINs avoid every pattern, whatever pin_rules says.",
        &[("pin_rules", "repetition, sequences, own_numbers")],
    ),
    Fault::set(
        "conference IDs have any length",
        "A conference ID of any length is looked up, whatever its least and its most digits are.",
        &[("conference_id_min_digits", "1"), ("conference_id_max_digits", "12")],
    ),
    Fault::set(
        "passcode tries are unlimited",
        "A call is asked for the passcode nine times, whatever passcode_tries says.",
        &[("passcode_tries", "9")],
    ),
    Fault::set(
        "the first digit of a passcode is waited for ten seconds",
        "The first digit of a passcode is waited for ten seconds, whatever passcode_timeout says.",
        &[("passcode_timeout", "10s")],
    ),
    Fault::set(
        "the organizer is asked for apart from the passcode",
        "There are two prompts for two codes, although there should be one.",
        &[("one_prompt", "false")],
    ),
    Fault::set(
        "keys must come fast",
        "The next key is waited for two seconds only.",
        &[("interdigit_timeout", "2s")],
    ),
    Fault::set(
        "entries without a pound key never end",
        "A caller who keys no # waits a minute before the entry counts.",
        &[("interdigit_timeout", "1m")],
    ),
    Fault::set(
        "the directory gets no time to think",
        "An answer of the directory that takes 5 ms is too late.",
        &[("directory_timeout", "5ms")],
    ),
    Fault::set(
        "the directory always gets three seconds",
        "An answer of the directory is waited for three seconds, whatever directory_timeout says.",
        &[("directory_timeout", "3s")],
    ),
    Fault::set(
        "the star is always waited for five seconds",
        "The star is waited for five seconds, whatever organizer_question_timeout says.",
        &[("organizer_question_timeout", "5s")],
    ),
    Fault::set(
        "a name may take ten seconds",
        "A name is recorded for ten seconds, whatever name_timeout says.",
        &[("name_timeout", "10s")],
    ),
    Fault::set(
        "the wait is never mentioned",
        "Callers in the lobby never hear that they must stay on the line.",
        &[("still_waiting_every", "0s")],
    ),
    Fault::set(
        "the lobby has no time limit",
        "Callers wait in the lobby for ever.",
        &[("lobby_time_limit", "0s")],
    ),
    Fault::set(
        "the lobby has a limit of its own",
        "Callers are sent away after 29 minutes, whatever lobby_time_limit says.",
        &[("lobby_time_limit", "29m")],
    ),
    Fault::set(
        "capacity is ignored",
        "More callers than capacity allows are let in.",
        &[("capacity", "1000")],
    ),
    Fault::set(
        "the grace is ignored",
        "The meeting goes on for 30 hours after the last authenticated participant has left.",
        &[("grace_after_last_authenticated", "30h")],
    ),
    Fault::set(
        "the grace is an hour",
        "The meeting ends an hour after the last authenticated participant has left, whatever the setting says.",
        &[("grace_after_last_authenticated", "1h")],
    ),
    Fault::set(
        "a meeting without an organizer has all day",
        "A meeting in which nobody authenticates lasts for 25 hours.",
        &[("max_length_unauthenticated", "25h")],
    ),
    Fault::set(
        "a meeting lasts for ever",
        "A meeting in which nothing changes does not end after a day.",
        &[("max_length", "48h")],
    ),
    Fault::set(
        "the grace ends every meeting",
        "A meeting that anybody may start ends when its organizer has been away for the grace.",
        &[("grace_applies", "always")],
    ),
    Fault::set(
        "the grace needs a meeting with a PIN",
        "A meeting that anybody may start goes on after the grace, whatever grace_applies says.",
        &[("grace_applies", "without_anonymous_start")],
    ),
    Fault::set(
        "every change gives the meeting another day",
        "Whoever joins or leaves moves the end of a meeting, whatever max_length_counts_from says.",
        &[("max_length_counts_from", "roster_change")],
    ),
    Fault::set(
        "the warning comes when it is too late",
        "The meeting is warned five seconds before its end.",
        &[("ending_soon_before", "5s")],
    ),
    Fault::set(
        "the start always releases the lobby",
        "Everybody is released although release_on_start is off.",
        &[("release_on_start", "true")],
    ),
    Fault::set(
        "keys cannot be reassigned",
        "The keys of the meeting are the default's, whatever the settings say.",
        &[
            ("keys.help", "1"),
            ("keys.roll_call", "3"),
            ("keys.mute_all", "4"),
            ("keys.hand", "5"),
            ("keys.mute", "6"),
            ("keys.lock", "7"),
            ("keys.admit_all", "8"),
            ("keys.announcements", "9"),
        ],
    ),
    Fault::set(
        "commands do not wait for longer ones",
        "Keys that begin a longer command give the short one at once.",
        &[("command_timeout", "1ms")],
    ),
    Fault::set(
        "commands wait for longer ones for a minute",
        "A command that begins a longer one is given a minute late.",
        &[("command_timeout", "1m")],
    ),
    Fault::set(
        "the organizer has no keys of their own",
        "Keys that only the organizer may press do nothing.",
        &[
            ("organizer_keys.mute_all", "none"),
            ("organizer_keys.lock", "none"),
            ("organizer_keys.admit_all", "none"),
            ("organizer_keys.announcements", "none"),
        ],
    ),
    Fault::set(
        "wrong PINs never lock",
        "PIN entry is never locked: the lockout is ignored.",
        &[("limits.4", "900/100000"), ("limits.5", "900/100000"), ("limits.6", "900/100000")],
    ),
    Fault::set(
        "the ninth wrong PIN locks",
        "PIN entry locks before the limit is reached.",
        &[("limits.4", "9/100"), ("limits.5", "9/100"), ("limits.6", "9/100")],
    ),
    Fault::set(
        "the second wrong PIN locks",
        "PIN entry locks after two wrong PINs.",
        &[("limits.4", "2/100"), ("limits.5", "2/100"), ("limits.6", "2/100")],
    ),
    Fault::set(
        "PIN entry locks one wrong PIN too late",
        "One wrong PIN more than the limit is allowed.",
        &[("limits.4", "11/100"), ("limits.5", "26/1000"), ("limits.6", "26/5000")],
    ),
    Fault::set(
        "a lock has no end",
        "A locked PIN entry does not open again after its time.",
        &[("lock", "240h")],
    ),
    Fault::set("a lock is over at once", "A locked PIN entry opens again after a second.", &[("lock", "1s")]),
    Fault::set(
        "the window never forgets",
        "Wrong PINs of long ago are still counted.",
        &[("window", "240h")],
    ),
    Fault::set("the window forgets at once", "Wrong PINs are forgotten after a second.", &[("window", "1s")]),
    Fault::set(
        "no total is kept",
        "Wrong PINs in total never lock PIN entry for good.",
        &[("limits.4", "3/100000"), ("limits.5", "3/100000"), ("limits.6", "3/100000")],
    ),
    Fault::set(
        "former participants never wait again",
        "Participants stay in the meeting when its organizer leaves, although they should wait again.",
        &[("after_organizer_leaves", "stay")],
    ),
    Fault::set(
        "all wait again when the organizer leaves",
        "Participants are sent back to the lobby when the organizer leaves, although they may stay.",
        &[("after_organizer_leaves", "lobby")],
    ),
    Fault::set(
        "the meeting goes on without its organizer",
        "Participants stay in the meeting when its organizer leaves, although it should end.",
        &[("after_organizer_leaves", "stay")],
    ),
    Fault::set(
        "the meeting ends as soon as its organizer leaves",
        "A meeting ends at once when its organizer leaves, whatever end_after says.",
        &[("end_after", "0s")],
    ),
    Fault::set(
        "only the last organizer ends the meeting",
        "A meeting goes on while anybody is there who may start it, whatever organizer_leaves_when says.",
        &[("organizer_leaves_when", "last")],
    ),
    Fault::set(
        "any organizer ends the meeting",
        "A meeting ends although somebody is there who may start it.",
        &[("organizer_leaves_when", "any")],
    ),
    Fault::set(
        "one participant is enough for a start",
        "A meeting starts with one participant, whatever start_needs_participants says.",
        &[("start_needs_participants", "1")],
    ),
    Fault::set(
        "meetings never lock themselves",
        "A meeting stays open, whatever auto_lock_after says.",
        &[("auto_lock_after", "0s")],
    ),
    Fault::set(
        "nobody hears of the recording",
        "Participants are not told that the meeting is recorded, whatever recording_notice says.",
        &[("recording_notice", "none")],
    ),
    Fault::set(
        "everybody hears of the recording",
        "The whole meeting is told that it is recorded, whatever recording_notice says.",
        &[("recording_notice", "all")],
    ),
    Fault::set(
        "nobody is told who waits",
        "Organizers are not told of callers in the lobby, whatever lobby_notice says.",
        &[("lobby_notice", "none")],
    ),
    Fault::set(
        "a notice for each who waits",
        "Organizers are told of every caller in the lobby in words, whatever lobby_notice and lobby_notice_every say.",
        &[("lobby_notice", "words"), ("lobby_notice_every", "0s")],
    ),
    Fault::set(
        "organizers of locked meetings are told who waits",
        "Callers in the lobby of a locked meeting are told of, whatever lobby_notice_when_locked says.",
        &[("lobby_notice_when_locked", "true")],
    ),
    Fault::set(
        "the question whom to admit is put once",
        "An organizer who does not answer at once is not asked again.",
        &[("admission_timeout", "1h")],
    ),
    Fault::set(
        "nobody is muted on joining",
        "Participants may talk as soon as they join, whatever mute_on_entry says.",
        &[("mute_on_entry", "none")],
    ),
    Fault::set(
        "every meeting begins with talk",
        "Participants are not muted when the meeting starts, whatever mute_mode says.",
        &[("mute_mode", "talk")],
    ),
    Fault::set(
        "everybody may unmute themselves",
        "Participants unmute themselves in a lecture.",
        &[("mute_all_means", "may_unmute"), ("mute_mode", "may_unmute")],
    ),
    Fault::set(
        "trying to unmute raises every hand",
        "Somebody who may not unmute raises a hand by trying, whatever mute_raises_hand says.",
        &[("mute_raises_hand", "true")],
    ),
    Fault::set(
        "phone callers bypass every lobby",
        "Phone callers go straight into a meeting whose lobby should keep them.",
        &[("phone_callers_bypass_lobby", "true")],
    ),
    Fault::set(
        "nobody is asked in a running meeting",
        "Callers of a running meeting are not asked for the PIN where everybody should be.",
        &[("asks_for_organizer", "until_started")],
    ),
    Fault::set(
        "every meeting has 250 places",
        "A meeting without a limit holds 250 callers.",
        &[("capacity", "250")],
    ),
    Fault::set(
        "a locked meeting turns nobody away",
        "Callers of a locked meeting wait where they should be turned away.",
        &[("locked_newcomers", "wait")],
    ),
    Fault::set(
        "all hear the same moment of the music",
        "All waiting callers hear the same position in the music, whatever music_policy says.",
        &[("music_policy", "shared")],
    ),
    Fault::set(
        "music always starts at its beginning",
        "The music starts at its beginning each time, whatever music_policy says.",
        &[("music_policy", "from_zero")],
    ),
    Fault::set(
        "every PIN has five digits",
        "New PINs have five digits, whatever pin_length says.",
        &[("pin_length", "5")],
    ),
    Fault::set(
        "nobody starts without a PIN by default",
        "Newly enabled users may not let anybody start, whatever the tenant's default says.",
        &[("allow_anonymous_start_by_default", "false")],
    ),
];
