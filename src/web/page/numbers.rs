//! *Service numbers*: what callers dial, and what languages they hear there.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::explain::FormError;
use super::extract::{Admin, AdminForm, PathOf, Signed};
use super::forms::Fields;
use super::frame::{Frame, page};
use crate::admin::act::{Act, NewNumber};
use crate::admin::answer::{Answer, NumberView};
use crate::admin::refusal::Refusal;
use crate::control::call::Language;
use crate::web::app::Shared;
use crate::web::note::Note;
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

/// The values in the form for a new number: what was typed, if that was refused.
#[derive(Default)]
struct Typed {
    number: String,
    toll_free: bool,
    primary: &'static str,
    wrong: FormError,
}

#[derive(Template)]
#[template(path = "web/templates/numbers.html")]
struct Numbers {
    frame: Frame,
    numbers: Vec<Number>,
    languages: [&'static str; Language::ALL.len()],
    /// The number that is asked about before it is taken out.
    removing: Option<String>,
    typed: Typed,
    csrf: String,
}

impl Numbers {
    fn is_removing(&self, number: &str) -> bool {
        self.removing.as_deref() == Some(number)
    }
}

/// The context of the page, besides the numbers.
#[derive(Default)]
struct PageState {
    removing: Option<String>,
    typed: Typed,
    refusal: Option<Refusal>,
}

async fn view(app: &Shared, by: &Signed, around: PageState) -> Response {
    let PageState { removing, typed, refusal } = around;
    let found = app.perform(&by.session.actor, &Act::ShowNumbers(None), None).await;
    let (numbers, refusal) = match found {
        Ok(Answer::Numbers(numbers)) => (numbers, refusal),
        Ok(_) => (Vec::new(), refusal),
        Err(unavailable) => (Vec::new(), Some(unavailable)),
    };
    let note = refusal.as_ref().map(|refusal| Note::bad(FormError::of(by.t, refusal).text));
    let status = refusal.map_or(StatusCode::OK, |refusal| Problem::from(refusal).status());
    let frame = by.frame_at("numbers", by.t.numbers, "/numbers").with(note);
    let numbers = numbers.into_iter().map(Number::from).collect();
    let languages = Language::ALL.map(Language::tag);
    page(status, &Numbers { frame, numbers, languages, removing, typed, csrf: by.session.csrf.clone() })
}

/// `/numbers`
pub(crate) async fn list(State(app): State<Shared>, Admin(by): Admin) -> Response {
    view(&app, &by, PageState::default()).await
}

async fn done(app: &Shared, by: &Signed, act: &Act, typed: Typed) -> Response {
    let t = by.t;
    match app.perform(&by.session.actor, act, None).await {
        Ok(answer) => {
            let changed = !matches!(&answer, Answer::Done(done) if !done.changed);
            let note = if !changed {
                t.nothing_changed
            } else if matches!(act, Act::AddNumber(_)) {
                t.number_added
            } else if matches!(act, Act::RemoveNumber(_)) {
                t.number_removed
            } else {
                t.saved
            };
            by.sent(app, "/numbers", Note::good(note))
        }
        Err(refusal) => {
            let typed = Typed { wrong: FormError::of(t, &refusal), ..typed };
            view(app, by, PageState { typed, refusal: Some(refusal), ..PageState::default() }).await
        }
    }
}

fn primary(fields: &Fields) -> Option<Language> {
    Language::from_tag(fields.raw("primary"))
}

/// A number is added.
pub(crate) async fn add(State(app): State<Shared>, AdminForm { by, fields }: AdminForm) -> Response {
    let (number, toll_free) = (fields.text("number").unwrap_or_default(), fields.flag("toll_free"));
    let primary = primary(&fields).unwrap_or_default();
    let typed =
        Typed { number: number.clone(), toll_free, primary: primary.tag(), wrong: FormError::default() };
    let act = Act::AddNumber(NewNumber { number, toll_free, primary, secondary: Vec::new() });
    done(&app, &by, &act, typed).await
}

/// A number's languages are changed.
pub(crate) async fn save(
    State(app): State<Shared>,
    PathOf(number): PathOf<String>,
    AdminForm { by, fields }: AdminForm,
) -> Response {
    let secondary = fields.all("secondary").iter().filter_map(|tag| Language::from_tag(tag));
    let secondary = secondary.filter(|language| Some(*language) != primary(&fields)).collect();
    let act = Act::SetNumber { number, primary: primary(&fields), secondary: Some(secondary) };
    done(&app, &by, &act, Typed::default()).await
}

/// `/numbers/{number}/remove`: it is asked before a number is taken out.
pub(crate) async fn confirm(
    State(app): State<Shared>,
    Admin(by): Admin,
    PathOf(number): PathOf<String>,
) -> Response {
    view(&app, &by, PageState { removing: Some(number), ..PageState::default() }).await
}

/// A number is taken out.
pub(crate) async fn remove(
    State(app): State<Shared>,
    PathOf(number): PathOf<String>,
    AdminForm { by, .. }: AdminForm,
) -> Response {
    done(&app, &by, &Act::RemoveNumber(number), Typed::default()).await
}
