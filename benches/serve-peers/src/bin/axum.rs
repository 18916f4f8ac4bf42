//! The contract with axum.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use serve_peers::Keys;

async fn token(State(keys): State<Arc<Keys>>, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let authorization = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (status, json) = keys.answer(authorization, &body);
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (StatusCode::from_u16(status).unwrap(), headers, json)
}

#[tokio::main]
async fn main() {
    let router =
        Router::new().route("/stream-chat/token", post(token)).with_state(Arc::new(Keys::from_environment()));
    let address = format!("127.0.0.1:{}", std::env::var("PEER_PORT").unwrap());
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    axum::serve(listener, router).await.unwrap();
}
