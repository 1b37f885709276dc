"""Who the customers of the random world really are, and how differently people type one of them.

A *truth* is one real customer. What people type of it varies: a word swapped or left out, capitals, a letter
missing, a street abbreviated, fields left empty. Some truths are near each other on purpose: two sites of one
company, two people of one home, namesakes in two towns. What is typed of two truths is never the same in
every field: the names of two of them differ, whatever a system makes of them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from hub.ports import Native

FIELDS = ("name", "siret", "phone", "email", "street", "zip", "city")

_TRUTHS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "bakery": {
        "name": ("Boulangerie Martin SARL", "Boulangerie Martin", "BOULANGERIE MARTIN", "Boulangerie Martn"),
        "siret": ("73282932000074",),
        "phone": ("04 76 11 22 33", "0476112233"),
        "email": ("contact@boulangeriemartin.example.fr",),
        "street": ("12 rue de la Paix", "12 r. de la Paix"),
        "zip": ("38000",),
        "city": ("Grenoble", "GRENOBLE"),
    },
    "bakery in Voiron": {
        "name": ("Boulangerie Martin Voiron", "BOULANGERIE MARTIN VOIRON", "Boulangerie Martin - Voiron"),
        "siret": ("73282932000017",),
        "phone": ("04 76 05 44 55", "+33 4 76 05 44 55"),
        "email": ("contact@boulangeriemartin.example.fr",),
        "street": ("3 place du Marché",),
        "zip": ("38500",),
        "city": ("Voiron",),
    },
    "garage": {
        "name": ("Garage Dupuis", "Ets Dupuis Garage", "GARAGE DUPUIS SAS", "Garage Dupui"),
        "siret": ("40483304800022",),
        "phone": ("04 76 00 11 22", "04.76.00.11.22"),
        "email": ("garage.dupuis@example.fr",),
        "street": ("8 avenue Jean Jaurès", "8 av. Jean Jaures"),
        "zip": ("38170",),
        "city": ("Seyssinet-Pariset", "Seyssinet Pariset"),
    },
    "Jean": {
        "name": ("Jean Lefèvre", "LEFEVRE Jean", "Jean Lefevre"),
        "siret": (),
        "phone": ("04 38 70 10 20", "0438701020"),
        "email": ("jean.lefevre@example.fr",),
        "street": ("5 chemin des Dames", "5 ch. des Dames"),
        "zip": ("38240",),
        "city": ("Meylan",),
    },
    "Sophie": {
        "name": ("Sophie Lefèvre", "LEFEVRE Sophie"),
        "siret": (),
        "phone": ("04 38 70 10 20",),
        "email": ("sophie.lefevre@example.fr",),
        "street": ("5 chemin des Dames",),
        "zip": ("38240",),
        "city": ("Meylan", "MEYLAN"),
    },
    "plumber": {
        "name": ("Plomberie Rossi", "PLOMBERIE ROSSI", "Rossi Plomberie", "Plomberie Rosi"),
        "siret": ("55203253400646",),
        "phone": ("04 76 96 30 31",),
        "email": ("rossi@example.fr",),
        "street": ("21 cours Berriat",),
        "zip": ("38000",),
        "city": ("Grenoble",),
    },
    "plumber's cousin": {
        "name": ("Carrelage Rossi", "CARRELAGE ROSSI EURL", "Rossi Carrelages"),
        "siret": ("38012986646850",),
        "phone": ("04 76 21 77 78",),
        "email": ("carrelage.rossi@example.fr",),
        "street": ("140 cours Berriat", "140 crs Berriat"),
        "zip": ("38000",),
        "city": ("Grenoble",),
    },
}
TRUTHS = tuple(_TRUTHS)

HOLDS: Mapping[str, tuple[str, ...]] = {
    "everything": FIELDS,
    "no registration": ("name", "phone", "email", "street", "zip", "city"),
    "no address": ("name", "siret", "phone", "email", "zip", "city"),
    "a telephone": ("name", "phone", "zip", "city"),
    "an e-mail address": ("name", "email", "zip", "city"),
    "a place": ("name", "street", "zip", "city"),
}
"""What people bother to type."""


def typed(truth: str, style: int, holds: str, noisy: bool) -> dict[str, Native]:
    """A record of `truth`, typed by someone whose habits are `style`; without noise, all habits are one."""
    found: dict[str, Native] = {}
    for place, name in enumerate(HOLDS[holds]):
        known = _TRUTHS[truth][name]
        if known:
            found[name] = known[(style + place) % len(known)] if noisy else known[0]
    return found


def another(truth: str, field: str, style: int) -> Native:
    """What someone else would type there; nothing where this truth has no such thing."""
    known = _TRUTHS[truth][field]
    return known[style % len(known)] if known else None


def folded(value: object) -> str:
    """What a value stays recognisable by, whatever a system makes of it: letters, or the nine last digits."""
    text = unicodedata.normalize("NFD", str(value).casefold())
    plain = re.sub(r"[^a-z0-9]", "", text.encode("ascii", "ignore").decode())
    return plain[-9:] if plain.isdigit() and 9 <= len(plain) < 13 else plain


_BY_NAME = {folded(name)[:27]: truth for truth, known in _TRUTHS.items() for name in known["name"]}


def truth_by_name(name: object) -> str | None:
    """Whose name this is, as far as anybody can tell."""
    return _BY_NAME.get(folded(name)[:27]) if name else None
