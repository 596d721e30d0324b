//! The page of faulty bridges, and what the documents say of coverage.

use attendant::suite::prove;

use super::is_current;

#[test]
fn the_page_of_faulty_bridges_is_the_programs_own() {
    is_current("docs/faulty-bridges.md", &prove::page());
}
