//! Tells the service manager that started the program when it is ready and when it stops: sd_notify(3), one datagram for
//! each, to the socket that the variable `NOTIFY_SOCKET` names.

use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// The variable with the socket's path, or with `@` and the name of an abstract one.
const SOCKET: &str = "NOTIFY_SOCKET";

/// The service manager, or nobody.
#[derive(Debug, Default)]
pub(super) struct ServiceManager {
    socket: Option<(UnixDatagram, SocketAddr)>,
}

impl ServiceManager {
    /// Returns the one that the environment names. One that cannot be reached is told in the log: it will end the program
    /// when its time for the start is over.
    pub(super) fn of_environment() -> Self {
        let socket = std::env::var_os(SOCKET).filter(|name| !name.is_empty()).and_then(|name| {
            let opened = address(name.as_bytes()).and_then(|to| Ok((UnixDatagram::unbound()?, to)));
            opened.inspect_err(|error| tracing::warn!(target: "attendant::service", %error, "the service manager cannot be told")).ok()
        });
        Self { socket }
    }

    /// Tells that the service is ready, with a line that says where.
    pub(super) fn ready(&self, status: &str) {
        self.tell(&format!("READY=1\nSTATUS={status}"));
    }

    /// Tells that the service begins to stop, and how long it may take: the manager kills it no earlier.
    pub(super) fn stopping(&self, within: Duration) {
        self.tell(&format!("STOPPING=1\nEXTEND_TIMEOUT_USEC={}", within.as_micros()));
    }

    fn tell(&self, state: &str) {
        let Some((socket, to)) = &self.socket else { return };
        if let Err(error) = socket.send_to_addr(state.as_bytes(), to) {
            tracing::warn!(target: "attendant::service", %error, "the service manager was not told: {}", state.replace('\n', " "));
        }
    }
}

fn address(name: &[u8]) -> io::Result<SocketAddr> {
    match name.strip_prefix(b"@") {
        None => SocketAddr::from_pathname(std::path::Path::new(std::ffi::OsStr::from_bytes(name))),
        Some(name) => abstract_address(name),
    }
}

#[cfg(target_os = "linux")]
fn abstract_address(name: &[u8]) -> io::Result<SocketAddr> {
    use std::os::linux::net::SocketAddrExt as _;
    SocketAddr::from_abstract_name(name)
}

#[cfg(not(target_os = "linux"))]
fn abstract_address(_: &[u8]) -> io::Result<SocketAddr> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "only Linux has abstract sockets"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received_by(socket: &UnixDatagram, name: &str) -> String {
        let manager = ServiceManager {
            socket: Some((UnixDatagram::unbound().unwrap(), address(name.as_bytes()).unwrap())),
        };
        manager.ready("at http://127.0.0.1:8080");
        let mut bytes = [0; 100];
        let length = socket.recv(&mut bytes).unwrap();
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    }

    #[test]
    fn a_manager_is_told_at_a_path_and_at_an_abstract_socket() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let told = "READY=1\nSTATUS=at http://127.0.0.1:8080";
        let socket = UnixDatagram::bind(&path).unwrap();
        assert_eq!(received_by(&socket, path.to_str().unwrap()), told);
        if cfg!(target_os = "linux") {
            let name = format!("@attendant-{}", crate::store::entropy::token());
            let socket = UnixDatagram::bind_addr(&address(name.as_bytes()).unwrap()).unwrap();
            assert_eq!(received_by(&socket, &name), told);
        }
    }

    #[test]
    fn nobody_is_told_where_no_manager_started_it() {
        ServiceManager::default().ready("at http://127.0.0.1:8080");
        let gone = UnixDatagram::unbound().unwrap();
        let nowhere = address(b"/nonexistent/notify").unwrap();
        let manager = ServiceManager { socket: Some((gone, nowhere)) };
        let log = crate::telemetry::tests::logged(|| manager.stopping(Duration::from_secs(75)));
        let told = "the service manager was not told: STOPPING=1 EXTEND_TIMEOUT_USEC=75000000";
        assert!(log.contains(told), "{log}");
    }
}
