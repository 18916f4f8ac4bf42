//! Notifications to systemd, and the runtime directory of a server.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use rustix::process::Signal;

use super::Server;
use super::http::Ask;
use super::test_server_home::TestServerHome;
use crate::cli::watchdog::WAIT_TIMEOUT;

/// Receives the next message for systemd.
#[track_caller]
fn next(socket: &UnixDatagram) -> String {
    let mut bytes = [0; 256];
    let length = socket.recv(&mut bytes).unwrap();
    String::from_utf8(bytes[..length].to_vec()).unwrap()
}

#[test]
fn systemd_is_notified_of_start_reload_and_stop() {
    let site = TestServerHome::new();
    let path = site.home().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(WAIT_TIMEOUT)).unwrap();
    let server = Server::start(&site.serving(&[]).with_env("NOTIFY_SOCKET", &path));
    assert_eq!(next(&socket), "READY=1\n");
    server.reload("note=reloaded", 1);
    let reloading = next(&socket);
    assert!(reloading.starts_with("RELOADING=1\nMONOTONIC_USEC="), "{reloading}");
    assert_eq!(next(&socket), "READY=1\n");
    server.signal(Signal::TERM);
    assert_eq!(next(&socket), "STOPPING=1\n");
    assert_eq!(server.wait().status, Some(0));
}

/// Returns the directories of servers in a runtime directory.
fn directories(runtime: &Path) -> Vec<String> {
    let names = fs::read_dir(runtime).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("stream-token-")).collect()
}

#[test]
fn socket_directory_is_removed_at_the_end() {
    let runtime = tempdir();
    let site = TestServerHome::new();
    let server = Server::start(&site.serving(&[]).with_env("XDG_RUNTIME_DIR", &runtime));
    assert_eq!(server.ask(&Ask::of(123)).status, 401);
    assert_eq!(directories(&runtime).len(), 1);
    assert_eq!(server.end().status, Some(0));
    assert_eq!(directories(&runtime), [""; 0]);
    fs::remove_dir(&runtime).unwrap();
}

/// Creates a directory with a path that is short enough for a socket.
fn tempdir() -> std::path::PathBuf {
    let path = std::env::temp_dir().join(format!("st-runtime-{}", std::process::id()));
    fs::create_dir(&path).unwrap();
    path
}
