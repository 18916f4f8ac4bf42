//! Verdicts on the user of a token.

use serde_json::json;

use super::{accepted, code, in_json, signed_json, verdict};
use crate::cli::token::signed;

#[test]
fn token_without_user_id_is_a_server_token_even_if_expired() {
    let report = |exp: &str, word: &str, answer: &str| {
        format!(
            "\
server_token: an admin credential for the whole app, not a user's token

form        ok    three segments, HS256, a claims object
signature   ok    by the current secret from the environment
user_id     FAIL  absent: a server token
customer    -     not checked (use --customer)
iat         ok    none, so any revocation at Stream also revokes this token
nbf         ok    absent: valid from the start
{exp}
revocation  -     not checked (use --revoked-before)
stream      {word}   {answer}
remedy            anyone who holds it administers the whole app: find where it leaked, and change the app's API secret \
in Stream's dashboard
"
        )
    };
    let live = signed(r#"{"server":true}"#);
    verdict(
        &live,
        &[],
        7,
        &report("exp         ok    absent: valid until revoked", "yes", "an app with this secret accepts it"),
    );
    in_json(&live, &[], 7, &signed_json("server_token", None, &accepted()));
    let expired = signed(r#"{"exp":1893455999}"#);
    let exp = "exp         FAIL  2029-12-31T23:59:59Z, 1 second ago";
    verdict(&expired, &[], 7, &report(exp, "no ", "Stream answers 401, code 40"));
    in_json(&expired, &[], 7, &signed_json("server_token", None, &code(40)));
}

#[test]
fn other_user_ids_are_not_a_customer() {
    let report = |found: &str, word: &str, answer: &str| {
        format!(
            "\
not_a_customer: signed, but for a user who is not a customer

form        ok    three segments, HS256, a claims object
signature   ok    by the current secret from the environment
user_id     FAIL  {found}
customer    -     not checked (use --customer)
iat         ok    none, so any revocation at Stream also revokes this token
nbf         ok    absent: valid from the start
exp         ok    absent: valid until revoked
revocation  -     not checked (use --revoked-before)
stream      {word}   {answer}
remedy            Stream user ids of customers are customer- and the customer's number: mint one with 'stream-token \
issue CUSTOMER'
"
        )
    };
    let admin = signed(r#"{"user_id":"admin"}"#);
    verdict(
        &admin,
        &[],
        7,
        &report("expected customer-N, found 'admin'", "yes", "an app with this secret accepts it"),
    );
    let expected = signed_json("not_a_customer", None, &accepted());
    in_json(&admin, &[], 7, &expected);
    let number = signed(r#"{"user_id":123}"#);
    let found = "expected a string such as \"customer-123\", found 123";
    verdict(&number, &[], 7, &report(found, "no ", "Stream answers 401, code 5"));
    for user_id in
        ["\"customer-0\"", "\"customer-007\"", "\"Customer-1\"", "\"customer-9223372036854775808\"", "null"]
    {
        let token = signed(&format!(r#"{{"user_id":{user_id}}}"#));
        in_json(&token, &[], 7, &json!({ "verdict": "not_a_customer", "customer_id": null }));
    }
}

#[test]
fn token_of_another_customer_has_the_wrong_customer() {
    let token = signed(r#"{"user_id":"customer-123"}"#);
    let further = ["--customer", "5"];
    verdict(
        &token,
        &further,
        7,
        "\
wrong_customer: signed, but for another customer

form        ok    three segments, HS256, a claims object
signature   ok    by the current secret from the environment
user_id     ok    customer-123
customer    FAIL  customer 123, expected 5
iat         ok    none, so any revocation at Stream also revokes this token
nbf         ok    absent: valid from the start
exp         ok    absent: valid until revoked
revocation  -     not checked (use --revoked-before)
stream      yes   an app with this secret accepts it
remedy            mint one for the right customer: stream-token issue 5
",
    );
    in_json(&token, &further, 7, &signed_json("wrong_customer", Some(123), &accepted()));
}
