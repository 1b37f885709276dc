"""Colours of cells: what a file writes (rgb, theme and tint, index) as hex digits, and what people call it.

Source: ECMA-376 part 1, 18.8.3 and 18.8.27 (colours, the 56 indexed ones), 20.1.6.2 (a theme's order of
colours, in which light and dark are swapped two by two), 18.8.19 (tint, which moves the lightness of the
HLS form).
Names are wide on purpose: `red` is the red of the standard palette, the dark one beside it and the pale one
of "Bad" cells. A colour in hex means that colour and what the eye takes for it.
"""

from __future__ import annotations

import colorsys
from collections.abc import Mapping, Sequence

INDEXED = (
    *("000000", "FFFFFF", "FF0000", "00FF00", "0000FF", "FFFF00", "FF00FF", "00FFFF") * 2,
    "800000", "008000", "000080", "808000", "800080", "008080", "C0C0C0", "808080",
    "9999FF", "993366", "FFFFCC", "CCFFFF", "660066", "FF8080", "0066CC", "CCCCFF",
    "000080", "FF00FF", "FFFF00", "00FFFF", "800080", "800000", "008080", "0000FF",
    "00CCFF", "CCFFFF", "CCFFCC", "FFFF99", "99CCFF", "FF99CC", "CC99FF", "FFCC99",
    "3366FF", "33CCCC", "99CC00", "FFCC00", "FF9900", "FF6600", "666699", "969696",
    "003366", "339966", "003300", "333300", "993300", "993366", "333399", "333333",
)  # fmt: skip
OFFICE_THEME = (
    "FFFFFF", "000000", "EEECE1", "1F497D", "4F81BD", "C0504D", "9BBB59", "8064A2", "4BACC6", "F79646",
    "0000FF", "800080",
)  # fmt: skip
"""By the number a cell gives, light before dark; for workbooks that carry no theme."""

NEAR = 32
"""How far a colour may be from one given in hex: the root of the squares of the three differences."""

_HUES: Mapping[str, tuple[tuple[float, float], ...]] = {
    "red": ((345, 360), (0, 15)),
    "orange": ((15, 46),),
    "yellow": ((46, 68),),
    "green": ((68, 165),),
    "cyan": ((165, 192),),
    "blue": ((185, 256),),
    "purple": ((256, 300),),
    "pink": ((300, 345),),
}
_NAMES = {
    **{name: name for name in (*_HUES, "black", "white", "grey", "brown")},
    "gray": "grey", "violet": "purple", "magenta": "pink", "rouge": "red", "jaune": "yellow", "vert": "green",
    "bleu": "blue", "mauve": "purple", "rose": "pink", "noir": "black", "blanc": "white", "gris": "grey",
    "marron": "brown", "brun": "brown",
}  # fmt: skip


def resolved(attributes: Mapping[str, str], theme: Sequence[str], indexed: Sequence[str]) -> str | None:
    """The six hex digits of a colour element, by its attributes; ``None`` for the automatic colour."""
    found: str | None = None
    if rgb := attributes.get("rgb"):
        found = rgb[-6:].upper() if _is_hex(rgb[-6:]) else None
    elif number := attributes.get("theme"):
        found = _at(theme or OFFICE_THEME, number)
    elif number := attributes.get("indexed"):
        found = _at(indexed or INDEXED, number)
    tint = attributes.get("tint")
    return tinted(found, float(tint)) if found and tint else found


def tinted(colour: str, tint: float) -> str:
    """A colour made lighter (up to 1) or darker (down to -1)."""
    hue, light, saturation = colorsys.rgb_to_hls(*(part / 255 for part in _parts(colour)))
    light = light * (1 + tint) if tint < 0 else light * (1 - tint) + tint
    return "".join(
        f"{round(part * 255):02X}" for part in colorsys.hls_to_rgb(hue, min(1, max(0, light)), saturation)
    )


def is_like(colour: str | None, wanted: str) -> bool:
    """Whether a cell's colour is the one a rule names: `FF0000`, `green`, `gris`; `none` is no colour."""
    name = _name(wanted)
    if name == "none":
        return colour is None
    if name == "any":
        return colour is not None
    if colour is None:
        return False
    if (known := _NAMES.get(name)) is not None:
        return _is_called(colour, known)
    apart = sum((one - other) ** 2 for one, other in zip(_parts(colour), _parts(name.upper()), strict=True))
    return apart <= NEAR**2


def colour_problem(wanted: object) -> tuple[str, str] | None:
    """Why a rule's colour is none, and what to write; ``None`` where it is one."""
    name = _name(str(wanted))
    if name in _NAMES or name in ("none", "any") or _is_hex(name):
        return None
    why = "that is no colour; a number such as 000080 needs quotes" if isinstance(wanted, int) else "unknown"
    names = ", ".join(sorted(set(_NAMES.values())))
    return why, f'write six hex digits in quotes ("FF0000"), or one of {names}, none, any'


def _is_called(colour: str, name: str) -> bool:
    hue, light, saturation = colorsys.rgb_to_hls(*(part / 255 for part in _parts(colour)))
    if name == "white":
        return light > 0.96
    if name == "black":
        return light < 0.12
    # Near the ends of lightness the formula of saturation says much of very little.
    grey = saturation * (1 - abs(2 * light - 1)) < 0.06
    if name == "grey":
        return grey and 0.12 <= light <= 0.96
    if grey or light < 0.1:
        return False
    degrees = hue * 360
    if name == "brown":
        return 10 <= degrees < 46 and light < 0.4
    if name == "pink" and light >= 0.75 and (degrees >= 300 or degrees < 10):
        return True
    return any(low <= degrees < high for low, high in _HUES[name])


def _name(wanted: str) -> str:
    return wanted.strip().casefold().removeprefix("#")


def _is_hex(text: str) -> bool:
    return len(text) == 6 and all(c in "0123456789abcdefABCDEF" for c in text)


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[0:2], 16), int(colour[2:4], 16), int(colour[4:6], 16)


def _at(colours: Sequence[str], number: str) -> str | None:
    return colours[int(number)] if number.isdigit() and int(number) < len(colours) else None
