"""What an X3 folder makes of what is entered: numbers, sums, lists, locks, what people do at its screens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

import pytest

from sandbox.company import customers, fill_x3
from sandbox.x3 import X3, Refusal, serve
from sandbox.x3.store import Condition
from tests.sandbox.x3_caller import DUPONT, Caller, keys, xml

INVOICE = (
    '<PARAM><GRP ID="SIH0_1"><FLD NAME="SALFCY">FR011</FLD><FLD NAME="SIVTYP">{type}</FLD>'
    '<FLD NAME="INVREF">{ref}</FLD><FLD NAME="INVDAT">20260115</FLD><FLD NAME="BPCINV">C1</FLD></GRP>'
    '<TAB ID="SIH4_1"><LIN><FLD NAME="ITMREF">AUDIT</FLD><FLD NAME="QTY">3</FLD>'
    '<FLD NAME="GROPRI">33.33</FLD><FLD NAME="DISCRGVAL1">10</FLD></LIN>'
    '<LIN><FLD NAME="ITMREF">LIVRE</FLD><FLD NAME="QTY">1</FLD><FLD NAME="GROPRI">19.90</FLD></LIN>'
    "</TAB></PARAM>"
)


@pytest.fixture
def x3() -> Iterator[X3]:
    with serve(clock=lambda: datetime(2026, 2, 3, 10, 0)) as running:
        person = running.person
        person.add("BPC", {"BCGCOD": "FR", "BPCNUM": "C1", "BPRNAM": "VIF", "CRY": "FR", "PTE": "30J"})
        person.add("ITM", {"ITMREF": "AUDIT", "TCLCOD": "SERV", "DES1AXX": "Audit", "VACITM": ["NOR"]})
        person.add("ITM", {"ITMREF": "LIVRE", "TCLCOD": "MARCH", "DES1AXX": "Livre", "VACITM": ["RED"]})
        yield running


@pytest.fixture
def call(x3: X3) -> Caller:
    return Caller(x3)


def invoice(type: str = "FAC", ref: str = "INV/2026/0001") -> str:
    return INVOICE.format(type=type, ref=ref)


def test_an_invoice_is_numbered_by_type_and_month_and_summed_up(call: Caller) -> None:
    told = call.save("SIH", invoice())
    assert told.status == "1", told.said
    assert told.field("NUM") == "FAC-2601-00001"
    assert told.column("NETPRI") == ["29.997", "19.9"]
    assert told.column("AMTNOTLIN") == ["89.99", "19.9"]
    assert told.column("XVTAX") == ["NOR", "RED"]
    assert told.column("XVAMT") == ["18", "1.09"]
    assert (told.field("INVNOT"), told.field("INVATI")) == ("109.89", "128.98")
    assert (told.field("PTE"), told.field("BPINAM"), told.field("STRDUDDAT")) == ("30J", "VIF", "20260115")
    assert call.save("SIH", invoice("AVC")).field("NUM") == "AVC-2601-00001"


def test_prices_with_tax_are_taken_apart(call: Caller) -> None:
    with_tax = invoice().replace("</PARAM>", '<FLD NAME="PRITYP">2</FLD></PARAM>')
    told = call.save("SIH", with_tax)
    assert told.column("AMTNOTLIN") == ["74.99", "18.86"]
    assert told.field("INVATI") == "109.89"


def test_the_same_reference_makes_a_second_invoice_without_a_word(x3: X3, call: Caller) -> None:
    assert [call.save("SIH", invoice()).field("NUM") for _ in range(2)] == [
        "FAC-2601-00001",
        "FAC-2601-00002",
    ]
    found = call.query("SIH", 10, ("INVREF", "INV/2026/0001"))
    assert found.column("NUM") == ["FAC-2601-00001", "FAC-2601-00002"]
    assert x3.writes["SIH", "save"] == 2


def test_what_an_invoice_names_must_exist(x3: X3, call: Caller) -> None:
    unknown = invoice().replace(">C1<", ">C9<").replace(">LIVRE<", ">NOPE<")
    assert call.save("SIH", unknown).said == [
        "Client facturé : C9 Fiche inexistante",
        "Ligne 2 : Article : NOPE Fiche inexistante",
    ]
    x3.person.edit("BPC", "C1", {"BPCSTA": 1})
    assert call.save("SIH", invoice()).said == ["Client C1 : Tiers inactif"]
    head, _, _ = invoice().partition("<TAB")
    x3.person.edit("BPC", "C1", {"BPCSTA": 2})
    assert call.save("SIH", f"{head}</PARAM>").said == ["Facture : Aucune ligne saisie"]
    assert call.save("SIH", invoice().replace("20260115", "20260231")).said[0] == (
        "Date facture : Date incorrecte (20260231)"
    )
    assert not x3.person.list("SIH")


def test_an_accounting_invoice_adds_up_its_lines(call: Caller) -> None:
    line = '<LIN><FLD NAME="ACC1">{}</FLD><FLD NAME="AMTNOTLIN">{}</FLD><FLD NAME="VAT">{}</FLD></LIN>'
    lines = line.format("706000", "1000.10", "NOR") + line.format("707000", "-50", "EXO")
    head = "".join(
        f'<FLD NAME="{name}">{value}</FLD>'
        for name, value in {
            "SIVTYP": "FAC", "FCY": "FR011", "BPR": "C1", "ACCDAT": "20260131", "BPRVCR": "INV/7",
        }.items()
    )  # fmt: skip
    told = call.save("BIC", f'<PARAM>{head}<TAB ID="BIC3_1">{lines}</TAB></PARAM>')
    assert told.status == "1", told.said
    assert told.field("NUM") == "FAC-2601-00001"
    totals = [told.field(name) for name in ("AMTNOT", "AMTTAX", "AMTATI")]
    assert totals == ["950.1", "200.02", "1150.12"]
    assert call.query("BIC", 5, ("BPRVCR", "INV/7")).column("NUM") == ["FAC-2601-00001"]


def test_a_site_numbers_and_fills_its_tables_of_codes_as_it_likes() -> None:
    with serve(numbering={"BPC": "{BCGCOD}{count:03d}"}) as x3:
        call = Caller(x3)
        x3.world.codes["terms"]["90J"] = "90 jours"
        told = call.save("BPC", DUPONT.replace("</PARAM>", '<FLD NAME="PTE">90J</FLD></PARAM>'))
        assert (told.field("BPCNUM"), told.field("PTE")) == ("FR001", "90J")
        x3.world.codes["accounts"]["706000"] = "Prestations"
        assert not x3.world.knows("accounts", "707000")


def test_a_person_s_payment_is_read_and_leaves_what_is_due(x3: X3, call: Caller) -> None:
    number = call.save("SIH", invoice()).field("NUM")
    assert x3.world.due(number) == Decimal("128.98")
    first = x3.person.pay(number, "28.98", date(2026, 2, 1), CHQNUM="0001")
    assert first == "REC-2602-00001"
    told = call.read("PAY", first)
    assert told.field("REF") == number
    assert told.field("AMTCUR") == "28.98"
    assert told.column("VCRNUM") == [number]
    assert x3.world.due(number) == Decimal(100)
    x3.person.pay(number)
    assert x3.world.due(number) == 0
    assert call.query("PAY", 9, ("REF", number)).column("AMTCUR") == ["28.98", "100"]
    with pytest.raises(KeyError):
        x3.person.pay("NOPE")


def test_more_than_is_due_is_taken_with_a_warning(x3: X3, call: Caller) -> None:
    number = call.save("SIH", invoice()).field("NUM")
    fields = {"FCY": "FR011", "BPAINV": "C1", "ACCDAT": "20260201", "AMTCUR": "200"}
    head = "".join(f'<FLD NAME="{name}">{value}</FLD>' for name, value in fields.items())
    line = f'<LIN><FLD NAME="VCRNUM">{number}</FLD><FLD NAME="AMTLIN">200</FLD></LIN>'
    told = call.save("PAY", f'<PARAM>{head}<TAB ID="PAY1_4">{line}</TAB></PARAM>')
    assert told.status == "1"
    assert told.messages[0] == ("2", f"Pièce {number} : montant réglé supérieur au reste dû (128.98)")


def test_a_posted_invoice_is_never_changed(x3: X3, call: Caller) -> None:
    number = call.save("SIH", invoice()).field("NUM")
    param = xml("objectXml", f'<PARAM><FLD NAME="NUM">{number}</FLD></PARAM>')
    assert call("actionObject", "SIH", f"<actionCode>VALID</actionCode>{param}").field("INVSTA") == "3"
    change = '<PARAM><FLD NAME="INVREF">x</FLD></PARAM>'
    said = [f"Facture {number} : Pièce validée, modification impossible"]
    assert call.modify("SIH", number, change).said == said
    assert call("delete", "SIH", keys(("NUM", number))).said == said
    with pytest.raises(Refusal):
        x3.person.delete("SIH", number)
    other = f"<actionCode>DANCE</actionCode>{keys(('NUM', number))}"
    assert call("actionObjectKeys", "SIH", other).said == ["Action DANCE inexistante"]


def test_a_customer_with_documents_is_not_deleted(x3: X3, call: Caller) -> None:
    number = call.save("SIH", invoice()).field("NUM")
    told = call("delete", "BPC", keys(("BPCNUM", "C1")))
    assert told.said == [f"Client C1 : Suppression impossible, fiche utilisée (Facture {number})"]
    assert call("delete", "SIH", keys(("NUM", number))).status == "1"
    assert call("delete", "BPC", keys(("BPCNUM", "C1"))).status == "1"
    assert call.read("BPC", "C1").said == ["Client C1 : Fiche inexistante"]


def test_the_stamp_is_to_the_second_and_tells_who(x3: X3, call: Caller) -> None:
    assert call.read("BPC", "C1").field("WW_MODUSER") == "ADMIN"
    told = call.modify("BPC", "C1", '<PARAM><FLD NAME="CRN">1</FLD></PARAM>')
    assert (told.field("WW_MODSTAMP"), told.field("WW_MODUSER")) == ("20260203100000", "WSUSR")
    x3.person.edit("BPC", "C1", {"CRN": "2"}, [{"CODADR": "A", "BPACRY": "BE"}])
    told = call.read("BPC", "C1")
    assert (told.field("CRN"), told.column("CRYNAM"), told.field("WW_MODUSER")) == (
        "2",
        ["BELGIQUE"],
        "ADMIN",
    )


# -- lists --------------------------------------------------------------------------------------------------


def test_a_list_is_in_the_order_of_keys_and_no_longer_than_asked_for(x3: X3, call: Caller) -> None:
    for key in ("C30", "C10", "D1", "C20"):
        x3.person.add("BPC", {"BCGCOD": "FR", "BPCNUM": key, "BPRNAM": f"N{key}", "CRY": "FR"})
    assert call.query("BPC", 10).column("BPCNUM") == ["C1", "C10", "C20", "C30", "D1"]
    assert call.query("BPC", 2).column("BPCNUM") == ["C1", "C10"]
    assert call.query("BPC", 0).column("BPCNUM") == []
    assert call.query("BPC", 9, ("BPCNUM", "C*0")).column("BPCNUM") == ["C10", "C20", "C30"]
    assert call.query("BPC", 9, ("1", "C1*")).column("BPCNUM") == ["C1", "C10"]
    assert call.query("BPC", 9, ("BPCNAM", "N*1")).column("BPCNUM") == ["D1"]
    assert call.query("BPC", 2, ("BPCNUM", ">C10")).column("BPCNUM") == ["C20", "C30"]
    assert call.query("BPC", 9, ("BPCNUM", ">=C10"), ("BPCNUM", "<C30")).column("BPCNUM") == ["C10", "C20"]
    assert call.query("BPC", 9, ("BPCNUM", "C10")).column("BPCNAM") == ["NC10"]
    assert call.query("BPC", 9, ("BPCNUM", "")).column("BPCNUM") == ["C1", "C10", "C20", "C30", "D1"]


def test_where_ranges_are_not_known_a_sign_is_a_letter_as_any_other() -> None:
    with serve(ranges=False) as x3:
        x3.person.add("BPC", {"BCGCOD": "FR", "BPCNUM": "C1", "BPRNAM": "VIF", "CRY": "FR"})
        assert Caller(x3).query("BPC", 9, ("BPCNUM", ">=A")).column("BPCNUM") == []


def test_a_filter_on_a_field_the_list_does_not_show_is_ignored_or_refused(x3: X3, call: Caller) -> None:
    assert call.query("BPC", 9, ("EECNUM", "nobody's")).column("BPCNUM") == ["C1"]
    with serve(unlisted="refused") as strict:
        assert Caller(strict).query("BPC", 9, ("EECNUM", "x")).status == "0"


def test_a_column_of_when_it_changed_can_be_added_to_a_list_and_filtered_by() -> None:
    clock = [datetime(2026, 1, 1, 8, 0, 0)]
    with serve(listed={"BPC": ["UPDDATTIM", "UPDDAT"]}, clock=lambda: clock[0]) as x3:
        for key in ("A", "B"):
            x3.person.add("BPC", {"BCGCOD": "FR", "BPCNUM": key, "BPRNAM": key, "CRY": "FR"})
        clock[0] = datetime(2026, 1, 2, 9, 30, 0)
        x3.person.edit("BPC", "A", {"CRN": "1"})
        call = Caller(x3)
        assert call.query("BPC", 9).column("UPDDATTIM") == ["20260102093000", "20260101080000"]
        assert call.query("BPC", 9, ("UPDDATTIM", ">=20260102000000")).column("BPCNUM") == ["A"]
        assert call.query("BPC", 9, ("UPDDAT", "20260101")).column("BPCNUM") == ["B"]


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("C*", ["C", "C1"], ["D", ""]),
        ("*1", ["1", "C1"], ["10"]),
        ("C*1*2", ["C12", "CX1Y2"], ["C2", "C21", "12"]),
        ("*", ["", "x"], []),
        ("a*a", ["aa", "aba"], ["a"]),
        ("<>x", ["", "y"], ["x"]),
        ("<=b", ["a", "b"], ["ba"]),
    ],
)
def test_a_filter_takes_what_it_should(pattern: str, matching: list[str], other: list[str]) -> None:
    matches = Condition("X", pattern).test()
    assert all(map(matches, matching))
    assert not any(map(matches, other))


def test_an_index_follows_every_change(x3: X3) -> None:
    table = x3.world.tables["BPC"]
    x3.person.edit("BPC", "C1", {"CRN": "A"})
    x3.person.edit("BPC", "C1", {"CRN": "B"})
    assert (table.with_value("CRN", "A"), table.with_value("CRN", "B")) == ([], ["C1"])
    x3.person.delete("BPC", "C1")
    assert table.with_value("CRN", "B") == []


def test_thousands_are_paged_through_by_their_keys(x3: X3, call: Caller) -> None:
    entered = fill_x3(x3.person.add, customers(1200))
    found: list[str] = []
    while (
        len(page := call.query("BPC", 500, ("BPCNUM", f">{found[-1] if found else ''}")).column("BPCNUM"))
        == 500
    ):
        found += page
    assert [*found, *page] == sorted(["C1", *entered])
    assert call.query("BPC", 500, ("BPCNUM", "C0010*")).column("BPCNUM") == [f"C0010{n}" for n in range(10)]
