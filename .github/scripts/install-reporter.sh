#!/usr/bin/env bash
# Installs reporter into a virtual environment of its own, so that the project's environment stays as it is:
#   install-reporter.sh VENV PROJECT
# and prints the command that runs it. Every package is the one that requirements/ names, by its hash.
set -euo pipefail

venv=$1
project=$2
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

say() { printf '%s\n' "$*" >&2; }
fail() { say "::error title=reporter::$*"; exit 1; }

if [ -n "${REPORTER_COMMAND:-}" ]; then
  command -v "$REPORTER_COMMAND" >/dev/null || fail "REPORTER_COMMAND names $REPORTER_COMMAND, which is not there. Correct it in the runner's environment, or unset it to have reporter installed."
  say "This runner brings reporter: $REPORTER_COMMAND"
  command -v "$REPORTER_COMMAND"
  exit
fi

fits() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
python=
for name in python3 python; do
  if command -v "$name" >/dev/null && fits "$name"; then python=$(command -v "$name"); break; fi
done
[ -n "$python" ] || fail "reporter needs Python 3.11 or newer. Add actions/setup-python before this step."

if ! uv=$(command -v uv); then
  say "Installing uv"
  "$python" -m pip install --quiet --disable-pip-version-check --no-input \
    --target "$venv-uv" --require-hashes --requirement "$source/requirements/uv.txt" >&2
  uv=$venv-uv/bin/uv
fi

say "Installing reporter"
"$uv" venv --quiet --no-config --python "$python" "$venv"
install() { "$uv" pip install --quiet --no-config --python "$venv/bin/python" "$@" >&2; }
install --require-hashes --requirement "$source/requirements/reporter.lock"
install --no-deps --build-constraints "$source/requirements/dev.lock" "$source"

# dvc-s3 is in the lock; other remotes bring their plugin.
remotes=$("$venv/bin/dvc" --cd "$project" remote list 2>/dev/null) || remotes= # `reporter ci` says what is wrong there
for plugin in gs azure ssh gdrive oss webdav hdfs; do
  if grep --quiet --extended-regexp "[[:space:]](web)?${plugin}s?://" <<<"$remotes"; then
    say "Installing dvc-$plugin for the project's remote"
    install --constraints "$source/requirements/reporter.lock" "dvc-$plugin"
  fi
done

printf '%s\n' "$venv/bin/reporter"
