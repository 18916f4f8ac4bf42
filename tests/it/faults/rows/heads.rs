//! Request lines, targets, versions and headers in every form.

use super::{Row, check, servers};

#[test]
fn ambiguous_lines_are_refused_and_end_the_connection() {
    let rows: &[Row<'_>] = &[
        ("POST /stream-chat/token HTTP/1.1\r\nHost: a\rX: b\r\n\r\nHIDDEN", &[400]),
        ("POST /stream-chat/token HTTP/1.1\r\nHost: a\r\r\n\r\nHIDDEN", &[400]),
        ("POST /stream-chat/token HTTP/1.1\rHost: a\r\rHIDDEN", &[400]),
        ("POST /stream-chat/token HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\nHIDDEN", &[400]),
        ("POST /stream\0-chat/token HTTP/1.1\r\nHost: a\r\n\r\nHIDDEN", &[400]),
        ("POST /stream-chat/token HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\nHIDDEN", &[400]),
        ("POST /stream-chat/token HTTP/1.1\r\nHost: a\r\nX: a\r\n\tb\r\n\r\nHIDDEN", &[400]),
        ("POST /stream-chat/token HTTP/1.1\r\nHost: a\r\nX:\r\n Content-Length: 5\r\n\r\nHIDDEN", &[400]),
        ("POST /stream-chat/token HTTP/1.1\r\n Host: a\r\n\r\nHIDDEN", &[400]),
        ("POST /stream-chat/token HTTP/1.1\r\nHost: a\r\nX : a\r\n\r\nHIDDEN", &[400]),
        ("POST /stream-chat/token HTTP/1.1\r\nHost: a\r\nX\t: a\r\n\r\nHIDDEN", &[400]),
        ("POST /stream-chat/token HTTP/1.1\r\nHost: a\r\n: a\r\n\r\nHIDDEN", &[400]),
        ("POST /stream-chat/token HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\nHIDDEN", &[400]),
        ("POST /stream-chat/token HTTP/1.1\r\nHost: a\r\nX\x0b: a\r\n\r\nHIDDEN", &[400]),
        ("POST /stream-chat/token HTTP/1.1\r\nHost: a\r\nX\u{e9}: a\r\n\r\nHIDDEN", &[400]),
        ("POST /stream-chat/token HTTP/1.1\r\nHost: a\r\nX: a\x7f\r\n\r\nHIDDEN", &[400]),
        (" HIDDEN", &[400]),
        ("\u{feff}HIDDEN", &[400]),
        // A line may end with LF alone, and empty lines may precede a request (RFC 9112 section 2.2).
        ("POST /stream-chat/token HTTP/1.1\nHost: a\n\nHIDDEN", &[401, 200]),
        ("POST /stream-chat/token HTTP/1.1\r\nHost: a\n\r\nHIDDEN", &[401, 200]),
        ("POST /stream-chat/token HTTP/1.1\r\nHost: a\r\n\nHIDDEN", &[401, 200]),
        ("\r\nHIDDEN", &[200]),
        ("\r\n\r\nHIDDEN", &[200]),
        ("\nHIDDEN", &[200]),
    ];
    check(&servers(), rows);
}

#[test]
fn host_must_be_single_and_valid() {
    let rows: &[Row<'_>] = &[
        ("GET / HTTP/1.1\r\n\r\nHIDDEN", &[400]),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\nHIDDEN", &[400]),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\nHIDDEN", &[400]),
        ("GET / HTTP/1.1\r\nHost: a, b\r\n\r\nHIDDEN", &[400]),
        ("GET / HTTP/1.1\r\nHost:\r\n\r\nHIDDEN", &[400]),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\nHIDDEN", &[400]),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\nHIDDEN", &[400]),
        ("GET / HTTP/1.1\r\nHost: user@a\r\n\r\nHIDDEN", &[400]),
        ("GET / HTTP/1.1\r\nHost: a:123456\r\n\r\nHIDDEN", &[400]),
        ("GET / HTTP/1.1\r\nHost: \u{e9}\r\n\r\nHIDDEN", &[400]),
        ("GET http://a/ HTTP/1.1\r\n\r\nHIDDEN", &[400]),
        ("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\nHIDDEN", &[400]),
    ];
    check(&servers(), rows);
}

#[test]
fn versions_and_target_forms_have_their_statuses() {
    let rows: &[Row<'_>] = &[
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nHIDDEN", &[400]),
        ("POST /stream-chat/token HTTP/2.0\r\nHost: a\r\n\r\nHIDDEN", &[400]),
        ("POST /stream-chat/token HTTP/2\r\nHost: a\r\n\r\nHIDDEN", &[400]),
        ("POST /stream-chat/token HTTP/1.2\r\nHost: a\r\n\r\nHIDDEN", &[400]),
        ("POST /stream-chat/token HTTP/0.9\r\nHost: a\r\n\r\nHIDDEN", &[400]),
        ("GET /stream-chat/token\r\nHIDDEN", &[400]),
        ("POST /stream-chat/token http/1.1\r\nHost: a\r\n\r\nHIDDEN", &[400]),
        ("POST /stream-chat/token HTTP/1.1 \r\nHost: a\r\n\r\nHIDDEN", &[400]),
        ("POST  /stream-chat/token HTTP/1.1\r\nHost: a\r\n\r\nHIDDEN", &[400]),
        ("POST\t/stream-chat/token\tHTTP/1.1\r\nHost: a\r\n\r\nHIDDEN", &[400]),
        ("POST /stream-chat/token HTTP/1.1 HTTP/1.1\r\nHost: a\r\n\r\nHIDDEN", &[400]),
        ("POST /stream-chat/token HTTP/1.0\r\n\r\nHIDDEN", &[401]),
        ("POST /stream-chat/token HTTP/1.0\r\nConnection: keep-alive\r\n\r\nHIDDEN", &[401, 200]),
        ("POST /stream-chat/token HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\nHIDDEN", &[401]),
        ("POST /stream-chat/token HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nHIDDEN", &[401]),
        (
            "POST /stream-chat/token HTTP/1.1\r\nHost: a\r\nConnection: Content-Length\r\n\r\nHIDDEN",
            &[401, 200],
        ),
        ("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\nHIDDEN", &[400]),
        ("CONNECT /stream-chat/token HTTP/1.1\r\nHost: a\r\n\r\nHIDDEN", &[405, 200]),
        ("GET a:443 HTTP/1.1\r\nHost: a\r\n\r\nHIDDEN", &[400]),
        ("GET * HTTP/1.1\r\nHost: a\r\n\r\nHIDDEN", &[404, 200]),
        ("GET stream-chat/token HTTP/1.1\r\nHost: a\r\n\r\nHIDDEN", &[400]),
        ("GET http:///stream-chat/token HTTP/1.1\r\nHost: a\r\n\r\nHIDDEN", &[400]),
        ("GET file:///etc/passwd HTTP/1.1\r\nHost: a\r\n\r\nHIDDEN", &[400]),
        ("GET /#HIDDEN", &[400]),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\nHIDDEN", &[404, 200]),
        ("POST http://b/stream-chat/token HTTP/1.1\r\nHost: a\r\n\r\nHIDDEN", &[401, 200]),
        ("POST /../stream-chat/token HTTP/1.1\r\nHost: a\r\n\r\nHIDDEN", &[404, 200]),
        ("POST //stream-chat/token HTTP/1.1\r\nHost: a\r\n\r\nHIDDEN", &[404, 200]),
        ("POST /stream-chat/token%0d%0a HTTP/1.1\r\nHost: a\r\n\r\nHIDDEN", &[404, 200]),
        ("PROVE /* HTTP/1.1\r\nHost: a\r\n\r\nHIDDEN", &[404, 200]),
        ("PROVE * HTTP/1.1\r\nHost: a\r\n\r\nHIDDEN", &[404, 200]),
    ];
    check(&servers(), rows);
}

#[test]
fn upgrades_are_ignored() {
    let h2c =
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n";
    let websocket = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                     Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
    let servers = servers();
    for upgrade in [h2c, websocket] {
        let post = format!("POST /stream-chat/token HTTP/1.1\r\nHost: a\r\n{upgrade}");
        check(
            &servers,
            &[
                (&format!("{post}HIDDEN"), &[401, 200]),
                (&format!("{post}PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nHIDDEN"), &[401]),
                (&format!("{post}\u{1}\u{5}HIDDEN"), &[401, 400]),
            ],
        );
    }
}
