"""A part's XML as a tree that knows where in its bytes everything stands, and what is to stand there instead.

Only what is named changes; every other byte is carried over, so that Word finds its own marks, ids and
formats as it left them. Pure: bytes in, bytes out. Elements are numbered as `package` numbers them: in the
order in which they begin.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from connectors.word.faults import Refusal
from connectors.word.names import qualified

_TAG = re.compile(rb"<([^\s/>]+)((?:\s+[^\s=/>]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)\s*(/?)>")
_ATTRIBUTE = re.compile(rb"([^\s=/>]+)(\s*=\s*)(\"[^\"]*\"|'[^']*')")
_ENCODING = re.compile(rb"^<\?xml[^>]*\bencoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")


@dataclass(slots=True, eq=False)
class Node:
    """One element: its name as `names.qualified` has it, its full tag, and its places in the bytes.

    `inner` and `inner_end` are what is between its tags, both -1 where it is one tag that closes itself.
    """

    name: str
    tag: str
    prefix: str
    attributes: dict[str, str]
    parent: Node | None
    start: int
    after_tag: int
    inner: int
    inner_end: int = -1
    end: int = -1
    children: list[Node] = field(default_factory=list)

    def child(self, name: str) -> Node | None:
        return next((one for one in self.children if one.name == name), None)

    def get(self, name: str) -> str | None:
        """An attribute by its local name."""
        return next((v for k, v in self.attributes.items() if k.rpartition("}")[2] == name), None)

    def on(self, name: str) -> bool:
        """A switch among the children: there without a value is on."""
        one = self.child(name)
        return one is not None and (one.get("val") or "true") not in ("0", "false", "off", "none")

    def walk(self) -> Iterator[Node]:
        """Itself and all below, in the document's order."""
        yield self
        for one in self.children:
            yield from one.walk()

    def above(self) -> Iterator[Node]:
        """What it stands in, from the inside out."""
        one = self.parent
        while one is not None:
            yield one
            one = one.parent


class Part:
    """One part of a document, and the changes to it. Raises `Refusal` where its bytes cannot be told."""

    def __init__(self, name: str, xml: bytes) -> None:
        self.name, self.xml = name, xml
        self._splices: list[tuple[int, int, bytes]] = []
        declared = _ENCODING.match(xml.removeprefix(b"\xef\xbb\xbf"))
        encoding = declared[1].lower() if declared else b"utf-8"
        if xml.startswith((b"\xff\xfe", b"\xfe\xff")) or encoding not in (b"utf-8", b"us-ascii", b"ascii"):
            raise Refusal(
                f"its part {name} is in {encoding.decode('ascii')}, not in UTF-8: it is not written in place",
                "open it in Word and save it once",
            )
        self.nodes = _parsed(xml)

    @property
    def root(self) -> Node:
        return self.nodes[0]

    def raw(self, node: Node | None) -> bytes:
        """An element's own bytes; none for none."""
        return self.xml[node.start : node.end] if node is not None else b""

    def put(self, start: int, end: int, content: bytes) -> None:
        """These bytes instead of those from `start` up to `end`."""
        self._splices.append((start, end, content))

    def drop(self, node: Node | None) -> None:
        if node is not None:
            self.put(node.start, node.end, b"")

    def put_inside(self, node: Node, content: bytes) -> None:
        """All that is between an element's tags, anew."""
        if node.inner >= 0:
            self.put(node.inner, node.inner_end, content)
        else:
            tag = self.xml[node.start : node.after_tag]
            name = _TAG.match(tag)
            assert name is not None
            self.put(node.start, node.end, tag[:-2].rstrip() + b">" + content + b"</" + name[1] + b">")

    def set_attribute(self, node: Node, name: str, value: str | None, prefix: str | None = None) -> None:
        """An attribute by its local name; a new one gets the element's prefix, or `prefix`. None: off."""
        tag = self.xml[node.start : node.after_tag]
        quoted = escaped(value or "").replace('"', "&quot;").replace("\n", "&#10;").encode()
        for found in _ATTRIBUTE.finditer(tag):
            if found[1].decode().rpartition(":")[2] == name:
                at = node.start + found.start(), node.start + found.end()
                self.put(*at, b"" if value is None else found[1] + b'="' + quoted + b'"')
                return
        if value is not None:
            cut = node.after_tag - (2 if tag.endswith(b"/>") else 1)
            full = (node.prefix if prefix is None else prefix) + name
            self.put(cut, cut, b" " + full.encode() + b'="' + quoted + b'"')

    def changed(self) -> bytes:
        """The part as it is to be. Raises `Refusal` where two changes meet in one place."""
        pieces: list[bytes] = []
        position = 0
        for start, end, content in sorted(self._splices, key=lambda one: one[:2]):
            if start < position:
                raise Refusal("two changes meet in one place of the document", "change it in Word")
            pieces += (self.xml[position:start], content)
            position = end
        return b"".join((*pieces, self.xml[position:]))


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def text_of(part: Part, node: Node) -> str:
    """The characters of an element that holds nothing but text."""
    if node.inner < 0:
        return ""
    raw = part.xml[node.inner : node.inner_end].decode("utf-8")
    collected: list[str] = []
    parser = expat.ParserCreate("utf-8")
    parser.CharacterDataHandler = collected.append
    parser.Parse(f"<t>{raw}</t>".encode(), True)
    return "".join(collected)


def _parsed(xml: bytes) -> list[Node]:
    """Every element in the order in which they begin."""
    nodes: list[Node] = []
    open_nodes: list[Node] = []
    parser = expat.ParserCreate(namespace_separator="}")

    def start(name: str, attributes: dict[str, str]) -> None:
        at = parser.CurrentByteIndex
        opening = _TAG.match(xml, at)
        if opening is None:
            raise Refusal("its XML cannot be changed in place", "save it once in Word")
        raw = opening[1].decode("utf-8")
        tag = "{" + name if "}" in name else name
        parent = open_nodes[-1] if open_nodes else None
        node = Node(
            qualified(tag), tag, raw[: raw.find(":") + 1], attributes, parent, at, opening.end(),
            -1 if opening[3] else opening.end(),
        )  # fmt: skip
        if parent is not None:
            parent.children.append(node)
        nodes.append(node)
        open_nodes.append(node)

    def end(_: str) -> None:
        node = open_nodes.pop()
        if node.inner < 0:
            node.end = node.after_tag
        else:
            node.inner_end = parser.CurrentByteIndex
            node.end = xml.index(b">", node.inner_end) + 1

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.Parse(xml, True)
    return nodes
