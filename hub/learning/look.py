"""The whole look at one sheet: its list, what that is of, its columns as fields, its key, what is odd."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hub.learning.blocks import Block, blocks_of
from hub.learning.columns import Guess, columns_of, concepts_of, guesses
from hub.learning.entities import KEY, Verdict, kind_of
from hub.learning.headings import slug
from hub.learning.keys import Key, key_of
from hub.learning.oddities import oddities
from hub.learning.sheet import Sheet

NUMBERED = {"contract": ("number",), "product": ("reference",)}
"""Fields that are the key where their column can be."""

MATCHES: dict[str, Sequence[tuple[str, ...]]] = {
    "customer": (("siret",), ("vat",), ("email", "name")),
    "supplier": (("siret",), ("vat",), ("email", "name")),
    "contact": (("email", "name"), ("customer", "name")),
    "contract": (("number",),),
    "product": (("reference",),),
}


BLOCK = ("Bloc", "bloc")
"""What the title above each of several stacked lists is called: as a heading, and as a field."""


@dataclass(frozen=True)
class Learned:
    """What was learned of one sheet. `guesses` stand in the order of the columns."""

    sheet: Sheet
    block: Block
    entity: str
    verdict: Verdict | None
    guesses: Sequence[Guess]
    key: Key
    odd: Sequence[str]

    @property
    def is_list(self) -> bool:
        """Whether there is something to draft a mapping of."""
        fields = any(guess.sure and guess.name != KEY for guess in self.guesses)
        return bool(self.block.header and self.block.rows and (fields or self.key.columns))

    @property
    def stacked(self) -> bool:
        """Whether the list goes on in blocks, each with its title."""
        return bool(self.block.again) and len(self.block.titles) == len(self.block.again) + 1

    @property
    def match(self) -> list[tuple[str, ...]]:
        """How such records are recognised, by the fields that are sure."""
        sure = {guess.name for guess in self.guesses if guess.sure}
        return [names for names in MATCHES.get(self.entity, ()) if set(names) <= sure]


def learn(sheet: Sheet, file: str = "", entity: str | None = None) -> Learned:
    """Look at a sheet. `file` is the workbook's name, `entity` the kind of record where a person said it."""
    blocks = blocks_of(sheet)
    if not blocks:
        none = Key((), 0.0, "there is no row")
        return Learned(sheet, Block(0, {}, []), entity or "", None, [], none, ["the sheet is empty"])
    block = max(blocks, key=lambda one: (bool(one.header), len(one.rows)))
    columns = columns_of(sheet, block)
    verdict = kind_of(concepts_of(columns), [sheet.name, file])
    kind = entity or (verdict.entity if verdict is not None else slug(sheet.name))
    found = guesses(kind, columns)
    key = key_of(found, block.rows, NUMBERED.get(kind, ()))
    found = [_settled(guess, key) for guess in found]
    odd = oddities(sheet, block, blocks, found, key)
    return Learned(sheet, block, kind, verdict, found, key, odd)


def _settled(guess: Guess, key: Key) -> Guess:
    """A column after the key is known: a number that is not it becomes a field; a formula is left out."""
    column = guess.column
    if guess.name == KEY and column.heading not in key.columns:
        return replace(guess, name=slug(column.heading), type="text", confidence=0.5, usual=False)
    if column.heading in key.columns and len(key.columns) == 1 and not guess.usual:
        return replace(guess, name=KEY, type="text", confidence=key.confidence, why=key.why)
    if guess.name == KEY:
        return replace(guess, type="text", confidence=key.confidence, why=f"{guess.why}; {key.why}")
    if column.formulas * 2 > len(column.cells):
        why = "a formula: it repeats what other columns say"
        return replace(guess, name=guess.name, confidence=min(guess.confidence, 0.45), why=why)
    if not column.heading or column.twice:
        why = "the hub knows columns by their headings, and this one has " + (
            "the same as another" if column.twice else "none"
        )
        return replace(guess, confidence=min(guess.confidence, 0.3), why=why)
    return guess
