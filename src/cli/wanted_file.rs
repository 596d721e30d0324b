//! Files that a command writes because its arguments ask for them.

use std::fs;
use std::path::Path;

use super::exit::CliError;
use super::screen::Screen;

/// Writes a file, and says so.
pub(super) fn write(path: &Path, text: &str, screen: &Screen) -> Result<(), CliError> {
    fs::write(path, text)
        .map_err(|error| CliError::bad(format!("error: {} cannot be written: {error}", path.display())))?;
    screen.wrote(path.display());
    Ok(())
}
