"""Makes a filled form a plain page: what its fields look like becomes part of the page, the fields go."""

from __future__ import annotations

from pypdf import PageObject, PdfWriter
from pypdf.generic import (
    ArrayObject,
    ContentStream,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    StreamObject,
)

from connectors.forms.acroform import rect_of
from connectors.forms.intake import plain

_HIDDEN = 0x02 | 0x20


def flatten(writer: PdfWriter) -> None:
    """Every field of every page, drawn and taken out."""
    for page in writer.pages:
        annotations = plain(page.get("/Annots"))
        if not isinstance(annotations, ArrayObject):
            continue
        widgets = [one for one in annotations if plain(one).get("/Subtype") == "/Widget"]
        drawn = [
            part for number, one in enumerate(widgets) if (part := _draw(writer, page, plain(one), number))
        ]
        kept = ArrayObject([one for one in annotations if one not in widgets])
        page[NameObject("/Annots")] = kept
        if not kept:
            del page["/Annots"]
        if drawn:
            _append(writer, page, b"\n".join(drawn))
    writer.root_object.pop("/AcroForm", None)


def _draw(writer: PdfWriter, page: PageObject, node: DictionaryObject, number: int) -> bytes | None:
    """The operators that draw a widget's look where it stands, its look put among the page's resources."""
    look = _look(node)
    place, flags = rect_of(node.get("/Rect")), plain(node.get("/F"))
    if look is None or place is None or (isinstance(flags, int) and flags & _HIDDEN):
        return None
    frame = rect_of(look.get("/BBox"))
    if frame is None or frame[2] == frame[0] or frame[3] == frame[1]:
        return None
    resources = page.get("/Resources")
    held = plain(resources) if resources is not None else None
    if not isinstance(held, DictionaryObject):
        held = DictionaryObject()
        page[NameObject("/Resources")] = held
    objects = plain(held.get("/XObject"))
    if not isinstance(objects, DictionaryObject):
        objects = DictionaryObject()
        held[NameObject("/XObject")] = objects
    name = f"/HubField{number}"
    objects[NameObject(name)] = look.indirect_reference or writer._add_object(look)
    look[NameObject("/Type")], look[NameObject("/Subtype")] = NameObject("/XObject"), NameObject("/Form")
    across = (place[2] - place[0]) / (frame[2] - frame[0])
    up = (place[3] - place[1]) / (frame[3] - frame[1])
    x, y = place[0] - frame[0] * across, place[1] - frame[1] * up
    return f"q {across:.5f} 0 0 {up:.5f} {x:.3f} {y:.3f} cm {name} Do Q".encode("ascii")


def _look(node: DictionaryObject) -> StreamObject | None:
    looks = plain(node.get("/AP"))
    normal = plain(looks.get("/N")) if isinstance(looks, DictionaryObject) else None
    if isinstance(normal, DictionaryObject) and not isinstance(normal, StreamObject):
        normal = plain(normal.get(plain(node.get("/AS")) or "/Off"))
    return normal if isinstance(normal, StreamObject) else None


def _append(writer: PdfWriter, page: PageObject, drawn: bytes) -> None:
    """Draw over the page, whatever its own operators leave behind."""
    before, after = DecodedStreamObject(), DecodedStreamObject()
    before.set_data(b"q")
    after.set_data(b"Q\n" + drawn)
    contents = page.get("/Contents")
    found = plain(contents)
    middle = (
        list(found) if isinstance(found, ArrayObject) and not isinstance(found, ContentStream) else [contents]
    )
    parts = [
        writer._add_object(before),
        *(one for one in middle if one is not None),
        writer._add_object(after),
    ]
    page[NameObject("/Contents")] = ArrayObject(parts)
