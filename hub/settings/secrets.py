"""Secrets: named in `hub.yaml`, kept elsewhere.

``${NAME}`` is looked for in the environment, then among systemd's credentials (`$CREDENTIALS_DIRECTORY`),
then in a `.env` beside `hub.yaml`. ``{file: path}`` is the content of a file, ``{credential: name}`` that of
one of systemd's credentials and of nothing else. ``$${`` means ``${``.

Promises: what comes out under a secret's key is a `SecretStr`, which prints as stars; a missing one is a
problem with its place and its name; one written in clear is refused; whatever came from outside the file is
remembered, so that no message need quote it. Never: logs or quotes a value.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import SecretStr

from hub.yamlfile import Document, Problem

SECRET_KEY = re.compile(r"(?:^|_)(?:password|passwd|pwd|passphrase|secret|token|api_?key)$", re.IGNORECASE)
"""The keys whose values are secrets."""

_REFERENCE = re.compile(r"\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{([^}]*)\}?")
_QUERY_PASSWORD = re.compile(r"://[^\s#]*[?&](?:password|sslpassword)=", re.IGNORECASE)
_CREDENTIAL = re.compile(r"[A-Za-z0-9._@-]{1,255}")
_URL_PASSWORD = re.compile(r"://[^/@:\s]*:([^@\s]+)@")
_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")
_LARGEST = 65_536


def read_env(path: Path) -> tuple[dict[str, str], list[Problem]]:
    """The ``KEY=value`` lines of a `.env` file, a value's quotes taken off; empty where there is no file."""
    if not path.is_file():
        return {}, []
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as reason:
        return {}, [Problem(str(path), 1, 1, f"cannot be read: {reason}")]
    values, problems = {}, []
    for number, line in enumerate(text.splitlines(), start=1):
        body = line.strip()
        if not body or body.startswith("#"):
            continue
        found = _LINE.fullmatch(body)
        if found:
            values[found[1]] = _unquoted(found[2])
        else:
            # The line may hold a secret: it is not quoted in the message.
            problems.append(Problem(str(path), number, 1, "this line is not KEY=value"))
    return values, problems


def _unquoted(value: str) -> str:
    value = value.strip()
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return re.split(r"\s+#", value, maxsplit=1)[0]


def instead_of_a_secret(path: Iterable[str | int]) -> str:
    """What to write where a secret stands in clear; `path` leads to it, and gives the variable its name."""
    name = "_".join(map(str, path)).upper().replace("-", "_")
    return f"Write ${{{name}}} and put {name}=… in .env beside this file, or use {{file: path}}."


class Vault:
    """Resolves the references of one document, remembering every problem.

    `secrets` are the values that are secret by where they stand or what they are called, `foreign` all that
    came from outside the document; `files` are those that were read for it.
    """

    def __init__(self, document: Document, home: Path, environment: Mapping[str, str] | None = None) -> None:
        self.document, self.home = document, home
        self.environment = os.environ if environment is None else environment
        env = home / ".env"
        self._file, self.problems = read_env(env)
        self.files: list[Path] = [env] if env.is_file() else []
        self.secrets: set[str] = set()
        self.foreign: set[str] = set()

    def resolved(self, data: Any, path: tuple[str | int, ...] = ()) -> Any:
        """The same data with every reference replaced. Secrets become `SecretStr`."""
        secret = bool(path) and SECRET_KEY.search(str(path[-1])) is not None
        if secret and isinstance(data, dict):
            return self._kept(self._from_elsewhere(data, path))
        if isinstance(data, dict):
            return {key: self.resolved(value, (*path, key)) for key, value in data.items()}
        if isinstance(data, list) and not secret:
            return [self.resolved(item, (*path, place)) for place, item in enumerate(data)]
        if secret and data is not None:
            return self._secret(data, path)
        return self._filled(data, path) if isinstance(data, str) else data

    def _secret(self, value: Any, path: tuple[str | int, ...]) -> SecretStr:
        if isinstance(value, str) and any(found[1] for found in _REFERENCE.finditer(value)):
            return self._kept(self._filled(value, path))
        self._note(path, f"`{path[-1]}` is written in clear here", instead_of_a_secret(path[1:]))
        return SecretStr("")

    def _kept(self, value: str) -> SecretStr:
        self.secrets.add(value)
        return SecretStr(value)

    def _filled(self, text: str, path: tuple[str | int, ...]) -> str:
        in_clear = _URL_PASSWORD.search(text)
        if in_clear and not _REFERENCE.search(in_clear[1]):
            self._note(path, "a password is written in clear in this address", "Write ${NAME} in its place.")
        password = in_clear.span(1) if in_clear else (0, 0)

        def value(found: re.Match[str]) -> str:
            if found[0] == "$${":
                return "${"
            if found[1] is None:
                self._note(path, f"'{found[0]}' is not a name in ${{…}}")
                return ""
            known = self._lookup(found[1], path)
            inside = password[0] <= found.start() < password[1]
            if inside or SECRET_KEY.search(found[1]):
                self.secrets.add(known)
            return quote(known, safe="") if inside else known

        filled = _REFERENCE.sub(value, text)
        if _QUERY_PASSWORD.search(filled):
            hint = "Write it before the @: ://user:${NAME}@host."
            self._note(path, "a password stands behind the ? of this address, where it would be shown", hint)
        return filled

    def _lookup(self, name: str, path: tuple[str | int, ...]) -> str:
        found = self._looked_up(name, path)
        self.foreign.add(found)
        return found

    def _looked_up(self, name: str, path: tuple[str | int, ...]) -> str:
        if self.environment.get(name):
            return self.environment[name]
        credentials = self.environment.get("CREDENTIALS_DIRECTORY")
        for candidate in (name, name.lower()) if credentials else ():
            file = Path(str(credentials)) / candidate
            if file.is_file():
                self.secrets.add(content := self._content(file, path))
                return content
        if self._file.get(name):
            return self._file[name]
        self._note(
            path,
            f"the variable {name} is not set",
            f"Put {name}=… in {self.home / '.env'}, or set it in the environment.",
        )
        return ""

    def _from_elsewhere(self, data: dict[Any, Any], path: tuple[str | int, ...]) -> str:
        if set(data) == {"file"}:
            return self._from_file(data["file"], path)
        if set(data) == {"credential"}:
            return self._from_credential(data["credential"], path)
        self._note(path, f"`{path[-1]}` is written in clear here", instead_of_a_secret(path[1:]))
        return ""

    def _from_file(self, name: Any, path: tuple[str | int, ...]) -> str:
        if not isinstance(name, str) or not name:
            self._note(path, "`file` names the file that holds the secret")
            return ""
        return self._content(self.home / Path(name).expanduser(), path)

    def _from_credential(self, name: Any, path: tuple[str | int, ...]) -> str:
        if not isinstance(name, str) or not _CREDENTIAL.fullmatch(name) or name in (".", ".."):
            self._note(path, "`credential` is the name of one of systemd's credentials, which is no path")
            return ""
        folder = self.environment.get("CREDENTIALS_DIRECTORY")
        if not folder:
            todo = (
                f"Start it as a service with LoadCredential={name}:/path, or use ${{NAME}} or {{file: path}}."
            )
            self._note(path, f"there is no credential {name}: systemd has not handed over any", todo)
            return ""
        if not (Path(folder) / name).is_file():
            self._note(
                path, f"systemd has not handed over a credential {name}", f"Add LoadCredential={name}:…"
            )
            return ""
        return self._content(Path(folder) / name, path)

    def _content(self, file: Path, path: tuple[str | int, ...]) -> str:
        self.files.append(file)
        text = self._read(file, path)
        self.foreign.add(text)
        return text

    def _read(self, file: Path, path: tuple[str | int, ...]) -> str:
        try:
            if file.stat().st_size > _LARGEST:
                self._note(path, f"{file} is too large to hold a secret")
                return ""
            text = file.read_text("utf-8-sig").strip("\r\n")
        except OSError as reason:
            self._note(path, f"the secret's file {file} cannot be read: {reason.strerror}")
            return ""
        except UnicodeDecodeError:
            self._note(path, f"the secret's file {file} is not text")
            return ""
        if not text:
            self._note(path, f"the secret's file {file} is empty")
        return text

    def _note(self, path: tuple[str | int, ...], message: str, suggestion: str = "") -> None:
        self.problems.append(self.document.problem(path, message, suggestion))
