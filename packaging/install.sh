#!/bin/sh
# Installs stream-token:
#
#   ./install.sh                       for this user, in ~/.local; as root for all users, in /usr/local
#   ./install.sh --prefix FOLDER       in another folder
#   ./install.sh --uninstall [--prefix FOLDER]
#
# It copies the files that SHA256SUMS names, after checking them, and nothing else; --uninstall removes these. It never
# touches your configuration, your audit log or your keyring.
set -eu

prefix=${HOME:-}/.local
if [ "$(id -u)" = 0 ]; then prefix=/usr/local; fi
uninstall=no
while [ $# -gt 0 ]; do
  case $1 in
    --prefix) prefix=${2:?--prefix needs a folder}; shift ;;
    --uninstall) uninstall=yes ;;
    *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
  shift
done
case $prefix in
  /*) ;;
  *) prefix=$PWD/$prefix ;;
esac
# Keeps this script and the sums, so that it can be removed without the archive.
kept=$prefix/share/doc/stream-token

# Prints the files that a list of sums names: each line is a sum of 64 digits, two blanks, a file.
files() { cut -c 67- "$1"; }

remove() {
  files "$kept/SHA256SUMS" | while read -r file; do rm -f "$prefix/$file"; done
  rm -f "$kept/SHA256SUMS" "$kept/install.sh"
  rmdir "$kept/examples" "$kept" 2>/dev/null || true
}

if [ "$uninstall" = yes ]; then
  if [ ! -e "$kept/SHA256SUMS" ]; then
    echo "install.sh: error: stream-token is not installed in $prefix" >&2
    exit 1
  fi
  remove
  echo "removed stream-token from $prefix"
  exit
fi

cd "$(dirname "$0")"
sha256sum --check --quiet SHA256SUMS
# Remove files that only an older version had.
if [ -e "$kept/SHA256SUMS" ]; then remove; fi
files SHA256SUMS | while read -r file; do
  mkdir -p "$prefix/$(dirname "$file")"
  # A new file, so that a program that runs goes on as it was.
  cp "$file" "$prefix/$file.new"
  mv "$prefix/$file.new" "$prefix/$file"
done
cp SHA256SUMS install.sh "$kept"
echo "installed stream-token in $prefix; to remove it: sh '$kept/install.sh' --uninstall --prefix '$prefix'"
case :$PATH: in
  *:"$prefix/bin":*) ;;
  *) echo "$prefix/bin is not in your PATH yet" ;;
esac
