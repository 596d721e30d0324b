//! Everything that can fill in the exchange, by name.

/// The limits of an exchange.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Active calls. Further callers hear busy.
    pub calls: u32,
    /// Meetings with somebody in them. A caller of one more hears `meeting-full` and `goodbye`.
    pub meetings: usize,
    /// Messages that wait for one meeting. Lanes keep theirs until there is room.
    pub to_meeting: usize,
    /// Messages that wait for one lane. Meetings and the directory wait until there is room, since a lane never
    /// waits for them.
    pub to_lane: usize,
    /// Questions that wait for the directory. What is asked beyond it counts as not answered, and is asked once more.
    pub questions: usize,
    /// Actions of a device that its lane has not processed. Further ones are refused.
    pub actions: usize,
    /// Reports to a device that it has not read. A device that lets them fill up is cut off, and its call is lost.
    pub reports: usize,
    /// Actions on the lines of a trunk that its lane has not processed. Its owner waits, or is refused.
    pub trunk_actions: usize,
    /// Reports to the lines of a trunk that its owner has not read. A call that finds no room is lost.
    pub trunk_reports: usize,
}

impl Default for Limits {
    /// Ten times what the largest run on two cores was seen to need; what waits in a queue is a few words long.
    fn default() -> Self {
        Self {
            calls: 10_000_000,
            meetings: 1_000_000,
            to_meeting: 64,
            to_lane: 4_096,
            questions: 65_536,
            actions: 64,
            reports: 256,
            trunk_actions: 8_192,
            trunk_reports: 8_192,
        }
    }
}

/// How far a limit is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LimitUse {
    /// Its name in the log and in figures.
    pub name: &'static str,
    /// The limit.
    pub limit: u64,
    /// How much of it is used now.
    pub used: u64,
    /// How often it was reached; `None` for one at which others only wait.
    pub reached: Option<u64>,
}
