"""`make audit`: what can be said about the packages without asking anybody.

It compares requirements.lock, this environment and the table of advisories below, and ends with 1 where
something is wrong: a line of the lock that is not pinned with hashes; a package that is not what the lock
says, or not in it (but for the extras of `OPTIONAL`); a licence outside `LICENCES`; a version older than the
one that fixed something that concerns us; a certificate authority in certifi's bundle whose key is known to
be in strangers' hands.

What it does not do: ask a service for advisories (pip-audit does, with a network), notice that a version was
yanked, or read the packages' code. The table is kept by hand: it was last gone through on `LOOKED_AT`, and
the audit says so each time, so that nobody takes its silence for more than it is.
"""

from __future__ import annotations

import re
import ssl
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from pathlib import Path

import certifi
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
PROJECT = "odoo-sync-hub"
LOOKED_AT = "2026-11-21"

LICENCES = re.compile(
    r"""(?xi) MIT(\ License|-CMU)? | (new\ |modified\ )?BSD([-\ ].*)? | Apache([-\ ].*)? | ISC([-\ ].*)?
    | 0BSD | PSF(-2\.0|L)? | Python\ Software\ Foundation(\ License)? | Unlicense | Zlib
    | MPL[-\ ]2\.0 | Mozilla\ Public\ License\ 2\.0(\ \(MPL\ 2\.0\))?
    | LGPL([-\ v].*)? | GNU\ (Library\ or\ )?Lesser\ General\ Public\ License.* | DFSG\ approved"""
)
"""Licences under which a package may be used, unchanged, beside a project under Apache-2.0."""


@dataclass(frozen=True, slots=True)
class Advisory:
    """Something that was wrong in a package until `fixed`, and what it would mean to us."""

    package: str
    fixed: str
    names: str
    meaning: str


ADVISORIES = (
    Advisory("certifi", "2024.7.4", "CVE-2024-39689", "an authority that is trusted no more signs servers"),
    Advisory("idna", "3.7", "CVE-2024-3651", "a long host name holds a thread"),
    Advisory("mako", "1.3.12", "CVE-2026-41205, CVE-2026-44307", "a template's name reaches other files"),
    Advisory("orjson", "3.11.6", "CVE-2024-27454, CVE-2025-67221", "JSON nested deeply ends the process"),
    Advisory("pip", "26.1.2", "CVE-2025-8869, CVE-2026-8643", "a package writes outside its folder"),
    Advisory("pyyaml", "5.4", "CVE-2020-1747, CVE-2020-14343", "YAML runs code, with loaders not used here"),
    Advisory("requests", "2.33.0", "CVE-2024-47081, CVE-2026-25645", "credentials of .netrc go elsewhere"),
    Advisory("setuptools", "78.1.1", "GHSA-5rjg-fvgr-3xxf", "a package's address writes outside its folder"),
    Advisory("urllib3", "2.8.0", "CVE-2025-66418, CVE-2025-66471, CVE-2026-21441, CVE-2026-44431, "
             "CVE-2026-97687, CVE-2026-97688, CVE-2026-97689", "a small answer unpacks without end"),
)  # fmt: skip
"""Checked against the public advisories of each package on `LOOKED_AT`."""

DISTRUSTED = ("emSign ECC Root CA - G3", "emSign ECC Root CA - C3", "emSign Root CA - C1")
"""Authorities that must not be in the bundle (GHSA-6q48-6c7w-9gw2: keys below them were stolen)."""

_PIN = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)")


def read_lock(text: str) -> tuple[dict[str, str], list[str]]:
    """Package to version, as a lock pins them, and what is wrong with its lines."""
    pinned: dict[str, str] = {}
    wrong = []
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        body = line.partition("#")[0].strip()
        if not body:
            continue
        found = _PIN.match(body)
        if found is None:
            wrong.append(f"{body.split()[0]}: the lock does not pin it to one version")
            continue
        pinned[canonicalize_name(found[1])] = found[2]
        if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", body):
            wrong.append(f"{found[1]}: the lock has no hash of its files")
    return pinned, wrong


OPTIONAL = ("spark", "bench")
"""Extras that the lock leaves out: who wants them installs them, with what they bring."""


def brought_by(extras: Iterable[str]) -> set[str]:
    """The packages of these extras of the project, and of what those need, as far as they are installed."""
    wanted = [
        Requirement(line)
        for line in distribution(PROJECT).requires or ()
        if any(f'extra == "{extra}"' in line for extra in extras)
    ]
    found: set[str] = set()
    while wanted:
        name = canonicalize_name(wanted.pop().name)
        if name in found:
            continue
        try:
            lines = distribution(name).requires or ()
        except PackageNotFoundError:
            continue
        found.add(name)
        needs = map(Requirement, lines)
        wanted += [one for one in needs if one.marker is None or one.marker.evaluate({"extra": ""})]
    return found


def compared(
    pinned: Mapping[str, str], installed: Mapping[str, str], optional: Collection[str] = ()
) -> Iterator[str]:
    """Where this environment is not what the lock says; `optional` may be there or not."""
    for name, version in pinned.items():
        if name not in installed:
            yield f"{name}: the lock has {version}, and it is not installed"
        elif Version(installed[name]) != Version(version):
            yield f"{name}: the lock has {version}, installed is {installed[name]}"
    for name in sorted(set(installed) - set(pinned) - set(optional)):
        yield f"{name} {installed[name]}: installed, and not in the lock"


def known_faults(versions: Mapping[str, str], advisories: Iterable[Advisory] = ADVISORIES) -> Iterator[str]:
    """Packages older than the version that fixed something."""
    for one in advisories:
        version = versions.get(one.package)
        if version is not None and Version(version) < Version(one.fixed):
            yield f"{one.package} {version}: {one.names}, fixed in {one.fixed} ({one.meaning})"


def licences(found: Distribution) -> list[str]:
    """What a package says it is under: its expression, else its classifiers, else its free text."""
    expression = found.metadata.get_all("License-Expression")
    if expression:
        return [str(one) for one in expression]
    classified = [text.rpartition(" :: ")[2] for text in found.metadata.get_all("Classifier") or ()
                  if text.startswith("License :: ") and not text.endswith("OSI Approved")]  # fmt: skip
    return classified or [
        str(one).strip().partition("\n")[0] for one in found.metadata.get_all("License") or ()
    ]


def is_allowed(licence: str) -> bool:
    """Whether an expression can be met: all of what AND joins, one of what OR joins."""
    inner = licence.replace("(", " ( ").replace(")", " ) ").strip()
    if LICENCES.fullmatch(licence.strip()):
        return True
    if re.search(r"\sAND\s", inner):
        return all(is_allowed(part) for part in _split(licence, "AND"))
    if re.search(r"\sOR\s", inner):
        return any(is_allowed(part) for part in _split(licence, "OR"))
    return False


def _split(licence: str, word: str) -> list[str]:
    """The parts of an expression that a word joins at its outermost level."""
    parts, depth, begin = [], 0, 0
    for found in re.finditer(rf"\(|\)|\s{word}\s", licence):
        if found[0] in "()":
            depth += 1 if found[0] == "(" else -1
        elif not depth:
            parts.append(licence[begin : found.start()])
            begin = found.end()
    parts.append(licence[begin:])
    return [re.sub(r"^\((.*)\)$", r"\1", part.strip()) for part in parts]


def distrusted(bundle: str) -> Iterator[str]:
    """Authorities of a bundle that must not be in it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cafile=bundle)
    for authority in context.get_ca_certs():
        shown = str(authority.get("subject"))
        yield from (f"{bundle} trusts {name}" for name in DISTRUSTED if f"'{name}'" in shown)


def problems() -> Iterator[str]:
    """All that is wrong here."""
    pinned, wrong = read_lock((ROOT / "requirements.lock").read_text("utf-8"))
    yield from wrong
    found = {str(canonicalize_name(one.metadata["Name"])): one for one in distributions()}
    found.pop(PROJECT, None)
    installed = {name: one.version for name, one in found.items()}
    yield from compared(pinned, installed, brought_by(OPTIONAL))
    yield from known_faults({**pinned, **installed})
    for name, one in sorted(found.items()):
        said = licences(one)
        if not said or not all(is_allowed(text) for text in said):
            yield f"{name} {one.version}: not an allowed licence: {' / '.join(said) or 'none is said'}"
    yield from distrusted(certifi.where())


def main() -> int:
    wrong = list(problems())
    for one in wrong:
        print(f"audit: {one}")
    pinned, _ = read_lock((ROOT / "requirements.lock").read_text("utf-8"))
    advised = sum(len(one.names.split(", ")) for one in ADVISORIES)
    print(
        f"audit: {len(pinned)} packages, {len(wrong)} problems. It knows {advised} advisories of "
        f"{len(ADVISORIES)} packages, gone through by hand on {LOOKED_AT}, and asks no service for more."
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
