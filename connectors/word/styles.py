"""Which styles of a document hide text: `w:vanish`, inherited and toggled.

Source: ECMA-376 part 1, 17.3.2.41 (vanish) and 17.7.3 (toggle properties: a paragraph's and a character's
style together show what both hide).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.word.names import child, is_on, local, value_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


class Styles:
    """Answers for any run whether its text is hidden."""

    def __init__(self, root: Element | None = None) -> None:
        self._own: dict[str, bool | None] = {}
        self._based: dict[str, str] = {}
        self._by_default = False
        for element in root if root is not None else ():
            if local(element.tag) == "style":
                self._add(element)
            elif local(element.tag) == "docDefaults":
                run = child(child(element, "rPrDefault"), "rPr")
                self._by_default = _vanish(run) or False

    def _add(self, element: Element) -> None:
        name = next((value for key, value in element.attrib.items() if local(key) == "styleId"), "")
        self._own[name] = _vanish(child(element, "rPr"))
        based = child(element, "basedOn")
        if based is not None:
            self._based[name] = value_of(based) or ""

    def hides(self, name: str | None) -> bool:
        """Whether a style, or what it is based on, hides text."""
        seen: set[str] = set()
        while name and name not in seen:
            seen.add(name)
            own = self._own.get(name)
            if own is not None:
                return own
            name = self._based.get(name)
        return False

    def hidden(self, run: Element | None, paragraph_style: str | None) -> bool:
        """Whether a run with these properties (`w:rPr`) in such a paragraph is hidden."""
        direct = _vanish(run)
        if direct is not None:
            return direct
        style = child(run, "rStyle")
        of_run = self.hides(value_of(style)) if style is not None else False
        return self._by_default or (of_run != self.hides(paragraph_style))


def _vanish(run: Element | None) -> bool | None:
    found = child(run, "vanish")
    return None if found is None else is_on(found)
