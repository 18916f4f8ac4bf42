//! nginx and `HAProxy` in front of the server: they terminate TLS and forward the client's address.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

use rustix::process::geteuid;

use super::{block, swapped};
use crate::cli::watchdog::until;
use crate::faults::client_stream::ServerAddress;
use crate::faults::rows::smuggling::{CHUNKS, DISGUISES, LENGTH_AND_CODING};
use crate::faults::rows::{POST, fill};
use crate::faults::speech::certificate;
use crate::keyring::service::Service;
use crate::serve::Server;
use crate::serve::http::Ask;
use crate::serve::http::PATH;
use crate::serve::test_server_home::TestServerHome;
use crate::tls::Made;
use crate::tools::has;

/// The client's address, as the proxy sees it.
const CLIENT: &str = "127.0.0.2";

/// Starts a proxy, and waits until it accepts connections.
#[track_caller]
fn start(command: &mut Command, address: SocketAddr) -> Service {
    let mut proxy = Service::start(command.stdin(Stdio::null()).stdout(Stdio::null()));
    until("the proxy", || {
        assert!(!proxy.has_ended(), "the proxy has ended");
        TcpStream::connect(address).is_ok()
    });
    proxy
}

/// Returns an address that was free just now.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A server that trusts a proxy, and a certificate for the proxy.
struct Front {
    /// The site.
    site: TestServerHome,
    /// The server.
    server: Server,
}

impl Front {
    /// Creates one.
    #[track_caller]
    fn new() -> Self {
        let site = TestServerHome::new();
        let flags = ["--trusted-proxy", "127.0.0.1/32", "--admin-listen", "127.0.0.1:0"];
        let server = site.serve(&flags);
        let Made { certificate, key } = certificate();
        let front = Self { site, server };
        front.write("chain.pem", certificate);
        front.write("key.pem", key);
        front.write("tokens.pem", &format!("{certificate}{key}"));
        front
    }

    /// Writes a file here.
    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Returns the path of a file here.
    fn path(&self, name: &str) -> String {
        self.site.home().join(name).to_str().unwrap().to_owned()
    }

    /// Sends a request hidden in a body through a proxy, in every disguise. It must never get a token.
    #[track_caller]
    fn assert_nothing_smuggled_through(&self, proxy: SocketAddr) {
        let ask = Ask::of(123).bearer(&self.site.session("123"));
        let hidden = String::from_utf8(ask.bytes()).unwrap();
        let rows = LENGTH_AND_CODING.iter().chain(&DISGUISES);
        for (headers, _) in rows {
            let line_end = if headers.ends_with("\r\n") { "" } else { "\r\n" };
            let mut line = ServerAddress::Secured(proxy).connect();
            // The proxy may close the connection before all of it is sent.
            let _ = line.send(fill(&format!("{POST}{headers}{line_end}\r\n{CHUNKS}"), &hidden));
            line.finish();
            let text = line.text();
            assert!(!text.contains(r#"{"token":"#), "{headers:?}: {text}");
        }
        assert_eq!(self.site.entries("mint").len(), 0);
    }

    /// Requests a token through a proxy, from [`CLIENT`], with a forged address; the client's own must
    /// arrive.
    #[track_caller]
    fn assert_served_through(&self, proxy: SocketAddr) {
        let session = self.site.session("123");
        let mut curl = Command::new("curl");
        curl.args(["-sS", "--max-time", "30", "--interface", CLIENT, "--cacert", &self.path("chain.pem")])
            .args(["-H", &format!("Authorization: Bearer {session}"), "-H", "Content-Type: application/json"])
            .args(["-H", "X-Forwarded-For: 192.0.2.66", "-d", r#"{"customer_id": 123}"#])
            .arg(format!("https://{proxy}{PATH}"));
        // Twice on one connection, so that the proxy reuses its connection to the server.
        curl.arg(format!("https://{proxy}{PATH}"));
        let output = curl.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(
            said.matches(r#"{"token":"#).count(),
            2,
            "{said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let peers: Vec<_> = self.site.entries("mint").iter().map(|entry| entry["peer"].clone()).collect();
        assert_eq!(peers, [CLIENT, CLIENT]);
    }
}

#[test]
fn nginx_terminates_tls_and_forwards_the_client_address() {
    if !has("nginx", "nginx in front of the server") {
        return;
    }
    let (front, address) = (Front::new(), free());
    let site = swapped(&block("nginx", "proxy_pass"), "listen 443", &format!("listen {address}"));
    let site = swapped(&site, "127.0.0.1:8787", &front.server.address().to_string());
    let site = swapped(&site, "/etc/ssl/tokens/chain.pem", &front.path("chain.pem"));
    let site = swapped(&site, "/etc/ssl/tokens/key.pem", &front.path("key.pem"));
    let user = if geteuid().is_root() { "user root;\n" } else { "" };
    let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let folders = folders.map(|name| format!("{name}_temp_path {};\n", front.path(name))).concat();
    let whole = format!(
        "daemon off;\nmaster_process off;\n{user}pid {};\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{folders}{site}}}\n",
        front.path("pid")
    );
    front.write("nginx.conf", &whole);
    let mut nginx = Command::new("nginx");
    nginx.args(["-e", "stderr", "-p", &front.path(""), "-c", &front.path("nginx.conf")]);
    let _nginx = start(&mut nginx, address);
    front.assert_nothing_smuggled_through(address);
    front.assert_served_through(address);
}

#[test]
fn haproxy_terminates_tls_forwards_addresses_and_checks_readiness() {
    if !has("haproxy", "HAProxy in front of the server") {
        return;
    }
    let (front, address) = (Front::new(), free());
    let site = swapped(&block("haproxy", "backend"), "bind :443", &format!("bind {address}"));
    let site = swapped(&site, "127.0.0.1:8787", &front.server.address().to_string());
    let site =
        swapped(&site, "check port 9464", &format!("check inter 100ms port {}", front.server.admin().port()));
    let site = swapped(&site, "/etc/haproxy/tokens.pem", &front.path("tokens.pem"));
    let socket = front.path("stats");
    let whole = format!("global\n    stats socket {socket} mode 600 level user\n{site}");
    front.write("haproxy.cfg", &whole);
    let mut haproxy = Command::new("haproxy");
    haproxy.args(["-db", "-q", "-f", &front.path("haproxy.cfg")]);
    let _haproxy = start(&mut haproxy, address);
    front.assert_nothing_smuggled_through(address);
    front.assert_served_through(address);
    // The check went to the admin listener, which answered 200.
    until("a check that the server passed", || {
        let mut stats = UnixStream::connect(&socket).unwrap();
        stats.write_all(b"show stat\n").unwrap();
        let mut told = String::new();
        stats.read_to_string(&mut told).unwrap();
        told.contains(",L7OK,")
    });
}
