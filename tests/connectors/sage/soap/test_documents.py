"""Documents and grids: an invoice made once, its lines in their grid, lines of an object that come and go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from connectors.sage.soap.connector import SoapConnector
from hub.ports import Done, Misconfigured, Moved, NativeField, Refused, View, Write
from sandbox.x3 import X3, Gateway, serve
from tests.connectors.bench import new_ref
from tests.connectors.sage.soap.site import connector

LINES = NativeField(
    "SIH4_1", "lines",
    columns=(NativeField("ITMREF"), NativeField("ITMDES"), NativeField("QTY", "number"),
             NativeField("GROPRI", "number"), NativeField("VACITM1")),
)  # fmt: skip
INVOICES = View(
    "invoice", "SIH",
    (NativeField("INVREF"), NativeField("SIVTYP"), NativeField("BPCINV", "ref"),
     NativeField("INVDAT", "date"), NativeField("INVATI", "money", writable=False),
     NativeField("INVNOT", "money", writable=False), LINES),
    key=("NUM",), options={"reference": "INVREF", "on_create": {"SALFCY": "FR011"}},
)  # fmt: skip
ONE = {"ITMREF": "AUDIT", "ITMDES": "Audit énergétique", "QTY": 2, "GROPRI": 100.5, "VACITM1": "NOR"}
TWO = {"ITMREF": "AUDIT", "ITMDES": "Déplacement", "QTY": 1, "GROPRI": 50, "VACITM1": "NOR"}


@pytest.fixture(params=["xml", "json"])
def x3(request: pytest.FixtureRequest) -> Iterator[X3]:
    """A site whose invoice has its blocks under other names."""
    shifted = {"SIH4_1": "SIH4_7", "SIH1_5": "SIH1_6"} if request.param == "json" else {}
    with serve(groups=shifted) as running:
        running.person.add("BPC", {"BCGCOD": "FR", "CRY": "FR", "BPRNAM": ["Mairie de Vif", ""]},
                           [{"CODADR": "001", "BPACRY": "FR"}])  # fmt: skip
        running.person.add("ITM", {"ITMREF": "AUDIT", "TCLCOD": "SERV", "DES1AXX": "Audit"})
        yield running


@pytest.fixture
def sage(x3: X3, request: pytest.FixtureRequest) -> Iterator[SoapConnector]:
    found = connector(x3, result=request.node.callspec.params["x3"], doubt_seconds=0)
    yield found
    found.close()


def invoice(number: str = "FAC/2026/00012") -> Write:
    values: dict[str, Any] = {"INVREF": number, "SIVTYP": "FAC", "BPCINV": "C00001", "INVDAT": "2026-01-31",
              "SIH4_1": [ONE, TWO]}  # fmt: skip
    return Write(new_ref(), None, values)


def test_an_invoice_is_made_with_its_lines_and_read_back_whole(x3: X3, sage: SoapConnector) -> None:
    (outcome,) = sage.write(INVOICES, [invoice()])
    assert isinstance(outcome, Done), outcome
    values = outcome.record.values
    assert values["SIH4_1"] == [ONE, TWO]
    assert (values["INVDAT"], values["BPCINV"], values["INVREF"]) == (
        "2026-01-31",
        "C00001",
        "FAC/2026/00012",
    )
    assert values["INVNOT"] == 251
    assert sage.ids(INVOICES) == {outcome.record.id}
    assert sage.read(INVOICES, [outcome.record.id])[0].values == values


def test_an_invoice_whose_answer_was_lost_is_never_made_twice(x3: X3, sage: SoapConnector) -> None:
    x3.fail(Gateway(504), "save", applied=True)
    write = invoice()
    (outcome,) = sage.write(INVOICES, [write])
    assert isinstance(outcome, Done)
    for later in (replace(write, again=True), write):
        (again,) = sage.write(INVOICES, [later])
        assert isinstance(again, Done)
        assert again.record.id == outcome.record.id
    assert x3.person.list("SIH") == [outcome.record.id]
    assert x3.writes["SIH", "save"] == 1


def test_an_invoice_a_person_typed_under_our_number_is_left_alone(x3: X3, sage: SoapConnector) -> None:
    typed = x3.person.add(
        "SIH", {"SALFCY": "FR011", "SIVTYP": "FAC", "INVDAT": "20260115", "BPCINV": "C00001",
                "INVREF": "FAC/2026/00012"},
        [{"ITMREF": "AUDIT", "QTY": 9, "GROPRI": 9, "VACITM1": "NOR"}],
    )  # fmt: skip
    (outcome,) = sage.write(INVOICES, [invoice()])
    assert isinstance(outcome, Refused)
    assert typed in outcome.reason
    assert x3.person.list("SIH") == [typed]


def test_lines_are_found_by_their_columns_whatever_the_grid_is_called(x3: X3, sage: SoapConnector) -> None:
    by_columns = replace(INVOICES, fields=(*INVOICES.fields[:-1], replace(LINES, name="lines")))
    write = invoice()
    write = replace(write, values={("lines" if name == "SIH4_1" else name): value
                                   for name, value in write.values.items()})  # fmt: skip
    (outcome,) = sage.write(by_columns, [write])
    assert isinstance(outcome, Done)
    assert outcome.record.values["lines"] == [ONE, TWO]


def test_lines_that_do_not_fit_are_refused_by_their_number(x3: X3, sage: SoapConnector) -> None:
    write = invoice()
    bad = {**TWO, "ITMDES": "x" * 200}
    (outcome,) = sage.write(INVOICES, [replace(write, values={**write.values, "SIH4_1": [ONE, bad]})])
    assert isinstance(outcome, Refused)
    assert outcome.reason.startswith("line 2: ITMDES: has 200 characters")
    many = [ONE] * 301
    (outcome,) = sage.write(INVOICES, [replace(write, values={**write.values, "SIH4_1": many})])
    assert isinstance(outcome, Refused)
    assert "301 lines" in outcome.reason
    assert x3.writes["SIH", "save"] == 0


def test_columns_that_no_grid_has_are_named(x3: X3, sage: SoapConnector) -> None:
    wrong = replace(LINES, name="lines", columns=(NativeField("ITMREF"), NativeField("QTTY")))
    with pytest.raises(Misconfigured, match=r"lacks QTTY \(did you mean QTY\?\)"):
        sage.ids(replace(INVOICES, fields=(wrong,)))


# -- lines of an object that is there ----------------------------------------------------------------------

CELLS = tuple(NativeField(name) for name in ("CODADR", "BPACRY", "CTY"))
ADDRESSES = View("customer", "BPC", (NativeField("lines", "lines", columns=CELLS),), key=("BPCNUM",))


def address(code: str, city: str) -> dict[str, str]:
    return {"CODADR": code, "BPACRY": "FR", "CTY": city}


@pytest.mark.parametrize(
    "wanted",
    [
        [address("001", "Vif")],
        [address("001", "Vif"), address("002", "Lyon"), address("003", "Brest")],
        [address("001", "Évry")],
        [address("009", "Lille"), address("001", "Vif"), address("002", "Lyon")],
    ],
)
def test_lines_come_and_go_and_change(x3: X3, sage: SoapConnector, wanted: list[dict[str, str]]) -> None:
    start = [address("001", "Vif"), address("002", "Lyon")]
    x3.person.edit("BPC", "C00001", {}, [{**line, "TEL1": "0476000000"} for line in start])
    (record,) = sage.read(ADDRESSES, ["C00001"])
    assert record.values["lines"] == start
    write = Write(new_ref(), "C00001", {"lines": wanted}, expected=dict(record.values))
    (outcome,) = sage.write(ADDRESSES, [write])
    assert isinstance(outcome, Done), outcome
    assert outcome.record.values["lines"] == wanted
    assert sage.read(ADDRESSES, ["C00001"])[0].values["lines"] == wanted
    (moved,) = sage.write(ADDRESSES, [replace(write, values={"lines": []})])
    assert isinstance(moved, Moved)


def test_a_cell_of_one_line_changes_that_cell_alone(x3: X3, sage: SoapConnector) -> None:
    lines = [address("001", "Vif") | {"TEL1": "1", "BPAADDFLG": "2"}, address("002", "Lyon") | {"TEL1": "2"}]
    x3.person.edit("BPC", "C00001", {}, lines)
    before = x3.person.see("BPC", "C00001").grids["BPAC_1"]
    view = replace(ADDRESSES, fields=(NativeField("TEL1", options={"line": {"CODADR": "002"}}),
                                      NativeField("BPRNAM.2")))  # fmt: skip
    (record,) = sage.read(view, ["C00001"])
    assert record.values == {"TEL1": "2", "BPRNAM.2": None}
    (outcome,) = sage.write(
        view, [Write(new_ref(), "C00001", {"TEL1": "3", "BPRNAM.2": "Hôtel de ville"}, dict(record.values))]
    )
    assert isinstance(outcome, Done), outcome
    after = x3.person.see("BPC", "C00001")
    assert after.grids["BPAC_1"] == [before[0], {**before[1], "TEL1": "3"}]
    assert after.values["BPRNAM"] == ("Mairie de Vif", "Hôtel de ville")


def test_a_line_that_is_not_there_yet_is_added(x3: X3, sage: SoapConnector) -> None:
    view = replace(ADDRESSES, fields=(
        NativeField("CTY", options={"line": {"CODADR": "LIV", "BPACRY": "FR"}}),))  # fmt: skip
    (record,) = sage.read(view, ["C00001"])
    assert record.values == {"CTY": None}
    (outcome,) = sage.write(view, [Write(new_ref(), "C00001", {"CTY": "Nice"}, dict(record.values))])
    assert isinstance(outcome, Done), outcome
    grid = x3.person.see("BPC", "C00001").grids["BPAC_1"]
    assert [(line["CODADR"], line["CTY"]) for line in grid] == [("001", ""), ("LIV", "Nice")]


def test_the_code_of_a_record_is_never_changed(x3: X3, sage: SoapConnector) -> None:
    view = replace(ADDRESSES, fields=(NativeField("BPCNUM"),))
    (outcome,) = sage.write(view, [Write(new_ref(), "C00001", {"BPCNUM": "X1"}, {"BPCNUM": "C00001"})])
    assert isinstance(outcome, Refused)
    assert "cannot be changed" in outcome.reason


def test_nothing_is_archived_in_x3(x3: X3, sage: SoapConnector) -> None:
    (outcome,) = sage.write(ADDRESSES, [Write(new_ref(), "C00001", {}, archived=True)])
    assert isinstance(outcome, Refused)
