"""Published subprograms (`run`): their groups of parameters in, their groups out.

A group is a dict of its parameters, a grid a list of such. One that raises `Refusal` answers status 0.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Mapping, Sequence
from xml.sax.saxutils import escape

from sandbox.x3.drawing import DECLARATION
from sandbox.x3.words import Refusal

Group = Mapping[str, str]
Groups = Mapping[str, "Group | Sequence[Group]"]
Subprogram = Callable[[Groups], Groups]


def read_groups(text: str) -> Groups:
    """The groups of a PARAM document. Raises `Refusal`."""
    try:
        root = ElementTree.fromstring(text.strip().encode() or b"<PARAM/>")
    except ElementTree.ParseError as error:
        raise Refusal(f"Error parsing XML stream: {error}") from error
    found: dict[str, Group | Sequence[Group]] = {}
    for node in root:
        if node.tag not in ("GRP", "TAB"):
            continue
        id = node.get("ID")
        if not id:
            raise Refusal(f"No attribute ID found into {node.tag} tag.")
        found[id] = _fields(node) if node.tag == "GRP" else [_fields(line) for line in node.iter("LIN")]
    return found


def _fields(node: ElementTree.Element) -> Group:
    return {child.get("NAME", ""): (child.text or "").strip() for child in node}


def groups_xml(groups: Groups) -> str:
    """The RESULT document of what a subprogram gave."""
    return f"{DECLARATION}<RESULT>{''.join(_drawn(id, group) for id, group in groups.items())}</RESULT>"


def _drawn(id: str, group: Group | Sequence[Group]) -> str:
    if isinstance(group, Mapping):
        return f'<GRP ID="{id}">{_flds(group)}</GRP>'
    lines = "".join(f'<LIN NUM="{at}">{_flds(line)}</LIN>' for at, line in enumerate(group, start=1))
    return f'<TAB DIM="{max(len(group), 1)}" ID="{id}" SIZE="{len(group)}">{lines}</TAB>'


def _flds(group: Group) -> str:
    return "".join(f'<FLD NAME="{name}" TYPE="Char">{escape(value)}</FLD>' for name, value in group.items())
