# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_stream_token_global_optspecs
    string join \n profile= o/output= color= q/quiet h/help V/version
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

complete -c stream-token -n "__fish_stream_token_needs_command" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f
complete -c stream-token -n "__fish_stream_token_needs_command" -s o -l output -d 'The form of the result: text (default), json; for issue also header, curl, env, csv' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_needs_command" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t'At a terminal that shows it'
always\t'Always'
never\t'Never'"
complete -c stream-token -n "__fish_stream_token_needs_command" -s q -l quiet -d 'Leave notes out; errors are still told'
complete -c stream-token -n "__fish_stream_token_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_needs_command" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_needs_command" -f -a "issue" -d 'Mint tokens for customers'
complete -c stream-token -n "__fish_stream_token_needs_command" -f -a "verify" -d 'Check a token and say what Stream would answer'
complete -c stream-token -n "__fish_stream_token_needs_command" -f -a "decode" -d 'Read a token without a secret; nothing is verified'
complete -c stream-token -n "__fish_stream_token_needs_command" -f -a "completions" -d 'Print what a shell needs to complete this program\'s commands, flags and values'
complete -c stream-token -n "__fish_stream_token_using_subcommand issue" -l from -d 'Read customers from a file, one a line; - is standard input' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand issue" -l expires -l ttl -d 'When the tokens end: a time ahead, or never [default: never]' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand issue" -l issued-at -d 'Say in the tokens when they were issued; without it they do not say' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand issue" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand issue" -s o -l output -d 'The form of the result: text (default), json; for issue also header, curl, env, csv' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand issue" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t'At a terminal that shows it'
always\t'Always'
never\t'Never'"
complete -c stream-token -n "__fish_stream_token_using_subcommand issue" -s q -l quiet -d 'Leave notes out; errors are still told'
complete -c stream-token -n "__fish_stream_token_using_subcommand issue" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand issue" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand verify" -l from -d 'Verify many: a file of tokens, one a line; - is standard input' -r -F
complete -c stream-token -n "__fish_stream_token_using_subcommand verify" -l customer -d 'It must be this customer\'s' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand verify" -l leeway -d 'How far clocks may differ: 0s (default) to 5m' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand verify" -l at -d 'Verify as if it were this time, not now' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand verify" -l revoked-before -d 'Hold it against a revocation at Stream of all tokens issued before this time' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand verify" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand verify" -s o -l output -d 'The form of the result: text (default), json; for issue also header, curl, env, csv' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand verify" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t'At a terminal that shows it'
always\t'Always'
never\t'Never'"
complete -c stream-token -n "__fish_stream_token_using_subcommand verify" -s q -l quiet -d 'Leave notes out; errors are still told'
complete -c stream-token -n "__fish_stream_token_using_subcommand verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand verify" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand decode" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand decode" -s o -l output -d 'The form of the result: text (default), json; for issue also header, curl, env, csv' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand decode" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t'At a terminal that shows it'
always\t'Always'
never\t'Never'"
complete -c stream-token -n "__fish_stream_token_using_subcommand decode" -l redact -d 'Hide who it is for and every value that is no time, to show it to others'
complete -c stream-token -n "__fish_stream_token_using_subcommand decode" -s q -l quiet -d 'Leave notes out; errors are still told'
complete -c stream-token -n "__fish_stream_token_using_subcommand decode" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand decode" -s V -l version -d 'Print version'
complete -c stream-token -n "__fish_stream_token_using_subcommand completions" -l profile -d 'Work with this profile: one Stream app and its secret' -r -f
complete -c stream-token -n "__fish_stream_token_using_subcommand completions" -s o -l output -d 'The form of the result: text (default), json; for issue also header, curl, env, csv' -r -f -a "text\t'For people'
json\t'One JSON object a line'
header\t'The two HTTP headers that Stream wants'
curl\t'A curl command'
env\t'An assignment for a shell'
csv\t'A table of comma-separated values'"
complete -c stream-token -n "__fish_stream_token_using_subcommand completions" -l color -d 'When to use colour: auto (default), always, never' -r -f -a "auto\t'At a terminal that shows it'
always\t'Always'
never\t'Never'"
complete -c stream-token -n "__fish_stream_token_using_subcommand completions" -s q -l quiet -d 'Leave notes out; errors are still told'
complete -c stream-token -n "__fish_stream_token_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stream-token -n "__fish_stream_token_using_subcommand completions" -s V -l version -d 'Print version'
