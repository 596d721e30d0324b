//! The program that serves, and those who use it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, Signal};
use ureq::http::{Request, Response};
use ureq::{Agent, Body};

use crate::bounded::{LIMIT, Limit, until};
use crate::stage::{Ended, Stage};

/// A directory of the stage.
const HERE: &str = "--directory d/users.db";

/// A password that the rules take.
pub(crate) const OWN: &str = "correct horse battery staple";

/// `attendant serve`, as long as this lives.
pub(crate) struct Served {
    pub(crate) stage: Stage,
    directory: String,
    child: Child,
    pub(crate) url: String,
    /// The one-time password that the first start prints.
    pub(crate) password: String,
    log: Arc<Mutex<String>>,
    /// Told of each line of the log.
    grown: Arc<Condvar>,
    reading: Option<JoinHandle<()>>,
    agent: Agent,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
    headers: Vec<(String, String)>,
}

impl Served {
    /// Starts on a new directory.
    pub(crate) fn start() -> Self {
        Self::with(Stage::with(&[]), "")
    }

    /// The same with these options.
    pub(crate) fn with(stage: Stage, options: &str) -> Self {
        Self::at(stage, options, &[])
    }

    /// The same with these environment variables.
    pub(crate) fn at(stage: Stage, options: &str, environment: &[(&str, &str)]) -> Self {
        Self::on(stage, HERE, options, environment)
    }

    /// The same on another directory.
    pub(crate) fn on(stage: Stage, directory: &str, options: &str, environment: &[(&str, &str)]) -> Self {
        let mut command = stage.program(env!("CARGO_BIN_EXE_attendant"));
        // Calls go fast; the directory has as much real time as at the real speed.
        let fast = if options.contains("--speed") { "" } else { "--speed 25" };
        let line = format!("serve --listen 127.0.0.1:0 {fast} {directory} {options}");
        command.args(line.split_whitespace()).envs(environment.iter().copied());
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let log = Arc::new(Mutex::new(String::new()));
        let grown = Arc::new(Condvar::new());
        let (kept, more) = (Arc::clone(&log), Arc::clone(&grown));
        let (found, url) = std::sync::mpsc::sync_channel(1);
        let reading = std::thread::spawn(move || {
            while let Some(Ok(line)) = lines.next() {
                if let Some(url) = ready(&line) {
                    let _first = found.try_send(url.to_owned());
                }
                let mut log = kept.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
                more.notify_all();
            }
        });
        let Ok(url) = url.recv_timeout(LIMIT) else {
            child.kill().unwrap();
            panic!("it did not start: {}", log.lock().unwrap());
        };
        let password = first_line(child.stdout.take().unwrap(), &log);
        let config =
            Agent::config_builder().http_status_as_error(false).max_redirects(0).timeout_global(Some(LIMIT));
        let agent = config.build().new_agent();
        let directory = directory.to_owned();
        Self { stage, directory, child, url, password, log, grown, reading: Some(reading), agent }
    }

    /// Another bridge on this directory of the same stage, which is not to start: what it says.
    #[track_caller]
    pub(crate) fn second_start(&self, directory: &str) -> String {
        let mut command = self.stage.program(env!("CARGO_BIN_EXE_attendant"));
        let line = format!("serve --listen 127.0.0.1:0 {directory}");
        let command = command.args(line.split_whitespace()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let _limit = Limit::on(&child);
        let mut said = String::new();
        for line in BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap) {
            if ready(&line).is_some() {
                child.kill().unwrap();
            }
            said += &format!("{line}\n");
        }
        let code = child.wait().unwrap().code();
        assert!(code == Some(1) && !said.contains("the admin center is ready"), "{code:?} {said}");
        said
    }

    /// The number of its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Another command on the same directory.
    #[track_caller]
    pub(crate) fn attendant(&self, line: &str) -> Ended {
        let ended = self.stage.attendant(&format!("{line} {}", self.directory));
        assert_eq!(ended.code, 0, "{line}: {ended:?}");
        ended
    }

    /// Waits until so many mails were sent: they are beside the request that asks for them.
    pub(crate) fn until_sent(&self, mails: usize) {
        let sent = || self.attendant("mail list --state sent --json").out.lines().count();
        until(&format!("{mails} mails are sent"), || sent() >= mails);
    }

    /// An administrator's token.
    pub(crate) fn token(&self) -> String {
        self.attendant("tokens issue kim@contoso.com --administrator").out.trim().to_owned()
    }

    /// Sends a request, and gives back what is read as it comes.
    pub(crate) fn open(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Response<Body> {
        self.try_open(method, path, headers, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    fn try_open(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Response<Body>, ureq::Error> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if body.is_empty() && method == "GET" {
            self.agent.run(request.body(()).unwrap())
        } else {
            let request = self.agent.configure_request(request.body(body.to_owned()).unwrap());
            self.agent.run(request.allow_non_standard_methods(true).build())
        }
    }

    /// Sends a request, and gives back how it was answered; nothing if the whole answer did not come.
    pub(crate) fn status(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Option<u16> {
        let mut response = self.try_open(method, path, headers, "").ok()?;
        response.body_mut().read_to_string().ok()?;
        Some(response.status().as_u16())
    }

    /// Sends a request.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut response = self.open(method, path, headers, body);
        let all = response.headers().iter();
        let headers =
            all.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        let text = response.body_mut().read_to_string().unwrap();
        Answer { status: response.status().as_u16(), text, headers }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    /// The same, which fails where the answer takes longer.
    pub(crate) fn within_2_s(&self, path: &str) -> Answer {
        let request = Request::builder().uri(format!("{}{path}", self.url)).body(()).unwrap();
        let config = self.agent.configure_request(request).timeout_global(Some(Duration::from_secs(2)));
        let mut response = self.agent.run(config.build()).unwrap_or_else(|error| panic!("{path}: {error}"));
        let text = response.body_mut().read_to_string().unwrap();
        Answer { status: response.status().as_u16(), text, headers: Vec::new() }
    }

    /// What it said of its own work so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Waits until its log is so.
    pub(crate) fn until_log(&self, mut is_so: impl FnMut(&str) -> bool) {
        let log = self.log.lock().unwrap();
        let (log, waited) = self.grown.wait_timeout_while(log, LIMIT, |log| !is_so(log)).unwrap();
        assert!(!waited.timed_out(), "its log is not so: {log}");
    }

    /// Asks it to end, and waits until it has; how.
    pub(crate) fn interrupt(self) -> (i32, String) {
        self.signal(Signal::INT);
        self.until_ended()
    }

    /// Waits until it has ended; how.
    pub(crate) fn until_ended(mut self) -> (i32, String) {
        let code = self.end();
        (code, self.log())
    }

    /// Asks it to end, and gives back how it did and where it was.
    pub(crate) fn ended(mut self) -> (i32, Stage) {
        self.signal(Signal::INT);
        let code = self.end();
        (code, std::mem::replace(&mut self.stage, Stage::with(&[])))
    }

    fn end(&mut self) -> i32 {
        let _limit = Limit::on(&self.child);
        let code = self.child.wait().unwrap().code();
        let code = code.unwrap_or_else(|| panic!("it did not end: {}", self.log()));
        self.reading.take().unwrap().join().unwrap();
        code
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, signal).unwrap();
    }

    /// Lets its files be so many bytes long at most, or as long as they need.
    pub(crate) fn limit_files(&self, bytes: Option<u64>) {
        let id = rustix::process::Pid::from_child(&self.child);
        let limit = Rlimit { current: bytes, maximum: None };
        rustix::process::prlimit(Some(id), Resource::Fsize, limit).unwrap();
    }

    /// Ends it without leave.
    pub(crate) fn kill_now(&self) {
        self.signal(Signal::KILL);
    }

    /// Ends it without leave, and gives back where it was.
    pub(crate) fn kill(mut self) -> Stage {
        self.kill_now();
        self.child.wait().unwrap();
        std::mem::replace(&mut self.stage, Stage::with(&[]))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Once it has ended, there is nothing left to end.
        let _ended = self.child.kill();
        let _code = self.child.wait();
    }
}

/// The address in the line of the log that tells of it, in either format.
fn ready(line: &str) -> Option<&str> {
    let (_, url) = line.split_once("url=").or_else(|| line.split_once(r#""url":""#))?;
    let url = url.split_once("/\"").map_or(url, |(url, _)| url);
    line.contains("the admin center is ready").then(|| url.trim_end_matches('/'))
}

/// What the first start prints; nothing at any other.
fn first_line(stdout: ChildStdout, log: &Mutex<String>) -> String {
    if !log.lock().unwrap().contains("one-time password") {
        return String::new();
    }
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The value of a hidden field in a page.
    #[track_caller]
    pub(crate) fn field(&self, name: &str) -> String {
        let begins = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.text.split_once(&begins).unwrap_or_else(|| panic!("no {name} in {}", self.text));
        rest.split_once('"').unwrap().0.replace("&#34;", "\"")
    }

    /// What stands in the element of this name.
    pub(crate) fn element(&self, id: &str) -> Option<String> {
        let (_, rest) = self.text.split_once(&format!("id=\"{id}\""))?;
        let (_, rest) = rest.split_once('>')?;
        Some(rest.split_once('<')?.0.trim().to_owned())
    }
}

/// Somebody with a browser.
pub(crate) struct Person<'s> {
    served: &'s Served,
    pub(crate) cookie: String,
}

impl<'s> Person<'s> {
    /// Somebody who has signed in and chosen a password.
    #[track_caller]
    pub(crate) fn new(served: &'s Served, account: &str, one_time: &str) -> Self {
        let mut person = Self { served, cookie: String::new() };
        let signed_in = person.sign_in(account, one_time);
        assert_eq!(
            (signed_in.status, signed_in.header("location")),
            (303, "/password"),
            "{}",
            signed_in.text
        );
        let csrf = person.get("/password").field("csrf");
        let changed =
            person.post("/password", &[("csrf", &csrf), ("before", one_time), ("new", OWN), ("again", OWN)]);
        assert_eq!(changed.status, 303, "{}", changed.text);
        person.cookie = cookie(&changed);
        person
    }

    /// Somebody who has not signed in.
    pub(crate) fn stranger(served: &'s Served) -> Self {
        Self { served, cookie: String::new() }
    }

    /// The administrator of a first start.
    #[track_caller]
    pub(crate) fn admin(served: &'s Served) -> Self {
        Self::new(served, "admin", &served.password)
    }

    /// Signs in; the session is kept.
    pub(crate) fn sign_in(&mut self, account: &str, password: &str) -> Answer {
        let answer = self.post("/sign-in", &[("account", account), ("password", password)]);
        if answer.status == 303 {
            self.cookie = cookie(&answer);
        }
        answer
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.served.send("GET", path, &[("cookie", &self.cookie)], "")
    }

    /// Sends a form.
    pub(crate) fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_with(path, fields, &[])
    }

    pub(crate) fn post_with(&self, path: &str, fields: &[(&str, &str)], more: &[(&str, &str)]) -> Answer {
        let mut headers =
            vec![("cookie", self.cookie.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        headers.extend(more);
        self.served.send("POST", path, &headers, &form(fields))
    }

    /// Sends a form of this page with its token.
    #[track_caller]
    pub(crate) fn does(&self, page: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.get(page).field("csrf");
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend(fields);
        self.post(path, &all)
    }
}

fn cookie(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    let encode = |text: &str| -> String {
        text.bytes()
            .map(|byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            })
            .collect()
    };
    let pairs: Vec<String> =
        fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}
