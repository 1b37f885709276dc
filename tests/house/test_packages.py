"""What is installed: every package has a reason, a pinned version with its hashes, and no address in it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from shutil import copytree

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.source import ROOT, modules, tracked

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
RUNTIME = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
TOOLS = [Requirement(text) for text in PROJECT["project"]["optional-dependencies"]["dev"]]
LOCK = ROOT / "requirements.lock"

IMPORTED_AS = {
    "python-calamine": "python_calamine",
    "python-docx": "docx",
    "python-stdnum": "stdnum",
    "prometheus-client": "prometheus_client",
    "pyjwt": "jwt",
    "pyyaml": "yaml",
}
LOADED_BY_NAME = {"psycopg", "python-tds", "sqlalchemy-pytds"}
"""Packages that no import names: SQLAlchemy loads its drivers by the database's URL."""

PLACES = re.compile(
    r"py[p]i\.|python[h]osted|(?<!no-emit-)index-url|(?<!no-emit-)trusted-host"
    r"|(?<![\w*./])/(?:home|root|work|farm)/\w|[A-Z]:\\Users",
    re.IGNORECASE,
)


def locked() -> dict[str, str]:
    """Package to version, as the lock pins them."""
    found = re.findall(r"^([A-Za-z0-9._-]+)==([^ ]+) \\$", LOCK.read_text("utf-8"), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


def test_the_architecture_gives_a_reason_for_every_package_and_for_no_other() -> None:
    page = (ROOT / "docs/architecture.md").read_text("utf-8")
    table = page.partition("## Packages")[2].partition("\n## ")[0]
    named = {
        name
        for names, reason in re.findall(r"^\| ([^|]+) \| (.+) \|$", table, re.MULTILINE)
        for name in re.findall(r"`([^`]+)`", names)
        if len(reason.split()) > 3
    }
    assert named == {package.name for package in [*RUNTIME, *TOOLS]}


@pytest.mark.parametrize("package", RUNTIME, ids=lambda found: found.name)
def test_every_package_that_ships_is_used_and_bounded(package: Requirement) -> None:
    assert {"<"} <= {one.operator for one in package.specifier}, "a next major version is a decision"
    if package.name not in LOADED_BY_NAME:
        module = IMPORTED_AS.get(package.name, package.name)
        users = [m.place for m in modules() if not m.is_in("tests", "benchmarks", "scripts")
                 for name in m.imports() if name.split(".")[0] == module]  # fmt: skip
        assert users


def test_the_lock_pins_what_the_project_asks_for() -> None:
    versions = locked()
    for package in [*RUNTIME, *TOOLS]:
        assert package.specifier.contains(versions[canonicalize_name(package.name)], prereleases=True), (
            f"`make lock` writes requirements.lock anew: {package}"
        )


def test_every_line_of_the_lock_has_hashes_and_none_an_address() -> None:
    text = LOCK.read_text("utf-8")
    assert not PLACES.search(text)
    assert "://" not in text
    blocks = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)
    entries = [block for block in blocks if "==" in block]
    assert len(entries) == len(locked())
    assert not [block.split(" ")[0] for block in entries if "--hash=sha256:" not in block]


def test_no_file_names_a_machine_or_a_package_index() -> None:
    """What is committed works anywhere: not on the machine it was written on, nor from one index alone."""
    mine = Path(__file__)
    texts = [path for path in tracked() if path.suffix not in {".xlsx", ".xlsm", ".xls", ".ods", ".png"}]
    assert not [
        f"{path.relative_to(ROOT)}: {found.group()}"
        for path in texts
        if path != mine and (found := PLACES.search(path.read_bytes().decode("utf-8", "replace")))
    ]


def test_a_wheel_holds_all_that_the_program_needs(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for room in ("hub", "connectors", "sandbox", "mappings", "config", "tests"):
        copytree(
            ROOT / room, source / room, ignore=lambda _, names: {"__pycache__", "cassettes"} & set(names)
        )
    for name in ("pyproject.toml", "README.md", "LICENSE", "scheduler.py"):
        (source / name).write_bytes((ROOT / name).read_bytes())
    build = (
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "-w",
        str(tmp_path),
    )
    subprocess.run([sys.executable, "-m", *build, str(source)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)

    assert not (installed / "tests").exists()
    for name in (
        "mappings/customer.yaml",
        "mappings/contact.yaml",
        "hub/store/migrations/env.py",
        "scheduler.py",
    ):
        assert (installed / name).read_bytes() == (ROOT / name).read_bytes()
    assert list(installed.glob("hub/store/migrations/versions/*.py"))
    assert list(installed.glob("*.dist-info/licenses/LICENSE"))

    # The program itself, from there alone: it reads the shipped mappings and makes its tables.
    home = tmp_path / "home"
    for folder in ("exports", "imports"):
        (home / folder).mkdir(parents=True)
    (home / "clients.xlsx").write_bytes(b"")
    python = [sys.executable, "-P"]
    where = [*python, "-c", "import hub; print(hub.__file__)"]
    said = subprocess.run(where, cwd=home, env=_alone(installed), capture_output=True, text=True, check=True)
    assert Path(said.stdout.strip()).is_relative_to(installed)
    hub = [*python, "-m", "hub.cli.main", "--config", str(home / "hub.yaml")]
    init = [
        "init",
        "--no-input",
        "--excel-file",
        "clients.xlsx",
        "--sage-exports",
        "exports",
        "--sage-imports",
        "imports",
    ]
    for words in (init, ["status"]):
        done = subprocess.run([*hub, *words], cwd=home, env=_alone(installed), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert (home / "mappings/customer.yaml").exists()


def _alone(installed: Path) -> dict[str, str]:
    """An environment in which only the wheel's modules are this project's."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "ODOO_", "PYTHON"))
    }
    return {**kept, "PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"}
