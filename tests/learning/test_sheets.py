"""What is learned of strangers' sheets is right: fields, types, kinds of record, keys, column by column."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hub.cli.learn import Known, drafts_of, look
from hub.learning.look import Learned
from hub.mapping import load_mappings
from tests.learning.books import STRANGERS, Stranger, clients, contacts, contracts, saved


def right(learned: Learned, truth: dict[str, tuple[str, str]]) -> tuple[int, list[str]]:
    """How many columns are what they really are; the others, in words."""
    wrong = []
    for guess in learned.guesses:
        want = truth[guess.column.heading]
        if (guess.name, guess.type) != want:
            wrong.append(f"{guess.column.heading}: {guess.name} {guess.type}, really {want[0]} {want[1]}")
    return len(learned.guesses) - len(wrong), wrong


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda make: make.__name__)
def test_every_column_of_a_stranger_s_sheet_is_what_it_really_is(
    stranger: Callable[[], Stranger], tmp_path: Path
) -> None:
    one = stranger()
    (learned,) = look(saved(tmp_path / "classeur.xlsx", one))
    count, wrong = right(learned, one.truth)
    assert not wrong, f"of {len(one.truth)} columns {count} right"
    assert (learned.entity, learned.key.columns) == (one.entity, one.key)


def test_usual_columns_are_sure_enough_to_be_used(tmp_path: Path) -> None:
    used = [
        guess.sure
        for stranger in STRANGERS
        for learned in look(saved(tmp_path / f"{stranger.__name__}.xlsx", stranger()))
        for guess in learned.guesses
    ]
    assert (sum(used), len(used)) == (len(used), 53)


def test_sheets_of_one_workbook_refer_to_each_other(tmp_path: Path) -> None:
    path = saved(tmp_path / "tout.xlsx", clients(), contacts(), contracts())
    lists = look(path)
    drafts = drafts_of(lists, path, Known(odoo="odoo"))
    folder = tmp_path / "mappings"
    folder.mkdir()
    for one in lists:
        (folder / f"{one.entity}.yaml").write_text(drafts[one.sheet.name], encoding="utf-8")
    mappings = load_mappings(folder)
    assert mappings.entities[0].entity == "customer"
    assert mappings["contact"].parents == mappings["contract"].parents == ("customer",)
    state = next(lens for lens in mappings["contract"].systems["tout"].lenses if lens.name == "state")
    assert state.get({"Statut": "Résilié"}) == "ended"


def test_a_column_that_refers_to_what_no_mapping_describes_is_a_comment(tmp_path: Path) -> None:
    path = saved(tmp_path / "contrats.xlsx", contracts())
    text = drafts_of(look(path), path, Known())["Contrats"]
    assert "  # customer: {type: ref, entity: customer}" in text
    assert "there is no mapping of customer yet" in text
    mapped = drafts_of(look(path), path, Known(kinds=frozenset({"customer"})))["Contrats"]
    assert "\n  customer: {type: ref, entity: customer}" in mapped
