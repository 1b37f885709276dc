"""Contracts made from templates, and amendments of those that are renewed."""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
import pytest

from connectors.word import template
from connectors.word.faults import Refusal
from connectors.word.filenames import file_name
from connectors.word.properties import RENEWAL_OF, with_property
from hub.ports import Done, Misconfigured, Refused
from tests.connectors.word.contracts import DUPONT, OPTIONS, RENEWS, Cabinet, contract_lines
from tests.connectors.word.tools import paragraph, save
from tests.tally import tally

FILE = "Contrat C-1 - Dupont & Fils -SARL.docx"
AMENDMENT = "Contrat C-1 - avenant 2027-12-31.docx"


@pytest.fixture
def cabinet(tmp_path: Path) -> Iterator[Cabinet]:
    made = Cabinet(tmp_path)
    yield made
    made.connector.close()


@pytest.fixture
def renewing(tmp_path: Path) -> Iterator[Cabinet]:
    made = Cabinet(tmp_path, RENEWS)
    assert isinstance(made.make(), Done)
    yield made
    made.connector.close()


def refused(outcome: object) -> Refused:
    assert isinstance(outcome, Refused), outcome
    assert outcome.todo
    tally("bad inputs tried")
    return outcome


# -- making ----------------------------------------------------------------------------------------------


def test_a_contract_is_made_of_its_template_and_says_what_was_wanted(cabinet: Cabinet) -> None:
    outcome = cabinet.make()
    assert isinstance(outcome, Done)
    assert dict(outcome.record.values) == DUPONT
    assert cabinet.names() == [FILE]
    assert cabinet.lines(FILE) == [
        "Contrat de maintenance", "numero : C-1", "client : Dupont & Fils <SARL>", "debut : 01/01/2026",
        "fin : 31 décembre 2026", "montant : 1\u00a0250,00\u00a0€\u00a0HT", "visites : semestrielle",
    ]  # fmt: skip
    assert cabinet.read().values == outcome.record.values


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_a_new_file_has_the_mode_that_new_files_there_have(cabinet: Cabinet) -> None:
    cabinet.make()
    other = cabinet.folder / "autre.txt"
    other.write_text("x")
    assert stat.S_IMODE((cabinet.folder / FILE).stat().st_mode) == stat.S_IMODE(other.stat().st_mode)


def test_values_in_french_words_as_a_mapping_may_give_them(cabinet: Cabinet) -> None:
    outcome = cabinet.make({**DUPONT, "periodicity": "deux visites par an", "amount": 1250})
    assert isinstance(outcome, Done)
    assert dict(outcome.record.values) == DUPONT


def test_what_is_not_given_leaves_its_place_empty(cabinet: Cabinet) -> None:
    outcome = cabinet.make({"number": "C-1", "customer": "Dupont", "amount": None})
    assert isinstance(outcome, Done)
    assert outcome.record.values["amount"] is None
    assert outcome.record.values["ends_on"] is None


def test_a_contract_made_before_a_crash_is_recognised_and_made_no_second_time(cabinet: Cabinet) -> None:
    first = cabinet.make()
    assert isinstance(first, Done)
    before = (cabinet.folder / FILE).read_bytes()
    second = cabinet.make(again=True)
    assert isinstance(second, Done)
    assert second.record.values == first.record.values
    assert cabinet.names() == [FILE]
    assert (cabinet.folder / FILE).read_bytes() == before
    tally("records duplicated", 0)


def test_a_number_that_is_taken_is_refused(cabinet: Cabinet) -> None:
    cabinet.make()
    assert "C-1 already" in refused(cabinet.make()).reason
    assert "C-1 already" in refused(cabinet.make({**DUPONT, "customer": "Durand"}, again=True)).reason
    assert cabinet.names() == [FILE]


@pytest.mark.parametrize("again", [False, True])
def test_a_file_that_is_there_is_never_written_over(cabinet: Cabinet, again: bool) -> None:
    save(cabinet.folder / FILE, paragraph("Une lettre"))
    before = (cabinet.folder / FILE).read_bytes()
    assert "is there already" in refused(cabinet.make(again=again)).reason
    assert (cabinet.folder / FILE).read_bytes() == before


def test_two_new_contracts_of_one_number_in_one_batch_make_one(cabinet: Cabinet) -> None:
    from hub.ports import Write

    writes = [Write("contract_1", None, DUPONT), Write("contract_2", None, {**DUPONT, "customer": "Durand"})]
    first, second = cabinet.connector.write(cabinet.view, writes)
    assert isinstance(first, Done)
    assert "made a moment ago" in refused(second).reason


# -- what a template may not do --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "expression",
    [
        "''.__class__.__mro__",
        "number.__class__.__mro__[1].__subclasses__()",
        "number.format.__globals__",
        "self.__init__.__globals__",
        "cycler.__init__.__globals__.os.system('true')",
        "lipsum.__globals__",
        "namespace(a=1)",
        "range(10**9) | list",
        "'%s' | format(number.__class__)",
    ],
)
def test_a_template_reaches_nothing_but_the_values(cabinet: Cabinet, expression: str) -> None:
    cabinet.template(*contract_lines(), paragraph("{{ " + expression + " }}"))
    assert "template modele.docx" in refused(cabinet.make()).reason.replace(
        "of the template", "template modele.docx"
    )
    assert cabinet.names() == []


@pytest.mark.parametrize(
    "body",
    [
        "{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}{{ c }}{% endfor %}"
        "{% endfor %}{% endfor %}",
        "{{ 10**(10**10) }}",
        "{{ 'a' * 10**10 }}",
    ],
)
def test_a_template_without_an_end_is_ended(tmp_path: Path, body: str) -> None:
    cabinet = Cabinet(tmp_path)
    cabinet.connector.close()
    cabinet.connector = cabinet.connected(limits={"seconds": 4, "memory_mib": 512})
    cabinet.template(*contract_lines(), paragraph(body))
    assert "cannot be made" in refused(cabinet.make()).reason
    assert cabinet.names() == []
    cabinet.template(*contract_lines())
    assert isinstance(cabinet.make(), Done), "the next one is made as if nothing had been"
    cabinet.connector.close()


def test_a_name_the_mapping_does_not_give_is_refused_by_name(cabinet: Cabinet) -> None:
    cabinet.template(*contract_lines(), paragraph("{{ telephone_du_client }}"))
    refusal = refused(cabinet.make())
    assert "telephone_du_client" in refusal.reason
    assert "it gives amount, customer" in refusal.todo


def test_a_value_the_template_does_not_show_is_refused_before_anything_is_made(cabinet: Cabinet) -> None:
    cabinet.template(*contract_lines(montant="1 250,00 € HT"))
    refusal = refused(cabinet.make())
    assert "no place for amount" in refusal.reason
    assert refusal.field == "amount"
    assert cabinet.names() == []


def test_a_document_that_is_read_otherwise_than_it_was_to_be_is_not_put_in_place(cabinet: Cabinet) -> None:
    cabinet.template(*contract_lines(fin="{{ starts_on | date }}", debut="{{ ends_on | date }}"))
    assert "starts_on was to be '2026-01-01'" in refused(cabinet.make()).reason
    assert cabinet.names() == []


def test_a_template_that_no_profile_would_read_is_refused(cabinet: Cabinet) -> None:
    cabinet.template(*contract_lines()[1:])
    assert "read as no contracts" in refused(cabinet.make()).reason


@pytest.mark.parametrize(
    "text", ["{{ number", "{% if number %}", "{{ number | majuscules }}", "{% include 'a' %}"]
)
def test_a_template_that_is_not_written_right_is_refused(cabinet: Cabinet, text: str) -> None:
    cabinet.template(*contract_lines(), paragraph(text))
    assert "modele.docx" in refused(cabinet.make()).reason
    assert cabinet.names() == []


@pytest.mark.parametrize("kind", ["nothing", "no archive", "doc"])
def test_a_template_that_is_no_document_is_refused(cabinet: Cabinet, kind: str) -> None:
    path = cabinet.profiles / "modele.docx"
    content = {"nothing": b"", "no archive": b"bonjour", "doc": b"\xd0\xcf\x11\xe0" * 300}[kind]
    path.write_bytes(content)
    refused(cabinet.make())
    assert cabinet.names() == []


def test_a_control_character_in_a_value_is_refused(cabinet: Cabinet) -> None:
    assert "control character" in refused(cabinet.make({**DUPONT, "customer": "Du\x07pont"})).reason


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({**OPTIONS, "template": "../modele.docx"}, "leads elsewhere"),
        ({**OPTIONS, "template": "absent.docx"}, "is not there"),
        ({}, "no template"),
    ],
)
def test_a_template_that_is_not_there_is_said(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    cabinet = Cabinet(tmp_path, options)
    assert said in refused(cabinet.make()).reason
    cabinet.connector.close()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({**OPTIONS, "file": "contrat.docx"}, "nothing in it tells"),
        ({**OPTIONS, "file": "{number}.pdf"}, "no file name"),
        ({**OPTIONS, "file": "{number.__class__}.docx"}, "it names"),
        ({**OPTIONS, "file": "sous/{number}.docx"}, "no file name"),
        ({"template": "modele.docx"}, "file is missing"),
        ({**OPTIONS, "renews": {"field": "ends_on"}}, "renews.template"),
    ],
)
def test_options_that_make_no_sense_are_a_mistake_of_the_mapping(
    tmp_path: Path, options: dict[str, Any], said: str
) -> None:
    cabinet = Cabinet(tmp_path, options)
    with pytest.raises(Misconfigured) as error:
        cabinet.make()
    assert said in str(error.value)
    cabinet.connector.close()


# -- filters and names --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "given", "shown"),
    [
        ("date", ("2026-03-01",), "01/03/2026"),
        ("date", ("2026-03-01", "long"), "1er mars 2026"),
        ("montant", ("1234567.8",), "1\u00a0234\u00a0567,80\u00a0€"),
        ("montant", ("-5",), "-5,00\u00a0€"),
        ("periodicite", ("2/12",), "semestrielle"),
        ("periodicite", ("3 visites par an",), "3 visites par an"),
        ("duree", ("P36M",), "36 mois"),
        ("duree", ("open",), "durée indéterminée"),
        ("reconduction", ("tacit",), "tacite reconduction"),
        ("telephone", ("+33476000001",), "04 76 00 00 01"),
        ("siret", ("55203253400646",), "552 032 534 00646"),
    ],
)
def test_what_the_filters_make(name: str, given: tuple[str, ...], shown: str) -> None:
    assert template.FILTERS[name](*given) == shown


@pytest.mark.parametrize(
    ("pattern", "values", "name"),
    [
        ("Contrat {number}.docx", {"number": "A/B\\C:D"}, "Contrat A-B-C-D.docx"),
        ("{number}.docx", {"number": "../../etc/passwd"}, "etc-passwd.docx"),
        ("{number}.docx", {"number": "CON"}, "_CON.docx"),
        ("{number}.docx", {"number": "nul.txt"}, "_nul.txt.docx"),
        ("{number}.docx", {"number": "~$x"}, "$x.docx"),
        ("{number}.docx", {"number": "a\x00b\nc"}, "a b c.docx"),
        ("{number} - {customer}.docx", {"number": "1", "customer": None}, "1.docx"),
        ("{number}.docx", {"number": "..."}, "_.docx"),
        ("{number}.docx", {"number": "e\u0301"}, "é.docx"),
        ("{number}.docx", {"number": "a" * 500}, "a" * 120 + ".docx"),
        ("{number}.docx", {"number": "fin. "}, "fin.docx"),
    ],
)
def test_file_names_are_ones_that_every_system_can_hold(
    pattern: str, values: dict[str, object], name: str
) -> None:
    assert file_name(pattern, values) == name


# -- renewals -----------------------------------------------------------------------------------------------


def test_an_end_that_moves_later_makes_the_amendment_and_changes_the_contract(renewing: Cabinet) -> None:
    outcome = renewing.change(renewing.read(), ends_on="2027-12-31")
    assert isinstance(outcome, Done)
    assert outcome.record.values["ends_on"] == "2027-12-31"
    assert renewing.names() == [FILE, AMENDMENT]
    assert renewing.lines(AMENDMENT) == ["Avenant au contrat de maintenance C-1", "Nouvelle fin : 31/12/2027"]
    assert "fin : 31 décembre 2027" in renewing.lines(FILE)


def test_an_amendment_is_no_second_contract(renewing: Cabinet) -> None:
    renewing.change(renewing.read(), ends_on="2027-12-31")
    (page,) = renewing.connector.pull(renewing.view, None, lambda ids: {})
    assert [one.id for one in page.records] == ["C-1"]
    assert page.records[0].values["ends_on"] == "2027-12-31"
    assert not page.rejected
    assert page.listing
    assert renewing.connector.ids(renewing.view) == {"C-1"}
    assert isinstance(renewing.change(renewing.read(), amount="1300.00"), Done)


def test_an_amendment_that_somebody_saves_as_another_contract_is_one(renewing: Cabinet) -> None:
    renewing.change(renewing.read(), ends_on="2027-12-31")
    path = renewing.folder / "autre.docx"
    save(path, *contract_lines(**{**dict.fromkeys(("debut", "fin", "montant", "visites"), ""),
                                  "numero": "C-9", "client": "Martin"}))  # fmt: skip
    path.write_bytes(with_property(path.read_bytes(), RENEWAL_OF, "C-1"))
    assert renewing.connector.ids(renewing.view) == {"C-1", "C-9"}


def test_an_amendment_is_made_once(renewing: Cabinet) -> None:
    before = renewing.read()
    renewing.change(before, ends_on="2027-12-31")
    made = (renewing.folder / AMENDMENT).read_bytes()
    renewing.change(renewing.read(), ends_on="2026-12-31")
    renewing.change(renewing.read(), ends_on="2027-12-31")
    assert renewing.names() == [FILE, AMENDMENT]
    assert (renewing.folder / AMENDMENT).read_bytes() == made


@pytest.mark.parametrize("ends_on", ["2026-06-30", None])
def test_an_end_that_moves_earlier_or_goes_makes_no_amendment(renewing: Cabinet, ends_on: str | None) -> None:
    assert isinstance(renewing.change(renewing.read(), ends_on=ends_on), Done)
    assert renewing.names() == [FILE]


def test_a_file_of_the_amendment_s_name_is_not_written_over_and_the_contract_stays(renewing: Cabinet) -> None:
    save(renewing.folder / AMENDMENT, paragraph("Une lettre"))
    before = (renewing.folder / FILE).read_bytes(), (renewing.folder / AMENDMENT).read_bytes()
    assert "no amendment of C-1" in refused(renewing.change(renewing.read(), ends_on="2027-12-31")).reason
    assert ((renewing.folder / FILE).read_bytes(), (renewing.folder / AMENDMENT).read_bytes()) == before


def test_an_amendment_whose_template_is_wrong_leaves_the_contract_as_it_was(renewing: Cabinet) -> None:
    renewing.template(paragraph("Avenant {{ inconnu }} {{ ends_on }}"), name="avenant.docx")
    before = (renewing.folder / FILE).read_bytes()
    assert "inconnu" in refused(renewing.change(renewing.read(), ends_on="2027-12-31")).reason
    assert (renewing.folder / FILE).read_bytes() == before
    assert renewing.names() == [FILE]


def test_a_renewal_that_cannot_be_written_makes_no_amendment(renewing: Cabinet) -> None:
    record = renewing.read()
    document = docx.Document(str(renewing.folder / FILE))
    document.add_paragraph("Visites : annuelles")
    document.save(str(renewing.folder / FILE))
    outcome = renewing.connector.write(
        renewing.view,
        [_write(record, {"ends_on": "2027-12-31", "periodicity": "4/12"})],
    )[0]
    assert not isinstance(outcome, Done)
    assert renewing.names() == [FILE]


def _write(record: Any, values: dict[str, Any]) -> Any:
    from hub.ports import Write

    return Write("contract_1", record.id, values, expected={})


def test_a_renewal_by_a_field_that_is_no_day_is_a_mistake_of_the_mapping(tmp_path: Path) -> None:
    options = {**RENEWS, "renews": {**RENEWS["renews"], "field": "amount"}}
    cabinet = Cabinet(tmp_path, options)
    cabinet.make()
    assert (
        "no field of the mapping that is a date" in refused(cabinet.change(cabinet.read(), amount="9")).reason
    )
    cabinet.connector.close()


def test_the_hidden_property_is_put_in_once_and_with_any_text(tmp_path: Path) -> None:
    path = save(tmp_path / "a.docx", paragraph("a"))
    content = with_property(path.read_bytes(), RENEWAL_OF, "C-1")
    content = with_property(content, "other", "x")
    content = with_property(content, RENEWAL_OF, 'C & <"2">')
    path.write_bytes(content)
    from connectors.word.package import Bounds, Package
    from connectors.word.properties import property_of

    package = Package(content, "a.docx", Bounds())
    assert property_of(package, RENEWAL_OF) == 'C & <"2">'
    assert property_of(package, "other") == "x"
    docx.Document(str(path))


def test_a_template_is_refused_by_the_same_words_where_it_is_filled_in(tmp_path: Path) -> None:
    path = save(tmp_path / "a.docx", paragraph("{{ a }}"))
    with pytest.raises(Refusal, match="control character"):
        template.filled_in(path.read_bytes(), "a.docx", {"a": "x\x0cy"}, ["a"])
