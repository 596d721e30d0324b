//! The faulty bridges as a page of the documents.

use std::fmt::Write as _;

use super::{CHAPTERS, faults};

/// `docs/faulty-bridges.md`, whole.
#[must_use]
pub fn page() -> String {
    let mut page = format!(
        "# Faulty bridges\n\n\
         `attendant prove` plays scenarios on {} bridges, each with one fault, and tells which scenario catches which:\n\
         [coverage.md](coverage.md#do-the-scenarios-prove-anything) explains it. This page is made by the program from the\n\
         table that the command reads.\n",
        faults().count()
    );
    for (title, faults) in CHAPTERS {
        let _infallible = write!(page, "\n## {title}\n\n| fault | what is wrong |\n| --- | --- |\n");
        for fault in faults {
            let row = format!("| {} | {} |", fault.name, fault.wrong);
            let _infallible = writeln!(page, "{}", row.replace('*', "\\*").replace('_', "\\_"));
        }
    }
    page
}
