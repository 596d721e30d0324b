//! `--record`: a folder for each case, with what each caller heard as a WAV file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::cli::exit::CliError;
use crate::cli::screen::Screen;
use crate::cli::wav_file;
use crate::play::Played;
use crate::report::recording::Recorder;
use crate::scenario::story::Story;

/// The most that is recorded of one case, in virtual time: 29 MB for each caller.
const LONGEST: Duration = Duration::from_secs(30 * 60);

/// The name of a case's folder.
pub(super) fn folder_name(number: usize, story: &Story) -> String {
    format!("{number:03}-{}", story.file_name())
}

/// Records what was heard in a case, in this folder.
pub(super) fn record(folder: &Path, story: &Story, played: &Played, screen: &Screen) -> Result<(), CliError> {
    let failed = |error: &dyn std::fmt::Display| {
        CliError::bad(format!("error: recording to {} failed: {error}", folder.display()))
    };
    fs::create_dir_all(folder).map_err(|error| failed(&error))?;
    let mut recorder = Recorder::new(&played.log, &story.given.library, &story.cast.recordings);
    let mut files = Vec::new();
    let mut calls_of: BTreeMap<u32, u32> = BTreeMap::new();
    for call in recorder.calls() {
        let count = calls_of.entry(call.role).or_default();
        *count += 1;
        let name = &story.cast.roles[call.role as usize].name;
        let name = if *count == 1 { format!("{name}.wav") } else { format!("{name}-{count}.wav") };
        files.push(wav_file::create(&folder.join(name)).map_err(|error| failed(&error))?);
    }
    let until = recorder.now() + LONGEST;
    let mut written = Ok(());
    while written.is_ok() {
        let goes_on = recorder.tick(|place, frame| {
            for sample in frame {
                if written.is_ok() {
                    written = files[place].write_sample(*sample);
                }
            }
        });
        if !goes_on {
            break;
        }
        if recorder.now() >= until {
            let minutes = LONGEST.as_secs() / 60;
            screen.say(&format!("{}: only the first {minutes} minutes are recorded", folder.display()));
            break;
        }
    }
    written.map_err(|error| failed(&error))?;
    for file in files {
        file.finalize().map_err(|error| failed(&error))?;
    }
    Ok(())
}
