//! CSV as programs and spreadsheets write it, read as records that know their lines.
//!
//! RFC 4180 says commas, quotes and CRLF. Excel writes semicolons where the comma is the decimal sign, tabs in UTF-16, a byte
//! order mark before UTF-8, and a line `sep=;`; Windows PowerShell begins with a line `#TYPE`; old ones end lines with a
//! carriage return alone. All of it is read here, and what is not is refused with its line.

use std::io::{ErrorKind, Read};

/// Characters of a record: eleven columns of at most 256 characters, quoted and with room to spare. A quote that is never
/// closed would take the rest of the file.
const RECORD_CHARS: usize = 65_536;

/// Bytes that are read at once.
const CHUNK: usize = 65_536;

/// The possible delimiters between fields.
const DELIMITERS: [char; 3] = [',', ';', '\t'];

/// Said of what is neither UTF-8 nor UTF-16.
const NOT_UNICODE: &str = "it is not UTF-8 or UTF-16; save the file as `CSV UTF-8`";

/// A record: the line on which it begins, counted from 1, and its fields, without blanks around them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Record {
    pub(super) line: u64,
    pub(super) fields: Vec<String>,
}

impl Record {
    /// Returns whether nothing is in it, as in the rows below a table that a spreadsheet writes too.
    fn is_empty(&self) -> bool {
        self.fields.iter().all(String::is_empty)
    }
}

/// A line that cannot be read: its number, and the reason.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Unreadable(pub(super) u64, pub(super) String);

/// The records of a file, one after the other.
pub(super) struct Records<R> {
    text: Text<R>,
    delimiter: char,
}

impl<R: Read> Records<R> {
    /// The records of a file below its header, and the header.
    pub(super) fn open(file: R) -> Result<(Self, Record), Unreadable> {
        let mut records = Self { text: Text::new(file), delimiter: DELIMITERS[0] };
        let mut told = None;
        loop {
            let line = records.text.line;
            let Some(first) = records.text.line()? else { return Ok((records, Record::default())) };
            let bare = first.trim().trim_matches('"');
            let word = bare.get(..4).unwrap_or_default();
            if word.eq_ignore_ascii_case("sep=") {
                told = bare[4..].chars().next().or(told);
            } else if !(is_type(bare) || first.trim().is_empty()) {
                records.delimiter = told.unwrap_or_else(|| delimiter_of(&first));
                let mut parser = Parser::new(records.delimiter);
                let mut fields = Vec::new();
                first.chars().for_each(|c| fields.extend(parser.take(c)));
                if parser.is_quoted() {
                    return Err(Unreadable(line, "a quote is opened here and never closed".to_owned()));
                }
                fields.push(parser.end());
                return Ok((records, Record { line, fields }));
            }
        }
    }

    /// The next record with anything in it.
    pub(super) fn read(&mut self) -> Result<Option<Record>, Unreadable> {
        loop {
            let Some(record) = self.any()? else { return Ok(None) };
            if !record.is_empty() {
                return Ok(Some(record));
            }
        }
    }

    fn any(&mut self) -> Result<Option<Record>, Unreadable> {
        let mut record = Record { line: self.text.line, fields: Vec::new() };
        let (mut parser, mut chars) = (Parser::new(self.delimiter), 0);
        loop {
            let next = self.text.next()?;
            match next {
                None if chars == 0 => return Ok(None),
                None if parser.is_quoted() => {
                    return Err(Unreadable(
                        record.line,
                        "a quote is opened here and never closed".to_owned(),
                    ));
                }
                Some('\n') if !parser.is_quoted() => break,
                None => break,
                Some(c) => record.fields.extend(parser.take(c)),
            }
            chars += 1;
            if chars > RECORD_CHARS {
                let what = format!("it has more than {RECORD_CHARS} characters; is a quote not closed?");
                return Err(Unreadable(record.line, what));
            }
        }
        record.fields.push(parser.end());
        Ok(Some(record))
    }
}

/// The line that Windows PowerShell's `Export-Csv` writes first.
fn is_type(line: &str) -> bool {
    line.get(..5).is_some_and(|word| word.eq_ignore_ascii_case("#type"))
}

/// Returns the delimiter that occurs most often in the first line.
fn delimiter_of(header: &str) -> char {
    let count = |delimiter: char| header.chars().filter(|c| *c == delimiter).count();
    // The first of those that are there as often.
    DELIMITERS.into_iter().rev().max_by_key(|delimiter| count(*delimiter)).unwrap_or(DELIMITERS[0])
}

/// The parser's position within a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before anything but blanks.
    Start,
    Plain,
    Quoted,
    /// Behind a quote inside of quotes: it closes them, or is the first of two that stand for one.
    Quote,
}

/// Takes a record apart into fields.
struct Parser {
    delimiter: char,
    place: Place,
    field: String,
}

impl Parser {
    fn new(delimiter: char) -> Self {
        Self { delimiter, place: Place::Start, field: String::new() }
    }

    fn is_quoted(&self) -> bool {
        self.place == Place::Quoted
    }

    /// Takes a character; the field that it ends.
    fn take(&mut self, c: char) -> Option<String> {
        match (self.place, c) {
            (Place::Start | Place::Plain | Place::Quote, c) if c == self.delimiter => {
                return Some(self.end());
            }
            (Place::Start, '"') => {
                self.field.clear();
                self.place = Place::Quoted;
            }
            (Place::Quoted, '"') => self.place = Place::Quote,
            (Place::Quote, '"') => {
                self.field.push('"');
                self.place = Place::Quoted;
            }
            (Place::Start, c) if c.is_whitespace() => self.field.push(c),
            (Place::Start | Place::Plain | Place::Quote, c) => {
                self.field.push(c);
                self.place = Place::Plain;
            }
            (Place::Quoted, c) => self.field.push(c),
        }
        None
    }

    fn end(&mut self) -> String {
        self.place = Place::Start;
        std::mem::take(&mut self.field).trim().to_owned()
    }
}

/// A character encoding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
}

/// The characters of a file, with the line on which the next one stands. Every end of a line is `\n`.
struct Text<R> {
    file: R,
    encoding: Option<Encoding>,
    /// What the next bytes are read into.
    chunk: Box<[u8]>,
    /// Bytes that are read and not decoded.
    bytes: Vec<u8>,
    /// Decoded text that has not been consumed, from `at` on.
    decoded: String,
    at: usize,
    /// The error after the decoded text, if any.
    wrong: Option<String>,
    line: u64,
    after_return: bool,
}

impl<R: Read> Text<R> {
    fn new(file: R) -> Self {
        Self {
            file,
            encoding: None,
            chunk: vec![0; CHUNK].into(),
            bytes: Vec::new(),
            decoded: String::new(),
            at: 0,
            wrong: None,
            line: 1,
            after_return: false,
        }
    }

    /// The rest of the line, without its end; nothing at the end of the file.
    fn line(&mut self) -> Result<Option<String>, Unreadable> {
        let mut line = String::new();
        let (began, mut chars) = (self.line, 0);
        loop {
            match self.next()? {
                None => return Ok(Some(line).filter(|line| !line.is_empty())),
                Some('\n') => return Ok(Some(line)),
                Some(c) => line.push(c),
            }
            chars += 1;
            if chars > RECORD_CHARS {
                return Err(Unreadable(began, format!("it has more than {RECORD_CHARS} characters")));
            }
        }
    }

    fn next(&mut self) -> Result<Option<char>, Unreadable> {
        loop {
            let Some(c) = self.raw()? else { return Ok(None) };
            let follows = std::mem::replace(&mut self.after_return, c == '\r');
            match c {
                '\n' if follows => {}
                '\n' | '\r' => {
                    self.line += 1;
                    return Ok(Some('\n'));
                }
                '\0' => {
                    return Err(Unreadable(self.line, "it is not text: it has a zero byte in it".to_owned()));
                }
                c => return Ok(Some(c)),
            }
        }
    }

    fn raw(&mut self) -> Result<Option<char>, Unreadable> {
        loop {
            if let Some(c) = self.decoded[self.at..].chars().next() {
                self.at += c.len_utf8();
                return Ok(Some(c));
            }
            if let Some(wrong) = self.wrong.take() {
                return Err(Unreadable(self.line, wrong));
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// Decodes more; false at the end of the file.
    fn fill(&mut self) -> Result<bool, Unreadable> {
        let read = loop {
            match self.file.read(&mut self.chunk) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        let read = read.map_err(|error| Unreadable(self.line, error.to_string()))?;
        self.bytes.extend_from_slice(&self.chunk[..read]);
        let is_end = read == 0;
        self.decoded.clear();
        self.at = 0;
        // A mark has up to three bytes.
        if self.encoding.is_none() && self.bytes.len() < 3 && !is_end {
            return Ok(true);
        }
        let encoding = match self.encoding {
            Some(encoding) => encoding,
            None => {
                let (encoding, mark) = encoding_of(&self.bytes);
                self.bytes.drain(..mark);
                *self.encoding.insert(encoding)
            }
        };
        let left = match encoding {
            Encoding::Utf8 => self.decode_utf8(),
            Encoding::Utf16Le => self.decode_utf16(u16::from_le_bytes),
            Encoding::Utf16Be => self.decode_utf16(u16::from_be_bytes),
        };
        self.bytes.drain(..self.bytes.len() - left);
        if is_end && left > 0 {
            self.wrong.get_or_insert_with(|| NOT_UNICODE.to_owned());
            self.bytes.clear();
        }
        Ok(!is_end || self.wrong.is_some())
    }

    /// Decodes what there is; the bytes at its end that are not a whole character yet.
    fn decode_utf8(&mut self) -> usize {
        let (sound, left) = match str::from_utf8(&self.bytes) {
            Ok(text) => (text.len(), 0),
            Err(error) => {
                if error.error_len().is_some() {
                    self.wrong = Some(NOT_UNICODE.to_owned());
                    (error.valid_up_to(), 0)
                } else {
                    (error.valid_up_to(), self.bytes.len() - error.valid_up_to())
                }
            }
        };
        self.decoded.push_str(str::from_utf8(&self.bytes[..sound]).unwrap_or_default());
        left
    }

    fn decode_utf16(&mut self, unit: fn([u8; 2]) -> u16) -> usize {
        let mut units: Vec<u16> = self.bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        let mut left = self.bytes.len() % 2;
        // The first half of a pair waits for the second.
        if units.last().is_some_and(|last| (0xd800..0xdc00).contains(last)) {
            units.pop();
            left += 2;
        }
        for decoded in char::decode_utf16(units) {
            match decoded {
                Ok(c) => self.decoded.push(c),
                Err(_) => {
                    self.wrong = Some(NOT_UNICODE.to_owned());
                    break;
                }
            }
        }
        left
    }
}

/// Returns the encoding of a file that starts with these bytes, and the length of its byte order mark. Without one, a
/// zero byte beside the first letter tells of UTF-16: the names of columns are ASCII.
fn encoding_of(bytes: &[u8]) -> (Encoding, usize) {
    match bytes {
        [0xef, 0xbb, 0xbf, ..] => (Encoding::Utf8, 3),
        [0xff, 0xfe, ..] => (Encoding::Utf16Le, 2),
        [0xfe, 0xff, ..] => (Encoding::Utf16Be, 2),
        [1..=0xff, 0, ..] => (Encoding::Utf16Le, 0),
        [0, 1..=0xff, ..] => (Encoding::Utf16Be, 0),
        _ => (Encoding::Utf8, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A file that comes in small pieces.
    struct Pieces<'b>(&'b [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = self.0.len().min(self.1).min(buffer.len());
            let (now, later) = self.0.split_at(count);
            buffer[..count].copy_from_slice(now);
            self.0 = later;
            Ok(count)
        }
    }

    fn all(bytes: &[u8]) -> Result<Vec<Record>, Unreadable> {
        let (mut records, header) = Records::open(Pieces(bytes, 3))?;
        let mut all = vec![header];
        while let Some(record) = records.read()? {
            all.push(record);
        }
        Ok(all)
    }

    fn shown(bytes: &[u8]) -> String {
        let show = |record: &Record| format!("{}: {}", record.line, record.fields.join("|"));
        match all(bytes) {
            Ok(all) => all.iter().map(show).collect::<Vec<_>>().join("\n"),
            Err(Unreadable(line, why)) => format!("{line}! {why}"),
        }
    }

    #[test]
    fn records_know_their_lines_whatever_ends_them() {
        for end in ["\n", "\r\n", "\r"] {
            let text = "name,mail\n\n\na,\"x\ny\"\n , \nb,z\n,\n\n".replace('\n', end);
            assert_eq!(shown(text.as_bytes()), "1: name|mail\n4: a|x\ny\n7: b|z", "{end:?}");
        }
    }

    #[test]
    fn the_delimiter_is_told_or_seen() {
        for (text, read) in [
            ("name;mail\na;b,c\n", "1: name|mail\n2: a|b,c"),
            ("name\tmail\na\tb;c", "1: name|mail\n2: a|b;c"),
            ("sep=;\r\nname;mail\r\na;b\r\n", "2: name|mail\n3: a|b"),
            ("SEP=|\nname|mail\na|b\n", "2: name|mail\n3: a|b"),
            ("#TYPE System.Object\nname,mail\na,b\n", "2: name|mail\n3: a|b"),
            ("\n\nname\na\n", "3: name\n4: a"),
            ("", "0: "),
        ] {
            assert_eq!(shown(text.as_bytes()), read, "{text:?}");
        }
    }

    #[test]
    fn quotes_are_those_of_rfc_4180() {
        let text = "name,mail\n\"a \"\"b\"\" c\", \" d , e \"\n=\"\"\"0314\"\"\",=\"0314\"\n";
        assert_eq!(
            shown(text.as_bytes()),
            "1: name|mail\n2: a \"b\" c|d , e\n3: =\"\"\"0314\"\"\"|=\"0314\""
        );
        let unclosed = "name\na\n\"b\nc\n";
        assert_eq!(shown(unclosed.as_bytes()), "3! a quote is opened here and never closed");
        let long = format!("name\n\"{}", "x\n".repeat(40_000));
        assert!(shown(long.as_bytes()).starts_with("2! it has more than 65536 characters"));
    }

    #[test]
    fn utf_8_and_utf_16_are_read_and_nothing_else() {
        let text = "name;mail\r\nZoë Grün 😀;b\r\n";
        let read = "1: name|mail\n2: Zoë Grün 😀|b";
        let units: Vec<u16> = text.encode_utf16().collect();
        let with = |mark: &[u8], bytes: Vec<u8>| [mark, &bytes].concat();
        let le: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let be: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        for bytes in [
            with(&[], text.into()),
            with(&[0xef, 0xbb, 0xbf], text.into()),
            with(&[0xff, 0xfe], le.clone()),
            with(&[0xfe, 0xff], be.clone()),
            with(&[], le.clone()),
            with(&[], be),
        ] {
            assert_eq!(shown(&bytes), read, "{bytes:?}");
        }
        assert_eq!(shown(b"name\na\nZo\xeb\n"), format!("3! {NOT_UNICODE}"), "Windows-1252");
        assert_eq!(shown(b"name\na\nZo\xc3"), format!("3! {NOT_UNICODE}"), "cut");
        assert_eq!(shown(&le[..le.len() - 1]), format!("3! {NOT_UNICODE}"), "cut");
        assert_eq!(shown(b"name\na\0\n"), "2! it is not text: it has a zero byte in it");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_in_any_pieces(
            rows in prop::collection::vec(prop::collection::vec("[a-z\",;\n äß😀]{0,6}", 2..3), 0..6),
            piece in 1_usize..9,
        ) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(["name", "mail"]).unwrap();
            rows.iter().for_each(|row| writer.write_record(row).unwrap());
            let bytes = writer.into_inner().unwrap();
            let (mut records, _) = Records::open(Pieces(&bytes, piece)).unwrap();
            let mut read = Vec::new();
            while let Some(record) = records.read().unwrap() {
                read.push(record.fields);
            }
            let trimmed = rows.iter().map(|row| row.iter().map(|field| field.trim().to_owned()).collect::<Vec<_>>());
            let expected: Vec<Vec<String>> = trimmed.filter(|row| row.iter().any(|field| !field.is_empty())).collect();
            prop_assert_eq!(read, expected);
        }

        #[test]
        fn no_bytes_make_the_reader_fail(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _read = all(&bytes);
        }
    }
}
