
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
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result: text (default), json; for issue also header, curl, env, csv')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result: text (default), json; for issue also header, curl, env, csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave notes out; errors are still told')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave notes out; errors are still told')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('issue', 'issue', [CompletionResultType]::ParameterValue, 'Mint tokens for customers')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Check a token and say what Stream would answer')
            [CompletionResult]::new('decode', 'decode', [CompletionResultType]::ParameterValue, 'Read a token without a secret; nothing is verified')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print what a shell needs to complete this program''s commands, flags and values')
            break
        }
        'stream-token;issue' {
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Read customers from a file, one a line; - is standard input')
            [CompletionResult]::new('--expires', '--expires', [CompletionResultType]::ParameterName, 'When the tokens end: a time ahead, or never [default: never]')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'When the tokens end: a time ahead, or never [default: never]')
            [CompletionResult]::new('--issued-at', '--issued-at', [CompletionResultType]::ParameterName, 'Say in the tokens when they were issued; without it they do not say')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result: text (default), json; for issue also header, curl, env, csv')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result: text (default), json; for issue also header, curl, env, csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave notes out; errors are still told')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave notes out; errors are still told')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'stream-token;verify' {
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Verify many: a file of tokens, one a line; - is standard input')
            [CompletionResult]::new('--customer', '--customer', [CompletionResultType]::ParameterName, 'It must be this customer''s')
            [CompletionResult]::new('--leeway', '--leeway', [CompletionResultType]::ParameterName, 'How far clocks may differ: 0s (default) to 5m')
            [CompletionResult]::new('--at', '--at', [CompletionResultType]::ParameterName, 'Verify as if it were this time, not now')
            [CompletionResult]::new('--revoked-before', '--revoked-before', [CompletionResultType]::ParameterName, 'Hold it against a revocation at Stream of all tokens issued before this time')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result: text (default), json; for issue also header, curl, env, csv')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result: text (default), json; for issue also header, curl, env, csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave notes out; errors are still told')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave notes out; errors are still told')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'stream-token;decode' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result: text (default), json; for issue also header, curl, env, csv')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result: text (default), json; for issue also header, curl, env, csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('--redact', '--redact', [CompletionResultType]::ParameterName, 'Hide who it is for and every value that is no time, to show it to others')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave notes out; errors are still told')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave notes out; errors are still told')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'stream-token;completions' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Work with this profile: one Stream app and its secret')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of the result: text (default), json; for issue also header, curl, env, csv')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of the result: text (default), json; for issue also header, curl, env, csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour: auto (default), always, never')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave notes out; errors are still told')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave notes out; errors are still told')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
