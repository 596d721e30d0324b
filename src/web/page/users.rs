//! *Dial-in users*: the list, the pane of one user, and its actions.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::explain::{FormError, explain};
use super::extract::{Admin, AdminForm, PathOf, QueryOf, Signed};
use super::forms::Fields;
use super::frame::{Frame, page, see};
use super::moment::Moment;
use crate::admin::act::{
    Act, Change, ConferenceIdChange, Description, Enable, Listing, MailRequest, UserName,
};
use crate::admin::administration::Seen;
use crate::admin::answer::{Answer, Done, PinInfo, UserView};
use crate::admin::refusal::Refusal;
use crate::control::call::Language;
use crate::control::numbers;
use crate::control::pin::MASK;
use crate::store::Directory as _;
use crate::store::search::{Matter, Sought};
use crate::web::api::etag::tag_of_user;
use crate::web::app::Shared;
use crate::web::note::Note;
use crate::web::problem::Problem;
use crate::web::translation::Translation;

/// Users on a page of the list.
const PAGE: u32 = 25;

/// The part of the list that is looked at. Every link and form carries it on, so that no act loses it.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct UsersQuery {
    /// What is searched for.
    #[serde(default)]
    q: String,
    /// The word of a [`Matter`]; empty for everybody.
    #[serde(default)]
    matter: String,
    /// The name to continue from.
    #[serde(default)]
    after: String,
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn path_of(name: &str) -> String {
    format!("/users/{}", encoded(name))
}

impl UsersQuery {
    fn is_plain(&self) -> bool {
        self.q.is_empty() && self.after.is_empty() && self.matter.is_empty()
    }

    /// A path with this part of the list behind it.
    fn at(&self, path: &str) -> String {
        let pairs = [("q", &self.q), ("matter", &self.matter), ("after", &self.after)];
        let pairs = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        let query: Vec<String> = pairs.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
    }

    /// The pane of a user beside the same list.
    fn link(&self, name: &str) -> String {
        self.at(&path_of(name))
    }

    /// An act on the user of this path, beside the same list.
    fn act(&self, path: &str, act: &str) -> String {
        self.at(&format!("{path}/{act}"))
    }

    /// The same list without a pane.
    fn list(&self) -> String {
        self.at("/users")
    }

    /// The list from its beginning.
    fn first(&self) -> String {
        Self { after: String::new(), ..self.clone() }.list()
    }

    /// The list after this name.
    fn next(&self, name: &str) -> String {
        Self { after: name.to_owned(), ..self.clone() }.list()
    }

    /// Those of this matter among the same search; all for an empty word.
    fn of_matter(&self, word: &str) -> String {
        Self { matter: word.to_owned(), after: String::new(), q: self.q.clone() }.list()
    }
}

/// A user as the page shows one.
pub(super) struct Shown {
    pub(super) name: String,
    pub(super) display_name: String,
    /// What stands for a picture.
    pub(super) initials: String,
    pub(super) mail: String,
    pub(super) enabled: bool,
    pub(super) conference_id: String,
    pub(super) pin_is_set: bool,
    pub(super) number: String,
    pub(super) toll_free_number: String,
    pub(super) allow_toll_free: bool,
    pub(super) allow_anonymous_start: bool,
    pub(super) language: &'static str,
}

/// The first letters of the first and the last word of a name.
fn initials(name: &str) -> String {
    let own = name.split('@').next().unwrap_or_default();
    let words: Vec<&str> =
        own.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let ends = [words.first(), words.last().filter(|_| words.len() > 1)];
    ends.into_iter().flatten().filter_map(|word| word.chars().next()).flat_map(char::to_uppercase).collect()
}

impl From<UserView> for Shown {
    fn from(user: UserView) -> Self {
        let display_name = if user.display_name.is_empty() { &user.name } else { &user.display_name }.clone();
        Self {
            initials: initials(&display_name),
            display_name,
            name: user.name,
            mail: user.mail.unwrap_or_default(),
            enabled: user.enabled,
            conference_id: user.conference_id.map(|id| id.reveal()).unwrap_or_default(),
            pin_is_set: user.pin_is_set,
            number: user.number.unwrap_or_default(),
            toll_free_number: user.toll_free_number.unwrap_or_default(),
            allow_toll_free: user.allow_toll_free,
            allow_anonymous_start: user.allow_anonymous_start,
            language: user.language.tag(),
        }
    }
}

impl Shown {
    /// The conference ID as people read it out.
    fn grouped_id(&self) -> String {
        numbers::in_groups(&self.conference_id)
    }

    /// Takes what was typed over what is so.
    fn fill(&mut self, fields: &Fields) {
        let text = |name| fields.text(name).unwrap_or_default();
        self.display_name = text("display_name");
        self.mail = text("mail");
        self.language = Language::from_tag(fields.raw("language")).map_or(self.language, Language::tag);
        self.conference_id = text("conference_id");
        self.number = text("number");
        self.toll_free_number = text("toll_free_number");
        self.allow_toll_free = fields.flag("allow_toll_free");
        self.allow_anonymous_start = fields.flag("allow_anonymous_start");
    }
}

/// The pane of a user.
struct Pane {
    user: Shown,
    path: String,
    /// How PIN entry is locked; empty if it is open.
    lock: String,
    wrong: u32,
    now: PaneContent,
}

/// The purpose of the pane.
enum PaneContent {
    /// With a new PIN, for its one showing.
    Shown(Option<String>),
    Confirm(Confirm),
    Edit(Edit),
}

impl PaneContent {
    /// Whether a new PIN is shown: then to reset it is not the next thing to do.
    const fn has_new_pin(&self) -> bool {
        matches!(self, Self::Shown(Some(_)))
    }

    /// Returns the purpose of the page as its title.
    fn title(&self, t: &'static Translation) -> &'static str {
        match self {
            Self::Shown(None) => t.users,
            Self::Shown(Some(_)) => t.new_pin,
            Self::Confirm(confirm) => confirm.button,
            Self::Edit(_) => t.edit,
        }
    }
}

struct Confirm {
    act: &'static str,
    head: &'static str,
    lead: &'static str,
    button: &'static str,
    /// Sent back once.
    form: String,
    /// Whether a mail may go elsewhere.
    mails: bool,
    /// Where it was to go, if that was refused.
    to: String,
    wrong: FormError,
}

struct Edit {
    /// The values in the fields: what was typed, if that was refused.
    typed: Shown,
    wrong: FormError,
    /// The state that was seen, so that nobody else's change is lost.
    seen: String,
    languages: Vec<&'static str>,
    toll: Vec<String>,
    toll_free: Vec<String>,
}

#[derive(Template)]
#[template(path = "web/templates/users.html")]
struct Users {
    frame: Frame,
    query: UsersQuery,
    users: Vec<Shown>,
    /// Address, whether it is looked at, and text of each filter.
    filters: Vec<(String, bool, &'static str)>,
    next: Option<String>,
    chosen: Option<String>,
    pane: Option<Pane>,
    csrf: String,
}

impl Users {
    fn is_chosen(&self, name: &str) -> bool {
        self.chosen.as_deref() == Some(name)
    }
}

/// The page: the list, and beside it a pane.
async fn view(
    app: &Shared,
    by: &Signed,
    query: UsersQuery,
    (pane, note): (Option<Pane>, Option<Note>),
    status: StatusCode,
) -> Response {
    let matter = Matter::of_word(&query.matter, app.now());
    let listing = Listing {
        limit: Some(PAGE + 1),
        sought: Sought { search: query.q.clone(), matter, ..Sought::default() },
        after: query.after.clone(),
    };
    let (mut users, note) = match app.perform(&by.session.actor, &Act::ListUsers(listing), None).await {
        Ok(Answer::Users(users)) => (users, note),
        Ok(_) => (Vec::new(), note),
        Err(refusal) => (Vec::new(), Some(Note::bad(explain(by.t, &refusal)))),
    };
    let more = users.len() > PAGE as usize;
    users.truncate(PAGE as usize);
    let next = users.last().filter(|_| more).map(|last| query.next(&last.name));
    let filter = |word: &str, text| (query.of_matter(word), query.matter == word, text);
    let filters = [filter("", by.t.all_users)].into_iter();
    let filters = filters.chain(Matter::all(0).map(|matter| filter(matter.word(), by.t.matter(matter))));
    let filters = filters.collect();
    let chosen = pane.as_ref().map(|pane| pane.user.name.clone());
    let frame = match &pane {
        None => by.frame("users", by.t.users),
        Some(Pane { user, path, now, .. }) => {
            let title = format!("{} – {}", now.title(by.t), user.display_name);
            by.frame_at("users", &title, path)
        }
    };
    let frame = frame.with(note);
    let users = users.into_iter().map(Shown::from).collect();
    page(status, &Users { frame, query, users, filters, next, chosen, pane, csrf: by.session.csrf.clone() })
}

fn pane(t: &'static Translation, user: UserView, pin: Option<&PinInfo>, now: PaneContent) -> Pane {
    let lock = match pin {
        Some(PinInfo { is_locked: true, locked_until: Some(until), .. }) => {
            format!("{} {} UTC", t.locked_until, Moment(*until))
        }
        Some(PinInfo { is_locked: true, locked_until: None, .. }) => t.locked_for_good.to_owned(),
        Some(_) | None => String::new(),
    };
    let (path, wrong) = (path_of(&user.name), pin.map_or(0, |pin| pin.wrong_in_all));
    Pane { user: user.into(), path, lock, wrong, now }
}

/// `/users`
pub(crate) async fn list(
    State(app): State<Shared>,
    Admin(by): Admin,
    QueryOf(query): QueryOf<UsersQuery>,
) -> Response {
    view(&app, &by, query, (None, None), StatusCode::OK).await
}

/// The page with the pane of a user, for this.
async fn with_pane(
    app: &Shared,
    by: &Signed,
    (query, name): (UsersQuery, &str),
    now: impl FnOnce(&UserView) -> PaneContent + Send,
    note: Option<Note>,
) -> Response {
    match app.user(&by.session.actor, name).await {
        Ok((user, pin)) => {
            let now = now(&user);
            let pane = pane(by.t, user, pin.as_ref(), now);
            view(app, by, query, (Some(pane), note), StatusCode::OK).await
        }
        Err(refusal) => refused(app, by, query, &refusal).await,
    }
}

/// The page with what was wrong.
async fn refused(app: &Shared, by: &Signed, query: UsersQuery, refusal: &Refusal) -> Response {
    let status = Problem::from(refusal.clone()).status();
    view(app, by, query, (None, Some(Note::bad(explain(by.t, refusal)))), status).await
}

/// `/users/{name}`
pub(crate) async fn show(
    State(app): State<Shared>,
    Admin(by): Admin,
    PathOf(name): PathOf<String>,
    QueryOf(query): QueryOf<UsersQuery>,
) -> Response {
    with_pane(&app, &by, (query, &name), |_| PaneContent::Shown(None), None).await
}

/// Returns the question before an act that cannot be undone; `None` for other acts.
fn confirmation(app: &Shared, by: &Signed, act: &str, (to, wrong): (String, FormError)) -> Option<Confirm> {
    let t = by.t;
    let (act, head, lead, button) = match act {
        "reset-pin" => ("reset-pin", t.confirm_reset_pin, t.confirm_reset_pin_lead, t.reset_pin),
        "reset-conference-id" => {
            ("reset-conference-id", t.confirm_reset_id, t.confirm_reset_id_lead, t.reset_conference_id)
        }
        "disable" => ("disable", t.confirm_disable, t.confirm_disable_lead, t.disable),
        _ => return None,
    };
    let form = app.access.sessions.form(&by.session);
    Some(Confirm { act, head, lead, button, form, mails: act != "disable", to, wrong })
}

/// Asks for confirmation before an act that cannot be undone.
pub(crate) async fn confirm(
    State(app): State<Shared>,
    Admin(by): Admin,
    PathOf((name, act)): PathOf<(String, String)>,
    QueryOf(query): QueryOf<UsersQuery>,
) -> Response {
    let confirm = confirmation(&app, &by, &act, (String::new(), FormError::default()));
    let Some(confirm) = confirm else { return see(&query.link(&name)) };
    with_pane(&app, &by, (query, &name), |_| PaneContent::Confirm(confirm), None).await
}

/// Returns the act that an action stands for.
fn act_of(act: &str, user: UserName, fields: &Fields) -> Option<Act> {
    let mail = fields.text("to").map(|to| MailRequest { to: Some(to), from: None });
    Some(match act {
        "reset-pin" => Act::Change(Change { reset_pin: true, mail, ..Change::of(user) }),
        "reset-conference-id" => {
            let conference_id = Some(ConferenceIdChange::Reset);
            Act::Change(Change { conference_id, mail, ..Change::of(user) })
        }
        "send-mail" => Act::Change(Change { mail: Some(MailRequest::default()), ..Change::of(user) }),
        "unlock" => Act::UnlockPin(user),
        "enable" => Act::Enable(Enable::of(user)),
        "disable" => Act::Disable { user, mail: None },
        _ => return None,
    })
}

/// Returns whether an act is asked about first, and its form may be sent once.
fn is_confirmed(act: &str) -> bool {
    ["reset-pin", "reset-conference-id", "disable"].contains(&act)
}

/// One of the actions.
pub(crate) async fn act(
    State(app): State<Shared>,
    PathOf((name, act)): PathOf<(String, String)>,
    QueryOf(query): QueryOf<UsersQuery>,
    AdminForm { by, fields }: AdminForm,
) -> Response {
    let wanted = act_of(&act, UserName(name.clone()), &fields);
    let Some(wanted) = wanted else { return see(&query.link(&name)) };
    if is_confirmed(&act) && !app.access.sessions.take_form(&by.session, fields.raw("form")) {
        let note = Some(Note::bad(by.t.form_used));
        let pane = (query, name.as_str());
        let mut response = with_pane(&app, &by, pane, |_| PaneContent::Shown(None), note).await;
        *response.status_mut() = StatusCode::CONFLICT;
        return response;
    }
    match app.change(&by.session.actor, &wanted, None).await {
        Ok(done) => became(&app, &by, query, (&name, &act), done).await,
        Err(refusal) => {
            let wrong = FormError::of(by.t, &refusal);
            let now = match confirmation(&app, &by, &act, (fields.raw("to").to_owned(), wrong)) {
                Some(confirm) => PaneContent::Confirm(confirm),
                None => PaneContent::Shown(None),
            };
            refused_in_pane(&app, &by, (query, &name), |_| now, &refusal).await
        }
    }
}

/// The page with the pane once more, and what was wrong.
async fn refused_in_pane(
    app: &Shared,
    by: &Signed,
    pane: (UsersQuery, &str),
    now: impl FnOnce(&UserView) -> PaneContent + Send,
    refusal: &Refusal,
) -> Response {
    let note = Some(Note::bad(explain(by.t, refusal)));
    let mut response = with_pane(app, by, pane, now, note).await;
    *response.status_mut() = Problem::from(refusal.clone()).status();
    response
}

/// Returns a note about the mail that informs the user of an act; `None` if none was due.
fn of_mail(t: &'static Translation, act: &str, done: &Done) -> Option<Note> {
    let user = done.user.as_ref()?;
    if !done.mailed_to.is_empty() {
        let text = format!("{} {}.", t.mail_waits, done.mailed_to.join(", "));
        let numberless = user.enabled && user.number.is_none();
        return Some(if numberless {
            Note::warning(format!("{text} {}", t.no_number_in_mail)).see("/numbers", t.numbers)
        } else {
            Note::good(text).see("/mail", t.mail)
        });
    }
    let due = act == "send-mail" || (done.changed && act != "unlock");
    let why = if user.mail.is_none() { t.no_address } else { t.mail_is_off };
    let pass_on = if done.new_pin.is_some() { t.pass_on } else { "" };
    due.then(|| Note::warning(format!("{why} {pass_on}").trim_end()))
}

/// A new PIN is shown in the answer itself, which nobody keeps; anything else leads back to the pane.
async fn became(
    app: &Shared,
    by: &Signed,
    query: UsersQuery,
    (typed, act): (&str, &str),
    done: Done,
) -> Response {
    let note = of_mail(by.t, act, &done);
    let kept = done.user.as_ref().map(|user| user.name.clone());
    let name = kept.as_deref().unwrap_or(typed);
    let Some(pin) = done.new_pin else {
        let note =
            note.unwrap_or_else(|| Note::good(if done.changed { by.t.done } else { by.t.nothing_changed }));
        return by.sent(app, &query.link(name), note);
    };
    let pin = pin.reveal().reveal();
    with_pane(app, by, (query, name), |_| PaneContent::Shown(Some(pin)), note).await
}

/// Somebody is enabled who may not be in the directory yet.
pub(crate) async fn add(State(app): State<Shared>, AdminForm { by, fields }: AdminForm) -> Response {
    let name = fields.text("user").unwrap_or_default();
    match app.change(&by.session.actor, &Act::Enable(Enable::of(UserName(name.clone()))), None).await {
        Ok(done) => became(&app, &by, UsersQuery::default(), (&name, "enable"), done).await,
        Err(refusal) => refused(&app, &by, UsersQuery::default(), &refusal).await,
    }
}

/// The form in which a user is changed.
pub(crate) async fn edit(
    State(app): State<Shared>,
    Admin(by): Admin,
    PathOf(name): PathOf<String>,
    QueryOf(query): QueryOf<UsersQuery>,
) -> Response {
    match editing(&app, by.t, None).await {
        Ok(form) => with_pane(&app, &by, (query, &name), form, None).await,
        Err(refusal) => refused(&app, &by, query, &refusal).await,
    }
}

/// The form in which a user is changed, with what was typed there and refused.
async fn editing(
    app: &Shared,
    t: &'static Translation,
    typed: Option<(&Fields, &Refusal)>,
) -> Result<impl FnOnce(&UserView) -> PaneContent + Send, Refusal> {
    let numbers = app.store().numbers().await?;
    let of_kind = |toll_free: bool| {
        let fitting = numbers.iter().filter(move |number| number.toll_free == toll_free);
        fitting.map(|number| number.number.clone()).collect()
    };
    let (toll, toll_free) = (of_kind(false), of_kind(true));
    let languages = Language::ALL.map(Language::tag).to_vec();
    let typed = typed.map(|(fields, refusal)| (fields.clone(), FormError::of(t, refusal)));
    Ok(move |user: &UserView| {
        let (mut shown, seen) = (Shown::from(user.clone()), tag_of_user(user));
        let wrong = typed.map_or_else(FormError::default, |(fields, wrong)| {
            shown.fill(&fields);
            wrong
        });
        PaneContent::Edit(Edit { typed: shown, wrong, seen, languages, toll, toll_free })
    })
}

/// A user is changed, if nobody else has changed them meanwhile.
pub(crate) async fn save(
    State(app): State<Shared>,
    PathOf(name): PathOf<String>,
    QueryOf(query): QueryOf<UsersQuery>,
    AdminForm { by, fields }: AdminForm,
) -> Response {
    let saved = async {
        let (user, _) = app.user(&by.session.actor, &name).await?;
        if tag_of_user(&user) != fields.raw("seen") {
            return Err(Refusal::Changed);
        }
        let act = Act::Edit(Box::new(describe(&user, &fields)), Box::new(change(&user, &fields)?));
        app.change(&by.session.actor, &act, Some(&Seen::User(user))).await
    };
    match saved.await {
        Ok(_) => by.sent(&app, &query.link(&name), Note::good(by.t.saved)),
        Err(refusal) => {
            // What somebody else changed meanwhile is to be seen, and not to be typed over.
            let typed = (refusal != Refusal::Changed).then_some((&fields, &refusal));
            match editing(&app, by.t, typed).await {
                Ok(form) => refused_in_pane(&app, &by, (query, &name), form, &refusal).await,
                Err(refusal) => refused(&app, &by, query, &refusal).await,
            }
        }
    }
}

fn change(user: &UserView, fields: &Fields) -> Result<Change, Refusal> {
    if !user.enabled {
        return Ok(Change::of(UserName(user.name.clone())));
    }
    let conference_id = match fields.text("conference_id") {
        None => None,
        Some(text) => {
            let id = numbers::conference_id(&text).ok_or(Refusal::BadConferenceId)?;
            Some(ConferenceIdChange::Set(id)).filter(|_| user.conference_id != Some(id))
        }
    };
    Ok(Change {
        conference_id,
        number: fields.text("number"),
        toll_free_number: fields.text("toll_free_number"),
        allow_toll_free: Some(fields.flag("allow_toll_free")),
        allow_anonymous_start: Some(fields.flag("allow_anonymous_start")),
        ..Change::of(UserName(user.name.clone()))
    })
}

fn describe(user: &UserView, fields: &Fields) -> Description {
    Description {
        user: UserName(user.name.clone()),
        display_name: fields.text("display_name"),
        mail: Some(fields.text("mail").unwrap_or_default()),
        phone: None,
        language: Language::from_tag(fields.raw("language")),
    }
}
