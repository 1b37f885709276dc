"""Values that a content control shares with a data part of the document (`w:dataBinding`).

Word shows what the data part says, not what the control shows: whoever writes one writes both. Two controls
bound to one place show one value. Source: ECMA-376 part 1, 17.5.2.6 (dataBinding); part 1, 22.5 (customXml).
Pure, over a package's parts. Raises `Refusal`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from connectors.word.faults import Refusal
from connectors.word.splicing import Node, Part, escaped

_BUILT_IN = {
    "{6C3C8BC8-F283-45AE-878A-BAB7291924A1}": "docProps/core.xml",
    "{6668398D-A668-4E3E-A5EB-62B293D839F1}": "docProps/app.xml",
}
_DECLARED = re.compile(r"xmlns:([\w.-]+)\s*=\s*['\"]([^'\"]*)['\"]")
_STEP = re.compile(r"/(?:([\w.-]+):)?([\w.-]+)(?:\[(\d+)\])?")
_PATH = re.compile(rf"(?:{_STEP.pattern})+(?:/@(?:([\w.-]+):)?([\w.-]+))?")


@dataclass(frozen=True, slots=True)
class Binding:
    """Where a control's value is kept: the data part's id, the path inside it."""

    store: str
    path: str
    prefixes: str


def binding_of(control: Node) -> Binding | None:
    """A control's binding, if it has one."""
    properties = control.child("sdtPr")
    for one in properties.children if properties is not None else ():
        if one.tag.rpartition("}")[2] == "dataBinding":
            return Binding(
                (one.get("storeItemID") or "").upper(),
                one.get("xpath") or "",
                one.get("prefixMappings") or "",
            )
    return None


def part_of(binding: Binding, names: Iterable[str], opened: Callable[[str], Part]) -> str | None:
    """The name of the data part a binding leads to; ``None`` where the document has none of that id."""
    if binding.store in _BUILT_IN:
        return _BUILT_IN[binding.store]
    for name in names:
        if not re.fullmatch(r"customxml/itemprops\d+\.xml", name.lower()):
            continue
        if (opened(name).root.get("itemID") or "").upper() == binding.store:
            return re.sub(r"itemProps(\d+)", r"item\1", name, flags=re.IGNORECASE)
    return None


def write_bound(part: Part, binding: Binding, value: str, what: str) -> bool:
    """The value at the binding's place; false where the part has no such place, so that nothing is bound."""
    path = binding.path.strip()
    found = _PATH.fullmatch(path)
    if found is None:
        raise Refusal(
            f"{what} shows a value of the document's data part, by a path the hub cannot follow: {path}",
            "change it in Word, or remove the link between the control and its data",
        )
    spaces = dict(_DECLARED.findall(binding.prefixes))
    node: Node | None = None
    for prefix, name, number in _STEP.findall(re.sub(r"/@.*", "", path)):
        wanted = f"{{{spaces[prefix]}}}{name}" if prefix in spaces else name
        level = [part.root] if node is None else node.children
        fitting = [one for one in level if one.tag == wanted]
        at = int(number or 1) - 1
        if at >= len(fitting):
            return False
        node = fitting[at]
    assert node is not None
    attribute = re.search(r"/@(?:[\w.-]+:)?([\w.-]+)$", path)
    if attribute:
        part.set_attribute(node, attribute[1], value, "")
    elif node.children:
        raise Refusal(f"{what} is bound to data that holds more than a value", "change it in Word")
    else:
        part.put_inside(node, escaped(value).encode())
    return True
