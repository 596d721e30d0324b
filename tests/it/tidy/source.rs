//! A source file as the rules see it: words of code with their lines, without comments and literals.

use std::ops::Range;

/// One file of the repository.
pub(super) struct Source<'t> {
    /// Relative to the repository, with `/` between folders.
    pub(super) path: &'t str,
    pub(super) text: &'t str,
    pub(super) words: Vec<Word>,
}

/// A name, a `::`, or one other character. A literal is a single `"`, whatever it holds.
#[derive(Clone)]
pub(super) struct Word {
    pub(super) text: String,
    /// Counted from 1.
    pub(super) line: usize,
    /// Whether it belongs to a `#[cfg(test)] mod … { … }`, or to a file `tests.rs`.
    pub(super) in_tests: bool,
}

/// A path such as `crate::control::time::Instant`, written out in full even where it stood in braces.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CodePath {
    pub(super) line: usize,
    /// From the root on: `crate`, `std` or another name first.
    pub(super) segments: Vec<String>,
    pub(super) in_tests: bool,
}

impl<'t> Source<'t> {
    pub(super) fn new(path: &'t str, text: &'t str) -> Self {
        let mut words = if path.ends_with(".rs") { words(text) } else { Vec::new() };
        for span in test_modules(&words) {
            words[span].iter_mut().for_each(|word| word.in_tests = true);
        }
        if path.ends_with("/tests.rs") {
            words.iter_mut().for_each(|word| word.in_tests = true);
        }
        Self { path, text, words }
    }

    pub(super) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// The lines of the file, less those of the test modules inside it.
    pub(super) fn lines_without_tests(&self) -> usize {
        let of_tests = test_modules(&self.words).into_iter().map(|span| {
            let span = &self.words[span];
            span.last().map_or(0, |last| last.line - span[0].line + 1)
        });
        self.text.lines().count() - of_tests.sum::<usize>()
    }

    /// Where these words follow one another, written as in code: `thread::sleep`, `todo!`.
    pub(super) fn find(&self, code: &str) -> Vec<&Word> {
        let wanted = words(code);
        let here =
            |window: &[Word]| window.iter().zip(&wanted).all(|(word, wanted)| word.text == wanted.text);
        self.words.windows(wanted.len()).filter(|window| here(window)).map(|window| &window[0]).collect()
    }

    /// Every path of the code, `use` trees taken apart, `super` and `self` resolved.
    pub(super) fn paths(&self) -> Vec<CodePath> {
        let modules = inline_modules(&self.words);
        let mut paths = Vec::new();
        let mut at = 0;
        while at < self.words.len() {
            if !begins_a_path(&self.words, at) {
                at += 1;
                continue;
            }
            let imported = before(&self.words, at, 1) == "use" || before(&self.words, at, 2) == "use";
            let enclosing =
                modules.iter().filter(|(span, _)| span.contains(&at)).map(|(_, name)| name.clone());
            let module: Vec<String> = module_of(self.path).into_iter().chain(enclosing).collect();

            let mut leaves = Vec::new();
            at = read_tree(&self.words, at, &[], &mut leaves);
            let shortest = if imported { 1 } else { 2 };
            leaves.retain(|(_, segments)| segments.len() >= shortest);
            paths.extend(leaves.into_iter().map(|(word, segments)| CodePath {
                line: word.line,
                segments: resolved(&module, segments),
                in_tests: word.in_tests,
            }));
        }
        paths
    }
}

/// The module that a file is: `src/control/meeting/roster.rs` is `["control", "meeting", "roster"]`.
pub(super) fn module_of(path: &str) -> Vec<String> {
    let inside = path.strip_prefix("src/").unwrap_or(path);
    let inside = inside.strip_suffix(".rs").unwrap_or(inside);
    let mut names: Vec<String> = inside.split('/').map(str::to_owned).collect();
    if names == ["lib"] || names.last().is_some_and(|last| last == "mod") {
        names.pop();
    }
    names
}

/// `super::time` in the module `control::pin` is `crate::control::time`.
fn resolved(module: &[String], segments: Vec<String>) -> Vec<String> {
    let relative = segments.iter().take_while(|segment| matches!(segment.as_str(), "self" | "super")).count();
    if relative == 0 {
        return segments;
    }
    let (relative, below) = segments.split_at(relative);
    let ups = relative.iter().filter(|segment| *segment == "super").count();
    let above = &module[..module.len().saturating_sub(ups)];
    [&["crate".to_owned()], above, below].concat()
}

/// Reads a path, or the tree of a `use`, from its first word on, and returns where it ends.
fn read_tree<'w>(
    words: &'w [Word],
    mut at: usize,
    above: &[String],
    leaves: &mut Vec<(&'w Word, Vec<String>)>,
) -> usize {
    let mut path = above.to_vec();
    let mut last = &words[at];
    while let Some(word) = words.get(at) {
        if word.text == "{" {
            at += 1;
            while words.get(at).is_some_and(|word| word.text != "}") {
                at = read_tree(words, at, &path, leaves);
                // What follows a branch: `as name`, and the comma.
                at += words[at..].iter().take_while(|word| !matches!(word.text.as_str(), "," | "}")).count();
                at += usize::from(word_is(words, at, ","));
            }
            return at + 1;
        }
        let names_the_tree_above = word.text == "self" && !above.is_empty();
        if is_name(word) || word.text == "*" {
            last = word;
            at += 1;
            if !names_the_tree_above {
                path.push(word.text.clone());
            }
        }
        if !word_is(words, at, "::") {
            break;
        }
        at += 1;
    }
    leaves.push((last, path));
    at
}

fn begins_a_path(words: &[Word], at: usize) -> bool {
    if !is_name(&words[at]) || words[at].text == "use" {
        return false;
    }
    match before(words, at, 1) {
        // The end of a longer path, unless it is a global one: `use ::std::fs`.
        "::" => {
            let global = before(words, at, 2);
            global == "use" || !(global == ">" || global.starts_with(begins_a_name))
        }
        // A method or a field, unless it is a range.
        "." => before(words, at, 2) == ".",
        // `pub(in crate::control)` says who may see something; it takes nothing from there.
        "in" => before(words, at, 2) != "(" || before(words, at, 3) != "pub",
        _ => true,
    }
}

fn before(words: &[Word], at: usize, distance: usize) -> &str {
    at.checked_sub(distance).map_or("", |before| &words[before].text)
}

fn word_is(words: &[Word], at: usize, text: &str) -> bool {
    words.get(at).is_some_and(|word| word.text == text)
}

fn is_name(word: &Word) -> bool {
    word.text.starts_with(begins_a_name)
}

fn begins_a_name(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

fn continues_a_name(c: &char) -> bool {
    *c == '_' || c.is_alphanumeric()
}

/// Every `mod name { … }`, from its opening brace to its closing one.
fn inline_modules(words: &[Word]) -> Vec<(Range<usize>, String)> {
    let opening = (2..words.len()).filter(|&at| word_is(words, at, "{") && word_is(words, at - 2, "mod"));
    opening.map(|at| (at..end_of_block(words, at), words[at - 1].text.clone())).collect()
}

/// Every `#[cfg(test)] mod … { … }`, from its attribute to its closing brace.
fn test_modules(code: &[Word]) -> Vec<Range<usize>> {
    let mark = words("#[cfg(test)]");
    let mut modules = Vec::new();
    for start in 0..code.len() {
        if !mark.iter().enumerate().all(|(offset, mark)| word_is(code, start + offset, &mark.text)) {
            continue;
        }
        let mut at = start + mark.len();
        while word_is(code, at, "#") {
            at = end_of_block(code, at + 1);
        }
        if word_is(code, at, "pub") {
            at += 1;
        }
        if word_is(code, at, "(") {
            at = end_of_block(code, at);
        }
        if word_is(code, at, "mod") && word_is(code, at + 2, "{") {
            modules.push(start..end_of_block(code, at + 2));
        }
    }
    modules
}

/// Behind the bracket that closes the one at `at`.
fn end_of_block(words: &[Word], at: usize) -> usize {
    let mut depth = 0;
    for (index, word) in words.iter().enumerate().skip(at) {
        match word.text.as_str() {
            "{" | "[" | "(" => depth += 1,
            "}" | "]" | ")" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return index + 1;
        }
    }
    words.len()
}

/// Takes code apart into words, leaving comments and lifetimes out.
fn words(text: &str) -> Vec<Word> {
    let chars: Vec<char> = text.chars().collect();
    let mut words = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < chars.len() {
        let rest = &chars[at..];
        let (length, word) = match rest {
            ['/', '/', ..] => (rest.iter().take_while(|c| **c != '\n').count(), None),
            ['/', '*', ..] => (length_of_block_comment(rest), None),
            ['"', ..] => (length_of_string(rest), Some("\"".to_owned())),
            ['\'', '\\', _, ..] => {
                (3 + rest[3..].iter().take_while(|c| **c != '\'').count() + 1, Some("\"".to_owned()))
            }
            ['\'', _, '\'', ..] => (3, Some("\"".to_owned())),
            ['\'', ..] => (1 + rest[1..].iter().take_while(|c| continues_a_name(c)).count(), None),
            [':', ':', ..] => (2, Some("::".to_owned())),
            ['r', '#', name, ..] if begins_a_name(*name) => (2, None),
            [c, ..] if continues_a_name(c) => {
                let name: String = rest.iter().take_while(|c| continues_a_name(c)).collect();
                let length = name.chars().count();
                match length_of_raw_string(&rest[length..]) {
                    Some(string) if matches!(name.as_str(), "r" | "br" | "cr") => {
                        (length + string, Some("\"".to_owned()))
                    }
                    _ => (length, Some(name)),
                }
            }
            [c, ..] if c.is_whitespace() => (1, None),
            [c, ..] => (1, Some(c.to_string())),
            [] => break,
        };
        words.extend(word.map(|text| Word { text, line, in_tests: false }));
        let end = chars.len().min(at + length);
        line += chars[at..end].iter().filter(|c| **c == '\n').count();
        at = end;
    }
    words
}

fn length_of_block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn length_of_string(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != '"' {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// From the hashes on, behind the `r`.
fn length_of_raw_string(rest: &[char]) -> Option<usize> {
    let hashes = rest.iter().take_while(|c| **c == '#').count();
    let inside = rest.get(hashes).filter(|c| **c == '"').map(|_| &rest[hashes + 1..])?;
    let closes = |window: &[char]| window[0] == '"' && window[1..].iter().all(|c| *c == '#');
    let length = inside.windows(hashes + 1).position(closes).unwrap_or(inside.len());
    Some(hashes + 1 + length + 1 + hashes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(path: &str, text: &str) -> Vec<String> {
        Source::new(path, text).paths().into_iter().map(|path| path.segments.join("::")).collect()
    }

    fn text_of(text: &str) -> String {
        words(text).into_iter().map(|word| word.text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_and_literals_are_no_code() {
        assert_eq!(text_of("a // b\n/* c /* d */ e */ f"), "a f");
        assert_eq!(
            text_of(r##"a("b \" c", r#"d " e"#, br"f", b'\'', 'g', '\u{41}') h"##),
            r#"a ( " , " , " , b " , " , " ) h"#
        );
        assert_eq!(text_of("fn a<'b>(c: &'b r#type)"), "fn a < > ( c : & type )");
        assert_eq!(text_of("\"never closed"), "\"");
    }

    #[test]
    fn words_know_their_lines_through_literals_of_several_lines() {
        let source = Source::new("src/a.rs", "a\n\"b\nc\" d\n/* e\n */ f");
        let lines: Vec<_> = source.words.iter().map(|word| word.line).collect();
        assert_eq!(lines, [1, 2, 3, 5]);
    }

    #[test]
    fn a_tree_of_imports_is_taken_apart() {
        assert_eq!(
            paths("src/a.rs", "use crate::{b::{self, C as D, e::*}, f};"),
            ["crate::b", "crate::b::C", "crate::b::e::*", "crate::f"]
        );
        assert_eq!(
            paths("src/a.rs", "use ::std::{fs, io::{Read, Write}};"),
            ["std::fs", "std::io::Read", "std::io::Write"]
        );
        assert_eq!(paths("src/a.rs", "use tokio; use a::{b,}; use c::{}; let x = y;"), ["tokio", "a::b"]);
    }

    #[test]
    fn paths_in_expressions_and_types_are_found() {
        let text = "fn a(b: Vec<crate::c::D>) -> std::io::Result<()> { e.f::<g::H>(0..i::J) }";
        assert_eq!(paths("src/a.rs", text), ["crate::c::D", "std::io::Result", "g::H", "i::J"]);
        assert_eq!(paths("src/a.rs", "pub(in crate::b) use crate::c;"), ["crate::c"]);
        assert_eq!(paths("src/a.rs", "$crate::b::c!()"), ["crate::b::c"]);
    }

    #[test]
    fn relative_paths_are_resolved_in_files_and_inline_modules() {
        assert_eq!(
            paths("src/a/b.rs", "use super::c::D; use self::e::F;"),
            ["crate::a::c::D", "crate::a::b::e::F"]
        );
        assert_eq!(paths("src/a/mod.rs", "use super::c::D;"), ["crate::c::D"]);
        assert_eq!(paths("src/a/b.rs", "mod e { use super::super::c::D; }"), ["crate::a::c::D"]);
        assert_eq!(paths("src/a/b.rs", "mod e { use super::*; }"), ["crate::a::b::*"]);
    }

    #[test]
    fn only_modules_marked_as_tests_are_tests() {
        let text = "a\n#[cfg(test)]\n#[allow(x)]\npub(crate) mod tests {\n mod b { c }\n}\nd\nmod e { f }";
        let source = Source::new("src/a.rs", text);
        let outside: Vec<_> =
            source.words.iter().filter(|word| !word.in_tests).map(|word| word.text.as_str()).collect();
        assert_eq!(outside.join(" "), "a d mod e { f }");
        assert_eq!(source.lines_without_tests(), 3);
    }
}
