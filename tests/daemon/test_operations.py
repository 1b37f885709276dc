"""What is said of running the hub is true: settings, metrics, events, units."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from connectors.registry import PACKAGES, TRANSPORTS
from hub.calllog.log import CallLog
from hub.daemon.board import Board
from hub.daemon.figures import Reader
from hub.daemon.health import Configuration, RouteShape
from hub.daemon.metrics import Metrics
from hub.daemon.telephone import Telephone
from hub.daemon.worker import Work
from hub.directory import Directory
from hub.mapping import Mappings
from hub.report import Count
from hub.road.road import Road
from hub.settings import CallSettings, SettingsDoc, load_settings
from hub.store import Store

PROJECT = Path(__file__).resolve().parents[2]
PAGE = (PROJECT / "docs" / "operations.md").read_text("utf-8")
DIFFERENT_WORDS = {"schedule.systems": "none", "login": "empty", "backups.folder": "`hub-backups` beside it"}


def settings_of(model: type[BaseModel], before: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every setting of a model by its dotted name; a block's own settings in its place."""
    for name, found in model.model_fields.items():
        kind = found.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from settings_of(kind, f"{before}{name}.")
        else:
            yield f"{before}{name}", found


def models() -> dict[str, type[BaseModel]]:
    packages = {f"kind: {kind}": package for kind, package in PACKAGES.items()}
    for kind, others in TRANSPORTS.items():
        packages |= {f"kind: {kind}, transport: {name}": package for name, package in others.items()}
    kinds = {title: import_module(f"{package}.settings").Settings for title, package in packages.items()}
    return {"The hub itself": SettingsDoc, **kinds}


def rows(title: str) -> dict[str, str]:
    """The table under a heading: setting → default, as the page has them."""
    part = (
        PAGE.partition(f"### {title}\n")[2]
        .partition("\n#")[0]
        .partition("| setting |")[2]
        .partition("\n\n")[0]
    )
    return dict(re.findall(r"^\| `([\w.]+)` \| (.*?) \|", part, re.MULTILINE))


def shown(name: str, found: FieldInfo) -> str:
    if name in DIFFERENT_WORDS:
        return DIFFERENT_WORDS[name]
    if found.is_required():
        return "required"
    if found.default is None or found.default_factory is not None:
        return "none"
    if isinstance(found.default, list):
        return f"`{json.dumps(found.default)}`"
    return f"`{str(found.default).lower() if isinstance(found.default, bool) else found.default}`"


@pytest.mark.parametrize("title", list(models()))
def test_every_setting_is_documented_with_its_default(title: str) -> None:
    assert rows(title) == {name: shown(name, found) for name, found in settings_of(models()[title])}


def test_every_metric_is_documented(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'hub.sqlite'}")
    store.migrate()
    configuration = Configuration("hub.yaml", routes=(RouteShape("customer", "odoo", "both", "5m"),))
    metrics = Metrics(Board(), Reader(store), lambda: configuration)
    road = Road({}, Directory(store, Mappings(())), CallLog(store, Mappings(())), CallSettings())
    metrics.registry.register(Telephone(lambda: road))
    metrics.observe(Work("customer", seconds=1.5, counts={"odoo": Count(read=3)}, pulled={"odoo"}))
    given = set(re.findall(r"^# TYPE (hub_\w+)", metrics.page().decode(), re.MULTILINE))
    assert given == set(re.findall(r"^\| `(hub_\w+)`", PAGE, re.MULTILINE))
    store.close()


def test_every_event_of_the_daemons_log_is_documented() -> None:
    sources = [
        PROJECT / "scheduler.py",
        *(PROJECT / "hub").glob("daemon/*.py"),
        *(PROJECT / "hub").glob("road/*.py"),
    ]
    text = "".join(file.read_text("utf-8") for file in sources)
    said = set(re.findall(r"(?:_log|get\(\))\.(?:info|warning|error|log)\(\s*(?:level, )?\"([^\"]+)\"", text))
    assert {"started", "synced", "failed", "brake", "exchange heard"} <= said
    told = PAGE.partition("| event |")[2].partition("\n## ")[0]
    missing = {event for event in said if event.partition(";")[0] not in told}
    assert missing == {"the new `http` settings take effect at the next start"}


def test_every_file_the_page_links_to_is_there() -> None:
    links = re.findall(r"\]\((?!#|http)([^)]+)\)", PAGE)
    assert [
        link
        for link in links
        if not (PROJECT / "docs" / link.partition("#")[0]).exists() and link != "architecture.md"
    ] == []


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((PROJECT / "config" / "compose.yaml").read_text("utf-8"))
    return loaded


def test_the_configuration_inside_the_compose_file_is_one_the_hub_takes(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name in compose()["services"]["hub"]["secrets"]:
        (secrets / name).write_text(f"secret of {name}\n")
    text = compose()["configs"]["hub.yaml"]["content"].replace("$$", "$")
    (tmp_path / "hub.yaml").write_text(text, "utf-8")
    settings = load_settings(tmp_path / "hub.yaml", {"CREDENTIALS_DIRECTORY": str(secrets)})
    assert "secret%20of%20hub_database@hub-database/hub" in settings.database
    assert settings.systems["odoo"].options["password"].get_secret_value() == "secret of odoo"
    for name, system in settings.systems.items():
        model: Any = import_module(f"{PACKAGES[system.kind]}.settings").Settings
        assert model.model_validate({"kind": system.kind, **system.options}), name


def test_what_the_compose_file_refers_to_is_in_it() -> None:
    found = compose()
    for name, service in found["services"].items():
        assert set(service.get("secrets", ())) <= set(found["secrets"]), name
        assert set(service.get("depends_on", ())) <= set(found["services"]), name
        volumes = [volume.split(":")[0] for volume in service.get("volumes", ())]
        assert {one for one in volumes if one[0] not in "./"} <= set(found["volumes"]), name


def test_what_the_image_is_built_from_is_let_into_it() -> None:
    text = (PROJECT / "config" / "Dockerfile").read_text("utf-8")
    copied = {
        word for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE) for word in line.split()
    }
    ignored = (PROJECT / "config" / "Dockerfile.dockerignore").read_text("utf-8")
    let_in = set(re.findall(r"^!(\S+)", ignored, re.MULTILINE))
    assert copied == let_in
    packages = re.findall(r'"(\w+)\*"', (PROJECT / "pyproject.toml").read_text("utf-8"))
    assert set(packages) <= copied


def test_systemd_finds_nothing_wrong_with_the_unit() -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("no systemd-analyze on this machine")
    unit = PROJECT / "config" / "hub.service"
    done = subprocess.run([program, "verify", str(unit)], capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if "is not executable" not in line]
    assert complaints == []
