//! Any text, and any command.

use attendant::admin::cmdlet::Cmdlet;
use attendant::admin::cmdlet::complete::complete;
use attendant::admin::cmdlet::mask::mask;
use attendant::admin::cmdlet::parameter::{Key, Parameter, Takes};
use attendant::admin::cmdlet::table::CMDLETS;
use attendant::admin::cmdlet::{Argument, Command, Value, goes_on, read};
use proptest::prelude::*;

/// A value that the parameter takes.
fn value(parameter: &'static Parameter) -> BoxedStrategy<Value> {
    match parameter.takes {
        Takes::Switch => any::<bool>().prop_map(Value::Switch).boxed(),
        Takes::Flag => any::<bool>().prop_map(Value::Flag).boxed(),
        Takes::Count(least, most) => (least..=most).prop_map(Value::Count).boxed(),
        Takes::Text => any::<String>().prop_map(Value::Text).boxed(),
        Takes::Texts => prop::collection::vec(any::<String>(), 0..5).prop_map(Value::Texts).boxed(),
        Takes::Word(words) => {
            prop::sample::select(words).prop_map(|word| Value::Text(word.to_owned())).boxed()
        }
    }
}

fn command() -> impl Strategy<Value = Command> {
    prop::sample::select(CMDLETS.iter().collect::<Vec<&'static Cmdlet>>()).prop_flat_map(|cmdlet| {
        let all: Vec<_> = cmdlet.all().filter(|known| !matches!(known.key, Key::Refused(_))).collect();
        let most = all.len();
        prop::sample::subsequence(all, 0..=most).prop_shuffle().prop_flat_map(move |mut chosen| {
            let positional = cmdlet.own().find(|own| cmdlet.required && cmdlet.positional == Some(own.name));
            if let Some(needed) = positional.filter(|needed| !chosen.contains(needed)) {
                chosen.push(needed);
            }
            let arguments: Vec<_> = chosen
                .into_iter()
                .map(|parameter| value(parameter).prop_map(move |value| Argument { parameter, value }))
                .collect();
            arguments.prop_map(move |arguments| Command { cmdlet, arguments })
        })
    })
}

/// Pieces of which cmdlets are made, put together at random.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "Set-CsOnlineDialInConferencingUser",
        "Get-Help",
        " ",
        "\n",
        "-",
        "–",
        "—",
        "Identity",
        "ResetLeaderPin",
        ":",
        ",",
        "'",
        "\"",
        "‘",
        "”",
        "`",
        "$",
        "$true",
        "$null",
        "$(",
        "|",
        "#",
        "27182",
        "a@b",
        ".",
        "`\n",
        "@",
        "(",
        "\r",
        "é",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// Everything that looks at what was typed.
fn look_at(text: &str) {
    if let Ok(Some(command)) = read(text) {
        let _ordered = command.order();
    }
    let _open = goes_on(text);
    let found = complete(text, |begun| vec![format!("{begun}@contoso.com")]);
    assert!(text.is_char_boundary(found.start), "{text:?}");
}

proptest! {
    #[test]
    fn a_command_that_is_written_out_reads_as_itself(command in command()) {
        let text = command.to_string();
        // What is longer than a line may be is refused, whatever it says.
        prop_assume!(text.len() <= attendant::admin::cmdlet::COMMAND_MAX);
        prop_assert_eq!(read(&text).map_err(|fault| fault.to_string()), Ok(Some(command)), "{}", text);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>(), made in pieces()) {
        look_at(&text);
        look_at(&made);
    }

    #[test]
    fn no_message_has_a_row_of_digits_that_was_typed(made in pieces()) {
        // Addresses are not PINs, and stay.
        let text = format!("{} 2718281828", made.replace('@', "x"));
        if let Err(fault) = read(&text) {
            prop_assert!(!fault.to_string().contains("27182"), "{}", fault);
        }
        prop_assert!(!mask(&text).contains("27182"), "{}", text);
    }
}
