
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'stream-token' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'stream-token'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'stream-token' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('issue', 'issue', [CompletionResultType]::ParameterValue, 'Mint tokens for customers')
            [CompletionResult]::new('exec', 'exec', [CompletionResultType]::ParameterValue, 'Run a command with a customer''s token in its environment')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Check a token and say what Stream would answer')
            [CompletionResult]::new('decode', 'decode', [CompletionResultType]::ParameterValue, 'Read a token without a secret; nothing is verified')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Serve the endpoint that gives customers with a session their tokens')
            [CompletionResult]::new('profile', 'profile', [CompletionResultType]::ParameterValue, 'Manage profiles (one per Stream app)')
            [CompletionResult]::new('secret', 'secret', [CompletionResultType]::ParameterValue, 'Store, list, rotate and remove secrets in the operating system''s keyring')
            [CompletionResult]::new('session', 'session', [CompletionResultType]::ParameterValue, 'Create and revoke endpoint sessions')
            [CompletionResult]::new('audit', 'audit', [CompletionResultType]::ParameterValue, 'Read and check the log of who minted, refused or changed what')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Check what is set up, and say what to do')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print shell completions for this program''s commands, flags and values')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'stream-token;issue' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Read customers from a file, one a line; - is standard input')
            [CompletionResult]::new('--expires', '--expires', [CompletionResultType]::ParameterName, 'When the tokens expire: a future time, or never [default: never]')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'When the tokens expire: a future time, or never [default: never]')
            [CompletionResult]::new('--issued-at', '--issued-at', [CompletionResultType]::ParameterName, 'Set the time of issue (iat) in the tokens; by default they have none')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'For a production profile: its name, typed again')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why the tokens are needed: one line of at most 200 characters, kept in the audit log')
            [CompletionResult]::new('--fault', '--fault', [CompletionResultType]::ParameterName, 'Make the tokens fail, to test an app: expired, expires-in:10s, not-yet-valid, issued-in-future, bad-signature, wrong-user, malformed')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--copy', '--copy', [CompletionResultType]::ParameterName, 'Copy the token to the clipboard; at a terminal it is then shown only with --output')
            [CompletionResult]::new('--qr', '--qr', [CompletionResultType]::ParameterName, 'Show the token as a QR code')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'stream-token;exec' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--expires', '--expires', [CompletionResultType]::ParameterName, 'When the tokens expire: a future time, or never [default: never]')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'When the tokens expire: a future time, or never [default: never]')
            [CompletionResult]::new('--issued-at', '--issued-at', [CompletionResultType]::ParameterName, 'Set the time of issue (iat) in the tokens; by default they have none')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'For a production profile: its name, typed again')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why the tokens are needed: one line of at most 200 characters, kept in the audit log')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'stream-token;verify' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Verify many: a file of tokens, one a line; - is standard input')
            [CompletionResult]::new('--customer', '--customer', [CompletionResultType]::ParameterName, 'It must be this customer''s')
            [CompletionResult]::new('--leeway', '--leeway', [CompletionResultType]::ParameterName, 'How far clocks may differ: 0s (default) to 5m')
            [CompletionResult]::new('--at', '--at', [CompletionResultType]::ParameterName, 'Verify as if it were this time, not now')
            [CompletionResult]::new('--revoked-before', '--revoked-before', [CompletionResultType]::ParameterName, 'Also apply a revocation made at this time: of all tokens issued before it')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'stream-token;decode' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--redact', '--redact', [CompletionResultType]::ParameterName, 'Hide who it is for and every value except times, to show it to others')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'stream-token;serve' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'The address to listen on; port 0 lets the system choose one')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Speak TLS with this certificate, and those between it and the root behind it, in PEM')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The certificate''s private key in PEM, which nobody else can read')
            [CompletionResult]::new('--cors-origin', '--cors-origin', [CompletionResultType]::ParameterName, 'Let pages of this origin read responses; may be repeated')
            [CompletionResult]::new('--cors-header', '--cors-header', [CompletionResultType]::ParameterName, 'Let these pages send this request header too; may be repeated')
            [CompletionResult]::new('--lifetime', '--lifetime', [CompletionResultType]::ParameterName, 'How long tokens live, or never for no end; without it as the profile''s policy has it')
            [CompletionResult]::new('--rate-limit', '--rate-limit', [CompletionResultType]::ParameterName, 'How often one customer may ask: N/s, N/m, N/h or off')
            [CompletionResult]::new('--rate-limit-address', '--rate-limit-address', [CompletionResultType]::ParameterName, 'How often requests of one address may fail; of IPv6 a /64 counts as one')
            [CompletionResult]::new('--max-connections', '--max-connections', [CompletionResultType]::ParameterName, 'How many connections there may be at once: 8 to 65536 [default: 768]')
            [CompletionResult]::new('--trusted-proxy', '--trusted-proxy', [CompletionResultType]::ParameterName, 'Believe X-Forwarded-For of proxies in this network, such as 10.0.0.0/8; may be repeated')
            [CompletionResult]::new('--admin-listen', '--admin-listen', [CompletionResultType]::ParameterName, 'Answer health checks and serve metrics on this address')
            [CompletionResult]::new('--fault', '--fault', [CompletionResultType]::ParameterName, 'Make requests of CUSTOMER (123, or 1-100) fail, to test an app; with *N the first N only; may be repeated')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--openapi', '--openapi', [CompletionResultType]::ParameterName, 'Print the endpoint''s description in OpenAPI 3.1, and end')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'stream-token;profile' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a profile; the first becomes the default')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List all profiles')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one profile')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Change settings of a profile')
            [CompletionResult]::new('default', 'default', [CompletionResultType]::ParameterValue, 'Make a profile the default')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove a profile')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'stream-token;profile;add' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--secret', '--secret', [CompletionResultType]::ParameterName, 'Where its API secret comes from: keyring (default), env:NAME, file:/abs, credential:NAME or command:PROG ARGS')
            [CompletionResult]::new('--api-key', '--api-key', [CompletionResultType]::ParameterName, 'The app''s API key, which is no secret')
            [CompletionResult]::new('--session-key', '--session-key', [CompletionResultType]::ParameterName, 'Where the key that signs sessions comes from; the keyring, where the secret is there')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Where the app''s API answers, if not at Stream''s usual place')
            [CompletionResult]::new('--check-url', '--check-url', [CompletionResultType]::ParameterName, 'Sessions: the app''s own; its backend at this URL says whose a token is')
            [CompletionResult]::new('--customer-from', '--customer-from', [CompletionResultType]::ParameterName, 'Sessions: where the customer is in the backend''s JSON, such as /data/id')
            [CompletionResult]::new('--authorization', '--authorization', [CompletionResultType]::ParameterName, 'Sessions: the Authorization that the backend gets [default: ''Bearer {token}'']')
            [CompletionResult]::new('--check-cache', '--check-cache', [CompletionResultType]::ParameterName, 'Sessions: how long the backend''s yes counts, 0s to 60s [default: 10s]')
            [CompletionResult]::new('--jwt-issuer', '--jwt-issuer', [CompletionResultType]::ParameterName, 'Sessions: the app''s own JWTs, with this ''iss''')
            [CompletionResult]::new('--jwt-audience', '--jwt-audience', [CompletionResultType]::ParameterName, 'Sessions: the ''aud'' of these JWTs')
            [CompletionResult]::new('--jwt-claim', '--jwt-claim', [CompletionResultType]::ParameterName, 'Sessions: the claim that names the customer, or a pointer such as /user/id [default: sub]')
            [CompletionResult]::new('--jwks-url', '--jwks-url', [CompletionResultType]::ParameterName, 'Sessions: where the public keys of these JWTs are; without it, the session key signs them (HS256)')
            [CompletionResult]::new('--jwt-algorithm', '--jwt-algorithm', [CompletionResultType]::ParameterName, 'Sessions: the algorithm of these keys, RS256 or ES256 [default: RS256]')
            [CompletionResult]::new('--backend-timeout', '--backend-timeout', [CompletionResultType]::ParameterName, 'Sessions: how long the backend may take, 1s to 10s [default: 2s]')
            [CompletionResult]::new('--backend-ca-file', '--backend-ca-file', [CompletionResultType]::ParameterName, 'Sessions: the certificates that the backend is known by, in PEM, instead of the system''s')
            [CompletionResult]::new('--default-lifetime', '--default-lifetime', [CompletionResultType]::ParameterName, 'Policy: how long tokens live for which nothing is said')
            [CompletionResult]::new('--longest-lifetime', '--longest-lifetime', [CompletionResultType]::ParameterName, 'Policy: how long tokens live at most')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--issued-at', '--issued-at', [CompletionResultType]::ParameterName, 'Policy: say in tokens when they were issued, five seconds back')
            [CompletionResult]::new('--production', '--production', [CompletionResultType]::ParameterName, 'Policy: a production app; minting is confirmed, and every token expires')
            [CompletionResult]::new('--require-reason', '--require-reason', [CompletionResultType]::ParameterName, 'Policy: require a reason for every token, given with --reason or when asked')
            [CompletionResult]::new('--secret-stdin', '--secret-stdin', [CompletionResultType]::ParameterName, 'Read the secret for the keyring from standard input, not from a prompt')
            [CompletionResult]::new('--as-is', '--as-is', [CompletionResultType]::ParameterName, 'Store the secret even if it has quotes, blanks or anything else that Stream''s secrets do not have')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'stream-token;profile;list' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'stream-token;profile;show' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'stream-token;profile;set' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--secret', '--secret', [CompletionResultType]::ParameterName, 'Where its API secret comes from: keyring (default), env:NAME, file:/abs, credential:NAME or command:PROG ARGS')
            [CompletionResult]::new('--api-key', '--api-key', [CompletionResultType]::ParameterName, 'The app''s API key, which is no secret')
            [CompletionResult]::new('--session-key', '--session-key', [CompletionResultType]::ParameterName, 'Where the key that signs sessions comes from; the keyring, where the secret is there')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Where the app''s API answers, if not at Stream''s usual place')
            [CompletionResult]::new('--check-url', '--check-url', [CompletionResultType]::ParameterName, 'Sessions: the app''s own; its backend at this URL says whose a token is')
            [CompletionResult]::new('--customer-from', '--customer-from', [CompletionResultType]::ParameterName, 'Sessions: where the customer is in the backend''s JSON, such as /data/id')
            [CompletionResult]::new('--authorization', '--authorization', [CompletionResultType]::ParameterName, 'Sessions: the Authorization that the backend gets [default: ''Bearer {token}'']')
            [CompletionResult]::new('--check-cache', '--check-cache', [CompletionResultType]::ParameterName, 'Sessions: how long the backend''s yes counts, 0s to 60s [default: 10s]')
            [CompletionResult]::new('--jwt-issuer', '--jwt-issuer', [CompletionResultType]::ParameterName, 'Sessions: the app''s own JWTs, with this ''iss''')
            [CompletionResult]::new('--jwt-audience', '--jwt-audience', [CompletionResultType]::ParameterName, 'Sessions: the ''aud'' of these JWTs')
            [CompletionResult]::new('--jwt-claim', '--jwt-claim', [CompletionResultType]::ParameterName, 'Sessions: the claim that names the customer, or a pointer such as /user/id [default: sub]')
            [CompletionResult]::new('--jwks-url', '--jwks-url', [CompletionResultType]::ParameterName, 'Sessions: where the public keys of these JWTs are; without it, the session key signs them (HS256)')
            [CompletionResult]::new('--jwt-algorithm', '--jwt-algorithm', [CompletionResultType]::ParameterName, 'Sessions: the algorithm of these keys, RS256 or ES256 [default: RS256]')
            [CompletionResult]::new('--backend-timeout', '--backend-timeout', [CompletionResultType]::ParameterName, 'Sessions: how long the backend may take, 1s to 10s [default: 2s]')
            [CompletionResult]::new('--backend-ca-file', '--backend-ca-file', [CompletionResultType]::ParameterName, 'Sessions: the certificates that the backend is known by, in PEM, instead of the system''s')
            [CompletionResult]::new('--default-lifetime', '--default-lifetime', [CompletionResultType]::ParameterName, 'Policy: how long tokens live for which nothing is said')
            [CompletionResult]::new('--longest-lifetime', '--longest-lifetime', [CompletionResultType]::ParameterName, 'Policy: how long tokens live at most')
            [CompletionResult]::new('--unset', '--unset', [CompletionResultType]::ParameterName, 'Remove a setting; repeatable')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'The name of a production profile, to change it without being asked')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--issued-at', '--issued-at', [CompletionResultType]::ParameterName, 'Policy: say in tokens when they were issued, five seconds back')
            [CompletionResult]::new('--production', '--production', [CompletionResultType]::ParameterName, 'Policy: a production app; minting is confirmed, and every token expires')
            [CompletionResult]::new('--require-reason', '--require-reason', [CompletionResultType]::ParameterName, 'Policy: require a reason for every token, given with --reason or when asked')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'stream-token;profile;default' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'stream-token;profile;remove' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'Its name, typed again')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'stream-token;profile;help' {
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a profile; the first becomes the default')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List all profiles')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one profile')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Change settings of a profile')
            [CompletionResult]::new('default', 'default', [CompletionResultType]::ParameterValue, 'Make a profile the default')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove a profile')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'stream-token;profile;help;add' {
            break
        }
        'stream-token;profile;help;list' {
            break
        }
        'stream-token;profile;help;show' {
            break
        }
        'stream-token;profile;help;set' {
            break
        }
        'stream-token;profile;help;default' {
            break
        }
        'stream-token;profile;help;remove' {
            break
        }
        'stream-token;profile;help;help' {
            break
        }
        'stream-token;secret' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Store a profile''s secret in the keyring, in place of the one before')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List where secrets are, how old they are, and their fingerprints')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Check a profile''s secret against a token that is known to be good')
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Store a new secret, and keep the one before for a while')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove a profile''s secret from the keyring')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'stream-token;secret;set' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'The name of a production profile, typed again')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--session-key', '--session-key', [CompletionResultType]::ParameterName, 'The key that signs sessions, not the API secret; it is made at random')
            [CompletionResult]::new('--secret-stdin', '--secret-stdin', [CompletionResultType]::ParameterName, 'Read the secret for the keyring from standard input, not from a prompt')
            [CompletionResult]::new('--as-is', '--as-is', [CompletionResultType]::ParameterName, 'Store the secret even if it has quotes, blanks or anything else that Stream''s secrets do not have')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'stream-token;secret;list' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'stream-token;secret;check' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'stream-token;secret;rotate' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'The name of a production profile, typed again')
            [CompletionResult]::new('--keep-for', '--keep-for', [CompletionResultType]::ParameterName, 'How long the secret before still verifies; 0s to keep it no longer')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--session-key', '--session-key', [CompletionResultType]::ParameterName, 'The key that signs sessions, not the API secret; it is made at random')
            [CompletionResult]::new('--secret-stdin', '--secret-stdin', [CompletionResultType]::ParameterName, 'Read the secret for the keyring from standard input, not from a prompt')
            [CompletionResult]::new('--as-is', '--as-is', [CompletionResultType]::ParameterName, 'Store the secret even if it has quotes, blanks or anything else that Stream''s secrets do not have')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'stream-token;secret;remove' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'The profile''s name, typed again')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--session-key', '--session-key', [CompletionResultType]::ParameterName, 'The key that signs sessions, not the API secret')
            [CompletionResult]::new('--previous', '--previous', [CompletionResultType]::ParameterName, 'Only the secrets that were rotated away')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'stream-token;secret;help' {
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Store a profile''s secret in the keyring, in place of the one before')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List where secrets are, how old they are, and their fingerprints')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Check a profile''s secret against a token that is known to be good')
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Store a new secret, and keep the one before for a while')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove a profile''s secret from the keyring')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'stream-token;secret;help;set' {
            break
        }
        'stream-token;secret;help;list' {
            break
        }
        'stream-token;secret;help;check' {
            break
        }
        'stream-token;secret;help;rotate' {
            break
        }
        'stream-token;secret;help;remove' {
            break
        }
        'stream-token;secret;help;help' {
            break
        }
        'stream-token;session' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('new', 'new', [CompletionResultType]::ParameterValue, 'Create a session for a customer, and print its token')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'End one session, all of a customer''s, or all')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'stream-token;session;new' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--expires', '--expires', [CompletionResultType]::ParameterName, 'When it ends: a future time, at most 30d ahead')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'When it ends: a future time, at most 30d ahead')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'For a production profile: its name, typed again')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'stream-token;session;revoke' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--id', '--id', [CompletionResultType]::ParameterName, 'The one with this id, as ''session new -o json'' and the audit log tell it')
            [CompletionResult]::new('--customer', '--customer', [CompletionResultType]::ParameterName, 'All of this customer''s, issued up to now')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--token-stdin', '--token-stdin', [CompletionResultType]::ParameterName, 'The one whose token comes on standard input; a session token is never an argument')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'All of all customers, issued up to now; replaces a list of revocations that is damaged or gone')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'stream-token;session;help' {
            [CompletionResult]::new('new', 'new', [CompletionResultType]::ParameterValue, 'Create a session for a customer, and print its token')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'End one session, all of a customer''s, or all')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'stream-token;session;help;new' {
            break
        }
        'stream-token;session;help;revoke' {
            break
        }
        'stream-token;session;help;help' {
            break
        }
        'stream-token;audit' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List who minted, refused or changed what')
            [CompletionResult]::new('find', 'find', [CompletionResultType]::ParameterValue, 'Find out who minted a token, when, for whom and why')
            [CompletionResult]::new('follow', 'follow', [CompletionResultType]::ParameterValue, 'Show new entries as they are written, until interrupted')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Check that nothing in the log was changed')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Remove old entries')
            [CompletionResult]::new('head', 'head', [CompletionResultType]::ParameterValue, 'Print the log''s head, to keep elsewhere')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'stream-token;audit;list' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'From this time on: 1d (a day back from now), today, a date, …')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Up to this time; a day is included')
            [CompletionResult]::new('--customer', '--customer', [CompletionResultType]::ParameterName, 'About this customer, alone or in a batch')
            [CompletionResult]::new('--actor', '--actor', [CompletionResultType]::ParameterName, 'By this user, or by one behind sudo')
            [CompletionResult]::new('--action', '--action', [CompletionResultType]::ParameterName, 'About this action; give it again for another')
            [CompletionResult]::new('--channel', '--channel', [CompletionResultType]::ParameterName, 'By the command line or the endpoint')
            [CompletionResult]::new('--outcome', '--outcome', [CompletionResultType]::ParameterName, 'That was done, refused by a rule, or allowed and failed')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Whose reason contains this text: the one given to ''issue --reason'', or why it was refused')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--summary', '--summary', [CompletionResultType]::ParameterName, 'Show how many tokens were minted and refused, for each day (UTC) and profile')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'stream-token;audit;find' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'stream-token;audit;follow' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--customer', '--customer', [CompletionResultType]::ParameterName, 'About this customer, alone or in a batch')
            [CompletionResult]::new('--actor', '--actor', [CompletionResultType]::ParameterName, 'By this user, or by one behind sudo')
            [CompletionResult]::new('--action', '--action', [CompletionResultType]::ParameterName, 'About this action; give it again for another')
            [CompletionResult]::new('--channel', '--channel', [CompletionResultType]::ParameterName, 'By the command line or the endpoint')
            [CompletionResult]::new('--outcome', '--outcome', [CompletionResultType]::ParameterName, 'That was done, refused by a rule, or allowed and failed')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Whose reason contains this text: the one given to ''issue --reason'', or why it was refused')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'stream-token;audit;verify' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--expect', '--expect', [CompletionResultType]::ParameterName, 'A head that ''audit head'' printed earlier: the log must hold it still')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'stream-token;audit;prune' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--before', '--before', [CompletionResultType]::ParameterName, 'Segments whose entries are all older than this: 90d (counted back from now), a date, …')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'The log''s id, typed again; ''audit head'' starts with it')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be removed, and remove nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'stream-token;audit;head' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'stream-token;audit;help' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List who minted, refused or changed what')
            [CompletionResult]::new('find', 'find', [CompletionResultType]::ParameterValue, 'Find out who minted a token, when, for whom and why')
            [CompletionResult]::new('follow', 'follow', [CompletionResultType]::ParameterValue, 'Show new entries as they are written, until interrupted')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Check that nothing in the log was changed')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Remove old entries')
            [CompletionResult]::new('head', 'head', [CompletionResultType]::ParameterValue, 'Print the log''s head, to keep elsewhere')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'stream-token;audit;help;list' {
            break
        }
        'stream-token;audit;help;find' {
            break
        }
        'stream-token;audit;help;follow' {
            break
        }
        'stream-token;audit;help;verify' {
            break
        }
        'stream-token;audit;help;prune' {
            break
        }
        'stream-token;audit;help;head' {
            break
        }
        'stream-token;audit;help;help' {
            break
        }
        'stream-token;doctor' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'Check this certificate too, as serve would show it to clients')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The certificate''s private key')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'stream-token;completions' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory that holds the audit log')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --output json')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never prompt; fail instead, and name the flag to use')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Hide notes; still show errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'stream-token;help' {
            [CompletionResult]::new('issue', 'issue', [CompletionResultType]::ParameterValue, 'Mint tokens for customers')
            [CompletionResult]::new('exec', 'exec', [CompletionResultType]::ParameterValue, 'Run a command with a customer''s token in its environment')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Check a token and say what Stream would answer')
            [CompletionResult]::new('decode', 'decode', [CompletionResultType]::ParameterValue, 'Read a token without a secret; nothing is verified')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Serve the endpoint that gives customers with a session their tokens')
            [CompletionResult]::new('profile', 'profile', [CompletionResultType]::ParameterValue, 'Manage profiles (one per Stream app)')
            [CompletionResult]::new('secret', 'secret', [CompletionResultType]::ParameterValue, 'Store, list, rotate and remove secrets in the operating system''s keyring')
            [CompletionResult]::new('session', 'session', [CompletionResultType]::ParameterValue, 'Create and revoke endpoint sessions')
            [CompletionResult]::new('audit', 'audit', [CompletionResultType]::ParameterValue, 'Read and check the log of who minted, refused or changed what')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Check what is set up, and say what to do')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print shell completions for this program''s commands, flags and values')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'stream-token;help;issue' {
            break
        }
        'stream-token;help;exec' {
            break
        }
        'stream-token;help;verify' {
            break
        }
        'stream-token;help;decode' {
            break
        }
        'stream-token;help;serve' {
            break
        }
        'stream-token;help;profile' {
            break
        }
        'stream-token;help;secret' {
            break
        }
        'stream-token;help;session' {
            break
        }
        'stream-token;help;audit' {
            break
        }
        'stream-token;help;doctor' {
            break
        }
        'stream-token;help;completions' {
            break
        }
        'stream-token;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
