"""What X3 makes of a record before it keeps it: values in their form, refused where wrong, sums worked out.

Everything wrong is said at once, a message each. Nothing here keeps anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from sandbox.x3.schema import Block, Field, Shape
from sandbox.x3.store import Line, Record, Value
from sandbox.x3.words import WARNING, Message, Refusal, Words

if TYPE_CHECKING:
    from sandbox.x3.world import World

CENT = Decimal("0.01")


def checked(
    world: World, shape: Shape, values: Mapping[str, Value], grids: Mapping[str, Sequence[Line]], words: Words
) -> tuple[dict[str, Value], dict[str, list[dict[str, str]]]]:
    """Every field and every line in the form X3 keeps them. Raises `Refusal` with all that is wrong."""
    wrong: list[str] = []

    def form(field: Field, value: str) -> str:
        try:
            return _formed(world, field, value, words)
        except ValueError as error:
            wrong.append(str(error))
            return field.empty

    kept: dict[str, Value] = {}
    for name, (_, field) in shape.fields.items():
        given = values.get(name, field.empty)
        items = (given,) if isinstance(given, str) else given
        formed = tuple(form(field, one) for one in items)
        if field.required and not _first(values.get(name, "")).strip():
            wrong.append(words("required", field=field.words))
        kept[name] = formed[0] if field.size == 1 else formed
    lines: dict[str, list[dict[str, str]]] = {}
    for block in shape.grids:
        rows = grids.get(block.id, ())
        if len(rows) > block.dim:
            wrong.append(words("too many", block=block.id, most=block.dim))
        before = len(wrong)
        lines[block.id] = []
        for number, row in enumerate(rows, start=1):
            lines[block.id].append(
                {one.name: form(one, row.get(one.name, one.empty)) for one in block.fields}
            )
            wrong += _missing(block, row, words)
            wrong[before:] = [words("line", line=number, text=text) for text in wrong[before:]]
            before = len(wrong)
    if wrong:
        raise Refusal(*wrong)
    return kept, lines


def _missing(block: Block, row: Line, words: Words) -> list[str]:
    return [
        words("required", field=field.words)
        for field in block.fields
        if field.required and not row.get(field.name)
    ]


def _formed(world: World, field: Field, value: str, words: Words) -> str:
    """One value as X3 keeps it. Raises `ValueError` in its words."""
    text = value.rstrip()
    if field.menu is not None:
        most = len(field.menu.labels)
        if text and not (text.isdigit() and 1 <= int(text) <= most):
            raise ValueError(words("bad menu", field=field.words, value=value, most=most))
        return str(int(text)) if text else field.empty
    if field.type == "Date":
        return _date(field, text, words)
    if field.type in ("Integer", "Decimal"):
        return _number(field, text, words)
    if field.length and len(text) > field.length:
        raise ValueError(words("too long", field=field.words, most=field.length, length=len(text)))
    text = text.upper() if field.upper else text
    if text and field.table and not world.knows(field.table, text):
        raise ValueError(words("no code", field=field.words, value=text))
    return text or field.empty


def _date(field: Field, text: str, words: Words) -> str:
    if not text:
        return ""
    try:
        if len(text) != 8:
            raise ValueError(text)
        datetime.strptime(text, "%Y%m%d")
    except ValueError as error:
        raise ValueError(words("bad date", field=field.words, value=text)) from error
    return text


def _number(field: Field, text: str, words: Words) -> str:
    try:
        number = Decimal(text or 0)
    except InvalidOperation as error:
        raise ValueError(words("bad number", field=field.words, value=text)) from error
    if not number.is_finite() or "e" in text.lower() or (field.type == "Integer" and number % 1):
        raise ValueError(words("bad number", field=field.words, value=text))
    return plain(number)


def plain(number: Decimal) -> str:
    """A number as X3 writes it: a point, no zeros that say nothing."""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


# -- what an object works out ------------------------------------------------------------------------------

Values = dict[str, Value]
Grids = dict[str, list[dict[str, str]]]


def customer(world: World, shape: Shape, values: Values, grids: Grids, words: Words) -> list[Message]:
    """A third party's name, its addresses' countries; a warning where its SIRET is another's too."""
    key = shape.key
    values[f"{key[:3]}NAM"] = _first(values["BPRNAM"])
    addresses = grids[shape.grid_with("CODADR").id]
    for line in addresses:
        line["CRYNAM"] = world.codes["countries"].get(line["BPACRY"], "")
    values["CRY"] = values["CRY"] or next((line["BPACRY"] for line in addresses), "")
    for name in ("BPCINV", "BPCPYR"):
        if name in values and not values[name]:
            values[name] = values[key]
    siret = str(values["CRN"])
    others = [one for one in world.tables[shape.code].with_value("CRN", siret) if one != values[key]]
    if not siret or not others:
        return []
    return [Message(WARNING, words("same number", value=siret, others=", ".join(others)))]


def sales_invoice(world: World, shape: Shape, values: Values, grids: Grids, words: Words) -> list[Message]:
    """Net prices, amounts, taxes and totals of the lines; what comes of the customer."""
    payer = _payer(world, str(values["BPCINV"]), words)
    values["BPINAM"] = payer.text("BPCNAM")
    for name in ("VACBPR", "PTE"):
        values[name] = values[name] or payer.text(name)
    lines = grids[shape.grid_with("ITMREF").id]
    if not lines:
        raise Refusal(words("no lines", title=shape.title))
    bases: dict[str, Decimal] = {}
    for line in lines:
        item = world.tables["ITM"].records[line["ITMREF"]]
        line["ITMDES1"] = item.text("DES1AXX")
        line["ITMDES"] = line["ITMDES"] or item.text("DES1AXX")
        line["VACITM1"] = line["VACITM1"] or item.text("VACITM")
        net = Decimal(line["GROPRI"])
        for number in range(1, 7):
            net *= 1 - Decimal(line[f"DISCRGVAL{number}"]) / 100
        line["NETPRI"] = plain(net.quantize(Decimal("0.0001")))
        amount = (net * Decimal(line["QTY"])).quantize(CENT)
        if values["PRITYP"] == "2":
            amount = (amount / (1 + _rate(world, line["VACITM1"]) / 100)).quantize(CENT)
        line["AMTNOTLIN"] = plain(amount)
        bases[line["VACITM1"]] = bases.get(line["VACITM1"], Decimal(0)) + amount
    taxes = {code: (base * _rate(world, code) / 100).quantize(CENT) for code, base in bases.items()}
    grids[shape.grid_with("XVTAX").id] = [
        {"XVTAX": code, "XVRAT": plain(_rate(world, code)), "XVNOT": plain(base), "XVAMT": plain(taxes[code])}
        for code, base in sorted(bases.items())
        if code
    ]
    total = sum(bases.values(), Decimal(0))
    values["INVNOT"], values["INVATI"] = plain(total), plain(total + sum(taxes.values(), Decimal(0)))
    values["STRDUDDAT"] = values["STRDUDDAT"] or values["INVDAT"]
    return []


def accounting_invoice(
    world: World, shape: Shape, values: Values, grids: Grids, words: Words
) -> list[Message]:
    """Totals of the lines."""
    values["BPRNAM"] = _payer(world, str(values["BPR"]), words).text("BPCNAM")
    lines = grids[shape.grid_with("ACC1").id]
    if not lines:
        raise Refusal(words("no lines", title=shape.title))
    total = sum((Decimal(line["AMTNOTLIN"]) for line in lines), Decimal(0))
    tax = sum(
        ((Decimal(line["AMTNOTLIN"]) * _rate(world, line["VAT"]) / 100).quantize(CENT) for line in lines),
        Decimal(0),
    )
    values["AMTNOT"], values["AMTTAX"], values["AMTATI"] = plain(total), plain(tax), plain(total + tax)
    values["STRDUDDAT"] = values["STRDUDDAT"] or values["ACCDAT"]
    return []


def payment(world: World, shape: Shape, values: Values, grids: Grids, words: Words) -> list[Message]:
    """A warning where more is paid on an invoice than is due."""
    warned = []
    for line in grids[shape.grid_with("VCRNUM").id]:
        number = line["VCRNUM"]
        left = world.due(number, but=str(values["NUM"])) if number else None
        if left is not None and Decimal(line["AMTLIN"]) > left:
            warned.append(Message(WARNING, words("overpaid", key=number, left=plain(left))))
    return warned


Rule = Callable[["World", Shape, Values, Grids, Words], list[Message]]
RULES: Mapping[str, Rule] = {
    "BPC": customer,
    "BPS": customer,
    "SIH": sales_invoice,
    "BIC": accounting_invoice,
    "PAY": payment,
}


def _first(value: Value) -> str:
    return value if isinstance(value, str) else value[0]


def _rate(world: World, code: str) -> Decimal:
    return Decimal(world.codes["tax levels"].get(code, "0"))


def _payer(world: World, key: str, words: Words) -> Record:
    record = world.tables["BPC"].records[key]
    if record.text("BPCSTA") == "1":
        raise Refusal(words("inactive", title=world.tables["BPC"].shape.title, key=key))
    return record
