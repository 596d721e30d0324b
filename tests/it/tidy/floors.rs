//! The floors of the house: which module stands on which floor, and what each may import.

use super::Finding;
use super::source::{CodePath, Source, module_of};

/// Floors from the ground up; on a floor, modules in the order in which they may import each other.
///
/// The lower floors have an order inside a folder too. On the others, the files of a folder import each other
/// freely.
pub(super) const FLOORS: &[&[Module]] = &[
    &[ordered(
        "control",
        &[
            "time",
            "named",
            "outputs",
            "call",
            "numbers",
            "policy",
            "pin",
            "event",
            "delivery",
            "presence",
            "conclusions",
            "collect",
            "meeting",
            "attendant",
            "caller",
            "account",
            "directory",
            "query",
            "conference",
            "mod",
        ],
    )],
    &[
        ordered(
            "media",
            &[
                "rate",
                "manifest",
                "level",
                "amount",
                "oscillator",
                "g711",
                "wav",
                "telephone_event",
                "dtmf",
                "impair",
                "speech_level",
                "tone",
                "inspect",
                "library",
                "speaker",
                "hear",
                "playout",
                "mixer",
                "conference_audio",
                "mod",
            ],
        ),
        ordered(
            "sip",
            &[
                "message",
                "transport",
                "refusal",
                "network",
                "mask",
                "guard",
                "framer",
                "inspection",
                "admission",
                "transaction",
                "keys",
                "numbers",
                "digest",
                "dialog",
                "offer",
                "session",
                "shard",
                "uac",
                "mod",
            ],
        ),
        ordered(
            "rtp",
            &[
                "packet", "rtcp", "refusal", "latch", "slots", "ports", "encoded", "send", "conceal",
                "jitter", "receive", "mask", "flow", "mod",
            ],
        ),
    ],
    &[
        free("files"),
        free("assets"),
        free("clock"),
        free("suggest"),
        free("telemetry"),
        free("store"),
        free("config"),
    ],
    &[free("bridge"), free("leg")],
    &[free("exchange"), free("mail"), free("admin")],
    &[free("scenario"), free("play"), free("report"), free("suite")],
    &[free("terminal"), free("load"), free("web"), free("serve"), free("phone"), free("step")],
    &[free("cli")],
    &[free("lib"), free("main")],
];

/// The roots of packages, which name themselves as everybody names them: `use crate as control`.
const PACKAGES: [&str; 4] = ["src/control/mod.rs", "src/media/mod.rs", "src/rtp/mod.rs", "src/sip/mod.rs"];

/// A module of the crate: a file of `src`, or a folder.
pub(super) struct Module {
    name: &'static str,
    /// The files of the folder in their order, `mod` for its `mod.rs`; nothing where they have none.
    order: &'static [&'static str],
}

const fn ordered(name: &'static str, order: &'static [&'static str]) -> Module {
    Module { name, order }
}

const fn free(name: &'static str) -> Module {
    Module { name, order: &[] }
}

/// A place in the house. What compares less is lower, or earlier on its floor, and may be imported.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    floor: usize,
    on_the_floor: usize,
    in_the_folder: usize,
}

/// Each file stands in the table, and imports only from below.
pub(super) fn imports_come_from_below(source: &Source<'_>) -> Vec<Finding> {
    if !source.is_rust() || !source.path.starts_with("src/") {
        return Vec::new();
    }
    let here = match place_of_file(source.path) {
        Ok(here) => here,
        Err(unknown) => {
            let what = format!("the module `{unknown}` has no place in the house");
            return vec![Finding::new(source, 1, &what, "add it to the table in tests/it/tidy/floors.rs")];
        }
    };

    let is_root = PACKAGES.contains(&source.path);
    let names_a_module =
        |path: &CodePath| path.segments[0] == "crate" && (path.segments.len() > 1 || !is_root);
    let imports = source.paths().into_iter().filter(names_a_module);
    let refused = imports.filter_map(|path| {
        let named = path.segments.join("::");
        let names: Vec<&str> = path.segments.iter().skip(1).map(String::as_str).collect();
        let Some((there, name)) = place_of_import(&names) else {
            let what = format!("`{named}` names no module of the table");
            let right = "import from a module, or add the module to the table in tests/it/tidy/floors.rs";
            return Some(Finding::new(source, path.line, &what, right));
        };
        if there <= here {
            return None;
        }
        let what = if there.floor > here.floor {
            format!("`{named}` is on floor {}, this module on floor {}", there.floor, here.floor)
        } else {
            format!("`{named}` belongs to `{name}`, which comes after this module on floor {}", here.floor)
        };
        let right = if name.ends_with("::mod") {
            "import from the file that holds it, and have that file in the table"
        } else {
            "let the upper module import the lower one, or move what is shared down"
        };
        Some(Finding::new(source, path.line, &what, right))
    });
    refused.collect()
}

/// The floor of a file of `src`.
pub(super) fn floor_of(path: &str) -> Option<usize> {
    path.starts_with("src/").then(|| place_of_file(path).ok())?.map(|place| place.floor)
}

fn module(name: &str) -> Option<(Place, &'static Module)> {
    let mut all = FLOORS.iter().enumerate().flat_map(|(floor, modules)| {
        modules.iter().enumerate().map(move |(on_the_floor, module)| (floor, on_the_floor, module))
    });
    let (floor, on_the_floor, module) = all.find(|(_, _, module)| module.name == name)?;
    Some((Place { floor, on_the_floor, in_the_folder: 0 }, module))
}

fn place_of_file(path: &str) -> Result<Place, String> {
    let names = module_of(path);
    let name = names.first().map_or("lib", String::as_str);
    let (place, module) = module(name).ok_or_else(|| name.to_owned())?;
    if module.order.is_empty() {
        return Ok(place);
    }
    let file = names.get(1).map_or("mod", String::as_str);
    match module.order.iter().position(|known| *known == file) {
        Some(in_the_folder) => Ok(Place { in_the_folder, ..place }),
        None => Err(format!("{name}::{file}")),
    }
}

/// The place of what is imported, and the table's name for it. What no file of an ordered folder holds belongs
/// to its `mod.rs`.
fn place_of_import(names: &[&str]) -> Option<(Place, String)> {
    let (place, module) = module(names.first()?)?;
    let Some(last) = module.order.len().checked_sub(1) else {
        return Some((place, module.name.to_owned()));
    };
    let found = names.get(1).and_then(|file| module.order.iter().position(|known| known == file));
    let in_the_folder = found.unwrap_or(last);
    Some((Place { in_the_folder, ..place }, format!("{}::{}", module.name, module.order[in_the_folder])))
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::*;

    fn imports(path: &str, text: &str) -> Vec<String> {
        found(imports_come_from_below, path, text)
    }

    #[test]
    fn modules_import_only_from_lower_floors() {
        let text = "use crate::control::call::LegId;\nuse super::time::Instant;\nuse std::fmt;\n";
        assert_eq!(imports("src/control/meeting.rs", text), [""; 0]);
        assert_eq!(
            imports("src/admin/mod.rs", "use crate::{control::Pin, exchange, mail, clock::now};"),
            [""; 0]
        );
        assert_eq!(imports("src/cli/run.rs", "use crate::cli::args::Args;"), [""; 0]);
        assert_eq!(imports("src/store/memory.rs", "use super::sqlite::Row;"), [""; 0]);
        assert_eq!(imports("src/control/mod.rs", "pub use self::meeting::Meeting;"), [""; 0]);
    }

    #[test]
    fn an_import_from_an_upper_floor_is_found() {
        assert_eq!(
            imports("src/control/pin.rs", "//! Pins.\nuse crate::{\n    exchange::Exchange,\n};"),
            ["src/control/pin.rs:3: `crate::exchange::Exchange` is on floor 4, this module on floor 0; \
                 fix: let the upper module import the lower one, or move what is shared down"]
        );
        assert_eq!(imports("src/media/wav.rs", "fn a() { crate::config::read() }").len(), 1);
        assert_eq!(imports("src/leg/keyboard.rs", "mod tests { use super::super::super::cli; }").len(), 1);
    }

    #[test]
    fn an_import_against_the_order_of_a_floor_is_found() {
        assert_eq!(
            imports("src/control/collect.rs", "use super::attendant::Attendant;"),
            ["src/control/collect.rs:1: `crate::control::attendant::Attendant` belongs to \
                 `control::attendant`, which comes after this module on floor 0; fix: let the \
                 upper module import the lower one, or move what is shared down"]
        );
        assert_eq!(imports("src/load/mod.rs", "use crate::web::Page;").len(), 1);
        assert_eq!(imports("src/exchange/mod.rs", "use crate::mail::Mail;").len(), 1);
    }

    #[test]
    fn what_a_folder_exports_again_is_found_inside_the_folder_only() {
        assert_eq!(
            imports("src/control/meeting.rs", "use crate::control::Instant;"),
            ["src/control/meeting.rs:1: `crate::control::Instant` belongs to `control::mod`, which \
                 comes after this module on floor 0; fix: import from the file that holds it, and have \
                 that file in the table"]
        );
        assert_eq!(imports("src/control/meeting.rs", "use super::*;").len(), 1);
        assert_eq!(imports("src/media/wav.rs", "use crate::control::Instant;"), [""; 0]);
    }

    #[test]
    fn the_files_below_a_module_count_as_that_module() {
        let text =
            "use super::Meeting;\nuse super::super::collect::Field;\nuse crate::control::meeting::lobby::A;";
        assert_eq!(imports("src/control/meeting/roster.rs", text), [""; 0]);
        assert_eq!(
            imports("src/control/meeting/roster.rs", "use crate::control::attendant::Notice;").len(),
            1
        );
        assert_eq!(imports("src/control/attendant.rs", "use super::meeting::roster::Roster;"), [""; 0]);
    }

    #[test]
    fn a_file_that_the_table_does_not_know_is_found() {
        for (path, module) in
            [("src/control/billing.rs", "control::billing"), ("src/billing/mod.rs", "billing")]
        {
            assert_eq!(
                imports(path, "//! Bills."),
                [format!(
                    "{path}:1: the module `{module}` has no place in the house; fix: add it to \
                     the table in tests/it/tidy/floors.rs"
                )]
            );
        }
    }

    #[test]
    fn an_import_from_no_module_of_the_table_is_found() {
        for text in
            ["use crate::billing::Bill;", "use crate::Meeting;", "use super::*;", "use crate as house;"]
        {
            assert_eq!(imports("src/clock.rs", text).len(), 1, "{text}");
        }
    }

    #[test]
    fn documentation_may_name_upper_floors() {
        assert_eq!(imports("src/control/pin.rs", "//! Driven by [`crate::exchange`].\n"), [""; 0]);
    }
}
