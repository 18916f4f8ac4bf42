module completions {

  def "nu-complete stream-token output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token color" [] {
    [ "auto" "always" "never" ]
  }

  # Mint, verify and decode Stream Chat user tokens
  export extern stream-token [
    --profile: string         # Work with this profile: one Stream app and its secret
    --output(-o): string@"nu-complete stream-token output" # The form of the result: text (default), json; for issue also header, curl, env, csv
    --color: string@"nu-complete stream-token color" # When to use colour: auto (default), always, never
    --quiet(-q)               # Leave notes out; errors are still told
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
    --from: path              # Read customers from a file, one a line; - is standard input
    --expires: string         # When the tokens end: a time ahead, or never [default: never]
    --ttl: string             # When the tokens end: a time ahead, or never [default: never]
    --issued-at: string       # Say in the tokens when they were issued; without it they do not say
    --profile: string         # Work with this profile: one Stream app and its secret
    --output(-o): string@"nu-complete stream-token issue output" # The form of the result: text (default), json; for issue also header, curl, env, csv
    --color: string@"nu-complete stream-token issue color" # When to use colour: auto (default), always, never
    --quiet(-q)               # Leave notes out; errors are still told
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
    ...customers: string      # Whose token: 123 or customer-123
  ]

  def "nu-complete stream-token verify output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token verify color" [] {
    [ "auto" "always" "never" ]
  }

  # Check a token and say what Stream would answer
  export extern "stream-token verify" [
    --from: path              # Verify many: a file of tokens, one a line; - is standard input
    --customer: string        # It must be this customer's
    --leeway: string          # How far clocks may differ: 0s (default) to 5m
    --at: string              # Verify as if it were this time, not now
    --revoked-before: string  # Hold it against a revocation at Stream of all tokens issued before this time
    --profile: string         # Work with this profile: one Stream app and its secret
    --output(-o): string@"nu-complete stream-token verify output" # The form of the result: text (default), json; for issue also header, curl, env, csv
    --color: string@"nu-complete stream-token verify color" # When to use colour: auto (default), always, never
    --quiet(-q)               # Leave notes out; errors are still told
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
    token?: string            # The token; - reads it from standard input
  ]

  def "nu-complete stream-token decode output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token decode color" [] {
    [ "auto" "always" "never" ]
  }

  # Read a token without a secret; nothing is verified
  export extern "stream-token decode" [
    --redact                  # Hide who it is for and every value that is no time, to show it to others
    --profile: string         # Work with this profile: one Stream app and its secret
    --output(-o): string@"nu-complete stream-token decode output" # The form of the result: text (default), json; for issue also header, curl, env, csv
    --color: string@"nu-complete stream-token decode color" # When to use colour: auto (default), always, never
    --quiet(-q)               # Leave notes out; errors are still told
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
    token: string             # The token; - reads it from standard input
  ]

  def "nu-complete stream-token completions shell" [] {
    [ "bash" "elvish" "fish" "nushell" "powershell" "zsh" ]
  }

  def "nu-complete stream-token completions output" [] {
    [ "text" "json" "header" "curl" "env" "csv" ]
  }

  def "nu-complete stream-token completions color" [] {
    [ "auto" "always" "never" ]
  }

  # Print what a shell needs to complete this program's commands, flags and values
  export extern "stream-token completions" [
    --profile: string         # Work with this profile: one Stream app and its secret
    --output(-o): string@"nu-complete stream-token completions output" # The form of the result: text (default), json; for issue also header, curl, env, csv
    --color: string@"nu-complete stream-token completions color" # When to use colour: auto (default), always, never
    --quiet(-q)               # Leave notes out; errors are still told
    --help(-h)                # Print help (see more with '--help')
    --version(-V)             # Print version
    shell: string@"nu-complete stream-token completions shell" # The shell
  ]

}

export use completions *
