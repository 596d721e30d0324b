//! The behaviour of an exchange when a part of it fails.

use std::time::Duration;

use super::messages::{MeetingMessage, Question, ToMeeting};
use super::*;
use crate::bridge::protocol::{Dial, Report};
use crate::clock::Pace;
use crate::control::attendant::Dialled;
use crate::control::call::{Digits, HangupCause, LegId, Source};
use crate::control::event::{CallEvent, Event, MeetingEvent, MeetingId, Outcome};
use crate::control::meeting::{Epoch, TermsId, Unavailable};
use crate::control::policy::ServiceNumber;
use crate::control::query::DirectoryQuery;
use crate::leg::log::{Entry, Log};
use crate::telemetry::tests::logged;

const ID: &str = "3141592";

fn opened() -> Exchange<Log> {
    let nobody_acts: AdminHook<Log> = Box::new(|_| {});
    let settings = Settings::new(Policy::default(), 1, Clock::start(1, Pace::Lockstep));
    let exchange = Exchange::open(settings, [(Log::default(), nobody_acts)]);
    let amos = NewOrganizer { conference_id: Digits::from_symbols(ID), ..NewOrganizer::default() };
    exchange.enrol([amos]).unwrap();
    exchange
}

/// Somebody who waits in the lobby.
async fn waiting(exchange: &Exchange<Log>) -> (Device, mpsc::Receiver<LineReport>) {
    let (phone, mut told) = exchange.connect(0, None).await.unwrap();
    phone.dial(Dial::to(Dialled::Number(Arc::new(ServiceNumber::default())))).unwrap();
    until(&mut told, |report| matches!(report, Report::Answered { .. })).await;
    for digit in Digits::from_symbols(&format!("{ID}#")).unwrap().iter() {
        phone.press(digit).unwrap();
    }
    until(&mut told, |report| matches!(report, Report::Hears(Source::HoldMusic { .. }))).await;
    (phone, told)
}

async fn until(told: &mut mpsc::Receiver<LineReport>, is_meant: impl Fn(&Report) -> bool) {
    while !is_meant(&told.recv().await.expect("the call goes on").report) {}
}

/// Makes the task of the one meeting panic.
fn break_meeting(exchange: &Exchange<Log>) {
    let message = ToMeeting { at: exchange.now(), messages: vec![MeetingMessage::Panic] };
    exchange.switch.deliver(MeetingId(0), Box::new(message)).unwrap();
}

#[tokio::test(start_paused = true)]
async fn callers_of_a_meeting_that_panics_are_hung_up() {
    let exchange = opened();
    let (_pat, mut pat) = waiting(&exchange).await;
    let (_kim, mut kim) = waiting(&exchange).await;
    break_meeting(&exchange);
    for told in [&mut pat, &mut kim] {
        until(told, |report| *report == Report::Ended(HangupCause::Bridge)).await;
    }
    exchange.quiet().await;
    assert_eq!(exchange.meetings(), 0);
    let log = exchange.shut_down().await.pop().unwrap().into_sink();
    let events = |wanted: fn(&Event) -> bool| {
        log.entries.iter().filter(|(_, entry)| matches!(entry, Entry::Event(event) if wanted(event))).count()
    };
    assert_eq!(events(|event| matches!(event, Event::Meeting(MeetingEvent::Left { .. }))), 2);
    let failed = |event: &Event| {
        matches!(
            event,
            Event::Call(CallEvent::Finished { outcome: Outcome::Failed(HangupCause::Bridge), .. })
        )
    };
    assert_eq!(events(failed), 2);
}

#[tokio::test(start_paused = true)]
async fn a_meeting_that_panicked_is_opened_again() {
    let exchange = opened();
    let (_pat, mut pat) = waiting(&exchange).await;
    break_meeting(&exchange);
    until(&mut pat, |report| matches!(report, Report::Ended(_))).await;
    let _kim = waiting(&exchange).await;
    assert_eq!(exchange.meetings(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_exchange_whose_meeting_panicked_goes_out_of_service() {
    let exchange = opened();
    let _pat = waiting(&exchange).await;
    break_meeting(&exchange);
    let over = tokio::time::timeout(Duration::from_secs(3_600), exchange.shut_down()).await;
    assert!(over.is_ok(), "it waits for nobody");
}

#[tokio::test(start_paused = true)]
async fn questions_that_find_no_room_are_logged_once_a_second() {
    let nobody_acts: AdminHook<Log> = Box::new(|_| {});
    let settings = Settings::new(Policy::default(), 1, Clock::start(1, Pace::Lockstep));
    let limits = Limits { questions: 1, ..Limits::default() };
    let exchange = Exchange::open(Settings { limits, ..settings }, [(Log::default(), nobody_acts)]);
    let ask = || {
        let query = DirectoryQuery::Terms {
            meeting: MeetingId(0),
            question: TermsId { epoch: Epoch(0), number: 0 },
            leg: LegId::new(0),
            organizer: OrganizerId(0),
        };
        exchange.switch.ask(Question { at: exchange.now(), query })
    };
    // Nobody answers meanwhile: the directory's task has no turn.
    let text = logged(|| {
        assert_eq!([ask(), ask(), ask()], [Ok(()), Err(Unavailable), Err(Unavailable)]);
    });
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains("WARN") && text.contains(r#"limit="directory_questions" at=1 times=1"#), "{text}");
}
