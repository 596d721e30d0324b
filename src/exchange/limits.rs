//! Everything that can fill in the exchange, by name.

/// How much an exchange carries at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Calls that are up. Whoever dials beyond it hears busy.
    pub calls: u32,
    /// Meetings with somebody in them. Whoever names one more hears `meeting-full` and `goodbye`.
    pub meetings: usize,
    /// Messages that wait for one meeting. Lanes keep theirs until there is room.
    pub to_meeting: usize,
    /// Messages that wait for one lane. Meetings and the directory wait until there is room, since a lane never
    /// waits for them.
    pub to_lane: usize,
    /// Questions that wait for the directory. What is asked beyond it counts as not answered, and is asked once more.
    pub questions: usize,
    /// What a device's user did that its lane has not taken up. What is done beyond it is refused.
    pub actions: usize,
    /// What a device was told and has not taken in. One that lets it fill is cut off, and its call is lost.
    pub reports: usize,
    /// What was done on the lines of a trunk and its lane has not taken up. Its owner waits, or is refused.
    pub trunk_actions: usize,
    /// What the lines of a trunk were told and its owner has not taken in. A call that finds no room is lost.
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
