"""The calls that are recorded, one function each; what happens is said in its docstring."""

from __future__ import annotations

from tests.live.asterisk import lab
from tests.live.asterisk.scenarios import OTHER, OUTSIDE, Stage, scenario


@scenario("09-attended-transfer")
def _(stage: Stage) -> None:
    """direct line of 101: 101 answers after 1 s, holds, calls 102, who answers after 1 s; 101 hands the
    caller over (REFER Replaces) after 1 s of talk; caller and 102 talk 1.5 s, the caller hangs up"""
    caller, first = stage.answered_directly()
    first.hold()
    consult = stage.dials(stage.alice, "102")
    at_bob = stage.picks_up(stage.bob, 1)
    consult.answered()
    stage.pause(1)
    stage.note("101 REFER Replaces")
    first.hand_to(consult)
    first.over()
    stage.hangs_up("caller", caller, 1.5)
    at_bob.over()


@scenario("13-queue-local-n")
def _(stage: Stage) -> None:
    """queue through Local/n channels (FreePBX shape): 101 and 102 ring, 102 answers after 1.5 s, they
    talk 2 s, 102 hangs up"""
    caller = stage.inbound(lab.QUEUE_LOCAL_N)
    at_alice = stage.alice.incoming().ringing()
    at_bob = stage.picks_up(stage.bob, 1.5)
    at_alice.over()
    caller.answered()
    stage.hangs_up("102", at_bob, 2)
    caller.over()


@scenario("17-blind-transfer-during-consult")
def _(stage: Stage) -> None:
    """direct line of 101: 101 answers after 1 s, holds, calls 102, who answers after 1 s; 101 ends that
    call and then sends the caller to 102 blind (REFER); 102 answers after 1 s, they talk 1 s, 102 hangs
    up"""
    caller, first = stage.answered_directly()
    first.hold()
    consult = stage.dials(stage.alice, "102")
    stage.picks_up(stage.bob, 1)
    consult.answered()
    stage.hangs_up("101 (consult)", consult)
    stage.pause(0.5)
    stage.note("101 REFER 102")
    first.transfer("102")
    at_bob = stage.picks_up(stage.bob, 1)
    first.over()
    stage.hangs_up("102", at_bob)
    caller.over()


@scenario("18-pickup")
def _(stage: Stage) -> None:
    """direct line of 101: 101 rings; after 1.5 s 102 dials *8 and takes the call; they talk 1.5 s, the
    caller hangs up"""
    caller = stage.inbound(lab.DIRECT["101"])
    at_alice = stage.alice.incoming().ringing()
    stage.pause(1.5)
    at_bob = stage.dials(stage.bob, "*8").answered()
    at_alice.over()
    caller.answered()
    stage.hangs_up("caller", caller, 1.5)
    at_bob.over()


@scenario("22-queue-attended-transfer")
def _(stage: Stage) -> None:
    """queue: 101 and 102 ring, 101 answers after 1 s, holds, calls 103, who answers after 1 s; 101 hands
    the caller over (REFER Replaces) after 1 s; caller and 103 talk 1.5 s, the caller hangs up"""
    caller = stage.inbound(lab.QUEUE)
    at_bob = stage.bob.incoming().ringing()
    first = stage.picks_up(stage.alice, 1)
    at_bob.over()
    caller.answered()
    stage.pause(1)
    first.hold()
    consult = stage.dials(stage.alice, "103")
    at_carole = stage.picks_up(stage.carole, 1)
    consult.answered()
    stage.pause(1)
    stage.note("101 REFER Replaces")
    first.hand_to(consult)
    first.over()
    stage.hangs_up("caller", caller, 1.5)
    at_carole.over()


@scenario("26-consult-without-transfer")
def _(stage: Stage) -> None:
    """direct line of 101: 101 answers after 1 s, holds, calls 102, who answers after 1 s; 102 hangs up
    after 1 s; 101 takes the caller back, they talk 1 s, the caller hangs up"""
    caller, first = stage.answered_directly()
    first.hold()
    consult = stage.dials(stage.alice, "102")
    at_bob = stage.picks_up(stage.bob, 1)
    consult.answered()
    stage.hangs_up("102", at_bob)
    consult.over()
    first.resume()
    stage.hangs_up("caller", caller)
    first.over()


@scenario("27-two-calls-of-one-number")
def _(stage: Stage) -> None:
    """one number calls twice at once: the direct line of 101, who answers after 1 s, and 1 s later the
    direct line of 102, who answers after 1 s; the caller ends the first call, 1 s later 102 ends the
    second"""
    caller, first = stage.answered_directly()
    again = stage.inbound(lab.DIRECT["102"])
    second = stage.picks_up(stage.bob, 1)
    again.answered()
    stage.hangs_up("caller (first call)", caller)
    first.over()
    stage.hangs_up("102", second)
    again.over()


@scenario("29-forwarded-by-telephone")
def _(stage: Stage) -> None:
    """direct line of 101: the telephone of 101 sends its calls to 102 (302); 102 rings, answers after 1
    s, they talk 1.5 s, the caller hangs up"""
    stage.alice.forwards("102")
    caller = stage.inbound(lab.DIRECT["101"])
    at_bob = stage.picks_up(stage.bob, 1)
    caller.answered()
    stage.hangs_up("caller", caller, 1.5)
    at_bob.over()


@scenario("31-local-optimised")
def _(stage: Stage) -> None:
    """queue through Local channels that optimise themselves away (sound flows both ways): 101 and 102
    ring, 102 answers after 1 s, they talk 3 s, the caller hangs up"""
    caller = stage.inbound(lab.QUEUE_LOCAL)
    at_alice = stage.alice.incoming().ringing()
    at_bob = stage.picks_up(stage.bob, 1)
    at_alice.over()
    caller.answered()
    caller.talk()
    at_bob.talk()
    stage.hangs_up("caller", caller, 3)
    at_bob.over()


@scenario("35-second-queue-round")
def _(stage: Stage) -> None:
    """queue with rounds of 3 s: 101 and 102 ring for 3 s and nobody answers; 1 s later both ring again,
    101 answers after 1 s, they talk 1.5 s, the caller hangs up"""
    caller = stage.inbound(lab.QUEUE_SHORT_ROUNDS)
    first_round = [phone.incoming().ringing() for phone in (stage.alice, stage.bob)]
    for unanswered in first_round:
        unanswered.over()
    at_bob = stage.bob.incoming().ringing()
    at_alice = stage.picks_up(stage.alice, 1)
    at_bob.over()
    caller.answered()
    stage.hangs_up("caller", caller, 1.5)
    at_alice.over()


@scenario("40-abandoned-in-welcome")
def _(stage: Stage) -> None:
    """welcome message, then the queue: the caller hangs up after 1 s, in the message; no telephone ever
    rang"""
    caller = stage.inbound(lab.WELCOME).answered()
    stage.hangs_up("caller", caller)


@scenario("41-consult-cancelled")
def _(stage: Stage) -> None:
    """direct line of 101: 101 answers after 1 s, holds, calls 102, whose telephone rings; 101 gives that
    up after 1.5 s, takes the caller back, they talk 1 s, 101 hangs up"""
    caller, first = stage.answered_directly()
    first.hold()
    consult = stage.dials(stage.alice, "102").ringing()
    at_bob = stage.bob.incoming().ringing()
    stage.hangs_up("101 (consult)", consult, 1.5)
    at_bob.over()
    first.resume()
    stage.hangs_up("101", first)
    caller.over()


@scenario("42-blind-transfer-unanswered")
def _(stage: Stage) -> None:
    """direct line of 101: 101 answers after 1 s, sends the caller to 102 blind (REFER 202, which rings
    102 for 4 s); 102 does not answer, the exchange ends the call"""
    caller, first = stage.answered_directly()
    stage.note("101 REFER 202")
    first.transfer("202")
    stage.bob.incoming().ringing().over()
    caller.over()
    stage.alice.hang_up()


@scenario("43-group-of-three-one-busy")
def _(stage: Stage) -> None:
    """ring group of 101, 102 and 103: 103 is busy (486), 101 and 102 ring, 102 answers after 1.5 s, they
    talk 1.5 s, the caller hangs up"""
    stage.carole.rejects()
    caller = stage.inbound(lab.GROUP_OF_THREE)
    at_alice = stage.alice.incoming().ringing()
    at_bob = stage.picks_up(stage.bob, 1.5)
    at_alice.over()
    caller.answered()
    stage.hangs_up("caller", caller, 1.5)
    at_bob.over()


@scenario("44-hidden-number-in-queue")
def _(stage: Stage) -> None:
    """queue, number withheld (From anonymous, Privacy: id, asserted +33199001234): 101 and 102 ring, 101
    answers after 1 s, they talk 1.5 s, the caller hangs up"""
    caller = stage.inbound(lab.QUEUE, hidden=True)
    at_bob = stage.bob.incoming().ringing()
    at_alice = stage.picks_up(stage.alice, 1)
    at_bob.over()
    caller.answered()
    stage.hangs_up("caller", caller, 1.5)
    at_alice.over()


@scenario("45-attended-transfer-to-queue")
def _(stage: Stage) -> None:
    """direct line of 101: 101 answers after 1 s, holds, calls the queue (600), where 102 answers after 1
    s; 101 hands the caller over (REFER Replaces) after 1 s; caller and 102 talk 1.5 s, 102 hangs up"""
    caller, first = stage.answered_directly()
    first.hold()
    consult = stage.dials(stage.alice, "600")
    at_bob = stage.picks_up(stage.bob, 1)
    consult.answered()
    stage.pause(1)
    stage.note("101 REFER Replaces")
    first.hand_to(consult)
    first.over()
    stage.hangs_up("102", at_bob, 1.5)
    caller.over()


@scenario("46-parked")
def _(stage: Stage) -> None:
    """direct line of 101: 101 answers after 1 s and parks the caller (REFER 701); 1.5 s later 102 dials
    702 and takes the call; they talk 1 s, 102 hangs up"""
    caller, first = stage.answered_directly()
    stage.note("101 REFER 701")
    first.transfer("701")
    first.over()
    stage.pause(1.5)
    at_bob = stage.dials(stage.bob, "702").answered()
    stage.hangs_up("102", at_bob)
    caller.over()


@scenario("47-outbound-through-local")
def _(stage: Stage) -> None:
    """outbound through a Local/n channel: 101 dials 9, the exchange dials 0450777666 on the trunk,
    answered after 1 s, they talk 1.5 s, 101 hangs up"""
    call = stage.dials(stage.alice, "9")
    outside = stage.picks_up(stage.lab.trunk, 1)
    call.answered()
    stage.hangs_up("101", call, 1.5)
    outside.over()


@scenario("48-internal-busy")
def _(stage: Stage) -> None:
    """102 talks to a caller on its direct line; 101 calls 102, who is busy (486); 1 s later the caller
    hangs up"""
    caller = stage.inbound(lab.DIRECT["102"])
    at_bob = stage.picks_up(stage.bob, 1)
    caller.answered()
    stage.bob.rejects()
    stage.dials(stage.alice, "102").over()
    stage.hangs_up("caller", caller)
    at_bob.over()


@scenario("49-abandoned-in-blind-transfer")
def _(stage: Stage) -> None:
    """direct line of 101: 101 answers after 1 s, sends the caller to 102 blind (REFER); 102 rings for 1.5
    s, then the caller hangs up"""
    caller, first = stage.answered_directly()
    stage.note("101 REFER 102")
    first.transfer("102")
    at_bob = stage.bob.incoming().ringing()
    stage.hangs_up("caller", caller, 1.5)
    at_bob.over()
    stage.alice.hang_up()


@scenario("50-blind-transfer-to-queue")
def _(stage: Stage) -> None:
    """direct line of 101: 101 answers after 1 s, sends the caller to the queue (REFER 600); 102 answers
    after 1 s, they talk 1.5 s, the caller hangs up"""
    caller, first = stage.answered_directly()
    stage.note("101 REFER 600")
    first.transfer("600")
    at_bob = stage.picks_up(stage.bob, 1)
    stage.hangs_up("caller", caller, 1.5)
    at_bob.over()


@scenario("51-blind-transfer-outside")
def _(stage: Stage) -> None:
    """direct line of 101: 101 answers after 1 s, sends the caller to 0199004321 (REFER) on the trunk,
    answered after 1 s; they talk 1.5 s, the caller hangs up"""
    caller, first = stage.answered_directly()
    stage.note(f"101 REFER {OUTSIDE}")
    first.transfer(OUTSIDE)
    outside = stage.picks_up(stage.lab.trunk, 1)
    stage.hangs_up("caller", caller, 1.5)
    outside.over()


@scenario("52-call-waiting")
def _(stage: Stage) -> None:
    """direct line of 101: 101 answers after 1 s; another number calls the same line, 101 rings again,
    holds the first caller and answers the second after 1 s; the second hangs up after 1 s, 101 takes the
    first back, who hangs up 1 s later"""
    caller, first = stage.answered_directly()
    another = stage.inbound(lab.DIRECT["101"], OTHER, "Martin")
    waiting = stage.alice.incoming().ringing()
    stage.pause(1)
    first.hold()
    waiting.answer()
    another.answered()
    stage.hangs_up("second caller", another)
    waiting.over()
    first.resume()
    stage.hangs_up("first caller", caller)
    first.over()
