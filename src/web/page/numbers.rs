//! *Service numbers*: what callers dial, and what languages they hear there.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::explain::explain;
use super::forms::Fields;
use super::frame::{Frame, Note, page, see};
use super::signed::{Admin, Posted, Signed};
use crate::admin::act::{Act, NewNumber};
use crate::admin::answer::{Answer, NumberView};
use crate::admin::refusal::Refusal;
use crate::control::call::Language;
use crate::web::app::Shared;
use crate::web::problem::Problem;

/// A number as the page shows it.
struct Number {
    number: String,
    toll_free: bool,
    primary: &'static str,
    secondary: Vec<&'static str>,
}

impl Number {
    fn has(&self, tag: &str) -> bool {
        self.secondary.contains(&tag)
    }
}

impl From<NumberView> for Number {
    fn from(view: NumberView) -> Self {
        let NumberView { number, toll_free, primary, secondary } = view;
        let secondary = secondary.into_iter().map(Language::tag).collect();
        Self { number, toll_free, primary: primary.tag(), secondary }
    }
}

#[derive(Template)]
#[template(path = "web/templates/numbers.html")]
struct Numbers {
    frame: Frame,
    numbers: Vec<Number>,
    languages: [&'static str; 5],
    csrf: String,
}

async fn view(app: &Shared, by: &Signed, refusal: Option<Refusal>) -> Response {
    let found = app.perform(&by.session.actor, &Act::ShowNumbers(None), None).await;
    let (numbers, refusal) = match found {
        Ok(Answer::Numbers(numbers)) => (numbers, refusal),
        Ok(_) => (Vec::new(), refusal),
        Err(unavailable) => (Vec::new(), Some(unavailable)),
    };
    let note = refusal.as_ref().map(|refusal| Note::bad(explain(by.t, refusal)));
    let status = refusal.map_or(StatusCode::OK, |refusal| Problem::from(refusal).status());
    let frame = by.frame("numbers", by.t.numbers).with(note);
    let numbers = numbers.into_iter().map(Number::from).collect();
    let languages = Language::ALL.map(Language::tag);
    page(status, &Numbers { frame, numbers, languages, csrf: by.session.csrf.clone() })
}

/// `/numbers`
pub(crate) async fn list(State(app): State<Shared>, Admin(by): Admin) -> Response {
    view(&app, &by, None).await
}

async fn done(app: &Shared, by: &Signed, act: &Act) -> Response {
    match app.perform(&by.session.actor, act, None).await {
        Ok(_) => see("/numbers"),
        Err(refusal) => view(app, by, Some(refusal)).await,
    }
}

fn primary(fields: &Fields) -> Option<Language> {
    Language::from_tag(fields.raw("primary"))
}

/// A number is added.
pub(crate) async fn add(State(app): State<Shared>, Posted { by, fields }: Posted) -> Response {
    let act = Act::AddNumber(NewNumber {
        number: fields.text("number").unwrap_or_default(),
        toll_free: fields.flag("toll_free"),
        primary: primary(&fields).unwrap_or_default(),
        secondary: Vec::new(),
    });
    done(&app, &by, &act).await
}

/// A number's languages are changed.
pub(crate) async fn save(
    State(app): State<Shared>,
    Path(number): Path<String>,
    Posted { by, fields }: Posted,
) -> Response {
    let secondary = fields.all("secondary").iter().filter_map(|tag| Language::from_tag(tag));
    let secondary = secondary.filter(|language| Some(*language) != primary(&fields)).collect();
    let act = Act::SetNumber { number, primary: primary(&fields), secondary: Some(secondary) };
    done(&app, &by, &act).await
}

/// A number is taken out.
pub(crate) async fn remove(
    State(app): State<Shared>,
    Path(number): Path<String>,
    Posted { by, .. }: Posted,
) -> Response {
    done(&app, &by, &Act::RemoveNumber(number)).await
}
