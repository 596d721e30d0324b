//! A page of tables in the look of the report, for what is counted over many cases. It has no script, and prints as it is.

use std::fmt::Write as _;

use super::page::{head, ratio};
use crate::report::ladder::escape;

const ICONS: &str = include_str!("icons.svg");
const STYLE: &str = include_str!("sheet.css");

/// A page.
#[derive(Debug)]
pub struct Sheet<'a> {
    /// What it is: beside the name of the program.
    pub kind: &'a str,
    /// Its heading.
    pub title: String,
    /// What is told beside the heading: words with their values.
    pub facts: Vec<(&'static str, String)>,
    /// How much is bad, open and good: the bar below the heading.
    pub shares: [usize; 3],
    /// Style that only this page needs.
    pub style: &'a str,
    /// Everything below, as HTML.
    pub body: String,
}

impl Sheet<'_> {
    /// Returns the whole page; nothing is loaded from anywhere.
    #[must_use]
    pub fn to_html(&self) -> String {
        let mut facts = String::new();
        for (name, fact) in &self.facts {
            let _infallible = write!(facts, "<div><dt>{name}</dt><dd>{}</dd></div>", escape(fact));
        }
        let [bad, open, good] = self.shares;
        let title = format!("Attendant {}", self.kind.to_lowercase());
        format!(
            "{}{ICONS}<a class=\"skip\" href=\"#main\">Skip to the tables</a><header class=\"bar\"><span class=\"brand\"><svg \
             class=\"mark\" viewBox=\"0 0 32 32\" aria-hidden=\"true\"><use href=\"#i-mark\"/></svg><b>Attendant</b><span \
             class=\"mut\">{}</span></span></header><section class=\"sum\" aria-label=\"Summary\"><h1>{}</h1><dl \
             class=\"facts\">{facts}</dl>{}</section><main class=\"sheet\" id=\"main\" tabindex=\"-1\">{}</main></body></html>\n",
            head(&title, &format!("{STYLE}{}", self.style), None),
            escape(self.kind),
            escape(&self.title),
            ratio([(bad, "f"), (open, "o"), (good, "p")]),
            self.body
        )
    }
}
