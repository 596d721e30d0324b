//! `attendant manual`: the help of every command as a page for man.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::CommandFactory as _;
use clap_mangen::Man;

use super::exit::{CliError, Exit};
use super::screen::Screen;

const EXAMPLES: &str = "\
Examples:
  attendant manual man && man --local-file man/attendant-replay.1
  attendant manual ~/.local/share/man/man1";

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Manual {
    /// The folder, made if it does not exist; pages that are there are replaced
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

impl Manual {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let folder = self.folder.display();
        let failed = |error| CliError::bad(format!("error: {folder}: {error}"));
        fs::create_dir_all(&self.folder).map_err(failed)?;
        let mut command = super::Args::command().disable_help_subcommand(true);
        command.build();
        write_pages(&command, &self.folder).map_err(failed)?;
        let mut out = screen.out();
        writeln!(out, "{folder}")?;
        out.flush()?;
        Ok(Exit::Success)
    }
}

/// How the lines of examples, and those of exit codes, are headed in the help.
const HEADINGS: [(&str, &str); 2] = [("Examples:", "EXAMPLES"), ("Exit codes:", "EXIT STATUS")];

/// Writes the page of a command, and those of the commands below it.
fn write_pages(command: &clap::Command, folder: &Path) -> io::Result<()> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        write_pages(below, folder)?;
    }
    let usage = command.clone().render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage).to_owned();
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let page = Man::new(command.clone().override_usage(usage))
        .source(format!("attendant {}", env!("CARGO_PKG_VERSION")))
        .manual("Attendant");
    let mut text = Vec::new();
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    if command.has_subcommands() {
        page.render_subcommands_section(&mut text)?;
    }
    text.extend(after(&help).into_bytes());
    fs::write(folder.join(page.get_filename()), text)
}

/// What stands after the options in the help, as sections of a page. Indented lines stay as they are: an example is
/// copied with its hyphens, and is not broken.
fn after(help: &str) -> String {
    let (mut page, mut is_verbatim) = (String::new(), false);
    let mut heading = Some("NOTES");
    let mut add = |line: &str| {
        let _in_memory = writeln!(page, "{line}");
    };
    for line in help.lines() {
        if let Some((_, section)) = HEADINGS.iter().find(|(headed, _)| *headed == line) {
            add(&format!(".SH {section:?}"));
            // The paragraphs behind the examples explain the command.
            heading = Some("NOTES");
            continue;
        }
        let verbatim = line.starts_with(' ');
        if verbatim != is_verbatim {
            add(if verbatim { ".nf" } else { ".fi" });
            is_verbatim = verbatim;
        }
        if !verbatim
            && !line.is_empty()
            && let Some(section) = heading.take()
        {
            add(&format!(".SH {section}"));
        }
        match line.trim_end() {
            "" => add(".PP"),
            text => add(&escaped(text.strip_prefix("  ").unwrap_or(text))),
        }
    }
    if is_verbatim {
        add(".fi");
    }
    page
}

/// A line that roff prints as it is.
fn escaped(line: &str) -> String {
    let escaped = line.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq").replace('`', "\\(ga");
    if escaped.starts_with('.') { format!("\\&{escaped}") } else { escaped }
}

#[cfg(test)]
mod tests {
    use super::after;

    #[test]
    fn examples_are_printed_as_they_are_typed() {
        let help = "Examples:\n  attendant serve -o 'a=b'\n  .hidden \\\n\nIt serves.\n\nExit codes:\n  0    success";
        assert_eq!(
            after(help),
            ".SH \"EXAMPLES\"\n.nf\nattendant serve \\-o \\(aqa=b\\(aq\n\\&.hidden \\e\n.fi\n.PP\n.SH NOTES\nIt serves.\n\
             .PP\n.SH \"EXIT STATUS\"\n.nf\n0    success\n.fi\n"
        );
    }
}
