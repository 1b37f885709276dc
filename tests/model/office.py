"""A company in a random world: three systems, the people in front of them, and a hub that may die anywhere.

An `Office` does one *step* after the other. A step is plain data, ``{do: edit, in: odoo, table: T, id: "1",
set: {city: v3}}``, so that a story can be kept in a file, read by a person, and told again. Each step answers
with a sentence about what happened, or with nothing where it could not happen.

Every value a person types is new in the world (``v1``, ``v2 and more …``) or a copy of one, so that "where
did it go" and "who said it first" can be asked by name. What the promises say of it is in
`tests.model.promises`.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

from hub import answers, deadletters, decisions, journal, rehearsal
from hub.engine import Engine
from hub.mapping import load_mappings
from hub.ports import Busy, ConnectorError, Native, Traits, Unreachable
from hub.report import Report
from hub.store import history, listing
from tests.memory import START, Crash, MemorySystem, MemoryTable
from tests.model.database import empty_database
from tests.model.faults import Arm, Caller, FragileStore
from tests.model.mappings import CONTACT, CUSTOMER
from tests.model.merging_memory import HIDDEN
from tests.model.words import Step, chosen, token
from tests.tally import tally

SYSTEMS = ("odoo", "sage", "list")
TABLES = {"T": "customer", "C": "contact"}


class Office:
    """The company. `config` is what the example is about; see `tests.model.choices.configs`."""

    def __init__(self, config: Mapping[str, Any], url: str | None = None) -> None:
        self.config = dict(config)
        base = "/dev/shm" if Path("/dev/shm").is_dir() else None
        self.folder = Path(tempfile.mkdtemp(prefix="hub-model-", dir=base))
        self.mappings = load_mappings(self._written_mappings())
        self.arms: list[Arm] = []
        self.dead = False
        self.seconds = self.added = 0
        self.typed: defaultdict[str, set[str]] = defaultdict(set)
        self.seen: dict[str, str] = {}
        self.told_apart: set[str] = set()
        self.steps: list[Step] = []
        self.story: list[str] = []
        self.aside: list[str] = []
        self.store = self._opened(url)
        self.systems = self._systems()

    def _written_mappings(self) -> Path:
        folder = self.folder / "mappings"
        folder.mkdir()
        (folder / "customer.yaml").write_text(self.customers(), encoding="utf-8")
        if self.config["contacts"]:
            (folder / "contact.yaml").write_text(CONTACT, encoding="utf-8")
        return folder

    def customers(self) -> str:
        """The mapping of the customers."""
        return CUSTOMER.format(**{name: self.config[name] for name in ("default", "city", "on_delete")})

    def _opened(self, url: str | None) -> FragileStore:
        if url is not None:
            return FragileStore(url, self.gate)
        path = self.folder / "hub.sqlite"
        path.write_bytes(empty_database())
        return FragileStore(f"sqlite:///{path}", self.gate)

    def _systems(self) -> dict[str, MemorySystem]:
        page, batch = self.config["page"], self.config["batch"]
        rows = Traits(assigns_ids=False, incremental=False, batch=batch)
        files = Traits(assigns_ids=False, incremental=False, confirms=False, batch=batch)
        shouts = {"city": _upper} if self.config["list_shouts"] else {}
        systems = {
            "odoo": self.odoo(Traits(archives=True, batch=batch), page),
            "sage": MemorySystem("sage", files, page_size=page),
            "list": MemorySystem("list", rows, page_size=page, normalise=shouts),
        }
        for name, system in systems.items():
            system.now = self.now
            system.gate = lambda instant, name=name: self.gate(name, instant)  # type: ignore[misc]
        return systems

    def recognised(self, value: object) -> str | None:
        """What a value that somebody typed is known by wherever it goes; nothing: nobody asks about it."""
        return str(value) if token(value) else None

    def shown_as(self, system: str, field: str, value: Native) -> Native:
        """What a system can hold of a value: `sage` shouts, and keeps twelve letters of a name."""
        if isinstance(value, str) and system == "sage" and field in ("name", "city"):
            value = value.upper()[:12].strip() if field == "name" else value.upper()
        return self.systems[system].kept(field, value)

    def decide_the_rest(self) -> bool:
        """Have people answer whatever else is asked of them; whether anything was."""
        return False

    def odoo(self, traits: Traits, page: int) -> MemorySystem:
        return MemorySystem("odoo", traits, page_size=page, overlap=2)

    def close(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- time, and the hub -------------------------------------------------------------------------------

    def now(self) -> datetime:
        self.seconds += 1
        return START + timedelta(seconds=self.seconds)

    def engine(self) -> Engine:
        """A hub that has just been started."""
        self.dead = False
        connectors = {name: system.connect() for name, system in self.systems.items()}
        return Engine(self.store, self.mappings, connectors, clock=self._clock)

    def _clock(self) -> str:
        return self.now().isoformat(timespec="milliseconds")

    def gate(self, system: str, instant: str) -> None:
        """Every instant at which the hub touches anything: it may be dead, die, or meet somebody."""
        if self.dead:
            raise Crash("the hub is dead")
        for arm in list(self.arms):
            if (arm.system, arm.instant) == (system, instant):
                arm.nth -= 1
                if arm.nth == 0:
                    self.arms.remove(arm)
                    tally("faults injected")
                    arm.strike()

    def hub(self, work: Callable[[Engine], Any]) -> Any:
        """Have a fresh hub do something; `Crash` as a value if it died of it."""
        try:
            with mock.patch("hub.delivery.ThreadPoolExecutor", Caller(self.config["early"])):
                return work(self.engine())
        except Crash as crash:
            tally("crashes survived")
            return crash
        finally:
            self.dead = False

    def perform(self, step: Step) -> str | None:
        """Do one step, and note it if anything came of it."""
        acts = {key: value for key, value in step.items() if key != "do"}
        self.steps.append(step)
        self.story.append(f"({step['do']})")
        sentence: str | None = getattr(self, f"do_{step['do']}")(**acts)
        said = "; meanwhile ".join(filter(None, [sentence, *self.aside]))
        self.aside.clear()
        if sentence is None:
            self.steps.pop()
            self.story.pop()
        else:
            self.story[-1] = said
        return sentence

    # -- what people do in the systems -------------------------------------------------------------------

    def table(self, system: str, table: str) -> MemoryTable:
        return self.systems[system][table]

    def _type(self, system: str, values: Mapping[str, Native]) -> None:
        for value in values.values():
            if found := token(value):
                self.typed[found].add(system)

    def do_add(self, system: str, table: str, set: dict[str, Native], id: str | None = None) -> str | None:
        place = self.table(system, table)
        if id in place.items:
            return None
        self._type(system, set)
        self.added += 1
        return f"somebody adds {_where(system, table, place.add(set, id))}: {_shown(set)}"

    def do_edit(self, system: str, table: str, id: str, set: dict[str, Native]) -> str | None:
        place = self.table(system, table)
        if id not in place.items:
            return None
        self._type(system, set)
        place.set(id, set)
        return f"somebody sets {_shown(set)} in {_where(system, table, id)}"

    def do_archive(self, system: str, table: str, id: str, archived: bool) -> str | None:
        place = self.table(system, table)
        if id not in place.items or place.items[id].archived == archived:
            return None
        place.archive(id, archived)
        return f"somebody {'archives' if archived else 'restores'} {_where(system, table, id)}"

    def do_delete(self, system: str, table: str, id: str) -> str | None:
        place = self.table(system, table)
        if id not in place.items:
            return None
        place.delete(id)
        return f"somebody deletes {_where(system, table, id)}"

    def do_bring_back(self, system: str, table: str, id: str) -> str | None:
        place = self.table(system, table)
        if id not in place.deleted or (id in place.items and not place.system.traits.assigns_ids):
            return None
        self._type(system, place.deleted[id].values)
        self.added += 1
        return f"somebody types {_where(system, table, id)} anew, as {place.bring_back(id)}"

    def do_spoil(self, system: str, table: str, id: str, field: str) -> str | None:
        place = self.table(system, table)
        if id not in place.items:
            return None
        place.spoil(id, field)
        return f"{field} becomes unreadable in {_where(system, table, id)}"

    # -- what the systems do -----------------------------------------------------------------------------

    def do_take_in(self) -> str | None:
        if not self.systems["sage"].files:
            return None
        self.systems["sage"].take_in()
        return "sage imports what waits"

    def do_publish(self) -> str:
        self.systems["sage"].publish()
        return "sage exports what there is"

    def do_refuse(self, system: str, field: str) -> str:
        """Until it relents, the system takes no write that sets this field to something."""

        def refuse(values: Mapping[str, Native]) -> str | None:
            return f"{field} {values[field]!r} is not allowed" if values.get(field) is not None else None

        found = self.systems[system]
        found.refuse = found.refuse_later = None
        if found.traits.confirms:
            found.refuse = refuse
        else:
            found.refuse_later = refuse
        return f"{system} begins to refuse any {field}"

    def do_relent(self, system: str) -> str | None:
        found = self.systems[system]
        if found.refuse is None and found.refuse_later is None:
            return None
        found.refuse = found.refuse_later = None
        return f"{system} refuses nothing any more"

    def do_whim(self, system: str, whim: str) -> str:
        """Something a system may do for no reason."""
        found = self.systems[system]
        tally("faults injected")
        if whim == "versions":
            found.salt += 1
            return f"every version in {system} changes, and nothing else"
        if whim == "order":
            found.backwards = not found.backwards
            return f"{system} lists its records the other way round"
        if whim == "twice":
            found.twice = not found.twice
            return f"{system} {'begins' if found.twice else 'ceases'} to hand records over twice"
        down = found.down is None
        found.down = Unreachable(system, "cannot be reached") if down else None
        return f"{system} is {'down' if down else 'there again'}"

    def do_lose(self, system: str, what: str, count: int) -> str:
        """The next replies (after the write was applied) or requests (before) are lost."""
        setattr(self.systems[system], f"lose_{what}", count)
        tally("faults injected", count)
        return f"the next {count} {what} of {system} are going to be lost"

    # -- what happens to the hub -------------------------------------------------------------------------

    def do_fault(self, system: str, instant: str, nth: int, fault: str) -> str:
        """At that instant the hub dies, or the system cannot be reached or is busy."""

        def strike() -> None:
            if fault == "crash":
                self.dead = True
                self.aside.append(f"the hub dies at {system}: {instant}")
                raise Crash(f"{system}: {instant}")
            self.aside.append(f"{system} is {fault} at {instant}")
            problem: type[ConnectorError] = Busy if fault == "busy" else Unreachable
            raise problem(system, f"is {fault}")

        self.arms.append(Arm(system, instant, nth, strike))
        return f"(to come: {fault} at the {nth}. '{instant}' of {system})"

    def do_meanwhile(self, system: str, instant: str, nth: int, then: Step) -> str:
        """At that instant of the hub's work, somebody does something."""

        def strike() -> None:
            acts = {key: value for key, value in then.items() if key != "do"}
            sentence = getattr(self, f"do_{then['do']}")(**acts)
            if sentence:
                self.aside.append(f"({instant}) {sentence}")

        self.arms.append(Arm(system, instant, nth, strike))
        return f"(to come: {then['do']} at the {nth}. '{instant}' of {system})"

    def do_sync(self, compare: bool = False) -> str:
        report = self.hub(lambda engine: engine.sync(compare=compare))
        if isinstance(report, Crash):
            return "the hub syncs"
        self.note_seen(report)
        return f"the hub syncs{' and compares ids' if compare else ''}: {report.writes} writes"

    def do_plan_and_sync(self) -> str | None:
        """Plan, then sync, with nothing in between: the writes are those of the plan."""
        from tests.model import promises

        if self.arms or any(s.lose_replies or s.lose_requests for s in self.systems.values()):
            return None
        engine = self.engine()
        with self.store.reading() as connection:
            doubtful = [row for row in listing.routes(connection) if row.due]
        plan = rehearsal.plan(engine, self.mappings, engine.connectors, compare=True)
        before = {name: len(system.written) for name, system in self.systems.items()}
        said = self.do_sync(compare=True)
        done = {name: system.written[before[name] :] for name, system in self.systems.items()}
        if not doubtful and not plan.report.problems:
            promises.planned_was_done(self, plan, done)
        return f"somebody looks at the plan ({len(plan.writes)} writes), then {said}"

    # -- what people decide ------------------------------------------------------------------------------

    def do_settle(self, nth: int, side: int) -> str | None:
        found = self.conflicts()
        if not found:
            return None
        conflict = found[nth % len(found)]
        words = chosen(conflict.candidates, side)
        self.hub(lambda engine: decisions.resolve(engine, conflict.id, **words))
        return f"somebody settles {conflict.field} of {conflict.title}: {words}"

    def do_answer(self, nth: int, answer: str) -> str | None:
        """Answer a review; an answer that is not possible is refused with a reason, and changes nothing."""
        found = self.reviews()
        if not found:
            return None
        review = found[nth % len(found)]
        act: Callable[[Engine, int], Any] = getattr(answers, answer)
        try:
            done = self.hub(lambda engine: act(engine, review.id))
        except (decisions.DecisionError, ConnectorError):
            return None
        if answer == "different" and not isinstance(done, Crash):
            self.told_apart.add(self._code(review))
        return f"somebody answers '{answer}' about {_where(review.system, review.entity, review.external_id)}"

    def _code(self, review: listing.OpenReview) -> str:
        table = next(table for table, entity in TABLES.items() if entity == review.entity)
        item = self.table(review.system, table).items.get(review.external_id)
        return str(item.values.get("code")) if item else ""

    def do_retry(self) -> str | None:
        letters = self.dead_letters()
        if not letters:
            return None
        self.hub(lambda engine: deadletters.retry(engine, [letter.id for letter in letters]))
        return f"somebody has {len(letters)} refused writes tried again"

    def do_release(self) -> str | None:
        with self.store.reading() as connection:
            held = [route for route in listing.routes(connection) if route.brake]
        for route in held:
            self.hub(partial(decisions.release, entity=route.entity, system=route.system))
        return f"somebody lets {len(held)} brakes go" if held else None

    def do_undo(self, nth: int) -> str | None:
        with self.store.reading() as connection:
            changes = history.changes(connection)
        if not changes:
            return None
        change = changes[nth % len(changes)]
        done = self.hub(lambda engine: journal.undo(engine, [change]).results)
        if isinstance(done, Crash):
            return f"somebody undoes '{change.kind}' of {change.title}"
        if not done[0].done:
            return None
        return f"somebody undoes '{change.kind}' of {change.title}: back to {dict(change.before)}"

    # -- what there is -----------------------------------------------------------------------------------

    def conflicts(self) -> list[listing.OpenConflict]:
        with self.store.reading() as connection:
            return listing.conflicts(connection)

    def reviews(self) -> list[listing.OpenReview]:
        with self.store.reading() as connection:
            return listing.reviews(connection)

    def dead_letters(self) -> list[listing.DeadLetter]:
        with self.store.reading() as connection:
            return listing.dead_letters(connection)

    def links(self) -> dict[tuple[str, str, str], str]:
        """(system, entity, record) → golden id, of records the hub believes to be there."""
        with self.store.reading() as connection:
            rows = connection.exec_driver_sql(
                "SELECT system, entity, external_id, golden_id FROM link WHERE NOT gone"
            )
            return {(row[0], row[1], row[2]): row[3] for row in rows}

    def customer(self, golden_id: str) -> Collection[tuple[str, Native]]:
        """The records (system, id) that say who a customer is."""
        links = self.links().items()
        return {
            (system, id) for (system, entity, id), one in links if (entity, one) == ("customer", golden_id)
        }

    def note_seen(self, report: Report) -> None:
        """After a whole sync, the hub has taken in all that a system shows of records it holds nothing of."""
        failed = {(entity, system) for entity, system, _ in report.problems} | {
            (one.entity, one.system) for one in report.braked
        }
        held = {(review.entity, review.system, review.external_id) for review in self.reviews()}
        links = self.links()
        for name, system in self.systems.items():
            for table, entity in TABLES.items():
                if (entity, name) in failed:
                    continue
                for id, item in system[table].visible().items():
                    if (name, entity, id) in links and (entity, name, id) not in held:
                        for field, value in item.values.items():
                            known = self.recognised(value) if field not in HIDDEN else None
                            if known:
                                self.seen[known] = f"{field} of {_where(name, table, id)}"


def _upper(value: Native) -> Native:
    return value.upper() if isinstance(value, str) else value


def _where(system: str, table: str, id: str) -> str:
    return f"{TABLES.get(table, table)} {id} of {system}"


def _shown(values: Mapping[str, Native]) -> str:
    return ", ".join(f"{name} {value!r}" for name, value in values.items())
