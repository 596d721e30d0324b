//! The matrix as a page.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{CHAPTERS, Matrix, Row};
use crate::report::Sheet;
use crate::report::ladder::escape;
use crate::scenario::collection::Suite;

/// Returns one page that needs nothing else: every fault with the files that catch it, and all of it as a picture.
/// `command` is the command that made it.
#[must_use]
pub fn html(matrix: &Matrix, suite: &Suite, command: &str) -> String {
    let (faults, missed) = (matrix.rows.len(), matrix.missed().count());
    let title = match missed {
        0 => format!("All {faults} faulty bridges are caught"),
        missed => format!("{missed} of {faults} faulty bridges are missed"),
    };
    let mut body = String::new();
    let is_missed = |row: &&Row| row.caught_by.is_empty();
    body += &table(
        "Missed by every case",
        "missed",
        &matrix.rows.iter().filter(is_missed).collect::<Vec<_>>(),
        suite,
    );
    for place in &matrix.failing {
        let name = escape(&suite.cases[*place].story.name);
        let _infallible =
            write!(body, "<p class=\"note\">{name} fails without any fault, and proves nothing.</p>");
    }
    body += &squares(matrix, suite);
    for ((title, chapter), number) in CHAPTERS.iter().zip(1..) {
        let its = |row: &&Row| !is_missed(row) && chapter.iter().any(|fault| fault.name == row.fault.name);
        body += &table(
            title,
            &format!("chapter-{number}"),
            &matrix.rows.iter().filter(its).collect::<Vec<_>>(),
            suite,
        );
    }
    let sheet = Sheet {
        kind: "Proof",
        title,
        facts: vec![
            ("Cases", matrix.cases.len().to_string()),
            ("Faulty bridges", faults.to_string()),
            ("Command", command.to_owned()),
        ],
        shares: [missed, 0, faults - missed],
        style: "",
        body,
    };
    sheet.to_html()
}

/// Faults with what is wrong and who catches them; nothing without any.
fn table(title: &str, id: &str, rows: &[&Row], suite: &Suite) -> String {
    let mut inside = String::new();
    for row in rows {
        let files = row.files(suite);
        let class = if files.is_empty() { " class=\"n\"" } else { "" };
        let named: Vec<String> = files.iter().map(|file| format!("<code>{}</code>", escape(file))).collect();
        let named = match named.as_slice() {
            [] => "no case".to_owned(),
            few if few.len() <= 3 => few.join("<br>"),
            many => {
                format!("<details><summary>{} files</summary>{}</details>", many.len(), many.join("<br>"))
            }
        };
        let _infallible = write!(
            inside,
            "<tr><th scope=\"row\"{class}>{}</th><td>{}</td><td class=\"num\">{}</td><td>{named}</td></tr>",
            escape(row.fault.name),
            escape(row.fault.wrong),
            row.caught_by.len()
        );
    }
    if inside.is_empty() {
        return inside;
    }
    format!(
        "<section class=\"part\" aria-labelledby=\"{id}\"><header><h2 id=\"{id}\">{title}</h2></header><div \
         class=\"board\"><table class=\"rows\"><thead><tr><th scope=\"col\">Fault</th><th scope=\"col\">What is \
         wrong</th><th scope=\"col\">Cases</th><th scope=\"col\">Caught in</th></tr></thead><tbody>{inside}</tbody></table></div></section>"
    )
}

/// A file's folder: the columns of the picture stand together by it.
fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A square for each fault and file, full where a case of the file catches the fault.
fn squares(matrix: &Matrix, suite: &Suite) -> String {
    let mut files: Vec<&str> =
        matrix.cases.iter().map(|place| suite.file_of(&suite.cases[*place]).path.as_str()).collect();
    files.dedup();
    let mut folders: Vec<(&str, usize)> = Vec::new();
    for file in &files {
        match folders.last_mut() {
            Some((last, count)) if *last == folder(file) => *count += 1,
            Some(_) | None => folders.push((folder(file), 1)),
        }
    }
    let mut head = String::new();
    for (folder, count) in &folders {
        let name = folder.rsplit('/').next().unwrap_or_default();
        let _infallible = write!(head, "<th scope=\"colgroup\" colspan=\"{count}\">{}</th>", escape(name));
    }
    let mut rows = String::new();
    for row in &matrix.rows {
        let caught: BTreeSet<&str> = row.files(suite).into_iter().collect();
        let class = if caught.is_empty() { " class=\"n\"" } else { "" };
        let _infallible = write!(rows, "<tr{class}><th scope=\"row\">{}</th>", escape(row.fault.name));
        let mut before = "";
        for (at, file) in files.iter().enumerate() {
            let is_first = at == 0 || folder(before) != folder(file);
            before = file;
            let class = match (caught.contains(file), is_first) {
                (true, true) => " class=\"y f\"",
                (true, false) => " class=\"y\"",
                (false, true) => " class=\"f\"",
                (false, false) => "",
            };
            let title =
                if caught.contains(file) { format!(" title=\"{}\"", escape(file)) } else { String::new() };
            let _infallible = write!(rows, "<td{class}{title}></td>");
        }
        rows += "</tr>";
    }
    format!(
        "<section class=\"part\" aria-labelledby=\"matrix\"><header><h2 id=\"matrix\">Which file catches which \
         fault</h2><span class=\"mut s\">A row for each fault, a column for each file; the tables below tell the same in \
         words.</span></header><div class=\"board matrix\" tabindex=\"0\" role=\"region\" aria-label=\"Matrix\"><table \
         class=\"grid\" aria-hidden=\"true\"><thead><tr><th>Fault</th>{head}</tr></thead><tbody>{rows}</tbody></table></div></section>"
    )
}
