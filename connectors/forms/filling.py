"""Writes values into a form's fields: value, state and appearance, so that every reader shows the same.

Promises: the same form and values give the same bytes; fields that are not named stay as they are; a hybrid
form loses its XFA half, which Adobe's programs would show instead, and its usage rights, which an edit voids.
Never: touches a signed form; writes a field of the description's `never`.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    IndirectObject,
    NameObject,
    TextStringObject,
)

from connectors.forms.acroform import FormField, Widget, read_fields
from connectors.forms.appearance import Box, draw, with_size
from connectors.forms.description import Description
from connectors.forms.flattening import flatten
from connectors.forms.intake import Bounds, Opened, plain
from connectors.forms.spelling import Unfilled, spelled
from hub.filing.faults import damaged

FONT = "HubHelv"
TICKS = "ZaDb"
"""What form programs call ZapfDingbats, and take for granted."""


def filled(opened: Opened, description: Description, values: Mapping[str, Any], bounds: Bounds) -> bytes:
    """The form with these values of ours in it. Raises `Unfilled`, or `Fault` where it is no form to fill."""
    writer = PdfWriter(clone_from=opened.reader)
    form = plain(writer.root_object.get("/AcroForm"))
    if not isinstance(form, DictionaryObject):
        raise damaged(f"{opened.shown} has no fields to fill")
    fields = read_fields(list(writer.pages), form, opened.shown, bounds)
    wanted = spelled(description, fields, values)
    ours = {native: name for name, one in description.fields.items() for native in one.names}
    ink = _Ink(writer, form)
    ink.ready()
    for native, text in wanted.items():
        try:
            ink.put(fields[native], text)
        except ValueError as wrong:
            raise Unfilled(ours[native], str(wrong), "shorten it, or write it another way") from wrong
    form.pop("/XFA", None)
    for entry in ("/Perms", "/NeedsRendering"):
        writer.root_object.pop(entry, None)
    if description.flatten:
        flatten(writer)
    else:
        form[NameObject("/NeedAppearances")] = BooleanObject(True)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


class _Ink:
    """What is needed to write into the fields of one form."""

    def __init__(self, writer: PdfWriter, form: DictionaryObject) -> None:
        self._writer, self._form = writer, form
        self._font: IndirectObject | None = None

    def put(self, field: FormField, text: str | None) -> None:
        """Let a field hold a text, or a button have a state. Raises `ValueError`, in words."""
        if field.kind in ("checkbox", "radio"):
            self._switch(field, text)
            return
        for widget in field.widgets:
            self._write(field, widget, text)
        for owner in _owners(field):
            owner.pop("/I", None)
            owner.pop("/RV", None)
            if text is None:
                owner.pop("/V", None)
            else:
                owner[NameObject("/V")] = TextStringObject(text)

    def _switch(self, field: FormField, state: str | None) -> None:
        if state is not None and state not in field.states:
            raise ValueError(f"«{field.name}» has no state {state!r}; it has {', '.join(field.states)}")
        name = NameObject(f"/{state or 'Off'}")
        for owner in _owners(field):
            owner[NameObject("/V")] = name
        for widget in field.widgets:
            widget.node[NameObject("/AS")] = name if state in widget.states else NameObject("/Off")

    def _write(self, field: FormField, widget: Widget, text: str | None) -> None:
        left, bottom, right, top = widget.rect
        width, height = right - left, top - bottom
        turned = _turn(widget.node)
        inner = (height, width) if turned in (90, 270) else (width, height)
        cells = field.max_length if field.comb else None
        box = Box(*inner, field.appearance, field.align, field.multiline, cells, _border(widget.node))
        shown = dict(field.options).get(text or "", text or "")
        drawn = draw(shown, box, FONT)
        stream = DecodedStreamObject()
        stream.set_data(_ground(widget.node, width, height) + _turning(turned, width, height, drawn.content))
        stream[NameObject("/Type")] = NameObject("/XObject")
        stream[NameObject("/Subtype")] = NameObject("/Form")
        stream[NameObject("/BBox")] = ArrayObject(
            [FloatObject(round(one, 3)) for one in (0, 0, width, height)]
        )
        fonts = DictionaryObject({NameObject(f"/{FONT}"): self._helvetica()})
        stream[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        looks = DictionaryObject({NameObject("/N"): self._writer._add_object(stream)})
        widget.node[NameObject("/AP")] = looks
        if text:
            style = with_size(field.appearance, FONT, drawn.size)
            widget.node[NameObject("/DA")] = TextStringObject(style)

    def _helvetica(self) -> IndirectObject:
        """The font, put once among the form's own, for readers that draw fields themselves."""
        if self._font is None:
            self._font = self._add_font(FONT, "/Helvetica", "/WinAnsiEncoding")
        return self._font

    def _add_font(self, name: str, base: str, encoding: str | None = None) -> IndirectObject:
        told = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": base}
        if encoding is not None:
            told["/Encoding"] = encoding
        font = DictionaryObject({NameObject(key): NameObject(value) for key, value in told.items()})
        added = self._writer._add_object(font)
        _below(_below(self._form, "/DR"), "/Font")[NameObject(f"/{name}")] = added
        return added

    def ready(self) -> None:
        """Let the form have the signs that readers tick boxes with: where it lacks them, ticks vanish."""
        if f"/{TICKS}" not in _below(_below(self._form, "/DR"), "/Font"):
            self._add_font(TICKS, "/ZapfDingbats")


def _below(parent: DictionaryObject, key: str) -> DictionaryObject:
    found = plain(parent.get(key))
    if not isinstance(found, DictionaryObject):
        found = DictionaryObject()
        parent[NameObject(key)] = found
    return found


def _owners(field: FormField) -> list[DictionaryObject]:
    """The dictionaries that hold the field's value: mostly one."""
    return list({id(widget.owner): widget.owner for widget in field.widgets}.values())


def _border(node: DictionaryObject) -> float:
    style = plain(node.get("/BS"))
    width = plain(style.get("/W")) if isinstance(style, DictionaryObject) else None
    return float(width) if isinstance(width, int | float) else 1.0


def _turn(node: DictionaryObject) -> int:
    """How the field's text is turned on the page, in degrees."""
    looks = plain(node.get("/MK"))
    angle = plain(looks.get("/R")) if isinstance(looks, DictionaryObject) else 0
    return int(angle) % 360 if isinstance(angle, int) else 0


def _turning(angle: int, width: float, height: float, content: bytes) -> bytes:
    matrix = {
        90: f"0 1 -1 0 {width:.2f} 0",
        180: f"-1 0 0 -1 {width:.2f} {height:.2f}",
        270: f"0 -1 1 0 0 {height:.2f}",
    }.get(angle)
    return b"q " + matrix.encode("ascii") + b" cm " + content + b" Q" if matrix else content


def _ground(node: DictionaryObject, width: float, height: float) -> bytes:
    """The field's own ground and frame, drawn as before."""
    looks = plain(node.get("/MK"))
    if not isinstance(looks, DictionaryObject):
        return b""
    ground, frame, wide = (
        _colour(looks.get("/BG"), "g", "rg", "k"),
        _colour(looks.get("/BC"), "G", "RG", "K"),
        _border(node),
    )
    parts = f"q {ground} 0 0 {width:.2f} {height:.2f} re f Q " if ground else ""
    if frame and wide:
        inner = f"{wide / 2:g} {wide / 2:g} {width - wide:.2f} {height - wide:.2f}"
        parts += f"q {frame} {wide:g} w {inner} re S Q "
    return parts.encode("ascii")


def _colour(value: Any, *operators: str) -> str:
    numbers = plain(value)
    if not isinstance(numbers, ArrayObject) or len(numbers) not in (1, 3, 4):
        return ""
    operator = dict(zip((1, 3, 4), operators, strict=True))[len(numbers)]
    return " ".join(f"{float(plain(one)):g}" for one in numbers) + f" {operator}"
