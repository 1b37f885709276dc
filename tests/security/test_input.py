"""XML and YAML that mean harm: expanded, fetched, run, nested or repeated without end. None of it happens."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from connectors.assembly import Assembly
from hub.ports import Misconfigured
from hub.yamlfile import FileProblems
from tests.security.test_tls import ask, serving
from tests.tally import tally

pytestmark = pytest.mark.timeout(60)


class Listening:
    """A port, and whether anybody came."""

    def __init__(self, server: socket.socket) -> None:
        self.url = f"http://127.0.0.1:{server.getsockname()[1]}/entity"
        self.visited = threading.Event()


@pytest.fixture
def elsewhere() -> Iterator[Listening]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        made, over = Listening(server), threading.Event()

        def listen() -> None:
            while not over.is_set():
                try:
                    server.accept()[0].close()
                except TimeoutError:
                    continue
                made.visited.set()

        thread = threading.Thread(target=listen)
        thread.start()
        yield made
        over.set()
        thread.join()


def laughs(count: int) -> tuple[str, str]:
    entities = ['<!ENTITY a0 "ha">']
    entities += [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, count)]
    return f"<!DOCTYPE x [{''.join(entities)}]>", f"&a{count - 1};"


def answer_of(doctype: str, value: str) -> bytes:
    body = f"<params><param><value><string>{value}</string></value></param></params>"
    return f'<?xml version="1.0"?>{doctype}<methodResponse>{body}</methodResponse>'.encode()


def xml_answers(elsewhere: str, secret_file: Path) -> dict[str, bytes]:
    many = f"<!DOCTYPE x [<!ENTITY big '{'x' * 100_000}'>]>"
    return {
        "a billion laughs": answer_of(*laughs(12)),
        "one large entity many times": answer_of(many, "&big;" * 10_000),
        "a file of this machine": answer_of(
            f'<!DOCTYPE x [<!ENTITY f SYSTEM "{secret_file.as_uri()}">]>', "&f;"
        ),
        "an address": answer_of(f'<!DOCTYPE x [<!ENTITY f SYSTEM "{elsewhere}">]>', "&f;"),
        "a document type elsewhere": answer_of(f'<!DOCTYPE x SYSTEM "{elsewhere}">', "19.0"),
        "a parameter entity": answer_of(f'<!DOCTYPE x [<!ENTITY % p SYSTEM "{elsewhere}"> %p;]>', "19.0"),
        "an entity nobody uses": answer_of('<!DOCTYPE x [<!ENTITY a "a">]>', "19.0"),
        "deep": b"<methodResponse>" + b"<a>" * 200_000,
        "python": answer_of("", "x")
        .replace(b"<string>", b"<py:object>")
        .replace(b"</string>", b"</py:object>"),
        "a base64 that is none": answer_of("", "x").replace(b"string>", b"base64>"),
        "an integer of a million digits": answer_of("", "9" * 1_000_000).replace(b"string>", b"int>"),
    }


NAMES = tuple(xml_answers("http://127.0.0.1:9/", Path("/nowhere")))


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_in_xml_that_means_harm_is_refused_in_words(
    name: str, elsewhere: Listening, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("content-of-a-file")
    body = xml_answers(elsewhere.url, secret)[name]

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/xml")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    with serving(reply) as server, pytest.raises(Misconfigured, match="does not answer like an Odoo") as said:
        ask(server.url, "xmlrpc")
    assert "content-of-a-file" not in str(said.value)
    assert not elsewhere.visited.wait(0.2)
    tally("bad inputs tried")


YAML = {
    "an object of Python": "systems: !!python/object/apply:os.system ['touch RAN']",
    "a function of Python": "systems: !!python/name:os.system",
    "a new object": "systems: !!python/object/new:subprocess.Popen [['touch', 'RAN']]",
    "a tag of somebody's": "systems: !include /etc/passwd",
    "a set": "systems: !!set {a, b}",
    "a date that is a tag": "systems: !!timestamp 2026-01-01",
    "laughs in lists": "\n".join(
        ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
        + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    ),
    "laughs in blocks": "\n".join(
        ["a0: &a0 {k: v}"]
        + [f"a{n}: &a{n} {{{', '.join(f'k{i}: *a{n - 1}' for i in range(10))}}}" for n in range(1, 12)]
    ),
    "laughs in merges": "\n".join(
        ["a0: &a0 {k: v}"] + [f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}" for n in range(1, 40)]
    ),
    "one alias many times": f"a: &a [{', '.join(['x'] * 1000)}]\nb: [{', '.join(['*a'] * 50_000)}]",
    "itself": "systems: &a [*a]",
    "itself, in a block": "systems: &a {b: *a}",
    "deep lists": "systems: " + "[" * 100_000,
    "deep blocks": "\n".join(" " * n + "a:" for n in range(1_000)),
    "too long": "# " + "x" * 1_000_001,
    "bytes": "systems: \x00\x01\x02",
    "two documents": "systems: {}\n---\nsystems: {}",
    "an alias of nothing": "systems: *nobody",
    "a key that is a list": "? [a, b]\n: c",
    "a number of a million digits": "http: {port: " + "9" * 900_000 + "}",
}


@pytest.mark.parametrize("name", YAML)
@pytest.mark.parametrize("file", ["hub.yaml", "mappings/customer.yaml"])
def test_yaml_that_means_harm_is_refused_with_its_place(
    name: str, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mappings").mkdir()
    (tmp_path / "hub.yaml").write_text(
        "systems: {a: {kind: excel, path: x.xlsx}, b: {kind: excel, path: y.xlsx}}", "utf-8"
    )
    (tmp_path / file).write_text(YAML[name], "utf-8")
    with pytest.raises(FileProblems) as refused:
        Assembly.load(tmp_path / "hub.yaml", {})
    assert refused.value.problems
    assert all(problem.line and problem.column for problem in refused.value.problems)
    assert all(len(str(problem)) < 2_000 for problem in refused.value.problems), "a page is enough"
    assert len(refused.value.problems) < 200
    assert not (tmp_path / "RAN").exists()
    tally("bad inputs tried")


LITERALS = (
    "!hunter2-Abc", "!!hunter2-Abc x", "*hunter2-Abc", "&hunter2-Abc x", "%hunter2-Abc", "@hunter2-Abc",
    "hunter2-Abc: x", "'hunter2-Abc", "[hunter2-Abc", "{hunter2-Abc: y}", "`hunter2-Abc", "- hunter2-Abc",
    '"a\\hunter2-Abc"', "|hunter2-Abc", "? hunter2-Abc", "[hunter2-Abc]", "hunter2-Abc # remark",
)  # fmt: skip


@pytest.mark.parametrize("literal", LITERALS)
def test_a_literal_secret_that_looks_like_yaml_is_not_repeated(tmp_path: Path, literal: str) -> None:
    (tmp_path / "hub.yaml").write_text(
        f"systems:\n  odoo:\n    kind: odoo\n    password: {literal}\n", "utf-8"
    )
    with pytest.raises(FileProblems) as refused:
        Assembly.load(tmp_path / "hub.yaml", {})
    assert "hunter2" not in str(refused.value)
