//! The command `attendant cmdlet`, as somebody at a shell meets it.

use super::super::stage::{Ended, Stage};

const AMOS: &str = "amos.marble@contoso.com";

/// Carries out a cmdlet, which comes as one argument.
fn cmdlet(stage: &Stage, text: &str, options: &str) -> Ended {
    stage.attendant_words(&["cmdlet", text], &format!("--directory d/users.db {options}"))
}

#[track_caller]
fn does(stage: &Stage, text: &str) -> Ended {
    let ended = cmdlet(stage, text, "");
    assert_eq!(ended.code, 0, "{text}: {ended:?}");
    ended
}

/// What stands behind a property's name in a list.
#[track_caller]
fn property<'e>(ended: &'e Ended, name: &str) -> &'e str {
    let line = ended.out.lines().find(|line| line.starts_with(name));
    let line = line.unwrap_or_else(|| panic!("no {name} in {ended:?}"));
    line.split_once(':').unwrap().1.trim()
}

#[test]
fn the_new_pin_is_shown_once_and_stars_afterwards() {
    let stage = Stage::with(&[]);
    let enabled =
        does(&stage, &format!("Enable-CsOnlineDialInConferencingUser {AMOS} -ConferenceId 3141592"));
    let reset = does(&stage, &format!("Set-CsOnlineDialInConferencingUser -id {AMOS} –ResetLeaderPIN"));
    let (old, new) = (property(&enabled, "LeaderPin"), property(&reset, "LeaderPin"));
    assert!(old.len() == 5 && new.len() == 5 && old != new, "{enabled:?} {reset:?}");
    assert_eq!(property(&reset, "ConferenceId"), "3141592");
    assert!(reset.err.contains(&format!("the mail to {AMOS} is in ")), "{}", reset.err);
    let shown = does(&stage, "Get-CsOnlineDialInConferencingUser");
    assert_eq!(property(&shown, "LeaderPin"), "*******");
    assert!(!shown.out.contains(new) && !shown.out.contains(old));
    let entries = stage.attendant("audit list --json --directory d/users.db").out;
    assert!(
        entries.contains("\"origin\":\"cmdlet\"") && entries.contains("\"act\":\"reset_pin\""),
        "{entries}"
    );
}

#[test]
fn one_mail_goes_elsewhere_if_the_cmdlet_says_so() {
    let stage = Stage::with(&[]);
    does(&stage, &format!("Enable-CsOnlineDialInConferencingUser {AMOS}"));
    let reset = does(
        &stage,
        &format!(
            "Set-CsOnlineDialInConferencingUser {AMOS} -ResetLeaderPin -SendEmail -SendEmailToAddress desk@contoso.com"
        ),
    );
    assert!(reset.err.contains("the mail to desk@contoso.com is in "), "{}", reset.err);
    let mails = stage.attendant("mail list --directory d/users.db").out;
    assert_eq!(mails.matches("desk@contoso.com").count(), 1, "{mails}");
}

#[test]
fn what_if_changes_nothing_and_confirm_wants_a_terminal() {
    let stage = Stage::with(&[]);
    does(&stage, &format!("Enable-CsOnlineDialInConferencingUser {AMOS}"));
    let before = stage.attendant("audit list --directory d/users.db").out;
    let reset = format!("Set-CsOnlineDialInConferencingUser {AMOS} -ResetLeaderPin");
    let what_if = does(&stage, &format!("{reset} -WhatIf"));
    assert_eq!(
        what_if.out,
        format!(
            "What if: Performing the operation \"Set-CsOnlineDialInConferencingUser\" on target \"{AMOS}\".\n"
        )
    );
    let confirm = cmdlet(&stage, &format!("{reset} -Confirm"), "");
    assert_eq!((confirm.code, confirm.out.as_str()), (2, ""));
    assert!(confirm.err.contains("use -Confirm:$false"), "{}", confirm.err);
    assert_eq!(stage.attendant("audit list --directory d/users.db").out, before);
}

#[test]
fn answers_are_lists_tables_and_json_lines() {
    let stage = Stage::with(&[]);
    for line in ["numbers add +14255550100", "numbers add +18005550199 --toll-free"] {
        assert_eq!(stage.attendant(&format!("{line} --directory d/users.db")).code, 0);
    }
    does(&stage, "Set-CsOnlineDialInConferencingServiceNumber 14255550100 -Primary de-de -Sec en-us, ja-JP");
    assert_eq!(
        does(&stage, "Get-CsOnlineDialInConferencingServiceNumber").out,
        "Number       Type     PrimaryLanguage SecondaryLanguages\n\
         ------       ----     --------------- ------------------\n\
         +14255550100 Toll     de-DE           {en-US, ja-JP}\n\
         +18005550199 TollFree en-US           {}\n"
    );
    does(&stage, "Set-CsOnlineDialInConferencingTenantSettings -PinLength 12 -EntryExit ToneOnly");
    let settings = does(&stage, "Get-CsOnlineDialInConferencingTenantSettings");
    assert_eq!(property(&settings, "EntryExitAnnouncementsType"), "ToneOnly");
    assert_eq!(property(&settings, "PinLength"), "12");
    for name in ["kim@contoso.com", "pat@contoso.com"] {
        does(&stage, &format!("Enable-CsOnlineDialInConferencingUser {name} -AllowPSTNOnlyMeetings $true"));
    }
    does(&stage, "Disable-CsOnlineDialInConferencingUser pat@contoso.com");
    let listed = cmdlet(&stage, "Get-CsOnlineDialInConferencingUser -ResultSize 5", "--json");
    assert_eq!(listed.out.lines().count(), 1, "only those who are enabled: {}", listed.out);
    assert!(
        listed.out.contains("\"name\":\"kim@contoso.com\"") && listed.out.contains("\"pin\":\"*******\"")
    );
    assert!(listed.out.contains("\"allow_anonymous_start\":true"), "{}", listed.out);
    does(&stage, "Lock-CsClientPin kim@contoso.com");
    let info = does(&stage, "Get-CsClientPinInfo kim@contoso.com");
    assert_eq!((property(&info, "IsPinSet"), property(&info, "IsLockedOut")), ("True", "True"));
}

#[test]
fn what_is_refused_is_told_in_the_words_of_cmdlets() {
    let stage = Stage::with(&[]);
    does(&stage, "Enable-CsOnlineDialInConferencingUser pat@contoso.com");
    does(&stage, "Disable-CsOnlineDialInConferencingUser pat@contoso.com");
    for (text, said) in [
        ("Get-CsOnlineDialInConferencingUser 'Ken Meyers'", "display names are not looked up"),
        (
            "Get-CsOnlineDialInConferencingUser kim@contoso.com",
            "`Enable-CsOnlineDialInConferencingUser kim@contoso.com` adds one",
        ),
        ("Get-CsOnlineDialInConferencingUser pat@contoso.com", "is not enabled for dial-in conferencing"),
        ("Set-CsOnlineDialInConferencingUser pat@contoso.com -ResetLeaderPin", "is not enabled for dial-in"),
        (
            "Set-CsOnlineDialInConferencingTenantSettings -SendEmailFromOverride $true",
            "needs both -SendEmailFromAddress and -SendEmailFromDisplayName",
        ),
        ("Get-CsOnlineDialInConferencingUser | Where { $_.X }", "`| Where` is a pipeline"),
    ] {
        let ended = cmdlet(&stage, text, "");
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{text}: {ended:?}");
        assert!(ended.err.starts_with("error: ") && ended.err.contains(said), "{text}: {}", ended.err);
    }
}
