
use builtin;
use str;

set edit:completion:arg-completer[stream-token] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'stream-token'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'stream-token'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand issue 'Mint tokens for customers'
            cand exec 'Run a command with a customer''s token in its environment'
            cand verify 'Check a token and say what Stream would answer'
            cand decode 'Read a token without a secret; nothing is verified'
            cand serve 'Serve the endpoint that gives customers with a session their tokens'
            cand profile 'Manage profiles (one per Stream app)'
            cand secret 'Store, list, rotate and remove secrets in the operating system''s keyring'
            cand session 'Create and revoke endpoint sessions'
            cand audit 'Read and check the log of who minted, refused or changed what'
            cand doctor 'Check what is set up, and say what to do'
            cand completions 'Print shell completions for this program''s commands, flags and values'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'stream-token;issue'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --from 'Read customers from a file, one a line; - is standard input'
            cand --expires 'When the tokens expire: a future time, or never [default: never]'
            cand --ttl 'When the tokens expire: a future time, or never [default: never]'
            cand --issued-at 'Set the time of issue (iat) in the tokens; by default they have none'
            cand --confirm 'For a production profile: its name, typed again'
            cand --reason 'Why the tokens are needed: one line of at most 200 characters, kept in the audit log'
            cand --fault 'Make the tokens fail, to test an app: expired, expires-in:10s, not-yet-valid, issued-in-future, bad-signature, wrong-user, malformed'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand --copy 'Copy the token to the clipboard; at a terminal it is then shown only with --output'
            cand --qr 'Show the token as a QR code'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'stream-token;exec'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --expires 'When the tokens expire: a future time, or never [default: never]'
            cand --ttl 'When the tokens expire: a future time, or never [default: never]'
            cand --issued-at 'Set the time of issue (iat) in the tokens; by default they have none'
            cand --confirm 'For a production profile: its name, typed again'
            cand --reason 'Why the tokens are needed: one line of at most 200 characters, kept in the audit log'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'stream-token;verify'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --from 'Verify many: a file of tokens, one a line; - is standard input'
            cand --customer 'It must be this customer''s'
            cand --leeway 'How far clocks may differ: 0s (default) to 5m'
            cand --at 'Verify as if it were this time, not now'
            cand --revoked-before 'Also apply a revocation made at this time: of all tokens issued before it'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'stream-token;decode'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand --redact 'Hide who it is for and every value except times, to show it to others'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'stream-token;serve'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --listen 'The address to listen on; port 0 lets the system choose one'
            cand --tls-cert 'Speak TLS with this certificate, and those between it and the root behind it, in PEM'
            cand --tls-key 'The certificate''s private key in PEM, which nobody else can read'
            cand --cors-origin 'Let pages of this origin read responses; may be repeated'
            cand --cors-header 'Let these pages send this request header too; may be repeated'
            cand --lifetime 'How long tokens live, or never for no end; without it as the profile''s policy has it'
            cand --rate-limit 'How often one customer may ask: N/s, N/m, N/h or off'
            cand --rate-limit-address 'How often requests of one address may fail; of IPv6 a /64 counts as one'
            cand --max-connections 'How many connections there may be at once: 8 to 65536 [default: 768]'
            cand --trusted-proxy 'Believe X-Forwarded-For of proxies in this network, such as 10.0.0.0/8; may be repeated'
            cand --admin-listen 'Answer health checks and serve metrics on this address'
            cand --fault 'Make requests of CUSTOMER (123, or 1-100) fail, to test an app; with *N the first N only; may be repeated'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand --openapi 'Print the endpoint''s description in OpenAPI 3.1, and end'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'stream-token;profile'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand add 'Add a profile; the first becomes the default'
            cand list 'List all profiles'
            cand show 'Show one profile'
            cand set 'Change settings of a profile'
            cand default 'Make a profile the default'
            cand remove 'Remove a profile'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'stream-token;profile;add'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --secret 'Where its API secret comes from: keyring (default), env:NAME, file:/abs, credential:NAME or command:PROG ARGS'
            cand --api-key 'The app''s API key, which is no secret'
            cand --session-key 'Where the key that signs sessions comes from; the keyring, where the secret is there'
            cand --base-url 'Where the app''s API answers, if not at Stream''s usual place'
            cand --check-url 'Sessions: the app''s own; its backend at this URL says whose a token is'
            cand --customer-from 'Sessions: where the customer is in the backend''s JSON, such as /data/id'
            cand --authorization 'Sessions: the Authorization that the backend gets [default: ''Bearer {token}'']'
            cand --check-cache 'Sessions: how long the backend''s yes counts, 0s to 60s [default: 10s]'
            cand --jwt-issuer 'Sessions: the app''s own JWTs, with this ''iss'''
            cand --jwt-audience 'Sessions: the ''aud'' of these JWTs'
            cand --jwt-claim 'Sessions: the claim that names the customer, or a pointer such as /user/id [default: sub]'
            cand --jwks-url 'Sessions: where the public keys of these JWTs are; without it, the session key signs them (HS256)'
            cand --jwt-algorithm 'Sessions: the algorithm of these keys, RS256 or ES256 [default: RS256]'
            cand --backend-timeout 'Sessions: how long the backend may take, 1s to 10s [default: 2s]'
            cand --backend-ca-file 'Sessions: the certificates that the backend is known by, in PEM, instead of the system''s'
            cand --default-lifetime 'Policy: how long tokens live for which nothing is said'
            cand --longest-lifetime 'Policy: how long tokens live at most'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand --issued-at 'Policy: say in tokens when they were issued, five seconds back'
            cand --production 'Policy: a production app; minting is confirmed, and every token expires'
            cand --require-reason 'Policy: require a reason for every token, given with --reason or when asked'
            cand --secret-stdin 'Read the secret for the keyring from standard input, not from a prompt'
            cand --as-is 'Store the secret even if it has quotes, blanks or anything else that Stream''s secrets do not have'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'stream-token;profile;list'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'stream-token;profile;show'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'stream-token;profile;set'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --secret 'Where its API secret comes from: keyring (default), env:NAME, file:/abs, credential:NAME or command:PROG ARGS'
            cand --api-key 'The app''s API key, which is no secret'
            cand --session-key 'Where the key that signs sessions comes from; the keyring, where the secret is there'
            cand --base-url 'Where the app''s API answers, if not at Stream''s usual place'
            cand --check-url 'Sessions: the app''s own; its backend at this URL says whose a token is'
            cand --customer-from 'Sessions: where the customer is in the backend''s JSON, such as /data/id'
            cand --authorization 'Sessions: the Authorization that the backend gets [default: ''Bearer {token}'']'
            cand --check-cache 'Sessions: how long the backend''s yes counts, 0s to 60s [default: 10s]'
            cand --jwt-issuer 'Sessions: the app''s own JWTs, with this ''iss'''
            cand --jwt-audience 'Sessions: the ''aud'' of these JWTs'
            cand --jwt-claim 'Sessions: the claim that names the customer, or a pointer such as /user/id [default: sub]'
            cand --jwks-url 'Sessions: where the public keys of these JWTs are; without it, the session key signs them (HS256)'
            cand --jwt-algorithm 'Sessions: the algorithm of these keys, RS256 or ES256 [default: RS256]'
            cand --backend-timeout 'Sessions: how long the backend may take, 1s to 10s [default: 2s]'
            cand --backend-ca-file 'Sessions: the certificates that the backend is known by, in PEM, instead of the system''s'
            cand --default-lifetime 'Policy: how long tokens live for which nothing is said'
            cand --longest-lifetime 'Policy: how long tokens live at most'
            cand --unset 'Remove a setting; repeatable'
            cand --confirm 'The name of a production profile, to change it without being asked'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand --issued-at 'Policy: say in tokens when they were issued, five seconds back'
            cand --production 'Policy: a production app; minting is confirmed, and every token expires'
            cand --require-reason 'Policy: require a reason for every token, given with --reason or when asked'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'stream-token;profile;default'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'stream-token;profile;remove'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --confirm 'Its name, typed again'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'stream-token;profile;help'= {
            cand add 'Add a profile; the first becomes the default'
            cand list 'List all profiles'
            cand show 'Show one profile'
            cand set 'Change settings of a profile'
            cand default 'Make a profile the default'
            cand remove 'Remove a profile'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'stream-token;profile;help;add'= {
        }
        &'stream-token;profile;help;list'= {
        }
        &'stream-token;profile;help;show'= {
        }
        &'stream-token;profile;help;set'= {
        }
        &'stream-token;profile;help;default'= {
        }
        &'stream-token;profile;help;remove'= {
        }
        &'stream-token;profile;help;help'= {
        }
        &'stream-token;secret'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand set 'Store a profile''s secret in the keyring, in place of the one before'
            cand list 'List where secrets are, how old they are, and their fingerprints'
            cand check 'Check a profile''s secret against a token that is known to be good'
            cand rotate 'Store a new secret, and keep the one before for a while'
            cand remove 'Remove a profile''s secret from the keyring'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'stream-token;secret;set'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --confirm 'The name of a production profile, typed again'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand --session-key 'The key that signs sessions, not the API secret; it is made at random'
            cand --secret-stdin 'Read the secret for the keyring from standard input, not from a prompt'
            cand --as-is 'Store the secret even if it has quotes, blanks or anything else that Stream''s secrets do not have'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'stream-token;secret;list'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'stream-token;secret;check'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'stream-token;secret;rotate'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --confirm 'The name of a production profile, typed again'
            cand --keep-for 'How long the secret before still verifies; 0s to keep it no longer'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand --session-key 'The key that signs sessions, not the API secret; it is made at random'
            cand --secret-stdin 'Read the secret for the keyring from standard input, not from a prompt'
            cand --as-is 'Store the secret even if it has quotes, blanks or anything else that Stream''s secrets do not have'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'stream-token;secret;remove'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --confirm 'The profile''s name, typed again'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand --session-key 'The key that signs sessions, not the API secret'
            cand --previous 'Only the secrets that were rotated away'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'stream-token;secret;help'= {
            cand set 'Store a profile''s secret in the keyring, in place of the one before'
            cand list 'List where secrets are, how old they are, and their fingerprints'
            cand check 'Check a profile''s secret against a token that is known to be good'
            cand rotate 'Store a new secret, and keep the one before for a while'
            cand remove 'Remove a profile''s secret from the keyring'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'stream-token;secret;help;set'= {
        }
        &'stream-token;secret;help;list'= {
        }
        &'stream-token;secret;help;check'= {
        }
        &'stream-token;secret;help;rotate'= {
        }
        &'stream-token;secret;help;remove'= {
        }
        &'stream-token;secret;help;help'= {
        }
        &'stream-token;session'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand new 'Create a session for a customer, and print its token'
            cand revoke 'End one session, all of a customer''s, or all'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'stream-token;session;new'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --expires 'When it ends: a future time, at most 30d ahead'
            cand --ttl 'When it ends: a future time, at most 30d ahead'
            cand --confirm 'For a production profile: its name, typed again'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'stream-token;session;revoke'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --id 'The one with this id, as ''session new -o json'' and the audit log tell it'
            cand --customer 'All of this customer''s, issued up to now'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand --token-stdin 'The one whose token comes on standard input; a session token is never an argument'
            cand --all 'All of all customers, issued up to now; replaces a list of revocations that is damaged or gone'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'stream-token;session;help'= {
            cand new 'Create a session for a customer, and print its token'
            cand revoke 'End one session, all of a customer''s, or all'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'stream-token;session;help;new'= {
        }
        &'stream-token;session;help;revoke'= {
        }
        &'stream-token;session;help;help'= {
        }
        &'stream-token;audit'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand list 'List who minted, refused or changed what'
            cand find 'Find out who minted a token, when, for whom and why'
            cand follow 'Show new entries as they are written, until interrupted'
            cand verify 'Check that nothing in the log was changed'
            cand prune 'Remove old entries'
            cand head 'Print the log''s head, to keep elsewhere'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'stream-token;audit;list'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --since 'From this time on: 1d (a day back from now), today, a date, …'
            cand --until 'Up to this time; a day is included'
            cand --customer 'About this customer, alone or in a batch'
            cand --actor 'By this user, or by one behind sudo'
            cand --action 'About this action; give it again for another'
            cand --channel 'By the command line or the endpoint'
            cand --outcome 'That was done, refused by a rule, or allowed and failed'
            cand --reason 'Whose reason contains this text: the one given to ''issue --reason'', or why it was refused'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand --summary 'Show how many tokens were minted and refused, for each day (UTC) and profile'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'stream-token;audit;find'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'stream-token;audit;follow'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --customer 'About this customer, alone or in a batch'
            cand --actor 'By this user, or by one behind sudo'
            cand --action 'About this action; give it again for another'
            cand --channel 'By the command line or the endpoint'
            cand --outcome 'That was done, refused by a rule, or allowed and failed'
            cand --reason 'Whose reason contains this text: the one given to ''issue --reason'', or why it was refused'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'stream-token;audit;verify'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --expect 'A head that ''audit head'' printed earlier: the log must hold it still'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'stream-token;audit;prune'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --before 'Segments whose entries are all older than this: 90d (counted back from now), a date, …'
            cand --confirm 'The log''s id, typed again; ''audit head'' starts with it'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand --dry-run 'Show what would be removed, and remove nothing'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'stream-token;audit;head'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'stream-token;audit;help'= {
            cand list 'List who minted, refused or changed what'
            cand find 'Find out who minted a token, when, for whom and why'
            cand follow 'Show new entries as they are written, until interrupted'
            cand verify 'Check that nothing in the log was changed'
            cand prune 'Remove old entries'
            cand head 'Print the log''s head, to keep elsewhere'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'stream-token;audit;help;list'= {
        }
        &'stream-token;audit;help;find'= {
        }
        &'stream-token;audit;help;follow'= {
        }
        &'stream-token;audit;help;verify'= {
        }
        &'stream-token;audit;help;prune'= {
        }
        &'stream-token;audit;help;head'= {
        }
        &'stream-token;audit;help;help'= {
        }
        &'stream-token;doctor'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --tls-cert 'Check this certificate too, as serve would show it to clients'
            cand --tls-key 'The certificate''s private key'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'stream-token;completions'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand --config 'The configuration file'
            cand --state-dir 'The directory that holds the audit log'
            cand -o 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --output 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT'
            cand --color 'When to use colour: auto (default), always, never'
            cand --json 'Short for --output json'
            cand --no-input 'Never prompt; fail instead, and name the flag to use'
            cand -q 'Hide notes; still show errors'
            cand --quiet 'Hide notes; still show errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'stream-token;help'= {
            cand issue 'Mint tokens for customers'
            cand exec 'Run a command with a customer''s token in its environment'
            cand verify 'Check a token and say what Stream would answer'
            cand decode 'Read a token without a secret; nothing is verified'
            cand serve 'Serve the endpoint that gives customers with a session their tokens'
            cand profile 'Manage profiles (one per Stream app)'
            cand secret 'Store, list, rotate and remove secrets in the operating system''s keyring'
            cand session 'Create and revoke endpoint sessions'
            cand audit 'Read and check the log of who minted, refused or changed what'
            cand doctor 'Check what is set up, and say what to do'
            cand completions 'Print shell completions for this program''s commands, flags and values'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'stream-token;help;issue'= {
        }
        &'stream-token;help;exec'= {
        }
        &'stream-token;help;verify'= {
        }
        &'stream-token;help;decode'= {
        }
        &'stream-token;help;serve'= {
        }
        &'stream-token;help;profile'= {
        }
        &'stream-token;help;secret'= {
        }
        &'stream-token;help;session'= {
        }
        &'stream-token;help;audit'= {
        }
        &'stream-token;help;doctor'= {
        }
        &'stream-token;help;completions'= {
        }
        &'stream-token;help;help'= {
        }
    ]
    $completions[$command]
}
