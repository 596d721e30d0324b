//! A folder with scenario files, and the real program run in it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use super::bounded;

/// A folder that lives as long as a test.
pub(super) struct Stage {
    folder: TempDir,
}

/// What the program left behind.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Ended {
    pub(super) code: i32,
    pub(super) out: String,
    pub(super) err: String,
}

impl Stage {
    pub(super) fn with(files: &[(&str, &str)]) -> Self {
        let stage = Self { folder: tempfile::tempdir().unwrap() };
        for (path, text) in files {
            let path = stage.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        stage
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap()
    }

    /// Runs `attendant` with the words of this line, parted by blanks.
    #[track_caller]
    pub(super) fn attendant(&self, line: &str) -> Ended {
        self.attendant_with(&[], line)
    }

    /// The same with this on its standard input.
    #[track_caller]
    pub(super) fn attendant_reading(&self, line: &str, input: &str) -> Ended {
        bounded::output_of(self.command().args(line.split_whitespace()), input).unwrap().into()
    }

    /// The same with these environment variables.
    #[track_caller]
    pub(super) fn attendant_reading_with(
        &self,
        environment: &[(&str, &str)],
        line: &str,
        input: &str,
    ) -> Ended {
        let mut command = self.command();
        command.envs(environment.iter().copied()).args(line.split_whitespace());
        bounded::output_of(&mut command, input).unwrap().into()
    }

    /// Runs `attendant` with the arguments in this line and these environment variables.
    #[track_caller]
    pub(super) fn attendant_with(&self, environment: &[(&str, &str)], line: &str) -> Ended {
        self.ended(self.command().envs(environment.iter().copied()).args(line.split_whitespace()))
    }

    /// Runs `attendant` with these words, whatever is in them, and then those of the line.
    #[track_caller]
    pub(super) fn attendant_words(&self, words: &[&str], line: &str) -> Ended {
        self.ended(self.command().args(words).args(line.split_whitespace()))
    }

    fn command(&self) -> Command {
        self.program(env!("CARGO_BIN_EXE_attendant"))
    }

    /// A program in this folder, with the user's own settings and data out of its sight.
    pub(super) fn program(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ATTENDANT_"))
        {
            command.env_remove(name);
        }
        command
            .current_dir(self.path())
            .env_remove("RUST_LOG")
            .env_remove("GITHUB_ACTIONS")
            .env_remove("GITLAB_CI")
            .env("HOME", self.path())
            .env("XDG_CONFIG_HOME", self.path().join("settings"))
            .env("XDG_DATA_HOME", self.path().join("data"));
        command
    }

    #[track_caller]
    fn ended(&self, command: &mut Command) -> Ended {
        Ended::from(bounded::output(command).unwrap())
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ended {
    /// The last line of standard output.
    pub(super) fn summary(&self) -> &str {
        self.out.lines().last().unwrap_or_default()
    }
}

/// A scenario in which Pat does these steps, one to a line.
pub(super) fn story(name: &str, steps: &str) -> String {
    let steps: String = steps.lines().map(|step| format!("      - {}\n", step.trim())).collect();
    format!(
        "scenario: {name}\n\
         tags: [small]\n\
         given:\n\
         \x20 organizers:\n\
         \x20   amos: {{ conference_id: \"3141592\", pin: \"27182\" }}\n\
         callers:\n\
         \x20 pat:\n\
         \x20   script:\n\
         {steps}"
    )
}

/// A scenario that holds.
pub(super) fn holds(name: &str) -> String {
    story(name, "dial: bridge\n{ hears: welcome }")
}

/// A scenario that fails.
pub(super) fn fails(name: &str) -> String {
    story(name, "dial: bridge\n{ hears: hold_music, within: 2s }")
}

/// A scenario that asks for what is not implemented.
pub(super) fn open(name: &str) -> String {
    story(name, "dial: sip:600@pbx.example")
}
