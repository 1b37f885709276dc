"""Further modules on a real Odoo: the community's (OCA), from the wheels of the package index.

A wheel is downloaded once into the cache and its modules are laid into the server's own data folder, which
every Odoo looks into: the root, its recipe and the pristine database stay as they are. `install` puts them
into one database; `furnished` keeps a database that has them, which others are then copied from.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from tests.live import runs
from tests.live.build import cache
from tests.live.debian import Unavailable
from tests.live.servers import Odoo

_SECONDS = 120
MAINTENANCE = ("base_territory", "contract", "fieldservice")
"""Contracts and field service of the community, and what they need that Odoo has not. For 19 alone."""
_furnished: dict[tuple[str, tuple[str, ...]], str] = {}


def furnished(odoo: Odoo, *modules: str) -> str:
    """A fresh database that has these modules, in a second or two: they are installed once a server.

    Give it to `Odoo.drop` when done. Raises `Unavailable` where the modules cannot be had.
    """
    key = (odoo.url, modules)
    if key not in _furnished:
        template = odoo.fresh_database()
        install(odoo, template, *modules)
        _furnished[key] = template
    return odoo.fresh_database(_furnished[key])


def install(odoo: Odoo, database: str, *modules: str) -> None:
    """Install OCA modules into a database of this server. Raises `Unavailable` where they cannot be had."""
    _lay(odoo, [_module(odoo.version, name) for name in modules])
    odoo.call(database, "ir.module.module", "update_list")
    found = odoo.call(database, "ir.module.module", "search", [["name", "in", list(modules)]])
    if len(found) != len(modules):
        raise AssertionError(f"Odoo {odoo.version} does not see {', '.join(modules)}")
    odoo.call(database, "ir.module.module", "button_immediate_install", found)


def _module(version: int, name: str) -> Path:
    """The unpacked module, downloaded first if need be."""
    folder = cache() / f"addons-{version}"
    folder.mkdir(parents=True, exist_ok=True)
    unpacked = folder / name
    if not unpacked.exists():
        _unpack(_wheel(version, name, folder), name, unpacked)
    return unpacked


def _wheel(version: int, name: str, folder: Path) -> Path:
    # Up to Odoo 14, each version's modules had a distribution of their own.
    prefix = "odoo14-addon" if version == 14 else "odoo-addon"
    wanted = f"{prefix}-{name.replace('_', '-')}=={version}.*"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:",
               "--dest", str(folder), wanted]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired as late:
        raise Unavailable(f"{wanted} was not downloaded within {_SECONDS} s") from late
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["pip says nothing"]
        raise Unavailable(f"{wanted} cannot be downloaded: {said[-1]}")
    (found,) = folder.glob(f"{re.sub('[-.]', '_', prefix)}_{name}-{version}.*.whl")
    return found


def _unpack(wheel: Path, name: str, target: Path) -> None:
    partial = target.with_name(f"{name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(partial)
    (partial / "odoo/addons" / name).rename(target)
    shutil.rmtree(partial)


def _lay(odoo: Odoo, modules: Sequence[Path]) -> None:
    """Lay modules into the data folder of the server at this address."""
    folder = _data(odoo) / "addons" / f"{odoo.version}.0"
    folder.mkdir(parents=True, exist_ok=True)
    for module in modules:
        if not (folder / module.name).exists():
            shutil.copytree(module, folder / module.name)


def _data(odoo: Odoo) -> Path:
    for note in (cache() / f"odoo-{odoo.version}" / "root" / runs.FOLDERS).glob("*/run.json"):
        if json.loads(note.read_text())["server"].get("url") == odoo.url:
            return note.parent / "data"
    raise Unavailable(f"modules can be added only to servers that these tests started, not to {odoo.url}")
