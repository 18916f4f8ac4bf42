//! The frontend: the only public socket. On each connection, hyper receives one complete, bounded request at a time, the
//! endpoint answers it, and the frontend sends the response.
//!
//! | file | subject |
//! | --- | --- |
//! | `connections` | the open connections, and which one is closed to make room for a new one |
//! | `connection` | one connection: TLS, HTTP, and the stages of a request |
//! | `request` | receiving or rejecting a request |
//! | `upstream` | the connections to the endpoint |

mod connection;
mod connections;
mod request;
mod upstream;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use rustix::io::Errno;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::select;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use self::connection::{Responder, Service, serve};
use self::connections::{Connections, Phase};
pub use self::request::parse_network;
use self::upstream::Upstreams;
use super::Reloadable;
use super::admin::Admin;
use super::endpoint::Handler;
use super::telemetry::Telemetry;
use crate::fault::Faults;
use crate::process::hardening::raise_descriptor_limit;
use crate::tls::ServerIdentity;

/// The length of the accept queue. With the usual 128, many clients would have to retry a second later in a rush.
const BACKLOG: u32 = 4096;
/// The pause in accepting after the system had no descriptor or no memory for a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// The descriptors reserved for files, logs and sockets other than client and upstream connections.
const OTHER_DESCRIPTORS: usize = 64;
/// The descriptors of an upstream connection: one in the frontend, two in the endpoint.
const UPSTREAM_DESCRIPTORS: usize = 3;
/// The fewest client connections with which a server is useful.
const MIN_CONNECTIONS: usize = 8;

/// The limits of a server. The defaults keep the process below 64 MiB of resident memory, whatever clients send:
/// hyper's read buffer holds 8 KiB of each connection and a TLS record up to 18 KiB, and 1,024 TLS connections at
/// their worst took 73 MiB.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The most client connections at once: 768. At the limit, each new connection closes the one with the oldest last
    /// request, but never one that is being answered.
    pub connections: usize,
    /// The most unfinished TLS handshakes at once: 256. At the limit, each new connection closes the oldest of them.
    pub handshakes: usize,
    /// The most bytes of a head, including its request line and final empty line: 8 KiB. A larger head is answered with
    /// 431.
    pub head_bytes: usize,
    /// The most header lines: 64. More are answered with 431.
    pub headers: usize,
    /// The most bytes of a body, without its framing: 4 KiB. A larger body is answered with 413.
    pub body_bytes: usize,
    /// The time from the opening of a connection to the end of its TLS handshake: 10 s.
    pub handshake_timeout: Duration,
    /// The time from the opening of a connection, or the first byte of a later head, to the end of the head: 10 s.
    pub head_timeout: Duration,
    /// The time from the end of a head to the end of its body: 10 s. A slower body is answered with 408.
    pub body_timeout: Duration,
    /// The time from a response to the end of its delivery: 30 s.
    pub write_timeout: Duration,
    /// The time from a response to the first byte of the next request: 75 s. Load balancers keep connections for 60 s.
    pub idle_timeout: Duration,
    /// How long a connection is read after its last response, so that the client receives it: 2 s.
    pub linger_timeout: Duration,
    /// The connections to the endpoint, and its workers: 64. This many requests are answered at the same time.
    pub upstreams: usize,
    /// How long a request waits for a connection to the endpoint: 5 s. After that it is answered with 503.
    pub upstream_timeout: Duration,
    /// How long the endpoint may take for a response: 30 s. After that the client gets 503.
    pub response_timeout: Duration,
    /// How long idle connections may still send a last request when the server drains: 1 s.
    pub last_request_timeout: Duration,
    /// How long draining may take in total: 20 s.
    pub drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 768,
            handshakes: 256,
            head_bytes: 8 * 1024,
            headers: 64,
            body_bytes: 4 * 1024,
            handshake_timeout: Duration::from_secs(10),
            head_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(75),
            linger_timeout: Duration::from_secs(2),
            upstreams: 64,
            upstream_timeout: Duration::from_secs(5),
            response_timeout: Duration::from_secs(30),
            last_request_timeout: Duration::from_secs(1),
            drain_timeout: Duration::from_secs(20),
        }
    }
}

impl Limits {
    /// Raises the soft limit of descriptors if needed, and lowers these limits to what the descriptors allow.
    pub(super) fn fit_descriptors(&mut self) {
        let wanted = self.connections + self.upstreams * UPSTREAM_DESCRIPTORS + OTHER_DESCRIPTORS;
        let possible = usize::try_from(raise_descriptor_limit(wanted as u64)).unwrap_or(usize::MAX);
        self.share_descriptors(possible.saturating_sub(OTHER_DESCRIPTORS));
    }

    /// Divides the descriptors: at most half for upstream connections, the rest for clients.
    fn share_descriptors(&mut self, descriptors: usize) {
        self.upstreams = (descriptors / 2 / UPSTREAM_DESCRIPTORS).clamp(1, self.upstreams);
        let rest = descriptors.saturating_sub(self.upstreams * UPSTREAM_DESCRIPTORS);
        self.connections = rest.clamp(MIN_CONNECTIONS.min(self.connections), self.connections);
    }
}

/// The settings of a server.
pub struct Settings {
    /// The limits on clients.
    pub limits: Limits,
    /// The proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Vec<IpNet>,
    /// The certificate and its key; `None` for plain HTTP. Clients that connect after a replacement see the new
    /// certificate.
    pub identity: Option<Arc<Reloadable<ServerIdentity>>>,
    /// The directory in which the private directory of the endpoint's socket is created. Its path must be short.
    pub runtime_dir: PathBuf,
    /// The log, metrics and readiness.
    pub telemetry: Arc<Telemetry>,
    /// The injected faults, for the admin listener.
    pub faults: Arc<Faults>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Every request that arrived has been answered.
    Drained,
    /// The drain timeout expired with this many requests unanswered.
    Unanswered(usize),
    /// The server was stopped at once.
    Stopped,
}

/// A handle that ends a server from another thread. All clones refer to the same server.
#[derive(Debug, Clone)]
pub struct Stop(watch::Sender<u8>);

impl Stop {
    /// Requests the end of the server: the first request drains it, the second stops it at once.
    pub fn request(&self) {
        self.0.send_modify(|requests| *requests = requests.saturating_add(1));
    }

    /// Waits until the end has been requested `times` times.
    async fn requested(&self, times: u8) {
        // This fails only if all senders are dropped, and `self` holds one.
        let _ = self.0.subscribe().wait_for(|requests| *requests >= times).await;
    }
}

/// A server that is bound and does not answer requests yet.
pub struct Server {
    /// The runtime, driven by the thread that calls [`Server::run`].
    runtime: Runtime,
    /// The public socket.
    listener: TcpListener,
    /// The socket of the admin listener, if there is one.
    admin: Option<TcpListener>,
    /// The settings.
    settings: Settings,
    /// The handle that ends the server.
    stop: Stop,
}

impl Server {
    /// Binds a server to an address; port 0 lets the system choose the port. From then on, clients can connect, and SIGTERM
    /// and SIGINT are handled.
    ///
    /// The soft limit of file descriptors is raised if needed. If the hard limit is too low, fewer client connections are
    /// allowed, and if it is very low, fewer connections to the endpoint too.
    ///
    /// # Errors
    /// The operating system's error: the address is in use, does not belong to this machine, or is not allowed.
    pub fn bind(address: SocketAddr, mut settings: Settings) -> io::Result<Self> {
        settings.limits.fit_descriptors();
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let listener = listen(&runtime, address)?;
        let context = runtime.enter();
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        drop(context);
        let stop = Stop(watch::Sender::new(0));
        let signalled = stop.clone();
        // The first signal drains the server, the second stops it at once.
        runtime.spawn(async move {
            loop {
                select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
                signalled.request();
            }
        });
        Ok(Self { runtime, listener, admin: None, settings, stop })
    }

    /// Binds the admin listener.
    ///
    /// # Errors
    /// As for [`Server::bind`].
    pub fn bind_admin(&mut self, address: SocketAddr) -> io::Result<()> {
        self.admin = Some(listen(&self.runtime, address)?);
        Ok(())
    }

    /// Returns the address of the public socket.
    ///
    /// # Errors
    /// The operating system's error.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Returns the address of the admin listener, if there is one.
    ///
    /// # Errors
    /// The operating system's error.
    pub fn admin_addr(&self) -> io::Result<Option<SocketAddr>> {
        self.admin.as_ref().map(TcpListener::local_addr).transpose()
    }

    /// Returns the maximum number of client connections at once.
    pub fn max_connections(&self) -> usize {
        self.settings.limits.connections
    }

    /// Returns a handle that ends the server.
    pub fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// Answers requests with the handler until the end is requested.
    ///
    /// # Errors
    /// The operating system's error if the endpoint cannot be opened.
    pub fn run(self, handler: Arc<Handler>) -> io::Result<Ended> {
        let Self { runtime, listener, admin, settings, stop } = self;
        let Settings { limits, trusted_proxies, identity, runtime_dir, telemetry, faults } = settings;
        runtime.block_on(async {
            let upstreams = Upstreams::start(runtime_dir, handler, limits.clone()).await?;
            telemetry.ready();
            if let Some(admin) = admin {
                let is_local = admin.local_addr()?.ip().to_canonical().is_loopback();
                let responder =
                    Responder::Admin(Admin { telemetry: Arc::clone(&telemetry), faults, is_local });
                let limits = Limits { connections: 16, body_bytes: 1024, ..Limits::default() };
                let connections = Connections::start(limits, None);
                let (trusted_proxies, identity) = (Vec::new(), None);
                let service = Arc::new(Service { connections, trusted_proxies, identity, responder });
                tokio::spawn(async move { accept(&service, &admin).await });
            }
            let connections = Connections::start(limits, Some(telemetry));
            let responder = Responder::Endpoint(upstreams);
            let service = Arc::new(Service { connections, trusted_proxies, identity, responder });
            select! {
                ended = serve_until(&service, listener, stop.requested(1)) => Ok(ended),
                () = stop.requested(2) => Ok(Ended::Stopped),
            }
        })
    }
}

/// Serves connections until `end` completes, then drains: requests that have arrived are still answered, and idle
/// connections may send a last request for a short time.
async fn serve_until(service: &Arc<Service>, listener: TcpListener, end: impl Future<Output = ()>) -> Ended {
    select! { biased; () = end => {}, () = accept(service, &listener) => {} }
    service.report(Telemetry::draining);
    // Clients that connected before the end was requested are still served.
    while let Ok(Ok((stream, peer))) = timeout(Duration::ZERO, listener.accept()).await {
        open(service, stream, peer);
    }
    drop(listener);
    let connections = &service.connections;
    let drained = async {
        let _ = timeout(connections.limits.last_request_timeout, connections.all_closed()).await;
        connections.close_idle();
        connections.all_closed().await;
    };
    let _ = timeout(connections.limits.drain_timeout, drained).await;
    match connections.unanswered() {
        0 => Ended::Drained,
        count => Ended::Unanswered(count),
    }
}

/// Accepts connections forever.
async fn accept(service: &Arc<Service>, listener: &TcpListener) {
    loop {
        service.connections.has_room().await;
        match listener.accept().await {
            Ok((stream, peer)) => open(service, stream, peer),
            // The client left before it was accepted.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                if matches!(Errno::from_io_error(&error), Some(Errno::MFILE | Errno::NFILE)) {
                    let note = "no descriptor for a connection: another is closed";
                    service.report(|telemetry| telemetry.note_rarely(note));
                    service.connections.close_first(|_| true);
                }
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Opens a client's connection.
fn open(service: &Arc<Service>, stream: TcpStream, peer: SocketAddr) {
    let phase = if service.identity.is_some() { Phase::Handshake } else { Phase::Head };
    let task = |slot| serve(Arc::clone(service), stream, peer.ip(), slot);
    service.connections.open(phase, task);
}

/// Listens on an address.
fn listen(runtime: &Runtime, address: SocketAddr) -> io::Result<TcpListener> {
    let _context = runtime.enter();
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_are_shared_between_clients_and_upstream_connections() {
        for (descriptors, connections, upstreams) in
            [(usize::MAX, 768, 64), (960, 768, 64), (500, 308, 64), (100, 52, 16), (10, 8, 1), (0, 8, 1)]
        {
            let mut limits = Limits::default();
            limits.share_descriptors(descriptors);
            assert_eq!((limits.connections, limits.upstreams), (connections, upstreams), "{descriptors}");
        }
    }
}
