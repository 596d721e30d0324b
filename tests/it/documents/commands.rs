//! Every command that a document shows is one that the program takes.

use attendant::cli::Args;
use clap::Parser as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::markdown::Document;

/// The command lines of `attendant` in a line of shell: at its start, behind a pipe or an assignment, in `$(…)`.
pub(super) fn commands(line: &str) -> Vec<Vec<String>> {
    let Some(words) = shlex::split(line) else { return Vec::new() };
    let mut found: Vec<Vec<String>> = Vec::new();
    let (mut begins, mut inside) = (true, false);
    for word in words {
        let (substitutes, program) = word.rsplit_once("$(").map_or((false, &*word), |(_, word)| (true, word));
        let redirects = word.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(['>', '<']);
        if (begins || substitutes) && program.rsplit('/').next() == Some("attendant") {
            (begins, inside) = (false, true);
            found.push(vec!["attendant".to_owned()]);
        } else if ["|", "||", "&&", "&", ";"].contains(&word.as_str()) {
            (begins, inside) = (true, false);
        } else if redirects {
            inside = false;
        } else if inside {
            let closes = word.ends_with(')') && !word.contains('(');
            let word = if closes { word.trim_end_matches(')') } else { &word };
            found.last_mut().unwrap().push(word.to_owned());
            inside = !closes;
        } else {
            let assigns = word
                .split_once('=')
                .is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'));
            begins = begins && assigns;
        }
    }
    found
}

/// Why the program does not take a command, if so.
pub(super) fn refusal(words: &[String]) -> Option<String> {
    let error = Args::try_parse_from(words).err()?;
    let is_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    (!is_help)
        .then(|| format!("{}: {}", words.join(" "), error.to_string().lines().next().unwrap_or_default()))
}

/// The same for a command that a sentence names: its arguments and values may be left out, and words in capitals stand
/// for others.
fn mention_refusal(words: &[String]) -> Option<String> {
    let error = Args::try_parse_from(words).err()?;
    let is_unfinished = matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            | ErrorKind::MissingRequiredArgument
            | ErrorKind::MissingSubcommand
    );
    let is_of_a_value = matches!(error.kind(), ErrorKind::ValueValidation | ErrorKind::InvalidValue);
    let stands_for_another = matches!(
        error.get(ContextKind::InvalidValue),
        Some(ContextValue::String(value)) if !value.chars().any(char::is_lowercase)
    );
    let fine = is_unfinished || is_of_a_value && stands_for_another;
    (!fine)
        .then(|| format!("`{}`: {}", words.join(" "), error.to_string().lines().next().unwrap_or_default()))
}

/// The lines of a block that are typed: all of a script, those with a prompt of a session.
fn typed(language: &str, text: &str) -> Vec<String> {
    let text = text.replace("\\\n", " ");
    let is_script = ["sh", "ini", "yaml"].contains(&language);
    let lines = text.lines().map(str::trim_start);
    let lines = lines.filter_map(|line| if is_script { Some(line) } else { line.strip_prefix("$ ") });
    // Systemd's way to say what it runs.
    lines.map(|line| line.replace("ExecStart=", "")).collect()
}

#[test]
fn every_command_in_a_block_is_taken() {
    let mut looked_at = 0;
    let mut problems = Vec::new();
    for document in Document::all() {
        for block in document.blocks() {
            for line in typed(&block.language, &block.text).iter().flat_map(|line| commands(line)) {
                looked_at += 1;
                problems.extend(refusal(&line).map(|why| format!("{}: {why}", document.path)));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(looked_at > 60, "only {looked_at} commands were seen");
}

#[test]
fn every_command_in_a_sentence_is_taken() {
    let mut looked_at = 0;
    let mut problems = Vec::new();
    for document in Document::all() {
        for code in document.inline_code().iter().filter(|code| code.starts_with("attendant ")) {
            for line in commands(code) {
                looked_at += 1;
                problems.extend(mention_refusal(&line).map(|why| format!("{}: {why}", document.path)));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(looked_at > 40, "only {looked_at} commands were seen");
}

#[test]
fn commands_are_found_wherever_a_shell_runs_them() {
    let words = |line: &str| commands(line).into_iter().map(|words| words.join(" ")).collect::<Vec<_>>();
    assert_eq!(words("pin=$(attendant users list --json)  # all"), ["attendant users list --json"]);
    assert_eq!(words("printf 'a\\n' | attendant dial --plain > log"), ["attendant dial --plain"]);
    assert_eq!(
        words("target/debug/attendant lint a && attendant lint b"),
        ["attendant lint a", "attendant lint b"]
    );
    assert_eq!(words("curl http://127.0.0.1/ # attendant is there"), [""; 0]);
    assert_eq!(words("useradd --home-dir /var/lib/attendant attendant"), [""; 0]);
}

#[test]
fn commands_that_do_not_exist_are_found() {
    let refused = |line: &str| commands(line).iter().filter_map(|words| refusal(words)).count();
    assert_eq!(refused("attendant rply scenarios"), 1);
    assert_eq!(refused("attendant replay scenarios --quick"), 1);
    assert_eq!(refused("attendant replay scenarios --quiet"), 0);
    let mention = |line: &str| commands(line).iter().filter_map(|words| mention_refusal(words)).count();
    assert_eq!((mention("attendant users"), mention("attendant truth-table --diff sfbo-2017 NAME")), (0, 0));
    assert_eq!((mention("attendant usrs"), mention("attendant truth-table --diff sfbo-2017 nome")), (1, 1));
}
