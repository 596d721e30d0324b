//! The configuration: its sources, its errors, what it shows and what it never shows.

use std::path::Path;

use super::stage::{Ended, Stage};

/// Never a real password.
const PASSWORD: &str = "correct-horse-battery";

#[track_caller]
fn checked(file: &str) -> Ended {
    Stage::with(&[("a.toml", file)]).attendant("config check --config a.toml")
}

/// What `config show` prints for a setting: its value and where that came from.
#[track_caller]
fn shown(ended: &Ended, name: &str) -> (String, String) {
    assert_eq!(ended.code, 0, "{ended:?}");
    let line = ended.out.lines().find(|line| line.split_whitespace().next() == Some(name));
    let line = line.unwrap_or_else(|| panic!("{name} is shown: {}", ended.out));
    let parts: Vec<&str> = line.split("  ").map(str::trim).filter(|part| !part.is_empty()).collect();
    (parts[1].to_owned(), parts[2].to_owned())
}

#[test]
fn every_kind_of_mistake_is_reported_with_a_hint() {
    let ended = checked(
        r#"[mail]
transprot = "smtp"
transport = "pigeon"
sender_address = "nobody"
help_link = "http://example.org"

[mail.smtp]
port = "587"
timeout = 30

[mail.retry]
first = "5h"
attempts = 0

[dialog]
pin_tries = 12

[lockout.limits]
5 = "10"

[meeting]
keys = 7

[tenant]
pin_length = 6

[smtp]
host = "mail.example.org"
"#,
    );
    assert_eq!((ended.code, ended.out.as_str()), (2, ""));
    insta::assert_snapshot!(ended.err);
}

#[test]
fn a_file_that_is_no_toml_is_told_with_its_line() {
    let ended = checked("[mail]\nsender_name = Audio\n\n[mail]\ntransport = \"maildir\"\n");
    assert_eq!(ended.code, 2);
    insta::assert_snapshot!(ended.err);
}

#[test]
fn what_does_not_fit_together_is_told() {
    for (file, said) in [
        ("[mail]\ntransport = \"smtp\"\n", "mail.transport is smtp, but no server is set"),
        (
            "[mail]\ntransport = \"smtp\"\n[mail.smtp]\nhost = \"mail.example.org\"\nsecurity = \"none\"\n",
            "mail with PINs would be sent to mail.example.org unencrypted",
        ),
        (
            "[mail]\ntransport = \"smtp\"\n[mail.smtp]\nhost = \"mail.example.org\"\nuser = \"anna\"\n",
            "mail.smtp.user is set, but no password is",
        ),
        (
            "[mail]\ntransport = \"smtp\"\n[mail.smtp]\nhost = \"mail.example.org\"\npassword = \"x\"\n",
            "a password is set, but mail.smtp.user is not",
        ),
        (
            "[mail]\ntransport = \"smtp\"\n[mail.smtp]\nhost = \"h\"\nuser = \"a\"\npassword = \"x\"\npassword_file = \"y\"\n",
            "both mail.smtp.password and mail.smtp.password_file are set",
        ),
        (
            "[mail]\ntransport = \"smtp\"\n[mail.smtp]\nhost = \"h\"\nuser = \"a\"\npassword_file = \"nowhere\"\n",
            "nowhere: cannot be read: No such file",
        ),
    ] {
        let ended = checked(file);
        assert_eq!(ended.code, 2, "{file}");
        assert!(ended.err.contains(said), "{file}: {}", ended.err);
        assert_eq!(ended.err.matches("error: ").count(), 1, "one mistake is told once: {}", ended.err);
    }
}

#[test]
fn telephones_are_told_what_is_wrong_with_their_settings() {
    for (settings, said) in [
        ("listen = \"here\"", "`here` is not an address to listen at"),
        ("listen = \"192.0.2.1:5060\"", "everybody who reaches 192.0.2.1:5060 could place calls"),
        (
            "listen = \"127.0.0.1:0\"\ntls = \"192.0.2.1:1\"\ncertificate = \"c\"\nkey = \"k\"",
            "could place calls",
        ),
        ("listen = \"127.0.0.1:0\"\ntls = \"127.0.0.1:1\"", "needs a certificate and its key"),
        ("listen = \"127.0.0.1:0\"\nadvertised = \"0.0.0.0\"", "not an address that telephones can reach"),
        ("listen = \"127.0.0.1:0\"\nallow = \"10.0.0.0/33\"", "`10.0.0.0/33` is not an address or a network"),
        ("listen = \"127.0.0.1:0\"\nauth = \"file:nowhere\"", "nowhere: cannot be read: No such file"),
        ("listen = \"127.0.0.1:0\"\nauth = \"env:NOT_THERE\"", "the variable NOT_THERE is not set"),
        ("listen = \"127.0.0.1:0\"\nauth = \"ann\"", "neither file: with a path nor env: with a variable"),
        ("listen = \"127.0.0.1:0\"\nopen = \"yes\"", "`yes` is not valid for `sip.open`"),
        ("listen = \"127.0.0.1:0\"\n[rtp]\nports = \"4001-4002\"", "`4001-4002` is not a range of ports"),
        ("listen = \"127.0.0.1:0\"\n[rtp]\nbind = \"eth0\"", "`eth0` is not an address"),
        ("listen = \"127.0.0.1:0\"\nhep = \"homer\"", "`homer` is not a host and a port"),
        ("listen = \"127.0.0.1:0\"\n[rtp]\nmedia_gone = \"1s\"", "may be silent for that long"),
    ] {
        let ended = checked(&format!("[sip]\n{settings}\n"));
        assert_eq!(ended.code, 2, "{settings}");
        assert!(ended.err.contains(said), "{settings}: {}", ended.err);
        assert_eq!(ended.err.matches("error: ").count(), 1, "one mistake is told once: {}", ended.err);
    }
}

#[test]
fn a_wrong_line_of_the_sip_users_is_told_by_its_number() {
    for (users, said) in [
        ("ann:x\n\nbob\n", "line 3 of the SIP users is not user:password"),
        ("ann:x\nann:y\n", "line 2 of the SIP users names a user again"),
        ("# nobody\n", "there are no SIP users in it"),
    ] {
        let stage =
            Stage::with(&[("a.toml", "[sip]\nlisten = \"127.0.0.1:0\"\nauth = \"file:u\"\n"), ("u", users)]);
        let ended = stage.attendant("config check --config a.toml");
        assert!(ended.code == 2 && ended.err.contains(said), "{users}: {ended:?}");
        assert!(!ended.err.contains("bob"), "no line is quoted: it may hold a password");
    }
}

#[test]
fn unencrypted_mail_to_other_machines_must_be_allowed() {
    let to = |host: &str, more: &str| {
        format!("[mail]\ntransport = \"smtp\"\n[mail.smtp]\nhost = \"{host}\"\nsecurity = \"none\"\n{more}")
    };
    for fine in
        [to("localhost", ""), to("127.0.0.1", ""), to("::1", ""), to("relay", "allow_unencrypted = true")]
    {
        assert_eq!(checked(&fine).code, 0, "{fine}");
    }
    for refused in
        [to("relay", ""), to("127.0.0.1.example.org", ""), to("relay", "allow_unencrypted = false")]
    {
        assert_eq!(checked(&refused).code, 2, "{refused}");
    }
}

#[test]
fn the_command_line_overrides_the_environment_and_that_the_file() {
    let stage = Stage::with(&[("a.toml", "[mail]\nsender_name = \"File\"\n")]);
    let show = |environment: &[(&str, &str)], more: &str| {
        let ended = stage.attendant_with(environment, &format!("config show {more}"));
        shown(&ended, "mail.sender_name")
    };
    let pair = |value: &str, origin: &str| (value.to_owned(), origin.to_owned());
    let variable = ("ATTENDANT_MAIL_SENDER_NAME", "Variable");
    assert_eq!(show(&[], ""), pair("Audio Conferencing", "default"));
    assert_eq!(show(&[], "--config a.toml"), pair("File", "a.toml:2"));
    assert_eq!(show(&[("ATTENDANT_CONFIG", "a.toml")], ""), pair("File", "a.toml:2"));
    assert_eq!(show(&[variable], "--config a.toml"), pair("Variable", "ATTENDANT_MAIL_SENDER_NAME"));
    let flag = "--config a.toml --option mail.sender_name=Flag";
    assert_eq!(show(&[variable], flag), pair("Flag", "--option"));
}

#[test]
fn the_directory_has_an_option_and_a_variable_of_its_own() {
    let stage = Stage::with(&[]);
    let show = |environment: &[(&str, &str)], more: &str| {
        let ended = stage.attendant_with(environment, &format!("config show {more}"));
        shown(&ended, "directory.place")
    };
    let by_default = stage.path().join("data/attendant/directory.db");
    assert_eq!(show(&[], ""), (by_default.display().to_string(), "default".to_owned()));
    let variable = [("ATTENDANT_DIRECTORY", "one.sqlite")];
    assert_eq!(show(&variable, ""), ("one.sqlite".to_owned(), "ATTENDANT_DIRECTORY".to_owned()));
    assert_eq!(
        show(&variable, "--directory two.sqlite"),
        ("two.sqlite".to_owned(), "--directory".to_owned())
    );
}

#[test]
fn the_file_is_found_in_the_platforms_folder() {
    let stage = Stage::with(&[("settings/attendant/attendant.toml", "[mail]\nmaildir = \"post\"\n")]);
    let (folder, origin) = shown(&stage.attendant("config show"), "mail.maildir");
    assert_eq!(Path::new(&folder), stage.path().join("settings/attendant/post"));
    assert!(origin.ends_with("settings/attendant/attendant.toml:2"), "{origin}");
    let (home, _) = shown(&stage.attendant("config show --option mail.maildir=~/post"), "mail.maildir");
    assert_eq!(Path::new(&home), stage.path().join("post"));
}

#[test]
fn a_file_that_is_named_must_be_there() {
    let ended = Stage::with(&[]).attendant("config check --config nowhere.toml");
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("nowhere.toml: file not found"), "{}", ended.err);
    assert_eq!(Stage::with(&[]).attendant("config check").code, 0, "the default file need not be there");
}

#[test]
fn a_wrong_value_or_option_is_told_with_what_was_meant() {
    let stage = Stage::with(&[]);
    for (environment, line, said) in [
        (&[("ATTENDANT_MAIL_SMTP_PORT", "many")][..], "config check", "a whole number from 1 to 65535"),
        (&[], "config check --option mail.smtp.prot=25", "did you mean `mail.smtp.port`?"),
        (&[], "config check -o mail.transport=pigeon", "\"maildir\" or \"smtp\""),
    ] {
        let ended = stage.attendant_with(environment, line);
        assert_eq!(ended.code, 2, "{line}: {ended:?}");
        assert_eq!(ended.err.matches(said).count(), 1, "{line}: {}", ended.err);
    }
}

#[test]
fn an_unknown_variable_is_told_and_stops_nothing() {
    let stage = Stage::with(&[]);
    let environment = [("ATTENDANT_MAIL_SMPT_HOST", "a"), ("ATTENDANT_COLOUR", PASSWORD)];
    let ended = stage.attendant_with(&environment, "directory where");
    assert_eq!(ended.code, 0, "{ended:?}");
    let told = "note: ATTENDANT_MAIL_SMPT_HOST is not a known variable and is ignored; did you mean \
                `ATTENDANT_MAIL_SMTP_HOST`?";
    assert!(ended.err.contains(told), "{}", ended.err);
    let told = "note: ATTENDANT_COLOUR is not a known variable and is ignored; `attendant config example`";
    assert!(ended.err.contains(told) && !ended.err.contains(PASSWORD), "{}", ended.err);
}

#[test]
fn what_kubernetes_sets_for_a_service_is_passed_over() {
    let stage = Stage::with(&[]);
    let environment = [
        ("ATTENDANT_PORT", "tcp://10.0.0.1:80"),
        ("ATTENDANT_SERVICE_HOST", "10.0.0.1"),
        ("ATTENDANT_SERVICE_PORT", "80"),
        ("ATTENDANT_SERVICE_PORT_HTTP", "80"),
        ("ATTENDANT_PORT_80_TCP", "tcp://10.0.0.1:80"),
        ("ATTENDANT_PORT_80_TCP_PROTO", "tcp"),
        ("ATTENDANT_PORT_80_TCP_PORT", "80"),
        ("ATTENDANT_PORT_80_TCP_ADDR", "10.0.0.1"),
        ("ATTENDANT_MAIL_SMTP_PORT", "tcp://10.0.0.9:25"),
    ];
    let ended = stage.attendant_with(&environment, "directory where");
    assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{ended:?}");
}

#[test]
fn a_mistyped_setting_is_quoted_with_its_value() {
    let told = checked(
        "[mail]\nsender_nam = \"shipping\"\norganisation = \"shipping\"\n[dialog]\npin_triess = \"1\"\n\
         [mail.smtp]\npassword_fil = \"a\"\npasswort = \"never\"\npw = \"never\"\n",
    );
    for line in ["sender_nam = \"shipping\"", "organisation = \"shipping\"", "pin_triess = \"1\""] {
        assert!(told.err.contains(line), "{line}: {}", told.err);
    }
    assert!(told.err.contains("passwort = *******") && told.err.contains("pw = *******"), "{}", told.err);
    assert!(!told.err.contains("never"), "{}", told.err);
}

#[test]
fn no_password_is_shown_whatever_is_wrong() {
    let good = format!(
        "[directory]\nplace = \"postgres://anna:{PASSWORD}@db/attendant?sslmode=require\"\n[mail]\ntransport = \"smtp\"\n\
         [mail.smtp]\nhost = \"h\"\nuser = \"a\"\npassword = \"{PASSWORD}\"\n"
    );
    let mut files = vec![good.clone()];
    for (right, wrong) in [
        ("password = ", "pasword = "),
        ("password = ", "password == "),
        ("user = \"a\"\n", ""),
        ("\"\n[mail]", "\n[mail]"),
        ("place = ", "palce = "),
        ("[mail.smtp]\n", "[mail.smtp]\npassword = \"a\"\n"),
        ("[mail.smtp]\n", "[mail.stmp]\n"),
    ] {
        files.push(good.replace(right, wrong));
    }
    files.push(format!("[mail.smtp]\npassword = [\"{PASSWORD}\"]\n"));
    files.push(format!("[mail]\nsmtp = \"{PASSWORD}\"\n"));
    files.push(format!("[mail]\nsmtp = {{ pasword = \"{PASSWORD}\" }}\n"));
    files.push(format!("[mail.smtp]\npassword = \"\"\"\n{PASSWORD}\n"));
    files.push(format!("[mail.smtp]\npassword = \"{PASSWORD}\n"));
    for file in files {
        let stage = Stage::with(&[("a.toml", &file)]);
        for command in ["check", "show", "show --json"] {
            let ended = stage.attendant(&format!("config {command} --config a.toml"));
            let all = format!("{}{}", ended.out, ended.err);
            assert!(!all.contains("horse"), "{file}\n{all}");
            assert_eq!(ended.code == 0, file == good, "{file}\n{all}");
        }
    }
    let ended = Stage::with(&[]).attendant(&format!("config show -o mail.smtp.password={PASSWORD}"));
    assert_eq!(ended.code, 2, "a password does not belong on the command line");
    assert!(!ended.err.contains("horse"), "{}", ended.err);
}

#[cfg(unix)]
#[test]
fn a_password_that_other_users_can_read_is_told() {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt as _;

    let file =
        "[mail]\ntransport = \"smtp\"\n[mail.smtp]\nhost = \"h\"\nuser = \"a\"\npassword_file = \"secret\"\n";
    let stage = Stage::with(&[("a.toml", file), ("secret", "hunter2\n")]);
    let check = |mode| {
        set_permissions(stage.path().join("secret"), Permissions::from_mode(mode)).unwrap();
        stage.attendant("config check --config a.toml").out
    };
    let told = check(0o644);
    let advice = if rustix::process::geteuid().is_root() { "chmod o-r" } else { "chmod 600" };
    assert!(told.contains(&format!("note: secret can be read by other users: {advice}\n")), "{told}");
    for mode in [0o600, 0o640, 0o440] {
        assert!(!check(mode).contains("note:"), "{mode:o}: {}", check(mode));
    }
}

#[test]
fn a_password_in_the_url_of_a_database_is_encoded_and_not_on_the_command_line() {
    let stage = Stage::with(&[]);
    let check = |url: &str| stage.attendant(&format!("config check --directory {url}"));
    let told = check("postgres://anna:correct-horse@db/attendant");
    let note = "note: every user of this machine can see the password of the database on the command line";
    assert!(told.code == 0 && told.out.contains(note) && !told.out.contains("horse"), "{told:?}");
    assert!(!check("postgres://anna@db/attendant?sslmode=disable").out.contains("note"));
    let environment = [("ATTENDANT_DIRECTORY", "postgres://anna:correct-horse@db/attendant")];
    assert!(!stage.attendant_with(&environment, "config check").out.contains("note"));
    let refused = check("postgres://anna:horse/w:1@db/attendant");
    assert!(refused.code == 2 && refused.err.contains("are written as %40 %2F"), "{refused:?}");
    assert!(!refused.err.contains("horse"), "{refused:?}");
}

#[test]
fn to_let_everybody_call_must_be_meant() {
    let stage = Stage::with(&[]);
    let check = |allow: &str| {
        stage.attendant(&format!("config check -o sip.listen=0.0.0.0:5060 -o sip.allow={allow}"))
    };
    for everybody in ["0.0.0.0/0", "192.0.2.7,::/0"] {
        let refused = check(everybody);
        assert!(refused.code == 2 && refused.err.contains("everybody who reaches"), "{refused:?}");
    }
    assert_eq!(check("192.0.2.0/24").code, 0);
    let meant = stage.attendant_words(
        &["config", "check", "-o", "sip.open=i know"],
        "-o sip.listen=0.0.0.0:5060 -o sip.allow=0.0.0.0/0",
    );
    assert_eq!(meant.code, 0, "{meant:?}");
}

#[test]
fn the_example_file_changes_no_setting() {
    let example = Stage::with(&[]).attendant("config example").out;
    assert_eq!(checked(&example).code, 0);
    let set: String = example
        .lines()
        .filter_map(|line| match line.strip_prefix("# ") {
            Some(value) if value.contains(" = ") && !value.ends_with('.') && !value.ends_with(')') => {
                Some(value)
            }
            Some(_) => None,
            None => Some(line),
        })
        .filter(|line| !line.ends_with("\"\"") && !line.ends_with('…'))
        .map(|line| format!("{line}\n"))
        .collect();
    let stage = Stage::with(&[("a.toml", &set)]);
    let values = |ended: &Ended| -> Vec<String> {
        let words = ended.out.lines().map(|line| line.rsplit_once("  ").unwrap().0.trim_end().to_owned());
        words.collect()
    };
    let given = stage.attendant("config show --config a.toml");
    assert_eq!((given.code, given.err.as_str()), (0, ""), "{set}");
    assert!(given.out.matches("a.toml:").count() > 40, "{}", given.out);
    assert_eq!(values(&given), values(&stage.attendant("config show")));
}

#[test]
fn the_page_on_the_configuration_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once("<!-- settings -->\n").expect("the page has a place for the table");
    let (_, after) = rest.split_once("<!-- end -->\n").expect("the table has an end");
    let current =
        format!("{before}<!-- settings -->\n{}<!-- end -->\n{after}", attendant::config::reference());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &current).unwrap();
    }
    let is_current = current == std::fs::read_to_string(&path).unwrap();
    assert!(is_current, "UPDATE_DOCS=1 cargo test configuration rewrites {}", path.display());
}

#[test]
fn what_the_page_shows_as_a_file_is_one() {
    let page =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md")).unwrap();
    let files: Vec<&str> = page
        .split("```toml\n")
        .skip(1)
        .map(|block| block.split_once("```").expect("a fence is closed").0)
        .collect();
    assert!(!files.is_empty());
    for file in files {
        let stage = Stage::with(&[("a.toml", file), ("smtp-password", "correct\n")]);
        let ended = stage.attendant("config check --config a.toml");
        assert_eq!(ended.code, 0, "{file}\n{}", ended.err);
    }
}

#[test]
fn settings_by_earlier_names_are_read_and_the_new_name_is_said() {
    let stage = Stage::with(&[("a.toml", "[meeting]\nback_to_lobby_when_organizer_leaves = true\n")]);
    let ended = stage.attendant("config check --config a.toml");
    assert_eq!(ended.code, 0, "{ended:?}");
    let said = "meeting.back_to_lobby_when_organizer_leaves is now called meeting.after_organizer_leaves: write \
                after_organizer_leaves = \"lobby\"";
    assert!(format!("{}{}", ended.out, ended.err).contains(said), "{ended:?}");
    let wrong = checked("[meeting]\nback_to_lobby_when_organizer_leaves = \"maybe\"\n");
    assert_eq!(wrong.code, 2, "{wrong:?}");
}

#[test]
fn keys_of_two_commands_are_refused() {
    for keys in ["[meeting.keys]\nhelp = 6", "[meeting.organizer_keys]\nend = \"*6\""] {
        let ended = checked(keys);
        assert_eq!(ended.code, 2, "{ended:?}");
        assert!(ended.err.contains("two commands have the same keys, *6"), "{}", ended.err);
    }
    let ended = checked("[meeting.keys]\nhelp = \"**\"\nhand = \"=5\"\nmute = 22\n");
    assert_eq!(ended.code, 0, "{ended:?}");
}
