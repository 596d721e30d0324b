//! Coverage for a terminal.

use std::fmt::Write as _;

use super::{Coverage, Group, Reached, hint, percent};
use crate::report::Paint;
use crate::report::wrap::wrapped;

/// The columns of a page where nobody says how many there are.
const COLUMNS: usize = 80;

/// Writes how much of each group was reached, and what was not with a hint how to reach it; with `unreachable` also what
/// no scenario can reach, and why.
#[must_use]
pub fn text(coverage: &Coverage, paint: Paint, unreachable: bool) -> String {
    let mut page = String::new();
    let widest = Group::ALL.map(|group| group.title().len()).into_iter().max().unwrap_or(0);
    for group in Group::ALL {
        let count = coverage.count(group);
        let share = format!("{:>4} of {:>4}  {:>6}", count.reached, count.reachable, count.percent());
        let share = if count.reached == count.reachable { paint.good(&share) } else { paint.bad(&share) };
        let _infallible = writeln!(page, "{:widest$}  {share}", group.title());
    }
    for group in Group::ALL {
        let missing: Vec<_> = coverage
            .items()
            .filter(|(item, reached)| item.group == group && *reached == Reached::Not)
            .map(|(item, _)| (item.name.as_str(), hint(item)))
            .collect();
        list(&mut page, &format!("{}, not reached", group.title()), &missing, paint);
    }
    if unreachable {
        for group in Group::ALL {
            let items = coverage.items().filter(|(item, _)| item.group == group);
            let cannot: Vec<_> = items
                .filter_map(|(item, reached)| match reached {
                    Reached::Unreachable(why) => Some((item.name.as_str(), why.to_owned())),
                    Reached::By(_) | Reached::Not => None,
                })
                .collect();
            list(&mut page, &format!("{}, out of reach of scenarios", group.title()), &cannot, paint);
        }
    }
    let total = coverage.total();
    let cases = if coverage.cases == 1 { "1 case".to_owned() } else { format!("{} cases", coverage.cases) };
    let share = percent(total.permille());
    let _infallible = writeln!(
        page,
        "\n{cases} reached {} of {}, {}",
        total.reached,
        total.reachable,
        paint.strong(&share)
    );
    if total.unreachable > 0 && !unreachable {
        let told =
            format!("{} more are out of reach of scenarios: --unreachable lists them", total.unreachable);
        let _infallible = writeln!(page, "{}", paint.faint(&told));
    }
    page
}

fn list(page: &mut String, heading: &str, items: &[(&str, String)], paint: Paint) {
    if items.is_empty() {
        return;
    }
    let _infallible = writeln!(page, "\n{}", paint.strong(heading));
    for (name, more) in items {
        let _infallible = writeln!(page, "  {name}");
        for line in wrapped(more, COLUMNS - 6) {
            let _infallible = writeln!(page, "      {}", paint.faint(&line));
        }
    }
}
