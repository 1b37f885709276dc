"""Exchanges that are set up otherwise than the recorded one, and events that are not as they should be."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.voip.ami.channels import Telephones, dialled, is_real, peer_of
from connectors.voip.ami.messages import Message
from connectors.voip.ami.tracker import Tracker
from connectors.voip.ami.tracks import KEPT
from hub.calls import Call, CallBook
from hub.exchange import Alive, CallEvent
from tests.tally import tally

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TRUNK = {"Channel": "PJSIP/ovh-trunk-00000001", "Uniqueid": "1.1", "Linkedid": "1.1"}


class Exchange:
    """An exchange one plays, message by message, a second apart."""

    def __init__(self, **telephones: str) -> None:
        self.tracker = Tracker("exchange", **telephones)
        self.book = CallBook()
        self.at = BEGIN
        self.said: list[CallEvent | Alive] = []

    def say(self, event: str, **headers: str) -> list[CallEvent]:
        self.at += timedelta(seconds=1)
        said = self.tracker.feed(Message([("Event", event), *headers.items()]), self.at)
        self.hear(said)
        return said

    def hear(self, said: Iterable[CallEvent | Alive]) -> None:
        for one in said:
            self.said.append(one)
            self.book.hear(one)

    def comes(self, number: str = "+33450123456", did: str = "0450999801", **more: str) -> None:
        """Somebody calls from outside."""
        self.say("Newchannel", **{**TRUNK, "ChannelStateDesc": "Ring", "CallerIDNum": number,
                                  "Context": "from-trunk", "Exten": did, **more})  # fmt: skip

    def dials(
        self, what: str, leg: str, channel: str, caller: dict[str, str] | None = None, **more: str
    ) -> None:
        """`what` of the channel `leg`, which the call's first channel calls."""
        source = TRUNK if caller is None else caller
        call = source.get("Linkedid", leg)
        self.say(what, **source, DestChannel=channel, DestUniqueid=leg, DestLinkedid=call, **more)

    def hangs_up(self, uid: str, channel: str, call: str = "1.1", cause: str = "16") -> None:
        self.say("Hangup", Channel=channel, Uniqueid=uid, Linkedid=call, Cause=cause)

    def call(self) -> Call:
        (call,) = self.book.calls()
        return call


@pytest.mark.parametrize(
    ("channel", "context", "number", "agent"),
    [
        ("PJSIP/101-0000001c", "agents", "101", "101"),
        ("SIP/2001-0000001c", "from-internal", "", "2001"),
        ("IAX2/204-1234", "from-internal", "", "204"),
        ("PJSIP/trunk-00000018", "from-trunk", "+33450123456", ""),
        ("SIP/ovh-101-0000001c", "from-trunk-sip-ovh", "", ""),
        ("PJSIP/0450999888-0000001c", "from-pstn", "0612345678", ""),
        ("SIP/k3j9xz-0000001c", "default", "101", "101"),  # XiVO names lines at random
        ("SIP/xivo-out-0000001c", "from-extern", "3012", ""),
        ("DAHDI/i1/0450123456-5", "from-digital", "0450123456", ""),
        ("SCCP/103-00000002", "from-internal", "", "103"),
        ("Weird", "", "", ""),
        ("", "", "", ""),
    ],
)
def test_a_telephone_of_ours_is_told_from_a_line_to_the_outside(
    channel: str, context: str, number: str, agent: str
) -> None:
    assert Telephones().whose(channel, context, number) == agent


def test_an_admin_may_say_what_a_telephone_of_ours_looks_like() -> None:
    own = Telephones(agents=r"(?:99)?(2\d\d)|PJSIP/phone-(\w+)", trunks=r"2\d\d-gsm|SIP/299")
    assert own.whose("PJSIP/99201-00000001") == "201"
    assert own.whose("PJSIP/201-00000001") == "201"
    assert own.whose("PJSIP/phone-alice-00000001") == "alice"
    assert own.whose("PJSIP/101-00000001") == ""
    assert own.whose("SIP/299-00000001") == ""
    assert own.whose("SIP/201-gsm-00000001") == ""


def test_numbers_are_found_in_what_was_dialled() -> None:
    found = ["0450777666@trunk", "trunk/0450777666", "trunk/sip:0450777666@192.0.2.1:5060", "g1/0450777666"]
    assert {dialled(text) for text in found} == {"0450777666"}
    assert [dialled(text) for text in ("102", "Local/102@agents", "trunk", "", "a/b/c")] == [
        "102",
        "102",
        "",
        "",
        "",
    ]
    assert peer_of("Local/101@from-queue-00000001;1") == "101"
    assert not is_real("Local/101@from-queue-00000001;1")
    assert not is_real("Message/ast_msg_queue")


def test_a_click_by_a_local_channel_rings_the_caller_s_own_telephone_first() -> None:
    """FreePBX: Originate of Local/101@from-internal; no telephone is the call's first channel."""
    it = Exchange()
    half = {"Channel": "Local/101@from-internal-00000001;1", "Uniqueid": "odoo-1", "Linkedid": "odoo-1"}
    other = {"Channel": "Local/101@from-internal-00000001;2", "Uniqueid": "2.2", "Linkedid": "odoo-1"}
    it.say("Newchannel", **half, ChannelStateDesc="Down", Exten="s")
    it.say("Newchannel", **other, ChannelStateDesc="Ring", Exten="101")
    it.say("DialBegin", DestChannel=half["Channel"], DestUniqueid="odoo-1", DestLinkedid="odoo-1")
    it.dials("DialBegin", "3.3", "PJSIP/101-00000001", other)
    it.dials("DialState", "3.3", "PJSIP/101-00000001", other, DialStatus="RINGING")
    ringing = it.call()
    assert (ringing.rang, ringing.ringing, ringing.caller) == (("101",), (), "101")
    it.dials("DialEnd", "3.3", "PJSIP/101-00000001", other, DialStatus="ANSWER")
    assert it.call().outcome == "ringing"
    trunk = "PJSIP/ovh-trunk-00000002"
    it.dials("DialBegin", "4.4", trunk, half, DialString="0450777666@ovh-trunk", Exten="0450777666")
    it.dials("DialState", "4.4", trunk, half, DialStatus="RINGING")
    it.dials("DialEnd", "4.4", trunk, half, DialStatus="ANSWER")
    talking = it.call()
    assert (talking.direction, talking.number, talking.talking) == ("outbound", "0450777666", ("101",))
    it.hangs_up("4.4", trunk, "odoo-1")
    it.hangs_up("3.3", "PJSIP/101-00000001", "odoo-1")
    assert it.call().outcome == "answered"


def test_the_card_of_a_stranger_does_not_come_up_while_a_click_rings_one_s_own_telephone() -> None:
    it = Exchange()
    own = {"DestCallerIDNum": "0450777666"}
    it.dials("DialBegin", "odoo-1", "PJSIP/101-00000001", {}, **own)
    it.dials("DialState", "odoo-1", "PJSIP/101-00000001", {}, **own, DialStatus="RINGING")
    call = it.call()
    assert (call.direction, call.ringing, call.number, call.caller) == ("outbound", (), "0450777666", "101")


@pytest.mark.parametrize(
    "number", ["anonymous", "Anonymous", "<unknown>", "", "Restricted", "withheld", "unknown"]
)
def test_a_number_that_is_not_shown_is_withheld(number: str) -> None:
    it = Exchange()
    it.comes(number)
    assert it.call().hidden


def test_a_number_that_is_shown_may_turn_out_to_be_withheld() -> None:
    it = Exchange()
    it.comes()
    assert not it.call().hidden
    it.dials("DialBegin", "1.2", "PJSIP/101-00000001", {**TRUNK, "ChanVariable": "CALLERID(pres)=prohib"})
    assert it.call().hidden


def test_one_of_ours_who_withholds_the_own_number_hides_no_customer() -> None:
    it = Exchange()
    mine = {"Channel": "PJSIP/101-00000001", "Uniqueid": "1.1", "Linkedid": "1.1"}
    it.say(
        "Newchannel", **mine, ChannelStateDesc="Ring", CallerIDNum="101", Context="agents", Exten="0450777666"
    )
    mine["ChanVariable"] = "CALLERID(pres)=prohib_not_screened"
    it.dials("DialBegin", "1.2", "PJSIP/ovh-trunk-00000002", mine, DialString="0450777666@ovh-trunk")
    assert (it.call().direction, it.call().hidden) == ("outbound", False)


@pytest.mark.parametrize(
    ("status", "cause", "reason", "result"),
    [
        ("BUSY", "17", "busy", "busy"),
        ("NOANSWER", "17", "busy", "busy"),  # a queue says so of a telephone that refuses
        ("NOANSWER", "21", "refused", "busy"),
        ("NOANSWER", "0", "no answer", "missed"),
        ("CHANUNAVAIL", "20", "unreachable", "missed"),
        ("CONGESTION", "34", "unreachable", "missed"),
        ("SOMETHING NEW", "0", "", "missed"),
    ],
)
def test_why_a_telephone_fell_silent_decides_what_became_of_the_call(
    status: str, cause: str, reason: str, result: str
) -> None:
    it = Exchange()
    it.comes()
    it.dials("DialBegin", "1.2", "PJSIP/101-00000001")
    it.dials("DialEnd", "1.2", "PJSIP/101-00000001", DialStatus=status)
    it.hangs_up("1.2", "PJSIP/101-00000001", cause=cause)
    it.hangs_up("1.1", TRUNK["Channel"])
    assert [ring.reason for ring in it.call().rings] == [reason]
    assert it.call().result == result


def test_a_caller_who_hears_that_all_are_busy_and_hangs_up_has_not_given_up() -> None:
    it = Exchange()
    it.comes()
    it.dials("DialBegin", "1.2", "PJSIP/101-00000001")
    it.dials("DialEnd", "1.2", "PJSIP/101-00000001", DialStatus="BUSY")
    it.hangs_up("1.2", "PJSIP/101-00000001", cause="17")
    it.say("HangupRequest", **TRUNK, Cause="16")
    it.hangs_up("1.1", TRUNK["Channel"])
    assert it.call().outcome == "busy"


def test_a_call_to_a_mobile_of_ours_is_answered_by_its_number() -> None:
    it = Exchange()
    it.comes()
    it.dials("DialBegin", "1.2", "PJSIP/ovh-trunk-00000002", DialString="0612345678@ovh-trunk")
    it.dials(
        "DialEnd", "1.2", "PJSIP/ovh-trunk-00000002", DialString="0612345678@ovh-trunk", DialStatus="ANSWER"
    )
    assert (it.call().direction, it.call().answered_by) == ("inbound", "0612345678")


def test_customers_who_meet_in_a_conference_each_keep_their_call() -> None:
    it = Exchange()
    it.comes()
    other = {"Channel": "PJSIP/ovh-trunk-00000002", "Uniqueid": "2.2", "Linkedid": "2.2"}
    it.comes("+33450777666", **other)
    it.say("BridgeEnter", **{**other, "Linkedid": "1.1"})
    numbers = {call.number for call in it.book.calls()}
    assert numbers == {"+33450123456", "+33450777666"}


NEEDING = ["Newchannel", "DialBegin", "DialState", "DialEnd", "HangupRequest", "Hangup", "QueueCallerJoin",
           "Hold", "BlindTransfer", "AttendedTransfer"]  # fmt: skip


@pytest.mark.parametrize("event", NEEDING)
@pytest.mark.parametrize("lacking", ["Channel", "Uniqueid", "Linkedid", "all"])
def test_an_event_that_lacks_what_it_is_about_is_counted_and_harms_nothing(event: str, lacking: str) -> None:
    it = Exchange()
    it.comes()
    before = it.call()
    whole = {
        f"{prefix}{name}": "" if lacking in (name, "all") else text
        for prefix in ("", "Dest", "Transferer", "OrigTransferer", "SecondTransferer")
        for name, text in TRUNK.items()
    }
    it.say(event, **{**whole, "Uniqueid": whole["Uniqueid"] or "", "ChannelStateDesc": "Ring"})
    assert sum(it.tracker.unplaced.values()) >= 1
    assert it.call().id == before.id
    assert not it.call().over
    tally("bad inputs tried")


@pytest.mark.parametrize(
    "number", ["letters only", "+", "9" * 40, "<script>alert(1)</script>", "'; DROP TABLE", "é"]
)
def test_a_caller_id_that_is_no_number_is_kept_as_it_is(number: str) -> None:
    it = Exchange()
    it.comes(number, CallerIDName="<b>Bold</b> & [red]")
    assert (it.call().number, it.call().name) == (number, "<b>Bold</b> & [red]")
    tally("bad inputs tried")


@pytest.mark.parametrize("stamp", ["", "soon", "nan", "inf", "-1e30", "1e400", "9" * 60])
def test_a_time_that_is_none_is_the_time_of_arrival(stamp: str) -> None:
    it = Exchange()
    it.comes(Timestamp=stamp)
    assert it.call().started_at == it.at
    tally("bad inputs tried")


def test_events_of_no_interest_say_nothing() -> None:
    it = Exchange()
    for event in (
        "",
        "VarSet",
        "Cdr",
        "CEL",
        "FullyBooted",
        "QueueMemberPause",
        "DeviceStateChange",
        "NewNews",
    ):
        assert it.say(event, Channel="x") == []
    assert not it.tracker.unplaced


def test_what_was_over_long_ago_takes_no_memory() -> None:
    it = Exchange()
    for number in range(3 * KEPT):
        call = f"5.{number}"
        mine = {"Channel": f"PJSIP/ovh-trunk-{number:08x}", "Uniqueid": call, "Linkedid": call}
        half = {"Channel": f"Local/1@x-{number:08x};1", "Uniqueid": f"6.{number}", "Linkedid": f"6.{number}"}
        for message in (mine, half):
            it.tracker.feed(Message([("Event", "Newchannel"), *message.items(), ("Exten", "1")]), BEGIN)
            it.tracker.feed(Message([("Event", "Hangup"), *message.items()]), BEGIN)
    assert len(it.tracker._tracks.tracks) <= KEPT + 1
    assert len(it.tracker._tracks.channels) <= KEPT + 1


def test_a_channel_that_is_born_while_the_list_is_made_is_alive() -> None:
    it = Exchange()
    it.comes()
    it.tracker.asking()
    it.comes("+33450777666", Channel="PJSIP/ovh-trunk-00000002", Uniqueid="2.2", Linkedid="2.2")
    *_, alive = it.tracker.resync([], [], it.at)
    assert isinstance(alive, Alive)
    assert alive.calls == {"2.2"}


def test_a_channel_that_hangs_up_while_the_list_is_made_has_ended_its_call() -> None:
    it = Exchange()
    it.comes()
    it.tracker.asking()
    it.hangs_up("1.1", TRUNK["Channel"])
    assert not it.call().over
    listed = Message(
        [("Event", "Status"), *TRUNK.items(), ("ChannelStateDesc", "Ring"), ("DNID", "0450999801")]
    )
    it.hear(it.tracker.resync([listed], [], it.at))
    assert it.call().over
    assert not it.call().lost


def test_where_the_list_is_not_to_be_had_calls_end_by_what_is_heard() -> None:
    it = Exchange()
    it.tracker.asking()
    it.tracker.unanswered()
    it.comes()
    it.hangs_up("1.1", TRUNK["Channel"])
    assert it.call().over


def test_a_popup_lost_in_a_break_is_made_up_for_by_the_list() -> None:
    it = Exchange()
    it.tracker.asking()
    names = {"ChannelStateDesc": "Ringing", "CallerIDNum": "101", "Context": "agents", "Seconds": "4"}
    agent = {"Channel": "PJSIP/101-00000002", "Uniqueid": "1.2", "Linkedid": "1.1"}
    waiting = {"Event": "QueueEntry", "Queue": "support", "Uniqueid": "1.1", "Wait": "5"}
    first = {**TRUNK, "ChannelStateDesc": "Ring", "CallerIDNum": "+33450123456", "DNID": "0450999888",
             "Exten": "102", "Context": "agents", "Seconds": "6"}  # fmt: skip
    it.hear(it.tracker.resync([status(agent, names), status(first)], [Message(waiting.items())], BEGIN))
    call = it.call()
    assert (call.ringing, call.number, call.did, call.queue) == (
        ("101",),
        "+33450123456",
        "0450999888",
        "support",
    )
    assert call.started_at == BEGIN - timedelta(seconds=6)
    assert call.direction == "inbound"


def status(*headers: dict[str, Any]) -> Message:
    return Message([("Event", "Status"), *(pair for one in headers for pair in one.items())])


def test_a_list_of_nonsense_ends_in_no_call() -> None:
    it = Exchange()
    nonsense = [status({}), status({"Uniqueid": "1"}), Message([]), status(TRUNK, {"Seconds": "soon"}),
                status({**TRUNK, "Uniqueid": "9"}, {"Seconds": "9" * 30})]  # fmt: skip
    it.hear(it.tracker.resync(nonsense, nonsense, BEGIN))
    assert sum(it.tracker.unplaced.values()) >= 2
    tally("bad inputs tried", len(nonsense))
