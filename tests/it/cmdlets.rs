//! Cmdlets by PowerShell's rules: what each text is read as, what is told of those that are none, and that a command
//! that is written out reads as itself again.

mod any;
mod typed;

use attendant::admin::act::{
    Act, Change, ConferenceIdChange, Enable, Listing, MailRequest, Sender, UserName,
};
use attendant::admin::cmdlet::order::Deed;
use attendant::admin::cmdlet::{goes_on, read};
use attendant::control::call::{Digits, Language};
use attendant::store::search::Sought;

/// What a text asks for.
#[track_caller]
fn act(text: &str) -> Act {
    let order = read(text).unwrap_or_else(|fault| panic!("{text}: {fault}")).unwrap().order();
    match order.unwrap_or_else(|fault| panic!("{text}: {fault}")).deed {
        Deed::Act(act) => act,
        Deed::Tell(told) => panic!("{text}: {told}"),
    }
}

/// What is told of a text that is wrong.
#[track_caller]
fn fault(text: &str) -> String {
    let ordered = read(text).and_then(|command| command.expect("there is a cmdlet").order());
    ordered.expect_err(text).to_string()
}

fn amos() -> UserName {
    UserName("amos.marble@contoso.com".into())
}

fn change(edit: impl FnOnce(&mut Change)) -> Act {
    let mut change = Change::of(amos());
    edit(&mut change);
    Act::Change(change)
}

#[test]
fn names_are_taken_in_any_case_and_abbreviated() {
    let reset = change(|change| change.reset_pin = true);
    for text in [
        "Set-CsOnlineDialInConferencingUser -Identity amos.marble@contoso.com -ResetLeaderPin",
        "Set-CsOnlineDialInConferencingUser -id amos.marble@contoso.com -ResetLeaderPIN",
        "set-csonlinedialinconferencinguser amos.marble@contoso.com -resetl",
        "Set–CsOnlineDialInConferencingUser —id amos.marble@contoso.com –ResetLeaderPIN",
        "Set-CsOnlineDialInConferencingUser -ResetLeaderPin:$true -Identity:amos.marble@contoso.com",
        "Set-CsOnlineDialInConferencingUser -ResetLeaderPin: 1 'amos.marble@contoso.com' -Confirm:$FALSE",
        "Set-CsOnlineDialInConferencingUser \"amos.marble@contoso.com\" -ResetLeaderPin -ResetPasscode:$false",
        "Set-CsOnlineDialInConferencingUser sip:amos.marble@contoso.com -ResetLeaderPin # the old one is known",
        "\n Set-CsOnlineDialInConferencingUser `\n  amos.marble@contoso.com `\r\n -ResetLeaderPin `",
        "Set-CsOnlineDialInConferencingUser ‘amos.marble@contoso.com’ -ResetLeaderPin -DC atl-cs-001 -Force",
    ] {
        assert_eq!(act(text), reset, "{text}");
    }
}

#[test]
fn every_parameter_reaches_its_act() {
    let digits = |symbols: &str| Digits::from_symbols(symbols).unwrap();
    for (text, expected) in [
        (
            "Enable-CsOnlineDialInConferencingUser amos.marble@contoso.com -AllowPstnOnlyMeetings $true -Passcode \
             3659305 -ReplaceProvider -ServiceNumber 14255551234 -TollFree tel:+18005550199 -AllowTollFreeDialIn 0",
            Act::Enable(Enable {
                conference_id: Some(digits("3659305")),
                number: Some("+14255551234".into()),
                toll_free_number: Some("+18005550199".into()),
                allow_anonymous_start: Some(true),
                allow_toll_free: Some(false),
                ..Enable::of(amos())
            }),
        ),
        (
            "Disable-CsOnlineDialInConferencingUser amos.marble@contoso.com -SendEmail",
            Act::Disable { user: amos(), mail: Some(MailRequest::default()) },
        ),
        (
            "Set-CsOnlineDialInConferencingUser -id amos.marble@contoso.com -ConferenceId 3542699 -ServiceNumber \
             +14255037265 -SendEmail -SendEmailToAddress desk@contoso.com -SendEmailFromAddress help@contoso.com \
             -SendEmailFromDisplayName 'Help desk'",
            change(|change| {
                change.conference_id = Some(ConferenceIdChange::Set(digits("3542699")));
                change.number = Some("+14255037265".into());
                let from = Sender { address: "help@contoso.com".into(), name: "Help desk".into() };
                change.mail = Some(MailRequest { to: Some("desk@contoso.com".into()), from: Some(from) });
            }),
        ),
        (
            "Set-CsOnlineDialInConferencingUser amos.marble@contoso.com -ResetPasscode -AllowPSTN $false",
            change(|change| {
                change.conference_id = Some(ConferenceIdChange::Reset);
                change.allow_anonymous_start = Some(false);
            }),
        ),
        ("Get-CsOnlineDialInConferencingUser -Identity amos.marble@contoso.com", Act::ShowUser(amos())),
        (
            "Get-CsOnlineDialInConferencingUser -ResultSize 7 -ServiceNumber 14255034412",
            Act::ListUsers(Listing {
                limit: Some(7),
                sought: Sought {
                    enabled_only: true,
                    number: Some("+14255034412".into()),
                    ..Sought::default()
                },
                ..Listing::default()
            }),
        ),
        (
            "Set-CsOnlineDialInConferencingTenantSettings -PinLength 7 -EnableNameRecording $False \
             -EntryExitAnnouncementsType toneonly -SendEmailFromDisplayName $null",
            Act::SetTenant(
                [
                    ("pin_length", "7"),
                    ("name_recording", "false"),
                    ("entry_exit_announcements", "tone"),
                    ("mail_from_name", ""),
                ]
                .map(|(name, value)| (name.into(), value.into()))
                .to_vec(),
            ),
        ),
        ("Remove-CsOnlineDialInConferencingTenantSettings Global", Act::ResetTenant),
        ("Get-CsOnlineDialInConferencingServiceNumber", Act::ShowNumbers(None)),
        (
            "Set-CsOnlineDialInConferencingServiceNumber -Identity +14255551234 -PrimaryLanguage de-de \
             -SecondaryLanguages en-us ,ja-jp, \"fr-FR\"",
            Act::SetNumber {
                number: "+14255551234".into(),
                primary: Some(Language::DeDe),
                secondary: Some(vec![Language::EnUs, Language::JaJp, Language::FrFr]),
            },
        ),
        (
            "Set-CsOnlineDialInConferencingServiceNumber 14255551234 -RestoreDefaultLanguages",
            Act::SetNumber {
                number: "+14255551234".into(),
                primary: Some(Language::EnUs),
                secondary: Some(vec![]),
            },
        ),
        ("Lock-CsClientPin amos.marble@contoso.com", Act::LockPin(amos())),
        ("Unlock-CsClientPin amos.marble@contoso.com", Act::UnlockPin(amos())),
        ("Get-CsClientPinInfo amos.marble@contoso.com", Act::ShowPin(amos())),
    ] {
        assert_eq!(act(text), expected, "{text}");
    }
}

#[test]
fn what_is_wrong_is_told_with_the_parameter_and_the_rule() {
    const SET: &str = "Set-CsOnlineDialInConferencingUser";
    for (text, said) in [
        // As published.
        (
            "Get-CsCsOnlineDialInConfencingUser -Identity amos.marble",
            "unknown cmdlet `Get-CsCsOnlineDialInConfencingUser`; did you mean \
             `Get-CsOnlineDialInConferencingUser`?",
        ),
        (
            "Set-CsOnlineDialInConferencingUser -amos.marble –ResetLeaderPIN",
            "-amos.marble is not a parameter of Set-CsOnlineDialInConferencingUser; a user is named by -Identity: did \
             you mean `-Identity amos.marble`?",
        ),
        (
            "Set-CsOnlineDialInConferencingTenantSetting -PinLength 6",
            "unknown cmdlet `Set-CsOnlineDialInConferencingTenantSetting`; did you mean \
             `Set-CsOnlineDialInConferencingTenantSettings`?",
        ),
        ("SET -ResetLeaderPin", "SET needs -Identity; expected -Identity amos.marble@contoso.com"),
        ("SET a@b -Reset", "-Reset is ambiguous; expected one of -ResetLeaderPin, -ResetConferenceId"),
        ("SET a@b -ResetLeadrPin", "SET has no parameter -ResetLeadrPin; did you mean `ResetLeaderPin`?"),
        ("SET a@b -Id c@d", "-Identity is given twice; expected one -Identity"),
        ("SET a@b -ServiceNumber -ResetLeaderPin", "-ServiceNumber needs a value; expected text"),
        ("SET a@b, c@d -ResetLeaderPin", "-Identity takes one value, not 2"),
        (
            "SET a@b c@d",
            "`c@d` does not belong to a parameter; expected the name of its parameter before it: only -Identity \
             needs none",
        ),
        ("SET a@b -ResetLeaderPin -Confirm $false", "expected -Confirm:$false"),
        ("SET a@b -ResetLeaderPin:no", "-ResetLeaderPin does not take `no`; expected $true or $false"),
        ("SET a@b -AllowPSTNOnlyMeetings true", "does not take `true`; expected $true or $false"),
        ("SET a@b -AllowPSTNOnlyMeetings $null", "does not take `$null`; expected $true or $false"),
        ("SET $null -ResetLeaderPin", "-Identity is empty; expected a user principal name"),
        ("SET a@b", "SET has nothing to change; expected another parameter"),
        (
            "SET a@b -ConferenceId 3 -ResetConferenceId",
            "-ConferenceId and -ResetConferenceId cannot be combined",
        ),
        ("SET a@b -ConferenceId 3a", "-ConferenceId does not take `3a`; expected 1 to 12 digits"),
        ("SET a@b -ServiceNumber 555", "-ServiceNumber does not take `555`; expected 14255550100, +1425"),
        ("SET a@b -ResetLeaderPin -SendEmailToAddress c@d", "-SendEmailToAddress requires -SendEmail"),
        ("SET a@b -SendEmail -SendEmailFromAddress c@d", "-SendEmailFromDisplayName must be given together"),
        ("SET a@b -ResetLeaderPin -AsJob", "-AsJob cannot be used here: there are no background jobs"),
        (
            "SET a@b -ResetLeaderPin -OutVariable x",
            "-OutVariable cannot be used here: there are no variables",
        ),
        ("SET --Identity a@b", "a name has two dashes; expected one"),
        ("SET a@b -ResetLeaderPin | Select LeaderPin", "`| Select` is a pipeline, which is not supported"),
        ("SET a@b -ResetLeaderPin; SET c@d", "`;` separates two commands; expected one cmdlet at a time"),
        ("SET a@b -ResetLeaderPin\nSET c@d", "there is more text after the end of the line"),
        ("SET $user -ResetLeaderPin", "`$user` is a variable; only $true, $false and $null are supported"),
        ("SET \"$($user.Upn)\" -ResetLeaderPin", "`$(` starts an expression"),
        ("SET 'a@b -ResetLeaderPin", "a quote is never closed; expected a second '"),
        ("SET (a@b)", "parentheses start an expression"),
        ("SET @user", "`@` starts an array or a hash table"),
        ("SET a@b > f", "redirection with `>` and `<`"),
        ("SET a@b -ResetLeaderPin 27182", "`*******` does not belong to a parameter"),
        ("SET a@b -Pin27182", "has no parameter -Pin*******"),
        ("\"Set-CsUser\"", "it does not start with the name of a cmdlet"),
        (
            "Get-CsOnlineDialInConferencingUser a@b -ServiceNumber 14255550100",
            "-Identity names one user, and -ServiceNumber selects among all",
        ),
        (
            "Set-CsOnlineDialInConferencingTenantSettings -PinLength 13",
            "-PinLength does not take `13`; expected a whole number from 4 to 12",
        ),
        (
            "Set-CsOnlineDialInConferencingTenantSettings -EntryExit Names",
            "-EntryExitAnnouncementsType does not take `Names`; expected one of UseNames, ToneOnly",
        ),
        (
            "Set-CsOnlineDialInConferencingServiceNumber +14255550100 -PrimaryLanguage sv-SE",
            "-PrimaryLanguage does not take `sv-SE`; expected one of en-US, de-DE",
        ),
        (
            "Get-CsOnlineDialInConferencingUser -LdapFilter x",
            "-LdapFilter cannot be used here: there is no Active Directory to ask",
        ),
        ("Get-Help Set-CsUser2", "unknown cmdlet `Set-CsUser2`; `Get-Command` lists them"),
    ] {
        let told = fault(&text.replace("SET", SET));
        assert!(told.contains(&said.replace("SET", SET)), "{text}: {told}");
    }
    assert!(read(&"a".repeat(8_192)).is_err(), "nobody types that much");
}

#[test]
fn quotes_and_backticks_are_powershells() {
    for (typed, user) in [
        ("'it''s'", "it's"),
        ("'a `$b $true'", "a `$b $true"),
        ("\"a `$b $TRUE\"\"\"", "a $b True\""),
        ("a` b'c d'", "a bc d"),
        ("“typo”", "typo"),
        ("$x`y$", "$xy$"),
        ("a$", "a$"),
        ("-1", "-1"),
    ] {
        let text = format!("Get-CsClientPinInfo {typed}");
        if typed.starts_with("$x") {
            assert!(fault(&text).contains("`$x` is a variable"));
        } else {
            assert_eq!(act(&text), Act::ShowPin(UserName(user.into())), "{typed}");
        }
    }
    for (typed, more) in
        [("Get-X 'a", true), ("Get-X \"a", true), ("Get-X `", true), ("Get-X 'a'", false), ("", false)]
    {
        assert_eq!(goes_on(typed), more, "{typed}");
    }
    assert_eq!(read(" \n # nothing \n").unwrap(), None);
}

#[test]
fn what_is_passed_over_is_told() {
    let text = "Set-CsOnlineDialInConferencingUser a@b -ResetLeaderPin -BridgeName x -wi -cf -vb -ea Stop";
    let order = read(text).unwrap().unwrap().order().unwrap();
    assert_eq!((order.what_if, order.confirm, order.verbose), (true, true, true));
    assert_eq!(
        order.remarks,
        [
            "-BridgeName is ignored: there is one tenant and one bridge",
            "-ErrorAction is ignored: errors, warnings and remarks are always shown"
        ]
    );
    let target = "Performing the operation \"Set-CsOnlineDialInConferencingUser\" on target \"a@b\".";
    assert_eq!(order.told(), target);
}

#[test]
fn a_byte_order_mark_and_a_last_semicolon_are_passed_over() {
    for text in [
        "\u{feff}Lock-CsClientPin amos.marble@contoso.com",
        "Lock-CsClientPin amos.marble@contoso.com;",
        "Lock-CsClientPin 'amos.marble@contoso.com' ; ",
        "Lock-CsClientPin -Identity amos.marble@contoso.com -Confirm:$false;; # done",
        "\u{feff}Lock-CsClientPin amos.marble@contoso.com;\r\n",
    ] {
        assert_eq!(act(text), Act::LockPin(amos()), "{text:?}");
    }
    assert_eq!(
        act("Set-CsOnlineDialInConferencingUser amos.marble@contoso.com -ResetLeaderPin;"),
        change(|change| change.reset_pin = true)
    );
    assert_eq!(read("\u{feff}").unwrap(), None);
    assert_eq!(read(";").unwrap(), None);
    assert!(fault("Get-CsClientPinInfo a@b; Lock-CsClientPin a@b").starts_with("`;` separates two commands"));
}
