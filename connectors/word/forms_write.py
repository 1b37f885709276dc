"""Sets what is chosen or filled in: legacy form fields (`w:ffData`), drop-down lists and combo boxes.

Pure: notes its changes in a `Part`. Raises `Refusal`. Source: ECMA-376 part 1, 17.16.
"""

from __future__ import annotations

from typing import Any

from connectors.word.faults import Refusal
from connectors.word.filling import called, field_of, fill_stretch, set_choice
from connectors.word.profile import Field_
from connectors.word.reading import parse
from connectors.word.sources import Candidate, is_filled
from connectors.word.splicing import Node, Part
from connectors.word.targets import Target
from connectors.word.wording import by_format, worded
from hub.values import Unreadable

EMPTY = "\N{EN SPACE}" * 5
"""What Word itself shows in a form field that holds nothing."""
_COMPUTED = ("currentDate", "currentTime", "calculated")


def data_of(begin: Node, name: str) -> Node:
    """The `w:ffData` of a form field. Raises `Refusal` for one that takes no input."""
    data = begin.child("ffData")
    if data is None:
        raise Refusal(f"the form field {name} has no properties", "put a new one in its place in Word")
    if data.child("enabled") is not None and not data.on("enabled"):
        raise Refusal(f"the form field {name} takes no input", "in Word: its properties, fill-in enabled")
    return data


def date_format_of(data: Node) -> str | None:
    """How a form field for dates writes them, if it says so."""
    box = data.child("textInput")
    kind, shown = (box.child("type"), box.child("format")) if box is not None else (None, None)
    return shown.get("val") if shown is not None and kind is not None and kind.get("val") == "date" else None


def write_text(part: Part, begin: Node, name: str, text: str) -> None:
    """The text of a form field for text."""
    box = data_of(begin, name).child("textInput")
    kind, longest = (box.child("type"), box.child("maxLength")) if box is not None else (None, None)
    if kind is not None and kind.get("val") in _COMPUTED:
        raise Refusal(
            f"Word itself computes the form field {name}", "change what it is computed from, in Word"
        )
    most = int((longest.get("val") if longest is not None else None) or 0)
    if most and len(text) > most:
        raise Refusal(
            f"the form field {name} takes {most} characters, and '{text[:80]}' has {len(text)}",
            "in Word: its properties, maximum length",
        )
    result, separate, end, _ = field_of(part, begin)
    if separate is None:
        p = begin.prefix
        part.put(end.start, end.start, f'<{p}r><{p}fldChar {p}fldCharType="separate"/></{p}r>'.encode())
    fill_stretch(part, result, end.start, begin.prefix, text, f"the form field {name}")


def write_tick(part: Part, begin: Node, name: str, on: bool) -> None:
    """The tick of a form field for one."""
    box = data_of(begin, name).child("checkBox")
    if box is None:
        raise Refusal(f"the form field {name} is no check box", "change it in Word")
    checked = box.child("checked")
    if checked is not None:
        part.set_attribute(checked, "val", "1" if on else "0", begin.prefix)
    else:
        p = begin.prefix
        kept = b"".join(part.raw(one) for one in box.children)
        part.put_inside(box, kept + f'<{p}checked {p}val="{int(on)}"/>'.encode())


def entries_of(begin: Node, name: str) -> list[str]:
    """What a drop-down form field offers."""
    box = data_of(begin, name).child("ddList")
    if box is None:
        raise Refusal(f"the form field {name} offers nothing to choose", "change it in Word")
    return [one.get("val") or "" for one in box.children if one.name == "listEntry"]


def write_choice(part: Part, begin: Node, name: str, chosen: int) -> None:
    """The choice of a drop-down form field, by its place in the list."""
    box = data_of(begin, name).child("ddList")
    assert box is not None
    entry = entries_of(begin, name)[chosen]
    result = box.child("result")
    if result is not None:
        part.set_attribute(result, "val", str(chosen), begin.prefix)
    else:
        p = begin.prefix
        kept = b"".join(part.raw(one) for one in box.children)
        part.put_inside(box, f'<{p}result {p}val="{chosen}"/>'.encode() + kept)
    shown, _, end, _ = field_of(part, begin)
    if shown:
        fill_stretch(part, shown, end.start, begin.prefix, entry, f"the form field {name}")


def write_form(part: Part, begin: Node, target: Target, wanted: Field_, value: Any, old: Any) -> None:
    """A field's value into the form field that showed it."""
    name = target.mark.name
    if begin.name != "fldChar":
        raise Refusal(f"the form field {name} is written in a way the hub does not know", "change it in Word")
    if target.mark.kind == "checkbox":
        write_tick(part, begin, name, bool(value))
    elif target.mark.kind == "choice":
        entries = entries_of(begin, name)
        chosen = next((at for at, one in enumerate(entries) if says(wanted, one, value)), None)
        if chosen is None:
            raise _not_offered(f"the form field {name}", value, entries)
        write_choice(part, begin, name, chosen)
    else:
        pattern = date_format_of(data_of(begin, name))
        if pattern and wanted.type == "date" and value is not None:
            text = by_format(str(value), pattern, "fr-FR")
        else:
            text = worded(wanted, value, old, target.text, target.after)
        write_text(part, begin, name, text or EMPTY)


def choose(
    part: Part, control: Node, box: Node, target: Target, wanted: Field_, value: Any, old: Any
) -> tuple[str, str]:
    """The choice of a drop-down list or combo box: what it is to show, and what its data part is to hold."""
    items = [one for one in box.children if one.name == "listItem"]
    pairs = [(one.get("displayText") or one.get("value") or "", one.get("value") or "") for one in items]
    chosen = next((pair for pair in pairs if says(wanted, pair[0], value)), None)
    if value is None:
        chosen = "", ""
    elif chosen is None and box.name == "dropDownList":
        raise _not_offered(called(control), value, [shown for shown, _ in pairs])
    elif chosen is None:
        text = worded(wanted, value, old, target.text, target.after)
        chosen = text, text
    set_choice(part, box, chosen[1] or None)
    return chosen


def says(wanted: Field_, text: str, value: Any) -> bool:
    """Whether a choice means this value."""
    if not is_filled(text):
        return value is None
    try:
        return bool(parse(wanted, Candidate("", text, "", "", 0)) == value)
    except Unreadable:
        return False


def _not_offered(what: str, value: Any, offered: list[str]) -> Refusal:
    choices = ", ".join(f"'{one}'" for one in offered if one.strip()) or "nothing"
    return Refusal(
        f"{what} does not offer {str(value)!r}; it offers {choices}",
        "add the choice in Word (Developer, Properties), or take another value",
    )
