//! Callers who are named beforehand: files as sipp's option `-inf` takes them.

use std::sync::Arc;

use crate::leg::outward::crowd::Named;
use crate::sip::digest::Login;

/// The most callers that a file may have.
const CALLERS_MAX: usize = 1_000_000;

/// The longest that a repeated row may become: `PRINTF=` of sipp.
const REPEATED_MAX: usize = CALLERS_MAX;

/// How sipp takes rows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Sequential,
    Random,
}

/// Reads a file of callers. The first line says in which order rows are taken (`SEQUENTIAL`, `RANDOM`, `USER`); each other is a
/// caller: fields with semicolons between them, of which the first is the user of `From`, and one may be
/// `[authentication username=NAME password=WORD]`. `seed` decides on the order where that is left to chance.
///
/// # Errors
/// It is not such a file; the text says what is wrong, with the number of the line.
pub fn read(text: &str, seed: u64) -> Result<Arc<[Named]>, String> {
    let mut lines =
        (1..).zip(text.lines()).filter(|(_, line)| !line.starts_with('#') && !line.trim().is_empty());
    let Some((_, first)) = lines.next() else { return Err("the file is empty".to_owned()) };
    let mut words = first.split(',').map(str::trim);
    let order = match words.next() {
        Some("SEQUENTIAL" | "USER" | "USERS") => Order::Sequential,
        Some("RANDOM") => Order::Random,
        Some(_) | None => {
            return Err("line 1: expected SEQUENTIAL, RANDOM or USER, as sipp's `-inf` has it".to_owned());
        }
    };
    let mut repeats = 1;
    for word in words {
        let times = word.strip_prefix("PRINTF=").and_then(|times| times.parse::<usize>().ok());
        repeats = times
            .filter(|times| (1..=REPEATED_MAX).contains(times))
            .ok_or_else(|| format!("line 1: `{word}` is not understood; expected PRINTF=N"))?;
    }
    let mut named = Vec::new();
    for (number, line) in lines {
        for row in 0..repeats {
            if named.len() == CALLERS_MAX {
                return Err(format!("line {number}: more than {CALLERS_MAX} callers"));
            }
            let line = if repeats > 1 { numbered(line, row) } else { line.to_owned() };
            named.push(caller(&line).map_err(|why| format!("line {number}: {why}"))?);
        }
    }
    if named.is_empty() {
        return Err("there is no caller after the first line".to_owned());
    }
    if order == Order::Random {
        shuffle(&mut named, seed);
    }
    Ok(named.into())
}

fn caller(line: &str) -> Result<Named, String> {
    let mut fields = line.split(';').map(str::trim);
    let user = fields.next().filter(|user| !user.is_empty() && !user.starts_with('['));
    let login = fields.find_map(|field| field.strip_prefix("[authentication")?.strip_suffix(']'));
    let login = login.map(|words| {
        let value =
            |name: &str| words.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        match (value("username"), value("password")) {
            (Some(name), Some(password)) => Ok(Login::new(name, password)),
            (_, _) => Err("expected [authentication username=NAME password=WORD]".to_owned()),
        }
    });
    let login = login.transpose()?;
    let user = user.ok_or("the first field, who calls, is empty")?;
    Ok(Named { user: Some(user.into()), login })
}

/// A row of `PRINTF=`: each `%d`, `%4d` or `%04d` in it stands for its number.
fn numbered(line: &str, number: usize) -> String {
    let mut parts = line.split('%');
    let mut made = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.find(|symbol: char| !symbol.is_ascii_digit()).unwrap_or(part.len());
        let (width, rest) = part.split_at(digits);
        match rest.strip_prefix('d') {
            Some(rest) => {
                let places = width.parse::<usize>().unwrap_or(0).min(32);
                if width.starts_with('0') {
                    made += &format!("{number:0places$}");
                } else {
                    made += &format!("{number:places$}");
                }
                made += rest;
            }
            None => {
                made.push('%');
                made += part;
            }
        }
    }
    made
}

/// Puts rows into an order by chance (Fisher and Yates).
fn shuffle(named: &mut [Named], seed: u64) {
    use rand::rngs::ChaCha8Rng;
    use rand::{RngExt as _, SeedableRng as _};

    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    for at in (1..named.len()).rev() {
        named.swap(at, chance.random_range(0..=at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(text: &str) -> Result<Vec<String>, String> {
        let named = read(text, 1)?;
        Ok(named.iter().map(|named| named.user.as_deref().unwrap_or_default().to_owned()).collect())
    }

    #[test]
    fn rows_are_callers_in_their_order() {
        let text = "SEQUENTIAL\n#This is a comment\n+14255550101;192.0.2.1\n+14255550102;[authentication username=a password=b]\n";
        assert_eq!(users(text).unwrap(), ["+14255550101", "+14255550102"]);
        let named = read(text, 1).unwrap();
        assert!(named[0].login.is_none() && named[1].login.is_some());
    }

    #[test]
    fn chance_keeps_every_row_once() {
        let rows: Vec<String> = (0..50).map(|number| format!("user{number}")).collect();
        let mut drawn = users(&format!("RANDOM\n{}\n", rows.join("\n"))).unwrap();
        assert_ne!(drawn, rows);
        drawn.sort_by_key(|user| user[4..].parse::<u32>().unwrap());
        assert_eq!(drawn, rows);
    }

    #[test]
    fn printf_numbers_a_row() {
        assert_eq!(
            users("SEQUENTIAL,PRINTF=3\n+1425555%04d;x\n").unwrap(),
            ["+14255550000", "+14255550001", "+14255550002"]
        );
        assert_eq!(numbered("a%3d b%x 100%", 7), "a  7 b%x 100%");
    }

    #[test]
    fn what_is_not_such_a_file_is_told_with_its_line() {
        for (text, told) in [
            ("", "the file is empty"),
            ("a;b\n", "line 1: expected SEQUENTIAL"),
            ("SEQUENTIAL\n", "there is no caller"),
            ("SEQUENTIAL,PRINTF=0\nx\n", "line 1: `PRINTF=0`"),
            ("SEQUENTIAL\nx\n;y\n", "line 3: the first field"),
            ("USER\nx;[authentication username=a]\n", "line 2: expected [authentication"),
        ] {
            let why = users(text).unwrap_err();
            assert!(why.starts_with(told), "{why}");
        }
    }
}
