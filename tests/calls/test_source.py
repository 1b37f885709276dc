"""The hub's own log of calls as a system that mappings can name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from hub.calllog import fields
from hub.calllog.source import CallSource
from hub.mapping import load_mappings
from hub.ports import (
    Connector,
    Done,
    Misconfigured,
    Missing,
    Moved,
    NativeField,
    Record,
    Refused,
    View,
    Write,
)
from hub.store import Store
from hub.store import tables as t
from hub.store.repository import dumps
from tests.calls.telephone import START, Telephone

ROOT = Path(__file__).parents[2]
DURAND, MARTIN, PERSON = "d" * 32, "a" * 32, "c" * 32
NUMBER, OTHER = "+33450123456", "+33450123457"


def view(object: str, *names: str, **more: object) -> View:
    where = more.pop("where", None)
    natives = tuple(NativeField(name, writable=name == "closed") for name in names)
    return View(object, object, natives, where=where, options=more)


CALL = view("call", *fields.CALL, "who.customer", "who.contact")
CALLBACK = view("callback", *fields.CALLBACK, "who.customer")


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'hub.sqlite'}"
    else:
        url = request.getfixturevalue("postgres_url")
    opened = Store(url)
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def telephone(store: Store) -> Telephone:
    return Telephone(store, load_mappings(ROOT / "mappings"))


@pytest.fixture
def source(store: Store) -> CallSource:
    return CallSource("calls", store)


def pull(source: CallSource, view: View, cursor: str | None = None) -> tuple[list[Record], str | None]:
    pages = list(source.pull(view, cursor, lambda ids: {}))
    assert not any(page.listing for page in pages), "a log that is tidied lists nothing whole"
    return [record for page in pages for record in page.records], pages[-1].cursor


def golden(store: Store, id: str, entity: str, name: str, owns: Sequence[str] = (), of: str = "") -> None:
    with store.transaction() as connection:
        connection.execute(
            t.golden.insert().values(
                id=id, entity=entity, data=dumps({"name": name}), created_at=START.isoformat(), dirty=0,
                origins=dumps({"*": ["odoo", START.isoformat()]}),
            )
        )  # fmt: skip
        for number in owns:
            connection.execute(t.phone_number.insert().values(number=number, golden_id=id, entity=entity))
        if of:
            connection.execute(
                t.reference.insert().values(golden_id=id, field="customer", entity=entity, target=of)
            )


def test_it_is_a_connector_whose_log_is_no_deletion(source: CallSource) -> None:
    assert isinstance(source, Connector)
    assert source.traits.log


def test_a_call_is_shown_once_it_is_over(source: CallSource, telephone: Telephone) -> None:
    ringing = telephone.rings(NUMBER)
    assert pull(source, CALL) == ([], None)
    assert ringing not in source.ids(CALL)
    answered = telephone.answered(OTHER, "Marie")
    ((call,), cursor) = pull(source, CALL)
    assert call.id == answered
    assert call.values["title"] == "Appel de Marie (04 50 12 34 57)"
    assert (call.values["direction"], call.values["outcome"]) == ("inbound", "answered")
    assert call.values["answered_by"] == "101"
    assert call.modified is not None
    assert pull(source, CALL, cursor) == ([], cursor)


def test_what_a_call_was_is_told_in_the_language_of_the_office(
    source: CallSource, telephone: Telephone
) -> None:
    telephone.missed(NUMBER, queue="support")
    english = replace(CALL, options={"lang": "en"})
    (call,) = pull(source, english)[0]
    assert call.values["title"] == "Abandoned call from 04 50 12 34 56"
    assert "Queue: support" in str(call.values["summary"])
    assert "Rang" in str(call.values["summary"])


def test_a_second_missed_call_raises_the_first_and_reaching_them_closes_it(
    source: CallSource, telephone: Telephone
) -> None:
    telephone.missed(NUMBER)
    (first,), cursor = pull(source, CALLBACK)
    assert (first.values["missed"], first.values["again"], first.values["closed"]) == (1, False, False)
    assert first.values["title"] == "Rappeler 04 50 12 34 56"
    telephone.missed(NUMBER)
    (second,), cursor = pull(source, CALLBACK, cursor)
    assert (second.id, second.values["missed"], second.values["again"]) == (first.id, 2, True)
    assert second.values["title"] == "Rappeler 04 50 12 34 56 : 2 appels manqués"
    telephone.reached(NUMBER)
    (third,), cursor = pull(source, CALLBACK, cursor)
    assert (third.id, third.values["closed"], third.values["reason"]) == (first.id, True, "reached")


def test_whom_a_call_was_with_is_told_by_golden_ids_best_first(
    source: CallSource, telephone: Telephone, store: Store
) -> None:
    golden(store, DURAND, "customer", "Durand SARL", [NUMBER])
    golden(store, MARTIN, "customer", "Martin SAS", [NUMBER])
    telephone.answered(NUMBER)
    (call,) = pull(source, CALL)[0]
    assert call.values["who.customer"] == DURAND
    assert call.values["who.contact"] is None
    assert "Durand SARL" in str(call.values["title"])


def test_a_contacts_call_is_with_their_customer_too(
    source: CallSource, telephone: Telephone, store: Store
) -> None:
    golden(store, DURAND, "customer", "Durand SARL")
    golden(store, PERSON, "contact", "Marie Bel", [NUMBER], of=DURAND)
    telephone.missed(NUMBER)
    (call,) = pull(source, CALL)[0]
    assert (call.values["who.contact"], call.values["who.customer"]) == (PERSON, DURAND)
    (callback,) = pull(source, CALLBACK)[0]
    assert callback.values["who.customer"] == DURAND
    assert "Marie Bel" in str(callback.values["title"])


def test_a_golden_record_that_is_no_more_is_nobody(
    source: CallSource, telephone: Telephone, store: Store
) -> None:
    golden(store, DURAND, "customer", "Durand SARL", [NUMBER])
    telephone.answered(NUMBER)
    with store.transaction() as connection:
        connection.execute(t.golden.delete())
    (call,) = pull(source, CALL)[0]
    assert call.values["who.customer"] is None


def test_a_filter_leaves_out_what_was_never_told_and_keeps_what_was(
    source: CallSource, telephone: Telephone, store: Store
) -> None:
    known = replace(CALLBACK, where={"who.customer": True})
    telephone.missed(NUMBER)
    telephone.missed(OTHER)
    assert pull(source, known)[0] == []
    strangers = replace(CALLBACK, where={"who.customer": False})
    found, cursor = pull(source, strangers)
    assert len(found) == 2
    with store.transaction() as connection:
        connection.execute(
            t.link.insert().values(
                entity="callback", system="calls", external_id=found[0].id, golden_id="e" * 32, base="{}",
                gone=False, unconfirmed=False,
            )
        )  # fmt: skip
    golden(store, DURAND, "customer", "Durand SARL", [NUMBER, OTHER])
    telephone.missed(NUMBER)
    telephone.missed(OTHER)
    assert [record.id for record in pull(source, strangers, cursor)[0]] == [found[0].id]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({"direction": "inbound"}, 1),
        ({"direction": ["outbound", "internal"]}, 0),
        ({"outcome": ["abandoned"], "did": True}, 1),
        ({"recording": True}, 0),
        ({"hidden": False}, 1),
    ],
)
def test_a_filter_is_a_value_a_list_or_whether_there_is_one(
    source: CallSource, telephone: Telephone, where: dict[str, object], found: int
) -> None:
    telephone.missed(NUMBER)
    assert len(pull(source, replace(CALL, where=where))[0]) == found


def test_closing_a_callback_elsewhere_closes_it_here_and_the_next_missed_call_opens_another(
    source: CallSource, telephone: Telephone
) -> None:
    telephone.missed(NUMBER)
    (first,) = pull(source, CALLBACK)[0]
    (outcome,) = source.write(CALLBACK, [Write("callback_1", first.id, {"closed": True}, first.values)])
    assert isinstance(outcome, Done)
    assert outcome.record.values["closed"]
    assert not outcome.record.archived
    telephone.missed(NUMBER)
    found = pull(source, CALLBACK)[0]
    assert [(record.values["missed"], record.values["closed"]) for record in found] == [(1, True), (1, False)]


def test_without_a_field_for_it_closing_is_archiving(source: CallSource, telephone: Telephone) -> None:
    plain = view("callback", "title", "missed")
    telephone.missed(NUMBER)
    (first,) = pull(source, plain)[0]
    assert not first.archived
    (outcome,) = source.write(plain, [Write("callback_1", first.id, {}, first.values, archived=True)])
    assert isinstance(outcome, Done)
    assert outcome.record.archived
    (outcome,) = source.write(plain, [Write("callback_1", first.id, {}, first.values, archived=False)])
    assert isinstance(outcome, Done)
    assert not outcome.record.archived
    telephone.reached(NUMBER)
    assert pull(source, plain)[0][0].archived


def test_a_ticket_that_was_archived_closes_the_callback_and_restoring_it_opens_nothing(
    source: CallSource, telephone: Telephone
) -> None:
    telephone.missed(NUMBER)
    (first,) = pull(source, CALLBACK)[0]
    (outcome,) = source.write(CALLBACK, [Write("callback_1", first.id, {}, first.values, archived=True)])
    assert isinstance(outcome, Done)
    assert (outcome.record.archived, outcome.record.values["closed"]) == (True, True)
    now = outcome.record.values
    (outcome,) = source.write(CALLBACK, [Write("callback_1", first.id, {}, now, archived=False)])
    assert isinstance(outcome, Done)
    assert (outcome.record.archived, outcome.record.values["closed"]) == (False, True)


def test_a_callback_that_moved_meanwhile_is_not_closed_unseen(
    source: CallSource, telephone: Telephone
) -> None:
    telephone.missed(NUMBER)
    (first,) = pull(source, CALLBACK)[0]
    telephone.missed(NUMBER)
    (outcome,) = source.write(CALLBACK, [Write("callback_1", first.id, {"closed": True}, first.values)])
    assert isinstance(outcome, Moved)
    assert outcome.record.values["missed"] == 2
    assert not outcome.record.values["closed"]


def test_what_happened_is_not_written(source: CallSource, telephone: Telephone) -> None:
    call = telephone.answered(NUMBER)
    (refused,) = source.write(CALL, [Write("call_1", call, {"title": "Autre"})])
    assert isinstance(refused, Refused)
    assert "`direction: pull`" in refused.todo
    (refused,) = source.write(CALL, [Write("call_1", None, {"title": "Autre"})])
    assert isinstance(refused, Refused)
    assert "`creates: false`" in refused.todo
    assert [type(one) for one in source.write(CALLBACK, [Write("c", "99", {"closed": True})])] == [Missing]


def test_calls_that_were_tidied_away_hide_none_that_come_after(
    source: CallSource, telephone: Telephone, store: Store
) -> None:
    for _ in range(3):
        telephone.answered(NUMBER)
    cursor = pull(source, CALL)[1]
    assert telephone.log.tidy(START + timedelta(days=1)) == 3
    assert pull(source, CALL, cursor)[0] == []
    later = telephone.answered(NUMBER)
    assert [record.id for record in pull(source, CALL, cursor)[0]] == [later]


def test_many_calls_come_in_pages(source: CallSource, store: Store, telephone: Telephone) -> None:
    telephone.answered(NUMBER)
    with store.transaction() as connection:
        row = connection.execute(t.call.select()).one()._asdict()
        copies = [{**row, "id": f"pbx:x{n}", "change": row["change"] + n} for n in range(1, 2300)]
        connection.execute(t.call.insert(), copies)
    pages = list(source.pull(CALL, None, lambda ids: {}))
    assert [len(page.records) for page in pages] == [1000, 1000, 300]
    assert len({record.id for page in pages for record in page.records}) == 2300


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (view("calls", "title"), "write `object: call or callback`"),
        (view("call", "titel"), "title"),
        (view("callback", "who."), "who.<entity>"),
        (view("call", "title", where={"directoin": "inbound"}), "direction"),
        (view("call", "title", where=["direction"]), "write field: value"),
        (view("call", "title", lang="de"), "fr or en"),
    ],
)
def test_a_mistake_in_a_mapping_is_named_with_what_to_write(
    source: CallSource, wrong: View, said: str
) -> None:
    errors = [one for one in source.check([wrong]) if one.level == "error"]
    assert said in f"{errors[0].what} {errors[0].message} {errors[0].todo}"
    with pytest.raises(Misconfigured):
        list(source.pull(wrong, None, lambda ids: {}))


def test_a_field_that_would_be_written_in_vain_is_told_at_the_check(source: CallSource) -> None:
    writable = View("callback", "callback", (NativeField("title"), NativeField("closed")))
    (warning, sound) = source.check([writable])
    assert (warning.level, sound.level) == ("warning", "ok")
    assert "`direction: pull`" in warning.todo


def test_a_hidden_number_is_told_by_nothing_but_that(source: CallSource, telephone: Telephone) -> None:
    telephone.missed("anonymous")
    (call,) = pull(source, CALL)[0]
    assert call.values["title"] == "Appel abandonné de numéro masqué"
    assert pull(source, CALLBACK)[0] == [], "nobody can be called back"


def test_words_for_every_kind_of_call_exist_in_both_languages() -> None:
    from hub.calllog.texts import _WORDS

    assert _WORDS["fr"].keys() == _WORDS["en"].keys()
