//! `/calls`

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::bearer::Administrator;
use super::extract::Body;
use crate::admin::refusal::Refusal;
use crate::web::app::Shared;
use crate::web::live::launch::{LaunchError, LaunchRequest, PLACED_MAX, Preset, Target};
use crate::web::problem::Problem;

/// The scenes of simulated callers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Scene {
    /// Callers wait, then the organizer gives the PIN
    Meeting,
    /// Callers wait in the lobby
    Waiting,
    /// Somebody calls with the PIN
    Organizer,
    /// A caller keys wrong PINs, while another waits
    WrongPin,
}

/// Simulated callers who are placed: a scene, or a scenario.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LaunchBody {
    #[schema(inline)]
    scene: Option<Scene>,
    /// The name of one of those that `serve --scenarios` was given; it has callers and organizers of its own
    scenario: Option<String>,
    /// Of the scenes `meeting` and `waiting`: 1 if it is left out, and at most as many as one meeting holds
    #[schema(minimum = 1, maximum = 10000)]
    callers: Option<u32>,
    /// A real meeting, in groups or not; one of the demo if there is none
    #[schema(pattern = "^[0-9]{1,12}$|^[0-9]{3} [0-9]{4}$")]
    conference_id: Option<String>,
    /// The PIN that the organizer of a real meeting keys. It is kept nowhere
    #[schema(pattern = "^[0-9]{4,12}$")]
    pin: Option<String>,
}

impl LaunchBody {
    fn request(self) -> Result<LaunchRequest, Problem> {
        let Self { scene, scenario, callers, conference_id, pin } = self;
        let preset = match (scene, scenario) {
            (Some(Scene::Meeting), None) => Preset::Meeting,
            (Some(Scene::Waiting), None) => Preset::Waiting,
            (Some(Scene::Organizer), None) => Preset::Organizer,
            (Some(Scene::WrongPin), None) => Preset::WrongPin,
            (None, Some(name)) if callers.is_none() && conference_id.is_none() && pin.is_none() => {
                return Ok(LaunchRequest::Scenario(name));
            }
            (None, Some(_)) => return Err(Problem::bad("a scenario has its own callers and organizers")),
            (None, None) | (Some(_), Some(_)) => {
                return Err(Problem::bad("expected either `scene` or `scenario`"));
            }
        };
        let target = Target::named(conference_id.as_deref(), pin.as_deref()).map_err(launch_error)?;
        Ok(LaunchRequest::Preset { preset, callers: callers.or(preset.has_callers().then_some(1)), target })
    }
}

fn launch_error(launch_error: LaunchError) -> Problem {
    match launch_error {
        LaunchError::NoPin => Problem::bad("for a real conference ID the organizer needs the PIN"),
        LaunchError::PinOfNobody => Problem::bad("a PIN needs a conference ID"),
        LaunchError::BadConferenceId => Refusal::BadConferenceId.into(),
        LaunchError::BadPin => Problem::bad("a PIN has 4 to 12 digits"),
        LaunchError::Callers(most) => {
            Problem::bad(format!("1 to {most} callers can be placed at once: a meeting holds no more"))
        }
        LaunchError::CallersOfItsOwn => Problem::bad("this scene has its own callers; expected no `callers`"),
        LaunchError::UnknownScenario => {
            Problem::bad("unknown scenario; the scenarios are those given to `serve --scenarios`")
        }
        LaunchError::TooMany => {
            let detail = format!(
                "no more than {PLACED_MAX} simulated callers can be placed at once; wait until some have hung up"
            );
            Problem::new(StatusCode::CONFLICT, "too-many-callers", detail)
        }
        LaunchError::OutOfService => {
            let detail = "the bridge is shutting down";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "out-of-service", detail)
        }
    }
}

/// Place simulated callers
#[utoipa::path(post, path = "/calls", tag = "meetings", operation_id = "place", request_body = LaunchBody, responses((status = 202, description = "They dial")))]
pub(super) async fn launch(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
    Body(request): Body<LaunchBody>,
) -> Result<StatusCode, Problem> {
    let placed = app.launch(&actor, &request.request()?).await?;
    placed.map(|()| StatusCode::ACCEPTED).map_err(launch_error)
}
