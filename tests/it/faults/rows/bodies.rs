//! Content-Length in every form, and bodies behind `Expect: 100-continue`.

use super::{check_framing, servers};

#[test]
fn content_length_must_be_one_plain_number() {
    check_framing(
        &servers(),
        &[
            ("Content-Length: 1099511627776\r\n", "HIDDEN", &[413]),
            ("Content-Length: 9223372036854775808\r\n", "HIDDEN", &[413]),
            ("Content-Length: 18446744073709551615\r\n", "HIDDEN", &[431]),
            ("Content-Length: 18446744073709551616\r\n", "HIDDEN", &[400]),
            ("Content-Length: 18446744073709551617\r\n", "aHIDDEN", &[400]),
            ("Content-Length: 4097\r\n", "HIDDEN", &[413]),
            ("Content-Length: -1\r\n", "HIDDEN", &[400]),
            ("Content-Length: -LENGTH\r\n", "HIDDEN", &[400]),
            ("Content-Length: +5\r\n", "12345HIDDEN", &[400]),
            ("Content-Length: 5, 5\r\n", "12345HIDDEN", &[400]),
            ("Content-Length: 5,\r\n", "12345HIDDEN", &[400]),
            ("Content-Length: 5\r\ncontent-length: 0\r\n", "12345HIDDEN", &[400]),
            ("Content-Length: 0\r\nContent-Length: LENGTH\r\n", "HIDDEN", &[400]),
            ("Content-Length: 1 2\r\n", "123456789012HIDDEN", &[400]),
            ("Content-Length: 5\t5\r\n", "12345HIDDEN", &[400]),
            ("Content-Length: 0x5\r\n", "12345HIDDEN", &[400]),
            ("Content-Length: 5h\r\n", "12345HIDDEN", &[400]),
            ("Content-Length: 5.0\r\n", "12345HIDDEN", &[400]),
            ("Content-Length: 5e0\r\n", "12345HIDDEN", &[400]),
            ("Content-Length: \"5\"\r\n", "12345HIDDEN", &[400]),
            ("Content-Length: 5;a\r\n", "12345HIDDEN", &[400]),
            ("Content-Length: \u{665}\r\n", "12345HIDDEN", &[400]),
            ("Content-Length:\r\n", "HIDDEN", &[400]),
            ("Content-Length: \t \r\n", "HIDDEN", &[400]),
            ("Content-Length:\x0b5\r\n", "12345HIDDEN", &[400]),
            ("Content-Length : 5\r\n", "12345HIDDEN", &[400]),
            // Surrounding blanks and leading zeros are ignored (RFC 9110 section 8.6).
            ("Content-Length: \t 5 \t\r\n", "12345HIDDEN", &[401, 200]),
            ("Content-Length: 0000000000000000000000000000000000005\r\n", "12345HIDDEN", &[401, 200]),
            // Repeated equal lengths are one length (RFC 9112 section 6.3).
            ("Content-Length: 5\r\nContent-Length: 5\r\n", "12345HIDDEN", &[401, 200]),
            ("Content-Length: 0\r\n", "HIDDEN", &[401, 200]),
            ("", "HIDDEN", &[401, 200]),
        ],
    );
}

#[test]
fn expect_continue_gets_one_100_if_the_body_is_accepted() {
    check_framing(
        &servers(),
        &[
            ("Expect: 100-continue\r\nContent-Length: 5\r\n", "12345HIDDEN", &[100, 401, 200]),
            ("Expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nHIDDEN", &[100, 401, 200]),
            ("Expect: 100-continue\r\nContent-Length: 0\r\n", "HIDDEN", &[401, 200]),
            ("Expect: 100-continue\r\n", "HIDDEN", &[401, 200]),
            ("Expect: 100-continue\r\nContent-Length: 4097\r\n", "HIDDEN", &[413]),
            ("Expect: 100-continue\r\nTransfer-Encoding: gzip\r\n", "HIDDEN", &[400]),
            (
                "Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 5\r\n",
                "12345HIDDEN",
                &[100, 401, 200],
            ),
            // Other expectations are ignored, and hide nothing.
            ("Expect: 100-continue, 100-continue\r\nContent-Length: 5\r\n", "12345HIDDEN", &[401, 200]),
            ("Expect: 200-ok\r\nContent-Length: 5\r\n", "12345HIDDEN", &[401, 200]),
            ("Expect:\r\nContent-Length: 5\r\n", "12345HIDDEN", &[401, 200]),
            ("Expect: y 100-continue\r\nContent-Length: 5\r\n", "12345HIDDEN", &[401, 200]),
        ],
    );
}
