#!/usr/bin/env bash
# Installs reporter into a virtual environment of its own, so that the project's environment stays as it is:
#   install-reporter.sh VENV PROJECT
# and prints the command that runs it. Every package is the one that requirements/ names, by its hash. bash 3.2 runs it.
set -euo pipefail

venv=$1
project=$2
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

say() { printf '%s\n' "$*" >&2; }
fail() { say "::error title=reporter::$*"; exit 1; }

find_python() {
  local name
  for name in python3 python; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then command -v "$name"; return; fi
  done
  fail "reporter needs Python 3.11 or newer. Add actions/setup-python before this step."
}

find_uv() {
  if command -v uv; then return; fi
  say "Installing uv"
  "$1" -m pip install --quiet --disable-pip-version-check --no-input \
    --target "$venv-uv" --require-hashes --requirement "$source/requirements/uv.txt" >&2
  printf '%s\n' "$venv-uv/bin/uv"
}

install() { "$uv" pip install --quiet --no-config --python "$venv/bin/python" "$@" >&2; }

install_reporter() {
  say "Installing reporter"
  "$uv" venv --quiet --no-config --clear --python "$1" "$venv"
  install --require-hashes --requirement "$source/requirements/reporter.lock"
  install --no-deps --no-build-isolation "$source"
}

# dvc-s3 is in the lock; other remotes bring their plugin. What is wrong with the project, `reporter ci` says.
install_plugins() {
  local remotes plugin
  remotes=$("$venv/bin/dvc" --cd "$project" remote list 2>/dev/null) || return 0
  for plugin in gs azure ssh gdrive oss webdav hdfs; do
    if grep --quiet --extended-regexp "[[:space:]](web)?${plugin}s?://" <<<"$remotes"; then
      say "Installing dvc-$plugin for the project's remote"
      install --constraints "$source/requirements/reporter.lock" "dvc-$plugin"
    fi
  done
}

if [ -n "${REPORTER_COMMAND:-}" ]; then
  command -v "$REPORTER_COMMAND" || fail "REPORTER_COMMAND names $REPORTER_COMMAND, which cannot be run. Correct it in the runner's environment, or unset it to have reporter installed."
  exit
fi
[ "${RUNNER_OS:-}" != Windows ] || fail "reporter runs on Linux and macOS runners, not on Windows."
python=$(find_python)
uv=$(find_uv "$python")
[ -x "$venv/bin/reporter" ] || install_reporter "$python"
install_plugins
printf '%s\n' "$venv/bin/reporter"
