//! Rows for people: a table where it fits, and otherwise each row as a paragraph, so that no line is broken in its middle.

use std::fmt;

use comfy_table::{CellAlignment, Table, presets};

use super::fold::columns;
use super::screen;

/// Columns by which the values of a paragraph stand further right than its heading.
const INDENT: usize = 2;

/// Rows under a header. It is displayed without lines and without trailing spaces.
pub(super) struct Listing {
    header: &'static [&'static str],
    rows: Vec<Vec<String>>,
    /// The columns that there are; no limit if nobody knows.
    width: Option<usize>,
}

impl Listing {
    /// No rows yet, for standard output.
    pub(super) fn new(header: &'static [&'static str]) -> Self {
        Self { header, rows: Vec::new(), width: screen::width() }
    }

    /// Adds a row: a value for each word of the header.
    pub(super) fn add_row<T: Into<String>>(&mut self, row: impl IntoIterator<Item = T>) {
        self.rows.push(row.into_iter().map(Into::into).collect());
    }

    fn table(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(self.header);
        for column in table.column_iter_mut() {
            column.set_padding((0, 2)).set_cell_alignment(CellAlignment::Left);
        }
        table.add_rows(&self.rows);
        table.to_string()
    }

    /// A row: its first value as a heading, then the others that are not empty, each after its word of the header.
    fn paragraph(&self, row: &[String], f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.header.iter().map(|word| columns(word)).max().unwrap_or(0);
        let mut fields = self.header.iter().zip(row);
        if let Some((_, heading)) = fields.next() {
            writeln!(f, "{heading}")?;
        }
        for (word, value) in fields.filter(|(_, value)| !value.is_empty()) {
            writeln!(f, "{:INDENT$}{word:words$}  {value}", "")?;
        }
        Ok(())
    }
}

impl fmt::Display for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = self.table();
        let fits = |line: &str| self.width.is_none_or(|width| columns(line.trim_end()) <= width);
        if table.lines().all(fits) {
            table.lines().try_for_each(|line| writeln!(f, "{}", line.trim_end()))
        } else {
            self.rows.iter().try_for_each(|row| self.paragraph(row, f))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(width: Option<usize>) -> String {
        let mut listing = Listing { header: &["user", "conference ID", "number"], rows: Vec::new(), width };
        listing.add_row(["amos@contoso.com", "3141592", ""]);
        listing.add_row(["kim@contoso.com", "2718281", "+14255550100"]);
        listing.to_string()
    }

    #[test]
    fn rows_are_a_table_where_it_fits() {
        let table = "user              conference ID  number\n\
                     amos@contoso.com  3141592\n\
                     kim@contoso.com   2718281        +14255550100\n";
        assert_eq!(users(Some(45)), table);
        assert_eq!(users(None), table);
    }

    #[test]
    fn rows_are_paragraphs_where_a_table_is_too_wide() {
        assert_eq!(
            users(Some(44)),
            "amos@contoso.com\n  conference ID  3141592\n\
             kim@contoso.com\n  conference ID  2718281\n  number         +14255550100\n"
        );
    }
}
