//! Gives each word to a parameter, by PowerShell's rules ("about_Parameters", "about_Parameter_Binding"): names in any
//! case, abbreviated as far as they stay unambiguous, the cmdlet's own before those that all have; switches take a
//! value behind a colon only; one parameter needs no name.

use super::command::{Argument, Cmdlet, Command, Value};
use super::fault::Fault;
use super::lex::Word;
use super::parameter::{Key, Parameter, Takes};
use super::table::CMDLETS;
use crate::suggest::suggest;

/// Binds the words of a command; `None` if there are not one.
pub(super) fn bind(words: &[Word]) -> Result<Option<Command>, Fault> {
    let Some((first, rest)) = words.split_first() else { return Ok(None) };
    let Word::Bare(name) = first else {
        let right = "a cmdlet's name first, such as Get-CsOnlineDialInConferencingUser";
        return Err(Fault::new("it does not start with the name of a cmdlet", right));
    };
    let cmdlet = Cmdlet::named(name).ok_or_else(|| unknown_cmdlet(name))?;
    let mut binder = Binder { cmdlet, words: rest, at: 0, arguments: Vec::new() };
    while binder.at < rest.len() {
        binder.step()?;
    }
    binder.finish().map(Some)
}

fn unknown_cmdlet(name: &str) -> Fault {
    let known = CMDLETS.iter().map(|cmdlet| cmdlet.name);
    let right = suggest(name, known).unwrap_or_else(|| "`Get-Command` lists them".to_owned());
    Fault::said(&format!("unknown cmdlet `{name}`; {right}"))
}

struct Binder<'w> {
    cmdlet: &'static Cmdlet,
    words: &'w [Word],
    at: usize,
    arguments: Vec<Argument>,
}

impl<'w> Binder<'w> {
    /// Binds the next parameter or value.
    fn step(&mut self) -> Result<(), Fault> {
        let Some(Word::Parameter { name, colon }) = self.words.get(self.at) else {
            return self.without_a_name();
        };
        self.at += 1;
        let parameter = self.named(name)?;
        if let Key::Refused(why) = parameter.key {
            return Err(Fault::said(&format!("-{} cannot be used here: {why}", parameter.name)));
        }
        let value = match (parameter.takes, colon) {
            (Takes::Switch, false) => Value::Switch(true),
            (_, _) => {
                let given = self.values(parameter)?;
                convert(parameter, &given)?
            }
        };
        self.give(parameter, value)
    }

    fn give(&mut self, parameter: &'static Parameter, value: Value) -> Result<(), Fault> {
        if self.arguments.iter().any(|given| given.parameter.name == parameter.name) {
            return Err(Fault::said(&format!("-{0} is given twice; expected one -{0}", parameter.name)));
        }
        self.arguments.push(Argument { parameter, value });
        Ok(())
    }

    /// The parameter with this name, or the only one whose name begins so.
    fn named(&self, name: &str) -> Result<&'static Parameter, Fault> {
        let lower = name.to_lowercase();
        let is_exact = |parameter: &&Parameter| parameter.names().any(|known| known.to_lowercase() == lower);
        let begins =
            |parameter: &&Parameter| parameter.names().any(|known| known.to_lowercase().starts_with(&lower));
        if let Some(exact) = self.cmdlet.all().find(is_exact) {
            return Ok(exact);
        }
        let own: Vec<_> = self.cmdlet.own().filter(begins).collect();
        let all: Vec<_> = self.cmdlet.all().filter(begins).collect();
        match (own.as_slice(), all.as_slice()) {
            ([only], _) | (_, [only]) => Ok(only),
            ([], []) => Err(self.unknown(name)),
            ([], several) | (several, _) => {
                let names: Vec<String> = several.iter().map(|known| format!("-{}", known.name)).collect();
                let what = format!("-{name} is ambiguous");
                Err(Fault::new(&what, &format!("one of {}", names.join(", "))))
            }
        }
    }

    /// A name that no parameter has. What was published as `-amos.marble –ResetLeaderPIN` means a user.
    fn unknown(&self, name: &str) -> Fault {
        let cmdlet = self.cmdlet.name;
        if let (Some(Word::Bare(rest)), true) = (self.words.get(self.at), self.takes_a_user())
            && rest.starts_with('.')
        {
            return Fault::said(&format!(
                "-{name}{rest} is not a parameter of {cmdlet}; a user is named by -Identity: did you mean \
                 `-Identity {name}{rest}`?"
            ));
        }
        let all = self.cmdlet.all().filter(|known| !matches!(known.key, Key::Refused(_)));
        let right = suggest(name, all.map(|known| known.name))
            .unwrap_or_else(|| format!("`Get-Help {cmdlet}` lists them"));
        Fault::said(&format!("{cmdlet} has no parameter -{name}; {right}"))
    }

    fn takes_a_user(&self) -> bool {
        self.cmdlet.own().any(|known| known.key == Key::Identity)
    }

    /// The value behind a parameter's name, or several with commas between them.
    fn values(&mut self, parameter: &Parameter) -> Result<Vec<&'w Word>, Fault> {
        let mut values = Vec::new();
        loop {
            match self.words.get(self.at) {
                Some(word @ (Word::Bare(_) | Word::Quoted(_) | Word::Flag(_) | Word::Null)) => {
                    values.push(word);
                }
                Some(Word::Parameter { .. } | Word::Comma) | None => {
                    return Err(Fault::said(&format!(
                        "-{} needs a value; expected {}",
                        parameter.name,
                        right(parameter.takes)
                    )));
                }
            }
            self.at += 1;
            if self.words.get(self.at) != Some(&Word::Comma) {
                return Ok(values);
            }
            self.at += 1;
        }
    }

    /// A value without a name goes to the one parameter that needs none.
    fn without_a_name(&mut self) -> Result<(), Fault> {
        let before = self.arguments.last();
        let positional =
            self.cmdlet.positional.and_then(|name| self.cmdlet.own().find(|own| own.name == name));
        let free = positional
            .filter(|positional| !self.arguments.iter().any(|given| given.parameter.name == positional.name));
        if let (Some(Argument { parameter, value: Value::Switch(_) }), Some(Word::Flag(flag))) =
            (before, self.words.get(self.at))
        {
            let what = format!("-{} does not take a value after a blank", parameter.name);
            return Err(Fault::new(&what, &format!("-{}:${flag}", parameter.name)));
        }
        let Some(parameter) = free else {
            let word = match self.words.get(self.at) {
                Some(Word::Bare(text) | Word::Quoted(text)) => format!("`{text}`"),
                Some(Word::Flag(flag)) => format!("`${flag}`"),
                Some(Word::Null) => "`$null`".to_owned(),
                Some(Word::Comma) => "the comma".to_owned(),
                Some(Word::Parameter { .. }) | None => "that".to_owned(),
            };
            let right = match (self.cmdlet.positional, before) {
                (_, Some(Argument { parameter, value: Value::Switch(_) })) => {
                    format!("nothing after -{}, which is a switch", parameter.name)
                }
                (Some(name), _) => format!("the name of its parameter before it: only -{name} needs none"),
                (None, _) => "nothing: it takes no values".to_owned(),
            };
            return Err(Fault::new(&format!("{word} does not belong to a parameter"), &right));
        };
        let values = self.values(parameter)?;
        self.give(parameter, convert(parameter, &values)?)
    }

    fn finish(self) -> Result<Command, Fault> {
        let Self { cmdlet, arguments, .. } = self;
        if let (true, Some(name)) = (cmdlet.required, cmdlet.positional)
            && !arguments.iter().any(|given| given.parameter.name == name)
        {
            let example = if cmdlet.own().any(|own| own.key == Key::PrimaryLanguage) {
                "+14255550100"
            } else if name == "Name" {
                "Set-CsOnlineDialInConferencingUser"
            } else {
                "amos.marble@contoso.com"
            };
            let what = format!("{} needs -{name}", cmdlet.name);
            return Err(Fault::new(&what, &format!("-{name} {example}")));
        }
        Ok(Command { cmdlet, arguments })
    }
}

/// Returns what a parameter expects.
fn right(takes: Takes) -> String {
    match takes {
        Takes::Switch | Takes::Flag => "$true or $false".to_owned(),
        Takes::Count(least, most) => format!("a whole number from {least} to {most}"),
        Takes::Text => "text, in quotes if it contains blanks".to_owned(),
        Takes::Texts => "texts, separated by commas".to_owned(),
        Takes::Word(words) => format!("one of {}", words.join(", ")),
    }
}

fn convert(parameter: &Parameter, given: &[&Word]) -> Result<Value, Fault> {
    let name = parameter.name;
    if let Takes::Texts = parameter.takes {
        let texts = given.iter().filter(|word| ***word != Word::Null).map(|word| text(word)).collect();
        return Ok(Value::Texts(texts));
    }
    let [word] = given else {
        return Err(Fault::said(&format!("-{name} takes one value, not {}", given.len())));
    };
    let refuse = || {
        let shown = match word {
            Word::Null => "$null".to_owned(),
            Word::Flag(flag) => format!("${flag}"),
            Word::Bare(_) | Word::Quoted(_) | Word::Parameter { .. } | Word::Comma => text(word),
        };
        Fault::new(&format!("-{name} does not take `{shown}`"), &right(parameter.takes))
    };
    match (parameter.takes, word) {
        (Takes::Switch, Word::Flag(on)) => Ok(Value::Switch(*on)),
        (Takes::Flag, Word::Flag(on)) => Ok(Value::Flag(*on)),
        // A number is true unless it is zero, as everywhere in PowerShell; a text is neither.
        (Takes::Switch | Takes::Flag, Word::Bare(text)) => {
            let on = text.parse::<i32>().map_err(|_| refuse())? != 0;
            Ok(if parameter.takes == Takes::Switch { Value::Switch(on) } else { Value::Flag(on) })
        }
        (Takes::Count(least, most), Word::Bare(text) | Word::Quoted(text)) => {
            let number = text.parse().ok().filter(|number| (least..=most).contains(number));
            number.map(Value::Count).ok_or_else(refuse)
        }
        (Takes::Word(words), Word::Bare(text) | Word::Quoted(text)) => {
            let known = words.iter().find(|known| known.eq_ignore_ascii_case(text));
            known.map(|known| Value::Text((*known).to_owned())).ok_or_else(refuse)
        }
        (Takes::Text, _) => Ok(Value::Text(text(word))),
        (Takes::Switch | Takes::Flag | Takes::Count(..) | Takes::Word(_) | Takes::Texts, _) => Err(refuse()),
    }
}

/// The word as PowerShell makes a text of it.
fn text(word: &Word) -> String {
    match word {
        Word::Bare(text) | Word::Quoted(text) => text.clone(),
        Word::Flag(true) => "True".to_owned(),
        Word::Flag(false) => "False".to_owned(),
        Word::Null | Word::Parameter { .. } | Word::Comma => String::new(),
    }
}
