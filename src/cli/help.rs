//! The longer texts of `--help`, and of the man pages, which are made from them.
//!
//! After a command's options come sections: a heading at the margin that ends with a colon, lines
//! indented by two. Every line under `Examples:` is run by a test, so each fits the width of help.

/// What the program is for.
pub(super) const ABOUT: &str = "\
Mint, verify, decode and serve Stream Chat user tokens.

Support mints a test token for a customer and learns why a token is refused; engineers decode and \
verify, by hand and in scripts; staging serves them. The profile 'demo' is built in and needs no set-up.";

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
  XDG_CONFIG_HOME         holds stream-token/config.toml; else ~/.config does
  XDG_STATE_HOME          holds stream-token/audit; else ~/.local/state does
  STATE_DIRECTORY         holds audit, where systemd sets it
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

/// What `serve` is for.
#[cfg(all(unix, feature = "serve"))]
pub(super) const SERVE: &str = "\
Serve the endpoint that gives customers with a session their tokens.

POST /stream-chat/token with 'Authorization: Bearer SESSION' and {\"customer_id\": 123} answers \
{\"token\": \"…\"}. Every token is in the audit log before it is sent. There is one line a request \
on standard error, also with --quiet. SIGTERM and Ctrl-C drain: what was received is still answered; \
a second signal stops at once.

A RATE is 30/m, or so many by s or h, or off: all at once, and then evenly. Beyond it the answer is 429 \
with Retry-After. --admin-listen answers GET /healthz, /readyz and /metrics, for Prometheus.

Other machines can reach it only with TLS: --tls-cert and --tls-key, or a proxy that ends TLS and is \
named with --trusted-proxy. SIGHUP loads the certificate and its key, the profile, its API secret and \
its session key again: all of them, or none where one of them is of no use.

Under the profile 'demo', which needs no set-up, it prints a session and a curl command to try.";

/// Examples of `serve`.
#[cfg(all(unix, feature = "serve"))]
pub(super) const SERVE_EXAMPLES: &str = "\
Examples:
  stream-token --profile demo serve --listen 127.0.0.1:0
  stream-token serve --openapi";

/// What `session` is for.
pub(super) const SESSION: &str = "\
Make and revoke sessions: who a client of the endpoint is.

A session token is signed with a key of the profile's own, which the keyring holds or its \
configuration names. It opens nothing at Stream. Both commands are recorded in the audit log.";

/// Examples of `session`.
pub(super) const SESSION_EXAMPLES: &str = "\
Examples:
  stream-token --profile demo session new 123
  stream-token --profile staging session revoke --customer 123";

/// What `session new` is for.
pub(super) const SESSION_NEW: &str = "\
Make a session of a customer, and print its token.

Whoever has it gets that customer's tokens from the endpoint until it ends or is revoked.";

/// Examples of `session new`.
pub(super) const SESSION_NEW_EXAMPLES: &str = "\
Examples:
  stream-token --profile demo session new 123
  stream-token --profile demo session new 123 --expires 30m -o json";

/// What `session revoke` is for.
pub(super) const SESSION_REVOKE: &str = "\
End one session, or all of a customer's.

A running server sees it within a second. It holds in this state directory, whatever the profile; \
tokens that were given out already are not ended by it.";

/// Examples of `session revoke`.
pub(super) const SESSION_REVOKE_EXAMPLES: &str = "\
Examples:
  stream-token --profile staging session revoke --customer 123
  stream-token --profile staging session revoke --id 00c0ffee00c0ffee00c0ffee00c0ffee";

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

/// What `profile` is for.
pub(super) const PROFILE: &str = "\
Add, list, show and remove profiles: one is one Stream app.

A profile holds the app's API key, where its secret comes from, and a policy for its tokens. The \
configuration holds all of that, and never a secret. Every change is recorded in the audit log.";

/// Examples of `profile`.
pub(super) const PROFILE_EXAMPLES: &str = "\
Examples:
  stream-token profile add staging --secret env:STAGING_SECRET --api-key abc123
  stream-token profile list";

/// What `profile add` is for.
pub(super) const PROFILE_ADD: &str = "\
Add a profile; the first becomes the default.

Its API key and its secret are asked for, and the secret goes to the keyring of this login; \
--api-key and --secret-stdin give them where nobody can be asked. With --secret it stays where it \
is: in a variable, a file, a systemd credential, or a password manager whose command prints it. The \
words of a command are split at white space, and no shell sees them.";

/// Examples of `profile add`.
pub(super) const PROFILE_ADD_EXAMPLES: &str = "\
Examples:
  stream-token profile add eu --secret file:/run/secrets/stream --api-key abc123
  stream-token profile add us --secret 'command:pass show stream/us' --issued-at
  stream-token profile add live --secret credential:stream --production --default-lifetime 1h";

/// What `profile list` is for.
pub(super) const PROFILE_LIST: &str = "\
List all profiles.

The one that is meant where none is named is marked.";

/// Examples of `profile list`.
pub(super) const PROFILE_LIST_EXAMPLES: &str = "\
Examples:
  stream-token profile list
  stream-token profile list -o json";

/// What `profile show` is for.
pub(super) const PROFILE_SHOW: &str = "\
Show one profile.

Its secret is not read.";

/// Examples of `profile show`.
pub(super) const PROFILE_SHOW_EXAMPLES: &str = "\
Examples:
  stream-token profile show demo";

/// What `profile default` is for.
pub(super) const PROFILE_DEFAULT: &str = "\
Make a profile the default.

It is meant where neither --profile nor the environment names another.";

/// Examples of `profile default`.
pub(super) const PROFILE_DEFAULT_EXAMPLES: &str = "\
Examples:
  stream-token profile default demo";

/// What `profile remove` is for.
pub(super) const PROFILE_REMOVE: &str = "\
Remove a profile.

What the keyring holds for it is removed too; every other secret stays where it is. Its name is asked for again, or given with --confirm.";

/// Examples of `profile remove`.
pub(super) const PROFILE_REMOVE_EXAMPLES: &str = "\
Examples:
  stream-token profile add old --secret env:OLD
  stream-token profile remove old --confirm old";

/// What `secret` is for.
pub(super) const SECRET: &str = "\
Store, list, rotate and remove secrets in the operating system's keyring.

One item holds a profile's secret, and those that were rotated away for as long as they are kept. A \
secret is asked for twice, or read with --secret-stdin; it is never an argument, and never shown. \
Every change is recorded in the audit log.";

/// Examples of `secret`.
pub(super) const SECRET_EXAMPLES: &str = "\
Examples:
  stream-token secret list
  pass show stream/staging |
    stream-token secret rotate staging --secret-stdin";

/// What `secret set` is for.
pub(super) const SECRET_SET: &str = "\
Store a profile's secret in the keyring, in the place of the one before.

The one before is not kept: this is for one that was wrong. For a secret that was changed at Stream, \
use rotate.";

/// Examples of `secret set`.
pub(super) const SECRET_SET_EXAMPLES: &str = "\
Examples:
  pass show stream/staging |
    stream-token secret set staging --secret-stdin";

/// What `secret list` is for.
pub(super) const SECRET_LIST: &str = "\
List where secrets are, how old they are, and their fingerprints.

Nothing is unlocked and no program is run for it. A fingerprint is 16 hex digits by which two \
secrets are told apart; the secret cannot be had from it.";

/// Examples of `secret list`.
pub(super) const SECRET_LIST_EXAMPLES: &str = "\
Examples:
  stream-token secret list
  stream-token secret list -o json";

/// What `secret rotate` is for.
pub(super) const SECRET_ROTATE: &str = "\
Store a new secret, and keep the one before for a while.

The new one signs at once. Tokens of the one before still verify, with a note, until --keep-for is \
over. Make the new secret in Stream's dashboard first.";

/// Examples of `secret rotate`.
pub(super) const SECRET_ROTATE_EXAMPLES: &str = "\
Examples:
  pass show stream/staging |
    stream-token secret rotate staging --secret-stdin --keep-for 7d";

/// What `secret remove` is for.
pub(super) const SECRET_REMOVE: &str = "\
Remove a profile's secret from the keyring.

The secrets that were rotated away go with it; --previous removes them alone. The profile stays, and \
its name is asked for again, or given with --confirm.";

/// Examples of `secret remove`.
pub(super) const SECRET_REMOVE_EXAMPLES: &str = "\
Examples:
  stream-token secret remove staging --previous --confirm staging
  stream-token secret remove staging --confirm staging";

/// What `audit` is for.
pub(super) const AUDIT: &str = "\
Read and check the log of who minted, refused or changed what.

Every token but the demo profile's has its entry on disk before it is seen. The entries are chained \
by their hashes; a head that was kept elsewhere shows whether the log was cut or rewritten.";

/// Examples of `audit`.
pub(super) const AUDIT_EXAMPLES: &str = "\
Examples:
  stream-token audit list --customer 123 --since '7d ago'
  stream-token audit verify";

/// What `audit list` is for.
pub(super) const AUDIT_LIST: &str = "\
List who minted, refused or changed what.

Lines of the log that cannot be read are shown, not passed over.";

/// Examples of `audit list`.
pub(super) const AUDIT_LIST_EXAMPLES: &str = "\
Examples:
  stream-token audit list --customer 123
  stream-token audit list --since '1h ago' --outcome refused";

/// What `audit verify` is for.
pub(super) const AUDIT_VERIFY: &str = "\
Check that nothing in the log was changed.

An edited, inserted, removed, moved or foreign line is named, and the exit code is 9. With the head \
that was printed earlier, a log that was cut or rewritten is found too.";

/// Examples of `audit verify`.
pub(super) const AUDIT_VERIFY_EXAMPLES: &str = "\
Examples:
  stream-token audit verify
  stream-token audit verify -o json";

/// What `audit head` is for.
pub(super) const AUDIT_HEAD: &str = "\
Print the log's head, to be kept elsewhere.

It is the log's id, the number of its last entry and that entry's hash. Keep it where whoever writes \
the log cannot: then 'audit verify --expect HEAD' finds a log that was cut or rewritten.";

/// Examples of `audit head`.
pub(super) const AUDIT_HEAD_EXAMPLES: &str = "\
Examples:
  stream-token profile add a --secret env:A && stream-token audit head";
