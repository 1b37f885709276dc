"""`docs/guarantees.md` names for each promise the tests that try to break it: they exist, by that name."""

from __future__ import annotations

import re

import pytest

from tests.house.source import ROOT

_PAGE = ROOT / "docs/guarantees.md"
_TEST = re.compile(r"\[(test_\w+)\]\(\.\./(tests/[\w/]+\.py)\)")
_PROMISE = re.compile(r"^\d+\. \*\*(.+?)\*\*(.*?)(?=^\d+\. |^[A-Z#])", re.MULTILINE | re.DOTALL)

PROMISES: dict[str, str] = dict(_PROMISE.findall(_PAGE.read_text("utf-8")))


def test_every_promise_of_the_house_is_there() -> None:
    assert len(PROMISES) == 12


@pytest.mark.parametrize("promise", PROMISES)
def test_every_promise_names_tests_that_exist(promise: str) -> None:
    named = _TEST.findall(PROMISES[promise])
    assert named
    for test, file in named:
        assert f"def {test}(" in (ROOT / file).read_text("utf-8"), f"{file} has no {test}"
