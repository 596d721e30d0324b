//! The REST API of a running `attendant serve`, as far as playing cases there needs it.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::{Request, header};

/// How long an answer may take: a PIN is hashed, and a mail may be written, in less than a second.
const WITHIN: Duration = Duration::from_secs(10);

/// The version of the API that is spoken.
const VERSION: &str = "/api/v1";

/// A client of the API, with the token of an administrator.
pub(super) struct Api {
    agent: Agent,
    base: String,
    authorization: String,
}

impl Api {
    /// Speaks to the server at this URL.
    pub(super) fn new(url: &str, token: &str) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let agent = config.timeout_global(Some(WITHIN)).build().new_agent();
        let base = format!("{}{VERSION}", url.trim_end_matches('/'));
        Self { agent, base, authorization: format!("Bearer {token}") }
    }

    /// Asks; returns the answer's body, nothing where it has none.
    ///
    /// # Errors
    /// Nobody answers, or the server refuses.
    pub(super) fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, ApiError> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(header::AUTHORIZATION, &self.authorization);
        let sent = if method == "GET" {
            request.body(()).map(|request| self.agent.run(request))
        } else {
            let request = request.header(header::CONTENT_TYPE, "application/json");
            let body = body.map(Value::to_string).unwrap_or_default();
            request.body(body).map(|request| self.agent.run(request))
        };
        let unreachable = |why: &dyn fmt::Display| ApiError::Unreachable(why.to_string());
        let mut answer = sent.map_err(|error| unreachable(&error))?.map_err(|error| unreachable(&error))?;
        let text = answer.body_mut().read_to_string().map_err(|error| unreachable(&error))?;
        let told: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        if answer.status().is_success() {
            return Ok(told);
        }
        let (status, word) = (answer.status().as_u16(), |key: &str| told[key].as_str().map(str::to_owned));
        Err(ApiError::Refused {
            status,
            code: word("code").unwrap_or_default(),
            detail: word("detail").unwrap_or_else(|| "it does not say why".to_owned()),
        })
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("base", &self.base).finish_non_exhaustive()
    }
}

/// Why the server did not do what it was asked.
#[derive(Debug)]
pub(super) enum ApiError {
    /// Nobody answered.
    Unreachable(String),
    /// It refuses.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The problem in one word: `conference-id-taken`.
        code: String,
        /// The problem, for people.
        detail: String,
    },
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) => write!(f, "the API is not reached: {why}"),
            Self::Refused { status, detail, .. } => write!(f, "the API refuses ({status}): {detail}"),
        }
    }
}

impl Error for ApiError {}
