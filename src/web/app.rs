//! The state that requests share, and administrators' acts through it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::request::Parts;
use tokio_util::sync::CancellationToken;

use super::access::Access;
use super::answers::Answers;
use super::bridge::Bridge;
use super::changed::Changed;
use super::detached::run_detached;
use super::drawings::Drawings;
use super::live::launch::{LaunchError, LaunchRequest};
use super::order::{Order, Pointless};
use super::own_process::OwnProcess;
use super::requests::Requests;
use crate::admin::act::{Act, UserName};
use crate::admin::actor::{Actor, Role};
use crate::admin::administration::{Administration, Seen};
use crate::admin::answer::{Answer, Done, PinInfo, UserView};
use crate::admin::refusal::Refusal;
use crate::clock;
use crate::control::event::MeetingId;
use crate::mail::courier::Courier;
use crate::mail::worker::Worker;
use crate::store::StoreError;
use crate::store::mail::{MailId, Resend};
use crate::store::sql::Sql;

/// Maximum number of characters of an address that are logged.
const PATH_CHARS: usize = 200;

const ENDING: &str = "the program is ending";

/// Everything that requests share.
pub(crate) struct App {
    pub(crate) administration: Administration<Sql>,
    pub(crate) courier: Courier,
    pub(crate) worker: Worker<Sql>,
    pub(crate) bridge: Bridge,
    pub(crate) access: Access,
    pub(crate) drawings: Drawings,
    pub(crate) answers: Answers,
    pub(crate) changed: Changed,
    pub(crate) requests: Requests,
    pub(crate) process: OwnProcess,
    /// Whether the service is to end: it takes no calls any more, and may wait for those that are up.
    ending: AtomicBool,
    /// Completes when the service is to end: streams end with it.
    pub(crate) stop: CancellationToken,
}

/// The form in which handlers get it.
pub(crate) type Shared = Arc<App>;

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").finish_non_exhaustive()
    }
}

impl App {
    pub(crate) fn new(
        administration: Administration<Sql>,
        (courier, worker): (Courier, Worker<Sql>),
        bridge: Bridge,
        access: Access,
        stop: CancellationToken,
    ) -> Self {
        Self {
            administration,
            courier,
            worker,
            bridge,
            access,
            drawings: Drawings::default(),
            answers: Answers::default(),
            changed: Changed::default(),
            requests: Requests::default(),
            process: OwnProcess::default(),
            ending: AtomicBool::default(),
            stop,
        }
    }

    /// Milliseconds since the Unix epoch.
    pub(crate) fn now(&self) -> i64 {
        clock::epoch_ms()
    }

    /// The users and all that is kept with them.
    pub(crate) fn store(&self) -> &Sql {
        self.administration.directory()
    }

    /// Carries out an act; with `seen`, only if that is still so. Its mail is sent at once, and running meetings are told
    /// what is new for them.
    pub(crate) async fn perform(
        self: &Arc<Self>,
        actor: &Actor,
        act: &Act,
        seen: Option<&Seen>,
    ) -> Result<Answer, Refusal> {
        let (app, actor, act, seen) = (Arc::clone(self), actor.clone(), act.clone(), seen.cloned());
        let acting = run_detached(async move { app.carry_out(&actor, &act, seen.as_ref()).await });
        acting.await.unwrap_or_else(|| Err(ending().into()))
    }

    async fn carry_out(&self, actor: &Actor, act: &Act, seen: Option<&Seen>) -> Result<Answer, Refusal> {
        let answer = self.administration.perform_on(self.now(), actor, act, seen).await?;
        if let Answer::Done(done) = &answer {
            if !done.mailed_to.is_empty() {
                self.worker.wake();
            }
            // The act is committed: a failure from here on must not lose the answer, which may hold a new PIN.
            if let Err(error) = self.tell_meetings(done, act).await {
                tracing::warn!(target: "attendant::calls", %error, "running meetings keep their previous settings");
            }
        }
        Ok(answer)
    }

    /// Tells running meetings, and calls that begin, what an act has made new for them.
    async fn tell_meetings(&self, done: &Done, act: &Act) -> Result<(), StoreError> {
        match (&done.user, act) {
            (Some(user), _) => self.bridge.tell_terms(&user.name).await,
            (None, Act::SetTenant(_) | Act::ResetTenant) => self.bridge.follow_policy().await,
            (None, _) => Ok(()),
        }
    }

    /// Carries out an act that changes a user.
    pub(crate) async fn change(
        self: &Arc<Self>,
        actor: &Actor,
        act: &Act,
        seen: Option<&Seen>,
    ) -> Result<Done, Refusal> {
        let answer = self.perform(actor, act, seen).await?;
        Ok(if let Answer::Done(done) = answer { done } else { Done::default() })
    }

    /// Returns a user, with how PIN entry stands.
    pub(crate) async fn user(
        self: &Arc<Self>,
        actor: &Actor,
        name: &str,
    ) -> Result<(UserView, Option<PinInfo>), Refusal> {
        let named = UserName(name.to_owned());
        let shown = self.perform(actor, &Act::ShowUser(named.clone()), None).await?;
        let user = if let Answer::Users(users) = shown { users.into_iter().next() } else { None };
        let user = user.ok_or_else(|| Refusal::UnknownUser(name.to_owned()))?;
        if actor.role == Role::User {
            return Ok((user, None));
        }
        let shown = self.perform(actor, &Act::ShowPin(named), None).await?;
        Ok((user, if let Answer::Pin(info) = shown { Some(info) } else { None }))
    }

    /// Writes down that somebody asked for what only administrators may do.
    pub(crate) async fn refuse(&self, actor: &Actor, asked: &Parts) -> Refusal {
        let path: String = asked.uri.path().chars().take(PATH_CHARS).collect();
        let subject = format!("{} {path}", asked.method);
        let noted = self.administration.note(self.now(), actor, "request", &subject, String::new()).await;
        noted.err().unwrap_or_else(|| Refusal::Forbidden(actor.name.clone()))
    }

    /// Writes down how many refused acts were only counted so far.
    pub(crate) async fn write_counted(&self, all: bool) {
        if let Err(error) = self.administration.write_counted(self.now(), all).await {
            tracing::warn!(target: "attendant::audit", %error, "refused acts that were counted are not in the audit log");
        }
    }

    /// Lets a mail be sent again.
    pub(crate) async fn resend(&self, actor: &Actor, id: MailId) -> Result<Resend, Refusal> {
        let became = self.administration.resend_mail(self.now(), actor, id).await?;
        if became == Resend::Waiting {
            self.worker.wake();
        }
        Ok(became)
    }

    /// Gives a meeting an order, unless that would do nothing, and writes it down.
    pub(crate) async fn order(
        &self,
        actor: &Actor,
        meeting: MeetingId,
        order: Order,
    ) -> Result<Result<(), Pointless>, Refusal> {
        let detail = match self.bridge.check(meeting, order) {
            Ok(detail) => detail,
            Err(pointless) => return Ok(Err(pointless)),
        };
        let subject = self.bridge.meeting_name(meeting);
        self.administration.note(self.now(), actor, order.word(), &subject, detail).await?;
        Ok(self.bridge.order(meeting, order).await)
    }

    /// Launches simulated callers in the name of an administrator, and writes it down.
    pub(crate) async fn launch(
        &self,
        actor: &Actor,
        request: &LaunchRequest,
    ) -> Result<Result<(), LaunchError>, Refusal> {
        if self.is_ending() {
            return Err(ending().into());
        }
        let launcher = &self.bridge.launcher;
        let cast = match launcher.prepare(request) {
            Ok(cast) => cast,
            Err(error) => return Ok(Err(error)),
        };
        let (subject, detail) = (request.subject(), request.detail());
        self.administration.note(self.now(), actor, "place_callers", &subject, detail).await?;
        Ok(launcher.launch(&self.bridge.exchange, cast).await)
    }

    /// Returns whether requests can be carried out, and otherwise why not.
    pub(crate) async fn ready(&self) -> Result<(), String> {
        if self.is_ending() {
            return Err(ENDING.to_owned());
        }
        self.store().ready().await.map_err(|error| error.to_string())
    }

    /// The service is to end: whoever spreads calls over several of them finds that it is not ready.
    pub(crate) fn end(&self) {
        self.ending.store(true, Ordering::Relaxed);
    }

    fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }
}

fn ending() -> StoreError {
    StoreError::Unavailable(ENDING.to_owned())
}
