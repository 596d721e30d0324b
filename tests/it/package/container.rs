//! The container image, built by buildah from the program under test, and run.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::{SETUP, ran};
use crate::bounded::Limit;
use crate::stage::Stage;

const IMAGE: &str = "localhost/attendant:test";

/// buildah with images and containers of its own in this stage.
fn buildah(stage: &Stage) -> String {
    let folder = |name| stage.path().join(name).display().to_string();
    format!("buildah --storage-driver vfs --root {} --runroot {}", folder("images"), folder("run"))
}

fn run_buildah(stage: &Stage, line: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("exec {} {line}", buildah(stage))]).current_dir(stage.path());
    command
}

#[test]
fn a_container_image_holds_the_program_alone_and_serves() {
    let stage = Stage::with(&[]);
    let mut make = Command::new("docs/package/container");
    make.current_dir(env!("CARGO_MANIFEST_DIR")).args([env!("CARGO_BIN_EXE_attendant"), IMAGE]);
    make.env("BUILDAH", buildah(&stage));
    ran(&mut make);
    let described = ran(&mut run_buildah(&stage, &format!("inspect --type image {IMAGE}")));
    let described: Value = serde_json::from_str(&described).unwrap();
    let config = &described["OCIv1"]["config"];
    assert_eq!(config["User"], "10001:10001");
    let words: Vec<&str> = [&config["Entrypoint"], &config["Cmd"]]
        .into_iter()
        .flat_map(|words| words.as_array().unwrap())
        .map(|word| word.as_str().unwrap())
        .collect();
    assert_eq!(words, ["/usr/bin/attendant", "serve"]);

    ran(&mut run_buildah(&stage, &format!("from --name attendant {IMAGE}")));
    let no_shell = run_buildah(&stage, "run --isolation chroot attendant -- /bin/sh").output().unwrap();
    assert!(!no_shell.status.success(), "there is no shell: {no_shell:?}");
    // With the network of this machine, where a fixed port may be taken.
    let line = format!("run --isolation chroot attendant -- {} --listen 127.0.0.1:0", words.join(" "));
    let mut serve = run_buildah(&stage, &line);
    let mut serve = serve.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let _limit = Limit::on(&serve);
    let mut lines = BufReader::new(serve.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut said = String::new();
    let url = lines.find_map(|line| {
        said += &format!("{line}\n");
        let (_, url) = line.split_once("url=").filter(|_| line.contains("the admin center is ready"))?;
        Some(url.trim_end_matches('/').to_owned())
    });
    let url = url.unwrap_or_else(|| panic!("it did not start: {said}\n{SETUP}"));
    let mut response = ureq::get(format!("{url}/readyz")).call().unwrap();
    assert_eq!(response.body_mut().read_to_string().unwrap(), "ready\n");
    // buildah ends what runs in it.
    kill_process(Pid::from_child(&serve), Signal::TERM).unwrap();
    serve.wait().unwrap();
}
