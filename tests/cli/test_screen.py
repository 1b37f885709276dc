"""How values look on a screen."""

from __future__ import annotations

import pytest

from hub.cli import screen


@pytest.mark.parametrize(
    ("native", "shown"),
    [
        (None, "(empty)"),
        ("", "(empty)"),
        (True, "yes"),
        (" Durand", "' Durand'"),
        (["a", None], "a, (empty)"),
        ([], "(empty)"),
        (
            [{"compte": "411", "debit": 120.0, "credit": 0.0, "taxe": None}, {"compte": None}],
            "\n  1. compte 411, debit 120.0\n  2. (empty)",
        ),
    ],
)
def test_a_value_is_said_as_a_person_would(native: object, shown: str) -> None:
    assert screen.value(native) == shown
