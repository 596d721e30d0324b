//! Why a datagram was not taken, and how often.

macro_rules! refusals {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)*) => {
        /// Why a datagram was not taken.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Refusal {
            $($(#[doc = $doc])+ $variant,)*
        }

        impl Refusal {
            /// Every reason.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// Its word in figures and records.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

refusals! {
    /// It is not what its first bytes say, or nothing that is known.
    Malformed = "malformed",
    /// It comes from an address that nobody named.
    Stranger = "stranger",
    /// It comes from an address that might have been the caller's, had the caller not been heard from another.
    OtherAddress = "other_address",
    /// Its sender has not sent enough packets in sequence yet.
    Probation = "probation",
    /// Its payload type was not agreed upon.
    PayloadType = "payload_type",
    /// Its sequence number is far from all before.
    Astray = "astray",
    /// The caller holds the call, or said that nothing would come: it may be a PBX's music.
    OnHold = "on_hold",
    /// More came than one call sends.
    TooMany = "too_many",
}

/// How many datagrams were not taken, by reason.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Refusals {
    counts: [u32; Refusal::ALL.len()],
}

impl Refusals {
    /// Counts one; past 32 bits the count stays.
    pub fn count(&mut self, reason: Refusal) {
        let count = &mut self.counts[reason as usize];
        *count = count.saturating_add(1);
    }

    /// How many there were for this reason.
    #[must_use]
    pub fn of(&self, reason: Refusal) -> u32 {
        self.counts[reason as usize]
    }

    /// Every reason that there was, with its count.
    pub fn iter(&self) -> impl Iterator<Item = (Refusal, u32)> + '_ {
        Refusal::ALL.into_iter().map(|reason| (reason, self.of(reason))).filter(|(_, count)| *count > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_counted_by_reason() {
        let mut refusals = Refusals::default();
        for reason in [Refusal::Stranger, Refusal::TooMany, Refusal::Stranger] {
            refusals.count(reason);
        }
        let told: Vec<_> = refusals.iter().map(|(reason, count)| (reason.name(), count)).collect();
        assert_eq!(told, [("stranger", 2), ("too_many", 1)]);
        assert_eq!(refusals.of(Refusal::Malformed), 0);
    }
}
