"""Writes changed values into an existing document, where its profile reads them, and nothing else.

Promises: a value goes into every control and form field that showed it, written as the old one was; all
other parts of the file stay byte for byte, and so does all around the value; what was made is read again by
the same profile, and unless it says exactly what was wanted, and of everything else what it said before,
nothing is written. What cannot be written is refused in words. Never: writes into running text, accepts a
tracked change, breaks a signature. Pure: bytes in, bytes out; runs in `worker`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.word import filling, guarding
from connectors.word.binding import Binding, binding_of, part_of, write_bound
from connectors.word.choosing import contracts, fits
from connectors.word.faults import Refusal
from connectors.word.forms_write import choose, write_form
from connectors.word.kinds import PER
from connectors.word.kinds import shown as shown_value
from connectors.word.names import attribute, child, local, value_of
from connectors.word.package import Bounds, Package
from connectors.word.profile import Field_, Profile
from connectors.word.reading import WELL, Contract, Value, parse, read_contract
from connectors.word.sources import Candidate, Search
from connectors.word.splicing import Node, Part
from connectors.word.targets import Target, targets
from connectors.word.text import read_document
from connectors.word.wording import by_format, worded
from hub.filing.container import rewritten
from hub.filing.faults import Fault as FilingFault
from hub.values import Unreadable, make_type

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def patch(
    content: bytes, shown: str, bounds: Bounds, profile: Profile, part: int, values: Mapping[str, Any]
) -> bytes:
    """The document with these values (canonical or native) in its contract number `part`, from 0.

    The same bytes where it says all that already. Raises `Refusal`, and `Fault` where it cannot be read.
    """
    before = _Opened(content, shown, bounds, profile)
    if part >= len(before.contracts):
        raise Refusal("the contract is no longer in the document", "look where it went")
    wanted = {name: canonical(name, profile.fields.get(name), value) for name, value in values.items()}
    opened = before
    for name, value in wanted.items():
        current = _value(opened.read[part], name)
        if current.value != value or current.verdict not in WELL:
            opened = opened.with_value(part, name, profile.fields[name], value)
    if opened is not before:
        _prove(before, opened, part, wanted)
    return opened.content


def canonical(name: str, wanted: Field_ | None, native: Any) -> Any:
    """A value as `reading` would give it. Raises `Refusal` for one the field cannot hold."""
    if wanted is None:
        raise Refusal(f"{name} is no field of the document's profile", "correct the mapping", name)
    if native is None or native == "":
        return None
    try:
        value = _as_type(wanted, native)
        if value is None and not isinstance(native, bool | int | float):
            value = parse(wanted, Candidate("", str(native), "", "", 0))
        if isinstance(value, str):
            filling.check_characters(str(native))
        if value is None:
            raise Unreadable("a document in which that stands is read as one in which nothing stands")
    except (Unreadable, KeyError) as reason:
        raise Refusal(f"{name} cannot be {str(native)!r}: {reason}", "correct the value", name) from reason
    except Refusal as refusal:
        raise Refusal(refusal.reason, refusal.todo, name) from refusal
    return value


def _as_type(wanted: Field_, native: Any) -> Any:
    kind = wanted.type
    if kind == "choice":
        return native if native in (wanted.values or {}) else None
    if kind == "renewal":
        return native if native in ("tacit", "express", "none") else None
    if kind == "amount":
        return str(make_type("money").parse(native))
    if kind == "periodicity":
        per = PER.get(wanted.per or "")
        return make_type("periodicity", **({"per": per} if per else {})).parse(native)
    if kind == "phone":
        return make_type("phone", region=wanted.region or "FR").parse(native)
    if kind in ("duration", "date", "boolean", "number", "integer"):
        return make_type(kind).parse(native)
    return None


class _Traced(Package):
    """A package that knows of every element it handed out which one of its part it is."""

    def __init__(self, content: bytes, shown: str, bounds: Bounds) -> None:
        self._origins: dict[int, tuple[str, int]] = {}
        self._kept: list[Element] = []
        super().__init__(content, shown, bounds)

    def _parsed(self, part: str, content: bytes) -> Element:
        root = super()._parsed(part, content)
        self._kept.append(root)
        self._origins.update((id(one), (part, number)) for number, one in enumerate(root.iter()))
        return root

    def origin_of(self, element: Element) -> tuple[str, int] | None:
        return self._origins.get(id(element))

    @property
    def names(self) -> list[str]:
        return [info.filename for info in self._members.values()]

    def raw_name(self, part: str) -> str:
        return self._members[part.lower()].filename

    def part(self, name: str) -> Part:
        self.xml(name)  # refuses what is hostile or broken before it is parsed again for its places
        return Part(name, self._read(name))


@dataclass
class _Opened:
    """One state of the document: its bytes, and what its profile reads there."""

    content: bytes
    shown: str
    bounds: Bounds
    profile: Profile

    def __post_init__(self) -> None:
        self.package = _Traced(self.content, self.shown, self.bounds)
        self.document = read_document(self.package)
        self.contracts = contracts(self.document, self.profile.split)
        self.read = [read_contract(part, "", self.profile, place) for place, part in self.contracts]
        self._parts: dict[str, Part] = {}
        self._done: set[tuple[str, int]] = set()
        self._shared: set[tuple[str, Binding]] = set()

    def part(self, name: str) -> Part:
        name = self.package.raw_name(name)
        if name not in self._parts:
            self._parts[name] = self.package.part(name)
        return self._parts[name]

    def _optional(self, kind: str, of: str) -> Part | None:
        for relation in self.package.relations(of).values():
            if relation.kind == kind and not relation.outside and self.package.has(relation.target):
                return self.part(relation.target)
        return None

    def with_value(self, part: int, name: str, wanted: Field_, value: Any) -> _Opened:
        """The document with this value in its places; not yet proven. Raises `Refusal`."""
        document = self.contracts[part][1]
        search = Search(document, self.profile.labels())
        current = _value(self.read[part], name)
        try:
            found = targets(search, name, wanted, current)
            self._check(found)
            for target in found:
                self._write(target, wanted, value, current.value)
            changed = {name: one.changed() for name, one in self._parts.items()}
            content = rewritten(
                self.content, {n: xml for n, xml in changed.items() if xml != self._parts[n].xml}
            )
        except Refusal as refusal:
            raise Refusal(refusal.reason, refusal.todo, refusal.field or name) from refusal
        except FilingFault as fault:
            raise Refusal(f"{fault.what}: {fault.why}", fault.todo, name) from fault
        return _Opened(content, self.shown, self.bounds, self.profile)

    def _check(self, found: list[Target]) -> None:
        guarding.check_signature(self.package.names)
        into_text = any(one.kind in ("bookmark", "merge_field") for one in found)
        guarding.check_settings(self._optional("settings", self.package.main), into_text)
        guarding.check_final(self._optional("custom-properties", ""))
        stories = [self.part(one) for one in self._stories()]
        names = [one.mark.name for one in found if one.kind in ("bookmark", "form_field")]
        for one in found:
            names += [n.get("name") or "" for n in self._node(one).walk() if n.name == "bookmarkStart"]
        guarding.check_repeated(stories, dict.fromkeys(names))

    def _stories(self) -> Iterator[str]:
        yield self.package.main
        kinds = ("header", "footer", "footnotes", "endnotes")
        for relation in self.package.relations(self.package.main).values():
            if relation.kind in kinds and not relation.outside and self.package.has(relation.target):
                yield relation.target

    def _node(self, target: Target) -> Node:
        origin = target.mark.origin
        assert origin is not None
        return self.part(origin[0]).nodes[origin[1]]

    def _write(self, target: Target, wanted: Field_, value: Any, old: Any) -> None:
        assert target.mark.origin is not None
        part, node = self.part(target.mark.origin[0]), self._node(target)
        for twin in _twins(part, node):
            if (part.name, twin.start) in self._done:
                continue
            self._done.add((part.name, twin.start))
            if target.kind == "sdt":
                self._control(part, twin, target, wanted, value, old)
            elif target.kind == "form_field":
                write_form(part, twin, target, wanted, value, old)
            else:
                text = worded(wanted, value, old, target.text, target.after)
                filling.fill_named(part, twin, text, f"{target.kind.replace('_', ' ')} {target.mark.name}")

    # -- content controls

    def _control(
        self, part: Part, control: Node, target: Target, wanted: Field_, value: Any, old: Any
    ) -> None:
        filling.check_control(control)
        bound = binding_of(control)
        if filling.is_check_box(control):
            filling.tick(part, control, bool(value))
            data = "1" if value else "0"
        else:
            text, data = self._text(part, control, target, wanted, value, old)
            filling.fill_control(part, control, text, self._placeholders)
        if bound is not None:
            self._bound(control, bound, data, (target, wanted, value, old))

    def _text(
        self, part: Part, control: Node, target: Target, wanted: Field_, value: Any, old: Any
    ) -> tuple[str, str]:
        """What the control is to show, and what its data part is to hold."""
        properties = control.child("sdtPr")
        assert properties is not None
        for box in properties.children:
            if box.name in ("dropDownList", "comboBox"):
                return choose(part, control, box, target, wanted, value, old)
        date = properties.child("date")
        if date is None:
            text = worded(wanted, value, old, target.text, target.after)
            return text, text
        day = str(value) if wanted.type == "date" and value is not None else None
        pattern, language = date.child("dateFormat"), date.child("lid")
        filling.set_day(part, control, day)
        if day is None:
            return (text := worded(wanted, value, old, target.text, target.after)), text
        code = pattern.get("val") if pattern is not None else None
        text = (
            by_format(day, code, (language.get("val") if language is not None else None) or "fr-FR")
            if code
            else worded(wanted, value, old, target.text, target.after)
        )
        mapped = date.child("storeMappedDataAs")
        kept = (mapped.get("val") if mapped is not None else None) or "dateTime"
        return text, {"text": text, "date": day}.get(kept, f"{day}T00:00:00")

    def _bound(self, control: Node, bound: Binding, data: str, rest: tuple[Target, Field_, Any, Any]) -> None:
        """The data part too, and every other control that shows the same place of it."""
        name = part_of(bound, self.package.names, self.part)
        if name is None or not self.package.has(name):
            return
        if (name, bound) in self._shared or not write_bound(
            self.part(name), bound, data, filling.called(control)
        ):
            return
        self._shared.add((name, bound))
        for story in map(self.part, self._stories()):
            for other in story.nodes:
                place = (story.name, other.start)
                if other.name == "sdt" and place not in self._done and binding_of(other) == bound:
                    self._done.add(place)
                    self._control(story, other, *rest)

    @property
    def _placeholders(self) -> set[str]:
        """The styles that placeholders are shown in, in any language's Word."""
        found = {"PlaceholderText"}
        for relation in self.package.relations(self.package.main).values():
            if relation.kind == "styles" and self.package.has(relation.target):
                for style in self.package.xml(relation.target):
                    if (
                        local(style.tag) == "style"
                        and (value_of(child(style, "name")) or "").lower() == "placeholder text"
                    ):
                        found.add(attribute(style, "styleId") or "")
        return found


def _twins(part: Part, node: Node) -> Iterator[Node]:
    """The element, and its copies in what Word wrote a second time for older programs."""
    yield node
    choice = next((one for one in node.above() if one.name == "mc:Choice"), None)
    if choice is None or choice.parent is None:
        return
    mine = [one for one in choice.walk() if _same(part, one, node)]
    for other in choice.parent.children:
        theirs = [one for one in other.walk() if _same(part, one, node)] if other is not choice else mine
        if len(theirs) != len(mine) and len(theirs) > 0:
            raise Refusal("Word's two copies of a text box differ", "change it in Word")
        if other is not choice and theirs:
            yield theirs[mine.index(node)]


def _same(part: Part, one: Node, other: Node) -> bool:
    if one.name != other.name:
        return False
    if one.name == "sdt":
        return filling.called(one) == filling.called(other)
    if one.name == "fldChar":
        return part.raw(one) == part.raw(other)
    return one.get("name") == other.get("name") and one.get("instr") == other.get("instr")


def _value(contract: Contract, name: str) -> Value:
    return next(value for value in contract.values if value.name == name)


def _prove(before: _Opened, after: _Opened, part: int, wanted: Mapping[str, Any]) -> None:
    """Raises `Refusal` unless the new document says what was wanted, and all else as before."""
    ending = posixpath.splitext(after.shown)[1].lstrip(".")
    told = fits(after.document, ending, {"it": after.profile})[0]
    if not told.fits and fits(before.document, ending, {"it": before.profile})[0].fits:
        raise Refusal(
            f"its profile would no longer fit the document: {'; '.join(told.why)}", "change it in Word"
        )
    if len(after.read) != len(before.read):
        raise Refusal("the document would be split into its contracts differently", "change it in Word")
    for number, (old, new) in enumerate(zip(before.read, after.read, strict=True)):
        for value in new.values:
            was = _value(old, value.name)
            if number == part and value.name in wanted:
                _prove_wanted(value, was, wanted[value.name])
            elif (value.value, value.verdict) != (was.value, was.verdict):
                raise Refusal(
                    f"{value.name} would change as well: it says {_said(was)}, and would say {_said(value)}",
                    "give each value a control of its own in Word",
                    value.name,
                )


def _prove_wanted(now: Value, was: Value, wanted: Any) -> None:
    if now.value == wanted and now.verdict in WELL:
        return
    doubt = f" ({now.doubts[0].message})" if now.doubts else ""
    raise Refusal(
        f"{now.name} was to say {shown_value(now.type, wanted) or 'nothing'}, and would be read as "
        f"{_said(now)}{doubt}; it says {_said(was)}",
        "change it in Word, or correct the value",
        now.name,
    )


def _said(value: Value) -> str:
    shown = shown_value(value.type, value.value)
    return f"{shown} ('{value.raw}')" if value.raw else shown or "nothing"
