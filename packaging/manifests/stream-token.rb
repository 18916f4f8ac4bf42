class StreamToken < Formula
  desc "Mints, verifies, decodes and serves Stream Chat user tokens"
  homepage "https://getstream.io/chat/"
  url "@URL@"
  version "@VERSION@"
  sha256 "@SHA256@"

  depends_on arch: :x86_64
  depends_on :linux

  def install
    bin.install "bin/stream-token"
    man1.install Dir["share/man/man1/*"]
    man7.install Dir["share/man/man7/*"]
    bash_completion.install "share/bash-completion/completions/stream-token"
    zsh_completion.install "share/zsh/site-functions/_stream-token"
    fish_completion.install "share/fish/vendor_completions.d/stream-token.fish"
    doc.install Dir["share/doc/stream-token/*"]
  end

  test do
    assert_match(/\AeyJ/, shell_output("#{bin}/stream-token --profile demo issue 123"))
  end
end
