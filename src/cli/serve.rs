//! The grammar of `serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use clap::builder::RangedU64ValueParser;
use hyper::header::HeaderName;
use ipnet::IpNet;

use super::values;
use crate::error::ErrorReport;
use crate::fault::FaultRule;
use crate::profile::Expiry;
use crate::server::{Rate, parse_network, parse_origin};

/// Serve the endpoint that gives customers with a session their tokens.
///
/// POST /stream-chat/token with 'Authorization: Bearer SESSION' and {"customer_id": 123} answers {"token": "…"}. Every
/// token is in the audit log before it is sent. Each request is one line on standard error, also with --quiet. SIGTERM
/// and Ctrl-C drain: what was received is still answered; a second signal stops at once.
///
/// A RATE is 30/m, 1/s, 500/h or the like, or off: all of it at once, and then evenly. Beyond it the response is 429
/// with Retry-After. --admin-listen answers GET /healthz, /readyz and /metrics, for Prometheus.
///
/// Other machines can reach it only with TLS: --tls-cert and --tls-key, or a proxy that ends TLS and is named with
/// --trusted-proxy. SIGHUP loads the certificate and its key, the profile, its API secret and its session key again:
/// all of them, or none if one of them is invalid.
///
/// Under the profile 'demo', which needs no set-up, it prints a session and a curl command to try.
#[derive(Debug, Args)]
#[expect(clippy::doc_markdown, reason = "the comment is the help text, which would show backticks")]
#[command(after_long_help = include_str!("examples/serve.txt"))]
pub struct ServeArgs {
    /// The address to listen on; port 0 lets the system choose one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8787", value_parser = values::address)]
    pub listen: SocketAddr,
    /// Speak TLS with this certificate, and those between it and the root behind it, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key in PEM, which nobody else can read
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Let pages of this origin read responses; may be repeated
    #[arg(long, value_name = "ORIGIN", value_parser = parse_origin)]
    pub cors_origin: Vec<String>,
    /// Let these pages send this request header too; may be repeated
    #[arg(long, value_name = "HEADER", requires = "cors_origin", value_parser = header_name)]
    pub cors_header: Vec<HeaderName>,
    /// How long tokens live, or never for no end; without it as the profile's policy has it
    #[arg(long, value_name = "DURATION|never", value_parser = values::served_lifetime)]
    pub lifetime: Option<Expiry>,
    /// How often one customer may ask: N/s, N/m, N/h or off
    #[arg(long, value_name = "RATE", default_value = "30/m", value_parser = values::parsed::<Rate>)]
    pub rate_limit: Rate,
    /// How often requests of one address may fail; of IPv6 a /64 counts as one
    #[arg(long, value_name = "RATE", default_value = "300/m", value_parser = values::parsed::<Rate>)]
    pub rate_limit_address: Rate,
    /// How many connections there may be at once: 8 to 65536 [default: 768]
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(8..=65_536))]
    pub max_connections: Option<usize>,
    /// Believe X-Forwarded-For of proxies in this network, such as 10.0.0.0/8; may be repeated
    #[arg(long, value_name = "CIDR", value_parser = parse_network)]
    pub trusted_proxy: Vec<IpNet>,
    /// Answer health checks and serve metrics on this address
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = values::address)]
    pub admin_listen: Option<SocketAddr>,
    /// Make requests of CUSTOMER (123, or 1-100) fail, to test an app; with *N the first N only; may be repeated
    ///
    /// KIND is what is wrong with the token (expired, expires-in:10s, not-yet-valid, issued-in-future, bad-signature,
    /// wrong-user, malformed) or with the response (status:503, delay:5s, drop).
    #[arg(long, value_name = "CUSTOMER=KIND[*N]", value_parser = values::parsed::<FaultRule>)]
    pub fault: Vec<FaultRule>,
    /// Print the endpoint's description in OpenAPI 3.1, and end
    #[arg(long)]
    pub openapi: bool,
}

/// Parses the name of a request header.
fn header_name(text: &str) -> Result<HeaderName, ErrorReport> {
    let expected = "expected the name of a request header, such as traceparent";
    text.parse().map_err(|_| ErrorReport::usage("not a header name", expected))
}
