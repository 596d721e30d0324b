//! A way to the server of PostgreSQL that can be cut: the server is gone then, or it is silent.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// The way, as long as this lives.
pub(super) struct Route {
    address: SocketAddr,
    socket: PathBuf,
    open: Option<Open>,
}

/// What carries.
struct Open {
    carrying: Arc<Carrying>,
    accepting: JoinHandle<()>,
}

#[derive(Default)]
struct Carrying {
    ends: AtomicBool,
    silent: AtomicBool,
    connections: Mutex<Vec<TcpStream>>,
}

impl Route {
    /// A way to the server that listens at this socket.
    pub(super) fn to(socket: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let open = Some(Open::on(listener, socket.to_owned()));
        Self { address, socket: socket.to_owned(), open }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Nobody listens any more, and every connection breaks.
    pub(super) fn cut(&mut self) {
        let Some(open) = self.open.take() else { return };
        open.carrying.ends.store(true, Ordering::SeqCst);
        // So that it looks up.
        drop(TcpStream::connect(self.address));
        open.accepting.join().unwrap();
        for connection in open.carrying.connections().drain(..) {
            // Closed from the other side already, maybe.
            let _closed = connection.shutdown(Shutdown::Both);
        }
    }

    /// The server listens again.
    pub(super) fn mend(&mut self) {
        self.cut();
        let listener = TcpListener::bind(self.address).unwrap();
        self.open = Some(Open::on(listener, self.socket.clone()));
    }

    /// Connections are accepted and nothing is carried: a network that swallows everything.
    pub(super) fn fall_silent(&self) {
        if let Some(open) = &self.open {
            open.carrying.silent.store(true, Ordering::SeqCst);
        }
    }
}

impl Drop for Route {
    fn drop(&mut self) {
        self.cut();
    }
}

impl Open {
    fn on(listener: TcpListener, socket: PathBuf) -> Self {
        let carrying = Arc::new(Carrying::default());
        let shared = Arc::clone(&carrying);
        let accepting = std::thread::spawn(move || {
            while let Ok((near, _)) = listener.accept() {
                if shared.ends.load(Ordering::SeqCst) {
                    return;
                }
                let far = UnixStream::connect(&socket).unwrap();
                shared.connections().push(near.try_clone().unwrap());
                let (from, to) = (near.try_clone().unwrap(), far.try_clone().unwrap());
                shared.carry(from, to, |to| drop(to.shutdown(Shutdown::Both)));
                shared.carry(far, near, |to| drop(to.shutdown(Shutdown::Both)));
            }
        });
        Self { carrying, accepting }
    }
}

impl Carrying {
    fn connections(&self) -> std::sync::MutexGuard<'_, Vec<TcpStream>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries bytes until one side ends.
    fn carry<R, W>(self: &Arc<Self>, mut from: R, mut to: W, end: fn(&W))
    where
        R: Read + Send + 'static,
        W: Write + Send + 'static,
    {
        let shared = Arc::clone(self);
        std::thread::spawn(move || {
            let mut bytes = [0; 8 * 1024];
            while let Ok(count @ 1..) = from.read(&mut bytes) {
                let carries = !shared.silent.load(Ordering::SeqCst);
                if carries && to.write_all(&bytes[..count]).is_err() {
                    break;
                }
            }
            end(&to);
        });
    }
}
