//! The pages: what an administrator does there, and what a user sees.

use super::program::OWN;
use super::{AMOS, AMOS_PATH, Person, Served};

/// The PIN in an answer to a reset.
fn pin(answer: &super::Answer) -> String {
    let pin = answer.element("pin").unwrap_or_else(|| panic!("no PIN in {}", answer.text));
    assert!((4..=12).contains(&pin.len()) && pin.bytes().all(|byte| byte.is_ascii_digit()), "{pin}");
    pin
}

#[test]
fn an_administrator_resets_a_pin_which_is_shown_once() {
    let served = Served::start();
    let admin = Person::admin(&served);
    let enabled = admin.does("/users", "/users", &[("user", AMOS)]);
    let first = pin(&enabled);
    // A mail that still waited would be superseded.
    served.until_sent(1);
    let confirm = admin.get(&format!("{AMOS_PATH}/reset-pin"));
    assert!(confirm.text.contains("The current PIN stops working at once."), "{}", confirm.text);
    let fields = [("csrf", &confirm.field("csrf")), ("form", &confirm.field("form"))];
    let fields = fields.map(|(name, value)| (name, value.as_str()));
    let reset = admin.post(&format!("{AMOS_PATH}/reset-pin"), &fields);
    let second = pin(&reset);
    assert!(
        first != second && reset.text.contains("A mail is waiting to be sent to amos.marble@contoso.com."),
        "{}",
        reset.text
    );
    assert_eq!(reset.header("cache-control"), "no-store");
    let again = admin.post(&format!("{AMOS_PATH}/reset-pin"), &fields);
    assert_eq!((again.status, again.element("pin")), (409, None), "a form is taken once");
    for path in [AMOS_PATH, "/users", "/audit", "/mail?show=2"] {
        let page = admin.get(path);
        assert!(!page.text.contains(&second), "{path}");
    }
    assert_eq!(admin.get(AMOS_PATH).element("masked-pin").as_deref(), Some("*******"));
    served.until_sent(2);
    let mails = served.attendant("mail list").out;
    assert_eq!(
        mails.lines().filter(|line| line.contains("sent") && line.contains(AMOS)).count(),
        2,
        "{mails}"
    );
}

#[test]
fn every_action_of_the_pane_does_what_the_cmdlet_does() {
    let served = Served::start();
    let admin = Person::admin(&served);
    admin.does("/users", "/users", &[("user", AMOS)]);
    let id = || {
        let shown = served.attendant("users list --json").out;
        serde_json::from_str::<serde_json::Value>(&shown).unwrap()["conference_id"].clone()
    };
    let before = id();
    let confirmed = |act: &str| {
        let page = admin.get(&format!("{AMOS_PATH}/{act}"));
        let fields = [("csrf", page.field("csrf")), ("form", page.field("form"))];
        admin.post(
            &format!("{AMOS_PATH}/{act}"),
            &fields.each_ref().map(|(name, value)| (*name, value.as_str())),
        )
    };
    assert_eq!(confirmed("reset-conference-id").status, 303);
    let pane = admin.get(AMOS_PATH).text;
    assert!(
        pane.contains("A mail is waiting to be sent to")
            && pane.contains("The mail contains no service number"),
        "{pane}"
    );
    assert!(!admin.get(AMOS_PATH).text.contains("A mail waits"), "it is said once");
    assert_ne!(id(), before);
    let mailed = admin.does(AMOS_PATH, &format!("{AMOS_PATH}/send-mail"), &[]);
    assert!(mailed.header("location").starts_with("/users/amos"), "reloading sends no other: {mailed:?}");
    served.attendant(&format!("users lock {AMOS}"));
    assert!(admin.get(AMOS_PATH).text.contains("locked until you unlock it"));
    assert_eq!(admin.does(AMOS_PATH, &format!("{AMOS_PATH}/unlock"), &[]).status, 303);
    assert!(!admin.get(AMOS_PATH).text.contains("locked until"));
    assert_eq!(confirmed("disable").status, 303);
    assert_eq!(id(), serde_json::Value::Null);
    let enabled = admin.does(AMOS_PATH, &format!("{AMOS_PATH}/enable"), &[]);
    pin(&enabled);
    let kinds = served.attendant("mail list --json").out;
    let kinds: Vec<String> = kinds
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["tells"].to_string())
        .collect();
    let expected = ["enabled", "coordinates_changed", "coordinates", "disabled", "enabled"];
    assert_eq!(kinds, expected.map(|kind| format!("\"{kind}\"")));
}

#[test]
fn an_administrator_is_told_why_no_mail_goes() {
    let served = Served::start();
    let admin = Person::admin(&served);
    served.attendant("tenant set send_mail_automatically=false");
    let enabled = admin.does("/users", "/users", &[("user", AMOS)]);
    assert!(enabled.text.contains("automatic mail is off. Give the PIN to"), "{}", enabled.text);
    served.attendant(&format!("users set {AMOS} --mail="));
    assert_eq!(admin.does(AMOS_PATH, &format!("{AMOS_PATH}/send-mail"), &[]).status, 303);
    assert!(admin.get(AMOS_PATH).text.contains("the user has no mail address"));
}

#[test]
fn a_refused_form_keeps_what_was_typed() {
    let served = Served::start();
    let admin = Person::admin(&served);
    admin.does("/users", "/users", &[("user", AMOS)]);
    let confirm = admin.get(&format!("{AMOS_PATH}/reset-pin"));
    let (csrf, form) = (confirm.field("csrf"), confirm.field("form"));
    let fields = [("csrf", csrf.as_str()), ("form", &form), ("to", "nobody@")];
    let refused = admin.post(&format!("{AMOS_PATH}/reset-pin"), &fields);
    assert!(refused.status == 400 && refused.text.contains("value=\"nobody@\""), "{}", refused.text);
    assert!(refused.text.contains("aria-invalid"), "{}", refused.text);
    let form = refused.field("form");
    let fields = [("csrf", csrf.as_str()), ("form", &form), ("to", "kim@contoso.com")];
    pin(&admin.post(&format!("{AMOS_PATH}/reset-pin"), &fields));
    let edit = format!("{AMOS_PATH}/edit");
    let seen = admin.get(&edit).field("seen");
    let fields =
        [("csrf", csrf.as_str()), ("seen", &seen), ("display_name", "Amos M."), ("conference_id", "12a")];
    let refused = admin.post(&edit, &fields);
    assert_eq!(refused.status, 400, "{}", refused.text);
    for kept in ["value=\"Amos M.\"", "value=\"12a\"", "aria-invalid", "%2Fusers%2Famos%252Emarble%2540"] {
        assert!(refused.text.contains(kept), "{kept} is not in {}", refused.text);
    }
}

#[test]
fn a_conference_id_is_typed_into_the_page_in_groups() {
    let served = Served::start();
    let admin = Person::admin(&served);
    admin.does("/users", "/users", &[("user", AMOS)]);
    let edit = format!("{AMOS_PATH}/edit");
    let form = admin.get(&edit);
    assert!(form.text.contains("pattern=\"[0-9 \\-]{1,24}\""), "a browser lets it through: {}", form.text);
    let (csrf, seen) = (form.field("csrf"), form.field("seen"));
    let fields =
        [("csrf", csrf.as_str()), ("seen", &seen), ("display_name", "Amos"), ("conference_id", "314 1592")];
    assert_eq!(admin.post(&edit, &fields).status, 303);
    assert!(served.attendant("users list --json").out.contains("\"conference_id\":\"3141592\""));
}

#[test]
fn nobody_undoes_what_another_changed_meanwhile() {
    let served = Served::start();
    let admin = Person::admin(&served);
    admin.does("/users", "/users", &[("user", AMOS)]);
    for (page, path, field, other) in [
        (
            format!("{AMOS_PATH}/edit"),
            format!("{AMOS_PATH}/edit"),
            ("display_name", "Amos M."),
            "users set AMOS --display-name Amos",
        ),
        ("/settings".into(), "/settings".into(), ("pin_length", "7"), "tenant set pin_length=9"),
    ] {
        let form = admin.get(&page);
        let (csrf, seen) = (form.field("csrf"), form.field("seen"));
        served.attendant(&other.replace("AMOS", AMOS));
        let mut fields = vec![("csrf", csrf.as_str()), ("seen", seen.as_str()), field];
        fields.push(("entry_exit_announcements", "names"));
        let refused = admin.post(&path, &fields);
        assert!(
            refused.status == 412 && refused.text.contains("Somebody else changed this"),
            "{}",
            refused.text
        );
        let seen = admin.get(&page).field("seen");
        fields[1] = ("seen", &seen);
        assert_eq!(admin.post(&path, &fields).status, 303, "{path}");
    }
    assert!(served.attendant("users list --json").out.contains("Amos M."));
    assert!(
        served
            .attendant("tenant show")
            .out
            .lines()
            .any(|line| line.contains("pin_length") && line.contains('7'))
    );
}

#[test]
fn users_are_found_by_words_and_come_in_pages() {
    let served = Served::start();
    let admin = Person::admin(&served);
    let users: String =
        (0..60).map(|number| format!("user{number:02}@contoso.com,Kim Number{number}\n")).collect();
    std::fs::write(served.stage.path().join("users.csv"), format!("name,display_name\n{users}")).unwrap();
    served.attendant("users import users.csv");
    let rows = |page: &super::Answer| page.text.matches("<th scope=\"row\"").count();
    let first = admin.get("/users");
    assert_eq!(rows(&first), 25);
    let next = first.text.split_once("href=\"/users?after=").unwrap().1.split_once('"').unwrap().0;
    let second = admin.get(&format!("/users?after={next}"));
    assert!(rows(&second) == 25 && second.text.contains("user25@contoso.com"));
    assert_eq!(rows(&admin.get("/users?q=kim+number4")), 11);
    assert_eq!(rows(&admin.get("/users?q=USER07%40contoso.com")), 1);
    // A filter goes with a search, and an act keeps both.
    let part = "q=number4&matter=without-number";
    assert_eq!(rows(&admin.get(&format!("/users?{part}"))), 11);
    assert_eq!(
        ["disabled", "without-pin", "locked-out"]
            .map(|matter| rows(&admin.get(&format!("/users?matter={matter}")))),
        [0, 25, 0]
    );
    let user = "/users/user41%40contoso.com";
    let unlocked = admin.does(&format!("{user}?{part}"), &format!("{user}/unlock?{part}"), &[]);
    let back = unlocked.header("location");
    assert!(back.ends_with("?q=number4&matter=without%2Dnumber"), "{back}");
    let overview = admin.get("/overview").text;
    assert!(
        overview.contains("60 users without number") && overview.contains("60 users without PIN"),
        "{overview}"
    );
    assert!(admin.get("/users?q=nobody").text.contains("No user matches."));
}

#[test]
fn an_address_that_names_no_page_says_so_on_a_page() {
    let served = Served::start();
    let admin = Person::admin(&served);
    for path in ["/live/abc", "/audit?before=abc", "/mail?before=x", "/nowhere"] {
        let answer = admin.get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text.contains("Page not found.") && answer.text.contains("class=\"menu\""));
    }
    assert_eq!(admin.get("/users/a%00b").status, 400);
    let gone = admin.get("/live/999999").text;
    assert!(gone.contains("This meeting is empty.") && !gone.contains("Waits for"), "{gone}");
}

#[test]
fn what_is_refused_is_told_in_the_readers_language() {
    let served = Served::start();
    let admin = Person::admin(&served);
    let german = |page: &str, path: &str, fields: &[(&str, &str)]| {
        let csrf = admin.get(page).field("csrf");
        let cookie = format!("{}; language=de", admin.cookie);
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend(fields);
        let kind = ("content-type", "application/x-www-form-urlencoded");
        served.send("POST", path, &[("cookie", &cookie), kind], &super::program::form(&all))
    };
    let seen = admin.get("/settings").field("seen");
    let fields = [("seen", seen.as_str()), ("pin_length", "3"), ("mail_from_name", "Die Brücke")];
    let refused = german("/settings", "/settings", &fields);
    assert_eq!(refused.status, 400);
    assert!(refused.text.contains("PIN-Länge: 4 bis 12 Ziffern"), "{}", refused.text);
    assert!(refused.text.contains("value=\"3\"") && refused.text.contains("Die Brücke"), "it is kept");
    for (before, new, told) in [
        ("not mine", "eine lange neue Parole", "Das bisherige Kennwort ist falsch."),
        (OWN, OWN, "Das neue Kennwort ist dasselbe wie das bisherige."),
        (OWN, "kurz", "12 bis 128 beliebige Zeichen"),
        (OWN, "aaaaaaaaaaaaaaaa", "ein Muster"),
        (OWN, "mein attendant 2026", "leicht zu erraten"),
    ] {
        let refused = german("/password", "/password", &[("before", before), ("new", new), ("again", new)]);
        assert!(refused.status == 400 && refused.text.contains(told), "{told}: {}", refused.text);
    }
}

#[test]
fn settings_numbers_and_mails_are_managed() {
    let served = Served::start();
    let admin = Person::admin(&served);
    assert_eq!(
        admin.does("/numbers", "/numbers", &[("number", "+14255550100"), ("primary", "de-DE")]).status,
        303
    );
    let twice = admin.does("/numbers", "/numbers", &[("number", "+14255550100")]);
    assert!(twice.status == 409 && twice.text.contains("This number already exists"), "{}", twice.text);
    let wrong = admin.does("/numbers", "/numbers", &[("number", "555 01"), ("toll_free", "true")]);
    assert_eq!(wrong.status, 400);
    assert!(wrong.text.contains("value=\"555 01\"") && wrong.text.contains("checked"), "it is kept");
    assert_eq!(admin.does("/numbers", "/numbers", &[("number", "+1 (425) 555-0101")]).status, 303);
    let added = admin.get("/numbers").text;
    assert!(added.contains("The number was added.") && added.contains("+14255550101"), "{added}");
    let ask = admin.get("/numbers/%2B14255550101/remove").text;
    assert!(ask.contains("Remove this number?") && ask.contains("role=\"alertdialog\""), "{ask}");
    assert_eq!(admin.does("/numbers", "/numbers/%2B14255550101/remove", &[]).status, 303);
    assert!(!admin.get("/numbers").text.contains("+14255550101"));
    let save = [("primary", "fr-FR"), ("secondary", "en-US"), ("secondary", "ja-JP")];
    assert_eq!(admin.does("/numbers", "/numbers/%2B14255550100", &save).status, 303);
    assert!(served.attendant("numbers list").out.contains("fr-FR"));
    assert_eq!(admin.does("/numbers", "/numbers/%2B14255550100/remove", &[]).status, 303);
    assert!(admin.get("/numbers").text.contains("There are no service numbers yet."));
    admin.does("/users", "/users", &[("user", AMOS)]);
    served.until_sent(1);
    let wiped = admin.does("/mail", "/mail/1/resend", &[]);
    assert_eq!((wiped.status, wiped.header("location")), (303, "/mail?state="));
    let mails = admin.get("/mail").text;
    assert!(mails.contains("was erased") && mails.contains("saved to a folder"), "{mails}");
    assert!(!mails.contains("/mail/1/resend"), "what cannot be sent again is not offered");
    admin.does(AMOS_PATH, &format!("{AMOS_PATH}/send-mail"), &[]);
    let audit = admin.get("/audit").text;
    for act in ["Give account", "Sign in", "Change password", "Enable", "Send again", "Remove a number"] {
        assert!(audit.contains(act), "{act} is not in {audit}");
    }
    let (_, told) = audit.split_once("<main").unwrap();
    assert!(!told.contains("T0") && !told.contains('Z'), "times are read by people: {told}");
    served.attendant("audit verify");
}

#[test]
fn a_user_sees_their_own_coordinates_and_has_no_way_to_reset() {
    let served = Served::start();
    let admin = Person::admin(&served);
    admin.does("/users", "/users", &[("user", AMOS)]);
    let one_time = served.attendant(&format!("accounts give {AMOS}")).out.trim().to_owned();
    let amos = Person::new(&served, AMOS, &one_time);
    let mine = amos.get("/me");
    assert!(
        mine.status == 200 && mine.text.contains("*******") && mine.text.contains("Only an administrator")
    );
    assert!(!mine.text.contains("reset-pin"), "{}", mine.text);
    assert_eq!(amos.get("/").header("location"), "/me");
    let csrf = mine.field("csrf");
    for path in [
        "/users",
        AMOS_PATH,
        "/settings",
        "/numbers",
        "/mail",
        "/audit",
        "/records",
        "/records/export?format=native",
        "/records/1",
        "/live",
        "/live/calls",
        "/live/calls/1",
        "/live/calls/1/scenario",
        "/live/1/scenario",
        "/live/stream",
        "/wall",
        "/reference",
    ] {
        assert_eq!(amos.get(path).status, 403, "{path}");
    }
    for act in ["reset-pin", "reset-conference-id", "unlock", "disable", "send-mail", "edit"] {
        let refused = amos.post(&format!("{AMOS_PATH}/{act}"), &[("csrf", &csrf), ("form", &csrf)]);
        assert_eq!(refused.status, 403, "{act}");
    }
    for path in ["/settings", "/numbers", "/live/place", "/mail/1/resend", "/users"] {
        assert_eq!(amos.post(path, &[("csrf", &csrf)]).status, 403, "{path}");
    }
    let audit = served.attendant("audit list").out;
    let refused = "refused: not an administrator";
    assert!(
        audit
            .lines()
            .any(|line| line.contains("POST") && line.contains("/reset-pin") && line.contains(refused)),
        "{audit}"
    );
    served.attendant(&format!("accounts remove {AMOS} --yes"));
    assert_eq!(amos.get("/me").header("location"), "/sign-in?next=%2Fme", "the account is gone");
    let mut amos = amos;
    assert_eq!(amos.sign_in(AMOS, OWN).status, 401);
}

#[test]
fn the_page_speaks_two_languages() {
    let served = Served::start();
    let german = served.send("GET", "/sign-in", &[("accept-language", "de-AT, en;q=0.5")], "");
    assert!(
        german.text.contains("<html lang=\"de\">") && german.text.contains("Anmelden"),
        "{}",
        german.text
    );
    let chosen = served.get("/language/de?back=%2Fsign-in");
    assert_eq!((chosen.status, chosen.header("location")), (303, "/sign-in"));
    assert!(chosen.header("set-cookie").starts_with("language=de;"));
    for outside in ["https%3A%2F%2Fevil.example", "%2F%09%2Fevil.example", "%2F%0A"] {
        let sent = served.get(&format!("/language/de?back={outside}"));
        assert_eq!((sent.status, sent.header("location")), (303, "/"), "{outside}");
    }
    let cookie = [("cookie", "language=de")];
    assert!(served.send("GET", "/sign-in", &cookie, "").text.contains("Anmelden"));
}
