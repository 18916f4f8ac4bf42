function __fish_stream_token_profiles
    command stream-token profile list -o json 2>/dev/null | command sed -n 's/^{"name":"\([^"]*\)".*/\1/p'
end

# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_stream_token_global_optspecs
    string join \n profile= config= state-dir= o/output= json color= no-input q/quiet h/help V/version
end

function __fish_stream_token_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_stream_token_global_optspecs) -- $cmd 2>/dev/null
    or argparse -s (__fish_stream_token_global_optspecs) -- $cmd '' 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_stream_token_using_subcommand
    set -l cmd (__fish_stream_token_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c stream-token -n "__fish_stream_token_needs_command" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_needs_command" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_needs_command" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_needs_command" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_needs_command" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_needs_command" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_needs_command" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_needs_command" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_needs_command" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_needs_command" -f -a "issue" -d 'Mint tokens for customers'
complete -c stream-token -n "__fish_stream_token_needs_command" -f -a "exec" -d 'Run a command with a customer\'s token in its environment'
complete -c stream-token -n "__fish_stream_token_needs_command" -f -a "verify" -d 'Check a token and say what Stream would answer'
complete -c stream-token -n "__fish_stream_token_needs_command" -f -a "decode" -d 'Read a token without a secret; nothing is verified'
complete -c stream-token -n "__fish_stream_token_needs_command" -f -a "serve" -d 'Serve the endpoint that gives customers with a session their tokens'
complete -c stream-token -n "__fish_stream_token_needs_command" -f -a "profile" -d 'Manage profiles (one per Stream app)'
complete -c stream-token -n "__fish_stream_token_needs_command" -f -a "secret" -d 'Store, list, rotate and remove secrets in the operating system\'s keyring'
complete -c stream-token -n "__fish_stream_token_needs_command" -f -a "session" -d 'Create and revoke endpoint sessions'
complete -c stream-token -n "__fish_stream_token_needs_command" -f -a "audit" -d 'Read and check the log of who minted, refused or changed what'
complete -c stream-token -n "__fish_stream_token_needs_command" -f -a "doctor" -d 'Check what is set up, and say what to do'
complete -c stream-token -n "__fish_stream_token_needs_command" -f -a "completions" -d 'Print shell completions for this program\'s commands, flags and values'
complete -c stream-token -n "__fish_stream_token_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stream-token -n "__fish_stream_token_using_subcommand issue" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand issue" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand issue" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand issue" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand issue" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand issue" -l from -d 'Read customers from a file, one a line; - is standard input' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand issue" -l expires -l ttl -d 'When the tokens expire: a future time, or never [default: never]' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand issue" -l issued-at -d 'Set the time of issue (iat) in the tokens; by default they have none' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand issue" -l confirm -d 'For a production profile: its name, typed again' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand issue" -l reason -d 'Why the tokens are needed: one line of at most 200 characters, kept in the audit log' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand issue" -l fault -d 'Make the tokens fail, to test an app: expired, expires-in:10s, not-yet-valid, issued-in-future, bad-signature, wrong-user, malformed' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand issue" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_using_subcommand issue" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_using_subcommand issue" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_using_subcommand issue" -l copy -d 'Copy the token to the clipboard; at a terminal it is then shown only with --output'
complete -c stream-token -n "__fish_stream_token_using_subcommand issue" -l qr -d 'Show the token as a QR code'
complete -c stream-token -n "__fish_stream_token_using_subcommand issue" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand issue" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand exec" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand exec" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand exec" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand exec" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand exec" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand exec" -l expires -l ttl -d 'When the tokens expire: a future time, or never [default: never]' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand exec" -l issued-at -d 'Set the time of issue (iat) in the tokens; by default they have none' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand exec" -l confirm -d 'For a production profile: its name, typed again' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand exec" -l reason -d 'Why the tokens are needed: one line of at most 200 characters, kept in the audit log' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand exec" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_using_subcommand exec" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_using_subcommand exec" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_using_subcommand exec" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand exec" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand verify" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand verify" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand verify" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand verify" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand verify" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand verify" -l from -d 'Verify many: a file of tokens, one a line; - is standard input' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand verify" -l customer -d 'It must be this customer\'s' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand verify" -l leeway -d 'How far clocks may differ: 0s (default) to 5m' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand verify" -l at -d 'Verify as if it were this time, not now' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand verify" -l revoked-before -d 'Also apply a revocation made at this time: of all tokens issued before it' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand verify" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_using_subcommand verify" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_using_subcommand verify" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_using_subcommand verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand verify" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand decode" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand decode" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand decode" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand decode" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand decode" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand decode" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_using_subcommand decode" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_using_subcommand decode" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_using_subcommand decode" -l redact -d 'Hide who it is for and every value except times, to show it to others'
complete -c stream-token -n "__fish_stream_token_using_subcommand decode" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand decode" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand serve" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand serve" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand serve" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand serve" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand serve" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand serve" -l listen -d 'The address to listen on; port 0 lets the system choose one' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand serve" -l tls-cert -d 'Speak TLS with this certificate, and those between it and the root behind it, in PEM' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand serve" -l tls-key -d 'The certificate\'s private key in PEM, which nobody else can read' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand serve" -l cors-origin -d 'Let pages of this origin read responses; may be repeated' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand serve" -l cors-header -d 'Let these pages send this request header too; may be repeated' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand serve" -l lifetime -d 'How long tokens live, or never for no end; without it as the profile\'s policy has it' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand serve" -l rate-limit -d 'How often one customer may ask: N/s, N/m, N/h or off' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand serve" -l rate-limit-address -d 'How often requests of one address may fail; of IPv6 a /64 counts as one' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand serve" -l max-connections -d 'How many connections there may be at once: 8 to 65536 [default: 768]' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand serve" -l trusted-proxy -d 'Believe X-Forwarded-For of proxies in this network, such as 10.0.0.0/8; may be repeated' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand serve" -l admin-listen -d 'Answer health checks and serve metrics on this address' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand serve" -l fault -d 'Make requests of CUSTOMER (123, or 1-100) fail, to test an app; with *N the first N only; may be repeated' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand serve" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_using_subcommand serve" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_using_subcommand serve" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_using_subcommand serve" -l openapi -d 'Print the endpoint\'s description in OpenAPI 3.1, and end'
complete -c stream-token -n "__fish_stream_token_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand serve" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and not __fish_seen_subcommand_from add list show set default remove help" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and not __fish_seen_subcommand_from add list show set default remove help" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and not __fish_seen_subcommand_from add list show set default remove help" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and not __fish_seen_subcommand_from add list show set default remove help" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and not __fish_seen_subcommand_from add list show set default remove help" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and not __fish_seen_subcommand_from add list show set default remove help" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and not __fish_seen_subcommand_from add list show set default remove help" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and not __fish_seen_subcommand_from add list show set default remove help" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and not __fish_seen_subcommand_from add list show set default remove help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and not __fish_seen_subcommand_from add list show set default remove help" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and not __fish_seen_subcommand_from add list show set default remove help" -f -a "add" -d 'Add a profile; the first becomes the default'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and not __fish_seen_subcommand_from add list show set default remove help" -f -a "list" -d 'List all profiles'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and not __fish_seen_subcommand_from add list show set default remove help" -f -a "show" -d 'Show one profile'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and not __fish_seen_subcommand_from add list show set default remove help" -f -a "set" -d 'Change settings of a profile'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and not __fish_seen_subcommand_from add list show set default remove help" -f -a "default" -d 'Make a profile the default'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and not __fish_seen_subcommand_from add list show set default remove help" -f -a "remove" -d 'Remove a profile'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and not __fish_seen_subcommand_from add list show set default remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -l secret -d 'Where its API secret comes from: keyring (default), env:NAME, file:/abs, credential:NAME or command:PROG ARGS' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -l api-key -d 'The app\'s API key, which is no secret' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -l session-key -d 'Where the key that signs sessions comes from; the keyring, where the secret is there' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -l base-url -d 'Where the app\'s API answers, if not at Stream\'s usual place' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -l check-url -d 'Sessions: the app\'s own; its backend at this URL says whose a token is' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -l customer-from -d 'Sessions: where the customer is in the backend\'s JSON, such as /data/id' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -l authorization -d 'Sessions: the Authorization that the backend gets [default: \'Bearer {token}\']' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -l check-cache -d 'Sessions: how long the backend\'s yes counts, 0s to 60s [default: 10s]' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -l jwt-issuer -d 'Sessions: the app\'s own JWTs, with this \'iss\'' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -l jwt-audience -d 'Sessions: the \'aud\' of these JWTs' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -l jwt-claim -d 'Sessions: the claim that names the customer, or a pointer such as /user/id [default: sub]' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -l jwks-url -d 'Sessions: where the public keys of these JWTs are; without it, the session key signs them (HS256)' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -l jwt-algorithm -d 'Sessions: the algorithm of these keys, RS256 or ES256 [default: RS256]' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -l backend-timeout -d 'Sessions: how long the backend may take, 1s to 10s [default: 2s]' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -l backend-ca-file -d 'Sessions: the certificates that the backend is known by, in PEM, instead of the system\'s' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -l default-lifetime -d 'Policy: how long tokens live for which nothing is said' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -l longest-lifetime -d 'Policy: how long tokens live at most' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -l issued-at -d 'Policy: say in tokens when they were issued, five seconds back'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -l production -d 'Policy: a production app; minting is confirmed, and every token expires'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -l require-reason -d 'Policy: require a reason for every token, given with --reason or when asked'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -l secret-stdin -d 'Read the secret for the keyring from standard input, not from a prompt'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -l as-is -d 'Store the secret even if it has quotes, blanks or anything else that Stream\'s secrets do not have'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from add" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from list" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from list" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from list" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from list" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from list" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from list" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from list" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from show" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from show" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from show" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from show" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from show" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from show" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from show" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -l secret -d 'Where its API secret comes from: keyring (default), env:NAME, file:/abs, credential:NAME or command:PROG ARGS' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -l api-key -d 'The app\'s API key, which is no secret' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -l session-key -d 'Where the key that signs sessions comes from; the keyring, where the secret is there' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -l base-url -d 'Where the app\'s API answers, if not at Stream\'s usual place' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -l check-url -d 'Sessions: the app\'s own; its backend at this URL says whose a token is' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -l customer-from -d 'Sessions: where the customer is in the backend\'s JSON, such as /data/id' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -l authorization -d 'Sessions: the Authorization that the backend gets [default: \'Bearer {token}\']' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -l check-cache -d 'Sessions: how long the backend\'s yes counts, 0s to 60s [default: 10s]' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -l jwt-issuer -d 'Sessions: the app\'s own JWTs, with this \'iss\'' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -l jwt-audience -d 'Sessions: the \'aud\' of these JWTs' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -l jwt-claim -d 'Sessions: the claim that names the customer, or a pointer such as /user/id [default: sub]' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -l jwks-url -d 'Sessions: where the public keys of these JWTs are; without it, the session key signs them (HS256)' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -l jwt-algorithm -d 'Sessions: the algorithm of these keys, RS256 or ES256 [default: RS256]' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -l backend-timeout -d 'Sessions: how long the backend may take, 1s to 10s [default: 2s]' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -l backend-ca-file -d 'Sessions: the certificates that the backend is known by, in PEM, instead of the system\'s' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -l default-lifetime -d 'Policy: how long tokens live for which nothing is said' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -l longest-lifetime -d 'Policy: how long tokens live at most' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -l unset -d 'Remove a setting; repeatable' -r -f -a "api-key\t''
session-key\t''
base-url\t''
sessions\t''
default-lifetime\t''
longest-lifetime\t''
issued-at\t''
production\t''
require-reason\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -l confirm -d 'The name of a production profile, to change it without being asked' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -l issued-at -d 'Policy: say in tokens when they were issued, five seconds back'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -l production -d 'Policy: a production app; minting is confirmed, and every token expires'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -l require-reason -d 'Policy: require a reason for every token, given with --reason or when asked'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from set" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from default" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from default" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from default" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from default" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from default" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from default" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from default" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from default" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from default" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from default" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from remove" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from remove" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from remove" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from remove" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from remove" -l confirm -d 'Its name, typed again' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from remove" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from remove" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from remove" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add a profile; the first becomes the default'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from help" -f -a "list" -d 'List all profiles'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one profile'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change settings of a profile'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from help" -f -a "default" -d 'Make a profile the default'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove a profile'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and not __fish_seen_subcommand_from set list check rotate remove help" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and not __fish_seen_subcommand_from set list check rotate remove help" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and not __fish_seen_subcommand_from set list check rotate remove help" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and not __fish_seen_subcommand_from set list check rotate remove help" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and not __fish_seen_subcommand_from set list check rotate remove help" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and not __fish_seen_subcommand_from set list check rotate remove help" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and not __fish_seen_subcommand_from set list check rotate remove help" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and not __fish_seen_subcommand_from set list check rotate remove help" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and not __fish_seen_subcommand_from set list check rotate remove help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and not __fish_seen_subcommand_from set list check rotate remove help" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and not __fish_seen_subcommand_from set list check rotate remove help" -f -a "set" -d 'Store a profile\'s secret in the keyring, in place of the one before'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and not __fish_seen_subcommand_from set list check rotate remove help" -f -a "list" -d 'List where secrets are, how old they are, and their fingerprints'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and not __fish_seen_subcommand_from set list check rotate remove help" -f -a "check" -d 'Check a profile\'s secret against a token that is known to be good'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and not __fish_seen_subcommand_from set list check rotate remove help" -f -a "rotate" -d 'Store a new secret, and keep the one before for a while'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and not __fish_seen_subcommand_from set list check rotate remove help" -f -a "remove" -d 'Remove a profile\'s secret from the keyring'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and not __fish_seen_subcommand_from set list check rotate remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from set" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from set" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from set" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from set" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from set" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from set" -l confirm -d 'The name of a production profile, typed again' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from set" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from set" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from set" -l session-key -d 'The key that signs sessions, not the API secret; it is made at random'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from set" -l secret-stdin -d 'Read the secret for the keyring from standard input, not from a prompt'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from set" -l as-is -d 'Store the secret even if it has quotes, blanks or anything else that Stream\'s secrets do not have'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from set" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from list" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from list" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from list" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from list" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from list" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from list" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from list" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from check" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from check" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from check" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from check" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from check" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from check" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from check" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from rotate" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from rotate" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from rotate" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from rotate" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from rotate" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from rotate" -l confirm -d 'The name of a production profile, typed again' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from rotate" -l keep-for -d 'How long the secret before still verifies; 0s to keep it no longer' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from rotate" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from rotate" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from rotate" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from rotate" -l session-key -d 'The key that signs sessions, not the API secret; it is made at random'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from rotate" -l secret-stdin -d 'Read the secret for the keyring from standard input, not from a prompt'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from rotate" -l as-is -d 'Store the secret even if it has quotes, blanks or anything else that Stream\'s secrets do not have'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from rotate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from rotate" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from remove" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from remove" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from remove" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from remove" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from remove" -l confirm -d 'The profile\'s name, typed again' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from remove" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from remove" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from remove" -l session-key -d 'The key that signs sessions, not the API secret'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from remove" -l previous -d 'Only the secrets that were rotated away'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from remove" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from help" -f -a "set" -d 'Store a profile\'s secret in the keyring, in place of the one before'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from help" -f -a "list" -d 'List where secrets are, how old they are, and their fingerprints'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from help" -f -a "check" -d 'Check a profile\'s secret against a token that is known to be good'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from help" -f -a "rotate" -d 'Store a new secret, and keep the one before for a while'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove a profile\'s secret from the keyring'
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and not __fish_seen_subcommand_from new revoke help" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and not __fish_seen_subcommand_from new revoke help" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and not __fish_seen_subcommand_from new revoke help" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and not __fish_seen_subcommand_from new revoke help" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and not __fish_seen_subcommand_from new revoke help" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and not __fish_seen_subcommand_from new revoke help" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and not __fish_seen_subcommand_from new revoke help" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and not __fish_seen_subcommand_from new revoke help" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and not __fish_seen_subcommand_from new revoke help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and not __fish_seen_subcommand_from new revoke help" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and not __fish_seen_subcommand_from new revoke help" -f -a "new" -d 'Create a session for a customer, and print its token'
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and not __fish_seen_subcommand_from new revoke help" -f -a "revoke" -d 'End one session, all of a customer\'s, or all'
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and not __fish_seen_subcommand_from new revoke help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and __fish_seen_subcommand_from new" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and __fish_seen_subcommand_from new" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and __fish_seen_subcommand_from new" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and __fish_seen_subcommand_from new" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and __fish_seen_subcommand_from new" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and __fish_seen_subcommand_from new" -l expires -l ttl -d 'When it ends: a future time, at most 30d ahead' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and __fish_seen_subcommand_from new" -l confirm -d 'For a production profile: its name, typed again' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and __fish_seen_subcommand_from new" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and __fish_seen_subcommand_from new" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and __fish_seen_subcommand_from new" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and __fish_seen_subcommand_from new" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and __fish_seen_subcommand_from new" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and __fish_seen_subcommand_from revoke" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and __fish_seen_subcommand_from revoke" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and __fish_seen_subcommand_from revoke" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and __fish_seen_subcommand_from revoke" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and __fish_seen_subcommand_from revoke" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and __fish_seen_subcommand_from revoke" -l id -d 'The one with this id, as \'session new -o json\' and the audit log tell it' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and __fish_seen_subcommand_from revoke" -l customer -d 'All of this customer\'s, issued up to now' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and __fish_seen_subcommand_from revoke" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and __fish_seen_subcommand_from revoke" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and __fish_seen_subcommand_from revoke" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and __fish_seen_subcommand_from revoke" -l token-stdin -d 'The one whose token comes on standard input; a session token is never an argument'
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and __fish_seen_subcommand_from revoke" -l all -d 'All of all customers, issued up to now; replaces a list of revocations that is damaged or gone'
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and __fish_seen_subcommand_from revoke" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and __fish_seen_subcommand_from revoke" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and __fish_seen_subcommand_from help" -f -a "new" -d 'Create a session for a customer, and print its token'
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and __fish_seen_subcommand_from help" -f -a "revoke" -d 'End one session, all of a customer\'s, or all'
complete -c stream-token -n "__fish_stream_token_using_subcommand session; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and not __fish_seen_subcommand_from list find follow verify prune head help" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and not __fish_seen_subcommand_from list find follow verify prune head help" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and not __fish_seen_subcommand_from list find follow verify prune head help" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and not __fish_seen_subcommand_from list find follow verify prune head help" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and not __fish_seen_subcommand_from list find follow verify prune head help" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and not __fish_seen_subcommand_from list find follow verify prune head help" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and not __fish_seen_subcommand_from list find follow verify prune head help" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and not __fish_seen_subcommand_from list find follow verify prune head help" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and not __fish_seen_subcommand_from list find follow verify prune head help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and not __fish_seen_subcommand_from list find follow verify prune head help" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and not __fish_seen_subcommand_from list find follow verify prune head help" -f -a "list" -d 'List who minted, refused or changed what'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and not __fish_seen_subcommand_from list find follow verify prune head help" -f -a "find" -d 'Find out who minted a token, when, for whom and why'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and not __fish_seen_subcommand_from list find follow verify prune head help" -f -a "follow" -d 'Show new entries as they are written, until interrupted'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and not __fish_seen_subcommand_from list find follow verify prune head help" -f -a "verify" -d 'Check that nothing in the log was changed'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and not __fish_seen_subcommand_from list find follow verify prune head help" -f -a "prune" -d 'Remove old entries'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and not __fish_seen_subcommand_from list find follow verify prune head help" -f -a "head" -d 'Print the log\'s head, to keep elsewhere'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and not __fish_seen_subcommand_from list find follow verify prune head help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from list" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from list" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from list" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from list" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from list" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from list" -l since -d 'From this time on: 1d (a day back from now), today, a date, …' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from list" -l until -d 'Up to this time; a day is included' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from list" -l customer -d 'About this customer, alone or in a batch' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from list" -l actor -d 'By this user, or by one behind sudo' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from list" -l action -d 'About this action; give it again for another' -r -f -a "mint\t''
mint_batch\t''
fault\t''
refusal\t''
refusals\t''
secret_set\t''
secret_rotate\t''
secret_remove\t''
session_new\t''
session_revoke\t''
profile_add\t''
profile_default\t''
profile_change\t''
profile_remove\t''
pruned\t''
segment_opened\t''
repaired\t''
chain_broken\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from list" -l channel -d 'By the command line or the endpoint' -r -f -a "cli\t''
serve\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from list" -l outcome -d 'That was done, refused by a rule, or allowed and failed' -r -f -a "ok\t''
refused\t''
failed\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from list" -l reason -d 'Whose reason contains this text: the one given to \'issue --reason\', or why it was refused' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from list" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from list" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from list" -l summary -d 'Show how many tokens were minted and refused, for each day (UTC) and profile'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from find" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from find" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from find" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from find" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from find" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from find" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from find" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from find" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from find" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from find" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from follow" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from follow" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from follow" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from follow" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from follow" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from follow" -l customer -d 'About this customer, alone or in a batch' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from follow" -l actor -d 'By this user, or by one behind sudo' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from follow" -l action -d 'About this action; give it again for another' -r -f -a "mint\t''
mint_batch\t''
fault\t''
refusal\t''
refusals\t''
secret_set\t''
secret_rotate\t''
secret_remove\t''
session_new\t''
session_revoke\t''
profile_add\t''
profile_default\t''
profile_change\t''
profile_remove\t''
pruned\t''
segment_opened\t''
repaired\t''
chain_broken\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from follow" -l channel -d 'By the command line or the endpoint' -r -f -a "cli\t''
serve\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from follow" -l outcome -d 'That was done, refused by a rule, or allowed and failed' -r -f -a "ok\t''
refused\t''
failed\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from follow" -l reason -d 'Whose reason contains this text: the one given to \'issue --reason\', or why it was refused' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from follow" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from follow" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from follow" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from follow" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from follow" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from verify" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from verify" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from verify" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from verify" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from verify" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from verify" -l expect -d 'A head that \'audit head\' printed earlier: the log must hold it still' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from verify" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from verify" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from verify" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from prune" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from prune" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from prune" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from prune" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from prune" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from prune" -l before -d 'Segments whose entries are all older than this: 90d (counted back from now), a date, …' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from prune" -l confirm -d 'The log\'s id, typed again; \'audit head\' starts with it' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from prune" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from prune" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from prune" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from prune" -l dry-run -d 'Show what would be removed, and remove nothing'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from prune" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from head" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from head" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from head" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from head" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from head" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from head" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from head" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from head" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from head" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from head" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "list" -d 'List who minted, refused or changed what'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "find" -d 'Find out who minted a token, when, for whom and why'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "follow" -d 'Show new entries as they are written, until interrupted'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Check that nothing in the log was changed'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "prune" -d 'Remove old entries'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "head" -d 'Print the log\'s head, to keep elsewhere'
complete -c stream-token -n "__fish_stream_token_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stream-token -n "__fish_stream_token_using_subcommand doctor" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand doctor" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand doctor" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand doctor" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand doctor" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand doctor" -l tls-cert -d 'Check this certificate too, as serve would show it to clients' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand doctor" -l tls-key -d 'The certificate\'s private key' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand doctor" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_using_subcommand doctor" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_using_subcommand doctor" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand doctor" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand completions" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand completions" -l config -d 'The configuration file' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand completions" -l state-dir -d 'The directory that holds the audit log' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand completions" -s o -l output -d 'The format of the result: text (default), json; for issue also header, curl, env, csv, template:TEXT' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand completions" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c stream-token -n "__fish_stream_token_using_subcommand completions" -l json -d 'Short for --output json'
complete -c stream-token -n "__fish_stream_token_using_subcommand completions" -l no-input -d 'Never prompt; fail instead, and name the flag to use'
complete -c stream-token -n "__fish_stream_token_using_subcommand completions" -s q -l quiet -d 'Hide notes; still show errors'
complete -c stream-token -n "__fish_stream_token_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand completions" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand help; and not __fish_seen_subcommand_from issue exec verify decode serve profile secret session audit doctor completions help" -f -a "issue" -d 'Mint tokens for customers'
complete -c stream-token -n "__fish_stream_token_using_subcommand help; and not __fish_seen_subcommand_from issue exec verify decode serve profile secret session audit doctor completions help" -f -a "exec" -d 'Run a command with a customer\'s token in its environment'
complete -c stream-token -n "__fish_stream_token_using_subcommand help; and not __fish_seen_subcommand_from issue exec verify decode serve profile secret session audit doctor completions help" -f -a "verify" -d 'Check a token and say what Stream would answer'
complete -c stream-token -n "__fish_stream_token_using_subcommand help; and not __fish_seen_subcommand_from issue exec verify decode serve profile secret session audit doctor completions help" -f -a "decode" -d 'Read a token without a secret; nothing is verified'
complete -c stream-token -n "__fish_stream_token_using_subcommand help; and not __fish_seen_subcommand_from issue exec verify decode serve profile secret session audit doctor completions help" -f -a "serve" -d 'Serve the endpoint that gives customers with a session their tokens'
complete -c stream-token -n "__fish_stream_token_using_subcommand help; and not __fish_seen_subcommand_from issue exec verify decode serve profile secret session audit doctor completions help" -f -a "profile" -d 'Manage profiles (one per Stream app)'
complete -c stream-token -n "__fish_stream_token_using_subcommand help; and not __fish_seen_subcommand_from issue exec verify decode serve profile secret session audit doctor completions help" -f -a "secret" -d 'Store, list, rotate and remove secrets in the operating system\'s keyring'
complete -c stream-token -n "__fish_stream_token_using_subcommand help; and not __fish_seen_subcommand_from issue exec verify decode serve profile secret session audit doctor completions help" -f -a "session" -d 'Create and revoke endpoint sessions'
complete -c stream-token -n "__fish_stream_token_using_subcommand help; and not __fish_seen_subcommand_from issue exec verify decode serve profile secret session audit doctor completions help" -f -a "audit" -d 'Read and check the log of who minted, refused or changed what'
complete -c stream-token -n "__fish_stream_token_using_subcommand help; and not __fish_seen_subcommand_from issue exec verify decode serve profile secret session audit doctor completions help" -f -a "doctor" -d 'Check what is set up, and say what to do'
complete -c stream-token -n "__fish_stream_token_using_subcommand help; and not __fish_seen_subcommand_from issue exec verify decode serve profile secret session audit doctor completions help" -f -a "completions" -d 'Print shell completions for this program\'s commands, flags and values'
complete -c stream-token -n "__fish_stream_token_using_subcommand help; and not __fish_seen_subcommand_from issue exec verify decode serve profile secret session audit doctor completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stream-token -n "__fish_stream_token_using_subcommand profile; and __fish_seen_subcommand_from show set default remove" -f -a "(__fish_stream_token_profiles)"
complete -c stream-token -n "__fish_stream_token_using_subcommand secret; and __fish_seen_subcommand_from set check rotate remove" -f -a "(__fish_stream_token_profiles)"
