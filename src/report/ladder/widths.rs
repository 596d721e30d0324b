//! How wide a text is in the report's typeface, so that it can be broken into lines without a browser.

/// Advance widths of the printable ASCII characters in Inter, in hundredths of the size, regular and semibold.
const REGULAR: [u8; 95] = [
    28, 29, 47, 63, 64, 98, 64, 30, 36, 36, 50, 66, 29, 46, 29, 36, 63, 41, 61, 62, 65, 59, 62, 57, 62, 62,
    29, 30, 66, 66, 66, 51, 97, 69, 65, 73, 72, 60, 59, 75, 74, 27, 57, 67, 57, 90, 75, 76, 64, 76, 64, 64,
    65, 74, 69, 99, 68, 68, 63, 36, 36, 36, 47, 46, 32, 56, 61, 57, 61, 58, 37, 61, 59, 24, 24, 55, 24, 88,
    59, 60, 61, 61, 38, 53, 33, 59, 56, 82, 55, 56, 55, 43, 33, 43, 66,
];
const SEMIBOLD: [u8; 95] = [
    25, 32, 52, 64, 65, 100, 66, 33, 37, 37, 54, 67, 32, 47, 32, 38, 66, 42, 62, 64, 67, 61, 64, 58, 64, 64,
    32, 33, 67, 67, 67, 54, 100, 73, 66, 74, 72, 61, 59, 75, 75, 28, 58, 70, 57, 92, 76, 77, 65, 77, 65, 65,
    66, 74, 73, 102, 72, 71, 65, 37, 38, 37, 48, 47, 35, 57, 62, 58, 62, 59, 39, 63, 61, 26, 26, 57, 26, 90,
    61, 61, 62, 62, 40, 55, 35, 61, 59, 84, 57, 59, 57, 45, 36, 45, 67,
];

/// Letters outside ASCII: as wide as a capital, or as the type is high where a script is (Japanese).
const OTHER: u32 = 64;
const WIDE: u32 = 100;

/// The size of labels, in pixels.
pub(super) const SIZE: u32 = 13;

/// The width of a label in pixels, rounded up.
pub(super) fn width(text: &str, bold: bool) -> i32 {
    let table = if bold { &SEMIBOLD } else { &REGULAR };
    let advance = |c: char| match c {
        ' '..='~' => table.get(c as usize - 32).map_or(OTHER, |width| u32::from(*width)),
        '\u{2e80}'.. => WIDE,
        _ => OTHER,
    };
    let hundredths: u32 = text.chars().map(advance).sum();
    i32::try_from((hundredths * SIZE).div_ceil(100)).unwrap_or(i32::MAX)
}

/// Breaks a text into lines of at most this many pixels, between words or, in a longer word, behind a hyphen or anywhere.
/// What is beyond the last line ends in an ellipsis.
pub(super) fn wrap(text: &str, most: i32, bold: bool, lines_max: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for piece in pieces(text) {
        if !line.is_empty() && width(&format!("{line}{}", piece.trim_end()), bold) > most {
            lines.push(std::mem::take(&mut line));
        }
        for c in piece.chars() {
            if !line.is_empty() && c != ' ' && width(&line, bold) + width(&c.to_string(), bold) > most {
                lines.push(std::mem::take(&mut line));
            }
            if !(c == ' ' && line.is_empty()) {
                line.push(c);
            }
        }
    }
    lines.push(line);
    let cut = lines.len() > lines_max;
    lines.truncate(lines_max);
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    if cut && let Some(last) = lines.last_mut() {
        while !last.is_empty() && width(&format!("{last}…"), bold) > most {
            last.pop();
        }
        last.push('…');
    }
    lines
}

/// The pieces between which a line may end: behind a blank or a hyphen.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive([' ', '-'])
}

/// Text for XML and HTML.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' => escaped.push(c),
            // XML has no other control characters, and these two are none of it.
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ if c.is_control() => escaped.push('\u{fffd}'),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_between_words_and_behind_hyphens() {
        let text = "press-star-if-organizer says more";
        assert_eq!(wrap(text, 80, true, 9), ["press-star-", "if-organizer", "says more"]);
        assert_eq!(wrap("one", 80, false, 9), ["one"]);
        assert_eq!(wrap("", 80, false, 9), [""]);
    }

    #[test]
    fn a_word_without_an_end_is_broken_anywhere_and_the_rest_is_left_out() {
        let lines = wrap(&"W".repeat(40), 60, false, 2);
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| width(line, false) <= 60), "{lines:?}");
        assert!(lines[1].ends_with('…'));
    }

    #[test]
    fn nothing_of_a_name_becomes_markup() {
        assert_eq!(escape("<b a=\"1\">&\u{7}"), "&lt;b a=&quot;1&quot;&gt;&amp;\u{fffd}");
    }
}
