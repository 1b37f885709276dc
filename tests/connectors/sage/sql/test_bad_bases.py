"""A base of Sage that is not as it should be costs what is wrong with it, and says so."""

from __future__ import annotations

import gc
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text

from connectors.sage.sql import connect, reading
from connectors.sage.sql.connector import SqlConnector
from connectors.sage.sql.settings import Settings
from hub.ports import (
    Busy,
    Connector,
    Denied,
    Misconfigured,
    NativeField,
    Record,
    SourceDamaged,
    Unreachable,
    View,
)
from sandbox.sage100 import Base
from tests.connectors.sage.sql.harness import CUSTOMERS, Clock, nobody, pulled, versions
from tests.tally import tally

DOCUMENTS = View(
    "order",
    "F_DOCENTETE",
    (
        NativeField("DO_Piece"),
        NativeField("DO_Date", "date"),
        NativeField("DO_DateLivr", "date"),
        NativeField("DO_Tiers"),
        NativeField("DO_TotalTTC", "money"),
        NativeField("F_DOCLIGNE", "lines", columns=(NativeField("AR_Ref"), NativeField("DL_Qte", "number"))),
    ),
)
PAYMENTS = View(
    "payment",
    "LETTRAGE",
    (NativeField("NUMERO"), NativeField("MONTANT", "money"), NativeField("FACTURE.EC_RefPiece")),
    options={"journals": ["BQ"]},
)


class Site:
    """A base, its clock, and how to reach it."""

    def __init__(self, url: str) -> None:
        self.url, self.clock = url, Clock()
        self.base = Base(url, self.clock)
        self._open: list[Connector] = []

    def connect(self, **settings: Any) -> SqlConnector:
        found = connect("sage", Settings(**{"url": self.url, "lock_timeout": 0.2, **settings}))
        self._open.append(found)
        assert isinstance(found, SqlConnector)
        return found

    def do(self, statement: str, **values: Any) -> None:
        """Something done to the base past Sage."""
        with self.base.engine.begin() as connection:
            connection.execute(text(statement), values)

    def close(self) -> None:
        for connector in self._open:
            connector.close()
        self.base.close()


@pytest.fixture
def file_site(tmp_path: Path) -> Iterator[Site]:
    site = Site(f"sqlite:///{tmp_path / 'base.db'}")
    yield site
    site.close()


@pytest.fixture
def server_site(postgres_url: str) -> Iterator[Site]:
    site = Site(postgres_url)
    yield site
    site.close()


@pytest.fixture(params=["file_site", "server_site"])
def site(request: pytest.FixtureRequest) -> Site:
    found: Site = request.getfixturevalue(request.param)
    return found


# -- what is in the rows -----------------------------------------------------------------------------


def test_a_date_of_1753_or_1900_is_no_date_and_a_blank_is_no_text(site: Site) -> None:
    marq = site.base.document(
        3,
        "BL1",
        date(2026, 1, 31),
        "C0001",
        [],
        DO_DateLivr=datetime(1900, 1, 1),
        DO_TotalTTC=Decimal("0.000001"),
    )
    site.base.enter("F_DOCENTETE", DO_Piece="BL2   ", DO_Tiers="   ")
    records, _ = pulled(site.connect(), DOCUMENTS)
    first, second = records[str(marq)].values, records[str(marq + 1)].values
    assert (first["DO_Date"], first["DO_DateLivr"]) == ("2026-01-31", None)
    assert first["DO_TotalTTC"] == Decimal("0.000001") or first["DO_TotalTTC"] == 1e-06
    assert (second["DO_Piece"], second["DO_Tiers"], second["DO_Date"]) == ("BL2", None, None)


def test_an_amount_keeps_every_digit(server_site: Site) -> None:
    exact = Decimal("123456789012345678.123456")
    marq = server_site.base.document(6, "F1", date(2026, 1, 1), "C1", [{"DL_Qte": exact}], DO_TotalTTC=exact)
    records, _ = pulled(server_site.connect(), DOCUMENTS)
    values = records[str(marq)].values
    assert values["DO_TotalTTC"] == "123456789012345678.123456"
    assert values["F_DOCLIGNE"] == [{"AR_Ref": None, "DL_Qte": "123456789012345678.123456"}]


def test_a_nul_or_bytes_that_are_no_text_make_a_field_unreadable_not_its_record(file_site: Site) -> None:
    for code in ("C0001", "C0002", "C0003"):
        file_site.base.third_party(code, "Durand", CT_Ville="Évry")
    with sqlite3.connect(file_site.url.removeprefix("sqlite:///")) as raw:
        raw.execute("UPDATE F_COMPTET SET CT_Ville = 'a' || char(0) || 'b' WHERE CT_Num = 'C0001'")
        raw.execute("UPDATE F_COMPTET SET CT_Ville = CAST(x'C9767279' AS TEXT) WHERE CT_Num = 'C0002'")
    raw.close()
    records, pages = pulled(file_site.connect(), CUSTOMERS)
    assert "NUL" in records["C0001"].unreadable["CT_Ville"]
    assert "no text" in records["C0002"].unreadable["CT_Ville"]
    assert "CT_Ville" not in records["C0001"].values
    assert records["C0003"].values["CT_Ville"] == "Évry"
    assert pages[-1].listing
    tally("bad inputs tried", 2)


def test_a_number_that_is_none_and_a_date_that_is_none_are_named(file_site: Site) -> None:
    marq = file_site.base.document(6, "F1", date(2026, 1, 1), "C1", [{"AR_Ref": "A"}])
    file_site.do("UPDATE F_DOCENTETE SET DO_TotalTTC = 'beaucoup', DO_Date = '31/02/2026'")
    file_site.do("UPDATE F_DOCLIGNE SET DL_Qte = 9e999")
    records, _ = pulled(file_site.connect(), DOCUMENTS)
    unreadable = records[str(marq)].unreadable
    assert "'beaucoup'" in unreadable["DO_TotalTTC"]
    assert "31/02/2026" in unreadable["DO_Date"]
    assert "line 1: DL_Qte" in unreadable["F_DOCLIGNE"]
    assert records[str(marq)].values["DO_Piece"] == "F1"
    tally("bad inputs tried", 3)


def test_a_row_the_driver_cannot_fetch_costs_only_itself(server_site: Site) -> None:
    marqs = [server_site.base.document(6, f"F{n}", date(2026, 1, n), "C1", []) for n in range(1, 8)]
    server_site.do(
        'UPDATE "F_DOCENTETE" SET "DO_Date" = \'12026-01-01\' WHERE "cbMarq" = :marq', marq=marqs[3]
    )
    server_site.do('UPDATE "F_DOCENTETE" SET "DO_TotalTTC" = \'NaN\' WHERE "cbMarq" = :marq', marq=marqs[4])
    records, pages = pulled(server_site.connect(), DOCUMENTS)
    (rejected,) = [one for page in pages for one in page.rejected]
    assert rejected.id == str(marqs[3])
    assert "cannot be read" in rejected.reason
    assert "no number" in records[str(marqs[4])].unreadable["DO_TotalTTC"]
    assert set(records) == {str(one) for one in marqs} - {str(marqs[3])}
    assert pages[-1].listing
    tally("bad inputs tried", 2)


# -- keys --------------------------------------------------------------------------------------------


def test_a_key_in_several_rows_is_nobodys_and_still_there(site: Site) -> None:
    site.base.third_party("C0001", "Durand")
    site.base.third_party("C0001", "Dupont")
    site.base.third_party("c0002", "Martin")
    site.base.third_party("", "Personne")
    connector = site.connect()
    records, pages = pulled(connector, CUSTOMERS)
    assert set(records) == {"C0002"}
    rejected = {one.id: one.reason for page in pages for one in page.rejected}
    assert "several rows" in rejected["C0001"]
    assert "has no CT_Num" in rejected[None]
    assert connector.ids(CUSTOMERS) == {"C0001", "C0002"}
    assert connector.read(CUSTOMERS, ["C0001"]) == []
    assert [one.id for one in connector.read(CUSTOMERS, ["C0002"])] == ["C0002"]
    tally("bad inputs tried", 2)
    tally("records duplicated", len(records) - 1)


def test_a_document_turned_into_an_invoice_stays_the_same_record(site: Site) -> None:
    marq = site.base.document(3, "BL1", date(2026, 1, 31), "C1", [{"AR_Ref": "A1", "DL_Qte": Decimal(2)}])
    connector = site.connect()
    before, pages = pulled(connector, DOCUMENTS)
    site.clock.pass_(minutes=3)
    site.base.transform(marq, 6, "FA1")
    after, _ = pulled(connector, DOCUMENTS, pages[-1].cursor, versions(before))
    assert set(before) == set(after) == {str(marq)}
    assert after[str(marq)].values["DO_Piece"] == "FA1"
    assert after[str(marq)].values["F_DOCLIGNE"] == [{"AR_Ref": "A1", "DL_Qte": 2}]


# -- what changed ------------------------------------------------------------------------------------


def test_only_what_changed_is_handed_over_and_lines_are_part_of_their_document(site: Site) -> None:
    marqs = [site.base.document(6, f"F{n}", date(2026, 1, n), "C1", [{"AR_Ref": "A"}]) for n in (1, 2, 3)]
    connector = site.connect()
    before, pages = pulled(connector, DOCUMENTS)
    site.clock.pass_(hours=2)
    (line,) = [row for row in site.base.rows("F_DOCLIGNE") if row["DO_Piece"] == "F2"]
    site.base.change("F_DOCLIGNE", line["cbMarq"], DL_Qte=Decimal(5))
    after, pages = pulled(connector, DOCUMENTS, pages[-1].cursor, versions(before))
    assert set(after) == {str(marqs[1])}
    assert not pages[-1].listing
    again, _ = pulled(connector, DOCUMENTS, pages[-1].cursor, {**versions(before), **versions(after)})
    assert not again


def test_a_change_stamped_late_by_a_long_transaction_is_in_the_overlap(site: Site) -> None:
    first = site.base.third_party("C0001", "Durand")
    connector = site.connect()
    before, pages = pulled(connector, CUSTOMERS)
    late = site.clock().replace(hour=8, minute=55)
    site.base.change("F_COMPTET", first, CT_Ville="Évry", cbModification=late)
    site.base.third_party("C0002", "Martin")
    after, _ = pulled(connector, CUSTOMERS, pages[-1].cursor, versions(before))
    assert after["C0001"].values["CT_Ville"] == "Évry"
    assert set(after) == {"C0001", "C0002"}


def test_a_base_put_back_is_read_anew_whatever_was_typed_since(site: Site) -> None:
    marqs = [site.base.third_party(f"C000{n}", f"Client {n}") for n in (1, 2, 3)]
    connector = site.connect()
    _, pages = pulled(connector, CUSTOMERS)
    site.clock.pass_(hours=5)
    site.base.change("F_COMPTET", marqs[1], CT_Ville="Évry")
    edited, pages = pulled(connector, CUSTOMERS, pages[-1].cursor)
    assert edited["C0002"].values["CT_Ville"] == "Évry"
    site.base.change("F_COMPTET", marqs[1], CT_Ville="", cbModification=datetime(2026, 3, 2, 9, 0))
    site.clock.pass_(hours=5)
    site.base.change("F_COMPTET", marqs[0], CT_Ville="Brest")
    after, pages = pulled(connector, CUSTOMERS, pages[-1].cursor)
    assert after["C0002"].values["CT_Ville"] is None
    assert set(after) == {"C0001", "C0002", "C0003"}
    assert pages[-1].listing
    tally("bad inputs tried")


def test_the_hour_that_clocks_repeat_in_autumn_loses_no_change(site: Site) -> None:
    site.clock.time = datetime(2026, 10, 25, 2, 55)
    marqs = [site.base.third_party(f"C000{n}", "Client") for n in (1, 2)]
    connector = site.connect()
    before, pages = pulled(connector, CUSTOMERS)
    site.clock.time = datetime(2026, 10, 25, 2, 10)
    site.base.change("F_COMPTET", marqs[0], CT_Ville="Évry")
    after, _ = pulled(connector, CUSTOMERS, pages[-1].cursor, versions(before))
    assert set(after) == {"C0001"}


def test_a_table_without_stamps_is_read_whole_every_time(site: Site) -> None:
    site.base.third_party("C0001", "Durand")
    site.do('ALTER TABLE "F_COMPTET" DROP COLUMN "cbModification"')
    connector = site.connect()
    _, pages = pulled(connector, CUSTOMERS)
    site.do('UPDATE "F_COMPTET" SET "CT_Ville" = \'Évry\'')
    after, pages = pulled(connector, CUSTOMERS, pages[-1].cursor)
    assert after["C0001"].values["CT_Ville"] == "Évry"
    assert pages[-1].listing
    assert any("cbModification" in one.message for one in connector.check([CUSTOMERS]))


def test_a_pull_broken_off_goes_on_where_it_was(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.sage.sql.reading.PAGE", 2)
    for n in range(1, 8):
        site.base.third_party(f"C000{n}", f"Client {n}")
    pages = site.connect().pull(CUSTOMERS, None, nobody)
    seen = {record.id for record in next(pages).records}
    broken = next(pages)
    seen |= {record.id for record in broken.records}
    rest, later = pulled(site.connect(), CUSTOMERS, broken.cursor)
    assert not seen & rest.keys()
    assert seen | rest.keys() == {f"C000{n}" for n in range(1, 8)}
    assert not later[-1].listing, "it did not see everything"


# -- the base itself ---------------------------------------------------------------------------------


def test_a_column_that_goes_is_named_with_what_is_there(site: Site) -> None:
    site.base.third_party("C0001", "Durand")
    connector = site.connect()
    _, pages = pulled(connector, CUSTOMERS)
    site.do('ALTER TABLE "F_COMPTET" RENAME COLUMN "CT_Ville" TO "CT_Ville2"')
    for ask in (
        lambda: pulled(connector, CUSTOMERS, pages[-1].cursor),
        lambda: connector.ids(replace(CUSTOMERS, where={"CT_Ville": "Évry"})),
        lambda: connector.read(CUSTOMERS, ["C0001"]),
    ):
        with pytest.raises(Misconfigured, match=r"no column CT_Ville; there is CT_Ville2"):
            ask()
        tally("bad inputs tried")
    (error,) = [one for one in connector.check([CUSTOMERS]) if one.level == "error"]
    assert "CT_Ville2" in error.message


def test_a_column_that_goes_between_two_pages_is_named(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.sage.sql.reading.PAGE", 2)
    for n in range(1, 6):
        site.base.third_party(f"C000{n}", f"Client {n}")
    pages = site.connect().pull(CUSTOMERS, None, nobody)
    next(pages)
    site.do('ALTER TABLE "F_COMPTET" RENAME COLUMN "CT_Ville" TO "CT_Ville2"')
    with pytest.raises(Misconfigured, match="CT_Ville2"):
        list(pages)
    tally("bad inputs tried")


def test_a_locked_table_is_busy_and_comes_back(server_site: Site) -> None:
    server_site.base.third_party("C0001", "Durand")
    connector = server_site.connect()
    with server_site.base.engine.begin() as holder:
        holder.execute(text('LOCK TABLE "F_COMPTET" IN ACCESS EXCLUSIVE MODE'))
        with pytest.raises(Busy, match="locked"):
            pulled(connector, CUSTOMERS)
    assert set(pulled(connector, CUSTOMERS)[0]) == {"C0001"}
    tally("faults injected")


def test_a_locked_file_is_busy_and_comes_back(file_site: Site) -> None:
    file_site.base.third_party("C0001", "Durand")
    holder = sqlite3.connect(file_site.url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Busy, match="locked"):
        pulled(file_site.connect(), CUSTOMERS)
    holder.execute("ROLLBACK")
    holder.close()
    assert set(pulled(file_site.connect(), CUSTOMERS)[0]) == {"C0001"}
    tally("faults injected")


def test_a_connection_cut_in_mid_read_is_said_and_the_next_pull_goes_on(
    server_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.sage.sql.reading.PAGE", 2)
    for n in range(1, 6):
        server_site.base.third_party(f"C000{n}", f"Client {n}")
    connector = server_site.connect()
    pages = connector.pull(CUSTOMERS, None, nobody)
    first = next(pages)
    real = connector.session.rows
    cut = threading.Event()

    def rows(statement: Any) -> Any:
        if not cut.is_set():
            cut.set()
            _cut_all(server_site)
            with connector.session.engine.connect() as connection:
                _cut_all(server_site)
                return _through(connector, connection, statement)
        return real(statement)

    monkeypatch.setattr(connector.session, "rows", rows)
    with pytest.raises(Unreachable, match="cannot be reached"):
        list(pages)
    rest, _ = pulled(connector, CUSTOMERS, first.cursor)
    assert {one.id for one in first.records} | rest.keys() == {f"C000{n}" for n in range(1, 6)}
    tally("faults injected")


def _cut_all(site: Site) -> None:
    """The server ends every connection of the hub."""
    ours = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'hub'"
    with site.base.engine.connect() as connection:
        connection.execute(text(ours))


def _through(connector: SqlConnector, connection: Any, statement: Any) -> Any:
    from sqlalchemy.exc import DBAPIError

    from connectors.sage.sql.faults import fault_of

    try:
        return connection.execute(statement).fetchall()
    except DBAPIError as problem:
        raise fault_of("sage", connector.settings, problem) from problem


def test_a_login_the_server_does_not_know_is_denied_and_not_tried_often(server_site: Site) -> None:
    wrong = server_site.base.engine.url.set(username="nobody_here").render_as_string(hide_password=False)
    connector = connect("sage", Settings(url=wrong, password="faux"))
    with pytest.raises(Denied) as denied:
        pulled(connector, CUSTOMERS)
    assert denied.value.locks
    (finding,) = connector.check([CUSTOMERS])
    assert finding.level == "error"
    connector.close()
    tally("bad inputs tried")


def test_a_base_that_is_not_there_and_a_file_that_is_none_are_said(server_site: Site, tmp_path: Path) -> None:
    nowhere = server_site.base.engine.url.set(database="none_here").render_as_string(hide_password=False)
    with pytest.raises(Misconfigured, match="there is no base"):
        pulled(connect("sage", Settings(url=nowhere)), CUSTOMERS)
    junk = tmp_path / "junk.db"
    junk.write_bytes(b"This is no database at all, whatever its name says. " * 40)
    with pytest.raises(SourceDamaged, match="not a database"):
        pulled(connect("sage", Settings(url=f"sqlite:///{junk}")), CUSTOMERS)
    with pytest.raises(Unreachable):
        pulled(
            connect("sage", Settings(url="postgresql://hub@127.0.0.1:1/none", connect_timeout=2)), CUSTOMERS
        )
    tally("bad inputs tried", 3)


def test_a_login_without_the_right_to_read_is_denied(server_site: Site) -> None:
    server_site.do("CREATE ROLE hub_blind LOGIN")
    server_site.do('GRANT SELECT ON "F_COMPTET" TO hub_blind')
    try:
        url = server_site.base.engine.url.set(username="hub_blind").render_as_string(hide_password=False)
        connector = connect("sage", Settings(url=url))
        assert pulled(connector, CUSTOMERS)[0] == {}
        rights = [one for one in connector.check([]) if one.what == "rights"]
        assert [one.level for one in rights] == ["ok"]
        with pytest.raises((Denied, Misconfigured)):
            pulled(connector, DOCUMENTS)
        connector.close()
    finally:
        server_site.do("DROP OWNED BY hub_blind")
        server_site.do("DROP ROLE hub_blind")
    tally("bad inputs tried")


def test_the_check_warns_of_a_login_that_could_write(server_site: Site) -> None:
    findings = server_site.connect().check([CUSTOMERS])
    (rights,) = [one for one in findings if one.what == "rights"]
    assert rights.level == "warning"
    assert "could" in rights.message


@pytest.mark.parametrize(
    ("view", "why"),
    [
        (replace(CUSTOMERS, object="F_COMPTES"), "no table F_COMPTES: there is F_COMPTET"),
        (replace(CUSTOMERS, where="CT_Type = 0"), "is not understood here"),
        (replace(CUSTOMERS, where={"CT_Typ": 0}), "no column CT_Typ; there is CT_Type"),
        (replace(CUSTOMERS, where={"CT_Type": "client"}), "is not what CT_Type holds"),
        (replace(CUSTOMERS, where={"CT_DateMAJ": {"since": "2026-01-01"}}), "since is no bound"),
        (replace(CUSTOMERS, key=("CT_Code",)), "no column CT_Code"),
        (replace(DOCUMENTS, fields=(NativeField("DO_Tier.CT_Intitule"),)), "DO_Tiers was probably meant"),
        (replace(DOCUMENTS, fields=(NativeField("F_LIGNES", "lines"),)), "no lines called F_LIGNES"),
        (replace(PAYMENTS, options={}), "journals: [BQ, CA]"),
        (replace(PAYMENTS, fields=(NativeField("FACTURE.EC_Ref"),)), "no column EC_Ref"),
    ],
)
def test_what_a_mapping_asks_and_the_base_has_not_is_said_with_what_was_meant(
    file_site: Site, view: View, why: str
) -> None:
    connector = file_site.connect()
    with pytest.raises(Misconfigured) as said:
        pulled(connector, view)
    assert why in str(said.value)
    assert any(why in f"{one.message} {one.todo}" for one in connector.check([view]) if one.level == "error")
    tally("bad inputs tried")


# -- many --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("use", ["file_site", "server_site"])
def test_a_hundred_thousand_rows_are_never_in_memory_together(
    use: str, request: pytest.FixtureRequest
) -> None:
    site: Site = request.getfixturevalue(use)
    _fill(site.base, 100_000)
    read, most = 0, 0
    for number, page in enumerate(site.connect().pull(CUSTOMERS, None, nobody)):
        read += len(page.records)
        if number % 40 == 20:
            gc.collect()
            most = max(most, sum(isinstance(one, Record) for one in gc.get_objects()))
    assert read == 100_000
    assert 0 < most <= 3 * reading.PAGE


def _fill(base: Base, count: int) -> None:
    table = base.tables["F_COMPTET"]
    row = {"CT_Intitule": "Établissements Durand", "CT_Type": 0, "cbModification": datetime(2026, 1, 1)}
    with base.engine.begin() as connection:
        for first in range(0, count, 10_000):
            some = [{**row, "CT_Num": f"C{n:06d}"} for n in range(first, first + 10_000)]
            connection.execute(insert(table), some)
