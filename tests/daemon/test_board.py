"""What fails is said once, tried again further and further apart, and said once more when it is over."""

from __future__ import annotations

from itertools import pairwise

import pytest
import structlog

from hub.daemon.board import PATIENCE, Board, Route
from hub.ports import Busy, ConnectorError, Denied, Misconfigured, Unreachable

ROUTE: Route = ("customer", "odoo")


class WrongPassword(Denied):
    locks = True


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def board(clock: Clock) -> Board:
    return Board(clock)


def down() -> ConnectorError:
    return Unreachable("odoo", "no answer", "connection refused")


def tries(board: Board, clock: Clock, problem: Exception, seconds: int) -> list[float]:
    """When a route is tried that is looked at every second and always fails."""
    found = []
    for _ in range(seconds):
        if board.ready(ROUTE, "read"):
            found.append(clock.now)
            board.failed(ROUTE, "read", problem)
        clock.now += 1
    return found


def test_a_failure_and_its_end_are_one_line_each(board: Board, clock: Clock) -> None:
    with structlog.testing.capture_logs() as lines:
        tries(board, clock, down(), 3600)
        board.worked(ROUTE, "read")
        board.worked(ROUTE, "read")
    assert [line["event"] for line in lines] == ["failed", "works again"]
    assert "connection refused" in lines[0]["reason"]
    assert lines[1]["after_minutes"] == 60


def test_another_failure_is_news(board: Board) -> None:
    with structlog.testing.capture_logs() as lines:
        board.failed(ROUTE, "read", down())
        board.failed(ROUTE, "read", Denied("odoo", "wrong password"))
    assert len(lines) == 2


def test_an_unreachable_system_is_tried_less_and_less_often(board: Board, clock: Clock) -> None:
    found = tries(board, clock, down(), 3600)
    assert found[:7] == [0, 5, 15, 35, 75, 155, 315]
    assert {after - before for before, after in pairwise(found[8:])} == {300}


@pytest.mark.parametrize(
    ("problem", "most"),
    [(Busy("clients", "is open"), 60), (Misconfigured("odoo", "no such field"), 900), (KeyError("x"), 900)],
)
def test_what_may_mend_itself_is_tried_again_within_its_time(
    board: Board, clock: Clock, problem: Exception, most: int
) -> None:
    found = tries(board, clock, problem, 3 * 3600)
    assert max(after - before for before, after in pairwise(found)) == most


def test_a_wrong_password_is_not_tried_until_the_account_is_locked(board: Board, clock: Clock) -> None:
    assert tries(board, clock, WrongPassword("odoo", "wrong password"), 3600) == [0]


def test_a_missing_right_is_noticed_within_minutes_of_its_being_given(board: Board, clock: Clock) -> None:
    found = tries(board, clock, Denied("odoo", "no right to read"), 3600)
    assert max(after - before for before, after in pairwise(found)) == 300


def test_a_changed_configuration_lets_everything_be_tried_at_once_and_forgets_routes_that_are_gone(
    board: Board,
) -> None:
    board.failed(ROUTE, "read", Denied("odoo", "wrong password"))
    board.failed(("customer", "old"), "read", down())
    board.keep_only({ROUTE})
    assert board.ready(ROUTE, "read")
    assert [one.system for one in board.troubles()] == ["odoo"]


def test_reading_and_writing_fail_apart(board: Board) -> None:
    board.failed(ROUTE, "write", Busy("clients", "is open"))
    assert board.ready(ROUTE, "read")
    assert not board.ready(ROUTE, "write")
    board.worked(ROUTE, "read")
    assert board.is_failing(ROUTE, "write")


def test_an_open_workbook_becomes_serious_only_after_an_hour(board: Board, clock: Clock) -> None:
    board.failed(ROUTE, "write", Busy("clients", "is open"))
    (trouble,) = board.troubles()
    assert not board.is_serious(trouble)
    clock.now = PATIENCE + 1
    assert board.is_serious(trouble)
