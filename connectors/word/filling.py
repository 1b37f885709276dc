"""Puts a text into a content control, a form field, a merge field or a bookmark, and changes nothing else.

Promises: the text looks as the one before did (the properties of its first run); bookmarks and comments
around it stay; what is no plain text (a picture, a table, a field, an unaccepted tracked change) is never
written over. Pure: notes its changes in a `Part`. Raises `Refusal`.
Source: ECMA-376 part 1, 17.3 (runs), 17.5.2 (content controls), 17.16 (fields); [MS-DOCX] w14:checkbox.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence

from connectors.word.faults import Refusal
from connectors.word.splicing import Node, Part, escaped, text_of

_TEXT = {"rPr", "t", "tab", "br", "cr", "noBreakHyphen", "softHyphen", "lastRenderedPageBreak", "sym"}
_OPENING = {"bookmarkStart", "commentRangeStart", "permStart"}
_CLOSING = {"bookmarkEnd", "commentRangeEnd", "permEnd"}
_NOTHING = {"proofErr", "pPr"}
_CALLED = {
    "ins": "a tracked change that nobody has accepted", "del": "a tracked change that nobody has accepted",
    "moveFrom": "a tracked change that nobody has accepted", "fldChar": "a field", "fldSimple": "a field",
    "moveTo": "a tracked change that nobody has accepted", "instrText": "a field", "sdt": "another control",
    "tbl": "a table", "tr": "rows of a table", "drawing": "a picture or drawing",
    "pict": "a picture or drawing",
    "hyperlink": "a link", "object": "an embedded object", "sectPr": "the end of a section",
    "footnoteReference": "a footnote", "endnoteReference": "a footnote", "mc:AlternateContent": "a drawing",
}  # fmt: skip
_SYMBOLS = ("wingdings", "wingdings 2", "wingdings 3", "webdings", "symbol")


def check_characters(text: str) -> None:
    """Raises `Refusal` for what no document can hold, or nobody sees."""
    for letter in text:
        kind = unicodedata.category(letter)
        if (kind == "Cc" and letter not in "\n\t") or kind == "Cs" or ord(letter) & 0xFFFE == 0xFFFE:
            raise Refusal(
                f"the value holds the control character U+{ord(letter):04X}, which a document cannot hold",
                "take it out where the value was typed",
            )


def runs(prefix: str, properties: bytes, text: str) -> bytes:
    """One run that shows this text; line ends as line breaks. An empty text is no run."""
    if not text:
        return b""
    pieces = []
    for piece in re.split(r"([\n\t])", text):
        if piece == "\n":
            pieces.append(f"<{prefix}br/>")
        elif piece == "\t":
            pieces.append(f"<{prefix}tab/>")
        elif piece:
            pieces.append(f'<{prefix}t xml:space="preserve">{escaped(piece)}</{prefix}t>')
    return f"<{prefix}r>".encode() + properties + "".join(pieces).encode() + f"</{prefix}r>".encode()


# -- what stands there ---------------------------------------------------------------------------------


class _Found:
    """The runs of a stretch, and what around them is to stay."""

    def __init__(self) -> None:
        self.runs: list[Node] = []
        self.opening: list[Node] = []
        self.closing: list[Node] = []

    def add(self, nodes: Iterable[Node], what: str) -> None:
        for node in nodes:
            if node.name == "r":
                self._add_run(node, what)
            elif node.name in _OPENING:
                self.opening.append(node)
            elif node.name in _CLOSING:
                self.closing.append(node)
            elif node.name == "smartTag":
                self.add(node.children, what)
            elif node.name not in _NOTHING and node.name not in ("smartTagPr",):
                raise _more_than_text(node, what)

    def _add_run(self, node: Node, what: str) -> None:
        if [one.name for one in node.children if one.name != "rPr"] == ["commentReference"]:
            self.closing.append(node)
            return
        for one in node.children:
            if one.name not in _TEXT or (one.name == "br" and one.get("type") in ("page", "column")):
                raise _more_than_text(one, what)
        if _removal(node):
            raise _more_than_text(_removal(node) or node, what)
        self.runs.append(node)

    def properties(self, part: Part) -> bytes:
        """The `w:rPr` of the first run that shows something."""
        shown = [one for one in self.runs if any(c.name in ("t", "sym") for c in one.children)]
        first = next(iter(shown or self.runs), None)
        return part.raw(first.child("rPr")) if first is not None else b""

    def made(self, part: Part, run: bytes) -> bytes:
        """The stretch with this run instead of its own."""
        return (
            b"".join(part.raw(one) for one in self.opening)
            + run
            + b"".join(part.raw(one) for one in self.closing)
        )


def _removal(run: Node) -> Node | None:
    """A tracked change of the run's own mark."""
    properties = run.child("rPr")
    return next(
        (one for one in (properties.children if properties else ()) if one.name in ("ins", "del")), None
    )


def _more_than_text(node: Node, what: str) -> Refusal:
    held = _CALLED.get(node.name, f"<{node.tag.rpartition('}')[2]}>")
    todo = "accept or reject it in Word (Review)" if "tracked" in held else "change it in Word"
    return Refusal(f"{what} holds {held} besides its text, which the hub does not write over", todo)


# -- content controls ----------------------------------------------------------------------------------

_NOT_FOR_TEXT = {"picture", "docPartObj", "docPartList", "group", "bibliography", "citation", "equation",
                 "w15:repeatingSection", "repeatingSection", "chart", "embeddedObject"}  # fmt: skip


def called(control: Node) -> str:
    """A control as a message names it."""
    properties = control.child("sdtPr")
    tag = properties.child("tag") if properties else None
    alias = properties.child("alias") if properties else None
    name = (tag.get("val") if tag else None) or (alias.get("val") if alias else None) or "without a name"
    return f"the content control {name}"


def check_control(control: Node) -> None:
    """Raises `Refusal` for a control that is locked, or for something else than a value."""
    what = called(control)
    for one in (control, *control.above()):
        properties = one.child("sdtPr") if one.name == "sdt" else None
        lock = properties.child("lock") if properties else None
        if lock is not None and lock.get("val") in ("contentLocked", "sdtContentLocked"):
            raise Refusal(
                f"{what} is locked against changes of its content",
                "in Word: Developer, Properties, and take the tick off 'Contents cannot be edited'",
            )
    own = control.child("sdtPr")
    for one in own.children if own else ():
        if one.name in _NOT_FOR_TEXT or one.tag.rpartition("}")[2] in _NOT_FOR_TEXT:
            raise Refusal(
                f"{what} is not one for a value ({one.tag.rpartition('}')[2]})", "change it in Word"
            )


def fill_control(part: Part, control: Node, text: str, placeholders: Collection[str]) -> None:
    """The text in a control; one that showed its placeholder no longer does. `placeholders`: style ids.

    Its lines are paragraphs in a control around paragraphs, and parted by breaks in a line, or in a control
    for plain text, where Word takes no second paragraph.
    """
    what, properties, content = called(control), control.child("sdtPr"), control.child("sdtContent")
    if content is None or properties is None:
        raise Refusal(f"{what} has no content", "put a new one in its place in Word")
    blank = properties.child("showingPlcHdr")
    if text and blank is not None:
        part.drop(blank)
    cells = [one for one in content.children if one.name == "tc"]
    if cells and len(content.children) == 1:
        content = cells[0]
    paragraphs = [one for one in content.children if one.name in ("p", "w:p")]
    found = _Found()
    for one in paragraphs:
        section = one.child("pPr")
        if section is not None and section.child("sectPr") is not None:
            raise _more_than_text(section.child("sectPr") or one, what)
        found.add(one.children, what)
    found.add((one for one in content.children if one not in paragraphs and one.name != "tcPr"), what)
    look = found.properties(part)
    if blank is not None:
        look = part.raw(properties.child("rPr")) or _without_style(look, placeholders)
    p = control.prefix
    block = bool(paragraphs) or (not content.children and _is_block(control))
    lines = text.split("\n") if block and properties.child("text") is None else [text]
    made = [runs(p, look, line) or f"<{p}r>".encode() + look + f"</{p}r>".encode() for line in lines]
    made[0] = b"".join(part.raw(one) for one in found.opening) + made[0]
    made[-1] += b"".join(part.raw(one) for one in found.closing)
    if paragraphs:
        _replace(part, content, paragraphs, found, made)
    else:
        part.put_inside(content, _paragraphs(p, b"", made) if block else made[0])


def _replace(
    part: Part, content: Node, paragraphs: Sequence[Node], found: _Found, made: Sequence[bytes]
) -> None:
    """These lines as paragraphs like the first that shows something; the others go."""
    first = next((one for one in paragraphs if any(c in found.runs for c in one.walk())), paragraphs[0])
    properties = part.raw(first.child("pPr"))
    part.put_inside(first, properties + made[0])
    part.put(first.end, first.end, _paragraphs(first.prefix, properties, made[1:]))
    for one in content.children:
        if one is not first and one.name != "tcPr":
            part.drop(one)


def _paragraphs(prefix: str, properties: bytes, made: Iterable[bytes]) -> bytes:
    return b"".join(f"<{prefix}p>".encode() + properties + one + f"</{prefix}p>".encode() for one in made)


def _is_block(control: Node) -> bool:
    above = next((one for one in control.above() if one.name not in ("sdt", "sdtContent")), None)
    return above is not None and above.name in (
        "body",
        "tc",
        "txbxContent",
        "hdr",
        "ftr",
        "footnote",
        "comment",
    )


def _without_style(properties: bytes, placeholders: Collection[str]) -> bytes:
    """Run properties without the grey of a placeholder."""

    def kept(found: re.Match[bytes]) -> bytes:
        return b"" if found[1].decode("utf-8") in placeholders else found[0]

    made = re.sub(rb"<\w*:?rStyle\b[^>]*?\bval=[\"']([^\"']*)[\"'][^>]*/>", kept, properties)
    return b"" if re.fullmatch(rb"<(\w*:?rPr)>\s*</\1>", made) else made


def set_day(part: Part, control: Node, day: str | None) -> None:
    """The day a date control knows besides the text it shows."""
    properties = control.child("sdtPr")
    date = properties.child("date") if properties else None
    if date is not None:
        part.set_attribute(date, "fullDate", f"{day}T00:00:00Z" if day else None)


def set_choice(part: Part, box: Node, value: str | None) -> None:
    """What a drop-down list or combo box remembers as chosen last."""
    if box.get("lastValue") is not None or value is not None:
        part.set_attribute(box, "lastValue", value)


def is_check_box(control: Node) -> bool:
    properties = control.child("sdtPr")
    return any(
        one.tag.rpartition("}")[2] == "checkbox" for one in (properties.children if properties else ())
    )


def tick(part: Part, control: Node, on: bool) -> None:
    """A check box: its state, and the sign that shows it."""
    properties = control.child("sdtPr")
    box = next(
        (one for one in (properties.children if properties else ()) if one.name == "w14:checkbox"), None
    )
    if box is None:
        raise Refusal(f"{called(control)} is a check box of a kind the hub does not know", "tick it in Word")
    state = {one.tag.rpartition("}")[2]: one for one in box.children}
    checked = state.get("checked")
    if checked is not None:
        part.set_attribute(checked, "val", "1" if on else "0", box.prefix)
    else:
        p = box.prefix
        part.put_inside(box, f'<{p}checked {p}val="{int(on)}"/>'.encode()
                        + b"".join(part.raw(one) for one in box.children))  # fmt: skip
    sign = state.get("checkedState" if on else "uncheckedState")
    code = (sign.get("val") if sign else None) or ("2612" if on else "2610")
    font = (sign.get("font") if sign else None) or "MS Gothic"
    _show_sign(part, control, code, font)


def _show_sign(part: Part, control: Node, code: str, font: str) -> None:
    content = control.child("sdtContent")
    signs = [one for one in (content.walk() if content else ()) if one.name in ("t", "sym")]
    if len(signs) != 1 or not re.fullmatch(r"[0-9A-Fa-f]{1,6}", code):
        raise Refusal(f"{called(control)} shows something else than its box", "tick it in Word")
    p = control.prefix
    number = int(code, 16)
    if font.lower() in _SYMBOLS:
        made = f'<{p}sym {p}font="{escaped(font)}" {p}char="{number | 0xF000:04X}"/>'
    else:
        made = f"<{p}t>{escaped(chr(number))}</{p}t>"
    part.put(signs[0].start, signs[0].end, made.encode())


# -- fields and bookmarks ------------------------------------------------------------------------------


def fill_stretch(part: Part, nodes: Sequence[Node], at: int, prefix: str, text: str, what: str) -> None:
    """The text instead of these sibling nodes; where there are none, at byte `at`."""
    found = _Found()
    found.add(nodes, what)
    made = found.made(part, runs(prefix, found.properties(part), text))
    if nodes:
        part.put(nodes[0].start, nodes[-1].end, made)
    else:
        part.put(at, at, made)


def fill_named(part: Part, node: Node, text: str, what: str) -> None:
    """The text of a bookmark (its `bookmarkStart`), or of a merge field (its first mark, or the whole)."""
    if node.name == "fldSimple":
        found = _Found()
        found.add(node.children, what)
        run = runs(node.prefix, found.properties(part), text)
        part.put_inside(node, found.made(part, run))
    elif node.name == "fldChar":
        result, separate, end, _ = field_of(part, node)
        if separate is None:
            raise Refusal(f"the {what} has no result to change", "change it in Word")
        fill_stretch(part, result, end.start, node.prefix, text, f"the {what}")
    else:
        between = _between(node, what)
        fill_stretch(part, between, node.end, node.prefix, text, f"the {what}")


def _between(start: Node, what: str) -> list[Node]:
    """What a bookmark holds: siblings in one paragraph."""
    around = start.parent
    if around is not None and around.name == "p":
        siblings = around.children[around.children.index(start) + 1 :]
        for at, one in enumerate(siblings):
            if one.name == "bookmarkEnd" and one.get("id") == start.get("id"):
                return siblings[:at]
    raise Refusal(f"the {what} reaches over several paragraphs", "change it in Word")


def field_of(part: Part, begin: Node) -> tuple[list[Node], Node | None, Node, str]:
    """A complex field from its `begin` mark: the nodes of its result, its separating and end runs, its code.

    Nodes are siblings of the run that holds the mark. Raises `Refusal` where the field spans paragraphs.
    """
    run = begin.parent
    container = run.parent if run is not None else None
    if run is None or run.name != "r" or container is None:
        raise Refusal("a field stands where none can be written", "change it in Word")
    depth, code = 0, []
    separate: Node | None = None
    result: list[Node] = []
    for node in container.children[container.children.index(run) :]:
        marks = [one for one in node.walk() if one.name == "fldChar"]
        if separate is None:
            code += [one for one in node.walk() if one.name == "instrText"]
        elif not marks:
            result.append(node)
        for mark in marks:
            kind = mark.get("fldCharType")
            depth += {"begin": 1, "end": -1}.get(kind or "", 0)
            if kind == "separate" and depth == 1:
                separate = node
            beside = {one.name for one in node.children} - {"rPr", "fldChar"}
            if len(marks) > 1 or beside - ({"instrText"} if kind == "begin" else set()):
                raise Refusal("a field is written in a way the hub does not know", "change it in Word")
            if depth == 0:
                return result, separate, node, "".join(text_of(part, one) for one in code)
            if kind == "begin" and depth > 1:
                raise Refusal(
                    "a field holds another field, which the hub does not write over", "change it in Word"
                )
    raise Refusal("a field reaches over several paragraphs", "change it in Word")
