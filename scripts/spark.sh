#!/bin/sh
# Spark of the extra `spark`, and the Java it runs on: tests compare a base by it, too. Without them those tests
# are skipped, each with its reason; so what cannot be had here is said, and is no failure.
set -u
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! command -v java >/dev/null; then
    if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
        echo "spark: not available: there is no Java, and only root on a Debian can install it"
        exit 0
    fi
    export DEBIAN_FRONTEND=noninteractive
    if ! { apt-get -y -o Acquire::Check-Valid-Until=false update &&
        apt-get -y install --no-install-recommends openjdk-17-jre-headless; } >"$log" 2>&1; then
        echo "spark: not available: $(grep -E '^E:' "$log" | tail -1)"
        exit 0
    fi
fi
if .venv/bin/python -m pip --disable-pip-version-check --no-input install --quiet -e '.[spark]' >"$log" 2>&1; then
    echo "spark: Java and pyspark are here"
else
    echo "spark: not available: $(tail -1 "$log")"
fi
