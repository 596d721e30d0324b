//! Kinds of reports, and formats, as rows of a table: the command line, its help and its errors are made from it.

/// A kind of report.
#[derive(Clone, Copy, Debug)]
pub struct Kind<W: 'static> {
    /// Its name on the command line.
    pub name: &'static str,
    /// The usual ending of its files.
    pub ending: &'static str,
    /// What it is, in a few words.
    pub doc: &'static str,
    /// Makes it.
    pub writer: W,
}

/// Returns the kind of this name; `of` says what the kinds are of, `report`.
///
/// # Errors
/// There is none; says which there are.
pub fn named<W>(kinds: &'static [Kind<W>], of: &str, name: &str) -> Result<&'static Kind<W>, String> {
    let known = || listed(kinds, |kind| kind.name.to_owned());
    kinds
        .iter()
        .find(|kind| kind.name == name)
        .ok_or_else(|| format!("unknown {of} `{name}`: expected {}", known()))
}

/// Returns all kinds with what they are: `junit (XML for build servers) or text (what the terminal shows)`.
#[must_use]
pub fn described<W>(kinds: &[Kind<W>]) -> String {
    listed(kinds, |kind| format!("{} ({})", kind.name, kind.doc))
}

fn listed<W>(kinds: &[Kind<W>], words: impl Fn(&Kind<W>) -> String) -> String {
    let mut words: Vec<String> = kinds.iter().map(words).collect();
    let last = words.pop().unwrap_or_default();
    if words.is_empty() { last } else { format!("{} or {last}", words.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn kind(name: &'static str) -> Kind<u8> {
        Kind { name, ending: "x", doc: "figures", writer: 0 }
    }

    static ONE: [Kind<u8>; 1] = [kind("a")];
    static THREE: [Kind<u8>; 3] = [kind("a"), kind("b"), kind("c")];

    #[test]
    fn a_kind_is_found_by_its_name_or_all_are_told() {
        assert_eq!(named(&THREE, "report", "b").unwrap().name, "b");
        assert_eq!(named(&THREE, "report", "d").unwrap_err(), "unknown report `d`: expected a, b or c");
        assert_eq!(named(&ONE, "report", "").unwrap_err(), "unknown report ``: expected a");
        assert_eq!(described(&ONE), "a (figures)");
    }
}
