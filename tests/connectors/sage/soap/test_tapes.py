"""The same conversations as when they were recorded from the sandbox X3: what leaves is as it was."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from hub.ports import Done, Moved, Refused, Unknown, Write
from sandbox.x3 import X3, Gateway, SoapFault
from tests.connectors.sage.soap.site import OPTIONS, SiteHarness, customers
from tests.connectors.sage.soap.tapes import FOLDER, taped

VIEW = customers()
REF = f"customer_{'0123456789abcdef' * 2}"
SITES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "v12_xml": ({}, {}),
    "v12_json": ({"publications": {"BPC": "YWSBPC"}}, {"result": "json", "publications": {"BPC": "YWSBPC"}}),
    "v6_xml": ({"version": 6}, {"version": 6}),
}


def at_noon() -> datetime:
    return datetime(2026, 1, 31, 12, 0, 0)


def people(x3: X3) -> None:
    rows = [{"name": f"Société {letter}", "phone": None, "city": "Évry"} for letter in "ABC"]
    SiteHarness(x3).add(rows)


@pytest.mark.parametrize("site", SITES)
def test_a_day_at_work_is_told_as_it_was_recorded(site: str) -> None:
    sandbox, settings = SITES[site]
    with taped(f"{site}_day", OPTIONS | sandbox | {"clock": at_noon}, **settings) as (sage, x3):
        if x3 is not None:
            people(x3)
        findings = sage.check([VIEW])
        assert not [one for one in findings if one.level == "error"]
        (page,) = sage.pull(VIEW, None, lambda ids: {})
        assert [record.values["BPRNAM"] for record in page.records] == ["Société A", "Société B", "Société C"]
        first, second, third = page.records
        made, changed, moved, refused = sage.write(VIEW, [
            Write(REF, None, {"BPRNAM": "Durand & Fils", "TEL1": "01 45 67 89 01", "CTY": "L'Haÿ-les-Roses"}),
            Write("c_1", first.id, {"CTY": "Nîmes"}, expected=first.values),
            Write("c_2", second.id, {"CTY": "Lyon"}, expected={**second.values, "CTY": "Paris"}),
            Write("c_3", third.id, {"BPRNAM": None}, expected=third.values),
        ])  # fmt: skip
        assert isinstance(made, Done)
        assert made.record.values["CTY"] == "L'Haÿ-les-Roses"
        assert isinstance(changed, Done)
        assert changed.record.values["CTY"] == "Nîmes"
        assert isinstance(moved, Moved)
        assert isinstance(refused, Refused)
        assert refused.reason == "Raison sociale : Champ obligatoire"
        assert sage.find(VIEW, [REF])[REF].id == made.record.id


def test_lost_answers_are_told_as_they_were_recorded() -> None:
    with taped("v12_lost_answers", OPTIONS | {"clock": at_noon}, doubt_seconds=0) as (sage, x3):
        new = Write(REF, None, {"BPRNAM": "Durand", "TEL1": None, "CTY": "Évry"})
        if x3 is not None:
            people(x3)
            x3.fail(Gateway(504), "save", applied=True)
        (found,) = sage.write(VIEW, [new])
        assert isinstance(found, Done)
        (record,) = sage.read(VIEW, ["C00001"])
        if x3 is not None:
            x3.fail(SoapFault("java.lang.NullPointerException"), "modify")
        (doubtful,) = sage.write(VIEW, [Write("c_1", record.id, {"CTY": "Nice"}, expected=record.values)])
        assert isinstance(doubtful, Unknown)
        assert "NullPointerException" in doubtful.reason


def test_every_tape_says_that_it_is_of_the_sandbox() -> None:
    names = [path.name for path in FOLDER.iterdir()]
    assert names
    assert all(name.startswith("sandbox_") for name in names)
