"""A small Sage 100: the tables of one company's base, and what people do to them at Sage's screens.

The tables have the names, columns, lengths and habits of the SQL Server base (`cbMarq` counts up and stays,
`cbModification` moves with every change, a date nobody typed is 1753-01-01), in SQLite or PostgreSQL. It
knows nothing of the hub: whoever reads it reads plain tables.

    base = Base(f"sqlite:///{folder}/sage100.db")
    base.third_party("C0001", "DURAND SA", CT_Ville="ÉVRY")
    sale = base.sale("VE", "FAC/2026/0001", date(2026, 1, 31), "C0001", "1200.00")
    paid = base.receipt("BQ", "VIR 42", date(2026, 2, 15), "C0001", "1200.00")
    base.letter("A", [sale, paid])
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Integer,
    MetaData,
    Numeric,
    SmallInteger,
    String,
    Table,
    create_engine,
    func,
    insert,
    select,
    update,
)
from sqlalchemy import delete as deletion

NEVER = datetime(1753, 1, 1)
"""What the base holds where nobody typed a date."""

CUSTOMER, SUPPLIER = 0, 1
DEBIT, CREDIT = 0, 1

COLUMNS: Mapping[str, str] = {
    "F_COMPTET": "CT_Num:17 CT_Intitule:69 CT_Type:i CG_NumPrinc:13 CT_Qualite:17 CT_Classement:17 "
    "CT_Contact:35 CT_Adresse:35 CT_Complement:35 CT_CodePostal:9 CT_Ville:35 CT_CodeRegion:25 CT_Pays:35 "
    "CT_Ape:7 CT_Identifiant:25 CT_Siret:15 CT_Commentaire:35 CT_Encours:n CT_NumPayeur:17 N_Devise:i "
    "CT_Sommeil:i CT_Telephone:21 CT_Telecopie:21 CT_EMail:69 CT_Site:69 CT_DateMAJ:d CT_LangueISO2:3",
    "F_CONTACTT": "CT_Num:17 CT_Nom:35 CT_Prenom:35 N_Service:i CT_Fonction:35 CT_Telephone:21 "
    "CT_TelPortable:21 CT_Telecopie:21 CT_EMail:69 CT_Civilite:i N_Contact:i CT_No:i",
    "F_LIVRAISON": "LI_No:i CT_Num:17 LI_Intitule:69 LI_Adresse:35 LI_Complement:35 LI_CodePostal:9 "
    "LI_Ville:35 LI_CodeRegion:25 LI_Pays:35 LI_Contact:35 LI_Principal:i LI_Telephone:21 LI_EMail:69",
    "F_ARTICLE": "AR_Ref:19 AR_Design:69 FA_CodeFamille:11 AR_UniteVen:i AR_PrixAch:n AR_Coef:n AR_PrixVen:n "
    "AR_PrixTTC:i AR_SuiviStock:i AR_Sommeil:i AR_CodeBarre:19 AR_PoidsNet:n AR_Type:i AR_DateModif:d",
    "F_DOCENTETE": "DO_Domaine:i DO_Type:i DO_Piece:13 DO_Date:d DO_Ref:17 DO_Tiers:17 DO_Devise:i "
    "DO_Cours:n CT_NumPayeur:17 CG_Num:13 DO_Souche:i DO_DateLivr:d DO_Statut:i DO_Cloture:i DO_Provenance:i "
    "DO_NoWeb:17 DO_Motif:69 DO_PieceOrig:13 DO_TotalHT:n DO_TotalTTC:n DO_NetAPayer:n DO_MontantRegle:n",
    "F_DOCLIGNE": "DO_Domaine:i DO_Type:i CT_Num:17 DO_Piece:13 DO_Date:d DL_Ligne:i DL_No:i DO_Ref:17 "
    "AR_Ref:19 DL_Design:69 DL_Qte:n DL_Remise01REM_Valeur:n DL_Remise01REM_Type:i DL_PrixUnitaire:n "
    "DL_Taxe1:n DL_CodeTaxe1:5 EU_Enumere:21 CA_Num:13 DL_MontantHT:n DL_MontantTTC:n",
    "F_CREGLEMENT": "RG_No:i CT_NumPayeur:17 RG_Date:d RG_Reference:17 RG_Libelle:35 RG_Montant:n "
    "N_Reglement:i RG_Impute:i RG_Compta:i EC_No:i RG_Type:i N_Devise:i JO_Num:7 CG_NumCont:13 RG_Impaye:d "
    "CG_Num:13 RG_TypeReg:i RG_Piece:13",
    "F_REGLECH": "RG_No:i DR_No:i DO_Domaine:i DO_Type:i DO_Piece:13 RC_Montant:n RG_TypeReg:i",
    "F_ECRITUREC": "JO_Num:7 EC_No:i EC_NoLink:i JM_Date:d EC_Jour:i EC_Date:d EC_Piece:13 EC_RefPiece:17 "
    "EC_TresoPiece:17 CG_Num:13 CG_NumCont:13 CT_Num:17 EC_Intitule:69 N_Reglement:i EC_Echeance:d "
    "N_Devise:i EC_Sens:i EC_Montant:n EC_Lettre:i EC_Lettrage:3 EC_Pointage:3 EC_Reference:17 "
    "EC_StatusRegle:i EC_MontantRegle:n EC_DateRegle:d",
}
"""Table → its columns: a length for text, i a small number, n numeric(24,6), d a date."""

EMPTY: Mapping[str, Any] = {"i": 0, "n": Decimal(0), "d": NEVER}


def tables(metadata: MetaData, columns: Mapping[str, str] = COLUMNS) -> Iterator[Table]:
    """The tables of a base, their technical columns included."""
    for name, spec in columns.items():
        own = [Column(title, _type(kind)) for title, kind in _specs(spec)]
        technical = (
            Column("cbMarq", Integer, primary_key=True, autoincrement=True),
            Column("cbProt", SmallInteger, default=0),
            Column("cbCreateur", String(4), default="COLS"),
            Column("cbModification", DateTime),
        )
        yield Table(name, metadata, *own, *technical)


def _specs(spec: str) -> Iterator[tuple[str, str]]:
    for part in spec.split():
        title, _, kind = part.partition(":")
        yield title, kind


def _type(kind: str) -> Any:
    if kind == "i":
        return BigInteger().with_variant(Integer, "sqlite")
    if kind == "n":
        return Numeric(24, 6)
    return DateTime() if kind == "d" else String(int(kind))


class Base:
    """One company's base. `now` is the server's clock, without a zone; every change is stamped with it."""

    def __init__(self, url: str, now: Callable[[], datetime] | None = None) -> None:
        self.url = url
        self.now = now or datetime.now
        self.engine = create_engine(url)
        self.metadata = MetaData()
        self.tables = {table.name: table for table in tables(self.metadata)}
        self.metadata.create_all(self.engine)

    # -- at the screen -------------------------------------------------------------------------------

    def third_party(self, code: str, name: str, kind: int = CUSTOMER, **columns: Any) -> int:
        """Enter a customer or supplier; its cbMarq."""
        return self.enter("F_COMPTET", CT_Num=code, CT_Intitule=name, CT_Type=kind, **columns)

    def document(
        self, kind: int, piece: str, day: date, code: str, lines: Sequence[Mapping[str, Any]], **columns: Any
    ) -> int:
        """Enter a sales document (3 delivery, 6 invoice, 7 accounted) with its lines; its cbMarq."""
        head = {"DO_Domaine": 0, "DO_Type": kind, "DO_Piece": piece, "DO_Date": _moment(day)}
        marq = self.enter("F_DOCENTETE", DO_Tiers=code, **head, **columns)
        for number, line in enumerate(lines, 1):
            self.enter("F_DOCLIGNE", CT_Num=code, DL_Ligne=number * 1000, **head, **line)
        return marq

    def transform(self, marq: int, kind: int, piece: str) -> None:
        """Turn a document into another kind, in place as Sage does: the record stays, with another number."""
        with self.engine.begin() as connection:
            heads, lines = self.tables["F_DOCENTETE"], self.tables["F_DOCLIGNE"]
            old = connection.execute(select(heads).where(heads.c.cbMarq == marq)).one()._mapping
            values = {"DO_Type": kind, "DO_Piece": piece, "cbModification": self._stamp()}
            connection.execute(update(heads).where(heads.c.cbMarq == marq).values(values))
            same = (lines.c.DO_Type == old["DO_Type"]) & (lines.c.DO_Piece == old["DO_Piece"])
            connection.execute(update(lines).where(same).values(values))

    def pay(
        self, code: str, day: date, amount: str, dues: Mapping[tuple[int, str], str], **columns: Any
    ) -> int:
        """Enter a payment and what of it goes to which documents, by kind and number; its RG_No."""
        number = self._next("F_CREGLEMENT", "RG_No")
        values = {
            "RG_No": number,
            "CT_NumPayeur": code,
            "RG_Date": _moment(day),
            "RG_Montant": Decimal(amount),
        }
        self.enter("F_CREGLEMENT", **values, **columns)
        for (kind, piece), part in dues.items():
            due = {"DO_Domaine": 0, "DO_Type": kind, "DO_Piece": piece, "RC_Montant": Decimal(part)}
            self.enter("F_REGLECH", RG_No=number, **due)
        return number

    def entry(
        self, journal: str, day: date, account: str, side: int, amount: str, code: str = "", **columns: Any
    ) -> int:
        """Enter one accounting entry; its EC_No. `side` is `DEBIT` or `CREDIT`."""
        number = self._next("F_ECRITUREC", "EC_No")
        values = {
            "EC_No": number, "JO_Num": journal, "JM_Date": _moment(day.replace(day=1)), "EC_Jour": day.day,
            "EC_Date": _moment(day), "CG_Num": account, "CT_Num": code, "EC_Sens": side,
            "EC_Montant": Decimal(amount),
        }  # fmt: skip
        self.enter("F_ECRITUREC", **{**values, **columns})
        return number

    def sale(self, journal: str, piece: str, day: date, code: str, amount: str, **columns: Any) -> int:
        """Enter an invoice of one line; the EC_No of what the customer owes."""
        self.entry(journal, day, "7061000", CREDIT, amount, EC_RefPiece=piece, **columns)
        return self.entry(journal, day, "4110000", DEBIT, amount, code, EC_RefPiece=piece, **columns)

    def receipt(self, journal: str, piece: str, day: date, code: str, amount: str, **columns: Any) -> int:
        """Enter money that came in; the EC_No of the customer's entry."""
        self.entry(journal, day, "5120000", DEBIT, amount, EC_Piece=piece, **columns)
        return self.entry(journal, day, "4110000", CREDIT, amount, code, EC_Piece=piece, **columns)

    def letter(self, letters: str, entries: Sequence[int]) -> None:
        """Letter entries together by their EC_No; with "" the letters are taken off again."""
        table = self.tables["F_ECRITUREC"]
        values = {"EC_Lettre": int(bool(letters)), "EC_Lettrage": letters, "cbModification": self._stamp()}
        with self.engine.begin() as connection:
            connection.execute(update(table).where(table.c.EC_No.in_(entries)).values(values))

    # -- any table -----------------------------------------------------------------------------------

    def enter(self, table: str, **columns: Any) -> int:
        """Add a row; what is not given is as Sage leaves it. Its cbMarq."""
        empty = {title: EMPTY.get(kind, "") for title, kind in _specs(COLUMNS[table])}
        values = {**empty, **columns, "cbModification": columns.get("cbModification") or self._stamp()}
        with self.engine.begin() as connection:
            key = connection.execute(insert(self.tables[table]).values(values)).inserted_primary_key
        assert key is not None
        return int(key[0])

    def change(self, table: str, marq: int, **columns: Any) -> None:
        """Change a row."""
        found = self.tables[table]
        with self.engine.begin() as connection:
            values = {"cbModification": self._stamp(), **columns}
            connection.execute(update(found).where(found.c.cbMarq == marq).values(values))

    def delete(self, table: str, marq: int) -> None:
        """Delete a row for good: nothing says that it was there."""
        found = self.tables[table]
        with self.engine.begin() as connection:
            connection.execute(deletion(found).where(found.c.cbMarq == marq))

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Every row, oldest first."""
        found = self.tables[table]
        with self.engine.connect() as connection:
            return [dict(row._mapping) for row in connection.execute(select(found).order_by(found.c.cbMarq))]

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    def _stamp(self) -> datetime:
        return self.now().replace(microsecond=0)

    def _next(self, table: str, column: str) -> int:
        found = self.tables[table]
        with self.engine.connect() as connection:
            return int(connection.scalar(select(func.max(found.c[column]))) or 0) + 1


def _moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)
