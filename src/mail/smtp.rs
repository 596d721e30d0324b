//! Mail to a server, by SMTP (RFC 5321) with STARTTLS (RFC 3207) or TLS from the start (RFC 8314).

use std::fmt;
use std::time::Duration;

use lettre::message::Message;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

use super::SendError;
use crate::config::{Security, Smtp};
use crate::files;

/// Refusals of the client that signs in, or of signing in at all (RFC 4954, section 6): no fault of the mail, which would be
/// lost for a password that has run out.
const SIGN_IN_REFUSED: [u16; 4] = [530, 534, 535, 538];

/// The largest file of certificates that is read, in bytes: those of a whole system are half as large.
const CERTIFICATES_BYTES_MAX: u64 = 1 << 20;

/// A server. Each mail has a connection of its own: the library's pool, which would keep them, panics where it is
/// dropped outside of the runtime.
#[derive(Clone)]
pub struct Server {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    timeout: Duration,
    place: String,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Server {
    /// Gets ready to speak to a server.
    ///
    /// # Errors
    /// The certificates that are to be trusted cannot be read; says why.
    pub fn new(smtp: &Smtp) -> Result<Self, String> {
        let tls = || -> Result<TlsParameters, String> {
            let mut parameters = TlsParameters::builder(smtp.host.clone());
            if let Some(file) = &smtp.ca_file {
                let wrong = |why: String| format!("{}: {why}", file.display());
                let pem =
                    files::read(file, CERTIFICATES_BYTES_MAX).map_err(|error| wrong(error.to_string()))?;
                let certificate = Certificate::from_pem(&pem).map_err(|error| wrong(error.to_string()))?;
                parameters = parameters.add_root_certificate(certificate);
            }
            parameters.build().map_err(|error| error.to_string())
        };
        let tls = match smtp.security {
            Security::StartTls => Tls::Required(tls()?),
            Security::Tls => Tls::Wrapper(tls()?),
            Security::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(smtp.host.clone())
            .port(smtp.port)
            .tls(tls)
            .timeout(Some(smtp.timeout));
        if let Some(login) = &smtp.login {
            builder =
                builder.credentials(Credentials::new(login.user.clone(), login.password.reveal().to_owned()));
        }
        let place = format!("{}:{}", smtp.host, smtp.port);
        Ok(Self { transport: builder.build(), timeout: smtp.timeout, place })
    }

    /// Hands a mail over.
    ///
    /// # Errors
    /// The server did not take it, or did not say so in time.
    pub async fn send(&self, message: &Message) -> Result<(), SendError> {
        let Self { transport, timeout, place } = self;
        // The library's own time limit is for single reads; a server that drips would hold a mail for ever.
        match tokio::time::timeout(*timeout, transport.send(message.clone())).await {
            Err(_) => Err(SendError::Later(format!("{place}: no answer within {timeout:?}"))),
            Ok(Err(error)) => Err(failure(place, &error)),
            Ok(Ok(_)) => Ok(()),
        }
    }
}

fn failure(place: &str, error: &Error) -> SendError {
    use std::error::Error as _;

    let mut reason = format!("{place}: {error}");
    let mut cause = error.source();
    while let Some(deeper) = cause {
        let text = deeper.to_string();
        if !reason.contains(&text) {
            reason = format!("{reason}: {text}");
        }
        cause = deeper.source();
    }
    let refused = error.is_permanent();
    let sign_in = error.status().is_some_and(|code| SIGN_IN_REFUSED.contains(&u16::from(code)));
    // What the library itself refuses, such as an address that the server cannot take, it refuses next time too.
    if (refused && !sign_in) || error.is_client() {
        SendError::Never(reason)
    } else {
        SendError::Later(reason)
    }
}
