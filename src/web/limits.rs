//! How often somebody may try to sign in.

use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::clock::DefaultClock;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use crate::store::record::key_of;

/// Tries of one address at once, and a minute from then on: a household behind one address signs in.
const OF_AN_ADDRESS: NonZeroU32 = NonZeroU32::new(20).expect("it is not zero");

/// Tries of one account at once, and a minute from then on: 14,400 a day guess no password of twelve characters.
const OF_AN_ACCOUNT: NonZeroU32 = NonZeroU32::new(10).expect("it is not zero");

/// Keys that are remembered before those that count no more are forgotten.
const REMEMBERED: usize = 10_000;

type Keyed<K> = RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock>;

/// The tries.
#[derive(Debug)]
pub(crate) struct SignInLimits {
    addresses: Keyed<IpAddr>,
    accounts: Keyed<String>,
}

impl SignInLimits {
    pub(crate) fn new() -> Self {
        Self {
            addresses: RateLimiter::keyed(Quota::per_minute(OF_AN_ADDRESS)),
            accounts: RateLimiter::keyed(Quota::per_minute(OF_AN_ACCOUNT)),
        }
    }

    /// Whether one more try is allowed; it counts.
    pub(crate) fn allow(&self, address: IpAddr, account: &str) -> bool {
        if self.addresses.len() + self.accounts.len() > REMEMBERED {
            self.addresses.retain_recent();
            self.accounts.retain_recent();
        }
        self.addresses.check_key(&address).is_ok() && self.accounts.check_key(&key_of(account)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_are_counted_for_each_address_and_each_account() {
        let limits = SignInLimits::new();
        let address = |last| IpAddr::from([127, 0, 0, last]);
        let allowed = |address, account: &str| (0..30).filter(|_| limits.allow(address, account)).count();
        assert_eq!(allowed(address(1), "kim"), 10);
        assert_eq!(allowed(address(2), "KIM"), 0, "the account has had its tries");
        assert_eq!(allowed(address(3), "pat"), 10);
        assert_eq!(allowed(address(3), "amos"), 0, "the address has had its tries, refused ones included");
    }
}
