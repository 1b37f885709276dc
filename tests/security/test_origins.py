"""Where a secret may come from, and that it comes from nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from hub.settings import Settings, SettingsError, load_settings


def load(folder: Path, password: str, environment: dict[str, str] | None = None) -> Settings:
    (folder / "hub.yaml").write_text(
        f"systems:\n  odoo:\n    kind: odoo\n    password: {password}\n", "utf-8"
    )
    return load_settings(folder / "hub.yaml", environment or {})


def secret(settings: Settings) -> str:
    found = settings.systems["odoo"].options["password"]
    assert isinstance(found, SecretStr)
    return found.get_secret_value()


def problem(folder: Path, password: str, environment: dict[str, str] | None = None) -> str:
    with pytest.raises(SettingsError) as refused:
        load(folder, password, environment)
    (found,) = refused.value.problems
    assert (found.line, found.column) == (4, 15)
    return f"{found.message}. {found.suggestion}"


@pytest.fixture
def handed_over(tmp_path: Path) -> dict[str, str]:
    """An environment in which systemd has handed over two credentials."""
    folder = tmp_path / "handed over"
    folder.mkdir()
    (folder / "odoo_password").write_text("by systemd\n")
    (folder / "odoo.key-2").write_text("by systemd too")
    return {"CREDENTIALS_DIRECTORY": str(folder)}


def test_every_origin_gives_the_secret_and_remembers_to_hide_it(
    tmp_path: Path, handed_over: dict[str, str]
) -> None:
    (tmp_path / "key").write_text("by a file\n")
    (tmp_path / ".env").write_text("FROM_ENV_FILE=by the env file\n")
    for written, environment, expected in (
        ("${ODOO_PASSWORD}", {"ODOO_PASSWORD": "by the environment"}, "by the environment"),
        ("${ODOO_PASSWORD}", handed_over, "by systemd"),
        ("{credential: odoo_password}", handed_over, "by systemd"),
        ("{credential: odoo.key-2}", {**handed_over, "ODOO.KEY-2": "no"}, "by systemd too"),
        ("{file: key}", {}, "by a file"),
        (f"{{file: '{tmp_path / 'key'}'}}", {}, "by a file"),
        ("${FROM_ENV_FILE}", {}, "by the env file"),
    ):
        settings = load(tmp_path, written, environment)
        assert secret(settings) == expected
        assert expected in settings.secrets
        assert expected not in repr(settings)


def test_a_credential_is_systemds_alone(tmp_path: Path, handed_over: dict[str, str]) -> None:
    (tmp_path / ".env").write_text("odoo_password=x\nnobody=x\n")
    missing = problem(tmp_path, "{credential: nobody}", {**handed_over, "nobody": "x"})
    assert "has not handed over a credential nobody" in missing
    assert "LoadCredential=nobody:" in missing
    assert "there is no credential odoo_password" in problem(tmp_path, "{credential: odoo_password}")


@pytest.mark.parametrize("name", ["../key", "/etc/passwd", "..", "a/b", "''", "[a]", "3", "a b", "..\\key"])
def test_a_credential_is_a_name_and_no_path(tmp_path: Path, handed_over: dict[str, str], name: str) -> None:
    (tmp_path / "key").write_text("outside")
    found = problem(tmp_path, f"{{credential: {name}}}", handed_over)
    assert "credential" in found
    assert "outside" not in found


@pytest.mark.parametrize(
    "literal",
    ["hunter2", "'hunter2'", "12345678", "true", "hunter2-$HOME", "$${hunter2}", "{x: hunter2}", "[hunter2]"],
)
def test_a_secret_that_stands_in_the_file_is_refused_and_not_repeated(tmp_path: Path, literal: str) -> None:
    found = problem(tmp_path, literal)
    assert "`password` is written in clear here" in found
    assert "hunter2" not in found
    assert "12345678" not in found


@pytest.mark.parametrize(
    "url",
    ["postgresql://hub:hunter2@db/hub", "postgresql://db/hub?password=${SECRET}", "${WHOLE}",
     "postgresql://db/hub?sslpassword=hunter2", "postgresql://db/hub?sslmode=require&password=hunter2"],
)  # fmt: skip
def test_a_database_s_password_stands_before_the_host_and_comes_from_outside(
    tmp_path: Path, url: str
) -> None:
    (tmp_path / "hub.yaml").write_text(f"database: '{url}'\nsystems: {{a: {{kind: excel}}}}\n", "utf-8")
    environment = {"SECRET": "hunter2", "WHOLE": "postgresql://db/hub?password=hunter2"}
    with pytest.raises(SettingsError) as refused:
        load_settings(tmp_path / "hub.yaml", environment)
    assert "hunter2" not in str(refused.value)
    assert "${NAME}" in str(refused.value)


def test_a_whole_address_may_come_from_outside_with_its_password(tmp_path: Path) -> None:
    (tmp_path / "hub.yaml").write_text("database: '${WHOLE}'\nsystems: {a: {kind: excel}}\n", "utf-8")
    settings = load_settings(tmp_path / "hub.yaml", {"WHOLE": "postgresql://hub:hun%2Fter2@db/hub"})
    assert settings.database == "postgresql+psycopg://hub:hun%2Fter2@db/hub"
