//! The table of settings as an example file and as a page of the documentation.

use std::fmt::Write as _;

use super::setting::Setting;

/// Returns a configuration file with all settings, their meaning, default and variable, all commented out.
#[must_use]
pub fn example() -> String {
    let mut text = String::from(
        "# The configuration of Attendant. Settings that are commented out have their defaults.\n\
         # Paths are relative to this file; `~/` is your home directory. Environment variables override this file,\n\
         # and the command line (--directory, --option NAME=VALUE) overrides both.\n",
    );
    let mut last = String::new();
    for setting in Setting::all() {
        let (table, key) = setting.table_and_key();
        if table != last {
            let _in_memory = write!(text, "\n[{table}]\n");
            table.clone_into(&mut last);
        }
        let _in_memory = writeln!(
            text,
            "# {} ({})\n# {key} = {}",
            setting.doc,
            setting.variable(),
            setting.written(&setting.default),
        );
    }
    text
}

/// Returns the table of settings in Markdown, for the documentation.
#[must_use]
pub fn reference() -> String {
    let mut text = String::from("| setting | takes | default | |\n| --- | --- | --- | --- |\n");
    for setting in Setting::all() {
        let default = if setting.default.is_empty() {
            String::new()
        } else {
            format!("`{}`", setting.written(&setting.default))
        };
        let takes = setting.kind.right().replace('|', "\\|");
        let _in_memory = writeln!(text, "| `{}` | {takes} | {default} | {} |", setting.name, setting.doc);
    }
    text
}
