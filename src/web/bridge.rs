//! The bridge as the admin center sees it: its calls and meetings, and what they are told of changes.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::live::launch::{Launcher, Simulated};
use super::live::recorded::World;
use super::live::sink::EventSink;
use super::order::{Order, Pointless};
use crate::clock::Clock;
use crate::config::Rates;
use crate::control::event::MeetingId;
use crate::control::meeting;
use crate::control::policy::ServiceNumber;
use crate::exchange::Exchange;
use crate::exchange::directory_backend::StoreBackend;
use crate::leg::sip::{Gauges, NumberPlan};
use crate::store::StoreError;
use crate::store::record::{NumberRecord, key_of};
use crate::store::sql::Sql;
use crate::telemetry::LimitCounter;

/// What is known of telephones, for metrics.
#[derive(Debug)]
pub(crate) struct TelephoneFigures {
    pub(crate) gauges: Gauges,
    /// How many calls of theirs there is room for.
    pub(crate) room: usize,
    /// The limits of what waits on its way through the media threads and to a capture.
    pub(crate) limits: Vec<Arc<LimitCounter>>,
}

/// The exchange, the directory that it asks, what its events have come to, and the simulated callers on it.
pub(crate) struct Bridge {
    pub(crate) exchange: Exchange<EventSink>,
    pub(crate) kept: Arc<StoreBackend<Sql>>,
    /// The numbers that telephones reach.
    pub(crate) numbers: NumberPlan,
    /// What calls to them cost, for records in the formats that tell it.
    pub(crate) rates: Rates,
    /// The figures of telephones, where they can call.
    pub(crate) telephones: Option<TelephoneFigures>,
    pub(crate) events: EventSink,
    pub(crate) launcher: Launcher,
    pub(crate) clock: Clock,
}

impl Bridge {
    /// Calls and meetings from now on follow the settings as they are now.
    pub(crate) async fn follow_policy(&self) -> Result<(), StoreError> {
        self.exchange.follow(&Arc::new(self.kept.policy().await?));
        Ok(())
    }

    /// Telephones reach the numbers as they are now.
    pub(crate) async fn follow_numbers(&self) -> Result<(), StoreError> {
        self.numbers.set(self.kept.numbers().await?.into_iter().map(dialled));
        Ok(())
    }

    /// Tells the open meeting of this user what the directory says of it now.
    pub(crate) async fn tell_terms(&self, name: &str) -> Result<(), StoreError> {
        let unavailable = || StoreError::Unavailable("the terms of a meeting".to_owned());
        if let Some(terms) = self.kept.terms_of(name).await.map_err(|_| unavailable())? {
            let meeting = MeetingId(terms.organizer.0);
            let _nobody_there = self.exchange.tell_meeting(meeting, meeting::Input::NewTerms { terms }).await;
        }
        Ok(())
    }

    /// Tells the open meetings of users with these keys what the directory says of them now; all of them if there are no
    /// keys.
    pub(crate) async fn tell_open_meetings(
        &self,
        users: Option<&BTreeSet<String>>,
    ) -> Result<(), StoreError> {
        for meeting in self.exchange.open_meetings() {
            let name = self.kept.name_of(meeting);
            let concerned = |name: &String| users.is_none_or(|users| users.contains(&key_of(name)));
            if let Some(name) = name.filter(concerned) {
                self.tell_terms(&name).await?;
            }
        }
        Ok(())
    }

    /// Returns why an order would do nothing, as things stand, or whom it is about, for the audit log.
    pub(crate) fn check(&self, meeting: MeetingId, order: Order) -> Result<String, Pointless> {
        let snapshot = self.events.snapshot();
        order.pointless(meeting, &snapshot).map_or_else(|| Ok(order.detail(&snapshot)), Err)
    }

    /// Returns what the directory says that a recorded meeting, or a call in none, depended on.
    pub(crate) async fn world(&self, meeting: Option<MeetingId>) -> Result<World, StoreError> {
        let mut policy = self.kept.policy().await?;
        // The bridge's clock may go faster; a scenario's does not.
        policy.dialog.directory_timeout /= self.clock.speed().max(1);
        let numbers = self.kept.numbers().await?.into_iter().map(dialled).collect();
        let meeting = match meeting {
            Some(meeting) => {
                let called = self.meeting_name(meeting);
                let terms = match self.kept.name_of(meeting) {
                    Some(name) => self.kept.terms_of(&name).await.ok().flatten(),
                    None => None,
                };
                Some((called, terms))
            }
            None => None,
        };
        Ok(World { policy, numbers, meeting })
    }

    /// Gives a meeting an order.
    pub(crate) async fn order(&self, meeting: MeetingId, order: Order) -> Result<(), Pointless> {
        let told = self.exchange.tell_meeting(meeting, order.input()).await;
        if told { Ok(()) } else { Err(Pointless::NobodyThere) }
    }

    /// Returns what a meeting is called: its organizer's name, its number in the demo, or the scenario's.
    pub(crate) fn meeting_name(&self, meeting: MeetingId) -> String {
        let simulated = || match self.launcher.simulated(meeting)? {
            Simulated::Demo(number) => Some(format!("demo {number}")),
            Simulated::Scenario(organizer, name) => Some(format!("{organizer} – {name}")),
        };
        self.kept.name_of(meeting).or_else(simulated).unwrap_or_else(|| meeting.0.to_string())
    }
}

fn dialled(record: NumberRecord) -> (String, ServiceNumber) {
    let NumberRecord { number, toll_free, primary, secondary } = record;
    (number, ServiceNumber { toll_free, primary, secondary })
}
