#!/bin/sh
# LibreOffice without a screen, and poppler: the tests open with them what the hub wrote. Without them those
# tests are skipped, each with its reason; so what cannot be had here is said, and is no failure.
set -u
if command -v soffice >/dev/null && command -v pdftoppm >/dev/null; then
    echo "office: LibreOffice and poppler are here"
    exit 0
fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
    echo "office: not available: only root on a Debian can install LibreOffice"
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
if apt-get -y -o Acquire::Check-Valid-Until=false update >"$log" 2>&1 &&
    apt-get -y install --no-install-recommends \
        libreoffice-writer-nogui libreoffice-calc-nogui poppler-utils fonts-dejavu-core >>"$log" 2>&1; then
    echo "office: LibreOffice and poppler are installed"
else
    echo "office: not available: $(grep -E '^E:' "$log" | tail -1)"
fi
rm -f "$log"
