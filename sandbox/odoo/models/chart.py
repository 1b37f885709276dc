"""A French chart of accounts in small, as the French localisation sets one up, and what is where in it.

Codes, names and what is active are those of a fresh database of each version; 14 names them in French, 19 in
English with the French beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Put = Callable[..., int]

ACCOUNTS = (
    ("411100", "Customers - Sales of goods or services",
     "Clients - Ventes de biens ou de prestations de services", "asset_receivable", True),
    ("401100", "Suppliers - Purchase of goods and services",
     "Fournisseurs - Achats de biens et prestations de services", "liability_payable", True),
    ("445710", "VAT collected", "TVA collectée", "liability_current", False),
    ("445660", "Deductible VAT on other goods and services", "TVA déductible sur autres biens et services",
     "asset_current", False),
    ("512100", "Banks - Accounts in euros", " Comptes en monnaie nationale", "asset_cash", False),
    ("607100", "Purchase of goods", "Achats de marchandises (ou groupe) A", "expense", False),
    ("658000", "Penalties and other expenses", "Charges diverses de gestion courante", "expense", False),
    ("706000", "Services supplied", "Ventes de prestations de services", "income", False),
    ("707100", "Sales of goods (or group) A", "Ventes de marchandises (ou groupe) A", "income", False),
    ("758000", "Compensation and other income", "Produits divers de gestion courante", "income", False),
)  # fmt: skip
OF_19 = (
    ("607000", "Purchase of goods", "Achats de marchandises", "expense", False),
    ("707000", "Sales of goods", "Ventes de marchandises", "income", False),
    ("512001", "Bank", "Banque", "asset_cash", False),
    ("512002", "Outstanding Receipts", "Encaissements en attente", "asset_current", True),
    ("512003", "Outstanding Payments", "Décaissements en attente", "asset_current", True),
)
OF_14 = (
    ("512002", "Bank", "Bank", "asset_cash", False),
    ("512003", "Outstanding Receipts", "Outstanding Receipts", "asset_current", True),
    ("512004", "Outstanding Payments", "Outstanding Payments", "asset_current", True),
)
TYPES_14 = (
    ("Receivable", "receivable", "asset", "asset_receivable"),
    ("Payable", "payable", "liability", "liability_payable"),
    ("Bank and Cash", "liquidity", "asset", "asset_cash"),
    ("Current Assets", "other", "asset", "asset_current"),
    ("Current Liabilities", "other", "liability", "liability_current"),
    ("Income", "other", "income", "income"),
    ("Expenses", "other", "expense", "expense"),
)  # fmt: skip
TAXES_19 = (
    ("20% G", "20% Goods", 20.0, "sale", "TVA 20%", True),
    ("10% G", "10% Goods", 10.0, "sale", "TVA 10%", False),
    ("5.5% G", "5.5% Goods", 5.5, "sale", "TVA 5.5%", False),
    ("20% G", "20% Goods", 20.0, "purchase", "TVA 20%", True),
)  # fmt: skip
TAXES_14 = (
    ("TVA collectée (vente) 20,0%", "TVA 20%", 20.0, "sale"),
    ("TVA collectée (vente) 10,0%", "TVA 10%", 10.0, "sale"),
    ("TVA collectée (vente) 5,5%", "TVA 5,5%", 5.5, "sale"),
    ("TVA déductible (achat) 20,0%", "TVA 20%", 20.0, "purchase"),
)  # fmt: skip
TERMS = (
    ("Immediate Payment", ((100.0, 0),)), ("15 Days", ((100.0, 15),)), ("21 Days", ((100.0, 21),)),
    ("30 Days", ((100.0, 30),)), ("45 Days", ((100.0, 45),)),
    ("30% Now, Balance 60 Days", ((30.0, 0), (70.0, 60))),
)  # fmt: skip
OUTSTANDING = {
    "OUTSTANDING_IN": {14: "512003", 19: "512002"},
    "OUTSTANDING_OUT": {14: "512004", 19: "512003"},
}
SALES = {14: "707100", 19: "707000"}
PURCHASES = {14: "607100", 19: "607000"}


def account(env: Any, code: str) -> int:
    """The account of this code, or of this name in `OUTSTANDING`."""
    wanted = OUTSTANDING[code][env.base.version] if code in OUTSTANDING else code
    found = env.table("account.account").matching("code", [wanted])
    return int(min(found))


def journal(env: Any, move_type: str) -> int:
    """The journal an entry of this type goes into unless told otherwise."""
    kind = {"out": "sale", "in_": "purchase"}.get(move_type[:3], "general")
    return _of_type(env, kind)


def bank(env: Any) -> int:
    """The bank's journal."""
    return _of_type(env, "bank")


def _of_type(env: Any, kind: str) -> int:
    found = [id for id, row in env.table("account.journal").rows.items() if row["type"] == kind]
    return int(found[0])


def method(env: Any, way: str, book: int) -> int:
    """The way to pay by hand: the method (14), or the journal's line of it (19)."""
    methods = env.table("account.payment.method").rows
    if env.base.version < 19:
        return next(int(id) for id, row in methods.items() if row["payment_type"] == way)
    lines = env.table("account.payment.method.line").rows.values()
    return next(
        int(row["id"])
        for row in lines
        if methods[row["payment_method_id"]]["payment_type"] == way and row["journal_id"] == book
    )


def seed(version: int, put: Put) -> None:
    """The chart of a fresh database. `put` stores a row of a model and answers its id."""
    accounts = _accounts(version, put)
    _journals(version, put, accounts)
    company = {"company_id": 1, "active": True, "amount_type": "percent", "price_include": False}
    if version < 19:
        for name, label, amount, use in TAXES_14:
            row = {"name": name, "description": label, "amount": amount, "type_tax_use": use, "sequence": 1}
            put("account.tax", {**company, **row})
    else:
        for name, text, amount, use, label, active in TAXES_19:
            row = {"name": {"en_US": name}, "description": f"<div>{text}</div>", "amount": amount,
                   "invoice_label": {"en_US": label}, "type_tax_use": use, "active": active,
                   "sequence": 1}  # fmt: skip
            put("account.tax", {**company, **row})
    for place, (name, parts) in enumerate(TERMS, start=1):
        _term(version, put, place, name, parts)


def _accounts(version: int, put: Put) -> dict[str, int]:
    types = {}
    if version < 19:
        for name, kind, group, word in TYPES_14:
            row = {"name": {"en_US": name}, "type": kind, "internal_group": group}
            types[word] = put("account.account.type", row)
    found = {}
    for code, english, french, kind, reconcile in sorted((*ACCOUNTS, *(OF_14 if version < 19 else OF_19))):
        one: dict[str, Any] = {"code": code, "reconcile": reconcile}
        if version < 19:
            one |= {"name": french, "user_type_id": types[kind], "deprecated": False, "company_id": 1}
        else:
            names = {"en_US": english, "fr_FR": french}
            one |= {"name": names, "account_type": kind, "active": True, "company_ids": (1,)}
        found[code] = put("account.account", one)
    return found


def _journals(version: int, put: Put, accounts: dict[str, int]) -> None:
    old = version < 19
    bank_account = accounts["512002" if old else "512001"]
    journals = (
        ("Customer Invoices" if old else "Sales", "INV", "sale", 5, accounts[SALES[version]]),
        ("Vendor Bills" if old else "Purchases", "BILL", "purchase", 6, accounts[PURCHASES[version]]),
        ("Miscellaneous Operations", "MISC", "general", 9, None),
        ("Bank", "BNK1", "bank", 10 if old else 7, bank_account),
    )
    made = {}
    for name, code, kind, sequence, default in journals:
        row = {"name": name if old else {"en_US": name}, "code": code, "type": kind, "sequence": sequence,
               "default_account_id": default, "company_id": 1, "active": True,
               "refund_sequence": kind in ("sale", "purchase")}  # fmt: skip
        made[kind] = put("account.journal", row)
    for way in ("inbound", "outbound"):
        name = "Manual" if old else "Manual Payment"
        one = put("account.payment.method", {"name": {"en_US": name}, "code": "manual", "payment_type": way})
        if not old:
            row = {"name": name, "journal_id": made["bank"], "payment_method_id": one}
            put("account.payment.method.line", row)


def _term(version: int, put: Put, place: int, name: str, parts: tuple[tuple[float, int], ...]) -> None:
    old = version < 19
    note = f"Payment terms: {name}"
    term = put(
        "account.payment.term",
        {
            "name": {"en_US": name},
            "note": note if old else f"<p>{note}</p>",
            "active": True,
            "sequence": place,
        },
    )
    for number, (share, days) in enumerate(parts, start=1):
        last = number == len(parts)
        row = {"payment_id": term, "value": "percent", "value_amount": share}
        if old:
            row |= {"days": days} | ({"value": "balance", "value_amount": 0.0} if last else {})
        else:
            row |= {"nb_days": days}
        put("account.payment.term.line", row)
