//! The frame of every page: who is signed in, the menu, messages.

use std::sync::LazyLock;

use askama::Template;
use axum::http::{StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use sha2::{Digest as _, Sha256};

use super::files::{ICON, SCRIPT, STYLE};
use crate::store::entropy::hex;
use crate::web::note::Note;
use crate::web::session::Session;
use crate::web::translation::Translation;

/// Names the style and the script of this build, so that browsers may keep them.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let hash = Sha256::new().chain_update(STYLE).chain_update(SCRIPT).chain_update(ICON).finalize();
    hex(&hash[..6])
});

/// The person who is signed in.
pub(crate) struct CurrentUser {
    pub(crate) name: String,
    pub(crate) is_administrator: bool,
    pub(crate) must_change: bool,
    pub(crate) csrf: String,
}

/// An entry of the menu.
pub(crate) struct MenuEntry {
    pub(crate) path: &'static str,
    pub(crate) key: &'static str,
    /// Its name among the icons of the page.
    pub(crate) icon: &'static str,
    pub(crate) text: &'static str,
}

/// The frame of a page.
pub(crate) struct Frame {
    pub(crate) t: &'static Translation,
    pub(crate) who: Option<CurrentUser>,
    /// The current entry of the menu.
    pub(crate) here: &'static str,
    pub(crate) title: String,
    pub(crate) note: Option<Note>,
    /// Where one comes back to in the other language.
    pub(crate) path: String,
    pub(crate) version: &'static str,
}

impl Frame {
    /// The frame of a page for the user who is signed in.
    pub(crate) fn of(
        t: &'static Translation,
        session: Option<&Session>,
        (here, title): (&'static str, &str),
        path: String,
    ) -> Self {
        let who = session.map(|session| CurrentUser {
            name: session.actor.name.clone(),
            is_administrator: session.is_administrator(),
            must_change: session.must_change,
            csrf: session.csrf.clone(),
        });
        Self { t, who, here, title: title.to_owned(), note: None, path, version: &VERSION }
    }

    /// The page is that of this path, which can be asked for.
    #[must_use]
    pub(crate) fn at(self, path: String) -> Self {
        Self { path, ..self }
    }

    /// With something to be said.
    #[must_use]
    pub(crate) fn with(self, note: Option<Note>) -> Self {
        Self { note: note.or(self.note), ..self }
    }

    /// Returns whether this entry of the menu is where one is.
    pub(crate) fn is_here(&self, key: &str) -> bool {
        self.here == key
    }

    /// Whether somebody is signed in who may go on.
    pub(crate) fn has_menu(&self) -> bool {
        self.who.as_ref().is_some_and(|who| !who.must_change)
    }

    /// The menu of who is signed in.
    pub(crate) fn menu(&self) -> Vec<MenuEntry> {
        let t = self.t;
        let entry = |(path, key, icon, text)| MenuEntry { path, key, icon, text };
        if !self.who.as_ref().is_some_and(|who| who.is_administrator) {
            return vec![entry(("/me", "me", "hash", t.mine))];
        }
        [
            ("/overview", "overview", "layout-dashboard", t.overview),
            ("/users", "users", "users", t.users),
            ("/live", "live", "phone-call", t.live),
            ("/wall", "wall", "monitor", t.wall),
            ("/numbers", "numbers", "hash", t.numbers),
            ("/mail", "mail", "mail", t.mail),
            ("/records", "records", "notebook-text", t.records),
            ("/audit", "audit", "scroll-text", t.audit),
            ("/settings", "settings", "settings", t.settings),
            ("/reference", "api", "square-code", t.api),
        ]
        .map(entry)
        .into()
    }
}

/// A page as an answer.
pub(crate) fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(target: "attendant::web", %error, "a page was not written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A part of a page that is drawn again while the page stays.
pub(crate) fn fragment(template: &impl Template) -> String {
    template.render().unwrap_or_else(|error| {
        tracing::error!(target: "attendant::web", %error, "a part of a page was not written");
        String::new()
    })
}

/// The path of a request with what follows it.
pub(crate) fn path_of(uri: &Uri) -> String {
    uri.path_and_query().map_or("/", |path| path.as_str()).to_owned()
}

/// On to another page, which is requested again.
pub(crate) fn see(path: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, path)]).into_response()
}

#[derive(Template)]
#[template(path = "web/templates/problem.html")]
struct Failed<'f> {
    frame: Frame,
    detail: &'f str,
}

/// A page that only says what is wrong.
pub(crate) fn failed(t: &'static Translation, status: StatusCode, detail: &str) -> Response {
    failed_for(t, None, status, detail)
}

/// The same with the menu of the user who is signed in.
pub(crate) fn failed_for(
    t: &'static Translation,
    session: Option<&Session>,
    status: StatusCode,
    detail: &str,
) -> Response {
    let title = if status == StatusCode::NOT_FOUND { t.not_found } else { t.wrong };
    let frame = Frame::of(t, session, ("", title), "/".to_owned());
    page(status, &Failed { frame, detail })
}
