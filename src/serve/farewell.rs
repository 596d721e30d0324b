//! The end of a service for which nobody waits.

use std::time::Duration;

use tokio::time::timeout;

use crate::leg::sip::Goodbye;
use crate::web::Shared;

/// How long telephones may take to answer that their calls are over: a few repetitions of a BYE over UDP (RFC 3261,
/// section 17.1.2.1: after 0.5 s, 1 s).
const WITHIN: Duration = Duration::from_secs(1);

/// Hangs up every telephone of a service that is about to end at once.
#[derive(Clone, Debug)]
pub struct Farewell {
    pub(super) app: Shared,
    pub(super) telephones: Option<Goodbye>,
}

impl Farewell {
    /// Ends every call, and waits until the telephones have said that they know, but no longer than a second.
    pub async fn say(self) {
        let Some(telephones) = self.telephones else { return };
        let said = async {
            self.app.bridge.exchange.end_calls().await;
            telephones.said().await;
        };
        // Whoever has not answered by then was told, and has to notice by himself.
        let _in_time = timeout(WITHIN, said).await;
    }
}
