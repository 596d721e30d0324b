//! Coverage as a page.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Coverage, Group, Item, Reached, diagram, hint, percent};
use crate::report::Sheet;
use crate::report::ladder::escape;

/// Returns one page that needs nothing else: how much of each group was reached, the machines as pictures, every item, and
/// how to reach what is missing. `command` is the command that made it.
#[must_use]
pub fn html(coverage: &Coverage, command: &str) -> String {
    let total = coverage.total();
    let mut body = "<nav class=\"cards\" aria-label=\"Groups\">".to_owned();
    for group in Group::ALL {
        let count = coverage.count(group);
        let class = if count.reached == count.reachable { "full" } else { "less" };
        let cannot = match count.unreachable {
            0 => String::new(),
            cannot => format!(", {cannot} out of reach"),
        };
        let _infallible = write!(
            body,
            "<a href=\"#{}\"><b>{}</b><b class=\"{class}\">{}</b><span class=\"of\">{} of {}{cannot}</span></a>",
            group.name(),
            group.title(),
            count.percent(),
            count.reached,
            count.reachable
        );
    }
    body += "</nav>";
    for group in Group::ALL {
        body += &section(coverage, group);
    }
    let sheet = Sheet {
        kind: "Coverage",
        title: format!("{} of what scenarios can reach", percent(total.permille())),
        facts: vec![
            ("Cases", coverage.cases.to_string()),
            ("Reached", format!("{} of {}", total.reached, total.reachable)),
            ("Command", command.to_owned()),
        ],
        shares: [total.reachable - total.reached, 0, total.reached],
        style: diagram::SHAPES,
        body,
    };
    sheet.to_html()
}

fn section(coverage: &Coverage, group: Group) -> String {
    let count = coverage.count(group);
    let items: Vec<(&Item, Reached)> = coverage.items().filter(|(item, _)| item.group == group).collect();
    let mut html = format!(
        "<section class=\"part\" aria-labelledby=\"{0}\"><header><h2 id=\"{0}\">{1}</h2><span class=\"mut s\">{2} of \
         {3}</span></header>",
        group.name(),
        group.title(),
        count.reached,
        count.reachable
    );
    let drawn = diagram::picture(coverage, group);
    if !drawn.is_empty() {
        let _infallible = write!(
            html,
            "<p class=\"note\">Green ways were taken. Dashed red ones lack a cause, which the pointer shows; dotted grey \
             ones are out of reach. Ways on are on the right, ways back on the left.</p><div class=\"board \
             arcbox\">{drawn}</div>"
        );
    }
    let missing = items.iter().filter(|(_, reached)| *reached == Reached::Not);
    html += &rows(
        "Not reached",
        "How to reach it",
        &missing.map(|(item, _)| (item.name.as_str(), hint(item))).collect::<Vec<_>>(),
    );
    html += &match group {
        Group::Keys => grid(&items, "State", |name| name.split_once(": ")),
        Group::Prompts => grid(&items, "Prompt", |name| {
            Some(name.trim_end_matches(')').split_once(" (").unwrap_or((name, "any")))
        }),
        Group::States | Group::Transitions | Group::Timers | Group::Meetings => chips(&items),
        Group::Places | Group::Outcomes | Group::Settings | Group::Events => chips(&items),
    };
    let cannot = items.iter().filter_map(|(item, reached)| match reached {
        Reached::Unreachable(why) => Some((item.name.as_str(), (*why).to_owned())),
        Reached::By(_) | Reached::Not => None,
    });
    let cannot = rows("Out of reach of scenarios", "Why", &cannot.collect::<Vec<_>>());
    if !cannot.is_empty() {
        let _infallible = write!(
            html,
            "<details class=\"more\"><summary>{} out of reach</summary>{cannot}</details>",
            count.unreachable
        );
    }
    html + "</section>"
}

/// A table of names with a sentence each; nothing without any.
fn rows(name: &str, more: &str, items: &[(&str, String)]) -> String {
    let mut inside = String::new();
    for (name, more) in items {
        let _infallible = write!(
            inside,
            "<tr><th scope=\"row\" class=\"n\">{}</th><td>{}</td></tr>",
            escape(name),
            marked(more)
        );
    }
    if inside.is_empty() {
        return inside;
    }
    format!(
        "<p class=\"note\">{name}</p><div class=\"board\"><table class=\"rows\"><thead><tr><th scope=\"col\">Name</th><th \
         scope=\"col\">{more}</th></tr></thead><tbody>{inside}</tbody></table></div>"
    )
}

/// What stands between backticks as code.
fn marked(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let part = |(at, part): (usize, &str)| {
        if at % 2 == 1 { format!("<code>{}</code>", escape(part)) } else { escape(part) }
    };
    parts.map(part).collect()
}

/// A table of items whose names have two parts: a row, and a column.
fn grid(
    items: &[(&Item, Reached)],
    corner: &str,
    parts: impl for<'n> Fn(&'n str) -> Option<(&'n str, &'n str)>,
) -> String {
    let mut columns: Vec<&str> = Vec::new();
    let mut table: BTreeMap<&str, BTreeMap<&str, Reached>> = BTreeMap::new();
    for (item, reached) in items {
        let Some((row, column)) = parts(&item.name) else { continue };
        if !columns.contains(&column) {
            columns.push(column);
        }
        table.entry(row).or_default().insert(column, *reached);
    }
    let mut html = format!(
        "<p class=\"note\">Cases that reached it</p><div class=\"board\" tabindex=\"0\" role=\"region\" \
         aria-label=\"{corner} by column\"><table class=\"grid\"><thead><tr><th scope=\"col\">{corner}</th>"
    );
    for column in &columns {
        let _infallible = write!(html, "<th scope=\"col\">{}</th>", escape(column));
    }
    html += "</tr></thead><tbody>";
    for (row, cells) in table {
        let _infallible = write!(html, "<tr><th scope=\"row\">{}</th>", escape(row));
        for column in &columns {
            html += &match cells.get(column) {
                Some(Reached::By(cases)) => format!("<td class=\"y\">{cases}</td>"),
                Some(Reached::Not) => "<td class=\"n\">no</td>".to_owned(),
                Some(Reached::Unreachable(why)) => {
                    format!("<td class=\"u\" title=\"{}\">cannot</td>", escape(why))
                }
                None => "<td></td>".to_owned(),
            };
        }
        html += "</tr>";
    }
    html + "</tbody></table></div>"
}

/// Every item with the number of its cases.
fn chips(items: &[(&Item, Reached)]) -> String {
    let mut html =
        "<p class=\"note\">Everything, with the cases that reached it</p><div class=\"board chips\">"
            .to_owned();
    for (item, reached) in items {
        let (class, cases) = match reached {
            Reached::By(cases) => (" conf", cases.to_string()),
            Reached::Not => (" fail", "no".to_owned()),
            Reached::Unreachable(_) => ("", "cannot".to_owned()),
        };
        let name = escape(&item.name.replace(" -> ", " → "));
        let _infallible = write!(html, "<span class=\"pill{class}\">{name} <span>{cases}</span></span>");
    }
    html + "</div>"
}
