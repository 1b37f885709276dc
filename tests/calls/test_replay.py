"""`hub calls replay`: recordings, good and bad, on the command line."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from connectors.voip.ami.recording import NotARecording, read
from hub.cli.main import app
from tests.calls.recordings import STREAMS, recorded
from tests.tally import tally

ASKED = ("direction", "from", "did", "queue", "rang", "answered_by", "outcome", "transfers", "hidden",
         "ring_seconds", "talk_seconds")  # fmt: skip

MESSAGE = (
    "@ +1.500\nEvent: Newchannel\nTimestamp: 1795280252.9\nChannel: PJSIP/trunk-00000018\n"
    "ChannelStateDesc: Ring\nCallerIDNum: 0450123456\nContext: from-trunk\nExten: 0450999801\n"
    "Uniqueid: 1.1\nLinkedid: 1.1\n\n"
)


def replay(*arguments: str | Path) -> tuple[int, str, str]:
    words = ["calls", "replay", *map(str, arguments)]
    found = CliRunner().invoke(app, words, env={"COLUMNS": "300"})
    return found.exit_code, found.stdout, found.stderr


def calls(*arguments: str | Path) -> list[dict[str, Any]]:
    code, out, _ = replay(*arguments, "--json")
    assert code == 0
    found: list[dict[str, Any]] = json.loads(out)["calls"]
    return found


def test_it_needs_no_configuration_and_says_all_that_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (call,) = calls(recorded("09"))
    assert {name: call[name] for name in ASKED} == {
        "direction": "inbound", "from": "+33199001234", "did": "0450999801", "queue": None,
        "rang": ["101", "102"], "answered_by": "101", "outcome": "answered",
        "transfers": [{"kind": "attended", "by": "101", "to": "102"}], "hidden": False,
        "ring_seconds": 1.0, "talk_seconds": call["talk_seconds"],
    }  # fmt: skip
    assert len(call["parts"]) == 1


def test_a_number_without_a_country_code_is_read_in_the_region_s_way(tmp_path: Path) -> None:
    file = tmp_path / "stream.txt"
    file.write_text(MESSAGE)
    (call,) = calls(file)
    assert (call["from"], call["number"], call["outcome"]) == ("+33450123456", "0450123456", "ringing")
    (call,) = calls(file, "--region", "be")
    assert call["from"] == "+32450123456"


def test_a_withheld_number_is_shown_nowhere() -> None:
    code, out, _ = replay(recorded("44"))
    assert code == 0
    assert "withheld" in out
    assert "199001234" not in out.replace(out.splitlines()[0], "").replace(out.splitlines()[1], "")
    (call,) = calls(recorded("44"))
    assert call["hidden"] is True
    assert "199001234" not in json.dumps(call)
    assert call["name"] is None


def test_people_see_a_table() -> None:
    code, out, err = replay(recorded("17"))
    assert code == 0
    assert "2 calls" in out
    assert "blind transfer" in " ".join(out.split())
    assert "internal" in out
    assert not err


def test_a_recording_without_calls_is_no_mistake() -> None:
    code, out, _ = replay(recorded("57"))
    assert code == 0
    assert "no call" in out


def test_a_plain_capture_of_the_connection_is_read_too(tmp_path: Path) -> None:
    file = tmp_path / "capture.txt"
    text = MESSAGE.partition("\n")[2].replace("\n", "\r\n")
    file.write_bytes(b"Asterisk Call Manager/11.0.0\r\n" + text.encode())
    code, out, _ = replay(file, "--json")
    assert (code, len(json.loads(out)["calls"])) == (0, 1)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n\n\n", b"Dear all,\n\nplease find enclosed\n", bytes(range(256)) * 300, b"a" * 3_000_000,
     b"# a heading alone\n", b"name;number\nDupont;0450123456\n", b"{}", "Event: x".encode("utf-16")],
    ids=["empty", "blank", "letter", "binary", "long", "heading", "table", "json", "utf-16"],
)  # fmt: skip
def test_a_file_that_is_no_recording_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    code, _, err = replay(file)
    assert code == 2
    assert "is no recording of an exchange" in " ".join(err.split())
    code, out, _ = replay(file, "--json")
    assert code == 2
    assert json.loads(out)["error"]["kind"] == "wrong-use"
    tally("bad inputs tried")


@pytest.mark.parametrize(
    ("added", "named"),
    [
        ("@ +2\nEvent: Hangup\nUniqueid: 1.1\nLinke", "may be cut off"),
        ("@ +2\nEvent: Huge\nName: " + "x" * 1_000_000 + "\n\n", "longer than 64 KiB"),
        ("@ +2\nEvent: Huge\n" + "Name: value\n" * 50_000 + "\n", "longer than 64 KiB"),
        ("@ +2\nwhat is this\nand this\n\n", "neither an event nor an answer: 'what is this'"),
        ("@ +2\nEvent: Hangup\nUniqueid: 1.1\n\n", "Hangup without Linkedid"),
        ("@ +2\nwhat\n\n" * 100, "80 more messages could not be read"),
    ],
    ids=["half", "megabyte", "many headers", "no event", "no linkedid", "many"],
)
def test_what_cannot_be_read_is_named_and_the_rest_is_shown(tmp_path: Path, added: str, named: str) -> None:
    file = tmp_path / "stream.txt"
    file.write_text(MESSAGE + added)
    code, out, err = replay(file)
    assert code == 1
    assert named in " ".join(err.split())
    assert "+33450123456" in out
    code, out, _ = replay(file, "--json")
    found = json.loads(out)
    assert code == 1
    assert [call["id"] for call in found["calls"]] == ["1.1"]
    assert any(named in problem for problem in found["problems"])
    tally("bad inputs tried")


def test_markup_in_a_name_is_shown_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "stream.txt"
    file.write_text(MESSAGE.replace("0450123456", "[red]<b>x</b>[/red]"))
    code, out, _ = replay(file)
    assert code == 0
    assert "[red]<b>x</b>[/red]" in out
    tally("bad inputs tried")


@pytest.mark.parametrize(
    ("flags", "named"),
    [(["--agents", "("], "no regular expression"), (["--trunks", "["], "no regular expression"),
     (["--region", "XX"], "not a country code")],
)  # fmt: skip
def test_flags_that_make_no_sense_are_refused(flags: list[str], named: str) -> None:
    code, _, err = replay(STREAMS / "none.txt", *flags)
    assert code == 2
    assert named in " ".join(err.split())


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    code, _, err = replay(tmp_path / "nothing.txt")
    assert code == 2
    assert "nothing.txt cannot be read" in " ".join(err.split())


def test_which_lines_lead_outside_may_be_said() -> None:
    (call,) = calls(recorded("47"))
    assert call["direction"] == "outbound"
    (call,) = calls(recorded("47"), "--trunks", "101")
    assert call["direction"] == "inbound"


def test_the_time_of_a_message_without_one_is_the_recording_s() -> None:
    text = "# t\n# recording starts 2026-03-02 09:00:00\n\n" + MESSAGE.replace(
        "Timestamp: 1795280252.9\n", ""
    )
    found = read(io.BytesIO(text.encode()))
    assert [str(at) for at, _ in found.messages] == ["2026-03-02 09:00:01.500000+00:00"]
    assert found.title == "t"


def test_a_heading_that_names_no_day_is_told_of() -> None:
    found = read(io.BytesIO(("# recording starts 2026-99-02 09:00:00\n\n" + MESSAGE).encode()))
    assert len(found.problems) == 1
    with pytest.raises(NotARecording):
        read(io.BytesIO(b"# recording starts 2026-03-02 09:00:00\n"))
