//! `serve` as a process: started on a port that the kernel chose, tested over real sockets.

mod audit;
pub(crate) mod backend;
mod check_url;
mod contract;
mod cors;
mod demo;
mod ending;
mod faults;
mod flags;
pub(crate) mod http;
mod jwt;
mod log;
mod sessions;
pub(crate) mod stderr_reader;
mod system;
pub(crate) mod test_server_home;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use self::http::{Answer, Ask};
use self::stderr_reader::StderrReader;
use crate::cli::watchdog::{WAIT_TIMEOUT, Watchdog};
use crate::cli::{Call, Output, demo};

/// The note of a server about a refused reload.
pub(crate) const KEPT: &str = "not reloaded: nothing was changed";

/// A running server. It ends with its test, even if the test panics.
pub(crate) struct Server {
    /// The process.
    child: Child,
    /// The address of its listener.
    address: SocketAddr,
    /// Its standard error.
    said: StderrReader,
    /// Kills the process if the test hangs.
    _watchdog: Watchdog,
}

impl Server {
    /// Starts a call of `serve`, and waits until it prints its address. The call must bind port 0.
    #[track_caller]
    pub(crate) fn start(call: &Call) -> Self {
        Self::run(&mut call.command())
    }

    /// Starts a command that executes `serve`.
    #[track_caller]
    pub(crate) fn run(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let watchdog = Watchdog::over(&child);
        let said = StderrReader::by(child.stderr.take().unwrap());
        let address = said.wait_for("the address", address);
        Self { child, address, said, _watchdog: watchdog }
    }

    /// Starts a server under the demo profile, with these extra flags.
    #[track_caller]
    pub(crate) fn demo(flags: &[&str]) -> Self {
        Self::start(&demo(&arguments(flags)))
    }

    /// Returns the address of its listener.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the address of its admin listener, which must be enabled.
    #[track_caller]
    pub(crate) fn admin(&self) -> SocketAddr {
        self.said.wait_for("the admin listener's address", |said| {
            let (_, rest) = said.split_once("admin on http://")?;
            rest[..rest.find(['\n', '"'])?].parse().ok()
        })
    }

    /// Returns its process ID.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Returns its standard error.
    pub(crate) fn said(&self) -> &StderrReader {
        &self.said
    }

    /// Connects to the server.
    #[track_caller]
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(WAIT_TIMEOUT)).unwrap();
        stream.set_write_timeout(Some(WAIT_TIMEOUT)).unwrap();
        stream
    }

    /// Sends bytes on a new connection, and returns everything received until it ends.
    #[track_caller]
    pub(crate) fn exchange(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        stream.write_all(bytes).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    /// Sends a request on a new connection and returns the response.
    #[track_caller]
    pub(crate) fn ask(&self, ask: &Ask) -> Answer {
        Answer::parse(&self.exchange(&ask.bytes()))
    }

    /// Sends the server a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Reloads the server, and waits until it reports the result `how` for the `count`th time.
    #[track_caller]
    pub(crate) fn reload(&self, how: &str, count: usize) {
        self.signal(Signal::HUP);
        self.said.wait_for(how, |said| (said.matches(how).count() == count).then_some(()));
    }

    /// Stops the server, and returns its exit status and output.
    #[track_caller]
    pub(crate) fn end(self) -> Output {
        self.signal(Signal::TERM);
        self.wait()
    }

    /// Waits for the server's end, and returns its exit status and output.
    #[track_caller]
    pub(crate) fn wait(mut self) -> Output {
        let mut stdout = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        let status = self.child.wait().unwrap().code();
        Output { status, stdout, stderr: self.said.all() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the arguments of a server with these flags. Rate limits are off unless named, because tests that
/// wait for a condition send many requests.
pub(crate) fn arguments<'a>(flags: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["serve", "--listen", "127.0.0.1:0"];
    for rate in ["--rate-limit", "--rate-limit-address"] {
        if !flags.contains(&rate) {
            arguments.extend([rate, "off"]);
        }
    }
    arguments.extend(flags);
    arguments
}

/// Finds the address of a server in its standard error.
fn address(said: &str) -> Option<SocketAddr> {
    let (_, rest) = said.split_once("listening on http")?;
    let (_, rest) = rest.split_once("://")?;
    // Without an end of the line, the address may not be whole yet.
    rest[..rest.find(['\n', '"'])?].parse().ok()
}
