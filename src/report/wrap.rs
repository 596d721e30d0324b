//! Text in lines of a width.

/// Returns a text in lines of at most so many characters, broken between words; one line at least. A longer word has a
/// line of its own.
#[must_use]
pub fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn text_breaks_between_words_and_a_long_word_stands_alone() {
        assert_eq!(wrapped("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrapped("a incomparable b", 5), ["a", "incomparable", "b"]);
        assert_eq!(wrapped("", 5), [""]);
    }
}
