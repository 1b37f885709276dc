#!/bin/sh
# Make .venv with everything the project needs: what requirements.lock says, then the project itself.
set -eu
cd "$(dirname "$0")/.."

for python in "${PYTHON:-}" python3 python3.11 python3.12 python3.13; do
    [ -n "$python" ] && command -v "$python" >/dev/null 2>&1 || continue
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' && found=$python && break
done
if [ -z "${found:-}" ]; then
    echo "Python 3.11 or newer is needed and was not found. PYTHON=/path/to/python make ... names one." >&2
    exit 2
fi

# Debian ships venv's other half in a package of its own.
if ! "$found" -c 'import ensurepip, venv' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "installing the package python3-venv"
        apt-get -qq update
        DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install python3-venv >/dev/null
    else
        echo "$found cannot make a virtual environment. On Debian: sudo apt-get install python3-venv" >&2
        exit 2
    fi
fi

[ -x .venv/bin/pip ] || { rm -rf .venv; "$found" -m venv .venv; }
pip=".venv/bin/python -m pip --disable-pip-version-check --no-input"
if [ -f requirements.lock ]; then
    echo "installing what requirements.lock says"
    # Wheels alone: no package's own set-up code runs here.
    $pip install --quiet --require-hashes --only-binary :all: -r requirements.lock
    PYTHONWARNINGS='ignore:Editable' $pip install --quiet --no-deps --no-build-isolation -e .
else
    echo "installing what pyproject.toml says (there is no requirements.lock)"
    $pip install --quiet -e '.[dev]'
fi
touch .venv/ready
