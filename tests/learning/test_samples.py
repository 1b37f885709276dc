"""Every sample workbook ends as a draft that loads, or in words, and never as anything else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli.main import app
from tests.connectors.excel.test_samples import FILES, UNREADABLE, WORKBOOKS
from tests.connectors.excel.tools import needs_samples
from tests.tally import tally


@needs_samples
@pytest.mark.parametrize("path", [p for p in FILES if p in WORKBOOKS], ids=lambda path: path.name)
def test_a_stranger_s_workbook_is_learned_or_refused_in_words(path: Path) -> None:
    said = CliRunner().invoke(app, ["mapping", "learn", str(path), "--json"], prog_name="hub")
    tally("bad inputs tried")
    if path.name in UNREADABLE:
        assert said.exit_code == 2
        assert "What to do" in said.stderr
        return
    assert said.exit_code in (0, 1), said.stderr
    found = json.loads(said.stdout)
    drafts = [sheet for sheet in found["sheets"] if sheet["mapping"]]
    assert bool(drafts) == (said.exit_code == 0)
    for sheet in drafts:
        assert f"entity: {sheet['entity']}" in sheet["mapping"]
