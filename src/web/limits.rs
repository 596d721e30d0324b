//! Limits on attempts to sign in.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};

use governor::clock::DefaultClock;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use crate::control::time::Instant;
use crate::store::record::key_of;
use crate::telemetry::LimitCounter;

/// Tries of one address at once, and a minute from then on: a household behind one address signs in.
const OF_AN_ADDRESS: NonZeroU32 = NonZeroU32::new(20).expect("it is not zero");

/// Tries of one account at once, and a minute from then on: 14,400 a day guess no password of twelve characters.
const OF_AN_ACCOUNT: NonZeroU32 = NonZeroU32::new(10).expect("it is not zero");

/// Addresses from which somebody signed in, with their accounts: the oldest makes room.
const KNOWN: usize = 1_000;

/// Bits of an IPv6 address that a customer has for one place (RFC 6177).
const OF_A_PLACE: u128 = !0 << 64;

/// Keys that are remembered before those that count no more are forgotten.
const REMEMBERED: usize = 10_000;

type Keyed<K> = RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock>;

/// The tries.
#[derive(Debug)]
pub(crate) struct SignInLimits {
    addresses: Keyed<IpAddr>,
    accounts: Keyed<String>,
    known: Mutex<VecDeque<(IpAddr, String)>>,
    of_an_address: LimitCounter,
    of_an_account: LimitCounter,
}

impl SignInLimits {
    pub(crate) fn new() -> Self {
        Self {
            addresses: RateLimiter::keyed(Quota::per_minute(OF_AN_ADDRESS)),
            accounts: RateLimiter::keyed(Quota::per_minute(OF_AN_ACCOUNT)),
            known: Mutex::default(),
            of_an_address: LimitCounter::new("sign_ins_of_an_address"),
            of_an_account: LimitCounter::new("sign_ins_of_an_account"),
        }
    }

    /// Returns how often each limit was reached.
    pub(crate) fn counters(&self) -> [&LimitCounter; 2] {
        [&self.of_an_address, &self.of_an_account]
    }

    fn known(&self) -> MutexGuard<'_, VecDeque<(IpAddr, String)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody signed in to this account: strangers who try its password keep nobody out at this address from now on.
    pub(crate) fn signed_in(&self, address: IpAddr, account: &str) {
        let who = (place(address), key_of(account));
        let mut known = self.known();
        known.retain(|other| *other != who);
        known.push_back(who);
        if known.len() > KNOWN {
            known.pop_front();
        }
    }

    /// Returns whether one more try is allowed; it counts. One that is not is told of in the log, without the account: what was
    /// typed there may be a password.
    pub(crate) fn allow(&self, now: Instant, address: IpAddr, account: &str) -> bool {
        let (address, account) = (place(address), key_of(account));
        if self.addresses.len() + self.accounts.len() > REMEMBERED {
            self.addresses.retain_recent();
            self.accounts.retain_recent();
        }
        if self.addresses.check_key(&address).is_err() {
            let effect = format!("sign-ins from {address} are refused for a while");
            self.of_an_address.reached(now, OF_AN_ADDRESS.get().into(), &effect);
            return false;
        }
        let who = (address, account);
        let allowed = self.known().contains(&who) || self.accounts.check_key(&who.1).is_ok();
        if !allowed {
            let effect = format!("sign-ins to one account, now from {address}, are refused for a while");
            self.of_an_account.reached(now, OF_AN_ACCOUNT.get().into(), &effect);
        }
        allowed
    }
}

/// An address as it is counted: anyone with a network has all of its addresses.
fn place(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & OF_A_PLACE)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_are_counted_for_each_address_and_each_account() {
        let limits = SignInLimits::new();
        let address = |last| IpAddr::from([127, 0, 0, last]);
        let allowed = |address, account: &str| {
            (0..30).filter(|_| limits.allow(Instant::ZERO, address, account)).count()
        };
        assert_eq!(allowed(address(1), "kim"), 10);
        assert_eq!(allowed(address(2), "KIM"), 0, "the account has had its tries");
        assert_eq!(allowed(address(3), "pat"), 10);
        assert_eq!(allowed(address(3), "amos"), 0, "the address has had its tries, refused ones included");
    }

    #[test]
    fn strangers_keep_nobody_out_who_signed_in_from_there_before() {
        let limits = SignInLimits::new();
        let address = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, last, 0, 0, 0, 1]);
        limits.signed_in(address(1), "admin");
        while limits.allow(Instant::ZERO, address(2), "admin") {}
        assert!(!limits.allow(Instant::ZERO, address(3), "Admin"), "the account has had its tries");
        assert!(limits.allow(Instant::ZERO, address(1), "Admin"));
        let neighbour = IpAddr::from([0x2001, 0xdb8, 0, 2, 0, 0, 0, 99]);
        while limits.allow(Instant::ZERO, neighbour, "kim") {}
        assert!(!limits.allow(Instant::ZERO, address(2), "pat"), "a network of 64 bits is one place");
    }
}
