//! What every request is answered with.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use axum::http::request::Parts;
use tokio_util::sync::CancellationToken;

use super::apart::apart;
use super::api::idempotency::Remembered;
use super::follow::Changed;
use super::limits::SignInLimits;
use super::live::picture::Picture;
use super::live::place::{Placing, Simulated, Unplaced, Wish};
use super::live::wire::Wire;
use super::page::live::Drawings;
use super::session::Sessions;
use crate::admin::act::{Act, UserName};
use crate::admin::administration::{Actor, Administration, Role, Seen};
use crate::admin::answer::{Answer, Done, PinInfo, UserView};
use crate::admin::refusal::Refusal;
use crate::clock::{self, Clock};
use crate::control::event::{MeetingId, Place};
use crate::control::meeting;
use crate::exchange::Exchange;
use crate::exchange::kept::Kept;
use crate::mail::courier::Courier;
use crate::mail::worker::Worker;
use crate::store::StoreError;
use crate::store::mail::{MailId, Resend};
use crate::store::record::key_of;
use crate::store::sql::Sql;

/// How much of an address is written down.
const PATH_CHARS: usize = 200;

/// Everything that requests share.
pub(crate) struct App {
    pub(crate) administration: Administration<Sql>,
    pub(crate) courier: Courier,
    pub(crate) worker: Worker<Sql>,
    pub(crate) exchange: Exchange<Wire>,
    pub(crate) kept: Arc<Kept<Sql>>,
    pub(crate) wire: Wire,
    pub(crate) placing: Placing,
    pub(crate) drawings: Drawings,
    pub(crate) sessions: Sessions,
    pub(crate) limits: SignInLimits,
    pub(crate) remembered: Remembered,
    pub(crate) changed: Changed,
    pub(crate) clock: Clock,
    /// Whether connections are encrypted, here or by the proxy.
    pub(crate) secure: bool,
    /// The proxy before it.
    pub(crate) proxy: Option<IpAddr>,
    /// Comes when the program is to end: streams end with it.
    pub(crate) stop: CancellationToken,
}

/// As handlers have it.
pub(crate) type Shared = Arc<App>;

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").finish_non_exhaustive()
    }
}

/// What an administrator wants of a meeting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Order {
    Admit(crate::control::call::LegId),
    Lock,
    Unlock,
    End,
}

impl Order {
    const fn word(self) -> &'static str {
        match self {
            Self::Admit(_) => "admit",
            Self::Lock => "lock_meeting",
            Self::Unlock => "unlock_meeting",
            Self::End => "end_meeting",
        }
    }

    /// Why it would do nothing, as things stand.
    fn pointless(self, meeting: MeetingId, picture: &Picture) -> Option<Pointless> {
        let Some(found) = picture.meetings.get(&meeting) else { return Some(Pointless::NobodyThere) };
        let runs = found.started.is_some();
        match self {
            Self::Admit(leg) => {
                let place = picture.calls.get(&leg).and_then(|call| call.place);
                let waits = place == Some((meeting, Place::Lobby));
                (!waits).then_some(Pointless::NobodyWaits).or((!runs).then_some(Pointless::NotRunning))
            }
            Self::End => (!runs).then_some(Pointless::NotRunning),
            Self::Lock | Self::Unlock => None,
        }
    }

    /// Whom it is about besides the meeting, for the audit log.
    fn detail(self, picture: &Picture) -> String {
        match self {
            Self::Admit(leg) => picture.calls.get(&leg).map(|call| call.name.clone()).unwrap_or_default(),
            Self::Lock | Self::Unlock | Self::End => String::new(),
        }
    }

    const fn input(self) -> meeting::Input {
        match self {
            Self::Admit(leg) => meeting::Input::Admit { leg },
            Self::Lock => meeting::Input::SetLocked { locked: true },
            Self::Unlock => meeting::Input::SetLocked { locked: false },
            Self::End => meeting::Input::End,
        }
    }
}

/// Why an order to a meeting would do nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pointless {
    /// Nobody is in the meeting, in its lobby or at its door.
    NobodyThere,
    /// It waits for its organizer: there is nothing to end, and nowhere to let somebody in.
    NotRunning,
    /// The call is not in the lobby of the meeting.
    NobodyWaits,
}

impl App {
    /// Milliseconds since the Unix epoch.
    pub(crate) fn now(&self) -> i64 {
        clock::epoch_ms()
    }

    /// The users and all that is kept with them.
    pub(crate) fn store(&self) -> &Sql {
        self.administration.directory()
    }

    /// Carries out an act, on what was seen, if that matters. Its mail is sent at once, and running meetings are told of
    /// what is new for them.
    pub(crate) async fn perform(
        self: &Arc<Self>,
        actor: &Actor,
        act: &Act,
        seen: Option<&Seen>,
    ) -> Result<Answer, Refusal> {
        let (app, actor, act, seen) = (Arc::clone(self), actor.clone(), act.clone(), seen.cloned());
        let acting = apart(async move { app.carry_out(&actor, &act, seen.as_ref()).await });
        let ends = || Err(StoreError::Unavailable("the program ends".to_owned()).into());
        acting.await.unwrap_or_else(ends)
    }

    async fn carry_out(&self, actor: &Actor, act: &Act, seen: Option<&Seen>) -> Result<Answer, Refusal> {
        let answer = self.administration.perform_on(self.now(), actor, act, seen).await?;
        if let Answer::Done(done) = &answer {
            if !done.mailed_to.is_empty() {
                self.worker.wake();
            }
            // It is done: what fails from here on takes nothing of the answer, which may hold a new PIN.
            if let Err(error) = self.tell_meetings(done, act).await {
                tracing::warn!(%error, "running meetings go on with the settings they know");
            }
        }
        Ok(answer)
    }

    /// Running meetings, and calls that begin, learn what an act has made new for them.
    async fn tell_meetings(&self, done: &Done, act: &Act) -> Result<(), StoreError> {
        match (&done.user, act) {
            (Some(user), _) => self.tell_terms(&user.name).await,
            (None, Act::SetTenant(_) | Act::ResetTenant) => {
                self.exchange.follow(&Arc::new(self.kept.policy().await?));
                Ok(())
            }
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

    /// A user, with how PIN entry stands.
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

    /// A meeting in which somebody is learns what the directory says of it now.
    async fn tell_terms(&self, name: &str) -> Result<(), StoreError> {
        let unavailable = || StoreError::Unavailable("the terms of a meeting".to_owned());
        if let Some(terms) = self.kept.terms_of(name).await.map_err(|_| unavailable())? {
            let meeting = MeetingId(terms.organizer.0);
            let _nobody_there = self.exchange.tell_meeting(meeting, meeting::Input::NewTerms { terms }).await;
        }
        Ok(())
    }

    /// Open meetings of the users of these names, as they are compared, learn what the directory says of them now; without
    /// names, all.
    pub(crate) async fn tell_open_meetings(
        &self,
        whose: Option<&BTreeSet<String>>,
    ) -> Result<(), StoreError> {
        for meeting in self.exchange.open_meetings() {
            let name = self.kept.name_of(meeting);
            let concerned = |name: &String| whose.is_none_or(|whose| whose.contains(&key_of(name)));
            if let Some(name) = name.filter(concerned) {
                self.tell_terms(&name).await?;
            }
        }
        Ok(())
    }

    /// Somebody asked for what only administrators may: it is written down.
    pub(crate) async fn refuse(&self, actor: &Actor, asked: &Parts) -> Refusal {
        let path: String = asked.uri.path().chars().take(PATH_CHARS).collect();
        let subject = format!("{} {path}", asked.method);
        let noted = self.administration.note(self.now(), actor, "request", &subject, String::new()).await;
        noted.err().unwrap_or_else(|| Refusal::Forbidden(actor.name.clone()))
    }

    /// Writes down how many acts were refused that were only counted so far.
    pub(crate) async fn write_counted(&self, all: bool) {
        if let Err(error) = self.administration.write_counted(self.now(), all).await {
            tracing::warn!(%error, "refused acts that were counted are not in the audit log");
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

    /// Tells a meeting what an administrator wants of it, unless that would do nothing.
    pub(crate) async fn order(
        &self,
        actor: &Actor,
        meeting: MeetingId,
        order: Order,
    ) -> Result<Result<(), Pointless>, Refusal> {
        let (pointless, detail) = {
            let picture = self.wire.picture();
            (order.pointless(meeting, &picture), order.detail(&picture))
        };
        if let Some(pointless) = pointless {
            return Ok(Err(pointless));
        }
        let whose = self.meeting_name(meeting);
        self.administration.note(self.now(), actor, order.word(), &whose, detail).await?;
        let told = self.exchange.tell_meeting(meeting, order.input()).await;
        Ok(if told { Ok(()) } else { Err(Pointless::NobodyThere) })
    }

    /// Puts simulated callers on stage, in the name of an administrator.
    pub(crate) async fn place(&self, actor: &Actor, wish: &Wish) -> Result<Result<(), Unplaced>, Refusal> {
        let calling = match self.placing.prepare(wish) {
            Ok(calling) => calling,
            Err(unplaced) => return Ok(Err(unplaced)),
        };
        let (subject, detail) = (wish.subject(), wish.detail());
        self.administration.note(self.now(), actor, "place_callers", &subject, detail).await?;
        Ok(self.placing.place(&self.exchange, calling).await)
    }

    /// What a meeting is called: its organizer's name, its number in the demo, or the scenario's.
    pub(crate) fn meeting_name(&self, meeting: MeetingId) -> String {
        let simulated = || match self.placing.whose(meeting)? {
            Simulated::Demo(number) => Some(format!("demo {number}")),
            Simulated::Scenario(organizer, name) => Some(format!("{organizer} – {name}")),
        };
        self.kept.name_of(meeting).or_else(simulated).unwrap_or_else(|| meeting.0.to_string())
    }

    /// Whether requests can be carried out, and otherwise why not.
    pub(crate) async fn ready(&self) -> Result<(), String> {
        if self.stop.is_cancelled() {
            return Err("the program ends".to_owned());
        }
        self.store().ready().await.map_err(|error| error.to_string())
    }
}

/// From where somebody acts, for the audit log.
pub(crate) fn origin(way: &str, address: IpAddr) -> String {
    format!("{way} {address}")
}
