//! The longer texts of `--help`. Every example in them is run by a test.

/// What the program is for.
pub(super) const ABOUT: &str = "\
Mint, verify and decode Stream Chat user tokens.

Support mints a test token for a customer and learns why a token is refused; engineers decode and \
verify, by hand and in scripts. Try it without any set-up:

  stream-token --profile demo issue 123";

/// Exit codes, environment and times.
pub(super) const AFTER: &str = "\
Times (WHEN):
  now, 1h (ahead), 1h ago, 2026-12-31T23:59:59Z, or epoch seconds; units are s m h d w

Environment:
  STREAM_TOKEN_PROFILE    the profile, where --profile is not given
  STREAM_API_SECRET_FILE  a file that holds the app's API secret
  STREAM_API_SECRET       the API secret itself
  STREAM_API_KEY          the app's API key, beside a secret from the environment
  NO_COLOR                no colour, unless --color always

Exit codes:
  0  success, valid
  1  failed: input or output
  2  usage
  3  no secret
  4  not a token
  5  not signed by this profile's secret
  6  outside its time: expired, not yet valid, issued in the future, revoked
  7  signed, but a server token, no customer's, or another customer's
  8  some lines of a batch were refused";

/// Examples of `issue`.
pub(super) const ISSUE: &str = "\
Without --expires and --issued-at a token is valid until it is revoked, and byte for byte what \
Stream's SDKs give for the same user.

Examples:
  stream-token --profile demo issue 123
  stream-token --profile demo issue customer-123 --expires 1h
  stream-token --profile demo issue 1 2 3 --issued-at '5s ago' -o json
  seq 1 1000 | stream-token --profile demo issue --from - -o csv";

/// Examples of `verify`.
pub(super) const VERIFY: &str = "\
Every check is listed, whichever fails first. Stream knows no leeway; what it would answer is told \
without it.

Examples:
  stream-token --profile demo issue 123 |
    stream-token --profile demo verify - --customer 123
  stream-token --profile demo issue 1 2 3 |
    stream-token --profile demo verify --from - -o json";

/// Examples of `decode`.
pub(super) const DECODE: &str = "\
Anyone can write a token: what decode shows is what it claims. To check it, use verify.

Examples:
  stream-token --profile demo issue 123 | stream-token decode -
  stream-token --profile demo issue 123 |
    stream-token decode - --redact -o json";
