//! Output formats of a minted token and of a session: JSON, templates such as links that log in to an app, a QR code that
//! a phone can scan from a terminal, and the clipboard.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fast_qr::{ECL, QRBuilder};
use serde_json::{Value, json};

use super::Layout;
use crate::error::ErrorReport;
use crate::escape::escaped_or_redacted;
use crate::issuer::IssuedToken;
use crate::process::environment::Environment;
use crate::session::{Session, SessionToken};

/// The heading of the CSV table.
pub const CSV_HEADER: &str = "customer_id,user_id,token,expires_at,issued_at\n";

/// A row of the CSV table (RFC 4180), as a template. No value needs quotes.
pub const CSV: &str = "{customer_id},{user_id},{token},{expires_at},{issued_at}";

/// The two headers that Stream requires, as a template. Stream expects no `Bearer` scheme.
pub const HEADER: &str = "Authorization: {token}\nStream-Auth-Type: jwt";

/// A shell assignment, as a template. A token contains no character that is special to a shell.
pub const ENV: &str = "STREAM_USER_TOKEN={token}";

/// The base URL of Stream's API.
const BASE_URL: &str = "https://chat.stream-io-api.com";

/// The width of the light border in modules (ISO/IEC 18004 section 5.3.8).
const QUIET_ZONE: usize = 4;

/// The escape sequences that set white on black, whatever the terminal's colours are, and reset it.
const COLORS: (&str, &str) = ("\u{1b}[38;5;231;48;5;16m", "\u{1b}[0m");

/// The programs that copy standard input to the clipboard, and the environment variable that each requires.
const PROGRAMS: [(&str, &[&str], Option<&str>); 5] = [
    ("pbcopy", &[], None),
    ("wl-copy", &[], Some("WAYLAND_DISPLAY")),
    ("xclip", &["-selection", "clipboard"], Some("DISPLAY")),
    ("xsel", &["--clipboard", "--input"], Some("DISPLAY")),
    ("clip.exe", &[], None),
];

/// Returns a minted token as JSON. `profile` is `None` for a secret from the environment.
pub fn issue_json(minted: &IssuedToken, profile: Option<&str>, secret_source: &str) -> Value {
    let claims = &minted.claims;
    json!({
        "customer_id": claims.customer().get(),
        "user_id": claims.customer().user_id(),
        "token": minted.token.as_str(),
        "expires_at": claims.expires_at(),
        "issued_at": claims.issued_at(),
        "profile": profile,
        "secret_source": secret_source,
        "fingerprint": minted.fingerprint().to_string(),
    })
}

/// Returns a session as JSON. `profile` is `None` for a secret from the environment.
pub fn session_json(session: &Session, token: &SessionToken, profile: Option<&str>) -> Value {
    json!({
        "customer_id": session.customer.get(),
        "session_id": session.id.to_string(),
        "expires_at": session.expires_at,
        "token": token.expose(),
        "profile": profile,
    })
}

/// Returns a curl command that asks Stream for the user's number of unread messages.
pub fn curl(minted: &IssuedToken, api_key: &str, base_url: Option<&str>) -> String {
    let url = format!("{}/unread?api_key={}", base_url.unwrap_or(BASE_URL), percent_encoded(api_key));
    format!("curl '{url}' -H 'Authorization: {}' -H 'Stream-Auth-Type: jwt'", minted.token.as_str())
}

/// The names of the template fields.
const TEMPLATE_FIELDS: [&str; 8] =
    ["token", "user_id", "customer_id", "api_key", "expires_at", "issued_at", "fingerprint", "profile"];

/// Returns a template with each field replaced by its value. In a URL, which begins with a scheme, values are
/// percent-encoded. A doubled brace is a literal brace.
///
/// # Errors
/// An [`ErrorReport`] if a field is unknown or a brace is not closed.
pub fn fill_template(template: &str, value_of: impl Fn(&str) -> String) -> Result<String, ErrorReport> {
    let is_url = template.split_once(':').is_some_and(|(scheme, rest)| {
        let is_word = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        is_word && scheme.starts_with(|first: char| first.is_ascii_alphabetic()) && !rest.starts_with(' ')
    });
    let hint = || format!("its fields are {{{}}}; write {{{{ for a brace", TEMPLATE_FIELDS.join("}, {"));
    let (mut text, mut rest) = (String::new(), template);
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from_brace) = rest.split_at(at);
        text.push_str(before);
        if let Some(after) = ["{{", "}}", "}"].iter().find_map(|braces| from_brace.strip_prefix(braces)) {
            text.push_str(&from_brace[..1]);
            rest = after;
            continue;
        }
        let Some((name, after)) = from_brace[1..].split_once('}') else {
            return Err(ErrorReport::usage("the template has a { without its }", hint()));
        };
        if !TEMPLATE_FIELDS.contains(&name) {
            let unknown = escaped_or_redacted(name);
            let message = format!("the template has a field that is unknown, {unknown}");
            return Err(ErrorReport::usage(message, hint()));
        }
        let value = value_of(name);
        text.push_str(&if is_url { percent_encoded(&value) } else { value });
        rest = after;
    }
    Ok(text + rest)
}

/// Percent-encodes all but unreserved characters (RFC 3986 section 2.3), so that no character is special to a URL or
/// a shell.
fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// Returns a text as a QR code. Without colour, blocks are the light modules, which suits a dark terminal.
///
/// # Errors
/// An [`ErrorReport`] if the text is too long for a QR code, or the code too wide for the terminal.
pub fn qr_code(text: &str, layout: Layout) -> Result<String, ErrorReport> {
    let too_long = |message: String| ErrorReport::usage(message, "use --copy, or a shorter template");
    let code = QRBuilder::new(text).ecl(ECL::L).build();
    let code = code.map_err(|_| too_long("the text is too long for a QR code".into()))?;
    let columns = code.size + 2 * QUIET_ZONE;
    if let Some(width) = layout.width.filter(|width| usize::from(*width) < columns) {
        let message = format!("the QR code has {columns} columns, and the terminal {width}");
        return Err(ErrorReport::usage(message, "make the terminal wider, or use --copy"));
    }
    let is_light = |row: usize, column: usize| {
        let inside = |at: usize| at.checked_sub(QUIET_ZONE).filter(|at| *at < code.size);
        inside(row).zip(inside(column)).is_none_or(|(row, column)| !code[row][column].value())
    };
    let (start, end) = if layout.has_color { COLORS } else { ("", "") };
    let line = |row: usize| {
        let block = |column| match (is_light(row, column), is_light(row + 1, column)) {
            (true, true) => '█',
            (true, false) => '▀',
            (false, true) => '▄',
            (false, false) => ' ',
        };
        format!("{start}{}{end}\n", (0..columns).map(block).collect::<String>())
    };
    Ok((0..columns).step_by(2).map(line).collect())
}

/// Copies a text to the clipboard, and returns a description of how: through a program of this machine, or through the
/// terminal, which also works over SSH. `hidden` are environment variables that are
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_key_cannot_leave_its_quotes() {
        assert_eq!(percent_encoded("abc123"), "abc123");
        assert_eq!(percent_encoded("a'; rm -rf $(x) &b=c"), "a%27%3B%20rm%20-rf%20%24%28x%29%20%26b%3Dc");
    }

    fn filled(template: &str) -> Result<String, String> {
        fill_template(template, |name| format!("<{name}>")).map_err(|report| report.message)
    }

    #[test]
    fn template_values_are_encoded_in_urls_only() {
        let url = "my-app://login?token={token}&user={user_id}";
        assert_eq!(filled(url).unwrap(), "my-app://login?token=%3Ctoken%3E&user=%3Cuser_id%3E");
        assert_eq!(filled("https:{api_key}").unwrap(), "https:%3Capi_key%3E");
        for (template, text) in [
            ("{token}", "<token>"),
            ("token: {token}.", "token: <token>."),
            ("{token}:{token}", "<token>:<token>"),
            ("{{\"token\":\"{token}\"}}", "{\"token\":\"<token>\"}"),
            ("{{token}} }", "{token} }"),
            ("", ""),
        ] {
            assert_eq!(filled(template).as_deref(), Ok(text), "{template}");
        }
    }

    #[test]
    fn an_unknown_field_is_named_and_an_open_brace_is_refused() {
        assert_eq!(filled("{user}").unwrap_err(), "the template has a field that is unknown, 'user'");
        for open in ["{token", "a {", "{{{"] {
            assert_eq!(filled(open).unwrap_err(), "the template has a { without its }", "{open}");
        }
    }

    #[test]
    fn every_field_is_known() {
        for name in TEMPLATE_FIELDS {
            assert_eq!(filled(&format!("{{{name}}}")).unwrap(), format!("<{name}>"));
        }
    }

    /// Reads a code that was printed, as a phone does: each half of a character is a square of pixels.
    fn read(shown: &str) -> Option<String> {
        const SCALE: usize = 4;
        let lines: Vec<Vec<char>> = shown.lines().map(|line| line.chars().collect()).collect();
        let is_light = |x: usize, y: usize| match lines[y / 2][x] {
            '█' => true,
            '▀' => y.is_multiple_of(2),
            '▄' => !y.is_multiple_of(2),
            _ => false,
        };
        let (width, height) = (lines[0].len() * SCALE, lines.len() * 2 * SCALE);
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
            if is_light(x / SCALE, y / SCALE) { 255 } else { 0 }
        });
        Some(image.detect_grids().first()?.decode().ok()?.1)
    }

    #[test]
    fn qr_code_is_readable_and_fits_80_columns() {
        for length in [1, 120, 200, 300, 425] {
            let text = "eyJ-_.".repeat(100)[..length].to_owned();
            let shown = qr_code(&text, Layout { width: Some(80), has_color: false }).unwrap();
            assert_eq!(read(&shown).as_deref(), Some(text.as_str()), "{shown}");
            assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
            let colored = qr_code(&text, Layout { width: Some(80), has_color: true }).unwrap();
            assert_eq!(colored.replace(COLORS.0, "").replace(COLORS.1, ""), shown);
            assert!(colored.lines().all(|line| line.starts_with(COLORS.0) && line.ends_with(COLORS.1)));
        }
    }

    #[test]
    fn overlong_text_is_refused() {
        let narrow = Layout { width: Some(40), has_color: false };
        let refused = |length: usize, layout| qr_code(&"x".repeat(length), layout).unwrap_err().message;
        assert_eq!(refused(200, narrow), "the QR code has 61 columns, and the terminal 40");
        assert_eq!(refused(3000, Layout::default()), "the text is too long for a QR code");
    }
}
