//! The endpoint's description, held against the contract and the code.

use serde_json::{Value, json};

use super::*;
use crate::server::message::reason_phrase;

/// The statuses of the contract's section 3.
const OF_THE_CONTRACT: [u16; 14] = [200, 400, 401, 403, 404, 405, 408, 413, 415, 422, 429, 431, 500, 503];

fn document() -> Value {
    serde_json::from_str(OPENAPI).unwrap()
}

/// Returns the operation's responses by status, references followed.
fn responses(document: &Value) -> Vec<(u16, Value)> {
    let operation = &document["paths"][PATH]["post"];
    let followed = |response: &Value| {
        let path = response["$ref"].as_str().unwrap().strip_prefix('#').unwrap();
        document.pointer(path).unwrap().clone()
    };
    let responses = operation["responses"].as_object().unwrap().iter();
    responses.map(|(status, response)| (status.parse().unwrap(), followed(response))).collect()
}

#[test]
fn has_every_status_of_the_contract_and_no_other() {
    let found: Vec<u16> = responses(&document()).into_iter().map(|(status, _)| status).collect();
    assert_eq!(found, OF_THE_CONTRACT);
}

#[test]
fn every_refusal_has_the_phrase_of_its_status() {
    for (status, response) in
        responses(&document()).into_iter().filter(|(status, _)| ![200, 431].contains(status))
    {
        let content = &response["content"]["application/json"];
        assert_eq!(content["schema"]["properties"]["error"]["const"], reason_phrase(status), "{status}");
        assert_eq!(content["example"]["error"], reason_phrase(status), "{status}");
        assert_eq!(content["schema"]["additionalProperties"], json!(false), "{status}");
    }
}

#[test]
fn the_messages_are_those_of_the_contract() {
    let refusals = [
        RequestError::NotFound,
        RequestError::MethodNotAllowed,
        RequestError::Session(crate::session::AuthFailure::TooLong.into()),
        RequestError::CustomerRateLimited(std::time::Duration::ZERO),
        RequestError::UnsupportedMediaType,
        RequestError::Malformed,
        RequestError::Unprocessable,
        RequestError::WrongCustomer,
        RequestError::Issue(crate::issuer::IssueError::Receipt),
    ];
    let responses = responses(&document());
    for refusal in refusals {
        let (_, response) = responses.iter().find(|(status, _)| *status == refusal.status()).unwrap();
        let example = &response["content"]["application/json"]["example"];
        assert_eq!(example["message"], refusal.message(), "{}", refusal.status());
    }
}

#[test]
fn body_schema_matches_the_contract() {
    let document = document();
    let customer_id = &document["components"]["schemas"]["TokenRequest"]["properties"]["customer_id"];
    assert_eq!(customer_id["maximum"], json!(crate::token::CustomerId::MAX));
    assert_eq!((&customer_id["type"], &customer_id["minimum"]), (&json!("integer"), &json!(1)));
}
