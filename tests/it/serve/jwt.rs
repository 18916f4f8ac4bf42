//! Sessions that are the backend's own JWTs.

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use ring::{hmac, signature};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use stream_token::time::Timestamp;

use super::audit::fingerprint;
use super::backend::Backend;
use super::http::Ask;
use super::sessions::session_of;
use super::test_server_home::{SESSION_KEY, TestServerHome};
use super::{KEPT, Server};
use crate::cli::now;
use crate::tools::has;

/// The issuer and audience in the configuration.
const ISSUED: &str = "issuer = \"https://id.example.com/\"\naudience = \"app\"\n";

/// A key that signs tokens.
enum Signer {
    Rsa(Box<RsaKeyPair>),
    Ec(Box<EcdsaKeyPair>),
    Hmac(Vec<u8>),
}

impl Signer {
    /// Makes a key for RS256 with this many bits; `None` without openssl.
    fn rsa(bits: &str) -> Option<Self> {
        if !has("openssl", "sessions that are JWTs with RS256") {
            return None;
        }
        let mut openssl = Command::new("openssl");
        openssl.args(["genrsa", "-traditional", bits]);
        let made = PrivateKeyDer::from_pem_slice(&openssl.output().unwrap().stdout).unwrap();
        Some(Self::Rsa(Box::new(RsaKeyPair::from_der(made.secret_der()).unwrap())))
    }

    /// Makes a key for ES256.
    fn ec() -> Self {
        let random = SystemRandom::new();
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, made.as_ref(), &random);
        Self::Ec(Box::new(key.unwrap()))
    }

    /// Returns the public key as a member of a set.
    fn jwk(&self, id: &str) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Rsa(key) => {
                let public = signature::RsaPublicKeyComponents::<Vec<u8>>::from(key.public());
                json!({"kty": "RSA", "kid": id, "use": "sig", "n": text(&public.n), "e": text(&public.e)})
            }
            Self::Ec(key) => {
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "kid": id, "alg": "ES256", "x": text(x), "y": text(y)})
            }
            Self::Hmac(key) => json!({"kty": "oct", "kid": id, "k": text(key)}),
        }
    }

    /// Signs any header and claims.
    fn sign(&self, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let random = SystemRandom::new();
        let signature = match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).unwrap();
                signature
            }
            Self::Ec(key) => key.sign(&random, signed.as_bytes()).unwrap().as_ref().to_vec(),
            Self::Hmac(key) => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, key);
                hmac::sign(&key, signed.as_bytes()).as_ref().to_vec()
            }
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// Signs a customer's claims with changes (`null` removes a claim) under a plain header.
    fn token(&self, changes: &Value) -> String {
        let algorithm = match self {
            Self::Rsa(_) => "RS256",
            Self::Ec(_) => "ES256",
            Self::Hmac(_) => "HS256",
        };
        self.sign(&format!(r#"{{"alg":"{algorithm}","typ":"JWT","kid":"a"}}"#), &claims(changes))
    }
}

/// Returns a customer's claims with changes (`null` removes a claim).
fn claims(changes: &Value) -> String {
    let mut claims = json!({"iss": "https://id.example.com/", "aud": "app", "sub": "123", "exp": now() + 3600, "iat": now()});
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims.to_string()
}

/// Returns a backend's answer with a set of keys.
fn set(keys: &[Value]) -> String {
    format!("200:{}", json!({"keys": keys}))
}

/// Prepares a home whose profile accepts JWTs with the keys of a backend.
fn home(backend: &Backend, more: &str) -> TestServerHome {
    let port = backend.address.port();
    TestServerHome::with(&format!(
        "\n[profiles.staging.sessions]\njwks_url = \"http://localhost:{port}/keys\"\n{ISSUED}{more}"
    ))
}

/// Requests customer 123's token with a session, and checks status and reason.
#[track_caller]
fn asks(server: &Server, token: &str, status: u16, reason: &str) {
    let answer = server.ask(&Ask::of(123).bearer(token));
    let id = answer.header("X-Request-Id").unwrap();
    let line = |said: &str| said.lines().find(|line| line.contains(id)).map(str::to_owned);
    let line = server.said().wait_for("the line of the request", line);
    assert_eq!(answer.status, status, "{token}: {line}");
    assert_eq!(line.contains(&format!(" reason={reason}")), !reason.is_empty(), "{reason} {token}: {line}");
    if status == 401 {
        answer.is(401, "Unauthorized", "Invalid or expired session token");
    }
}

/// Requests tokens with good and bad claims signed by a key of any kind.
fn asks_with_all_claims(server: &Server, key: &Signer) {
    let late = now() - 30;
    for changes in [
        json!({}),
        json!({"sub": 123}),
        json!({"sub": "customer-123"}),
        json!({"aud": ["other", "app"]}),
        // Clocks may differ by a minute.
        json!({"exp": late, "nbf": now() + 30}),
        json!({"nbf": now() - 1, "role": "x", "user_id": "customer-5"}),
    ] {
        asks(server, &key.token(&changes), 200, "");
    }
    for (changes, status, reason) in [
        (json!({"sub": "124"}), 403, "wrong_customer"),
        (json!({"exp": now() - 90}), 401, "session_expired"),
        (json!({"nbf": now() + 90}), 401, "session_not_yet_valid"),
        (json!({"exp": null}), 401, "session_wrong_claims"),
        (json!({"exp": "soon"}), 401, "session_wrong_claims"),
        (json!({"iss": null}), 401, "session_wrong_claims"),
        (json!({"iss": "https://id.example.com"}), 401, "session_wrong_claims"),
        (json!({"aud": null}), 401, "session_wrong_claims"),
        (json!({"aud": "other"}), 401, "session_wrong_claims"),
        (json!({"aud": []}), 401, "session_wrong_claims"),
        (json!({"sub": null}), 401, "session_wrong_claims"),
        (json!({"sub": "0123"}), 401, "session_wrong_claims"),
        (json!({"sub": 123.0}), 401, "session_wrong_claims"),
        (json!({"sub": ["123"]}), 401, "not_a_session"),
    ] {
        asks(server, &key.token(&changes), status, reason);
    }
}

#[test]
fn tokens_with_a_published_rsa_key_map_to_statuses_and_reasons() {
    let (Some(key), Some(other)) = (Signer::rsa("2048"), Signer::rsa("2048")) else { return };
    let backend = Backend::start();
    // Keys for other purposes are skipped.
    let encrypts = json!({"kty": "RSA", "kid": "a", "use": "enc", "n": "AQAB", "e": "AQAB"});
    backend.publish(&set(&[
        json!({"kty": "later"}),
        json!(5),
        encrypts,
        Signer::ec().jwk("a"),
        key.jwk("a"),
    ]));
    let site = home(&backend, "");
    let server = site.serve(&[]);
    asks_with_all_claims(&server, &key);
    let good = key.token(&json!({}));
    let claims = claims(&json!({}));
    let [head, rest] = [good.split('.').next().unwrap(), &good[good.find('.').unwrap()..]];
    let embedded = format!(r#"{{"alg":"RS256","kid":"a","jwk":{}}}"#, other.jwk("a"));
    let public = URL_SAFE_NO_PAD.decode(key.jwk("a")["n"].as_str().unwrap()).unwrap();
    let of = |header: &str| key.sign(header, &claims);
    for (token, reason) in [
        // The key is the configured one, whatever the token says.
        (other.token(&json!({})), "session_bad_signature"),
        (other.sign(&embedded, &claims), "session_bad_signature"),
        (of(r#"{"alg":"RS256","kid":"b"}"#), "session_unknown_key"),
        (of(r#"{"alg":"RS256","kid":"b","jku":"http://localhost:9/"}"#), "session_unknown_key"),
        // So is the algorithm: a public key is never used as a shared one.
        (Signer::Hmac(public).token(&json!({})), "not_a_session"),
        (of(r#"{"alg":"none","kid":"a"}"#), "not_a_session"),
        (of(r#"{"alg":"RS512","kid":"a"}"#), "not_a_session"),
        (of(r#"{"alg":"PS256","kid":"a"}"#), "not_a_session"),
        (of(r#"{"alg":"ES256","kid":"a"}"#), "not_a_session"),
        (of(r#"{"kid":"a"}"#), "not_a_session"),
        (of(r#"{"alg":"RS256","kid":"a","crit":["exp"]}"#), "not_a_session"),
        (of(r#"{"alg":"RS256","kid":"a","b64":false,"crit":["b64"]}"#), "not_a_session"),
        (key.sign(r#"{"alg":"RS256","kid":"a"}"#, "[]"), "not_a_session"),
        (key.sign(r#"{"alg":"RS256","kid":"a"}"#, &format!("{claims}x")), "not_a_session"),
        (format!("{head}{}", rest.rsplit_once('.').unwrap().0), "not_a_session"),
        (format!("{head}{}.", rest.rsplit_once('.').unwrap().0), "session_bad_signature"),
        (format!("{good}."), "not_a_session"),
        ("x".into(), "not_a_session"),
        (session_of(SESSION_KEY, Timestamp::from_epoch_seconds(now()).unwrap()), "not_a_session"),
    ] {
        asks(&server, &token, 401, reason);
    }
    // With one key only, a token need not name it.
    asks(&server, &of(r#"{"alg":"RS256"}"#), 200, "");
    asks(&server, &good, 200, "");
    let minted = site.entries("mint");
    let session = Value::from(format!("jwt {}", fingerprint(&good)));
    assert!(minted.iter().any(|entry| entry["session"] == session), "{minted:?}");
    let stderr = server.end().stderr;
    assert!(!stderr.contains(rest) && !stderr.contains("session key"), "{stderr}");
}

#[test]
fn published_es256_key_verifies_es256_only() {
    let key = Signer::ec();
    let backend = Backend::start();
    backend.publish(&set(&[key.jwk("a"), Signer::ec().jwk("b")]));
    let site = home(&backend, "algorithm = \"ES256\"\n");
    let server = site.serve(&[]);
    asks_with_all_claims(&server, &key);
    asks(&server, &Signer::ec().token(&json!({})), 401, "session_bad_signature");
    let claims = claims(&json!({}));
    let point = [&[4][..], &[7; 64]].concat();
    asks(&server, &Signer::Hmac(point).token(&json!({})), 401, "not_a_session");
    // Without a key ID, the server does not guess between two keys.
    asks(&server, &key.sign(r#"{"alg":"ES256"}"#, &claims), 401, "session_unknown_key");
}

#[test]
fn shared_key_verifies_hs256_only() {
    let key = Signer::Hmac(SESSION_KEY.as_bytes().to_vec());
    let site = TestServerHome::with(&format!("\n[profiles.staging.sessions]\n{ISSUED}"));
    let server = site.serve(&[]);
    asks_with_all_claims(&server, &key);
    asks(&server, &Signer::Hmac(b"another".to_vec()).token(&json!({})), 401, "session_bad_signature");
    asks(&server, &Signer::ec().token(&json!({})), 401, "not_a_session");
    asks(&server, &key.sign(r#"{"alg":"none"}"#, &claims(&json!({}))), 401, "not_a_session");
    asks(
        &server,
        &session_of(SESSION_KEY, Timestamp::from_epoch_seconds(now()).unwrap()),
        401,
        "session_bad_signature",
    );
    assert!(server.end().stderr.contains("session key of profile staging from env:STAGING_SESSION_KEY"));
}

#[test]
fn customer_claim_and_audience_follow_the_configuration() {
    let key = Signer::Hmac(SESSION_KEY.as_bytes().to_vec());
    for (claim, changes) in [
        ("/user/id", json!({"sub": "x", "user": {"id": 123}})),
        ("https://example.com/customer", json!({"sub": null, "https://example.com/customer": "123"})),
    ] {
        let site =
            TestServerHome::with(&format!("\n[profiles.staging.sessions]\n{ISSUED}claim = \"{claim}\"\n"));
        let server = site.serve(&[]);
        asks(&server, &key.token(&changes), 200, "");
        asks(&server, &key.token(&json!({})), 401, "session_wrong_claims");
    }
    let site = TestServerHome::with("\n[profiles.staging.sessions]\nissuer = \"https://id.example.com/\"\n");
    let server = site.serve(&[]);
    asks(&server, &key.token(&json!({"aud": null})), 200, "");
    // The token has an audience, and this server is configured with none.
    asks(&server, &key.token(&json!({})), 401, "session_wrong_claims");
}

#[test]
fn missing_keys_fail_at_start_and_are_kept_on_reload() {
    let (backend, key) = (Backend::start(), Signer::ec());
    let site = home(&backend, "algorithm = \"ES256\"\n");
    let Some(weak) = Signer::rsa("2048") else { return };
    for (answer, error) in [
        ("404:", "the backend answered with status 404".to_owned()),
        ("302;Location=/:", "the backend answered with status 302".into()),
        ("hangup", "the backend cannot be reached: ".into()),
        ("huge", "the backend's answer has more than 64 KiB".into()),
        ("200:<html>", "the backend's answer is not a JSON Web Key Set".into()),
        (&set(&[]), "the backend's answer has no key for ES256".into()),
        (
            &set(&[weak.jwk("a"), Signer::Hmac(vec![1; 32]).jwk("a")]),
            "the backend's answer has no key for ES256".into(),
        ),
    ] {
        backend.publish(answer);
        let refused = site.serving(&[]).run();
        let url = format!("http://localhost:{}/keys", backend.address.port());
        let expected = format!("error: cannot get the public keys at {url}: {error}");
        assert!(refused.status == Some(1) && refused.stderr.contains(&expected), "{answer}: {refused}");
        assert!(refused.stderr.contains("hint: see that jwks_url answers"), "{refused}");
    }
    backend.publish(&set(&[key.jwk("a")]));
    let server = site.serve(&[]);
    let good = key.token(&json!({}));
    asks(&server, &good, 200, "");
    backend.publish("503:");
    server.reload(KEPT, 1);
    asks(&server, &good, 200, "");
    backend.publish(&set(&[Signer::ec().jwk("b")]));
    server.reload("note=reloaded", 1);
    asks(&server, &good, 401, "session_unknown_key");
}

#[test]
fn profile_add_stores_and_validates_jwt_settings() {
    let site = TestServerHome::new();
    let add = |name: &str, flags: &[&str]| {
        site.run(&[&["-q", "profile", "add", name, "--secret", "env:X"], flags].concat())
    };
    let flags = [
        "--jwks-url",
        "https://id.example.com/keys",
        "--jwt-issuer",
        "https://id.example.com/",
        "--jwt-audience",
        "app",
        "--jwt-claim",
        "/user/id",
        "--jwt-algorithm",
        "ES256",
        "--backend-timeout",
        "5s",
    ];
    add("full", &flags).is(0, "", "");
    add("shared", &["--jwt-issuer", "app", "--session-key", "env:KEY"]).is(0, "", "");
    let shown = |name: &str| {
        let shown = site.run(&["profile", "show", name, "-o", "json"]);
        serde_json::from_str::<Value>(shown.result()).unwrap()["sessions"].clone()
    };
    let expected = json!({"jwks_url": flags[1], "issuer": flags[3], "audience": "app", "claim": "/user/id", "algorithm": "ES256", "timeout": "5s"});
    assert_eq!(shown("full"), expected);
    assert_eq!(shown("shared"), json!({"issuer": "app"}));
    let refused = add("other", &flags[..4]);
    assert!(refused.status == Some(2) && refused.stderr.contains("jwks_url needs an audience"), "{refused}");
    site.run(&["--profile", "shared", "session", "new", "123"]).is_refused(
        2,
        "the server of profile shared takes the sessions of the app's backend, and none made here",
        "log in at the app's backend; or remove 'sessions' from [profiles.shared] in the configuration",
    );
}
