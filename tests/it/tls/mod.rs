//! `serve` with TLS as a process: clients, start and reload.

mod clients;
mod reload;
mod start;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyPair};

use crate::cli::Output;
use crate::cli::watchdog::Watchdog;
use crate::serve::Server;
use crate::serve::http::PATH;
use crate::serve::test_server_home::TestServerHome;

/// A day.
const DAY: Duration = Duration::from_hours(24);

/// A certificate and its key, in PEM.
pub(crate) struct Made {
    /// The certificate.
    pub(crate) certificate: String,
    /// The key.
    pub(crate) key: String,
}

/// Makes a certificate of `localhost` and its address, from `begin` to `end`.
fn made_for(begin: SystemTime, end: SystemTime) -> Made {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let mut params = CertificateParams::new(names).unwrap();
    (params.not_before, params.not_after) = (begin.into(), end.into());
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate().unwrap();
    Made { certificate: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
}

/// Makes a certificate that is valid for long.
pub(crate) fn made() -> Made {
    made_for(SystemTime::now() - DAY, SystemTime::now() + 365 * DAY)
}

/// Writes a file with a mode, and returns its path.
fn write(home: &Path, name: &str, text: &str, mode: u32) -> String {
    let path = home.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Writes a certificate and its key to a home, and returns their paths.
pub(crate) fn put(home: &Path, made: &Made) -> (String, String) {
    let certificate = write(home, "cert.pem", &made.certificate, 0o644);
    (certificate, write(home, "key.pem", &made.key, 0o600))
}

/// A site with a certificate.
struct Secure {
    /// The site.
    site: TestServerHome,
}

impl Secure {
    /// Creates one.
    fn new() -> Self {
        let secure = Self { site: TestServerHome::new() };
        secure.put(&made());
        secure
    }

    /// Returns the path of a file here.
    fn path(&self, name: &str) -> PathBuf {
        self.site.home().join(name)
    }

    /// Writes a file with a mode.
    fn write(&self, name: &str, text: &str, mode: u32) {
        write(self.site.home(), name, text, mode);
    }

    /// Writes the certificate and its key.
    fn put(&self, made: &Made) {
        put(self.site.home(), made);
    }

    /// Returns the arguments of a server with this certificate and these extra flags.
    fn arguments(&self, flags: &[&str]) -> Vec<String> {
        let (certificate, key) = (self.path("cert.pem"), self.path("key.pem"));
        let (certificate, key) = (certificate.to_str().unwrap(), key.to_str().unwrap());
        let own = ["serve", "--listen", "127.0.0.1:0", "--tls-cert", certificate, "--tls-key", key];
        [&own, flags].concat().into_iter().map(str::to_owned).collect()
    }

    /// Starts a server.
    #[track_caller]
    fn serve(&self) -> Server {
        let arguments = self.arguments(&[]);
        Server::start(&self.site.call(&arguments.iter().map(String::as_str).collect::<Vec<_>>()))
    }

    /// Runs a server that must not start.
    #[track_caller]
    fn refused(&self) -> Output {
        let arguments = self.arguments(&[]);
        self.site.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Requests a token with curl and these extra flags; returns curl's exit status and
    /// output.
    #[track_caller]
    fn curl(&self, server: &Server, session: &str, flags: &[&str]) -> Output {
        let url = format!("https://{}{PATH}", server.address());
        let bearer = format!("Authorization: Bearer {session}");
        let certificate = self.path("cert.pem");
        let mut command = Command::new("curl");
        command
            .args(["-sS", "--max-time", "30", "--cacert", certificate.to_str().unwrap(), "-H", &bearer])
            .args(["-H", "Content-Type: application/json", "-d", r#"{"customer_id": 123}"#])
            .args(flags)
            .arg(url);
        run(&mut command)
    }
}

/// Runs a client to its end.
#[track_caller]
fn run(command: &mut Command) -> Output {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let _watchdog = Watchdog::over(&child);
    let ended = child.wait_with_output().unwrap();
    Output {
        status: ended.status.code(),
        stdout: String::from_utf8_lossy(&ended.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&ended.stderr).into_owned(),
    }
}
