//! CSV as Excel, LibreOffice and PowerShell write it: read, or refused with its line and its cause.

use super::{administer, does};
use crate::stage::{Ended, Stage};

const AMOS: &str = "amos.marble@contoso.com";
const ZOE: &str = "zoe.grun@contoso.com";

/// A directory with the service numbers that the files name, and these files.
fn stage(files: &[(&str, &[u8])]) -> Stage {
    let stage = Stage::with(&[]);
    for (name, bytes) in files {
        std::fs::write(stage.path().join(name), bytes).unwrap();
    }
    does(&stage, "numbers add +14255550100");
    does(&stage, "numbers add +18005550199 --toll-free");
    stage
}

fn import(file: &str, bytes: &[u8]) -> (Stage, Ended) {
    let stage = stage(&[(file, bytes)]);
    let ended = administer(&stage, &format!("users import {file}"));
    (stage, ended)
}

/// A table in UTF-16 with its mark, as Excel writes `Unicode Text`.
fn utf_16(text: &str, bytes_of: fn(u16) -> [u8; 2]) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(bytes_of).collect()
}

/// The same two users in every form: Excel in English, German and French, its Unicode text, LibreOffice, PowerShell.
fn forms() -> Vec<(&'static str, Vec<u8>)> {
    let english = "name,display_name,mail,phone,enabled,conference_id,allow_anonymous_start\r\n\
                   amos.marble@contoso.com,Amos Marble,amos.marble@contoso.com,14255550123,TRUE,3141592,FALSE\r\n\
                   zoe.grun@contoso.com,Zoë Grün,zoe.grun@contoso.com,,TRUE,2718281,FALSE\r\n";
    let semicolons = english.replace(',', ";");
    let german = semicolons.replace("TRUE", "WAHR").replace("FALSE", "FALSCH");
    let french = semicolons.replace("TRUE", "VRAI").replace("FALSE", "FAUX");
    let tabs = english.replace(',', "\t");
    let quoted: String = english
        .lines()
        .map(|line| {
            line.split(',').map(|field| format!("\"{field}\"")).collect::<Vec<_>>().join(",") + "\r\n"
        })
        .collect();
    let titles = english.replacen("name,display_name", "Name,Display Name", 1).replacen(
        "conference_id",
        "ConferenceId",
        1,
    );
    let guarded = english.replace(",3141592", ",'3141592").replace(",2718281", ",\"=\"\"2718281\"\"\"");
    let bom = |text: &str| [&[0xef, 0xbb, 0xbf], text.as_bytes()].concat();
    vec![
        ("plain", english.into()),
        ("excel-utf-8", bom(english)),
        ("excel-german", bom(&german)),
        ("excel-french", bom(&french)),
        ("excel-sep", format!("sep=;\r\n{german}").into()),
        ("excel-unicode-text", utf_16(&tabs, u16::to_le_bytes)),
        ("big-endian", utf_16(&tabs, u16::to_be_bytes)),
        ("libreoffice", english.replace("\r\n", "\n").replace("14255550123", "+1 (425) 555-0123").into()),
        ("macintosh", english.replace("\r\n", "\r").into()),
        (
            "powershell",
            format!("#TYPE Selected.System.Management.Automation.PSCustomObject\r\n{quoted}").into(),
        ),
        ("titles", titles.into()),
        ("guarded", guarded.into()),
        ("grouped", english.replace("3141592", "314 1592").replace("2718281", "271-8281").into()),
        ("empty-rows", format!("{english},,,,,,\r\n\r\n,,,,,,\r\n").into()),
        ("empty-columns", english.replace("\r\n", ",,\r\n").into()),
        ("twice-the-same", format!("{english}{}", english.lines().nth(1).unwrap()).into()),
    ]
}

#[test]
fn what_spreadsheets_write_is_read_in_every_form() {
    for (form, bytes) in forms() {
        let (stage, ended) = import("users.csv", &bytes);
        let there = u8::from(form == "twice-the-same");
        assert_eq!(ended.out, format!("2 added, {there} existed\n"), "{form}: {}", ended.err);
        let exported = does(&stage, "users export").out;
        let users: Vec<&str> = exported.lines().skip(1).collect();
        assert_eq!(
            users,
            [
                "amos.marble@contoso.com,Amos Marble,amos.marble@contoso.com,+14255550123,en-US,true,3141592,\
                 +14255550100,,true,false",
                "zoe.grun@contoso.com,Zoë Grün,zoe.grun@contoso.com,,en-US,true,2718281,+14255550100,,true,false",
            ],
            "{form}"
        );
    }
}

#[test]
fn an_export_comes_back_through_a_spreadsheet() {
    let stage = stage(&[]);
    does(&stage, &format!("users enable {AMOS} --phone +14255550123 --conference-id 0314159"));
    does(&stage, &format!("users enable {ZOE} --toll-free-number +18005550199"));
    let evil = ["users", "set", ZOE, "--display-name", "=HYPERLINK(\"http://x\")"];
    assert_eq!(stage.attendant_words(&evil, super::HERE).code, 0);
    let exported = does(&stage, "users export").out;
    assert!(exported.contains(",\"'=HYPERLINK(\"\"http://x\"\")\","), "nothing is calculated: {exported}");
    // What Excel makes of it in German: numbers without their plus, its own booleans, semicolons, a mark, and the formula that
    // keeps the zero of a conference ID replaced by what it shows.
    let through_excel = exported
        .replace("\"=\"\"0314159\"\"\"", "0314159")
        .replace(",+1", ",1")
        .replace("true", "WAHR")
        .replace("false", "FALSCH")
        .replace(',', ";")
        .replace('\n', "\r\n");
    let other = "--directory d/other.db";
    for number in ["+14255550100", "+18005550199 --toll-free"] {
        stage.attendant(&format!("numbers add {number} {other}"));
    }
    for (name, text) in [("same.csv", exported.clone()), ("excel.csv", format!("\u{feff}{through_excel}"))] {
        std::fs::write(stage.path().join(name), &text).unwrap();
        let again = does(&stage, &format!("users import {name}"));
        assert_eq!(again.out, "0 added, 2 existed\n", "{name}: {text}");
    }
    let imported = stage.attendant(&format!("users import excel.csv {other}"));
    assert_eq!(imported.out, "2 added, 0 existed\n", "{}", imported.err);
    assert_eq!(stage.attendant(&format!("users export {other}")).out, exported);
}

#[test]
fn what_is_wrong_is_told_once_with_its_line() {
    let head = "name,mail,enabled,conference_id,phone\r\n";
    let good = "kim@contoso.com,kim@contoso.com,TRUE,314,\r\n";
    for (body, said) in [
        (
            "\r\n\r\nlee@contoso.com,lee@contoso.com,maybe,,\r\n",
            "line 5: enabled: `maybe` is neither true nor false",
        ),
        (
            "lee@contoso.com,\"lee\r\n@contoso.com\",TRUE,,\r\n",
            "line 3: `lee\n@contoso.com` is not a mail address",
        ),
        ("lee@contoso.com,,TRUE,2718281.00,\r\n", "line 3: conference_id: this is not a conference ID"),
        (
            "lee@contoso.com,,TRUE,3.14E+06,\r\n",
            "line 3: conference_id: a spreadsheet has rounded it to `3.14E+06`",
        ),
        (
            "lee@contoso.com,,TRUE,,1.42556E+10\r\n",
            "line 3: phone: a spreadsheet has rounded it to `1.42556E+10`",
        ),
        ("lee@contoso.com,,TRUE,,555-0100\r\n", "line 3: phone: `555-0100` is not a telephone number"),
        ("lee@contoso.com,,TRUE,\r\n", "line 3: it has 4 fields; expected 5, as in the header"),
        ("lee@contoso.com,,TRUE,,,x\r\n", "line 3: it has 6 fields; expected 5, as in the header"),
        ("lee@contoso.com,,TRUE,314,\r\n", "line 3: the conference ID 314 belongs to somebody else"),
        (
            "Kim@contoso.com,kim@contoso.com,TRUE,315,\r\n",
            "line 3: Kim@contoso.com is on line 2 already, with other data",
        ),
        ("\"lee@contoso.com,,TRUE,,\r\n", "line 3: a quote is opened here and never closed"),
        ("Zo\u{eb}", "line 3: "),
    ] {
        let (_stage, ended) = import("users.csv", format!("{head}{good}{body}").as_bytes());
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{body}: {ended:?}");
        assert!(ended.err.contains(&format!("users.csv, {said}")), "{body}: {}", ended.err);
        assert_eq!(
            ended.err.matches("line 3").count() + ended.err.matches("line 5").count(),
            1,
            "{}",
            ended.err
        );
        assert!(ended.err.contains("; no user was added"), "{}", ended.err);
    }
    let (_stage, ended) = import("ansi.csv", b"name\r\nkim@contoso.com\r\nZo\xeb@contoso.com\r\n");
    assert!(ended.err.contains("ansi.csv, line 3: it is not UTF-8 or UTF-16"), "{}", ended.err);
}

#[test]
fn a_disabled_user_is_imported_with_what_is_said() {
    let line = "lee@contoso.com,Lee,lee@contoso.com,,en-US,false,,,,false,true\n";
    let (stage, ended) = import(
        "off.csv",
        b"name,enabled,conference_id,allow_toll_free,allow_anonymous_start\nlee@contoso.com,false,314,false,true\n",
    );
    assert_eq!(ended.out, "1 added, 0 existed\n", "{}", ended.err);
    let exported = does(&stage, "users export").out;
    assert!(exported.ends_with(line), "neither conference ID nor number is given: {exported}");
    let (stage, _) = import("numbers.csv", b"name,enabled,number\nlee@contoso.com,false,14255550100\n");
    let exported = does(&stage, "users export").out;
    assert!(exported.contains(",false,,+14255550100,,true,"), "{exported}");
}

#[test]
fn a_stopped_import_says_how_many_it_added() {
    let users: String = (0..10_001).map(|number| format!("user{number}@contoso.com\n")).collect();
    let (stage, ended) = import("many.csv", format!("name\n{users}wrong\n").as_bytes());
    assert_eq!(ended.code, 2);
    let said = "many.csv, line 10003: `wrong` is not a user principal name";
    assert!(ended.err.contains(said), "{}", ended.err);
    assert!(ended.err.contains("; 10000 users were added before it, and stay"), "{}", ended.err);
    assert_eq!(does(&stage, "users list --json").out.lines().count(), 10_000);
}
