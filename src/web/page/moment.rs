//! Times as people read them.

use std::fmt;

/// A moment in UTC, to the second, from milliseconds since the Unix epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Moment(pub(super) i64);

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(time) => write!(f, "{}", time.strftime("%Y-%m-%d %H:%M:%S")),
            Err(_) => self.0.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_as_date_and_time() {
        assert_eq!(Moment(1_511_794_800_999).to_string(), "2017-11-27 15:00:00");
        assert_eq!(Moment(i64::MAX).to_string(), i64::MAX.to_string(), "no year is so far away");
    }
}
