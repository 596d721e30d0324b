//! Patterns for paths, such as `scenarios/**/pin-*.yaml`: in quotes they mean the same in every shell and on every system.

/// The most patterns that braces of one stand for.
const BRACES_MAX: usize = 1_000;

/// Returns whether a path is a pattern.
pub(super) fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '[', '{'])
}

/// Returns the patterns that `a{b,c}` stands for; braces stand in no other braces.
pub(super) fn without_braces(pattern: &str) -> Vec<String> {
    let mut patterns = vec![pattern.to_owned()];
    while patterns.len() <= BRACES_MAX {
        let Some(place) = patterns.iter().position(|pattern| braces(pattern).is_some()) else { break };
        let pattern = patterns.remove(place);
        let Some((open, close)) = braces(&pattern) else { break };
        let (before, after) = (&pattern[..open], &pattern[close + 1..]);
        let all: Vec<String> =
            pattern[open + 1..close].split(',').map(|choice| format!("{before}{choice}{after}")).collect();
        patterns.splice(place..place, all);
    }
    patterns
}

/// The first `{` with the `}` behind it.
fn braces(pattern: &str) -> Option<(usize, usize)> {
    let open = pattern.find('{')?;
    Some((open, open + pattern[open..].find('}')?))
}

/// Returns whether a name fits a pattern without slashes: `*` stands for any characters, `?` for one, `[a-z]` for one of these
/// and `[!a-z]` for one of the others.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    // Behind the last star, and the name's character that it takes next.
    let mut again: Option<(usize, usize)> = None;
    while n < name.len() {
        if pattern.get(p) == Some(&'*') {
            p += 1;
            again = Some((p, n));
        } else if let Some(next) = one(&pattern[p..], name[n]) {
            p += next;
            n += 1;
        } else if let Some((behind, taken)) = again {
            (p, n) = (behind, taken + 1);
            again = Some((behind, taken + 1));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// How long the part at the start of a pattern is that takes this character; nothing if it does not.
fn one(pattern: &[char], c: char) -> Option<usize> {
    match pattern {
        ['?', ..] => Some(1),
        ['[', set @ ..] => {
            // A bracket at the start of a set belongs to it.
            let start = usize::from(matches!(set.first(), Some('!' | '^')));
            let end = set.iter().skip(start + 1).position(|c| *c == ']').map(|end| start + 1 + end);
            match end {
                Some(end) => (in_set(&set[start..end], c) != (start == 1)).then_some(end + 2),
                None => (c == '[').then_some(1),
            }
        }
        [first, ..] => (*first == c).then_some(1),
        [] => None,
    }
}

fn in_set(set: &[char], c: char) -> bool {
    match set {
        [first, '-', last, rest @ ..] => (*first..=*last).contains(&c) || in_set(rest, c),
        [first, rest @ ..] => *first == c || in_set(rest, c),
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_marks_and_sets_stand_for_characters() {
        for (pattern, name, expected) in [
            ("*", "", true),
            ("*.yaml", "a.yaml", true),
            ("*.yaml", "a.yml", false),
            ("pin-*-*.yaml", "pin-a-b-c.yaml", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("?.yaml", "ä.yaml", true),
            ("?.yaml", ".yaml", false),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[]]x", "]x", true),
            ("[x", "[x", true),
            ("a", "ab", false),
            ("**", "anything", true),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn many_stars_take_no_longer_than_the_name_and_the_pattern() {
        assert!(!fits(&"*a".repeat(200), &"a".repeat(199)));
        assert!(!fits(&format!("{}b", "a*".repeat(100)), &"a".repeat(1_000)));
    }

    #[test]
    fn braces_stand_for_each_choice() {
        assert_eq!(
            without_braces("s/{a,b}/x.{yaml,yml}"),
            ["s/a/x.yaml", "s/a/x.yml", "s/b/x.yaml", "s/b/x.yml"]
        );
        assert_eq!(without_braces("s/{a"), ["s/{a"]);
        assert!(without_braces(&"{a,b}".repeat(64)).len() <= 2 * BRACES_MAX);
    }
}
