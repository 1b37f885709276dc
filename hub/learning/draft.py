"""A mapping drafted from what was learned of a sheet: valid as it stands, each guess with its confidence.

Columns that are not sure stand there as comments: take the `#` away to use one. The workbook is only read at
first, and where two systems differ a person is asked. No value of the sheet is written into it but the words
of choices.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from hub.learning.columns import Guess
from hub.learning.entities import KEY
from hub.learning.keys import HUB_ID
from hub.learning.look import BLOCK, Learned
from hub.learning.oddities import merged_cells
from hub.learning.yamltext import one_line, scalar

COMMENT_AT = 50
LABELS = {
    "customer": "{fr: Client, en: Customer}", "supplier": "{fr: Fournisseur, en: Supplier}",
    "contact": "{fr: Contact, en: Contact}", "contract": "{fr: Contrat, en: Contract}",
    "visit": "{fr: Visite, en: Visit}", "product": "{fr: Article, en: Product}",
}  # fmt: skip

ODOO: Mapping[str, tuple[Sequence[str], Mapping[str, str]]] = {
    "customer": (
        (
            "object: res.partner",
            'where: [["is_company", "=", true], ["ref_company_ids", "=", false]]',
            "on_create: {is_company: true}",
        ),
        {
            "name": "name", "siret": "company_registry", "vat": "vat", "phone": "phone", "email": "email",
            "street": "street", "street2": "street2", "zip": "zip", "city": "city", "website": "website",
            "country": "{field: country_id.code, create: false}",
        },
    ),
    "contact": (
        (
            "object: res.partner",
            'where: [["is_company", "=", false], ["type", "=", contact], ["parent_id", "!=", false]]',
            "on_create: {is_company: false, type: contact}",
        ),
        {
            "name": "name", "customer": "parent_id", "function": "function", "phone": "phone",
            "email": "email",
        },
    ),
}  # fmt: skip
"""What Odoo calls the usual fields of the records it always has."""

NOTES = {"siret": "Odoo 14 has no such field: use `siret` of its French module l10n_fr"}


def draft(
    learned: Learned, system: str, file: str, *, odoo: str | None = None, kinds: Collection[str] = ()
) -> str:
    """The text of a mapping, in YAML. `odoo`: what hub.yaml calls the Odoo; `kinds`: entities there are."""
    sure = [guess for guess in learned.guesses if _stands(guess, kinds)]
    names = [guess.name for guess in sure if guess.name != KEY]
    return "\n".join(
        [
            *_head(learned, system, file),
            *_fields(learned, kinds, names),
            *_match(learned, names),
            "",
            "# Where two systems say different things, a person decides: `hub conflicts`.",
            "conflicts:",
            "  default: ask",
            "",
            "systems:",
            *_workbook(learned, system, kinds, names),
            *_odoo(learned.entity, odoo, names),
            "",
        ]
    )


def _stands(guess: Guess, kinds: Collection[str]) -> bool:
    """Whether a guess is sure enough to be used, and what it refers to is there."""
    return guess.sure and (guess.type != "ref" or guess.name in kinds)


def _head(learned: Learned, system: str, file: str) -> Iterator[str]:
    sheet, block = learned.sheet, learned.block
    yield f"# Drafted from {one_line(file)}, sheet '{one_line(sheet.name)}':"
    yield f"# headings in row {block.header}, {len(block.rows):,} rows. Behind each field: how sure, and why."
    yield "# A line that begins with # is too weak a guess: correct it and take its # away."
    yield "# Read it whole, then: hub mapping check, hub plan."
    if learned.odd:
        yield "#"
        yield "# What was noticed in the sheet:"
        yield from (f"#   - {one_line(one)}" for one in learned.odd)
    yield "#"
    yield "# In hub.yaml, under `systems:`, if it is not there yet:"
    yield f"#   {system}: {{kind: excel, path: {scalar(file)}}}"
    yield ""
    verdict = learned.verdict
    why = "what is it a list of?"
    if verdict is not None:
        own = verdict.entity == learned.entity
        why = f"{verdict.confidence:.0%}: {verdict.why}" if own else "as you said"
    yield _line(f"entity: {learned.entity}", why)
    if learned.entity in LABELS:
        yield f"label: {LABELS[learned.entity]}"
    yield ""


def _fields(learned: Learned, kinds: Collection[str], names: Sequence[str]) -> Iterator[str]:
    yield "fields:"
    for guess in learned.guesses:
        if guess.name == KEY or not guess.name:
            continue
        text = f"{guess.name}: {_type(guess, learned)}"
        why = f"{guess.confidence:.0%} {guess.column.letter}: {guess.why}"
        if guess.type == "ref" and guess.name not in kinds:
            why += f"; there is no mapping of {guess.name} yet"
        yield _line(f"  {text}" if guess.name in names else f"  # {text}", why)
    if learned.stacked:
        yield _line(f"  {BLOCK[1]}: {{type: text}}", "the title above each block")
    if not names:
        heading = learned.key.columns[0] if learned.key.columns else ""
        yield _line("  number: {type: text}", f"nothing else is sure: the key '{one_line(heading)}' alone")


def _type(guess: Guess, learned: Learned) -> str:
    options = dict(guess.options)
    if guess.type == "ref":
        options = {"entity": guess.name}
    required = guess.usual and guess.sure and _is_required(guess, learned)
    if required:
        options["required"] = True
    if not options:
        return f"{{type: {guess.type}}}"
    return f"{{type: {guess.type}, {', '.join(f'{key}: {_flow(value)}' for key, value in options.items())}}}"


def _is_required(guess: Guess, learned: Learned) -> bool:
    filled = len(guess.column.values.filled) == len(learned.block.rows)
    return filled and guess.name in ("name", "number", "starts_on", "reference")


def _match(learned: Learned, names: Sequence[str]) -> Iterator[str]:
    found = [fields for fields in learned.match if set(fields) <= set(names)]
    if not found:
        yield ""
        yield "# match:                                # by what is a record recognised in another system?"
        return
    yield ""
    yield "# How we see that two systems speak of the same one; the surest way first."
    yield "match:"
    yield from (f"  - exact: [{', '.join(fields)}]" for fields in found)


def _workbook(learned: Learned, system: str, kinds: Collection[str], names: Sequence[str]) -> Iterator[str]:
    key = learned.key
    yield f"  {system}:"
    yield _line(f"    object: {scalar(learned.sheet.name)}", "the sheet")
    if len(key.columns) == 1:
        yield _line(f"    key: {scalar(key.columns[0])}", f"{key.confidence:.0%}: {key.why}")
    elif key.columns:
        text = "[" + ", ".join(map(scalar, key.columns)) + "]"
        yield _line(f"    key: {text}", f"{key.confidence:.0%}: {key.why}")
        yield _line(f"    # hub_id: {scalar(HUB_ID)}", "better: such a column, the hub numbers the rows")
    else:
        yield _line(
            f"    hub_id: {scalar(HUB_ID)}", f"{key.why}: add such a column, the hub numbers the rows"
        )
    if key.new:
        yield _line(f"    new_key: {scalar(key.new)}", "as the keys that are there")
    if learned.block.height > 1:
        yield _line(f"    heading_rows: {learned.block.height}", "a column is called by all of them")
    if learned.stacked:
        yield _line(f"    blocks: {{title: {BLOCK[0]}}}", "lists under each other, each with its title")
    if merged_cells(learned.sheet, learned.block):
        yield _line("    merged: fill", "merged cells: each row has their value")
    direction = "pull" if key.columns else "both"
    why = "only read; `both`: the hub writes cells too" if key.columns else "its rows must be numbered"
    yield _line(f"    direction: {direction}", why)
    yield _line("    on_delete: ask", "a row is gone: a person decides")
    yield "    fields:"
    for guess in learned.guesses:
        if guess.name == KEY or not guess.name or not guess.column.heading or guess.column.twice:
            continue
        native = _native(guess)
        yield f"      {guess.name}: {native}" if guess.name in names else f"      # {guess.name}: {native}"
    if learned.stacked:
        yield f"      {BLOCK[1]}: {BLOCK[0]}"
    if not names and key.columns:
        yield f"      number: {scalar(key.columns[0])}"


def _native(guess: Guess) -> str:
    heading = scalar(guess.column.heading)
    if guess.map:
        table = ", ".join(f"{scalar(word)}: {code}" for word, code in guess.map.items())
        return f"{{field: {heading}, map: {{{table}}}}}"
    if guess.column.formulas:
        return f"{{field: {heading}, direction: pull}}"
    return heading


def _odoo(entity: str, odoo: str | None, names: Sequence[str]) -> Iterator[str]:
    """Odoo's side: active where hub.yaml has an Odoo, else as a comment to begin with."""
    yield ""
    if entity not in ODOO:
        yield "  # Odoo's side depends on your modules: see mappings/maintenance for contracts and visits."
        return
    options, natives = ODOO[entity]
    lines = [
        f"  {odoo or 'odoo'}:",
        *(f"    {option}" for option in options),
        _line("    direction: both", "the first creations wait for `hub sync --approve`"),
        "    on_delete: archive",
        "    fields:",
    ]
    for name in names:
        if name in natives:
            text = f"      {name}: {natives[name]}"
            lines.append(_line(text, NOTES[name]) if name in NOTES else text)
    if odoo is None:
        yield "  # hub.yaml names no Odoo yet. With one of this name, take the # away:"
        yield from (f"  #{line[1:]}" for line in lines)
        return
    yield from lines


def _line(text: str, comment: str) -> str:
    return f"{text.ljust(COMMENT_AT)} # {one_line(comment)}"


def _flow(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {_flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return scalar(str(value)) if isinstance(value, str) else str(value)
