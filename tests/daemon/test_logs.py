"""The log: what a line looks like, and what never stands in one."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import structlog

from hub import logs

SECRET = 'p@ss/"é\\word'


@pytest.fixture(autouse=True)
def _put_back() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def lines(out: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_is_one_json_object_where_there_is_no_terminal() -> None:
    out = io.StringIO()
    logs.configure(stream=out)
    logs.get().info("synced", entity="customer", records=3, city="Besançon")
    (line,) = lines(out)
    assert list(line)[:3] == ["timestamp", "level", "event"]
    assert (line["level"], line["event"], line["records"], line["city"]) == ("info", "synced", 3, "Besançon")


def test_a_line_is_for_reading_on_a_terminal() -> None:
    out = io.StringIO()
    logs.configure(stream=out, style="console")
    logs.get().warning("failed", system="odoo")
    assert "failed" in out.getvalue()
    assert "system=odoo" in out.getvalue()


def test_lines_below_the_level_and_libraries_small_talk_are_left_out() -> None:
    out = io.StringIO()
    logs.configure(stream=out, level="info")
    logs.get().debug("quiet")
    logging.getLogger("apscheduler.scheduler").warning("Execution of job skipped")
    logging.getLogger("some.library").warning("heard: %s", "this")
    assert [line["event"] for line in lines(out)] == ["heard: this"]


@pytest.mark.parametrize("style", ["json", "console"])
def test_no_spelling_of_a_secret_is_written_whatever_says_it(style: logs.Style) -> None:
    out = io.StringIO()
    logs.configure(stream=out, style=style, level="debug", secrets=[SECRET])
    log = logs.get()
    log.info(
        f"called with {SECRET}",
        url=f"https://hub:{quote(SECRET, safe='')}@host",
        deep={"a": [{SECRET: (SECRET,)}]},
    )
    log.info("object", value=ValueError(SECRET), raw=SECRET.encode())
    logging.getLogger("urllib.some").warning("sent %r and %s", SECRET, json.dumps({"password": SECRET}))
    try:
        raise RuntimeError(f"refused: {SECRET}") from ValueError(repr(SECRET))
    except RuntimeError:
        log.exception("failed")
        logging.getLogger("another").exception("failed too")
    text = out.getvalue()
    assert "Traceback" in text
    assert logs.HIDDEN in text
    for spelling in logs.spellings(SECRET):
        assert spelling not in text
        assert json.dumps(spelling)[1:-1] not in text


def test_secrets_of_an_older_configuration_stay_hidden() -> None:
    redactor = logs.Redactor()
    redactor.learn(["old-secret"])
    redactor.learn(["new-secret"])
    assert redactor.clean("old-secret new-secret") == f"{logs.HIDDEN} {logs.HIDDEN}"


def test_a_secret_inside_another_does_not_leave_its_rest() -> None:
    redactor = logs.Redactor()
    redactor.learn(["abc", "abcdef"])
    assert redactor.clean("abcdef") == logs.HIDDEN


def test_a_number_that_is_a_secret_is_hidden_too() -> None:
    redactor = logs.Redactor()
    redactor.learn(["4711"])
    assert redactor.value({"pin": 4711, "count": 12, "on": True}) == {
        "pin": logs.HIDDEN,
        "count": 12,
        "on": True,
    }
