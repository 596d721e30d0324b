//! The task of one shard of signalling: it reads what came in, drives the shard, and carries what happens to its calls between
//! the telephone, the bridge and the media. Nothing is decided here.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::calls::{Calls, Media};
use super::gauges::{Gauge, Gauges};
use super::inbox::{Arrived, Outlet, tell};
use super::number_plan::NumberPlan;
use super::wire::Wire;
use crate::bridge::protocol::{Action, Dial, Report};
use crate::clock::Clock;
use crate::control::attendant;
use crate::control::call::{Digit, HangupCause, LegId};
use crate::control::time::Instant;
use crate::leg::capture::{FlowTap, Tap};
use crate::leg::rtp::{self, FlowId, LineSide, Order};
use crate::leg::trunk::{LineId, LineReport, Trunk};
use crate::rtp::receive;
use crate::sip::admission::RETRY_AFTER;
use crate::sip::keys::KeyWay;
use crate::sip::network::Network;
use crate::sip::numbers::{Caller, Dialled};
use crate::sip::offer::Agreed;
use crate::sip::refusal::Refusal;
use crate::sip::session::{End, HangUp};
use crate::sip::shard::{self, Command, Output, Shard};

/// Messages and reports that are read before the others have their turn.
const AT_ONCE: usize = 256;

/// New calls that are read before messages of calls that are under way are looked for again.
const NEW_AT_ONCE: usize = 16;

/// How far the service is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    /// Takes calls.
    Open,
    /// Takes none any more.
    Draining,
    /// Ends with its last call.
    Closing,
}

/// The ways between a shard, the bridge and the media threads.
#[derive(Debug)]
pub struct Joint {
    /// To the bridge.
    pub trunk: Trunk,
    /// From the bridge.
    pub reports: mpsc::Receiver<LineReport>,
    /// To the media threads.
    pub media: LineSide,
    /// From the media threads.
    pub heard: mpsc::Receiver<rtp::Report>,
}

/// One shard with its ways.
#[derive(Debug)]
pub(super) struct Signalling {
    shard: Shard,
    calls: Calls,
    trunk: Trunk,
    media: LineSide,
    wire: Arc<Wire>,
    tap: Tap,
    numbers: NumberPlan,
    /// Peers who may name any address for media.
    trusted: Arc<[Network]>,
    gauges: Gauges,
    /// What they show of this shard.
    shown: [usize; 3],
    /// Calls that were refused for now.
    refused: u64,
    clock: Clock,
}

/// The receiving ends of a shard's ways.
#[derive(Debug)]
pub(super) struct Ears {
    pub(super) outlet: Outlet,
    pub(super) reports: mpsc::Receiver<LineReport>,
    pub(super) heard: mpsc::Receiver<rtp::Report>,
    pub(super) stage: watch::Receiver<Stage>,
}

/// What all shards share.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    pub(super) wire: Arc<Wire>,
    pub(super) tap: Tap,
    pub(super) numbers: NumberPlan,
    pub(super) trusted: Arc<[Network]>,
    pub(super) gauges: Gauges,
    pub(super) clock: Clock,
}

impl Signalling {
    pub(super) fn new(shard: Shard, trunk: Trunk, media: LineSide, shared: Shared) -> Self {
        let Shared { wire, tap, numbers, trusted, gauges, clock } = shared;
        let (calls, shown, refused) = (Calls::default(), [0; 3], 0);
        Self { shard, calls, trunk, media, wire, tap, numbers, trusted, gauges, shown, refused, clock }
    }

    /// Runs until it is stopped, or closing and without calls.
    ///
    /// What belongs to calls that are up is read before new calls, of which only a few are read at once: so a flood of them
    /// waits, grows old and is shed, while the others go on.
    pub(super) async fn run(mut self, ears: Ears, stop: CancellationToken) {
        let Ears { mut outlet, mut reports, mut heard, mut stage } = ears;
        let (mut arrived, mut newcomers) = (Vec::new(), Vec::new());
        let (mut told, mut pressed) = (Vec::new(), Vec::new());
        loop {
            let due = self.due();
            tokio::select! {
                () = stop.cancelled() => return,
                Ok(()) = stage.changed() => {}
                1.. = outlet.underway.recv_many(&mut arrived, AT_ONCE) => {}
                Some(peer) = outlet.closed.recv() => self.shard.handle_transport_error(self.clock.now(), peer),
                1.. = reports.recv_many(&mut told, AT_ONCE) => {}
                1.. = heard.recv_many(&mut pressed, AT_ONCE) => {}
                1.. = outlet.new_calls.recv_many(&mut newcomers, NEW_AT_ONCE), if outlet.underway.is_empty() => {}
                () = self.clock.sleep_until(due) => {}
            }
            // Looked at before what has come: an INVITE behind the word that no calls are taken is not taken.
            self.shard.set_draining(*stage.borrow_and_update() != Stage::Open);
            self.shard.handle_timeout(self.clock.now());
            self.settle().await;
            for message in arrived.drain(..).chain(newcomers.drain(..)) {
                self.take_in(message).await;
            }
            for report in told.drain(..) {
                self.reported(report).await;
            }
            for report in pressed.drain(..) {
                self.media_reported(report).await;
                self.settle().await;
            }
            let now = self.clock.now();
            tell(self.shard.tally(), &self.gauges, now);
            self.show();
            if self.calls.len() == 0 && self.shard.rows().lines == 0 && *stage.borrow() == Stage::Closing {
                return;
            }
        }
    }

    fn due(&mut self) -> Instant {
        let summary = self.shard.tally().poll_timeout();
        [self.shard.poll_timeout(), summary].into_iter().flatten().min().unwrap_or(Instant::NEVER)
    }

    fn show(&mut self) {
        let rows = self.shard.rows();
        let transactions = rows.server_transactions + rows.client_transactions;
        let now = [
            (Gauge::Dialogs, rows.lines),
            (Gauge::Calls, self.calls.len()),
            (Gauge::Transactions, transactions),
        ];
        for ((gauge, now), shown) in now.into_iter().zip(&mut self.shown) {
            self.gauges.change(gauge, shown, now);
        }
    }

    async fn take_in(&mut self, Arrived { at, peer, message }: Arrived) {
        let now = self.clock.now();
        self.shard.handle_message(now, peer, *message, now.since(at));
        self.settle().await;
    }

    /// Carries out what the shard wants, and what comes of that, until it wants nothing.
    async fn settle(&mut self) {
        while let Some(output) = self.shard.poll_output() {
            let mut outputs = vec![output];
            outputs.extend(std::iter::from_fn(|| self.shard.poll_output()));
            for output in outputs {
                self.carry(output).await;
            }
        }
    }

    async fn carry(&mut self, output: Output) {
        match output {
            Output::Send(peer, bytes) => {
                if self.wire.send(peer, bytes).await.is_err() {
                    self.shard.handle_transport_error(self.clock.now(), peer);
                }
            }
            Output::Dial { line, dialled, caller } => self.dial(line, dialled, caller).await,
            Output::Key(line, key) => {
                let Some((number, _)) = self.calls.of_line(line) else { return };
                self.pressed(self.clock.now(), number, KeyWay::Info(key.duration), key.digit).await;
            }
            Output::OpenFlow(line, agreed) => self.open_flow(line, agreed),
            Output::ChangeFlow(line, agreed) => self.change_flow(line, agreed),
            Output::CloseFlow(line) => {
                let Some((number, call)) = self.calls.of_line(line) else { return };
                if matches!(call.media, Media::Open) {
                    call.media = Media::Closing;
                    // An order to close is always taken.
                    let _taken = self.media.order(Order::Close { flow: FlowId(number) });
                }
            }
            Output::Ended(line, end) => self.dialog_ended(line, end).await,
        }
    }

    /// A call came in: if there is a port for its media, the bridge is asked, and answers with a report.
    async fn dial(&mut self, line: shard::LineId, dialled: Dialled, caller: Caller) {
        let now = self.clock.now();
        let to = self.numbers.find(&dialled.number);
        tracing::debug!(target: "attendant::sip", to = dialled.number, is_known = to.is_some(), "a telephone dials");
        // A call to nobody's number is not answered, so it needs no media.
        let media = match to.as_ref().map(|_| self.media.reserve(now)) {
            None => Media::None,
            Some(Ok(reserved)) => Media::Reserved(reserved),
            Some(Err(error)) => {
                tracing::debug!(target: "attendant::sip", %error, "a call is refused");
                self.shard.tally().count(now, Refusal::NoPorts);
                return self.refuse(line);
            }
        };
        let Some(number) = self.calls.insert(line, dialled.keys, media) else {
            return self.refuse(line);
        };
        let to = to.map_or(attendant::Dialled::UnknownNumber, attendant::Dialled::Number);
        let dial = Dial {
            to,
            from: caller.number.map(Into::into),
            name: caller.name.map(Into::into),
            number: Some(dialled.number.into()),
        };
        self.act(number, Action::Dial(dial)).await;
    }

    /// Does something on the bridge's side of a call; a bridge that is gone has none.
    async fn act(&mut self, number: u32, action: Action) {
        if self.trunk.act(LineId(number), action).await.is_err() {
            self.bridge_ended(number, HangupCause::Lost);
        }
    }

    async fn reported(&mut self, LineReport { at, line: LineId(number), report }: LineReport) {
        match report {
            Report::Answered { leg } => self.answered(number, leg).await,
            Report::Hears(source) => {
                let Some(call) = self.calls.get_mut(number) else { return };
                call.hears = Some((at, source));
                if matches!(call.media, Media::Open) {
                    self.order(number, Order::Hear { flow: FlowId(number), at, source });
                }
            }
            Report::Ended(cause) => self.bridge_ended(number, cause),
            // Meetings are mixed by who reads their events; an action that crossed the end of its call has no effect.
            Report::Announced(_) | Report::Voice(_) | Report::Refused(_) => {}
        }
        self.settle().await;
    }

    /// The bridge has taken the call: so does its telephone.
    async fn answered(&mut self, number: u32, leg: LegId) {
        let Some(call) = self.calls.get_mut(number) else { return };
        call.leg = Some(leg);
        let (line, keys) = (call.line, call.dialled);
        let Media::Reserved(reserved) = &call.media else { return };
        let mut local = reserved.local();
        // What it is bound to is not always what this telephone reaches.
        if let Some((_, ours)) = self.shard.peer(line) {
            local.rtp.set_ip(ours);
            local.rtcp.set_ip(ours);
        }
        self.command(line, Command::Answer(local));
        for key in keys.iter() {
            self.act(number, Action::Press(key)).await;
        }
    }

    /// The bridge has ended the call, or never took it.
    fn bridge_ended(&mut self, number: u32, cause: HangupCause) {
        let Some(call) = self.calls.get_mut(number) else { return };
        call.has_bridge = false;
        let (line, is_up) = (call.line, call.has_dialog);
        if is_up {
            match cause {
                HangupCause::UnknownNumber => self.command(line, Command::Refuse(404, None)),
                HangupCause::Congestion => self.refuse(line),
                HangupCause::Declined => self.command(line, Command::Refuse(603, None)),
                HangupCause::Bridge | HangupCause::Caller | HangupCause::Cancelled => {
                    self.command(line, Command::HangUp(HangUp::Normal));
                }
                HangupCause::Lost
                | HangupCause::NoAck
                | HangupCause::NoMedia
                | HangupCause::MediaGone
                | HangupCause::SessionExpired => self.give_up(line),
            }
        }
        self.calls.free(number);
    }

    /// Refuses a call for now.
    fn refuse(&mut self, line: shard::LineId) {
        let retry_after = self.retry_after();
        self.command(line, Command::Refuse(503, Some(retry_after)));
    }

    fn command(&mut self, line: shard::LineId, command: Command) {
        self.shard.handle_command(self.clock.now(), line, command);
    }

    /// The telephone is off the call; the bridge is told how it left.
    async fn dialog_ended(&mut self, line: shard::LineId, end: End) {
        let Some((number, call)) = self.calls.of_line(line) else { return };
        tracing::debug!(target: "attendant::sip", call = number, ?end, "a telephone's call is over");
        let has_bridge = call.has_bridge;
        if matches!(call.media, Media::Reserved(_)) {
            call.media = Media::None;
        }
        self.calls.end_dialog(number);
        if has_bridge {
            self.act(number, Action::HangUp(cause_of(end))).await;
        }
        self.calls.free(number);
    }

    fn open_flow(&mut self, line: shard::LineId, agreed: Agreed) {
        let Some(peer) = self.peer(line) else { return };
        let tap = self.flow_tap(line);
        let Some((number, call)) = self.calls.of_line(line) else { return };
        let (leg, hears) = (call.leg, call.hears);
        let Media::Reserved(reserved) = std::mem::replace(&mut call.media, Media::Open) else {
            call.media = Media::None;
            return;
        };
        let flow = FlowId(number);
        if self.media.order(Order::Open { flow, reserved, agreed, peer, tap }).is_err() {
            call.media = Media::None;
            return self.give_up(line);
        }
        if let Some(leg) = leg {
            self.order(number, Order::Leg { flow, leg });
        }
        if let Some((at, source)) = hears {
            self.order(number, Order::Hear { flow, at, source });
        }
    }

    fn change_flow(&mut self, line: shard::LineId, agreed: Agreed) {
        let Some(peer) = self.peer(line) else { return };
        let Some((number, call)) = self.calls.of_line(line) else { return };
        call.gate.renegotiated();
        self.order(number, Order::Change { flow: FlowId(number), agreed, peer });
    }

    /// What takes down the media of a call.
    fn flow_tap(&self, line: shard::LineId) -> Option<Box<FlowTap>> {
        let ((_, ours), call_id) = (self.shard.peer(line)?, self.shard.call_id(line)?);
        self.tap.flow(call_id, ours)
    }

    fn peer(&self, line: shard::LineId) -> Option<rtp::Peer> {
        let (address, _) = self.shard.peer(line)?;
        let signalling = address.ip().to_canonical();
        let listed = self.trusted.iter().any(|network| network.contains(signalling));
        Some(rtp::Peer { signalling, listed })
    }

    /// Gives the media threads an order; a call whose media do not follow any more is ended.
    fn order(&mut self, number: u32, order: Order) {
        if let Err(full) = self.media.order(order) {
            tracing::warn!(target: "attendant::sip", call = number, error = %full, "a call is ended");
            if let Some(line) = self.calls.get_mut(number).map(|call| call.line) {
                self.give_up(line);
            }
        }
    }

    fn give_up(&mut self, line: shard::LineId) {
        self.command(line, Command::HangUp(HangUp::TemporaryFailure));
    }

    async fn media_reported(&mut self, report: rtp::Report) {
        match report {
            rtp::Report::Heard { flow: FlowId(number), at, pressed } => {
                let way = match pressed.way {
                    receive::KeyWay::Event => KeyWay::Event,
                    receive::KeyWay::Tones => KeyWay::InBand,
                };
                self.pressed(at, number, way, pressed.digit).await;
            }
            rtp::Report::Silent { flow: FlowId(number) } => {
                if let Some(line) = self.calls.get_mut(number).map(|call| call.line) {
                    self.command(line, Command::HangUp(HangUp::MediaGone));
                }
            }
            rtp::Report::Closed { flow: FlowId(number), figures } => {
                tracing::debug!(target: "attendant::sip", call = number, ?figures, "its media have ended");
                if let Some(call) = self.calls.get_mut(number) {
                    call.media = Media::None;
                }
                self.calls.free(number);
            }
        }
    }

    /// A press, told in one of its ways: it counts once.
    async fn pressed(&mut self, at: Instant, number: u32, way: KeyWay, digit: Digit) {
        let Some(call) = self.calls.get_mut(number) else { return };
        if call.has_bridge && call.has_dialog && call.gate.admit(at, way, digit) {
            self.act(number, Action::Press(digit)).await;
        }
    }

    /// Seconds after which a caller may try again: spread, so that those who were refused together do not come back together.
    fn retry_after(&mut self) -> u8 {
        let (first, last) = (*RETRY_AFTER.start(), *RETRY_AFTER.end());
        self.refused = self.refused.wrapping_add(1);
        u8::try_from(first + self.refused % (last - first + 1)).unwrap_or(u8::MAX)
    }
}

/// How a caller left, as the bridge records it. What the telephone was told is the bridge's own doing, but for a caller whose
/// sound did not come any more.
fn cause_of(end: End) -> HangupCause {
    match end {
        End::Caller => HangupCause::Caller,
        End::Cancelled => HangupCause::Cancelled,
        End::Refused(_) | End::Bridge(HangUp::Normal | HangUp::TemporaryFailure) => HangupCause::Bridge,
        End::Bridge(HangUp::MediaGone) => HangupCause::MediaGone,
        End::NoAck => HangupCause::NoAck,
        End::NoMedia(_) => HangupCause::NoMedia,
        End::SessionExpired => HangupCause::SessionExpired,
        End::Lost => HangupCause::Lost,
    }
}
