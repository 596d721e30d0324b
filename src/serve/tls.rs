//! A certificate and its key as files: whether they fit, and when the certificate ends.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum_server::tls_rustls::RustlsConfig;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, RootCertStore};

use super::error::OpenError;
use crate::admin::answer::time;
use crate::files;

/// The largest certificate or key that is read, in bytes: a chain of certificates has a few KiB each.
const CERTIFICATES_BYTES_MAX: u64 = 1 << 20;

const DAY_MS: i64 = 86_400_000;

/// Days before its end from which on a certificate is warned of: time enough to renew it by hand.
const WARN_DAYS: i64 = 14;

/// A time after the end of every certificate, which is in the year 9999 at the latest (RFC 5280, section 4.1.2.5), in
/// seconds since the Unix epoch.
const AFTER_ALL: u64 = 253_402_300_801;

/// The certificate and key that prove who the server is, as PEM files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tls {
    /// The certificate, followed by its chain.
    pub certificate: PathBuf,
    /// The private key of the certificate.
    pub key: PathBuf,
}

impl Tls {
    /// Checks that both files can be read and belong together. Returns what is to be said of a certificate that has expired
    /// or soon does, at this time in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// They cannot, or do not.
    pub async fn check(&self, now: i64) -> Result<Option<String>, OpenError> {
        self.read().await?;
        Ok(self.note(now))
    }

    /// Returns what is to be said of a certificate that has expired or soon does.
    pub(super) fn note(&self, now: i64) -> Option<String> {
        let chain = files::read(&self.certificate, CERTIFICATES_BYTES_MAX).ok()?;
        note(&self.certificate, end_of(&chain)?, now)
    }

    /// Reads both files.
    pub(super) async fn read(&self) -> Result<RustlsConfig, OpenError> {
        // A test, or mail over TLS, may have installed the same provider already.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let read = |path: &Path| {
            let bytes = files::read(path, CERTIFICATES_BYTES_MAX);
            bytes.map_err(|error| OpenError::Tls(path.to_owned(), error.into()))
        };
        RustlsConfig::from_pem(read(&self.certificate)?, read(&self.key)?)
            .await
            .map_err(|error| OpenError::Tls(self.certificate.clone(), error))
    }
}

/// Returns when the first of these certificates ends, in milliseconds since the Unix epoch; `None` if none says so.
fn end_of(chain: &[u8]) -> Option<i64> {
    CertificateDer::pem_slice_iter(chain).filter_map(|certificate| not_after(&certificate.ok()?)).min()
}

/// Returns the end of a certificate: what a verifier says of it for whom it is over. The library gives it in no other way.
fn not_after(certificate: &CertificateDer<'_>) -> Option<i64> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone().into_owned()).ok()?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().ok()?;
    let (name, then) = (ServerName::try_from("localhost").ok()?, Duration::from_secs(AFTER_ALL));
    let verified =
        verifier.verify_server_cert(certificate, &[], &name, &[], UnixTime::since_unix_epoch(then));
    let Err(rustls::Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) = verified
    else {
        return None;
    };
    i64::try_from(not_after.as_secs()).ok()?.checked_mul(1_000)
}

/// What is to be said of a certificate that ends then; both times in milliseconds since the Unix epoch.
fn note(certificate: &Path, ends: i64, now: i64) -> Option<String> {
    let (certificate, on) = (certificate.display(), time(ends));
    match (ends - now).div_euclid(DAY_MS) {
        ..0 => {
            Some(format!("the certificate {certificate} has expired, on {on}: clients refuse it; renew it"))
        }
        days @ 0..WARN_DAYS => {
            let days = match days {
                0 => "less than a day".to_owned(),
                1 => "1 day".to_owned(),
                days => format!("{days} days"),
            };
            Some(format!("the certificate {certificate} expires in {days}, on {on}: renew it"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ends on 2026-12-30.
    const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\n\
        MIIBazCCARCgAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlhLmludmFs\n\
        aWQwHhcNMjYxMTMwMjM0OTI2WhcNMjYxMjMwMjM0OTI2WjAUMRIwEAYDVQQDDAlh\n\
        LmludmFsaWQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAR0dxsfMOIRkf2oUinO\n\
        kg5GF+1SZRLlJKh9POEPsXa9sUkq4zOD8u2ShUq+aGcO439XxkrbM9MKDIX1onKw\n\
        Emmxo1MwUTAdBgNVHQ4EFgQUVL7EAkbgeTwqi+WEWWnKv0jbkKAwHwYDVR0jBBgw\n\
        FoAUVL7EAkbgeTwqi+WEWWnKv0jbkKAwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjO\n\
        PQQDAgNJADBGAiEArkCt/ar1ZrAtuubSm4SbW5351oQSGcyQqHCttCMP/W0CIQCK\n\
        GMT7msayHmmfbDUgnuC0iIdeqDVJjyJ4KNUj425cEw==\n\
        -----END CERTIFICATE-----";

    const ENDS: i64 = 1_798_674_566_000;

    #[test]
    fn a_certificate_tells_when_it_ends() {
        assert_eq!(end_of(CERTIFICATE.as_bytes()), Some(ENDS));
        assert_eq!(end_of(b"no certificate"), None);
        let damaged = CERTIFICATE.replacen("MII", "MIJ", 1);
        assert_eq!(end_of(damaged.as_bytes()), None);
    }

    #[test]
    fn the_end_is_told_two_weeks_before() {
        let noted = |days: i64| note(Path::new("web.pem"), ENDS, ENDS - days * DAY_MS);
        assert_eq!(noted(15), None);
        assert_eq!(noted(14), None);
        let on = time(ENDS);
        let told = |when: &str| Some(format!("the certificate web.pem expires in {when}, on {on}: renew it"));
        assert_eq!(noted(13), told("13 days"));
        assert_eq!(noted(0), told("less than a day"));
        assert!(noted(-1).unwrap().contains("has expired, on 2026-"));
    }
}
