//! Takes the text of a cmdlet apart into words, by PowerShell's rules for what stands behind a command
//! ("about_Parsing", argument mode; "about_Quoting_Rules"): typographic dashes and quotes count as plain ones, a
//! backtick takes the meaning from what follows, `#` begins a comment.

use std::iter::Peekable;
use std::str::Chars;

use super::fault::Fault;

/// A word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Word {
    /// Without quotes around it.
    Bare(String),
    /// In quotes.
    Quoted(String),
    /// `$true` or `$false`
    Flag(bool),
    /// `$null`
    Null,
    /// `-Name`; with a colon, its value follows at once.
    Parameter {
        /// Without the dash.
        name: String,
        /// Whether a colon stands behind it.
        colon: bool,
    },
    /// Parts the members of a list.
    Comma,
}

/// The hyphen, en dash, em dash and horizontal bar begin a parameter, as in PowerShell.
pub(super) fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2013}' | '\u{2014}' | '\u{2015}')
}

/// The plain one and the typographic ones: single quotes to PowerShell.
pub(super) fn is_single_quote(c: char) -> bool {
    matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}')
}

fn is_double_quote(c: char) -> bool {
    matches!(c, '"' | '\u{201c}' | '\u{201d}' | '\u{201e}')
}

/// Returns whether a text goes on in the next line.
pub(super) fn goes_on(text: &str) -> bool {
    let ends_in_backtick = text.ends_with('`') && !text.ends_with("``");
    ends_in_backtick || matches!(words(text), Err(Stop::Open(_)))
}

/// Takes a text apart.
pub(super) fn lex(text: &str) -> Result<Vec<Word>, Fault> {
    words(text).map_err(|stop| match stop {
        Stop::Wrong(fault) => fault,
        Stop::Open(quote) => {
            Fault::said(&format!("a quote is never closed; expected a second {quote} after it"))
        }
    })
}

/// Why no more words are found.
enum Stop {
    Wrong(Fault),
    /// The text ends inside of these quotes.
    Open(char),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Wrong(fault)
    }
}

fn words(text: &str) -> Result<Vec<Word>, Stop> {
    // Some editors and shells write a byte order mark before the first line of a file.
    let text = text.trim_start_matches('\u{feff}');
    let mut lexer = Lexer { rest: text.chars().peekable(), begun: false };
    let mut words = Vec::new();
    while let Some(word) = lexer.word()? {
        words.push(word);
    }
    Ok(words)
}

struct Lexer<'t> {
    rest: Peekable<Chars<'t>>,
    /// Whether a word was looked for: lines before the first are passed over.
    begun: bool,
}

impl Lexer<'_> {
    fn word(&mut self) -> Result<Option<Word>, Stop> {
        if self.skip_blanks()? {
            return Ok(None);
        }
        let Some(first) = self.rest.peek().copied() else { return Ok(None) };
        if first == ';' {
            return self.separator();
        }
        Ok(Some(match first {
            ',' => {
                self.rest.next();
                Word::Comma
            }
            c if is_single_quote(c) || is_double_quote(c) => {
                let mut text = String::new();
                self.quoted(&mut text)?;
                Word::Quoted(text)
            }
            c if is_dash(c) => self.dash()?,
            '$' => self.dollar()?,
            c if is_refused(c) => return Err(self.refuse(c).into()),
            _ => Word::Bare(self.bare(String::new())?),
        }))
    }

    /// Passes over blanks and comments. True if nothing comes behind them.
    fn skip_blanks(&mut self) -> Result<bool, Fault> {
        let mut ended = false;
        while let Some(c) = self.rest.peek().copied() {
            if c == '#' {
                while self.rest.next_if(|c| *c != '\n').is_some() {}
            } else if c.is_whitespace() {
                ended |= matches!(c, '\n' | '\r');
                self.rest.next();
            } else if !self.skip_line_end() {
                break;
            }
        }
        let nothing_more = self.rest.peek().is_none();
        if ended && !nothing_more && self.begun {
            let what = "there is more text after the end of the line";
            return Err(Fault::new(
                what,
                "one cmdlet at a time; a backtick at the end of a line continues it",
            ));
        }
        self.begun = true;
        Ok(nothing_more)
    }

    /// Passes over `;` at the end of a cmdlet; before another cmdlet it is refused.
    fn separator(&mut self) -> Result<Option<Word>, Stop> {
        while self.rest.next_if_eq(&';').is_some() {
            if self.skip_blanks()? {
                return Ok(None);
            }
        }
        Err(self.refuse(';').into())
    }

    /// A backtick at the end of a line takes its end away.
    fn skip_line_end(&mut self) -> bool {
        let mut ahead = self.rest.clone();
        let is_backtick = ahead.next() == Some('`');
        let end = ahead.next_if_eq(&'\r').is_some() | ahead.next_if_eq(&'\n').is_some();
        let skips = is_backtick && (end || ahead.peek().is_none());
        if skips {
            self.rest = ahead;
        }
        skips
    }

    /// `-Name`, `-Name:`, or a word that begins with a dash.
    fn dash(&mut self) -> Result<Word, Stop> {
        let dash = self.rest.next().unwrap_or('-');
        match self.rest.peek().copied() {
            Some(c) if c.is_alphabetic() || matches!(c, '_' | '?') => {}
            Some(c) if is_dash(c) => {
                let what = "a name has two dashes";
                return Err(Fault::new(what, "one dash: PowerShell writes -Identity, not --identity").into());
            }
            Some(_) | None => return Ok(Word::Bare(self.bare(dash.to_string())?)),
        }
        let mut name = String::new();
        while let Some(c) = self.rest.peek().copied() {
            if c.is_whitespace() || is_refused(c) || matches!(c, ',' | '.' | '[' | ':') {
                break;
            }
            if is_single_quote(c) || is_double_quote(c) || c == '`' {
                // With a quote in it PowerShell takes it for a word.
                return Ok(Word::Bare(self.bare(format!("{dash}{name}"))?));
            }
            name.push(if is_dash(c) { '-' } else { c });
            self.rest.next();
        }
        let colon = self.rest.next_if_eq(&':').is_some();
        Ok(Word::Parameter { name, colon })
    }

    /// `$true`, `$false` or `$null`, or a word that begins with a dollar.
    fn dollar(&mut self) -> Result<Word, Stop> {
        let mut ahead = self.rest.clone();
        ahead.next();
        let mut name = String::new();
        while let Some(c) = ahead.next_if(|c| c.is_alphanumeric() || *c == '_') {
            name.push(c);
        }
        let ends = ahead.peek().is_none_or(|c| c.is_whitespace() || *c == ',' || is_refused(*c));
        let word = match name.to_lowercase().as_str() {
            "true" => Word::Flag(true),
            "false" => Word::Flag(false),
            "null" => Word::Null,
            _ => return Ok(Word::Bare(self.bare(String::new())?)),
        };
        if !ends {
            return Ok(Word::Bare(self.bare(String::new())?));
        }
        self.rest = ahead;
        Ok(word)
    }

    /// A word up to a blank or what ends a word; quotes inside belong to it.
    fn bare(&mut self, mut word: String) -> Result<String, Stop> {
        while let Some(c) = self.rest.peek().copied() {
            match c {
                c if c.is_whitespace() || matches!(c, ',' | ';') => break,
                '@' if word.is_empty() => return Err(self.refuse('@').into()),
                c if is_refused(c) => return Err(self.refuse(c).into()),
                c if is_single_quote(c) || is_double_quote(c) => self.quoted(&mut word)?,
                '`' => self.escaped(&mut word),
                '$' => self.variable(&mut word)?,
                c => {
                    word.push(c);
                    self.rest.next();
                }
            }
        }
        Ok(word)
    }

    fn quoted(&mut self, text: &mut String) -> Result<(), Stop> {
        let quote = self.rest.next().unwrap_or('"');
        let single = is_single_quote(quote);
        let closes = if single { is_single_quote } else { is_double_quote };
        while let Some(c) = self.rest.peek().copied() {
            if closes(c) {
                self.rest.next();
                // A doubled quote is one of the text.
                match self.rest.next_if(|next| closes(*next)) {
                    Some(doubled) => text.push(doubled),
                    None => return Ok(()),
                }
            } else if !single && c == '`' {
                self.escaped(text);
            } else if !single && c == '$' {
                self.variable(text)?;
            } else {
                text.push(c);
                self.rest.next();
            }
        }
        Err(Stop::Open(if single { '\'' } else { '"' }))
    }

    /// Appends the character that a backtick and the character after it stand for.
    fn escaped(&mut self, text: &mut String) {
        self.rest.next();
        match self.rest.next() {
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('t') => text.push('\t'),
            Some('0') => text.push('\0'),
            Some('\n') | None => {}
            Some(c) => text.push(c),
        }
    }

    /// A variable inside of a word or of double quotes: of the three that there are, its value as text.
    fn variable(&mut self, text: &mut String) -> Result<(), Fault> {
        self.rest.next();
        let mut name = String::new();
        while let Some(c) = self.rest.next_if(|c| c.is_alphanumeric() || *c == '_') {
            name.push(c);
        }
        match (name.to_lowercase().as_str(), self.rest.peek()) {
            ("true", _) => text.push_str("True"),
            ("false", _) => text.push_str("False"),
            ("null", _) => {}
            ("", Some('(' | '{')) => {
                return Err(Fault::new(
                    "`$(` starts an expression",
                    "its value: expressions are not supported",
                ));
            }
            ("", _) => text.push('$'),
            _ => {
                let what = format!("`${name}` is a variable; only $true, $false and $null are supported");
                return Err(Fault::new(&what, "its value, or single quotes around text with a dollar sign"));
            }
        }
        Ok(())
    }

    fn refuse(&self, c: char) -> Fault {
        let (what, right) = match c {
            '|' => {
                let behind: String = self.rest.clone().skip(1).skip_while(|c| c.is_whitespace()).collect();
                let next = behind.split_whitespace().next().unwrap_or("Select");
                let what = format!("`| {next}` is a pipeline, which is not supported");
                return Fault::new(
                    &what,
                    "the cmdlet alone; programs can select from the output of `--json`",
                );
            }
            ';' => ("`;` separates two commands", "one cmdlet at a time"),
            '&' => ("`&` calls a command by its name", "the cmdlet without it"),
            '>' | '<' => ("redirection with `>` and `<` is not supported", "the cmdlet alone"),
            '{' | '}' => ("braces start a script block, which is not supported", "the cmdlet alone"),
            '@' => ("`@` starts an array or a hash table", "a list with commas, such as de-DE, ja-JP"),
            _ => (
                "parentheses start an expression, which is not supported",
                "the value alone, or a list with commas",
            ),
        };
        Fault::new(what, right)
    }
}

/// Returns whether a character starts PowerShell syntax that is not supported here.
fn is_refused(c: char) -> bool {
    matches!(c, '|' | ';' | '&' | '<' | '>' | '{' | '}' | '(' | ')')
}
