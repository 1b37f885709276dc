"""hub.yaml is read whole or not at all; its secrets come from elsewhere and are never shown."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from hub.settings import (
    Cron,
    Every,
    Settings,
    SettingsError,
    load_settings,
    resolve_path,
    with_absolute_paths,
)
from hub.settings.schedule import read_rhythm

ROOT = Path(__file__).resolve().parents[2]

GOOD = """
database: sqlite:///data/hub.sqlite
systems:
  odoo:
    kind: odoo
    url: https://odoo.example.com
    login: hub@example.com
    password: ${ODOO_PASSWORD}
  clients:
    kind: excel
    path: clients.xlsx
"""

ODOO = {"ODOO_PASSWORD": "s3cret"}


def load(tmp_path: Path, text: str = GOOD, environment: dict[str, str] | None = None) -> Settings:
    file = tmp_path / "hub.yaml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file, ODOO if environment is None else environment)


def problems(tmp_path: Path, text: str, environment: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        load(tmp_path, text, environment)
    return [str(problem).removeprefix(f"{tmp_path / 'hub.yaml'}:") for problem in refused.value.problems]


def password(settings: Settings) -> str:
    found = settings.systems["odoo"].options["password"]
    assert isinstance(found, SecretStr)
    return found.get_secret_value()


# What a configuration says


def test_a_short_configuration_is_filled_with_what_is_usual(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.home == tmp_path
    assert settings.database == f"sqlite:///{(tmp_path / 'data/hub.sqlite').as_posix()}"
    assert settings.mappings == tmp_path / "mappings"
    assert (settings.http.enabled, settings.http.host, settings.http.port) == (True, "127.0.0.1", 8470)
    assert (settings.logging.level, settings.logging.format) == ("info", "auto")
    assert settings.schedule.rhythm("odoo", "customer") == Every(timedelta(minutes=5))
    assert settings.schedule.nightly == (2, 0)
    assert {name: system.kind for name, system in settings.systems.items()} == {
        "odoo": "odoo",
        "clients": "excel",
    }
    assert settings.systems["clients"].options == {"path": "clients.xlsx"}


def test_the_database_is_beside_the_file_unless_said(tmp_path: Path) -> None:
    settings = load(tmp_path, GOOD.replace("database: sqlite:///data/hub.sqlite\n", ""))
    assert settings.database == f"sqlite:///{(tmp_path / 'hub.sqlite').as_posix()}"


def test_a_postgresql_address_goes_through_the_driver_the_hub_has(tmp_path: Path) -> None:
    text = GOOD.replace("sqlite:///data/hub.sqlite", "postgresql://hub:${DB}@127.0.0.1:5432/hub")
    settings = load(tmp_path, text, {**ODOO, "DB": "p@ss/word"})
    assert settings.database == "postgresql+psycopg://hub:p%40ss%2Fword@127.0.0.1:5432/hub"


def test_every_system_and_entity_may_have_its_own_rhythm(tmp_path: Path) -> None:
    schedule = load(
        tmp_path,
        GOOD + "schedule:\n  default: 10m\n  nightly: 03:30\n  deliver: 5s\n"
        "  systems: {odoo: 30s, clients: {customer: '*/15 8-19 * * 1-5', default: 2h}}\n",
    ).schedule
    assert schedule.rhythm("odoo", "customer") == Every(timedelta(seconds=30))
    assert schedule.rhythm("clients", "customer") == Cron("*/15 8-19 * * 1-5")
    assert schedule.rhythm("clients", "contact") == Every(timedelta(hours=2))
    assert schedule.rhythm("sage", "customer") == Every(timedelta(minutes=10))
    assert schedule.nightly == (3, 30)
    assert schedule.deliver == Every(timedelta(seconds=5))
    assert [str(Every(timedelta(seconds=s))) for s in (30, 120, 7200, 86400, 90)] == [
        "30s",
        "2m",
        "2h",
        "1d",
        "90s",
    ]


def test_the_nightly_comparison_may_be_switched_off(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD + "schedule: {nightly: null}\n").schedule.nightly is None


def test_paths_start_at_the_files_folder_wherever_the_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "conf").mkdir()
    load(tmp_path / "conf")
    monkeypatch.chdir(tmp_path)
    settings = load_settings(Path("conf/hub.yaml"), ODOO)
    assert settings.mappings == tmp_path / "conf" / "mappings"
    assert resolve_path("a/b", settings.home) == tmp_path / "conf" / "a" / "b"
    assert resolve_path(tmp_path / "x", settings.home) == tmp_path / "x"
    assert resolve_path("~/x", settings.home) == Path.home() / "x"


def test_a_connectors_paths_are_made_absolute_at_any_depth(tmp_path: Path) -> None:
    class Inner(BaseModel):
        folder: Path | None = None

    class Outer(BaseModel):
        model_config = ConfigDict(frozen=True)
        path: Path
        inner: Inner
        name: str = "a/b"

    made = with_absolute_paths(Outer(path=Path("x"), inner=Inner(folder=Path("y"))), tmp_path)
    assert (made.path, made.inner.folder, made.name) == (tmp_path / "x", tmp_path / "y", "a/b")


def test_the_example_that_ships_is_a_whole_configuration() -> None:
    settings = load_settings(ROOT / "config/hub.example.yaml", {"ODOO_API_KEY": "k"})
    assert set(settings.systems) == {"odoo", "sage", "clients"}


# Secrets


def test_a_secret_is_never_shown(tmp_path: Path) -> None:
    text = GOOD.replace("sqlite:///data/hub.sqlite", "postgresql://hub:${DB}@127.0.0.1/hub")
    settings = load(tmp_path, text, {**ODOO, "DB": "hidden"})
    assert password(settings) == "s3cret"
    for shown in (
        repr(settings),
        str(settings),
        repr(settings.systems),
        str(settings.systems["odoo"].options),
    ):
        assert "s3cret" not in shown
        assert "hidden" not in shown


def test_a_secret_comes_from_the_environment_then_systemd_then_the_env_file(tmp_path: Path) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "odoo_password").write_text("from systemd\n", encoding="utf-8")
    (tmp_path / ".env").write_text(
        "# ours\nexport ODOO_PASSWORD='from file'  \n\nOTHER=x # note\n", encoding="utf-8"
    )
    systemd = {"CREDENTIALS_DIRECTORY": str(credentials)}
    assert password(load(tmp_path, environment={**ODOO, **systemd})) == "s3cret"
    assert password(load(tmp_path, environment=systemd)) == "from systemd"
    assert password(load(tmp_path, environment={})) == "from file"
    other = load(tmp_path, GOOD.replace("${ODOO_PASSWORD}", "a-${OTHER}-$${b}"), environment={})
    assert password(other) == "a-x-${b}"


def test_a_secret_may_be_the_content_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file\r\n", encoding="utf-8")
    assert password(load(tmp_path, GOOD.replace("${ODOO_PASSWORD}", "{file: key}"))) == "from a file"
    missing = problems(tmp_path, GOOD.replace("${ODOO_PASSWORD}", "{file: nokey}"))
    assert missing[0].startswith("8:15: the secret's file ")
    assert "cannot be read" in missing[0]
    (tmp_path / "key").write_text("\n", encoding="utf-8")
    assert "is empty" in problems(tmp_path, GOOD.replace("${ODOO_PASSWORD}", "{file: key}"))[0]


def test_a_missing_secret_is_named_with_its_line_and_what_to_do(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, GOOD, {})
    assert found.startswith("8:15: the variable ODOO_PASSWORD is not set. Put ODOO_PASSWORD=… in ")
    assert problems(tmp_path, GOOD, {"ODOO_PASSWORD": ""}) == [found]


@pytest.mark.parametrize("key", ["password", "api_key", "token", "client_secret", "apikey", "proxy_password"])
@pytest.mark.parametrize("value", ["hunter2", "'hunter2'", "12345678"])
def test_a_secret_in_clear_is_refused_without_quoting_it(tmp_path: Path, key: str, value: str) -> None:
    (found,) = problems(tmp_path, GOOD.replace("password: ${ODOO_PASSWORD}", f"{key}: {value}"))
    assert (
        f"`{key}` is written in clear here. Write ${{ODOO_{key.upper()}}} and put ODOO_{key.upper()}=…"
        in found
    )
    assert value.strip("'") not in found


def test_a_password_in_clear_in_an_address_is_refused(tmp_path: Path) -> None:
    (found,) = problems(
        tmp_path, GOOD.replace("sqlite:///data/hub.sqlite", "postgresql://hub:hunter2@host/hub")
    )
    assert found.startswith("2:11: a password is written in clear in this address")
    assert "hunter2" not in found


def test_a_broken_line_of_the_env_file_is_named_but_not_quoted(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ODOO_PASSWORD=x\nhunter2\n", encoding="utf-8")
    (found,) = problems(tmp_path, GOOD, {})
    assert found == f"{tmp_path / '.env'}:2:1: this line is not KEY=value"


# Mistakes


MISTAKES = [
    ("kind: excel", "kin: excel", "9:3: `kind` is missing here"),
    ("systems:", "sytems:", "3:1: unknown key `sytems`. Did you mean 'systems'?"),
    ("sqlite:///data/hub.sqlite", "mysql://x/y", "2:11: is not a database the hub can use"),
    (
        "sqlite:///data/hub.sqlite",
        "'sqlite:///:memory:'",
        "2:11: a database in memory would forget everything",
    ),
    ("  clients:", "  Clients:", "9:3: 'Clients' may hold small letters"),
]


@pytest.mark.parametrize(("old", "new", "problem"), MISTAKES)
def test_a_mistake_is_answered_with_its_place(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert any(found.startswith(problem) for found in problems(tmp_path, GOOD.replace(old, new)))


ADDED = [
    ("http: {prot: 80}", "12:8: unknown key `prot`. Did you mean 'port'?"),
    ("http: {port: 99999}", "12:14: 99999 must be less than or equal to 65535"),
    (
        "logging: {level: loud}",
        "12:18: 'loud' is not possible here. Known here: debug, info, warning, error.",
    ),
    ("schedule: {default: often}", "12:21: 'often' is neither an interval such as 30s"),
    ("schedule: {default: 0s}", "12:21: '0s' is not between one second and 31 days"),
    ("schedule: {default: '99 * * * *'}", "12:21: '99 * * * *' is not a cron line that can be followed"),
    ("schedule: {nightly: 25}", "12:21: 25 is not a time of day"),
    ("schedule: {deliver: '* * * * *'}", "12:21: is an interval, such as 15s"),
    (
        "schedule: {systems: {client: 5m}}",
        "12:22: there is no system 'client' in this file. Did you mean 'clients'?",
    ),
    ("http: {}\nhttp: {}", "13:1: the key 'http' was already given on line 12"),
]


@pytest.mark.parametrize(("line", "problem"), ADDED)
def test_a_mistake_in_an_added_line_is_answered_with_its_place(
    tmp_path: Path, line: str, problem: str
) -> None:
    assert any(found.startswith(problem) for found in problems(tmp_path, f"{GOOD}{line}\n"))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"hub\.yaml:1:1: cannot be read"):
        load_settings(tmp_path / "hub.yaml", {})


def test_what_a_connector_finds_wrong_gets_its_place(tmp_path: Path) -> None:
    class OdooSettings(BaseModel):
        model_config = ConfigDict(extra="forbid")
        url: str
        login: str
        password: SecretStr
        timeout: int = 5

    settings = load(
        tmp_path, GOOD.replace("login: hub", "lgin: hub").replace("url: h", "timeout: soon\n    url: h")
    )
    with pytest.raises(ValidationError) as refused:
        OdooSettings.model_validate(settings.systems["odoo"].options)
    error = settings.problems_of("odoo", refused.value, OdooSettings.model_fields)
    assert [str(problem).removeprefix(f"{tmp_path / 'hub.yaml'}:") for problem in error.problems] == [
        "4:3: `login` is missing here",
        "6:14: a whole number is expected here, not 'soon'",
        "8:5: unknown key `lgin`. Did you mean 'login'?",
    ]


def test_a_cron_line_may_call_sunday_seven() -> None:
    assert str(read_rhythm("0 6 * * 1-7")) == "0 6 * * 1-7"
