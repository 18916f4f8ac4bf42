
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
            cand -o 'The form of the result: text (default), json; for issue also header, curl, env, csv'
            cand --output 'The form of the result: text (default), json; for issue also header, curl, env, csv'
            cand --color 'When to use colour: auto (default), always, never'
            cand -q 'Leave notes out; errors are still told'
            cand --quiet 'Leave notes out; errors are still told'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand issue 'Mint tokens for customers'
            cand verify 'Check a token and say what Stream would answer'
            cand decode 'Read a token without a secret; nothing is verified'
            cand completions 'Print what a shell needs to complete this program''s commands, flags and values'
        }
        &'stream-token;issue'= {
            cand --from 'Read customers from a file, one a line; - is standard input'
            cand --expires 'When the tokens end: a time ahead, or never [default: never]'
            cand --ttl 'When the tokens end: a time ahead, or never [default: never]'
            cand --issued-at 'Say in the tokens when they were issued; without it they do not say'
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand -o 'The form of the result: text (default), json; for issue also header, curl, env, csv'
            cand --output 'The form of the result: text (default), json; for issue also header, curl, env, csv'
            cand --color 'When to use colour: auto (default), always, never'
            cand -q 'Leave notes out; errors are still told'
            cand --quiet 'Leave notes out; errors are still told'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'stream-token;verify'= {
            cand --from 'Verify many: a file of tokens, one a line; - is standard input'
            cand --customer 'It must be this customer''s'
            cand --leeway 'How far clocks may differ: 0s (default) to 5m'
            cand --at 'Verify as if it were this time, not now'
            cand --revoked-before 'Hold it against a revocation at Stream of all tokens issued before this time'
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand -o 'The form of the result: text (default), json; for issue also header, curl, env, csv'
            cand --output 'The form of the result: text (default), json; for issue also header, curl, env, csv'
            cand --color 'When to use colour: auto (default), always, never'
            cand -q 'Leave notes out; errors are still told'
            cand --quiet 'Leave notes out; errors are still told'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'stream-token;decode'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand -o 'The form of the result: text (default), json; for issue also header, curl, env, csv'
            cand --output 'The form of the result: text (default), json; for issue also header, curl, env, csv'
            cand --color 'When to use colour: auto (default), always, never'
            cand --redact 'Hide who it is for and every value that is no time, to show it to others'
            cand -q 'Leave notes out; errors are still told'
            cand --quiet 'Leave notes out; errors are still told'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'stream-token;completions'= {
            cand --profile 'Work with this profile: one Stream app and its secret'
            cand -o 'The form of the result: text (default), json; for issue also header, curl, env, csv'
            cand --output 'The form of the result: text (default), json; for issue also header, curl, env, csv'
            cand --color 'When to use colour: auto (default), always, never'
            cand -q 'Leave notes out; errors are still told'
            cand --quiet 'Leave notes out; errors are still told'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
    ]
    $completions[$command]
}
