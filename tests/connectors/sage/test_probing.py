"""`hub sage probe`: a Sage is looked at by SQL, by SOAP and in its exports; only the draft is written."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from typer.testing import CliRunner

from connectors.sage.drafting import draft
from connectors.sage.probes import opened
from connectors.sage.probing import Column, Looked, Seen, looked, masked
from connectors.sage.settings import Settings as FileSettings
from connectors.sage.sql.settings import Settings as SqlSettings
from hub.cli.main import app
from hub.mapping import load_mappings
from hub.ports import Misconfigured, View
from sandbox.sage import Sage
from sandbox.sage100 import Base
from sandbox.x3 import X3, serve
from tests.connectors.sage.soap import site
from tests.tally import tally

MAPPING = """
entity: customer
fields: {name: {type: text, required: true}, city: text}
systems:
  sage:
    object: F_COMPTET
    key: CT_Num
    direction: pull
    fields: {name: CT_Intitule, city: %s}
"""


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Base]:
    base = Base(f"sqlite:///{tmp_path / 'base.db'}")
    for n in range(1, 13):
        columns: dict[str, Any] = {
            "CT_Ville": "Évry",
            "CT_Siret": "73282932000074",
            "CT_Encours": Decimal(n),
            "CT_EMail": "x",
        }
        base.third_party(f"C{n:04d}", f"Durand {n} SA", **columns)
    yield base
    base.close()


@pytest.fixture
def home(tmp_path: Path, base: Base) -> Path:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "customer.yaml").write_text(MAPPING % "CT_Ville", encoding="utf-8")
    sage = f"  sage: {{kind: sage, transport: sql, url: 'sqlite:///{(tmp_path / 'base.db').as_posix()}'}}"
    config = f"database: sqlite:///hub.sqlite\nmappings: mappings\nsystems:\n{sage}\n"
    (tmp_path / "hub.yaml").write_text(config, encoding="utf-8")
    return tmp_path


def run(home: Path, *arguments: str) -> tuple[int, str]:
    said = CliRunner().invoke(app, ["--config", str(home / "hub.yaml"), "sage", "probe", *arguments])
    return said.exit_code, said.output


def as_json(home: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    said = CliRunner().invoke(
        app, ["--config", str(home / "hub.yaml"), "sage", "probe", "--json", *arguments]
    )
    found: dict[str, Any] = orjson.loads(said.stdout)
    return said.exit_code, found


def files(home: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in home.rglob("*") if path.is_file()}


def test_a_base_is_shown_with_counts_lengths_and_what_the_mappings_name(home: Path) -> None:
    before = files(home)
    code, found = as_json(home, "sage")
    assert code == 0
    table = next(one for one in found["objects"] if one["object"] == "F_COMPTET")
    assert (table["count"], table["looked_at"], table["key"]) == (12, 12, "CT_Num")
    columns = {one["name"]: one for one in table["columns"]}
    assert (columns["CT_Intitule"]["length"], columns["CT_Intitule"]["widest"]) == (69, 12)
    assert (columns["CT_Encours"]["least"], columns["CT_Encours"]["most"]) == (1, 12)
    assert columns["CT_DateMAJ"]["filled"] == 0
    assert any("every column is there" in one["message"] for one in found["mapped"])
    assert {one["object"] for one in found["objects"]} >= {"F_ARTICLE", "F_ECRITUREC"}
    assert files(home) == before


def test_values_are_shown_by_their_shape_unless_asked_for(home: Path) -> None:
    _, shape = run(home, "sage", "--object", "F_COMPTET")
    assert "Durand" not in shape
    assert "73282932000074" not in shape
    assert "Xxxxxx 9 XX" in shape or "Xxxxxx 99 XX" in shape
    _, values = run(home, "sage", "--object", "F_COMPTET", "--samples")
    assert "Durand" in values
    assert "Durand" not in orjson.dumps(as_json(home, "sage")[1]).decode()


def test_a_field_that_is_not_there_is_named_with_what_was_meant(home: Path) -> None:
    (home / "mappings" / "customer.yaml").write_text(MAPPING % "CT_Vile", encoding="utf-8")
    code, said = run(home, "sage", "--object", "F_COMPTET")
    assert code == 1
    assert "CT_Vile" in said
    assert "CT_Ville" in said
    tally("bad inputs tried")


def test_a_draft_loads_as_a_mapping_and_marks_what_is_doubtful(home: Path) -> None:
    file = home / "drafted.yaml"
    code, said = run(home, "sage", "--object", "F_COMPTET", "--draft", str(file))
    assert code == 0, said
    text = file.read_text("utf-8")
    (mapping,) = load_mappings(file, ("sage",))
    assert mapping.entity == "customer"
    assert mapping.systems["sage"].direction == "pull"
    assert mapping.systems["sage"].view.key == ("CT_Num",)
    assert mapping.fields["siret"].type.name == "siret"
    assert mapping.fields["email"].type.name == "text", "no value seen is an e-mail address"
    assert "? most values seen are no email" in text
    assert "ct_encours" in text
    assert "Durand" not in text
    again, said = run(home, "sage", "--object", "F_COMPTET", "--draft", str(file))
    assert again == 2
    assert "is there already" in said
    tally("bad inputs tried")


def test_the_first_mapping_of_all_is_drafted_where_there_is_none_yet(home: Path) -> None:
    file = home / "mappings" / "customer.yaml"
    file.unlink()
    file.parent.rmdir()
    code, said = run(home, "sage", "--object", "F_COMPTET", "--draft", str(file))
    assert code == 0, said
    (mapping,) = load_mappings(file.parent, ("sage",))
    assert mapping.entity == "customer"


def test_what_cannot_be_looked_at_is_said(home: Path) -> None:
    for arguments, code, why in (
        (("sagee",), 2, "there is no Sage called sagee"),
        (("sage", "--object", "F_COMPTES"), 2, "F_COMPTET"),
        (("sage", "--draft", str(home / "d.yaml")), 2, "a draft is of one object"),
        (("sage", "--object", "F_COMPTET", "--draft", str(home / "base.db" / "d.yaml")), 2, "be written"),
    ):
        found, said = run(home, *arguments)
        assert found == code, said
        assert why in " ".join(said.split())
        tally("bad inputs tried")
    assert not (home / "d.yaml").exists()


def test_every_table_of_a_base_gives_a_draft_that_loads(base: Base, tmp_path: Path) -> None:
    probe = opened("sage", SqlSettings(url=base.url), [])
    assert probe is not None
    for name in probe.objects():
        file = tmp_path / f"{name}.yaml"
        file.write_text(draft("sage", looked(probe, name)), encoding="utf-8")
        assert len(list(load_mappings(file, ("sage",)))) == 1, name
    with pytest.raises(Misconfigured, match="F_COMPTET"):
        probe.fields("F_COMPTE")
    probe.close()


def test_a_folder_of_exports_is_looked_at(tmp_path: Path) -> None:
    sage = Sage(tmp_path)
    sage.add(CT_Num="C0001", CT_Intitule="Durand SA", CT_Ville="Évry")
    sage.add(CT_Num="C0002", CT_Intitule="Martin", CT_Ville="Brest")
    sage.export()
    settings = FileSettings(exports=sage.exports, stable_seconds=0)
    probe = opened("sage", settings, [View("customer", "tiers", ())])
    assert probe is not None
    assert list(probe.objects()) == ["tiers"]
    found = looked(probe, "tiers")
    assert (found.count, found.key) == (2, "CT_Num")
    assert any("cp1252, probably" in note and "delimiter ;" in note for note in found.notes)
    widest = {one.column.name: one.widest for one in found.columns}
    assert widest["CT_Intitule"] == 9
    (tmp_path / "draft.yaml").write_text(draft("sage", found), encoding="utf-8")
    (mapping,) = load_mappings(tmp_path / "draft.yaml", ("sage",))
    assert mapping.systems["sage"].view.object == "tiers"
    with pytest.raises(Misconfigured, match="there is no export of articles"):
        probe.fields("articles")
    probe.close()
    tally("bad inputs tried")


@pytest.fixture
def x3() -> Iterator[X3]:
    with serve(**site.OPTIONS) as running:
        yield running


def test_a_folder_of_x3_is_looked_at(x3: X3, tmp_path: Path) -> None:
    harness = site.SiteHarness(x3)
    harness.add([{"name": "Durand SA", "phone": None, "city": "Évry"}])
    probe = opened("sage", site.settings(x3), [harness.view])
    assert probe is not None
    assert list(probe.objects()) == ["BPC"]
    found = looked(probe, "BPC")
    assert found.count == 1
    columns = {one.column.name: one for one in found.columns}
    assert columns["BPCNUM"].filled == 1
    assert columns["TEL1"].column.length == 20
    (tmp_path / "draft.yaml").write_text(draft("sage", found), encoding="utf-8")
    (mapping,) = load_mappings(tmp_path / "draft.yaml", ("sage",))
    assert mapping.entity == "customer"
    with pytest.raises(Misconfigured):
        probe.fields("NOWHERE")
    probe.close()
    tally("bad inputs tried")


names = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
values = st.one_of(st.none(), st.text(max_size=8), st.integers(), st.booleans())
kinds = st.sampled_from(["text", "number", "date", "boolean", "unknown"])


@given(
    st.lists(st.tuples(names, kinds, values), min_size=1, max_size=6, unique_by=lambda one: one[0].strip()),
    names,
)
@example([("0", "text", None)], "FALSE")
@example([("0", "text", None)], "null")
def test_whatever_columns_are_called_the_draft_is_a_mapping(
    tmp_path_factory: pytest.TempPathFactory, columns: list[tuple[str, Any, Any]], object: str
) -> None:
    seen = tuple(
        Seen(Column(name, kind, length=9), 1, int(value is not None), 1, None, None, (value,))
        for name, kind, value in columns
    )
    file = tmp_path_factory.mktemp("draft") / "draft.yaml"
    file.write_text(
        draft("sage", Looked(object, 1, ("a note",), columns[0][0], seen, [{}])), encoding="utf-8"
    )
    assert len(list(load_mappings(file, ("sage",)))) == 1


@given(st.text())
def test_a_shape_tells_no_letter_and_no_digit(text: str) -> None:
    shape = masked(text)
    assert len(shape) == len(text)
    assert all(letter in "Xx9" or not letter.isalnum() for letter in shape)
