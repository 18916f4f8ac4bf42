module completions {

  def "nu-complete stream-token output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token color" [] {
    [ "auto" "always" "never" ]
  }

  # Mint, verify, decode and serve Stream Chat user tokens
  export extern stream-token [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  def "nu-complete stream-token issue output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token issue color" [] {
    [ "auto" "always" "never" ]
  }

  # Mint tokens for customers
  export extern "stream-token issue" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token issue output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token issue color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --from: path              # Read customers from a file, one a line; - is standard input
    --expires: string         # When the tokens expire: a future time, or never [default: never]
    --ttl: string             # When the tokens expire: a future time, or never [default: never]
    --issued-at: string       # Set the time of issue (iat) in the tokens; by default they have none
    --confirm: string         # For a production profile: its name, typed again
    --reason: string          # Why the tokens are needed: one line of at most 200 characters, kept in the audit log
    --fault: string           # Make the tokens fail, to test an app: expired, expires-in:10s, not-yet-valid, issued-in-future, bad-signature, wrong-user, malformed
    --copy                    # Copy the token to the clipboard; at a terminal it is then shown only with --output
    --qr                      # Show the token as a QR code
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
    ...customers: string      # Whose token: 123 or customer-123
  ]

  def "nu-complete stream-token exec output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token exec color" [] {
    [ "auto" "always" "never" ]
  }

  # Run a command with a customer's token in its environment
  export extern "stream-token exec" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token exec output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token exec color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --expires: string         # When the tokens expire: a future time, or never [default: never]
    --ttl: string             # When the tokens expire: a future time, or never [default: never]
    --issued-at: string       # Set the time of issue (iat) in the tokens; by default they have none
    --confirm: string         # For a production profile: its name, typed again
    --reason: string          # Why the tokens are needed: one line of at most 200 characters, kept in the audit log
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
    customer: string          # Whose token: 123 or customer-123
  ]

  def "nu-complete stream-token verify output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token verify color" [] {
    [ "auto" "always" "never" ]
  }

  # Check a token and say what Stream would answer
  export extern "stream-token verify" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token verify output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token verify color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --from: path              # Verify many: a file of tokens, one a line; - is standard input
    --customer: string        # It must be this customer's
    --leeway: string          # How far clocks may differ: 0s (default) to 5m
    --at: string              # Verify as if it were this time, not now
    --revoked-before: string  # Also apply a revocation made at this time: of all tokens issued before it
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
    token?: string            # The token; without one, or as -, it is read from standard input
  ]

  def "nu-complete stream-token decode output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token decode color" [] {
    [ "auto" "always" "never" ]
  }

  # Read a token without a secret; nothing is verified
  export extern "stream-token decode" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token decode output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token decode color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --redact                  # Hide who it is for and every value except times, to show it to others
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
    token?: string            # The token; without one, or as -, it is read from standard input
  ]

  def "nu-complete stream-token serve output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token serve color" [] {
    [ "auto" "always" "never" ]
  }

  # Serve the endpoint that gives customers with a session their tokens
  export extern "stream-token serve" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token serve output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token serve color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --listen: string          # The address to listen on; port 0 lets the system choose one
    --tls-cert: path          # Speak TLS with this certificate, and those between it and the root behind it, in PEM
    --tls-key: path           # The certificate's private key in PEM, which nobody else can read
    --cors-origin: string     # Let pages of this origin read responses; may be repeated
    --cors-header: string     # Let these pages send this request header too; may be repeated
    --lifetime: string        # How long tokens live, or never for no end; without it as the profile's policy has it
    --rate-limit: string      # How often one customer may ask: N/s, N/m, N/h or off
    --rate-limit-address: string # How often requests of one address may fail; of IPv6 a /64 counts as one
    --max-connections: string # How many connections there may be at once: 8 to 65536 [default: 768]
    --trusted-proxy: string   # Believe X-Forwarded-For of proxies in this network, such as 10.0.0.0/8; may be repeated
    --admin-listen: string    # Answer health checks and serve metrics on this address
    --fault: string           # Make requests of CUSTOMER (123, or 1-100) fail, to test an app; with *N the first N only; may be repeated
    --openapi                 # Print the endpoint's description in OpenAPI 3.1, and end
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  def "nu-complete stream-token profile output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token profile color" [] {
    [ "auto" "always" "never" ]
  }

  # Manage profiles (one per Stream app)
  export extern "stream-token profile" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token profile output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token profile color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  def "nu-complete stream-token profile add output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token profile add color" [] {
    [ "auto" "always" "never" ]
  }

  # Add a profile; the first becomes the default
  export extern "stream-token profile add" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token profile add output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token profile add color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --secret: string          # Where its API secret comes from: keyring (default), env:NAME, file:/abs, credential:NAME or command:PROG ARGS
    --api-key: string         # The app's API key, which is no secret
    --session-key: string     # Where the key that signs sessions comes from; the keyring, where the secret is there
    --base-url: string        # Where the app's API answers, if not at Stream's usual place
    --check-url: string       # Sessions: the app's own; its backend at this URL says whose a token is
    --customer-from: string   # Sessions: where the customer is in the backend's JSON, such as /data/id
    --authorization: string   # Sessions: the Authorization that the backend gets [default: 'Bearer {token}']
    --check-cache: string     # Sessions: how long the backend's yes counts, 0s to 60s [default: 10s]
    --jwt-issuer: string      # Sessions: the app's own JWTs, with this 'iss'
    --jwt-audience: string    # Sessions: the 'aud' of these JWTs
    --jwt-claim: string       # Sessions: the claim that names the customer, or a pointer such as /user/id [default: sub]
    --jwks-url: string        # Sessions: where the public keys of these JWTs are; without it, the session key signs them (HS256)
    --jwt-algorithm: string   # Sessions: the algorithm of these keys, RS256 or ES256 [default: RS256]
    --backend-timeout: string # Sessions: how long the backend may take, 1s to 10s [default: 2s]
    --backend-ca-file: string # Sessions: the certificates that the backend is known by, in PEM, instead of the system's
    --default-lifetime: string # Policy: how long tokens live for which nothing is said
    --longest-lifetime: string # Policy: how long tokens live at most
    --issued-at               # Policy: say in tokens when they were issued, five seconds back
    --production              # Policy: a production app; minting is confirmed, and every token expires
    --require-reason          # Policy: require a reason for every token, given with --reason or when asked
    --secret-stdin            # Read the secret for the keyring from standard input, not from a prompt
    --as-is                   # Store the secret even if it has quotes, blanks or anything else that Stream's secrets do not have
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
    name: string              # Its name: 1 to 32 of a-z 0-9 _ -
  ]

  def "nu-complete stream-token profile list output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token profile list color" [] {
    [ "auto" "always" "never" ]
  }

  # List all profiles
  export extern "stream-token profile list" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token profile list output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token profile list color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  def "nu-complete stream-token profile show output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token profile show color" [] {
    [ "auto" "always" "never" ]
  }

  # Show one profile
  export extern "stream-token profile show" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token profile show output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token profile show color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
    name: string              # The profile
  ]

  def "nu-complete stream-token profile set output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token profile set color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete stream-token profile set unset" [] {
    [ "api-key" "session-key" "base-url" "sessions" "default-lifetime" "longest-lifetime" "issued-at" "production" "require-reason" ]
  }

  # Change settings of a profile
  export extern "stream-token profile set" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token profile set output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token profile set color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --secret: string          # Where its API secret comes from: keyring (default), env:NAME, file:/abs, credential:NAME or command:PROG ARGS
    --api-key: string         # The app's API key, which is no secret
    --session-key: string     # Where the key that signs sessions comes from; the keyring, where the secret is there
    --base-url: string        # Where the app's API answers, if not at Stream's usual place
    --check-url: string       # Sessions: the app's own; its backend at this URL says whose a token is
    --customer-from: string   # Sessions: where the customer is in the backend's JSON, such as /data/id
    --authorization: string   # Sessions: the Authorization that the backend gets [default: 'Bearer {token}']
    --check-cache: string     # Sessions: how long the backend's yes counts, 0s to 60s [default: 10s]
    --jwt-issuer: string      # Sessions: the app's own JWTs, with this 'iss'
    --jwt-audience: string    # Sessions: the 'aud' of these JWTs
    --jwt-claim: string       # Sessions: the claim that names the customer, or a pointer such as /user/id [default: sub]
    --jwks-url: string        # Sessions: where the public keys of these JWTs are; without it, the session key signs them (HS256)
    --jwt-algorithm: string   # Sessions: the algorithm of these keys, RS256 or ES256 [default: RS256]
    --backend-timeout: string # Sessions: how long the backend may take, 1s to 10s [default: 2s]
    --backend-ca-file: string # Sessions: the certificates that the backend is known by, in PEM, instead of the system's
    --default-lifetime: string # Policy: how long tokens live for which nothing is said
    --longest-lifetime: string # Policy: how long tokens live at most
    --issued-at               # Policy: say in tokens when they were issued, five seconds back
    --production              # Policy: a production app; minting is confirmed, and every token expires
    --require-reason          # Policy: require a reason for every token, given with --reason or when asked
    --unset: string@"nu-complete stream-token profile set unset" # Remove a setting; repeatable
    --confirm: string         # The name of a production profile, to change it without being asked
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
    name: string              # The profile
  ]

  def "nu-complete stream-token profile default output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token profile default color" [] {
    [ "auto" "always" "never" ]
  }

  # Make a profile the default
  export extern "stream-token profile default" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token profile default output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token profile default color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
    name: string              # The profile
  ]

  def "nu-complete stream-token profile remove output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token profile remove color" [] {
    [ "auto" "always" "never" ]
  }

  # Remove a profile
  export extern "stream-token profile remove" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token profile remove output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token profile remove color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --confirm: string         # Its name, typed again
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
    name: string              # The profile
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "stream-token profile help" [
  ]

  # Add a profile; the first becomes the default
  export extern "stream-token profile help add" [
  ]

  # List all profiles
  export extern "stream-token profile help list" [
  ]

  # Show one profile
  export extern "stream-token profile help show" [
  ]

  # Change settings of a profile
  export extern "stream-token profile help set" [
  ]

  # Make a profile the default
  export extern "stream-token profile help default" [
  ]

  # Remove a profile
  export extern "stream-token profile help remove" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "stream-token profile help help" [
  ]

  def "nu-complete stream-token secret output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token secret color" [] {
    [ "auto" "always" "never" ]
  }

  # Store, list, rotate and remove secrets in the operating system's keyring
  export extern "stream-token secret" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token secret output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token secret color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  def "nu-complete stream-token secret set output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token secret set color" [] {
    [ "auto" "always" "never" ]
  }

  # Store a profile's secret in the keyring, in place of the one before
  export extern "stream-token secret set" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token secret set output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token secret set color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --session-key             # The key that signs sessions, not the API secret; it is made at random
    --secret-stdin            # Read the secret for the keyring from standard input, not from a prompt
    --as-is                   # Store the secret even if it has quotes, blanks or anything else that Stream's secrets do not have
    --confirm: string         # The name of a production profile, typed again
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
    name: string              # The profile
  ]

  def "nu-complete stream-token secret list output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token secret list color" [] {
    [ "auto" "always" "never" ]
  }

  # List where secrets are, how old they are, and their fingerprints
  export extern "stream-token secret list" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token secret list output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token secret list color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  def "nu-complete stream-token secret check output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token secret check color" [] {
    [ "auto" "always" "never" ]
  }

  # Check a profile's secret against a token that is known to be good
  export extern "stream-token secret check" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token secret check output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token secret check color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
    name?: string             # The profile [default: the one that issue would use]
  ]

  def "nu-complete stream-token secret rotate output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token secret rotate color" [] {
    [ "auto" "always" "never" ]
  }

  # Store a new secret, and keep the one before for a while
  export extern "stream-token secret rotate" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token secret rotate output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token secret rotate color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --session-key             # The key that signs sessions, not the API secret; it is made at random
    --secret-stdin            # Read the secret for the keyring from standard input, not from a prompt
    --as-is                   # Store the secret even if it has quotes, blanks or anything else that Stream's secrets do not have
    --confirm: string         # The name of a production profile, typed again
    --keep-for: string        # How long the secret before still verifies; 0s to keep it no longer
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
    name: string              # The profile
  ]

  def "nu-complete stream-token secret remove output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token secret remove color" [] {
    [ "auto" "always" "never" ]
  }

  # Remove a profile's secret from the keyring
  export extern "stream-token secret remove" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token secret remove output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token secret remove color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --session-key             # The key that signs sessions, not the API secret
    --previous                # Only the secrets that were rotated away
    --confirm: string         # The profile's name, typed again
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
    name: string              # The profile; it need not be configured
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "stream-token secret help" [
  ]

  # Store a profile's secret in the keyring, in place of the one before
  export extern "stream-token secret help set" [
  ]

  # List where secrets are, how old they are, and their fingerprints
  export extern "stream-token secret help list" [
  ]

  # Check a profile's secret against a token that is known to be good
  export extern "stream-token secret help check" [
  ]

  # Store a new secret, and keep the one before for a while
  export extern "stream-token secret help rotate" [
  ]

  # Remove a profile's secret from the keyring
  export extern "stream-token secret help remove" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "stream-token secret help help" [
  ]

  def "nu-complete stream-token session output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token session color" [] {
    [ "auto" "always" "never" ]
  }

  # Create and revoke endpoint sessions
  export extern "stream-token session" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token session output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token session color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  def "nu-complete stream-token session new output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token session new color" [] {
    [ "auto" "always" "never" ]
  }

  # Create a session for a customer, and print its token
  export extern "stream-token session new" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token session new output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token session new color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --expires: string         # When it ends: a future time, at most 30d ahead
    --ttl: string             # When it ends: a future time, at most 30d ahead
    --confirm: string         # For a production profile: its name, typed again
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
    customer: string          # Whose session: 123 or customer-123
  ]

  def "nu-complete stream-token session revoke output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token session revoke color" [] {
    [ "auto" "always" "never" ]
  }

  # End one session, all of a customer's, or all
  export extern "stream-token session revoke" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token session revoke output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token session revoke color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --token-stdin             # The one whose token comes on standard input; a session token is never an argument
    --id: string              # The one with this id, as 'session new -o json' and the audit log tell it
    --customer: string        # All of this customer's, issued up to now
    --all                     # All of all customers, issued up to now; replaces a list of revocations that is damaged or gone
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "stream-token session help" [
  ]

  # Create a session for a customer, and print its token
  export extern "stream-token session help new" [
  ]

  # End one session, all of a customer's, or all
  export extern "stream-token session help revoke" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "stream-token session help help" [
  ]

  def "nu-complete stream-token audit output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token audit color" [] {
    [ "auto" "always" "never" ]
  }

  # Read and check the log of who minted, refused or changed what
  export extern "stream-token audit" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token audit output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token audit color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  def "nu-complete stream-token audit list output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token audit list color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete stream-token audit list action" [] {
    [ "mint" "mint_batch" "fault" "refusal" "refusals" "secret_set" "secret_rotate" "secret_remove" "session_new" "session_revoke" "profile_add" "profile_default" "profile_change" "profile_remove" "pruned" "segment_opened" "repaired" "chain_broken" ]
  }

  def "nu-complete stream-token audit list channel" [] {
    [ "cli" "serve" ]
  }

  def "nu-complete stream-token audit list outcome" [] {
    [ "ok" "refused" "failed" ]
  }

  # List who minted, refused or changed what
  export extern "stream-token audit list" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token audit list output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token audit list color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --since: string           # From this time on: 1d (a day back from now), today, a date, …
    --until: string           # Up to this time; a day is included
    --customer: string        # About this customer, alone or in a batch
    --actor: string           # By this user, or by one behind sudo
    --action: string@"nu-complete stream-token audit list action" # About this action; give it again for another
    --channel: string@"nu-complete stream-token audit list channel" # By the command line or the endpoint
    --outcome: string@"nu-complete stream-token audit list outcome" # That was done, refused by a rule, or allowed and failed
    --reason: string          # Whose reason contains this text: the one given to 'issue --reason', or why it was refused
    --summary                 # Show how many tokens were minted and refused, for each day (UTC) and profile
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  def "nu-complete stream-token audit find output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token audit find color" [] {
    [ "auto" "always" "never" ]
  }

  # Find out who minted a token, when, for whom and why
  export extern "stream-token audit find" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token audit find output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token audit find color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
    token?: string            # The token or its fingerprint; without one, or as -, the token is read from standard input
  ]

  def "nu-complete stream-token audit follow output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token audit follow color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete stream-token audit follow action" [] {
    [ "mint" "mint_batch" "fault" "refusal" "refusals" "secret_set" "secret_rotate" "secret_remove" "session_new" "session_revoke" "profile_add" "profile_default" "profile_change" "profile_remove" "pruned" "segment_opened" "repaired" "chain_broken" ]
  }

  def "nu-complete stream-token audit follow channel" [] {
    [ "cli" "serve" ]
  }

  def "nu-complete stream-token audit follow outcome" [] {
    [ "ok" "refused" "failed" ]
  }

  # Show new entries as they are written, until interrupted
  export extern "stream-token audit follow" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token audit follow output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token audit follow color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --customer: string        # About this customer, alone or in a batch
    --actor: string           # By this user, or by one behind sudo
    --action: string@"nu-complete stream-token audit follow action" # About this action; give it again for another
    --channel: string@"nu-complete stream-token audit follow channel" # By the command line or the endpoint
    --outcome: string@"nu-complete stream-token audit follow outcome" # That was done, refused by a rule, or allowed and failed
    --reason: string          # Whose reason contains this text: the one given to 'issue --reason', or why it was refused
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  def "nu-complete stream-token audit verify output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token audit verify color" [] {
    [ "auto" "always" "never" ]
  }

  # Check that nothing in the log was changed
  export extern "stream-token audit verify" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token audit verify output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token audit verify color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --expect: string          # A head that 'audit head' printed earlier: the log must hold it still
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  def "nu-complete stream-token audit prune output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token audit prune color" [] {
    [ "auto" "always" "never" ]
  }

  # Remove old entries
  export extern "stream-token audit prune" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token audit prune output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token audit prune color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --before: string          # Segments whose entries are all older than this: 90d (counted back from now), a date, …
    --dry-run                 # Show what would be removed, and remove nothing
    --confirm: string         # The log's id, typed again; 'audit head' starts with it
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  def "nu-complete stream-token audit head output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token audit head color" [] {
    [ "auto" "always" "never" ]
  }

  # Print the log's head, to keep elsewhere
  export extern "stream-token audit head" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token audit head output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token audit head color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "stream-token audit help" [
  ]

  # List who minted, refused or changed what
  export extern "stream-token audit help list" [
  ]

  # Find out who minted a token, when, for whom and why
  export extern "stream-token audit help find" [
  ]

  # Show new entries as they are written, until interrupted
  export extern "stream-token audit help follow" [
  ]

  # Check that nothing in the log was changed
  export extern "stream-token audit help verify" [
  ]

  # Remove old entries
  export extern "stream-token audit help prune" [
  ]

  # Print the log's head, to keep elsewhere
  export extern "stream-token audit help head" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "stream-token audit help help" [
  ]

  def "nu-complete stream-token doctor output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token doctor color" [] {
    [ "auto" "always" "never" ]
  }

  # Check what is set up, and say what to do
  export extern "stream-token doctor" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token doctor output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token doctor color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --tls-cert: path          # Check this certificate too, as serve would show it to clients
    --tls-key: path           # The certificate's private key
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
  ]

  def "nu-complete stream-token completions output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token completions color" [] {
    [ "auto" "always" "never" ]
  }

  def "nu-complete stream-token completions shell" [] {
    [ "bash" "elvish" "fish" "nushell" "powershell" "zsh" ]
  }

  # Print shell completions for this program's commands, flags and values
  export extern "stream-token completions" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --config: path            # The configuration file
    --state-dir: path         # The directory that holds the audit log
    --output(-o): string@"nu-complete stream-token completions output" # The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT
    --json                    # Short for --output json
    --color: string@"nu-complete stream-token completions color" # When to use colour: auto (default), always, never
    --no-input                # Never prompt; fail instead, and name the flag to use
    --quiet(-q)               # Hide notes; still show errors
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
    shell: string@"nu-complete stream-token completions shell" # The shell
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "stream-token help" [
  ]

  # Mint tokens for customers
  export extern "stream-token help issue" [
  ]

  # Run a command with a customer's token in its environment
  export extern "stream-token help exec" [
  ]

  # Check a token and say what Stream would answer
  export extern "stream-token help verify" [
  ]

  # Read a token without a secret; nothing is verified
  export extern "stream-token help decode" [
  ]

  # Serve the endpoint that gives customers with a session their tokens
  export extern "stream-token help serve" [
  ]

  # Manage profiles (one per Stream app)
  export extern "stream-token help profile" [
  ]

  # Store, list, rotate and remove secrets in the operating system's keyring
  export extern "stream-token help secret" [
  ]

  # Create and revoke endpoint sessions
  export extern "stream-token help session" [
  ]

  # Read and check the log of who minted, refused or changed what
  export extern "stream-token help audit" [
  ]

  # Check what is set up, and say what to do
  export extern "stream-token help doctor" [
  ]

  # Print shell completions for this program's commands, flags and values
  export extern "stream-token help completions" [
  ]

  # Print this message or the help of the given subcommand(s)
  export extern "stream-token help help" [
  ]

}

export use completions *
