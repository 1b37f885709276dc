"""Every sample workbook, most of them broken or hostile on purpose, ends as rows or as a clear error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineError, CalamineWorkbook

from connectors.excel.intake import Bounds
from connectors.excel.sheet import Facts
from connectors.excel.workbook import open_workbook
from hub.ports import SourceDamaged
from tests.connectors.excel.tools import SAMPLES, connector, needs_samples

FILES = sorted(
    path for folder in ("workbooks", "poi") for path in (SAMPLES / folder).glob("*") if path.is_file()
)
WORKBOOKS = [path for path in FILES if path.suffix in (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")]

UNREADABLE = {
    "60320-protected.xlsx": "password",
    "pass_protected.ods": "password",
    "pass_protected.xlsb": "password",
    "pass_protected.xlsx": "password",
    "protected_passtika.xlsx": "password",
    "issue_385.xls": "password",
    "Simple.xlsb": "cannot be read",
    "OOM_alloc3.xls": "cannot be read",
    "issue_594_dos.ods": "limits.cells",
    "poc-shared-strings.xlsx": "outside any sheet",
    "too_small.xls": "not an Excel workbook",
    "issue252.xlsx": "damaged",
    "poc-xmlbomb.xlsx": "document type",
    "poc-xmlbomb-empty.xlsx": "document type",
}
"""Those that must end as an error, and a word of it; any other must end as rows."""

STRICT = (
    "SimpleStrict.xlsx",
    "SampleSS.strict.xlsx",
    "sample.strict.xlsx",
    "strict_iso_paths.xlsx",
    "57914.xlsx",
)


def look(path: Path) -> list[dict[str, Any]]:
    limits = {"memory_mib": 1024, "seconds": 60}
    return connector(path, limits=limits).sheets()


@needs_samples
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_strangers_file_ends_as_rows_or_as_a_clear_error(path: Path) -> None:
    if path.name in UNREADABLE or (path not in WORKBOOKS and path.name != "Fuzzed.doc"):
        with pytest.raises(SourceDamaged) as caught:
            look(path)
        error = caught.value
        assert path.name in error.what
        assert error.todo
        assert UNREADABLE.get(path.name, "") in str(error)
    else:
        assert look(path)


@needs_samples
@pytest.mark.parametrize("name", STRICT)
def test_a_strict_workbook_is_never_read_as_an_empty_one(name: str) -> None:
    sheets = look(
        SAMPLES / "poi" / name if (SAMPLES / "poi" / name).exists() else SAMPLES / "workbooks" / name
    )
    assert sum(sheet["filled"] for sheet in sheets) > 0


@needs_samples
def test_a_word_document_or_an_old_word_file_is_said_to_be_no_workbook() -> None:
    for name in ("SampleDoc.docx", "SampleDoc.doc"):
        with pytest.raises(SourceDamaged, match=r"Word document|no workbook"):
            look(SAMPLES / "poi" / name)


def ours(path: Path) -> dict[str, dict[tuple[int, int], str]]:
    """Every text of a workbook by sheet and place, as our reader sees it."""
    found: dict[str, dict[tuple[int, int], str]] = {}
    with open_workbook(path, path.name, Bounds()) as workbook:
        for name in workbook.sheet_names():
            decoder, rows = workbook._stream(name, Facts())
            for row in rows or ():
                for column, cell in row.cells.items():
                    value = decoder.value(cell)
                    if isinstance(value, str) and cell.kind in ("s", "t"):
                        found.setdefault(name, {})[row.number, column] = value
    return found


def theirs(path: Path) -> dict[str, dict[tuple[int, int], str]]:
    found: dict[str, dict[tuple[int, int], str]] = {}
    with CalamineWorkbook.from_path(str(path)) as workbook:
        for name in workbook.sheet_names:
            try:
                rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
            except Exception:  # noqa: BLE001 - a chart sheet; what matters is compared where both can read
                continue
            for number, row in enumerate(rows, 1):
                for column, value in enumerate(row, 1):
                    if isinstance(value, str) and value.strip():
                        text = value.replace("\r\n", "\n").replace("\r", "\n").strip()
                        found.setdefault(name, {})[number, column] = text
    return found


@needs_samples
@pytest.mark.parametrize(
    "path",
    [p for p in WORKBOOKS if p.suffix in (".xlsx", ".xlsm") and p.name not in UNREADABLE],
    ids=lambda path: path.name,
)
def test_our_reader_and_calamine_see_the_same_texts(path: Path) -> None:
    try:
        expected = theirs(path)
    except CalamineError as error:
        pytest.skip(f"calamine cannot read it: {error}")
    assert ours(path) == expected
