//! The calls of one shard, each with its three ends: the dialog with the telephone, the line of the trunk, the flow of its
//! media. A row is free again when all three are over.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;
use slab::Slab;

use crate::control::call::{Digits, LegId, Source};
use crate::control::time::Instant;
use crate::leg::rtp::Reserved;
use crate::sip::keys::KeyGate;
use crate::sip::shard::LineId;

/// A call.
#[derive(Debug)]
pub(super) struct Call {
    /// The dialog, while it lasts; where it was, once it is over.
    pub(super) line: LineId,
    /// Whether the telephone is on the call.
    pub(super) has_dialog: bool,
    /// Whether the bridge is.
    pub(super) has_bridge: bool,
    /// What the bridge called it, once it has answered.
    pub(super) leg: Option<LegId>,
    /// What the caller is to hear, and since when.
    pub(super) hears: Option<(Instant, Source)>,
    pub(super) media: Media,
    /// Keys of all ways pass here.
    pub(super) gate: KeyGate,
    /// Keys that were dialled with the number, until the call is answered.
    pub(super) dialled: Digits,
}

/// The media of a call.
#[derive(Debug)]
pub(super) enum Media {
    /// There are none.
    None,
    /// A port is there; the answer says so, and what comes of it is not agreed on yet.
    Reserved(Reserved),
    /// A media thread has them.
    Open,
    /// A media thread is to end them.
    Closing,
}

/// The rows, by the numbers that the trunk's lines and the flows have.
#[derive(Debug, Default)]
pub(super) struct Calls {
    rows: Slab<Call>,
    by_line: HashMap<LineId, u32, FxBuildHasher>,
}

impl Calls {
    /// Takes in a call that the bridge is about to be asked for.
    pub(super) fn insert(&mut self, line: LineId, dialled: Digits, media: Media) -> Option<u32> {
        let number = u32::try_from(self.rows.vacant_key()).ok()?;
        self.rows.insert(Call {
            line,
            has_dialog: true,
            has_bridge: true,
            leg: None,
            hears: None,
            media,
            gate: KeyGate::default(),
            dialled,
        });
        self.by_line.insert(line, number);
        Some(number)
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut Call> {
        self.rows.get_mut(number as usize)
    }

    /// The call of a dialog that is not over.
    pub(super) fn of_line(&mut self, line: LineId) -> Option<(u32, &mut Call)> {
        let number = *self.by_line.get(&line)?;
        Some((number, self.rows.get_mut(number as usize)?))
    }

    /// The dialog of a call is over.
    pub(super) fn end_dialog(&mut self, number: u32) {
        if let Some(call) = self.rows.get_mut(number as usize) {
            call.has_dialog = false;
            self.by_line.remove(&call.line);
        }
    }

    /// Frees the row of a call that is over at all its ends.
    pub(super) fn free(&mut self, number: u32) {
        let is_over = |call: &Call| {
            let has_media = matches!(call.media, Media::Open | Media::Closing);
            !call.has_dialog && !call.has_bridge && !has_media
        };
        if self.rows.get(number as usize).is_some_and(is_over) {
            self.rows.remove(number as usize);
        }
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }
}
