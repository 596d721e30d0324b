//! Another bridge than the one in this process: where it is, who organizes there, and by whom it is called.

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::calling::{Keys, api_token, destination, unreachable};
use crate::cli::exit::{CliError, Exit};
use crate::cli::screen::Screen;
use crate::cli::targets::read_target;
use crate::control::call::Language;
use crate::control::directory::Coordinates;
use crate::leg::outward::crowd::Named;
use crate::leg::outward::{LATENESS, SipAddress, lateness_of};
use crate::load::outward::Telephones;
use crate::load::profile::Profile;
use crate::load::{callers, organizers};
use crate::media::g711::Law;
use crate::media::hear::Sounds;
use crate::play::via::{NotPlayed, Pool, Via};
use crate::scenario::load::hundredths;
use crate::scenario::targets::Target;

/// The most addresses that calls come from.
const ADDRESSES_MAX: usize = 4_096;

/// Who calls where neither a script nor a file says it; `{n}` is the number of the call.
const CALLER: &str = "attendant-{n}";

/// Who dials a number that nobody has.
const NOBODY: &str = "nobody";

/// How many organizers are enabled if nothing is said.
const USERS: usize = 100;

/// What begins the name of a variable in the place of a file's.
const ENV: &str = "env:";

/// The options for another bridge.
#[derive(Debug, clap::Args)]
pub(super) struct ViaOptions {
    /// Play against this bridge by SIP instead of the one in this process: sip:HOST, sip:NUMBER@HOST:PORT
    #[arg(long, value_name = "URI", conflicts_with_all = ["in_virtual_time", "list", "show"])]
    pub(super) via: Option<SipAddress>,

    /// Who organizes there: a file, or a variable as env:NAME, with a conference ID and a PIN in each line, and a comma
    /// between them; each story that runs has its own
    #[arg(long, value_name = "FILE", requires = "via")]
    organizers: Option<String>,

    /// That bridge is an `attendant serve` with its REST API here: organizers are enabled for the run and disabled after it;
    /// ATTENDANT_TOKEN holds an administrator's token
    #[arg(long, value_name = "URL", requires = "via", conflicts_with_all = ["organizers", "target"])]
    api: Option<String>,

    /// The number of organizers that are enabled by --api; each story that runs has its own
    #[arg(long, value_name = "N", requires = "api", default_value_t = USERS, hide_default_value = true)]
    users: usize,

    /// That bridge is somebody else's, described by this target file: who calls, its sounds, its conferences
    #[arg(long, value_name = "FILE", requires = "via", conflicts_with_all = ["from", "user", "keys"])]
    target: Option<PathBuf>,

    /// Callers by name, in a file as sipp's option -inf takes it
    #[arg(long, value_name = "FILE", requires = "via")]
    inf: Option<String>,

    /// Who calls, where neither the profile nor a file says it; {n} is the number of the call
    #[arg(long, value_name = "NUMBER", requires = "via", default_value = CALLER, hide_default_value = true)]
    from: String,

    /// The user name, where the bridge asks for one; the password is read from ATTENDANT_SIP_PASSWORD
    #[arg(long, value_name = "NAME", requires = "via")]
    user: Option<String>,

    /// How keys are sent; as the profile says, or as telephone-events, if not given
    #[arg(long, value_name = "WAY", requires = "via")]
    keys: Option<Keys>,

    /// Our own addresses, which calls take in turn: 127.0.0.1-127.0.0.16, or some with commas between them
    #[arg(long, value_name = "ADDRESSES", requires = "via", value_parser = addresses)]
    sources: Option<Addresses>,

    /// The share of calls to which an ear listens as well, and is compared with what their packets tell
    #[arg(long, value_name = "PERCENT", requires = "via", default_value = "0%", value_parser = percent)]
    listen: u32,
}

/// What is known of the bridge beside its address.
#[derive(Debug)]
pub(super) struct FarBridge {
    pub(super) via: Option<Via>,
    target: Option<Target>,
}

impl FarBridge {
    /// Returns the profile as it is played there.
    pub(super) fn fitted(&self, profile: &Arc<Profile>) -> Result<Arc<Profile>, CliError> {
        let Some(via) = &self.via else { return Ok(Arc::clone(profile)) };
        let fitted = profile.changed(|story| via.fitted(story));
        fitted.map(Arc::new).map_err(|why| not_played(&profile.name, &why))
    }
}

/// Says why a profile is not played there.
pub(super) fn not_played(name: &str, why: &NotPlayed) -> CliError {
    match why {
        NotPlayed::Skipped(why) => CliError::bad(format!("error: {name}: {why}")),
        NotPlayed::Unreachable(why) => CliError::Message(Exit::NotBuilt, format!("error: {why}")),
    }
}

/// Our own addresses.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Addresses(Vec<IpAddr>);

impl ViaOptions {
    /// Returns how a bridge is called by the callers of a profile.
    ///
    /// # Errors
    /// The bridge cannot be called, or nobody organizes there.
    pub(super) fn telephones(
        &self,
        address: &SipAddress,
        far: &FarBridge,
        pool: Option<&Pool<'_>>,
        (profile, seed): (&Profile, u64),
    ) -> Result<Telephones, CliError> {
        if let Some(why) = crate::load::outward::why_unfit(profile) {
            return Err(CliError::bad(format!("error: {}: {why}", profile.name)));
        }
        let destination = match &far.target {
            Some(target) => {
                let hop = address.resolve().map_err(|error| CliError::bad(format!("error: {error}")))?;
                target.destination(hop)
            }
            None => destination(address, &self.from, self.user.as_deref(), self.keys)?,
        };
        let own = vec![destination.hop.home];
        let story = &profile.stories[0];
        let languages = languages(profile);
        let library = &story.given.library;
        let (books, sounds) = match &far.target {
            Some(target) => (Law::ALL.map(|law| Arc::new(target.codes(law))), target.ears()),
            None => (
                Law::ALL.map(|law| Arc::new(Sounds::codes_of(library, &languages, law))),
                Sounds::of(library, &languages),
            ),
        };
        let lateness = if far.target.is_some() { lateness_of(&sounds) } else { LATENESS };
        let (numbers, unknown, organizers) = match pool {
            Some(pool) if self.organizers.is_none() => {
                (pool.numbers.clone(), pool.unknown.clone(), pool.organizers.clone())
            }
            Some(pool) => (pool.numbers.clone(), pool.unknown.clone(), self.organizers()?),
            None => (vec![address.uri().clone()], address.of_user(NOBODY), self.organizers()?),
        };
        Ok(Telephones {
            addresses: self.sources.clone().map_or(own, |Addresses(sources)| sources),
            numbers,
            unknown,
            named: self.named(seed)?,
            organizers,
            books,
            sounds: Arc::new(sounds),
            lateness,
            listened: self.listen,
            destination,
        })
    }

    /// Looks at the bridge, where its API or a target file says what is there.
    ///
    /// # Errors
    /// It does not answer, or the file is wrong.
    pub(super) fn far(&self, screen: &Screen) -> Result<FarBridge, CliError> {
        let Some(address) = &self.via else { return Ok(FarBridge { via: None, target: None }) };
        let target = self.target.as_deref().map(|file| read_target(file, screen)).transpose()?;
        let opened = match (&self.api, &target, &self.target) {
            (Some(url), ..) => Some(Via::server(address.clone(), url, &api_token()?)),
            (None, Some(target), Some(file)) => {
                Some(Via::foreign(address.clone(), target.clone(), &file.display().to_string()))
            }
            (None, ..) => None,
        };
        let via = opened.transpose().map_err(unreachable)?;
        Ok(FarBridge { via, target })
    }

    /// How many organizers are enabled.
    pub(super) const fn users(&self) -> usize {
        self.users
    }

    fn organizers(&self) -> Result<Vec<Coordinates>, CliError> {
        let Some(name) = &self.organizers else {
            let way_out = "--organizers FILE, with a conference ID and a PIN in each line";
            return Err(CliError::bad(format!("error: nobody organizes at the bridge: expected {way_out}")));
        };
        let wrong = |why: &dyn std::fmt::Display| CliError::bad(format!("error: --organizers {name}: {why}"));
        let text = match name.strip_prefix(ENV) {
            Some(variable) => std::env::var(variable).map_err(|error| wrong(&error))?,
            None => fs::read_to_string(name).map_err(|error| wrong(&error))?,
        };
        organizers::read(&text).map_err(|why| wrong(&why))
    }

    fn named(&self, seed: u64) -> Result<Arc<[Named]>, CliError> {
        let Some(name) = &self.inf else { return Ok(Arc::new([])) };
        let wrong = |why: &dyn std::fmt::Display| CliError::bad(format!("error: --inf {name}: {why}"));
        let text = fs::read_to_string(name).map_err(|error| wrong(&error))?;
        callers::read(&text, seed).map_err(|why| wrong(&why))
    }
}

/// The languages that are heard at the service numbers of a profile.
fn languages(profile: &Profile) -> Vec<Language> {
    let numbers = profile.stories.iter().flat_map(|story| &story.cast.numbers);
    let mut languages: Vec<Language> = numbers
        .flat_map(|number| std::iter::once(number.primary).chain(number.secondary.iter().copied()))
        .chain([Language::default()])
        .collect();
    languages.sort_unstable();
    languages.dedup();
    languages
}

fn percent(text: &str) -> Result<u32, String> {
    let share = text.strip_suffix('%').and_then(hundredths).filter(|share| *share <= 10_000);
    share.ok_or_else(|| "expected a share from 0% to 100%: 2%".to_owned())
}

fn addresses(text: &str) -> Result<Addresses, String> {
    let wrong = || "expected addresses: 127.0.0.1-127.0.0.16, or 192.0.2.1,192.0.2.2".to_owned();
    let mut all = Vec::new();
    for part in text.split(',') {
        match part.split_once('-') {
            None => all.push(part.trim().parse::<IpAddr>().map_err(|_| wrong())?),
            Some((first, last)) => {
                let number = |text: &str| text.trim().parse::<Ipv4Addr>().map(u32::from).map_err(|_| wrong());
                let range = number(first)?..=number(last)?;
                if range.is_empty() || range.end() - range.start() >= ADDRESSES_MAX as u32 {
                    return Err(format!("a range has 1 to {ADDRESSES_MAX} addresses"));
                }
                all.extend(range.map(|number| IpAddr::V4(Ipv4Addr::from(number))));
            }
        }
    }
    if all.len() > ADDRESSES_MAX {
        return Err(format!("at most {ADDRESSES_MAX} addresses"));
    }
    Ok(Addresses(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_a_list_or_a_range() {
        let parsed = |text: &str| addresses(text).map(|Addresses(all)| all.len());
        assert_eq!(parsed("127.0.0.1-127.0.0.16"), Ok(16));
        assert_eq!(parsed("::1,127.0.0.9"), Ok(2));
        for wrong in ["", "127.0.0.9-127.0.0.1", "0.0.0.0-255.255.255.255", "localhost"] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_share_is_in_percent() {
        assert_eq!((percent("2%"), percent("0.5%"), percent("100%")), (Ok(200), Ok(50), Ok(10_000)));
        assert!(percent("2").is_err() && percent("101%").is_err());
    }
}
