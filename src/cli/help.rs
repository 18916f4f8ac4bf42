//! The longer texts of `--help`, and of the man pages, which are made from them.
//!
//! After a command's options come sections: a heading at the margin that ends with a colon, lines
//! indented by two. A test runs every example, so each fits the width of help. What is too long for help
//! is in `man/sections`.

/// Description of the program.
pub(super) const ABOUT: &str = "\
Mint, verify, decode and serve Stream Chat user tokens.

Support mints a test token for a customer and finds out why a token is refused; engineers decode and \
verify, by hand and in scripts; staging serves tokens. The profile 'demo' is built in and needs no set-up.";

/// Examples, times, environment and exit codes.
pub(super) const AFTER: &str = "\
Examples:
  stream-token --profile demo issue 123
  stream-token --profile demo issue 123 |
    stream-token --profile demo verify -
  stream-token --profile demo issue 123 | stream-token decode -

Times:
  WHEN is now, 1h (from now), 1h ago, 2026-12-31T23:59:59Z, or epoch seconds;
  units are s m h d w, as in 1h30m

Environment:
  STREAM_TOKEN_PROFILE    the profile, if --profile is not given
  STREAM_API_SECRET_FILE  a file that holds the app's API secret
  STREAM_API_SECRET       the API secret itself
  STREAM_API_KEY          the app's API key, beside a secret from the environment
  XDG_CONFIG_HOME         holds stream-token/config.toml; default ~/.config
  XDG_STATE_HOME          holds stream-token/audit; default ~/.local/state
  STATE_DIRECTORY         holds audit, if systemd sets it
  STREAM_TOKEN_DUMPABLE   1 to allow debuggers and core dumps, which show secrets
  NO_COLOR                no colour, unless --color always

Exit codes:
  0  success, valid
  1  failed: input, output or the audit log
  2  usage
  3  no secret
  4  not a token
  5  not signed by this profile's secret
  6  outside its time: expired, not yet valid, issued in the future, revoked
  7  signed, but a server token, no customer's, or another customer's
  8  some lines of a batch were refused
  9  the audit log does not verify
  130  interrupted at a question";

/// Description of `issue`.
pub(super) const ISSUE: &str = "\
Mint tokens for customers.

Each token is one line and nothing else, ready for a pipe. Without --expires and --issued-at a \
token is valid until it is revoked, and byte for byte what Stream's SDKs print for the same user.";

/// Examples of `issue`.
pub(super) const ISSUE_EXAMPLES: &str = "\
Examples:
  stream-token --profile demo issue 123
  stream-token --profile demo issue customer-123 --expires 1h
  stream-token --profile demo issue 1 2 3 --issued-at '5s ago' -o json
  stream-token --profile demo issue 123 -o curl
  seq 1 1000 | stream-token --profile demo issue --from - -o csv";

/// Description of `verify`.
pub(super) const VERIFY: &str = "\
Check a token and say what Stream would answer.

Every check is listed, whichever fails first, and the exit code depends on the verdict. Stream allows no \
leeway, so its answer is reported without it. The token is found in whatever was pasted with it: \
Bearer, quotes, a curl command, a JSON response.";

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

/// Description of `decode`.
pub(super) const DECODE: &str = "\
Read a token without a secret; nothing is verified.

Anyone can write a token: decode shows only what it claims. To check it, use verify.";

/// Examples of `decode`.
pub(super) const DECODE_EXAMPLES: &str = "\
Examples:
  stream-token --profile demo issue 123 | stream-token decode -
  stream-token --profile demo issue 123 |
    stream-token decode - --redact -o json";

/// Description of `serve`.
#[cfg(all(unix, feature = "serve"))]
pub(super) const SERVE: &str = "\
Serve the endpoint that gives customers with a session their tokens.

POST /stream-chat/token with 'Authorization: Bearer SESSION' and {\"customer_id\": 123} answers \
{\"token\": \"…\"}. Every token is in the audit log before it is sent. Each request is one line on \
standard error, also with --quiet. SIGTERM and Ctrl-C drain: what was received is still answered; \
a second signal stops at once.

A RATE is 30/m, 1/s, 500/h or the like, or off: all of it at once, and then evenly. Beyond it the response \
is 429 with Retry-After. --admin-listen answers GET /healthz, /readyz and /metrics, for Prometheus.

Other machines can reach it only with TLS: --tls-cert and --tls-key, or a proxy that ends TLS and is \
named with --trusted-proxy. SIGHUP loads the certificate and its key, the profile, its API secret and \
its session key again: all of them, or none if one of them is invalid.

Under the profile 'demo', which needs no set-up, it prints a session and a curl command to try.";

/// Examples of `serve`.
#[cfg(all(unix, feature = "serve"))]
pub(super) const SERVE_EXAMPLES: &str = "\
Examples:
  stream-token --profile demo serve --listen 127.0.0.1:0
  stream-token serve --openapi";

/// Description of `session`.
pub(super) const SESSION: &str = "\
Create and revoke endpoint sessions.

A session says whose tokens a client may get. Its token is signed with a key of the profile's own, which \
the keyring holds or the configuration names, and is worth nothing at Stream. Both commands are recorded in the \
audit log.";

/// Examples of `session`.
pub(super) const SESSION_EXAMPLES: &str = "\
Examples:
  stream-token --profile demo session new 123
  stream-token --profile staging session revoke --customer 123";

/// Description of `session new`.
pub(super) const SESSION_NEW: &str = "\
Create a session for a customer, and print its token.

Anybody who has it gets that customer's tokens from the endpoint until it ends or is revoked.";

/// Examples of `session new`.
pub(super) const SESSION_NEW_EXAMPLES: &str = "\
Examples:
  stream-token --profile demo session new 123
  stream-token --profile demo session new 123 --expires 30m -o json";

/// Description of `session revoke`.
pub(super) const SESSION_REVOKE: &str = "\
End one session, or all of a customer's.

A running server sees it within a second. It holds in this state directory, whatever the profile; \
tokens that were issued before stay valid.";

/// Examples of `session revoke`.
pub(super) const SESSION_REVOKE_EXAMPLES: &str = "\
Examples:
  stream-token --profile staging session revoke --customer 123
  stream-token --profile staging session revoke --id 00c0ffee00c0ffee00c0ffee00c0ffee";

/// Description of `completions`.
pub(super) const COMPLETIONS: &str = "\
Print shell completions for this program's commands, flags and values.

bash: source it, or keep it as ~/.local/share/bash-completion/completions/stream-token. zsh: keep it \
as _stream-token in a folder of $fpath. fish: keep it as \
~/.config/fish/completions/stream-token.fish. Other shells: source it at start-up.";

/// Examples of `completions`.
pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  stream-token completions bash > stream-token.bash
  stream-token completions zsh > _stream-token
  stream-token completions fish | grep -c issue";

/// Description of `profile`.
pub(super) const PROFILE: &str = "\
Manage profiles (one per Stream app).

A profile holds the app's API key, the source of its secret, and a policy for its tokens. The \
configuration never holds a secret. Every change is recorded in the audit log.";

/// Examples of `profile`.
pub(super) const PROFILE_EXAMPLES: &str = "\
Examples:
  stream-token profile add staging --secret env:STAGING_SECRET --api-key abc123
  stream-token profile list";

/// Description of `profile add`.
pub(super) const PROFILE_ADD: &str = "\
Add a profile; the first becomes the default.

It asks for the API key and the secret, and stores the secret in the keyring of this login; \
--api-key and --secret-stdin are for scripts. With --secret the secret stays where it \
is: in a variable, a file, a systemd credential, or a password manager whose command prints it. The \
words of a command are split at white space, and no shell sees them.";

/// Examples of `profile add`.
pub(super) const PROFILE_ADD_EXAMPLES: &str = "\
Examples:
  stream-token profile add eu --secret file:/run/secrets/stream --api-key abc123
  stream-token profile add us --secret 'command:pass show stream/us' --issued-at
  stream-token profile add live --secret credential:stream --production --default-lifetime 1h";

/// Description of `profile list`.
pub(super) const PROFILE_LIST: &str = "\
List all profiles.

The default profile is marked.";

/// Examples of `profile list`.
pub(super) const PROFILE_LIST_EXAMPLES: &str = "\
Examples:
  stream-token profile list
  stream-token profile list -o json";

/// Description of `profile show`.
pub(super) const PROFILE_SHOW: &str = "\
Show one profile.

Its secret is not read.";

/// Examples of `profile show`.
pub(super) const PROFILE_SHOW_EXAMPLES: &str = "\
Examples:
  stream-token profile show demo";

/// Description of `profile default`.
pub(super) const PROFILE_DEFAULT: &str = "\
Make a profile the default.

It is used if neither --profile nor the environment names another.";

/// Examples of `profile default`.
pub(super) const PROFILE_DEFAULT_EXAMPLES: &str = "\
Examples:
  stream-token profile default demo";

/// Description of `profile remove`.
pub(super) const PROFILE_REMOVE: &str = "\
Remove a profile.

What the keyring holds for it is removed too; any other secret stays where it is. Type its name again when asked, \
or give it with --confirm.";

/// Examples of `profile remove`.
pub(super) const PROFILE_REMOVE_EXAMPLES: &str = "\
Examples:
  stream-token profile add old --secret env:OLD
  stream-token profile remove old --confirm old";

/// Description of `secret`.
pub(super) const SECRET: &str = "\
Store, list, rotate and remove secrets in the operating system's keyring.

One item holds a profile's secret, and its earlier ones for as long as they are kept. A \
secret is typed twice, or read with --secret-stdin; it is never an argument, and never shown. \
Every change is recorded in the audit log.";

/// Examples of `secret`.
pub(super) const SECRET_EXAMPLES: &str = "\
Examples:
  stream-token secret list
  pass show stream/staging |
    stream-token secret rotate staging --secret-stdin";

/// Description of `secret set`.
pub(super) const SECRET_SET: &str = "\
Store a profile's secret in the keyring, in place of the one before.

The one before is not kept: use this if it was wrong. For a secret that was changed at Stream, \
use rotate.";

/// Examples of `secret set`.
pub(super) const SECRET_SET_EXAMPLES: &str = "\
Examples:
  pass show stream/staging |
    stream-token secret set staging --secret-stdin";

/// Description of `secret list`.
pub(super) const SECRET_LIST: &str = "\
List where secrets are, how old they are, and their fingerprints.

Nothing is unlocked and no program is run. A fingerprint is 16 hex digits that tell two secrets \
apart and reveal nothing of them.";

/// Examples of `secret list`.
pub(super) const SECRET_LIST_EXAMPLES: &str = "\
Examples:
  stream-token secret list
  stream-token secret list -o json";

/// Description of `secret rotate`.
pub(super) const SECRET_ROTATE: &str = "\
Store a new secret, and keep the one before for a while.

The new one signs at once. Tokens of the one before still verify, with a note, until --keep-for is \
over. Make the new secret in Stream's dashboard first.";

/// Examples of `secret rotate`.
pub(super) const SECRET_ROTATE_EXAMPLES: &str = "\
Examples:
  pass show stream/staging |
    stream-token secret rotate staging --secret-stdin --keep-for 7d";

/// Description of `secret remove`.
pub(super) const SECRET_REMOVE: &str = "\
Remove a profile's secret from the keyring.

Its earlier secrets are removed too; --previous removes only them. The profile stays. Type its name again when \
asked, or give it with --confirm.";

/// Examples of `secret remove`.
pub(super) const SECRET_REMOVE_EXAMPLES: &str = "\
Examples:
  stream-token secret remove staging --previous --confirm staging
  stream-token secret remove staging --confirm staging";

/// Description of `audit`.
pub(super) const AUDIT: &str = "\
Read and check the log of who minted, refused or changed what.

Every token but the demo profile's has its entry on disk before it is printed or sent. The entries are \
chained by their hashes; a head that was kept elsewhere shows whether the log was cut or rewritten.";

/// Examples of `audit`.
pub(super) const AUDIT_EXAMPLES: &str = "\
Examples:
  stream-token audit list --customer 123 --since '7d ago'
  stream-token audit verify";

/// Description of `audit list`.
pub(super) const AUDIT_LIST: &str = "\
List who minted, refused or changed what.

Lines of the log that cannot be read are shown, not skipped.";

/// Examples of `audit list`.
pub(super) const AUDIT_LIST_EXAMPLES: &str = "\
Examples:
  stream-token audit list --customer 123
  stream-token audit list --since '1h ago' --outcome refused";

/// Description of `audit verify`.
pub(super) const AUDIT_VERIFY: &str = "\
Check that nothing in the log was changed.

An edited, inserted, removed, moved or foreign line is reported, and the exit code is 9. With an \
earlier head, a log that was cut or rewritten is found too.";

/// Examples of `audit verify`.
pub(super) const AUDIT_VERIFY_EXAMPLES: &str = "\
Examples:
  stream-token audit verify
  stream-token audit verify -o json";

/// Description of `audit head`.
pub(super) const AUDIT_HEAD: &str = "\
Print the log's head, to keep elsewhere.

It is the log's id, the number of its last entry and that entry's hash. Keep it where nobody who writes \
the log can change it: then 'audit verify --expect HEAD' finds a log that was cut or rewritten.";

/// Examples of `audit head`.
pub(super) const AUDIT_HEAD_EXAMPLES: &str = "\
Examples:
  stream-token profile add a --secret env:A && stream-token audit head";
