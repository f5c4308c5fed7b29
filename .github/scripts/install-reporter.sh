#!/usr/bin/env bash
# Installs reporter into a virtual environment of its own, so that the project's environment stays as it is:
#   install-reporter.sh VENV PROJECT
# The remote that .dvc/config names decides which DVC plugin joins it.
set -euo pipefail

venv=$1
project=$2
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

python=$(command -v python3 || command -v python) || { echo "::error::Python 3.11 or newer is needed; add actions/setup-python before this step."; exit 1; }
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "::error::reporter needs Python 3.11 or newer; this is $("$python" -V). Add actions/setup-python before this step."
  exit 1
fi

"$python" -m venv "$venv"
pip() { "$venv/bin/python" -m pip --quiet --disable-pip-version-check "$@"; }
pip install --require-hashes --requirement "$source/requirements/reporter.lock"
pip install --no-deps --no-build-isolation "$source"

# dvc-s3 is in the lock; other remotes bring their plugin.
config=$(git -C "$project" rev-parse --show-toplevel 2>/dev/null || echo "$project")
for scheme in gs azure ssh gdrive oss webdav hdfs; do
  if git -C "$config" grep --quiet --extended-regexp "^[[:space:]]*url[[:space:]]*=[[:space:]]*${scheme}s?://" -- '*.dvc/config' 2>/dev/null; then
    echo "The project's remote needs dvc-$scheme."
    pip install "dvc-$scheme"
  fi
done
