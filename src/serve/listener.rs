//! The socket that the admin center listens at, encrypted or not, and what serves it.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use hyper_util::rt::TokioTimer;
use tokio::task::JoinHandle;

/// How long a client may take to send the head of a request, and a connection may stay without one.
const HEAD_WITHIN: Duration = Duration::from_secs(30);

/// A socket that is bound: clients can connect, and wait until it is served.
#[derive(Debug)]
pub(super) struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    tls: Option<RustlsConfig>,
}

impl Listener {
    pub(super) fn bind(address: SocketAddr, tls: Option<RustlsConfig>) -> io::Result<Self> {
        let socket = TcpListener::bind(address)?;
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        Ok(Self { socket, address, tls })
    }

    pub(super) fn tls(&self) -> Option<&RustlsConfig> {
        self.tls.as_ref()
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn url(&self) -> String {
        url(self.tls.is_some(), self.address)
    }

    /// Serves these routes in a task of their own, until `handle` ends it.
    pub(super) fn serve(
        self,
        routes: Router,
        handle: Handle<SocketAddr>,
    ) -> io::Result<JoinHandle<io::Result<()>>> {
        let service = routes.into_make_service_with_connect_info::<SocketAddr>();
        Ok(match self.tls {
            None => {
                let mut server = axum_server::from_tcp(self.socket)?.handle(handle);
                server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN);
                tokio::spawn(async move { server.serve(service).await })
            }
            Some(tls) => {
                let mut server = axum_server::from_tcp_rustls(self.socket, tls)?.handle(handle);
                server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN);
                tokio::spawn(async move { server.serve(service).await })
            }
        })
    }
}

/// Returns the URL of this address for browsers.
pub(super) fn url(encrypted: bool, address: SocketAddr) -> String {
    let scheme = if encrypted { "https" } else { "http" };
    format!("{scheme}://{address}")
}
