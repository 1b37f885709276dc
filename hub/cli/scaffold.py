"""The files `hub init` writes: made from answers, tried as a whole, then put in place or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

from hub.cli import shipped
from hub.cli.answers import SCHEMA, Answers, Fields
from hub.cli.failures import WrongUse
from hub.cli.shipped import Adapted, quoted
from hub.private import ONLY_OWNER, ONLY_OWNER_FOLDER

_SHIPPED_NAMES = {"odoo": "odoo", "sage": "sage", "excel": "clients"}


def drawn(answers: Answers, fields: Fields, home: Path, name: str) -> dict[str, str]:
    """Every file by its path below `home`: hub.yaml (called `name`), mappings, their schema, `.env`."""
    found = {f"mappings/{entity}.yaml": text for entity, text in _mappings(answers, fields).items()}
    env = _env(answers)
    return {name: _hub_yaml(answers, home), **found, f"mappings/{SCHEMA}": shipped.schema_text(), ".env": env}


def place(files: dict[str, str], home: Path, name: str, *, force: bool) -> list[Path]:
    """Write the files, after loading them as the hub will. What they replace is kept as ``….bak``.

    Raises `WrongUse` where files are in the way, or the answers make no valid configuration.
    """
    there = [home / path for path in files if (home / path).exists()]
    if there and not force:
        names = ", ".join(str(path) for path in there)
        raise WrongUse(
            f"{names} {'is' if len(there) == 1 else 'are'} there already; nothing was written",
            "Give --force to write anew (what is replaced is kept as .bak), or --config another/hub.yaml.",
        )
    try:
        home.mkdir(ONLY_OWNER_FOLDER, parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=".hub-init-", dir=home))
    except OSError as problem:
        raise WrongUse(
            f"{home} cannot be written to: {problem.strerror}", "Name another folder with --config."
        ) from None
    try:
        for path, text in files.items():
            _write(stage / path, text, private=path == ".env")
        _try(stage / name, stage)
        for path in files:
            _put(stage / path, home / path)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    return [home / path for path in files]


def _try(config: Path, stage: Path) -> None:
    """Load the staged files as the hub will; a mistake in them is a mistake in the answers."""
    from connectors.assembly import Assembly
    from hub.yamlfile import FileProblems

    try:
        Assembly.load(config, environment={}).close()
    except FileProblems as found:
        lines = "\n".join(f"  {problem.message} {problem.suggestion}".rstrip() for problem in found.problems)
        raise WrongUse(
            f"these answers make no valid configuration; nothing was written\n{lines}".replace(
                f"{stage}{os.sep}", ""
            ),
            "Correct the answers named above.",
        ) from None


def _write(path: Path, text: str, *, private: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = ONLY_OWNER if private else 0o666
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8", newline="\n"
    ) as file:
        file.write(text)


def _put(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        os.replace(target, target.with_name(target.name + ".bak"))
    os.replace(source, target)


def _mappings(answers: Answers, fields: Fields) -> dict[str, str]:
    names = {
        _SHIPPED_NAMES[kind]: one.name
        for kind, one in (("odoo", answers.odoo), ("sage", answers.sage), ("excel", answers.excel))
        if one is not None
    }
    found: dict[str, str] = {}
    for entity in shipped.ENTITIES:
        mapping = Adapted(shipped.shipped(entity))
        holders = [name for name in mapping.systems if name in names]
        if entity == "contact" and (answers.excel is None or not answers.excel.contacts):
            holders = [name for name in holders if name != "clients"]
        if len(holders) < 2:
            # One system alone has nobody to agree with.
            continue
        mapping.keep(holders)
        _adapt(mapping, entity, holders, answers, fields)
        mapping.rename({name: names[name] for name in holders})
        mapping.schema(SCHEMA)
        found[entity] = mapping.text
    return found


def _adapt(mapping: Adapted, entity: str, holders: list[str], answers: Answers, fields: Fields) -> None:
    if "odoo" in holders:
        mapping.refer("odoo", "siret", fields.siret)
    if "clients" in holders and answers.excel is not None:
        excel = answers.excel
        mapping.set("clients", "object", excel.sheet if entity == "customer" else excel.contacts)
        mapping.set("clients", "key", excel.key if entity == "customer" else excel.contacts_key)
        if entity == "customer":
            mapping.set("clients", "new_key", excel.new_key)
    if "sage" in holders and answers.sage is not None:
        mapping.set("sage", "object", answers.sage.object)


def _hub_yaml(answers: Answers, home: Path) -> str:
    lines = [
        "# What the hub connects, and when. What the fields mean is in mappings/, secrets are in .env.",
        "# After a change: `hub check`.",
        "",
        f"database: {_text(_database(answers)[0])}",
        "mappings: mappings",
        "",
        "systems:",
    ]
    if answers.odoo is not None:
        odoo = answers.odoo
        lines += [
            f"  {odoo.name}:",
            "    kind: odoo",
            f"    url: {_text(odoo.url)}",
            f"    database: {_text(odoo.database)}",
        ]
        if odoo.login:
            lines.append(f"    login: {_text(odoo.login)}")
        key = "api_key" if odoo.api_key else "password"
        lines += [f"    {key}: ${{{_variable(odoo.name, key)}}}", ""]
    if answers.excel is not None:
        path = _path(answers.excel.file, home)
        lines += [f"  {answers.excel.name}:", "    kind: excel", f"    path: {path}", ""]
    if answers.sage is not None:
        lines += _sage(answers, home)
    return "\n".join([*lines, "schedule:", f"  default: {_text(answers.every)}", ""])


def _sage(answers: Answers, home: Path) -> list[str]:
    sage = answers.sage
    assert sage is not None
    lines = [
        f"  {sage.name}:",
        "    kind: sage",
        "    transport: files",
        f"    exports: {_path(sage.exports, home)}",
    ]
    if sage.imports:
        lines.append(f"    imports: {_path(sage.imports, home)}")
        lines.append(f"    acks: {_path(sage.acks, home)}" if sage.acks else "    ack_by: removal")
    return [*lines, f"    encoding: {_text(sage.encoding)}", f"    delimiter: {_text(sage.delimiter)}", ""]


def _env(answers: Answers) -> str:
    lines = ["# Secrets of hub.yaml. Keep this file to yourself."]
    if answers.odoo is not None:
        key = "api_key" if answers.odoo.api_key else "password"
        lines.append(
            f"{_variable(answers.odoo.name, key)}={_secret(answers.odoo.api_key or answers.odoo.password)}"
        )
    password = _database(answers)[1]
    if password:
        lines.append(f"HUB_DATABASE_PASSWORD={_secret(password)}")
    return "\n".join([*lines, ""])


def _database(answers: Answers) -> tuple[str, str]:
    """The database's address with its password by name, and the password."""
    parts = urlsplit(answers.database)
    if not parts.password:
        return answers.database, ""
    user, _, host = parts.netloc.rpartition("@")
    named = f"{user.partition(':')[0]}:${{HUB_DATABASE_PASSWORD}}@{host}"
    return answers.database.replace(parts.netloc, named, 1), unquote(parts.password)


def _variable(system: str, key: str) -> str:
    return f"{system}_{key}".upper().replace("-", "_")


def _secret(value: str) -> str:
    """A value of `.env`: its outer quotes are taken off again, and nothing else."""
    if "\n" in value or "\r" in value:
        raise WrongUse(
            "a secret of several lines cannot stand in .env", "Use {file: path} in hub.yaml for it."
        )
    return f'"{value}"'


def _path(typed: str, home: Path) -> str:
    """A path as hub.yaml keeps it: relative where it lies below its folder, else absolute."""
    path = Path(typed).expanduser().absolute()
    base = home.absolute()
    return _text((path.relative_to(base) if path.is_relative_to(base) else path).as_posix())


def _text(value: str) -> str:
    # The database's own ${…} is a reference; whatever else looks like one is text.
    if "${HUB_DATABASE_PASSWORD}" in value:
        return f'"{value}"'
    return quoted(value.replace("${", "$${"))
