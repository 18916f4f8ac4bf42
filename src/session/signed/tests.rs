use super::super::testing::{SECRET, at, customer, key, secret};
use super::*;
use crate::token::testing::{signed_with, unsigned};
use crate::token::{Inspection, Validation, Verifier, VerifyError};

/// The JOSE header of every session token.
const HEADER: &str = r#"{"alg":"HS256","typ":"stream-token-session+jwt"}"#;

const HOUR: Duration = Duration::from_hours(1);

/// The claims of a session of customer 123.
const CLAIMS: &str =
    r#"{"iss":"stream-token","sub":"123","iat":1000,"exp":4600,"jti":"00c0ffee00c0ffee00c0ffee00c0ffee"}"#;

/// Signs any header and claims with the signing key of sessions.
fn signed(header: &str, claims: &str) -> String {
    signed_with(key().0.as_slice(), header, claims)
}

fn token() -> String {
    signed(HEADER, CLAIMS)
}

fn refused(token: &str) -> AuthFailure {
    key().verify(token).unwrap_err()
}

#[test]
fn encoded_header_constant_matches_the_header() {
    assert_eq!(format!("{}.", URL_SAFE_NO_PAD.encode(HEADER)), HEAD);
}

#[test]
fn verifies_what_it_issued() {
    let (session, token) = key().issue(customer(123), at(1000), HOUR).unwrap();
    assert_eq!(key().verify(token.expose()), Ok(session));
    assert_eq!((session.issued_at, session.expires_at), (at(1000), at(4600)));
    assert!(token.expose().len() <= MAX_OWN_TOKEN_BYTES);
}

#[test]
fn the_longest_token_fits_without_moving() {
    let longest = key().issue(customer(CustomerId::MAX), Timestamp::MAX.before(HOUR), HOUR).unwrap();
    assert!(longest.1.expose().len() <= MAX_OWN_TOKEN_BYTES);
}

#[test]
fn agrees_with_another_implementation_of_hs256() {
    assert_eq!(key().verify(&token()).unwrap().to_json(), CLAIMS);
}

#[test]
fn a_session_lives_from_a_second_to_thirty_days() {
    let lifetime =
        |lifetime| key().issue(customer(1), at(1000), lifetime).map(|(session, _)| session.expires_at);
    assert_eq!(lifetime(Duration::from_secs(1)).unwrap(), at(1001));
    assert_eq!(lifetime(MAX_LIFETIME).unwrap(), at(1000 + 30 * 86_400));
    for refused in [Duration::from_millis(999), MAX_LIFETIME + Duration::from_nanos(1)] {
        let error = lifetime(refused).unwrap_err();
        assert!(error.message.starts_with("a session lives from 1s to 30d, not "), "{error}");
    }
}

#[test]
fn any_changed_byte_invalidates_the_token() {
    let token = token();
    for at in 0..token.len() {
        for byte in [b'A', b'B', b'.', b'=', b' '] {
            let mut altered = token.clone().into_bytes();
            altered[at] = byte;
            let altered = String::from_utf8(altered).unwrap();
            assert!(altered == token || key().verify(&altered).is_err(), "{at}");
        }
    }
    for length in 0..token.len() {
        assert!(key().verify(&token[..length]).is_err(), "{length}");
    }
}

#[test]
fn other_headers_are_refused_even_if_signed() {
    for header in [
        r#"{"alg":"HS256","typ":"JWT"}"#,
        r#"{"alg":"HS256"}"#,
        r#"{"typ":"stream-token-session+jwt","alg":"HS256"}"#,
        r#"{"alg":"HS256","typ":"application/stream-token-session+jwt"}"#,
        r#"{"alg":"HS256","typ":"STREAM-TOKEN-SESSION+JWT"}"#,
        r#"{"alg":"HS256","typ":"stream-token-session+jwt","kid":"1"}"#,
        r#"{"alg":"HS256","typ":"stream-token-session+jwt","crit":[]}"#,
        r#"{ "alg":"HS256","typ":"stream-token-session+jwt"}"#,
        r#"{"alg":"none","typ":"stream-token-session+jwt"}"#,
        r#"{"alg":"HS512","typ":"stream-token-session+jwt"}"#,
        "",
    ] {
        assert_eq!(refused(&signed(header, CLAIMS)), AuthFailure::NotASession, "{header}");
    }
}

#[test]
fn other_claims_are_refused_even_if_signed() {
    for claims in
        ["{}", r#"{"user_id":"customer-123"}"#, r#"{"server":true}"#, "", &CLAIMS.replace("123", "0")]
    {
        assert_eq!(refused(&signed(HEADER, claims)), AuthFailure::WrongClaims, "{claims}");
    }
}

#[test]
fn tokens_over_4_kib_are_not_read() {
    let longest = |length: usize| {
        let token = format!("{HEAD}{}.", "A".repeat(length - HEAD.len() - 1));
        refused(&token)
    };
    assert_eq!(longest(MAX_TOKEN_BYTES), AuthFailure::BadSignature);
    assert_eq!(longest(MAX_TOKEN_BYTES + 1), AuthFailure::TooLong);
}

#[test]
fn shortened_or_wrong_signature_is_refused() {
    let (input, signature) = {
        let token = token();
        token.rsplit_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap()
    };
    for other in ["", "AA", &signature[..42], &format!("{signature}A"), &"A".repeat(43)] {
        assert!(key().verify(&format!("{input}.{other}")).is_err(), "{other}");
    }
    assert_eq!(refused(&format!("{input}.{signature}=")), AuthFailure::NotASession);
    assert_eq!(refused(&format!("{input}.{signature}.")), AuthFailure::NotASession);
}

/// Returns every kind of token except a session of `key()`, all with one secret if signed.
fn others(bytes: &[u8]) -> Vec<(&'static str, String)> {
    const JWT: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
    let user = signed_with(bytes, JWT, r#"{"user_id":"customer-123"}"#);
    let (user_input, user_signature) = user.rsplit_once('.').unwrap();
    let session = token();
    let mut of_session = session.split('.');
    let claims = of_session.nth(1).unwrap();
    let signature = of_session.next().unwrap();
    let other_key = SessionKey::new(&secret(b"another-session-key-0123456789abcdef"));
    vec![
        ("a user token", user.clone()),
        ("a server token", signed_with(bytes, JWT, r#"{"server":true}"#)),
        ("a development token", format!("{user_input}.devtoken")),
        ("session claims under a user token's header", signed_with(bytes, JWT, CLAIMS)),
        ("session claims signed by the secret itself", signed_with(bytes, HEADER, CLAIMS)),
        ("user claims under a session's header", signed_with(bytes, HEADER, r#"{"user_id":"customer-123"}"#)),
        (
            "a session of another key",
            other_key.issue(customer(123), at(1000), HOUR).unwrap().1.expose().to_owned(),
        ),
        ("a session that nobody signed", unsigned(HEADER, CLAIMS)),
        ("alg none", signed_with(bytes, r#"{"alg":"none","typ":"stream-token-session+jwt"}"#, CLAIMS)),
        (
            "alg none without a signature",
            format!("{}.{claims}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#)),
        ),
        ("a session without a signature", format!("{HEAD}{claims}.")),
        ("a session with a development token's signature", format!("{HEAD}{claims}.devtoken")),
        ("a session with a user token's signature", format!("{HEAD}{claims}.{user_signature}")),
        ("a user token with a session's signature", format!("{user_input}.{signature}")),
        (
            "a user token's header before a session",
            format!("{}.{claims}.{signature}", user_input.split_once('.').unwrap().0),
        ),
        ("a session with Bearer before it", format!("Bearer {session}")),
        ("a session with a space behind it", format!("{session} ")),
        ("a session with a line break behind it", format!("{session}\n")),
        ("a session in quotes", format!("\"{session}\"")),
        ("five segments", format!("{session}.{claims}.{signature}")),
        ("nothing", String::new()),
    ]
}

#[test]
fn other_tokens_are_no_sessions_even_with_the_same_secret() {
    for (what, other) in others(SECRET) {
        assert!(key().verify(&other).is_err(), "{what}");
    }
    assert!(key().verify(&token()).is_ok());
}

#[test]
fn sessions_are_no_user_tokens_even_with_the_same_secret() {
    let verifier = Verifier::new(&secret(SECRET));
    let rules = Validation::new(at(1000));
    let (_, session) = key().issue(customer(123), at(1000), HOUR).unwrap();
    assert!(matches!(verifier.verify(session.expose(), &rules), Err(VerifyError::Malformed(_))));
    // Stream ignores typ: only the signature keeps a session from being accepted as an admin token there.
    assert!(!verifier.has_signed(&Inspection::read(session.expose())));
    assert!(verifier.has_signed(&Inspection::read(&signed_with(SECRET, HEADER, CLAIMS))));
}

#[test]
fn never_shows_itself() {
    let (_, token) = key().issue(customer(1), at(1000), HOUR).unwrap();
    assert_eq!(format!("{:?} {token:?}", key()), "SessionKey([redacted]) SessionToken([redacted])");
}

/// The claims of a session.
const PLAIN_CLAIMS: &str =
    r#"{"iss":"stream-token","sub":"123","iat":1000,"exp":2000,"jti":"00c0ffee00c0ffee00c0ffee00c0ffee"}"#;

#[test]
fn a_claims_set_is_read_back() {
    let session = Session::parse(PLAIN_CLAIMS.as_bytes()).unwrap();
    assert_eq!(session.to_json(), PLAIN_CLAIMS);
    assert_eq!((session.customer.get(), session.issued_at, session.expires_at), (123, at(1000), at(2000)));
}

#[test]
fn every_other_claims_set_is_refused() {
    let longest = MAX_LIFETIME.as_secs();
    let exactly = PLAIN_CLAIMS.replace("2000", &(1000 + longest).to_string());
    assert!(Session::parse(exactly.as_bytes()).is_some());
    for (what, instead) in [
        (r#""iss":"stream-token","#, ""),
        ("stream-token", "Stream-Token"),
        (r#""iss":"stream-token""#, r#""iss":["stream-token"]"#),
        (r#""123""#, "123"),
        ("123", "0123"),
        ("123", "customer-123"),
        ("123", "0"),
        ("123", "9223372036854775808"),
        ("1000", "1000.0"),
        ("1000", r#""1000""#),
        ("2000", "2e3"),
        ("2000", "1000"),
        ("2000", "999"),
        ("2000", &(1001 + longest).to_string()),
        (r#","exp":2000"#, ""),
        (r#","exp":2000"#, r#","exp":2000,"exp":2000"#),
        (r#","exp":2000"#, r#","exp":2000,"nbf":1"#),
        (r#","exp":2000"#, r#","exp":2000,"user_id":"customer-123""#),
        ("00c0ffee", "00C0FFEE"),
        ("00c0ffee", ""),
        ("}", "}x"),
        ("{", "[{"),
    ] {
        let claims = PLAIN_CLAIMS.replacen(what, instead, 1);
        assert_ne!(claims, PLAIN_CLAIMS);
        assert_eq!(Session::parse(claims.as_bytes()), None, "{claims}");
    }
    for other in ["", "[]", "null", r#"["stream-token","123",1000,2000,"00c0ffee00c0ffee00c0ffee00c0ffee"]"#]
    {
        assert_eq!(Session::parse(other.as_bytes()), None, "{other}");
    }
}

#[test]
fn session_is_valid_from_a_minute_before_issue_until_its_end() {
    let session = Session::parse(PLAIN_CLAIMS.as_bytes()).unwrap();
    let customer = session.customer;
    assert_eq!(session.validate(at(939)), Err(AuthFailure::IssuedInFuture(customer)));
    assert_eq!(session.validate(at(940)), Ok(()));
    assert_eq!(session.validate(at(1999)), Ok(()));
    assert_eq!(session.validate(at(2000)), Err(AuthFailure::Expired(Some(customer))));
}

#[test]
fn only_ids_in_their_own_form_are_parsed() {
    let text = "00c0ffee00c0ffee00c0ffee00c0ffee";
    assert_eq!(text.parse::<SessionId>().unwrap().to_string(), text);
    for other in ["", &text[1..], &format!("0{text}"), &text.to_uppercase(), &text.replace('0', "+")] {
        assert_eq!(SessionId::from_hex(other), None, "{other}");
    }
}

#[test]
fn no_two_random_ids_are_the_same() {
    assert_ne!(SessionId::random().unwrap(), SessionId::random().unwrap());
}

#[test]
fn id_error_never_repeats_a_token() {
    let error = "eyJhbGciOi.x.y".parse::<SessionId>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "a value of 14 characters is not a session id: that is 32 hexadecimal digits"
    );
}
