"""Reads a Word document's visible text, in order, with everything that has a name in it.

Promises: what a person sees is read, once: content controls (inline, block, around cells and rows, nested),
text boxes (one of Word's two copies), headers and footers that are shown, notes, nested tables, fields and
their results, insertions. What nobody sees is not: deleted and moved-away text, hidden text (also by style),
field codes, tables of contents, placeholders. Runs are joined, so that a word split over ten is one word.
Never: follows a link, fetches, or recalculates a field. Source: ECMA-376 part 1, chapter 17; part 3 (mc).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from connectors.word.controls import FETCHING, FORMS, UNSEEN, Form, control_of, form_of, instruction
from connectors.word.document import Cell, Document, Mark, Paragraph, Place, Span, Table
from connectors.word.faults import Fault
from connectors.word.names import attribute, child, is_on, local, qualified, value_of
from connectors.word.package import Package
from connectors.word.styles import Styles
from hub.values.french.words import fold

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_SKIPPED = {
    "del", "moveFrom", "delText", "delInstrText", "rPr", "tblPr", "tblGrid", "trPr", "tcPr", "sdtPr",
    "sdtEndPr", "proofErr", "lastRenderedPageBreak", "commentReference", "footnoteReference",
    "endnoteReference", "annotationRef", "fldData", "ffData", "rt", "rubyPr", "smartTagPr", "customXmlPr",
}  # fmt: skip
_SYMBOLS = {"F0FE": "☒", "F0FD": "☒", "F0FC": "✓", "F052": "☑", "F053": "☒", "F0A8": "☐", "F06F": "☐",
            "F0A3": "☐", "F071": "☐"}  # fmt: skip
_OWN_BOOKMARKS = ("_GoBack", "_Toc", "_Ref", "_Hlk", "_Hlt", "OLE_LINK")
MOST_TEXT = 20_000_000


def read_document(package: Package) -> Document:
    """All of a document that can be seen. Raises `Fault`."""
    try:
        return _Reading(package).document()
    except RecursionError as error:
        what = f"{package.shown} is nested too deeply to be a document"
        raise Fault(what, "this is how files are built that are to exhaust a reader") from error


class _Field:
    """A complex field between its begin and its end."""

    def __init__(self, element: Element) -> None:
        self.element = element
        self.code: list[str] = []
        self.form: Form | None = None
        self.in_result = False
        self.start = self.piece = 0
        self.unseen = False


class _Frame:
    """One table being read: its number in the story, the row and cell in hand, paragraphs in that cell."""

    def __init__(self, number: int) -> None:
        self.number, self.row, self.cell = number, 0, 0
        self.paragraphs = self.tables = 0
        self.rows: list[list[Cell]] = []


class _Reading:
    """One pass over one document."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.relations = package.relations(package.main)
        self.styles = Styles(self._tree("styles", b"vanish"))
        settings = self._tree("settings")
        self.even_differs = is_on(child(settings, "evenAndOddHeaders"))
        self.pieces: list[str] = []
        self.length = 0
        self.story, self.section = "body", 0
        self.frames: list[_Frame] = []
        self.paragraphs: list[Paragraph] = []
        self.paragraph_number = self.table_number = self.box_number = 0
        self.in_paragraph = self.breaks = False
        self.style: str | None = None
        self.vanished = False
        self.boxes: list[Element] = []
        self.fields: list[_Field] = []
        self.open_marks: dict[str, tuple[Element, str, int, Place]] = {}
        self.marks: dict[str, list[Mark]] = {"controls": [], "forms": [], "bookmarks": [], "merge": []}
        self.tables: list[Table] = []
        self.sections: list[dict[tuple[str, str], str]] = []
        self.fetching: dict[str, None] = {}
        self.handlers: dict[str, Callable[[Element], None]] = {
            "p": self._paragraph, "r": self._run, "t": self._text, "m:t": self._text, "tab": self._tab,
            "ptab": self._tab, "br": self._break, "cr": self._break, "noBreakHyphen": self._hyphen,
            "sym": self._symbol, "tbl": self._table, "tr": self._row, "tc": self._cell, "sdt": self._control,
            "fldChar": self._field_mark, "fldSimple": self._simple_field, "instrText": self._code,
            "bookmarkStart": self._open_mark,
            "bookmarkEnd": self._close_mark, "mc:AlternateContent": self._alternative,
            "txbxContent": self._box, "sectPr": self._end_section, "pPr": self._paragraph_properties,
        }  # fmt: skip

    def document(self) -> Document:
        root = self.package.xml(self.package.main)
        body = child(root, "body")
        if body is None:
            raise Fault(
                f"{self.package.shown} has no text inside", f"its main part holds <{local(root.tag)}>"
            )
        self._walk(body)
        if not self.sections or any(one.section >= len(self.sections) for one in self.paragraphs[-1:]):
            self.sections.append({})
        self._end_story()
        body_end = self.length
        shared = list(self._headers_and_footers())
        for kind in ("footnotes", "endnotes"):
            self._notes(kind)
        notes = [*self.package.notes(), *self._fetched()]
        text = "".join(self.pieces)
        return Document(
            text=text,
            folded=fold(text),
            paragraphs=self.paragraphs,
            tables=self.tables,
            controls=self.marks["controls"],
            form_fields=self.marks["forms"],
            bookmarks=self.marks["bookmarks"],
            merge_fields=self.marks["merge"],
            notes=notes,
            shared=shared,
            body_end=body_end,
        )

    def _fetched(self) -> list[str]:
        return [
            f"it holds a field {kind}, which fetches from elsewhere: not followed" for kind in self.fetching
        ]

    def _tree(self, kind: str, word: bytes = b"") -> Element | None:
        """The part of this kind; where a word is given, only if that stands in it."""
        for relation in self.relations.values():
            if relation.kind == kind and not relation.outside and self.package.has(relation.target):
                return self.package.xml_with(relation.target, word)
        return None

    # Stories

    def _headers_and_footers(self) -> Iterable[tuple[Span, frozenset[int]]]:
        """Each header and footer once, with the sections that show it; without one of its own, the last's."""
        used: dict[str, tuple[str, set[int]]] = {}
        current: dict[tuple[str, str], str] = {}
        for number, own in enumerate(self.sections):
            current = {**current, **{key: part for key, part in own.items() if key[0] != "title"}}
            for (kind, which), part in current.items():
                if which == "first" and ("title", "") not in own:
                    continue
                if which == "even" and not self.even_differs:
                    continue
                used.setdefault(part, (kind, set()))[1].add(number)
        for part, (kind, sections) in used.items():
            if self.package.has(part):
                self.section = min(sections)
                start = self.length
                self._story(kind, self.package.xml(part))
                yield Span(start, self.length), frozenset(sections)

    def _notes(self, kind: str) -> None:
        root = self._tree(kind)
        for note in root if root is not None else ():
            if attribute(note, "type") in (None, "normal"):
                self._story(kind[:-1], note)

    def _story(self, name: str, root: Element) -> None:
        self.story, self.paragraph_number, self.table_number = name, 0, 0
        self._walk(root)
        self._end_story()

    def _end_story(self) -> None:
        self.fields.clear()
        self.open_marks.clear()
        self.frames.clear()

    def _walk(self, parent: Iterable[Element]) -> None:
        handlers = self.handlers
        for element in parent:
            name = qualified(element.tag)
            handler = handlers.get(name)
            if handler is not None:
                handler(element)
            elif name not in _SKIPPED:
                self._walk(element)

    def _place(self) -> Place:
        cells = tuple((frame.number, frame.row, frame.cell) for frame in self.frames if frame.cell)
        inner = self.frames[-1] if cells else None
        return Place(self.story, cells, inner.paragraphs if inner else self.paragraph_number)

    # Text

    def _add(self, text: str) -> None:
        if text and not self.vanished and self._is_result():
            self.pieces.append(text)
            self.length += len(text)
            if self.length > MOST_TEXT:
                raise Fault(f"{self.package.shown} holds more text than a document can")

    def _is_result(self) -> bool:
        return all(one.in_result and not one.unseen for one in self.fields)

    def _paragraph(self, element: Element) -> None:
        if self.in_paragraph:
            self.boxes.append(element)
            return
        if self.frames and self.frames[-1].cell:
            self.frames[-1].paragraphs += 1
        else:
            self.paragraph_number += 1
        properties = child(element, "pPr")
        self.style = value_of(child(properties, "pStyle"))
        self.in_paragraph, self.breaks = True, is_on(child(properties, "pageBreakBefore"))
        start, place = self.length, self._place()
        self._walk(element)
        self.in_paragraph = False
        self._close_paragraph(start, place)
        end_of_section = child(properties, "sectPr")
        boxes, self.boxes = self.boxes, []
        for box in boxes:
            self._read_box(box)
        if end_of_section is not None and self.story == "body":
            self._end_section(end_of_section)

    def _close_paragraph(self, start: int, place: Place) -> None:
        self.paragraphs.append(Paragraph(Span(start, self.length), place, self.section, self.breaks))
        self.pieces.append("\n")
        self.length += 1

    def _read_box(self, box: Element) -> None:
        """A text box, after the paragraph it hangs on: a story of its own."""
        kept = self.story, self.frames, self.paragraph_number, self.table_number, self.fields
        self.box_number += 1
        where = "" if self.story == "body" else f" of the {self.story}"
        self.story = f"text box {self.box_number}{where}"
        self.frames, self.paragraph_number, self.table_number, self.fields = [], 0, 0, []
        self._walk([box] if qualified(box.tag) in ("p", "tbl") else box)
        self.story, self.frames, self.paragraph_number, self.table_number, self.fields = kept

    def _paragraph_properties(self, _: Element) -> None:
        return  # read by `_paragraph`

    def _run(self, element: Element) -> None:
        kept = self.vanished
        self.vanished = kept or self.styles.hidden(child(element, "rPr"), self.style)
        self._walk(element)
        self.vanished = kept

    def _text(self, element: Element) -> None:
        self._add(element.text or "")

    def _tab(self, _: Element) -> None:
        self._add("\t")

    def _hyphen(self, _: Element) -> None:
        self._add("-")

    def _break(self, element: Element) -> None:
        self.breaks = self.breaks or attribute(element, "type") == "page"
        self._add("\n")

    def _symbol(self, element: Element) -> None:
        code = (attribute(element, "char") or "").upper()
        self._add(_SYMBOLS.get(code, "") or ("" if code.startswith("F0") else _letter(code)))

    def _alternative(self, element: Element) -> None:
        """Word writes what is new twice, once for older programs: one of the two is read."""
        for one in element:
            if local(one.tag) == "Choice" and len(one):
                self._walk(one)
                return
        for one in element:
            if local(one.tag) == "Fallback":
                self._walk(one)

    def _box(self, element: Element) -> None:
        if self.in_paragraph and not self.vanished and self._is_result():
            self.boxes.append(element)
        elif not self.in_paragraph:
            self._read_box(element)

    # Tables

    def _table(self, element: Element) -> None:
        if self.in_paragraph:
            self.boxes.append(element)
            return
        outer = self.frames[-1] if self.frames else None
        if outer is not None:
            outer.tables += 1
            number = outer.tables
        else:
            self.table_number += 1
            number = self.table_number
        place, frame = self._place(), _Frame(number)
        self.frames.append(frame)
        self._walk(element)
        self.frames.pop()
        self.tables.append(Table(place, tuple(tuple(row) for row in frame.rows if row)))

    def _row(self, element: Element) -> None:
        properties = child(element, "trPr")
        if not self.frames or child(properties, "del") is not None:
            return
        frame = self.frames[-1]
        frame.row, frame.cell = frame.row + 1, 0
        frame.rows.append([])
        self._walk(element)
        frame.cell = 0

    def _cell(self, element: Element) -> None:
        properties = child(element, "tcPr")
        if not self.frames or not self.frames[-1].rows or child(properties, "cellDel") is not None:
            return
        frame = self.frames[-1]
        frame.cell += 1
        frame.paragraphs = frame.tables = 0
        place, start = self._place(), self.length
        self._walk(element)
        frame.rows[-1].append(Cell(Span(start, self.length), place))

    # Named places

    def _control(self, element: Element) -> None:
        control = control_of(child(element, "sdtPr"))
        place, start = self._place(), self.length
        content, kept = child(element, "sdtContent"), self.vanished
        self.vanished = kept or control.blank
        self._walk(content if content is not None else ())
        self.vanished = kept
        if control.name and not self.vanished:
            span = Span(start, self.length)
            self.marks["controls"].append(
                Mark(control.name, control.title, span, place, control.kind, control.value, control.blank,
                     origin=self.package.origin_of(element))
            )  # fmt: skip

    def _open_mark(self, element: Element) -> None:
        name = attribute(element, "name") or ""
        if name and not name.startswith(_OWN_BOOKMARKS):
            self.open_marks[attribute(element, "id") or ""] = element, name, self.length, self._place()

    def _close_mark(self, element: Element) -> None:
        opened = self.open_marks.pop(attribute(element, "id") or "", None)
        if opened is not None:
            opening, name, start, place = opened
            origin = self.package.origin_of(opening)
            self.marks["bookmarks"].append(Mark(name, "", Span(start, self.length), place, origin=origin))

    def _field_mark(self, element: Element) -> None:
        kind = attribute(element, "fldCharType")
        if kind == "begin":
            self.fields.append(_Field(element))
            data = child(element, "ffData")
            if data is not None:
                self.fields[-1].form = form_of(data)
        elif kind == "separate" and self.fields:
            self._begin_result(self.fields[-1])
        elif kind == "end" and self.fields:
            self._finish(self.fields.pop())

    def _code(self, element: Element) -> None:
        if self.fields and not self.fields[-1].in_result:
            self.fields[-1].code.append(element.text or "")

    def _simple_field(self, element: Element) -> None:
        field = _Field(element)
        field.code.append(attribute(element, "instr") or "")
        self._begin_result(field)
        self.fields.append(field)
        self._walk(element)
        self.fields.pop()
        self._finish(field)

    def _begin_result(self, field: _Field) -> None:
        field.in_result, field.start, field.piece = True, self.length, len(self.pieces)
        field.unseen = instruction("".join(field.code))[0] in UNSEEN

    def _finish(self, field: _Field) -> None:
        kind, name = instruction("".join(field.code))
        if kind in FETCHING:
            self.fetching[kind] = None
        if not field.in_result:
            field.start = self.length
        if kind in FORMS:
            self._finish_form(field, FORMS[kind])
        elif kind == "MERGEFIELD" and name and self._is_result() and not self.vanished:
            span = Span(field.start, self.length)
            text = "".join(self.pieces[field.piece :]) if field.in_result else ""
            blank = text.strip() in (f"«{name}»", f"<<{name}>>", f"{{{name}}}")
            origin = self.package.origin_of(field.element)
            self.marks["merge"].append(Mark(name, "", span, self._place(), blank=blank, origin=origin))

    def _finish_form(self, field: _Field, kind: str) -> None:
        form = field.form or Form()
        value = None
        if kind == "checkbox":
            self._add("☒" if form.checked else "☐")
            value = "true" if form.checked else ""
        elif kind == "choice" and self.length == field.start:
            self._add(form.choice)
        if form.name and not self.vanished:
            span = Span(field.start, self.length)
            origin = self.package.origin_of(field.element)
            self.marks["forms"].append(
                Mark(form.name, "", span, self._place(), kind, value, initial=form.initial, origin=origin)
            )

    def _end_section(self, element: Element) -> None:
        if self.story != "body" or self.in_paragraph:
            return
        found: dict[tuple[str, str], str] = {}
        for one in element:
            kind = {"headerReference": "header", "footerReference": "footer"}.get(local(one.tag))
            if kind is not None:
                relation = next(
                    (self.relations.get(v) for k, v in one.attrib.items() if local(k) == "id"), None
                )
                if relation is not None and not relation.outside:
                    found[kind, attribute(one, "type") or "default"] = relation.target
            elif local(one.tag) == "titlePg" and is_on(one):
                found["title", ""] = ""
        self.sections.append(found)
        self.section += 1


def _letter(code: str) -> str:
    try:
        return chr(int(code, 16))
    except (ValueError, OverflowError):
        return ""
