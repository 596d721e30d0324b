//! *Overview*: what goes on now, what needs attention, and what is still to be set up, each with the page for it.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::explain::explain;
use super::extract::Admin;
use super::frame::{Frame, page};
use crate::admin::refusal::Refusal;
use crate::control::event::Place;
use crate::store::mail::OutboxCounts;
use crate::store::search::{Census, Matter};
use crate::store::{Directory as _, Outbox as _, StoreError};
use crate::web::app::Shared;
use crate::web::note::Note;
use crate::web::problem::Problem;
use crate::web::translation::Translation;

/// Something to see to, or to set up.
struct Item {
    path: String,
    icon: &'static str,
    class: &'static str,
    what: String,
    why: &'static str,
}

#[derive(Template)]
#[template(path = "web/templates/overview.html")]
struct Overview {
    frame: Frame,
    waiting: usize,
    joined: usize,
    meetings: usize,
    users: u64,
    attention: Vec<Item>,
    steps: Vec<Item>,
}

/// What the store says.
#[derive(Default)]
struct Kept {
    census: Census,
    mails: OutboxCounts,
    numbers: usize,
}

/// `/overview`
pub(crate) async fn show(State(app): State<Shared>, Admin(by): Admin) -> Response {
    let (kept, note, status) = match kept(&app).await {
        Ok(kept) => (kept, None, StatusCode::OK),
        Err(error) => {
            let refusal = Refusal::from(error);
            let note = Some(Note::bad(explain(by.t, &refusal)));
            (Kept::default(), note, Problem::from(refusal).status())
        }
    };
    let has_server = app.courier.folder().is_none();
    let (waiting, joined, meetings) = {
        let snapshot = app.bridge.events.snapshot();
        let meetings = snapshot.presence.meetings();
        let sum = |place| meetings.values().map(|meeting| meeting.count(place)).sum();
        (sum(Place::Lobby), sum(Place::Joined), meetings.len())
    };
    let template = Overview {
        frame: by.frame("overview", by.t.overview).with(note),
        waiting,
        joined,
        meetings,
        users: kept.census.users,
        attention: attention(by.t, &kept),
        steps: steps(by.t, &kept, has_server, app.bridge.telephones.is_some()),
    };
    page(status, &template)
}

async fn kept(app: &Shared) -> Result<Kept, StoreError> {
    Ok(Kept {
        census: app.store().census(app.now()).await?,
        mails: app.store().outbox_counts().await?,
        numbers: app.store().numbers().await?.len(),
    })
}

fn attention(t: &'static Translation, kept: &Kept) -> Vec<Item> {
    let of_matter = |(matter, count): (Matter, u64)| {
        let (icon, class, what, why) = match matter {
            Matter::LockedOut(_) => ("lock", "bad", t.are_locked_out, t.are_locked_out_why),
            Matter::WithoutPin => ("key-round", "wait", t.have_no_pin, t.have_no_pin_why),
            Matter::WithoutNumber => ("hash", "wait", t.have_no_number, t.have_no_number_why),
            Matter::Disabled => return None,
        };
        let path = format!("/users?matter={}", matter.word());
        (count > 0).then(|| Item { path, icon, class, what: format!("{count} {what}"), why })
    };
    let matters = Matter::all(0).into_iter().zip(kept.census.matters).filter_map(of_matter);
    let dead = (kept.mails.dead > 0).then(|| Item {
        path: "/mail?state=dead".to_owned(),
        icon: "mail",
        class: "bad",
        what: format!("{} {}", kept.mails.dead, t.mails_given_up),
        why: t.mails_given_up_why,
    });
    matters.chain(dead).collect()
}

fn steps(t: &'static Translation, kept: &Kept, has_server: bool, takes_calls: bool) -> Vec<Item> {
    [
        (kept.numbers > 0, "/numbers", t.step_number, t.step_number_why),
        (kept.census.users > 0, "/users", t.step_user, t.step_user_why),
        (has_server, "/mail", t.step_mail, t.step_mail_why),
        (takes_calls, "/reference", t.step_telephones, t.step_telephones_why),
    ]
    .into_iter()
    .map(|(is_done, path, what, why)| Item {
        path: path.to_owned(),
        icon: if is_done { "circle-check" } else { "circle" },
        class: if is_done { "good" } else { "" },
        what: what.to_owned(),
        why: if is_done { t.step_done } else { why },
    })
    .collect()
}
