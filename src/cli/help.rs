//! The longer texts of `--help`, and of the man pages, which are made from them.
//!
//! After a command's options come sections: a heading at the margin that ends with a colon, lines
//! indented by two. Every line under `Examples:` is run by a test, so each fits the width of help.

/// What the program is for.
pub(super) const ABOUT: &str = "\
Mint, verify and decode Stream Chat user tokens.

Support mints a test token for a customer and learns why a token is refused; engineers decode and \
verify, by hand and in scripts. The profile 'demo' is built in and needs no set-up.";

/// Examples, times, environment and exit codes.
pub(super) const AFTER: &str = "\
Examples:
  stream-token --profile demo issue 123
  stream-token --profile demo issue 123 |
    stream-token --profile demo verify -
  stream-token --profile demo issue 123 | stream-token decode -

Times:
  WHEN is now, 1h (ahead), 1h ago, 2026-12-31T23:59:59Z, or epoch seconds;
  units are s m h d w, as in 1h30m

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

/// What `issue` is for.
pub(super) const ISSUE: &str = "\
Mint tokens for customers.

Each comes out as one line and nothing else, ready for a pipe. Without --expires and --issued-at a \
token is valid until it is revoked, and byte for byte what Stream's SDKs give for the same user.";

/// Examples of `issue`.
pub(super) const ISSUE_EXAMPLES: &str = "\
Examples:
  stream-token --profile demo issue 123
  stream-token --profile demo issue customer-123 --expires 1h
  stream-token --profile demo issue 1 2 3 --issued-at '5s ago' -o json
  stream-token --profile demo issue 123 -o curl
  seq 1 1000 | stream-token --profile demo issue --from - -o csv";

/// What `verify` is for.
pub(super) const VERIFY: &str = "\
Check a token and say what Stream would answer.

Every check is listed, whichever fails first, and the exit code tells the verdict. Stream knows no \
leeway; what it would answer is told without it. A token is found in what was pasted around it: \
Bearer, quotes, a curl command, a JSON reply.";

/// Examples of `verify`.
pub(super) const VERIFY_EXAMPLES: &str = "\
Examples:
  stream-token --profile demo issue 123 |
    stream-token --profile demo verify -
  stream-token --profile demo issue 123 -o header |
    stream-token --profile demo verify - --customer 123 -o json
  stream-token --profile demo issue 123 --expires 1h |
    stream-token --profile demo verify - --at '5m ago'
  stream-token --profile demo issue 1 2 3 |
    stream-token --profile demo verify --from - -o json";

/// What `decode` is for.
pub(super) const DECODE: &str = "\
Read a token without a secret; nothing is verified.

Anyone can write a token: what decode shows is what it claims. To check it, use verify.";

/// Examples of `decode`.
pub(super) const DECODE_EXAMPLES: &str = "\
Examples:
  stream-token --profile demo issue 123 | stream-token decode -
  stream-token --profile demo issue 123 |
    stream-token decode - --redact -o json";

/// What `completions` is for.
pub(super) const COMPLETIONS: &str = "\
Print what a shell needs to complete this program's commands, flags and values.

bash: source it, or keep it as ~/.local/share/bash-completion/completions/stream-token. zsh: keep it \
as _stream-token in a folder of $fpath. fish: keep it as \
~/.config/fish/completions/stream-token.fish. Others: source it where the shell starts.";

/// Examples of `completions`.
pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  stream-token completions bash > stream-token.bash
  stream-token completions zsh > _stream-token
  stream-token completions fish | grep -c issue";
