"""The accounts of the small Sage: it imports entries in Format Sage, refuses what does not add up, is paid.

Written from what is known of Sage 100 Comptabilité, and reads its text itself: one value a line, blocks by
tags, counts of lines by version. A file whose shape is wrong is refused as a whole; a piece that does not
balance, or names an account, journal or third party that is not there, by its number and in French. Nothing
here looks for doubles: a file imported twice is entered twice, as in the real one.

    accounts.entries("FAC/2026/0001")          # what was entered under that invoice
    accounts.pay("FAC/2026/0001", "60,00")     # somebody enters a payment of it
    accounts.export_payments()                 # to a delimited file
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

LINES = {"5": 26, "8": 37, "14": 37, "25": 39}
"""Lines of a block #MECG, by version."""

NAMES = (
    "journal", "date", "saisie", "piece", "facture", "treso", "compte", "contrepartie", "tiers",
    "tiers_contrepartie", "intitule", "reglement", "echeance", "parite", "quantite", "devise", "sens",
    "montant", "lettrage", "lettrage_devise", "pointage", "rappels", "type_an", "revision",
    "montant_devise", "code_taxe",
)  # fmt: skip
OTHER_BLOCKS = ("#MECA", "#MIVA", "#MRGT")
PAYMENTS = ("Numero", "Facture", "Tiers", "Date", "Montant", "Journal", "Mode", "Reference")
ACCOUNTS = (
    "411000", "4110000", "411100", "445710", "4457100", "4457110", "445712", "512000", "706000", "7060000",
    "707000", "7070000", "707100", "708500", "709000",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One line entered, as Sage keeps it."""

    journal: str
    date: str
    piece: str
    facture: str
    compte: str
    tiers: str
    intitule: str
    echeance: str
    code_taxe: str
    debit: Decimal
    credit: Decimal


@dataclass
class Accounts:
    """What was entered. `third_parties`: the codes there are. `write`: makes a delimited file of exports."""

    third_parties: Container[str]
    write: Callable[[str, Iterable[Iterable[str]]], object]
    accounts: set[str] = field(default_factory=lambda: set(ACCOUNTS))
    journals: set[str] = field(default_factory=lambda: {"VE", "VTE", "BQ", "OD"})
    longest_label: int = 69
    entered: list[Entry] = field(default_factory=list)
    payments: list[dict[str, str]] = field(default_factory=list)

    def entries(self, facture: str | None = None) -> list[Entry]:
        """What was entered, under one invoice or in all."""
        return [entry for entry in self.entered if facture is None or entry.facture == facture]

    def left_to_pay(self, facture: str) -> Decimal:
        """What the third party still owes of an invoice."""
        of_it = [entry for entry in self.entries(facture) if entry.tiers]
        return sum((entry.debit - entry.credit for entry in of_it), Decimal(0))

    # -- imports -------------------------------------------------------------------------------------

    @staticmethod
    def knows(data: bytes) -> bool:
        """Whether a file is in Format Sage."""
        return data.startswith((b"#FLG", b"#VER"))

    def take(self, text: str) -> list[str]:
        """Enter the pieces of a file; why some were refused. Raises `ValueError` where all of it is."""
        pieces: defaultdict[tuple[str, str, str], list[Entry]] = defaultdict(list)
        for entry in _read(text):
            pieces[entry.journal, entry.date, entry.piece or entry.facture].append(entry)
        refusals = []
        for (_, _, number), entries in pieces.items():
            reason = self._refusal(entries)
            if reason:
                refusals.append(f"{number};{reason}")
            else:
                self.entered += entries
        return refusals

    def _refusal(self, entries: list[Entry]) -> str:
        for entry in entries:
            if entry.journal not in self.journals:
                return f"le code journal {entry.journal} n'existe pas"
            if entry.compte not in self.accounts:
                return f"le compte général {entry.compte} n'existe pas"
            if entry.tiers and entry.tiers not in self.third_parties:
                return f"le compte tiers {entry.tiers} n'existe pas"
            if len(entry.intitule) > self.longest_label:
                return f"intitulé trop long : {entry.intitule}"
        debit = sum((entry.debit for entry in entries), Decimal(0))
        credit = sum((entry.credit for entry in entries), Decimal(0))
        return "" if debit == credit else f"pièce non équilibrée : débit {debit}, crédit {credit}"

    # -- at the screen -------------------------------------------------------------------------------

    def pay(self, facture: str, amount: str, day: date = date(2026, 3, 1), mode: str = "VIR") -> str:
        """Enter a payment of an invoice, in the journal of the bank; its number. `amount` as it is typed."""
        owed = next(entry for entry in self.entries(facture) if entry.tiers and entry.debit)
        number = f"R{len(self.payments) + 1:05d}"
        paid = Decimal(amount.replace(" ", "").replace("\N{NO-BREAK SPACE}", "").replace(",", "."))
        common = {
            "journal": "BQ", "date": f"{day:%d%m%y}", "piece": number, "facture": facture,
            "intitule": f"Règlement {facture}", "echeance": "", "code_taxe": "",
        }  # fmt: skip
        self.entered.append(Entry(**common, compte="512000", tiers="", debit=paid, credit=Decimal(0)))
        self.entered.append(
            Entry(**common, compte=owed.compte, tiers=owed.tiers, debit=Decimal(0), credit=paid)
        )
        row = (number, facture, owed.tiers, f"{day:%d/%m/%Y}", amount, "BQ", mode, f"{mode} {number}")
        self.payments.append(dict(zip(PAYMENTS, row, strict=True)))
        return number

    def export_payments(self, object: str = "reglements") -> None:
        """Write every payment to a new delimited file."""
        self.write(object, [PAYMENTS, *([row[name] for name in PAYMENTS] for row in self.payments)])


def _read(text: str) -> list[Entry]:
    """The blocks #MECG of a file. Raises `ValueError` in Sage's words."""
    if not text.endswith("\r\n"):
        raise ValueError("fichier incomplet : la dernière ligne n'est pas terminée")
    lines = text.split("\r\n")[:-1]
    if not lines or lines[-1] != "#FIN":
        raise ValueError("fichier incomplet : #FIN absent")
    version = next((line.split()[1] for line in lines[:4] if line.startswith("#VER ")), "")
    if version not in LINES:
        raise ValueError(f"version du fichier inconnue : {version}")
    found, at = list[Entry](), 0
    while at < len(lines):
        tag = lines[at]
        block, start = list[str](), at + 1
        at += 1
        while at < len(lines) and not lines[at].startswith("#"):
            block.append(lines[at])
            at += 1
        if tag == "#MECG":
            if len(block) != LINES[version]:
                raise ValueError(f"ligne {start} : {len(block)} valeurs au lieu de {LINES[version]}")
            found.append(_entry(dict(zip(NAMES, block, strict=False)), start))
        elif tag.split()[0] not in ("#FLG", "#VER", "#DEV", "#FIN", *OTHER_BLOCKS):
            raise ValueError(f"ligne {start} : enregistrement {tag} inconnu")
    return found


def _entry(said: Mapping[str, str], line: int) -> Entry:
    try:
        amount = Decimal(said["montant"].strip().replace(",", "."))
    except InvalidOperation as error:
        raise ValueError(f"ligne {line} : montant invalide : {said['montant']}") from error
    if said["sens"] not in ("0", "1"):
        raise ValueError(f"ligne {line} : sens invalide : {said['sens']}")
    debit, credit = (amount, Decimal(0)) if said["sens"] == "0" else (Decimal(0), amount)
    return Entry(
        said["journal"], said["date"], said["piece"], said["facture"], said["compte"], said["tiers"],
        said["intitule"], said["echeance"], said["code_taxe"], debit, credit,
    )  # fmt: skip
