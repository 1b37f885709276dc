"""Lives of calls as each vendor tells them: shapes from its documents, all names and numbers made up.

`At` seconds after `NOW`. Every message of a story is a whole delivery; what is expected is what an office
must see in the end.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.connectors.voip.webhook import tools
from tests.connectors.voip.webhook.tools import CALLER, LINE, NOW, PASSWORD, SECRET, TOKEN, Post

ALICE, BRUNO = "alice@office.example", "bruno@office.example"
IDS = {ALICE: 11, BRUNO: 12}
EPOCH = NOW.timestamp()


@dataclass(frozen=True)
class Story:
    """One call. `answered_by` and so on are what `hub.calls` must conclude."""

    messages: list[Any]
    outcome: str
    direction: str = "inbound"
    number: str = CALLER
    answered_by: str = ""
    rang: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    transfers: tuple[tuple[str, str], ...] = ()
    talk_seconds: float | None = None
    queue: str = ""
    hidden: bool = False
    recordings: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True)
class Vendor:
    profile: str
    send: Callable[[Any], Post]
    settings: dict[str, Any]
    stories: dict[str, Story] = field(default_factory=dict)


def aircall(event: str, at: float, user: str = "", resource: str = "call", **data: Any) -> dict[str, Any]:
    call = {
        "id": 4242,
        "call_uuid": "b1f0-77",
        "direction": "inbound",
        "status": "initial",
        "user": None,
        "raw_digits": "+33 1 99-00-00-42",
        "number": {"digits": "+33 1 99 00 00 01"},
        "contact": None,
        "missed_call_reason": None,
        "recording": None,
        "ended_at": None,
        "teams": [],
    }
    if user:
        call["user"] = {"id": IDS[user], "email": user, "name": user.partition("@")[0]}
    return {
        "resource": resource,
        "event": event,
        "timestamp": int(EPOCH + at),
        "token": TOKEN,
        "data": {**call, **data},
    }


_HANDED: dict[str, Any] = {
    "transferred_by": {"id": IDS[ALICE], "email": ALICE},
    "transferred_to": {"id": IDS[BRUNO], "email": BRUNO},
}

AIRCALL = Vendor(
    "aircall",
    tools.plain,
    {"token": TOKEN},
    {
        "answered": Story(
            [
                aircall("call.created", 0),
                aircall("call.ringing_on_agent", 1, ALICE),
                aircall("call.ringing_on_agent", 1, BRUNO),
                aircall("call.answered", 6, BRUNO),
                aircall("call.tagged", 20, BRUNO),
                aircall("call.hungup", 66, BRUNO, ended_at=EPOCH + 66),
                aircall(
                    "call.ended",
                    96,
                    BRUNO,
                    ended_at=EPOCH + 66,
                    recording="https://rec.example/a?sig=" + "x" * 900,
                ),
            ],
            "answered",
            answered_by=BRUNO,
            rang=(ALICE, BRUNO),
            agents=(BRUNO,),
            talk_seconds=60,
            recordings=("https://rec.example/a?sig=" + "x" * 900,),
        ),
        "abandoned": Story(
            [
                aircall("call.created", 0),
                aircall("call.ringing_on_agent", 1, ALICE),
                aircall("call.hungup", 9, missed_call_reason="short_abandoned"),
            ],
            "abandoned",
            rang=(ALICE,),
        ),
        "missed": Story(
            [
                aircall("call.created", 0),
                aircall("call.ringing_on_agent", 1, ALICE),
                aircall("call.hungup", 31, missed_call_reason="agents_did_not_answer"),
                aircall("call.ended", 61, missed_call_reason="agents_did_not_answer", ended_at=EPOCH + 31),
            ],
            "missed",
            rang=(ALICE,),
        ),
        "transferred": Story(
            [
                aircall("call.created", 0),
                aircall("call.ringing_on_agent", 1, ALICE),
                aircall("call.ringing_on_agent", 1, BRUNO),
                aircall("call.answered", 6, ALICE),
                aircall("call.transferred", 30, ALICE, **_HANDED),
                aircall("call.ringing_on_agent", 31, BRUNO, **_HANDED),
                aircall("call.answered", 36, BRUNO, **_HANDED),
                aircall("call.hungup", 66, BRUNO, ended_at=EPOCH + 66, **_HANDED),
            ],
            "answered",
            answered_by=ALICE,
            rang=(ALICE, BRUNO),
            agents=(ALICE, BRUNO),
            talk_seconds=60,
            transfers=((ALICE, BRUNO),),
        ),
        "outbound": Story(
            [
                aircall("call.created", 0, ALICE, direction="outbound"),
                aircall("call.answered", 7, ALICE, direction="outbound"),
                aircall("call.hungup", 17, ALICE, direction="outbound"),
            ],
            "answered",
            "outbound",
            agents=(ALICE,),
            talk_seconds=10,
        ),
        "hidden": Story(
            [
                aircall("call.created", 0, raw_digits="anonymous"),
                aircall("call.hungup", 5, raw_digits="anonymous"),
            ],
            "missed",
            number="anonymous",
            hidden=True,
        ),
    },
)


def ringover(event: str, at: float, user: str = "", attempt: int = 1, **data: Any) -> dict[str, Any]:
    call = {
        "id": "x",
        "call_id": "call-77",
        "channel_id": f"ch-{user or 'line'}",
        "direction": "inbound",
        "from_number": "33199000042",
        "to_number": "33199000001",
        "user_id": len(user) or None,
        "user": {"user_id": len(user), "email": user} if user else None,
        "is_internal": False,
        "is_anonymous": False,
        "is_ivr": False,
        "ivr": None,
        "start_time": EPOCH,
    }
    return {
        "event": event,
        "resource": "call",
        "timestamp": EPOCH + at,
        "attempt": attempt,
        "data": {**call, **data},
    }


_OUT: dict[str, Any] = {"direction": "outbound", "from_number": "33199000001", "to_number": "33199000042"}

RINGOVER = Vendor(
    "ringover",
    tools.token_header,
    {"secret": SECRET.ljust(64, "-")},
    {
        "answered": Story(
            [
                ringover("ringing", 0, ALICE),
                ringover("ringing", 0, BRUNO),
                ringover("answered", 4, ALICE),
                ringover("hangup", 64, ALICE, hangup_time=EPOCH + 64),
                ringover("record_available", 90, ALICE, record_link="https://rec.example/r.mp3"),
            ],
            "answered",
            answered_by=ALICE,
            rang=(ALICE, BRUNO),
            agents=(ALICE,),
            talk_seconds=60,
            recordings=("https://rec.example/r.mp3",),
        ),
        "missed": Story(
            [
                ringover("ringing", 0),
                ringover("ringing", 0, ALICE),
                ringover("missed", 20, hangup_time=EPOCH + 20),
            ],
            "missed",
            rang=(ALICE,),
        ),
        "outbound": Story(
            [
                ringover("ringing", 0, ALICE, **_OUT),
                ringover("answered", 5, ALICE, **_OUT),
                ringover("hangup", 25, ALICE, **_OUT),
            ],
            "answered",
            "outbound",
            agents=(ALICE,),
            talk_seconds=20,
        ),
        "hidden": Story(
            [
                ringover("ringing", 0, ALICE, from_number="anonymous", is_anonymous=True),
                ringover("missed", 9, from_number="anonymous", is_anonymous=True),
            ],
            "missed",
            number="anonymous",
            rang=(ALICE,),
            hidden=True,
        ),
    },
)


def wildix(
    type: str, at: float, status: str = "CONNECTING", extension: str = "", **data: Any
) -> dict[str, Any]:
    caller = {
        "type": "REMOTE",
        "phone": "0033199000042",
        "name": "Atelier <b>Nord</b>",
        "company": None,
        "userExtension": None,
    }
    callee = {"type": "LOCAL", "phone": extension, "name": "someone", "userExtension": extension}
    call = {
        "status": status,
        "caller": caller,
        "callee": callee if extension else None,
        "endBy": None,
        "destination": "0199000001",
        "trunkName": "trunk",
        "queueName": None,
        "queueId": None,
    }
    return {
        "id": "pbx_1.77",
        "pbx": "p",
        "time": int((EPOCH + at) * 1000),
        "company": "c",
        "type": type,
        "integrationId": "i",
        "data": {**call, **data},
    }


_INSIDE = {"type": "LOCAL", "phone": "101", "name": "alice", "userExtension": "101"}
_OUTSIDE = {"type": "REMOTE", "phone": "+33199000042", "name": None, "userExtension": None}

WILDIX = Vendor(
    "wildix",
    tools.hashed_hex,
    {"secret": SECRET},
    {
        "answered": Story(
            [
                wildix("call:start", 0, queueName="accueil"),
                wildix("call:update", 1, "RINGING", "101"),
                wildix("call:update", 1.2, "RINGING", "102"),
                wildix("call:update", 5, "TALKING", "101"),
                wildix("call:end", 65, "TALKING", "101", endBy="CALLER"),
            ],
            "answered",
            answered_by="101",
            rang=("101", "102"),
            agents=("101",),
            talk_seconds=60,
            queue="accueil",
            name="Atelier <b>Nord</b>",
        ),
        "abandoned": Story(
            [
                wildix("call:start", 0),
                wildix("call:update", 1, "RINGING", "101"),
                wildix("call:end", 9, "RINGING", "101", endBy="CALLER"),
            ],
            "abandoned",
            rang=("101",),
            name="Atelier <b>Nord</b>",
        ),
        "missed": Story(
            [
                wildix("call:start", 0),
                wildix("call:update", 1, "RINGING", "101"),
                wildix("call:end", 31, "RINGING", "101", endBy="CALLEE"),
            ],
            "missed",
            rang=("101",),
            name="Atelier <b>Nord</b>",
        ),
        "outbound": Story(
            [
                wildix("call:start", 0, caller=_INSIDE, destination="0199000042"),
                wildix("call:update", 4, "TALKING", caller=_INSIDE, callee=_OUTSIDE),
                wildix("call:end", 14, "TALKING", caller=_INSIDE, callee=_OUTSIDE, endBy="CALLER"),
            ],
            "answered",
            "outbound",
            number="0199000042",
            agents=("101",),
            talk_seconds=10,
        ),
        "internal": Story(
            [
                wildix("call:start", 0, caller=_INSIDE, destination="102"),
                wildix("call:update", 1, "RINGING", "102", caller=_INSIDE, destination="102"),
                wildix("call:update", 4, "TALKING", "102", caller=_INSIDE, destination="102"),
                wildix("call:end", 14, "TALKING", "102", caller=_INSIDE, destination="102", endBy="CALLER"),
            ],
            "internal",
            "internal",
            number="102",
            name="someone",
            answered_by="102",
            rang=("102",),
            agents=("101", "102"),
            talk_seconds=10,
        ),
    },
)


def dialpad(state: str, at: float, part: int = 1, user: str = "", **data: Any) -> dict[str, Any]:
    person = {"id": len(user), "type": "user", "email": user, "name": user.partition("@")[0]}
    line = {"id": 5, "type": "call_center", "name": "Accueil"}
    return {
        "call_id": 7000 + part,
        "master_call_id": None,
        "entry_point_call_id": 7001 if part > 1 else None,
        "state": state,
        "direction": "inbound",
        "external_number": CALLER,
        "internal_number": LINE,
        "target": person if user else line,
        "contact": {"name": "Atelier Nord", "phone": CALLER},
        "date_connected": None,
        "date_ended": None,
        "event_timestamp": int((EPOCH + at) * 1000),
        "is_internal": False,
        "recording_details": [],
        **data,
    }


DIALPAD = Vendor(
    "dialpad",
    tools.token_body,
    {"secret": SECRET.ljust(64, "-")},
    {
        "answered": Story(
            [
                dialpad("ringing", 0),
                dialpad("connected", 1, date_connected=1),
                dialpad("queued", 1),
                dialpad("ringing", 2, 2, ALICE),
                dialpad("ringing", 2, 3, BRUNO),
                dialpad("connected", 6, 2, ALICE),
                dialpad("hangup", 7, 3, BRUNO),
                dialpad("hangup", 66, 2, ALICE, date_connected=int(EPOCH * 1000)),
                dialpad("hangup", 66, date_connected=1, date_ended=int((EPOCH + 66) * 1000)),
            ],
            "answered",
            answered_by=ALICE,
            rang=(ALICE, BRUNO),
            agents=(ALICE,),
            talk_seconds=60,
            queue="Accueil",
            name="Atelier Nord",
        ),
        "missed": Story(
            [
                dialpad("ringing", 0, user=ALICE),
                dialpad("missed", 20, user=ALICE),
                dialpad("hangup", 20, user=ALICE),
            ],
            "missed",
            rang=(ALICE,),
            name="Atelier Nord",
        ),
        "outbound": Story(
            [
                dialpad("calling", 0, user=ALICE, direction="outbound"),
                dialpad("connected", 5, user=ALICE, direction="outbound"),
                dialpad("hangup", 15, user=ALICE, direction="outbound"),
            ],
            "answered",
            "outbound",
            agents=(ALICE,),
            talk_seconds=10,
            name="Atelier Nord",
        ),
    },
)


def wazo(event: str, at: float, part: str = "", **data: Any) -> dict[str, Any]:
    time = f"2026-03-02T09:30:{int(at):02d}.000000+0000"
    call = {
        "call_id": f"17.{part or 'in'}",
        "conversation_id": "17.in",
        "status": "Ring",
        "is_caller": not part,
        "caller_id_number": part or "0199000042",
        "caller_id_name": "",
        "peer_caller_id_number": "0199000042" if part else "",
        "peer_caller_id_name": "",
        "dialed_extension": "0199000001",
        "user_uuid": f"uuid-{part}" if part else None,
        "on_hold": False,
        "creation_time": time,
        "answer_time": None,
        "hangup_time": None,
        "direction": "inbound",
    }
    if event == "call_ended":
        call["hangup_time"] = time
    return {"event": event, "data": {**call, **data}}


WAZO = Vendor(
    "wazo",
    tools.in_query,
    {"token": TOKEN},
    {
        "answered": Story(
            [
                wazo("call_created", 0),
                wazo("call_created", 1, "101", status="Ringing"),
                wazo("call_created", 1, "102", status="Ringing"),
                wazo("call_answered", 5, "101", status="Up"),
                wazo("call_ended", 6, "102"),
                wazo("call_ended", 40, "101", answer_time="2026-03-02T09:30:05"),
                wazo("call_ended", 40),
            ],
            "answered",
            number="0199000042",
            answered_by="uuid-101",
            rang=("uuid-101", "uuid-102"),
            agents=("uuid-101",),
        ),
        "missed": Story(
            [
                wazo("call_created", 0),
                wazo("call_created", 1, "101", status="Ringing"),
                wazo("call_ended", 20, "101"),
                wazo("call_ended", 20),
            ],
            "missed",
            number="0199000042",
            rang=("uuid-101",),
        ),
    },
)


def yeastar(*members: dict[str, Any], event: int = 30011, **msg: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"call_id": "1774.77", **msg}
    if members:
        told["members"] = list(members)
    return {"type": event, "sn": "serial", "msg": json.dumps(told)}


def trunk(status: str, way: str = "inbound") -> dict[str, Any]:
    ends = (
        {"from": "0199000042", "to": "0199000001"}
        if way == "inbound"
        else {"from": "101", "to": "0199000042"}
    )
    return {way: {**ends, "trunk_name": "t", "channel_id": "c0", "member_status": status}}


def extension(number: str, status: str) -> dict[str, Any]:
    return {"extension": {"number": number, "channel_id": f"c{number}", "member_status": status}}


def yeastar_end(status: str, kind: str = "Inbound", **more: Any) -> dict[str, Any]:
    told = {
        "time_start": "2026-03-02 09:30:00",
        "call_from": "0199000042",
        "call_to": "101",
        "call_duration": 65,
        "talk_duration": 60,
        "status": status,
        "did_number": "0199000001",
        "recording": "",
        "type": kind,
    }
    return yeastar(event=30012, **{**told, **more})


YEASTAR = Vendor(
    "yeastar",
    tools.hashed_base64,
    {"secret": SECRET},
    {
        "answered": Story(
            [
                yeastar(trunk("ALERT"), extension("101", "RING"), extension("102", "RING")),
                yeastar(trunk("ANSWERED"), extension("101", "ANSWER")),
                yeastar(extension("101", "BYE")),
                yeastar_end("ANSWERED", recording="20260302-in.wav"),
            ],
            "answered",
            number="0199000042",
            answered_by="101",
            rang=("101", "102"),
            agents=("101",),
            recordings=("20260302-in.wav",),
        ),
        "abandoned": Story(
            [
                yeastar(trunk("ALERT"), extension("101", "RING")),
                yeastar(trunk("BYE"), extension("101", "RING")),
                yeastar_end("NO ANSWER"),
            ],
            "abandoned",
            number="0199000042",
            rang=("101",),
        ),
        "missed": Story(
            [yeastar(trunk("ALERT"), extension("101", "RING")), yeastar_end("NO ANSWER")],
            "missed",
            number="0199000042",
            rang=("101",),
        ),
        "outbound": Story(
            [
                yeastar(extension("101", "ALERT"), trunk("RING", "outbound")),
                yeastar(extension("101", "ANSWERED"), trunk("ANSWER", "outbound")),
                yeastar_end("ANSWERED", "Outbound", call_from="101", call_to="0199000042"),
            ],
            "answered",
            "outbound",
            number="0199000042",
            agents=("101",),
        ),
    },
)


def keyyo(type: str, at: float, **more: str) -> dict[str, str]:
    return {
        "ACCOUNT": "33199000001",
        "CALLER": "33199000042",
        "CALLEE": "33199000001",
        "CALLREF": "ref-77",
        "TYPE": type,
        "DREF": "",
        "ISACD": "0",
        "SESSIONID": "s",
        "VERSION": "1",
        "TSMS": str(int((EPOCH + at) * 1000)),
        **more,
    }


_CALLS_OUT: dict[str, Any] = {"CALLER": "33199000001", "CALLEE": "33199000042"}

KEYYO = Vendor(
    "keyyo",
    tools.got,
    {"user": "hub", "password": PASSWORD},
    {
        "answered": Story(
            [
                keyyo("SETUP", 0),
                keyyo("CONNECT", 5),
                keyyo("RELEASE", 65, RECORD="https://rec.example/k.wav"),
            ],
            "answered",
            answered_by=LINE,
            rang=(LINE,),
            agents=(LINE,),
            talk_seconds=60,
            recordings=("https://rec.example/k.wav",),
        ),
        "missed": Story([keyyo("SETUP", 0), keyyo("RELEASE", 20)], "missed", rang=(LINE,)),
        "outbound": Story(
            [
                keyyo("SETUP", 0, **_CALLS_OUT),
                keyyo("CONNECT", 5, **_CALLS_OUT),
                keyyo("RELEASE", 15, **_CALLS_OUT),
            ],
            "answered",
            "outbound",
            agents=(LINE,),
            talk_seconds=10,
        ),
    },
)


def threecx(event: str, user: str, usertype: str = "ext", **more: Any) -> dict[str, Any]:
    return {
        "event": event,
        "callerid": "33199000042",
        "user": user,
        "usertype": usertype,
        "id": "260302_9-1",
        "did": "DID-33199000001",
        **more,
    }


THREECX = Vendor(
    "3cx",
    tools.in_query,
    {"token": TOKEN},
    {
        "answered": Story(
            [
                threecx("ringing", "800", "other"),
                threecx("ringing", "804", " queue"),
                threecx("ringing", "101", " ext"),
                threecx("pickupincoming", "101"),
                threecx("incoming", "101", transfer="False"),
                threecx("incoming", "101", FILES=["https://rec.example/3.mp3"]),
            ],
            "answered",
            answered_by="101",
            rang=("101",),
            agents=("101",),
            queue="804",
            recordings=("https://rec.example/3.mp3",),
        ),
        "missed": Story(
            [threecx("ringing", "101"), threecx("incoming", "101", transfer="False")], "missed", rang=("101",)
        ),
    },
)

VENDORS = (AIRCALL, RINGOVER, WILDIX, DIALPAD, WAZO, YEASTAR, KEYYO, THREECX)


def check(story: Story, call: Any) -> None:
    """What an office sees is what the story was."""
    assert call.over
    assert (call.outcome, call.direction) == (story.outcome, story.direction)
    assert (call.number, call.hidden, call.name) == (story.number, story.hidden, story.name)
    assert call.answered_by == story.answered_by
    assert sorted(call.rang) == sorted(story.rang)
    assert sorted(call.agents) == sorted(story.agents)
    assert [(one.by, one.to) for one in call.transfers] == list(story.transfers)
    assert call.queue == story.queue
    assert call.recordings == story.recordings
    if story.talk_seconds is not None:
        assert call.talk_seconds == story.talk_seconds
