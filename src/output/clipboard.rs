//! Copies text to the clipboard, through a program of this machine or through the terminal, which also works over
//! SSH.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::process::environment::Environment;

/// The programs that copy standard input to the clipboard, and the environment variable that each requires.
const PROGRAMS: [(&str, &[&str], Option<&str>); 5] = [
    ("pbcopy", &[], None),
    ("wl-copy", &[], Some("WAYLAND_DISPLAY")),
    ("xclip", &["-selection", "clipboard"], Some("DISPLAY")),
    ("xsel", &["--clipboard", "--input"], Some("DISPLAY")),
    ("clip.exe", &[], None),
];

/// Copies a text to the clipboard, and returns a description of how. `hidden` are environment variables that are
/// removed for the program, because it may keep running to serve the clipboard.
///
/// # Errors
/// The error of the operating system, or of the program.
pub fn copy(text: &str, environment: &Environment<'_>, hidden: &[String]) -> io::Result<String> {
    let is_remote = ["SSH_CONNECTION", "SSH_TTY"].iter().any(|variable| environment(variable).is_some());
    for (program, arguments, display) in PROGRAMS {
        if is_remote || display.is_some_and(|variable| environment(variable).is_none()) {
            continue;
        }
        let mut command = Command::new(program);
        for variable in hidden {
            command.env_remove(variable);
        }
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            spawned => spawned?,
        };
        let written = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(text.as_bytes()));
        let status = child.wait()?;
        if !status.success() {
            return Err(io::Error::other(format!("{program} failed: {status}")));
        }
        written?;
        return Ok(format!("with {program}"));
    }
    // OSC 52 of xterm's control sequences, which most terminals support or can be set to support.
    let sequence = format!("\u{1b}]52;c;{}\u{7}", STANDARD.encode(text));
    let terminal = OpenOptions::new().write(true).open(if cfg!(windows) { "CONOUT$" } else { "/dev/tty" });
    terminal.and_then(|mut terminal| terminal.write_all(sequence.as_bytes())).map_err(|error| {
        io::Error::new(error.kind(), format!("no clipboard program is here, and no terminal: {error}"))
    })?;
    Ok("through the terminal (OSC 52); if nothing can be pasted, allow that in its settings".into())
}
