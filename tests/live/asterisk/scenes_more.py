"""Further calls that are recorded: clicks that dial, looking again, full queues, the exchange's own end."""

from __future__ import annotations

from tests.live.asterisk import lab
from tests.live.asterisk.scenarios import OTHER, OUTSIDE, Stage, scenario


def click(stage: Stage, call_id: str) -> None:
    """What the hub orders when an agent clicks: ring 101, then dial `OUTSIDE`."""
    stage.note(f"Originate PJSIP/101 -> {OUTSIDE}@agents, ChannelId {call_id}")
    order = {"Channel": "PJSIP/101", "Context": "agents", "Exten": OUTSIDE, "Priority": "1"}
    order |= {"CallerID": f"{OUTSIDE} <{OUTSIDE}>", "ChannelId": call_id, "Async": "true", "Timeout": "4000"}
    stage.recorder.ask("Originate", order)


@scenario("36-resync-by-status", everything=True)
def _(stage: Stage) -> None:
    """queue: Status and QueueStatus while 101 and 102 ring; 102 answers after 1.5 s, Status and
    QueueStatus again; 102 holds, calls 103, who answers after 1 s, Status; 102 hands the caller over
    (REFER Replaces), Status; the caller hangs up"""

    def look(*actions: str) -> None:
        for action in actions:
            stage.note(action)
            stage.recorder.ask(action)

    caller = stage.inbound(lab.QUEUE)
    at_alice = stage.alice.incoming().ringing()
    look("Status", "QueueStatus")
    first = stage.picks_up(stage.bob, 1.5)
    at_alice.over()
    caller.answered()
    look("Status", "QueueStatus")
    first.hold()
    consult = stage.dials(stage.bob, "103")
    at_carole = stage.picks_up(stage.carole, 1)
    consult.answered()
    look("Status")
    stage.note("102 REFER Replaces")
    first.hand_to(consult)
    first.over()
    look("Status")
    stage.hangs_up("caller", caller)
    at_carole.over()


@scenario("53-click-unanswered-by-agent")
def _(stage: Stage) -> None:
    """click to call: Originate rings 101, which is not picked up within 4 s; nothing is dialled"""
    click(stage, "hub-click-53")
    stage.alice.incoming().ringing().over()


@scenario("54-click-far-end-busy")
def _(stage: Stage) -> None:
    """click to call: Originate rings 101, picked up after 1 s; 0199004321 is dialled on the trunk and is busy
    (486); 101 hears that and hangs up after 1 s"""
    stage.lab.trunk.rejects()
    click(stage, "hub-click-54")
    at_alice = stage.picks_up(stage.alice, 1)
    stage.lab.trunk.incoming().over()
    stage.hangs_up("101", at_alice)


@scenario("55-click-unanswered-outside")
def _(stage: Stage) -> None:
    """click to call: Originate rings 101, picked up after 1 s; 0199004321 rings for 2 s, nobody answers,
    101 hangs up"""
    click(stage, "hub-click-55")
    at_alice = stage.picks_up(stage.alice, 1)
    outside = stage.lab.trunk.incoming().ringing()
    stage.hangs_up("101", at_alice, 2)
    outside.over()


@scenario("57-number-nobody-has")
def _(stage: Stage) -> None:
    """inbound to 0450999899, which the exchange does not know: refused (404), no telephone ever rang"""
    stage.inbound("0450999899").over()


@scenario("58-outbound-then-attended-transfer")
def _(stage: Stage) -> None:
    """outbound: 101 dials 0199004321, answered after 1 s; 101 holds, calls 102, who answers after 1 s;
    101 hands the other party over (REFER Replaces) after 1 s; they talk 1 s, 102 hangs up"""
    call = stage.dials(stage.alice, OUTSIDE)
    outside = stage.picks_up(stage.lab.trunk, 1)
    call.answered()
    stage.pause(1)
    call.hold()
    consult = stage.dials(stage.alice, "102")
    at_bob = stage.picks_up(stage.bob, 1)
    consult.answered()
    stage.pause(1)
    stage.note("101 REFER Replaces")
    call.hand_to(consult)
    call.over()
    stage.hangs_up("102", at_bob)
    outside.over()


@scenario("59-queue-with-all-agents-talking")
def _(stage: Stage) -> None:
    """101 and 102 talk to each other; a caller waits in the queue for 3 s, no telephone rings for it, and
    gives up; 1 s later 101 hangs up"""
    inside = stage.dials(stage.alice, "102")
    at_bob = stage.picks_up(stage.bob, 0.5)
    inside.answered()
    stage.pause(1)
    caller = stage.inbound(lab.QUEUE)
    stage.hangs_up("caller", caller, 3)
    stage.hangs_up("101", inside)
    at_bob.over()


@scenario("60-recorded")
def _(stage: Stage) -> None:
    """recorded (MixMonitor) direct line of 101: 101 answers after 1 s, they talk 2 s, the caller hangs
    up"""
    caller = stage.inbound(lab.RECORDED)
    at_alice = stage.picks_up(stage.alice, 1)
    caller.answered()
    stage.hangs_up("caller", caller, 2)
    at_alice.over()


@scenario("61-attended-transfer-by-the-exchange")
def _(stage: Stage) -> None:
    """direct line of 101: 101 answers after 1 s; the exchange's own attended transfer (action Atxfer, as
    *2 on the keys) calls 102, who answers after 1 s; 101 hangs up after 1 s; caller and 102 talk 1 s, the
    caller hangs up"""
    caller, first = stage.answered_directly()
    channel = next(name for name in stage.lab.channels() if name.startswith("PJSIP/101"))
    stage.note(f"Atxfer {channel} 102")
    stage.recorder.ask("Atxfer", {"Channel": channel, "Exten": "102", "Context": "agents"})
    at_bob = stage.picks_up(stage.bob, 1)
    stage.hangs_up("101", first)
    stage.hangs_up("caller", caller)
    at_bob.over()


@scenario("62-blind-transfer-by-the-exchange")
def _(stage: Stage) -> None:
    """direct line of 101: 101 answers after 1 s; the exchange's own blind transfer (action BlindTransfer)
    sends the caller to 102, who answers after 1 s; they talk 1 s, 102 hangs up"""
    caller, first = stage.answered_directly()
    channel = next(name for name in stage.lab.channels() if name.startswith("PJSIP/101"))
    stage.note(f"BlindTransfer {channel} 102")
    stage.recorder.ask("BlindTransfer", {"Channel": channel, "Exten": "102", "Context": "agents"})
    at_bob = stage.picks_up(stage.bob, 1)
    first.over()
    stage.hangs_up("102", at_bob)
    caller.over()


@scenario("63-two-callers-in-the-queue", everything=True)
def _(stage: Stage) -> None:
    """two callers in the queue: the first rings 101 and 102, 101 answers after 1 s; the second, 1 s
    later, rings 102, who answers after 1 s; the first hangs up after 1 s, 102 1 s later"""
    first = stage.inbound(lab.QUEUE)
    bob_rang = stage.bob.incoming().ringing()
    at_alice = stage.picks_up(stage.alice, 1)
    bob_rang.over()
    first.answered()
    stage.pause(1)
    second = stage.inbound(lab.QUEUE, OTHER, "Martin")
    at_bob = stage.picks_up(stage.bob, 1)
    second.answered()
    stage.hangs_up("first caller", first)
    at_alice.over()
    stage.hangs_up("102", at_bob)
    second.over()


@scenario("64-exchange-ends-in-mid-call")
def _(stage: Stage) -> None:
    """direct line of 101: 101 answers after 1 s; 1 s later the exchange is stopped (Shutdown), the
    connection ends"""
    stage.answered_directly()
    stage.note("core stop now")
    stage.lab.restart()


@scenario("65-name-with-apostrophe")
def _(stage: Stage) -> None:
    """direct line of 101: the caller's name is «Qui ? L'Été», which the exchange
    escapes; 101 answers after 1 s, they talk 1 s, the caller hangs up"""
    caller = stage.inbound(lab.DIRECT["101"], name="Qui ? L'Été")
    at_alice = stage.picks_up(stage.alice, 1)
    caller.answered()
    stage.hangs_up("caller", caller)
    at_alice.over()
