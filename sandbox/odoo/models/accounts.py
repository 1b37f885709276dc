"""What an accountant sets up, declared: accounts, journals, taxes, payment terms; and products."""

from __future__ import annotations

from typing import Any

from sandbox.odoo.models import ledger
from sandbox.odoo.records import Records
from sandbox.odoo.schema import (
    Field,
    Model,
    Row,
    boolean,
    char,
    decimal,
    html,
    integer,
    many2many,
    many2one,
    one2many,
    selection,
    text,
)

EVERYONE = "base.group_user"
INVOICING = "account.group_account_invoice"
MANAGER = "account.group_account_manager"
SETUP = {EVERYONE: "r", INVOICING: "r", MANAGER: "crwu"}

TYPES = [
    ("asset_receivable", "Receivable"), ("asset_cash", "Bank and Cash"), ("asset_current", "Current Assets"),
    ("asset_non_current", "Non-current Assets"), ("asset_prepayments", "Prepayments"),
    ("asset_fixed", "Fixed Assets"), ("liability_payable", "Payable"),
    ("liability_credit_card", "Credit Card"),
    ("liability_current", "Current Liabilities"), ("liability_non_current", "Non-current Liabilities"),
    ("equity", "Equity"), ("equity_unaffected", "Current Year Earnings"), ("income", "Income"),
    ("income_other", "Other Income"), ("expense", "Expenses"), ("expense_other", "Other Expenses"),
    ("expense_depreciation", "Depreciation"), ("expense_direct_cost", "Cost of Revenue"),
    ("off_balance", "Off-Balance Sheet"),
]  # fmt: skip
INTERNAL = [
    ("other", "Regular"), ("receivable", "Receivable"), ("payable", "Payable"), ("liquidity", "Liquidity"),
]  # fmt: skip
USES = [("sale", "Sales"), ("purchase", "Purchases"), ("none", "None")]


class Account(Records):
    """Accounts: 14 shows them with their code, 19 by name to who does not see all of accounting."""

    def name_of(self, row: Row) -> str:
        """``411100 Clients`` in 14, ``Clients`` in 19."""
        name = super().name_of(row)
        return f"{row['code']} {name}" if self.old else name

    def named(self, name: str, operator: str) -> list[Any]:
        """By the beginning of the code, or by name."""
        return ["|", ("code", "=ilike", f"{name.split(' ')[0]}%"), ("name", operator, name)]


class Product(Records):
    """Products, shown with their reference."""

    def name_of(self, row: Row) -> str:
        """``[REF] Name``."""
        name = super().name_of(row)
        return f"[{row['default_code']}] {name}" if row.get("default_code") else name

    def named(self, name: str, operator: str) -> list[Any]:
        """By reference, bar code or name."""
        return ["|", "|", ("default_code", operator, name), ("barcode", operator, name),
                ("name", operator, name)]  # fmt: skip


def models(version: int) -> list[Model]:
    """The models of this version."""
    found = [_account(version), _journal(version), _tax(version), _term(version), _term_line(version),
             _product(version)]  # fmt: skip
    return found if version >= 19 else [*found, _account_type()]


def _account(version: int) -> Model:
    old = version < 19
    fields: dict[str, Field] = {
        "code": char("Code", required=True, size=64),
        "name": char("Account Name", required=True, translate=not old),
        "reconcile": boolean("Allow Reconciliation"),
        "currency_id": many2one("res.currency", "Account Currency"),
    }
    if old:
        fields |= {
            "user_type_id": many2one("account.account.type", "Type", required=True),
            "internal_type": selection(
                INTERNAL, "Internal Type", readonly=True, compute=ledger.internal_type
            ),
            "deprecated": boolean("Deprecated", default=False),
            "company_id": many2one("res.company", "Company", required=True, default=1),
        }
    else:
        fields |= {
            "account_type": selection(TYPES, "Type", required=True),
            "active": boolean("Active", default=True),
            "company_ids": many2many("res.company", "Companies", default=[(6, 0, [1])]),
        }
    return Model(
        "account.account", "Account", fields, order="code", records=Account, access=SETUP, indexes=("code",)
    )


def _account_type() -> Model:
    groups = ("equity", "asset", "liability", "income", "expense", "off_balance")
    fields = {
        "name": char("Account Type", required=True, translate=True),
        "type": selection(INTERNAL, "Type", required=True, default="other"),
        "internal_group": selection([(one, one.title()) for one in groups], "Internal Group", required=True),
    }
    return Model("account.account.type", "Account Type", fields, access=SETUP)


def _journal(version: int) -> Model:
    kinds = [("sale", "Sales"), ("purchase", "Purchase"), ("cash", "Cash"), ("bank", "Bank"),
             ("credit", "Credit Card"), ("general", "Miscellaneous")]  # fmt: skip
    fields = {
        "name": char("Journal Name", required=True, translate=version >= 19),
        "code": char("Short Code" if version < 19 else "Sequence Prefix", required=True, size=5),
        "type": selection(
            [one for one in kinds if version >= 19 or one[0] != "credit"], "Type", required=True
        ),
        "active": boolean("Active", default=True),
        "sequence": integer("Sequence", default=10),
        "default_account_id": many2one("account.account", "Default Account", ondelete="restrict"),
        "refund_sequence": boolean("Dedicated Credit Note Sequence"),
        "company_id": many2one("res.company", "Company", required=True, default=1),
        "currency_id": many2one("res.currency", "Currency"),
    }
    return Model(
        "account.journal", "Journal", fields, order="sequence, type, code", by_company=True,
        access={INVOICING: "r", MANAGER: "crwu"},
    )  # fmt: skip


def _tax(version: int) -> Model:
    old = version < 19
    words = "Percentage of Price" if old else "Percentage"
    kinds = [("group", "Group of Taxes"), ("fixed", "Fixed"), ("percent", words),
             ("division", f"{words} Tax Included")]  # fmt: skip
    fields: dict[str, Field] = {
        "name": char("Tax Name", required=True, translate=not old),
        "description": char("Label on Invoices") if old else html("Description"),
        "amount": decimal("Amount", required=True, default=0.0),
        "amount_type": selection(kinds, "Tax Computation", required=True, default="percent"),
        "type_tax_use": selection(USES, "Tax Type", required=True, default="sale"),
        "price_include": boolean("Included in Price" if old else "Price Include", default=False),
        "sequence": integer("Sequence", required=True, default=1),
        "active": boolean("Active", default=True),
        "company_id": many2one("res.company", "Company", required=True, default=1),
    }
    if not old:
        fields["invoice_label"] = char("Label on Invoices", translate=True)
    return Model("account.tax", "Tax", fields, order="sequence,id", access=SETUP, by_company=True)


def _term(version: int) -> Model:
    fields = {
        "name": char("Payment Terms", required=True, translate=True),
        "note": text("Description on the Invoice") if version < 19 else html("Description on the Invoice"),
        "sequence": integer("Sequence", required=True, default=10),
        "active": boolean("Active", default=True),
        "company_id": many2one("res.company", "Company"),
        "line_ids": one2many("account.payment.term.line", "payment_id", "Terms"),
    }
    return Model("account.payment.term", "Payment Terms", fields, order="sequence, id", access=SETUP)


def _term_line(version: int) -> Model:
    fields: dict[str, Field] = {
        "payment_id": many2one("account.payment.term", "Payment Terms", required=True, ondelete="cascade"),
        "value_amount": decimal("Value" if version < 19 else "Due"),
    }
    if version < 19:
        kinds = [("balance", "Balance"), ("percent", "Percent"), ("fixed", "Fixed Amount")]
        fields |= {
            "value": selection(kinds, "Type", required=True, default="balance"),
            "days": integer("Number of Days", required=True, default=0),
        }
    else:
        kinds = [("percent", "Percent"), ("fixed", "Fixed")]
        fields |= {
            "value": selection(kinds, "Value", required=True, default="percent"),
            "nb_days": integer("Days"),
        }
    return Model(
        "account.payment.term.line", "Payment Terms Line", fields, rec_name="payment_id", access=SETUP
    )


def _product(version: int) -> Model:
    old = version < 19
    kinds = [("consu", "Consumable" if old else "Goods"), ("service", "Service")]
    fields = {
        "name": char("Name", required=True, translate=True),
        "default_code": char("Internal Reference"),
        "barcode": char("Barcode"),
        "list_price": decimal("Sales Price", default=1.0),
        "lst_price": decimal(
            "Public Price" if old else "Sales\xa0Price", compute=ledger.public_price, recorded=False
        ),
        "standard_price": decimal("Cost"),
        "description_sale": text("Sales Description", translate=True),
        "type": selection(kinds, "Product Type", required=True, default="consu"),
        "sale_ok": boolean("Can be Sold" if old else "Sales", default=True),
        "purchase_ok": boolean("Can be Purchased" if old else "Purchase", default=True),
        "weight": decimal("Weight"),
        "volume": decimal("Volume"),
        "taxes_id": many2many(
            "account.tax", "Customer Taxes" if old else "Sales Taxes", default=ledger.sale_tax
        ),
        "active": boolean("Active", default=True),
        "company_id": many2one("res.company", "Company"),
    }
    return Model(
        "product.product", "Product" if old else "Product Variant", fields,
        order="default_code, name, id", records=Product, by_company=True, indexes=("default_code",),
        access={EVERYONE: "r", MANAGER: "crwu", "base.group_system": "crwu"},
    )  # fmt: skip
