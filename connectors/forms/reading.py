"""Reads one form by its description: every value with its field, raw text and place, and what is doubtful.

Promises: what was on the blank already is no value; what cannot be told (a name in a date's field, two boxes
of a choice) is unreadable, in words; a form that lies otherwise than the blank, or that is another one, is
not read at all. Never: chooses silently, or fills what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

from connectors.forms.acroform import FormField, fields_of
from connectors.forms.blank import Blank
from connectors.forms.description import Description, Field_
from connectors.forms.flattened import Ink, Paper, read_paper
from connectors.forms.intake import Bounds, Opened
from connectors.forms.values import meaning
from hub.values import Unreadable, clean

Verdict: TypeAlias = Literal["found", "empty", "missing", "printed", "unreadable"]
"""`printed`: nothing but what the blank holds already. `missing` is required and empty."""

FITS, LIKE = 0.999, 0.5
DRAWN = ("/FreeText", "/Ink", "/Stamp")


@dataclass(frozen=True, slots=True)
class Value:
    """One value as it was read. `value` is native; `raw` is what the form says in `source`, at `place`."""

    name: str
    type: str
    verdict: Verdict
    value: Any = None
    source: str = ""
    raw: str = ""
    place: str = ""
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file is to a description. `refused`: why it is not read. `another`: it is some other form."""

    form: Literal["fields", "flattened"] = "fields"
    refused: str = ""
    another: bool = False
    values: tuple[Value, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """As it crosses to the hub, and as the command shows it."""
        return {**asdict(self), "values": [asdict(value) for value in self.values]}

    @property
    def natives(self) -> dict[str, Any]:
        """The values that could be read, by our names; ``None`` where there is none."""
        return {value.name: value.value for value in self.values if value.verdict != "unreadable"}


def read_form(opened: Opened, description: Description, blank: Blank, bounds: Bounds) -> Reading:
    """The values of one form. Raises `Fault` only where the file itself cannot be read."""
    names = {name for one in description.fields.values() for name in one.names}
    if opened.acroform is not None:
        fields = fields_of(opened, bounds)
        if fields:
            return _from_fields(opened, description, blank, fields, names)
        if opened.xfa:
            why = (
                "it is an XFA form, which holds its values where only Adobe's programs find them: open it "
                "there and print it to a PDF"
            )
            return Reading(refused=why, notes=tuple(opened.notes))
    paper = read_paper(opened, blank, names)
    notes = (*opened.notes, *paper.notes)
    if paper.refused or paper.another:
        return Reading("flattened", paper.refused, paper.another, notes=notes)
    found = tuple(_Paper(description, blank, paper).value(name) for name in description.fields)
    return Reading("flattened", values=found, notes=notes)


def _from_fields(
    opened: Opened, description: Description, blank: Blank, fields: Mapping[str, FormField], names: set[str]
) -> Reading:
    there = [name for name in names if name in fields]
    notes = (*opened.notes, *_drawn(opened))
    if len(there) < LIKE * len(names):
        return Reading(another=True, notes=notes)
    if len(there) < FITS * len(names):
        lacking = sorted(names - set(there))
        why = f"it has no field «{lacking[0]}»" + (
            f" and lacks {len(lacking) - 1} more" if lacking[1:] else ""
        )
        return Reading(refused=f"{why}: is it another edition of this form?", notes=notes)
    found = tuple(_Fields(description, blank, fields).value(name) for name in description.fields)
    return Reading("fields", values=found, notes=notes)


def _drawn(opened: Opened) -> list[str]:
    """Notes on what was written over the form rather than into its fields."""
    kinds = {
        str(note.get("/Subtype"))[1:]
        for page in opened.reader.pages
        for note in (one.get_object() for one in page.get("/Annots") or ())
        if isinstance(note, dict) and note.get("/Subtype") in DRAWN
    }
    return (
        [f"something is written or drawn over the form ({', '.join(sorted(kinds))}): not read"]
        if kinds
        else []
    )


class _Source:
    """Where raw texts and ticks come from; what is common to both ways of reading."""

    word, spaced = "", False

    def __init__(self, description: Description, blank: Blank) -> None:
        self.description, self.blank = description, blank

    def text(self, native: str) -> str | None:
        """The text in a field."""
        raise NotImplementedError

    def states(self, native: str) -> tuple[list[str], str]:
        """The states of a box or a group that are on, and why they cannot be told, if so."""
        raise NotImplementedError

    def value(self, name: str) -> Value:
        """One value of the description."""
        wanted = self.description.fields[name]
        if wanted.boxes:
            return self._boxes(name, wanted)
        first = self.blank.fields.get(wanted.names[0])
        if wanted.type == "boolean":
            return self._box(name, wanted)
        if first is not None and first.kind in ("radio", "checkbox"):
            return self._group(name, wanted)
        return self._text(name, wanted)

    # -- the kinds of values -------------------------------------------------------------------------

    def _text(self, name: str, wanted: Field_) -> Value:
        parts = [self.text(native) or "" for native in wanted.names]
        printed = [self._printed(native) or "" for native in wanted.names]
        if wanted.fields and wanted.type != "lines":
            parts = [
                "".join(part.split()) if self.spaced and wanted.type != "text" else part for part in parts
            ]
        raw = wanted.join.join(parts).strip() if any(parts) else ""
        if wanted.type == "text" and wanted.fields:
            raw = wanted.join.join(part for part in parts if part)
        if not raw:
            return self._without(name, wanted)
        if any(printed) and [_plain(part) for part in parts] == [_plain(part) for part in printed]:
            return self._was_printed(name, wanted, raw)
        if wanted.values:
            return self._coded(name, wanted, raw)
        try:
            value = meaning(wanted, raw, self.spaced)
        except Unreadable as wrong:
            return self._made(name, wanted, "unreadable", raw=raw, doubt=str(wrong))
        if value is None:
            return self._without(name, wanted)
        return self._made(name, wanted, "found", value, raw)

    def _coded(self, name: str, wanted: Field_, raw: str) -> Value:
        native = wanted.names[0]
        field = self.blank.fields.get(native)
        labels = dict(field.options) if field else {}
        for code, word in wanted.values.items():
            if _plain(raw) in (_plain(word), _plain(labels.get(word, word))):
                return self._made(name, wanted, "found", code, raw)
        known = ", ".join(wanted.values.values())
        return self._made(
            name, wanted, "unreadable", raw=raw, doubt=f"{raw!r} is none of its choices: {known}"
        )

    def _box(self, name: str, wanted: Field_) -> Value:
        native = wanted.names[0]
        on, wrong = self.states(native)
        if wrong:
            return self._made(name, wanted, "unreadable", doubt=wrong)
        if on and on == self._printed_states(native):
            return self._was_printed(name, wanted, on[0])
        if on and wanted.on is not None and on != [wanted.on]:
            doubt = f"it is {on[0]!r}, and {wanted.on!r} is what a ticked box says"
            return self._made(name, wanted, "unreadable", raw=on[0], doubt=doubt)
        return self._made(name, wanted, "found", bool(on), on[0] if on else "Off")

    def _group(self, name: str, wanted: Field_) -> Value:
        native = wanted.names[0]
        on, wrong = self.states(native)
        if wrong:
            return self._made(name, wanted, "unreadable", doubt=wrong)
        if not on:
            return self._without(name, wanted)
        if on == self._printed_states(native):
            return self._was_printed(name, wanted, on[0])
        if len(on) > 1:
            return self._made(name, wanted, "unreadable", raw=", ".join(on), doubt="several are ticked")
        for code, word in wanted.values.items():
            if word == on[0]:
                return self._made(name, wanted, "found", code, on[0])
        doubt = f"{on[0]!r} is none of its choices: {', '.join(wanted.values.values())}"
        return self._made(name, wanted, "unreadable", raw=on[0], doubt=doubt)

    def _boxes(self, name: str, wanted: Field_) -> Value:
        ticked: list[str] = []
        for code, native in wanted.boxes.items():
            on, wrong = self.states(native)
            if wrong:
                return self._made(name, wanted, "unreadable", doubt=f"«{native}»: {wrong}")
            if on and on != self._printed_states(native):
                ticked.append(code)
        raw = ", ".join(ticked)
        if wanted.type == "list":
            return (
                self._made(name, wanted, "found", sorted(ticked) or None, raw)
                if ticked
                else self._without(name, wanted)
            )
        if len(ticked) > 1:
            return self._made(name, wanted, "unreadable", raw=raw, doubt=f"several are ticked: {raw}")
        return self._made(name, wanted, "found", ticked[0], raw) if ticked else self._without(name, wanted)

    # -- what is the same for all --------------------------------------------------------------------

    def _printed(self, native: str) -> str | None:
        field = self.blank.fields.get(native)
        return field.value if field else None

    def _printed_states(self, native: str) -> list[str]:
        value = self._printed(native)
        return [value] if value else []

    def _was_printed(self, name: str, wanted: Field_, raw: str) -> Value:
        doubt = f"{raw!r} stands on the blank already: nobody wrote it"
        return self._made(name, wanted, "missing" if wanted.required else "printed", raw=raw, doubt=doubt)

    def _without(self, name: str, wanted: Field_) -> Value:
        if not wanted.required:
            return self._made(name, wanted, "empty")
        return self._made(name, wanted, "missing", doubt="nothing is written there")

    def _made(
        self, name: str, wanted: Field_, verdict: Verdict, value: Any = None, raw: str = "", doubt: str = ""
    ) -> Value:
        source = f"{self.word} {', '.join(wanted.names)}"
        return Value(
            name, wanted.type, verdict, value, source, raw, place_of(self.blank, wanted.names[0]), doubt
        )


class _Fields(_Source):
    """A form that still has its fields."""

    word = "field"

    def __init__(self, description: Description, blank: Blank, fields: Mapping[str, FormField]) -> None:
        super().__init__(description, blank)
        self._fields = fields

    def text(self, native: str) -> str | None:
        return self._fields[native].value

    def states(self, native: str) -> tuple[list[str], str]:
        value = self._fields[native].value
        return ([value] if value else []), ""


class _Paper(_Source):
    """A form that is a page by now."""

    word, spaced = "rectangle of", True

    def __init__(self, description: Description, blank: Blank, paper: Paper) -> None:
        super().__init__(description, blank)
        self._paper = paper

    def text(self, native: str) -> str | None:
        return self._paper.texts.get(native)

    def states(self, native: str) -> tuple[list[str], str]:
        inks: dict[str, Ink] = {
            state: ink for (name, state), ink in self._paper.inks.items() if name == native
        }
        unsure = [ink for ink in inks.values() if ink.ticked is None]
        if unsure:
            return (
                [],
                f"there is a little ink on it ({unsure[0].share:.0%}): is it ticked? It cannot be told",
            )
        return [state for state, ink in inks.items() if ink.ticked], ""


def place_of(blank: Blank, native: str) -> str:
    """Where on the paper a field is, for people."""
    field = blank.fields.get(native)
    return place_text(field) if field else ""


def place_text(field: FormField) -> str:
    """Page, and how far its lower left corner is from the page's, in millimetres."""
    left, bottom, *_ = field.rect
    across, up = left / 72 * 25.4, bottom / 72 * 25.4
    return f"page {field.page + 1}, {across:.0f} × {up:.0f} mm"


def _plain(text: str) -> str:
    return "".join(clean(text).casefold().split())
