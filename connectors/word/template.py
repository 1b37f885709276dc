"""Fills a Word template in: `{{ number }}`, `{{ ends_on | date }}`, `{% if renewal == "tacit" %}`.

Promises: values are text and nothing else (`Dupont & Fils <SARL>` comes out as it is); a template reaches
nothing but the values and the filters below; a name it asks for that is not given, and a value that is given
and stands nowhere in it, are refused before anything is made. Loops that never end and texts that grow
without end are ended by the limits of the worker this runs in. French words for French contracts.

| filter | makes |
|---|---|
| `date` | `31/12/2026`; `date("long")`: `31 décembre 2026` |
| `montant` | `1 250,00 €`; `montant("HT")`: `1 250,00 € HT` |
| `periodicite` | `semestrielle`, `3 visites par an` |
| `duree` | `12 mois`, `durée indéterminée` |
| `reconduction` | `tacite reconduction` |
| `telephone`, `siret` | `04 76 00 00 01`, `732 829 320 00074` |
"""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from docxtpl import DocxTemplate  # type: ignore[import-untyped]
from jinja2 import StrictUndefined, TemplateError
from jinja2.exceptions import SecurityError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from connectors.word.faults import Refusal
from connectors.word.filling import check_characters
from connectors.word.wording import RENEWALS, in_french, in_long_words
from hub.values import Unreadable, make_type

_GAP = "\N{NO-BREAK SPACE}"


def filled_in(content: bytes, shown: str, values: Mapping[str, Any], needed: Collection[str]) -> bytes:
    """What the template makes of these canonical values; it must show the `needed` ones. Raises `Refusal`."""
    for name, value in values.items():
        try:
            check_characters(str(value))
        except Refusal as refusal:
            raise Refusal(f"{name}: {refusal.reason}", refusal.todo, name) from refusal
    environment = _environment()
    template = DocxTemplate(io.BytesIO(content))
    try:
        asked = template.get_undeclared_template_variables(environment) - environment.globals.keys()
        _check_names(shown, asked, values, needed)
        template.render(dict(values), environment, autoescape=True)
    except SecurityError as error:
        raise Refusal(
            f"the template {shown} does what no template may: {error}", "take it out of the template"
        ) from error
    except TemplateSyntaxError as error:
        raise Refusal(
            f"the template {shown} is not written right: {error.message}", "correct it in Word"
        ) from error
    except (TemplateError, ArithmeticError, TypeError, ValueError, LookupError, AttributeError) as error:
        raise Refusal(f"the template {shown} cannot be filled in: {error}", "correct it in Word") from error
    buffer = io.BytesIO()
    template.save(buffer)
    return buffer.getvalue()


def _check_names(shown: str, asked: set[str], values: Mapping[str, Any], needed: Collection[str]) -> None:
    unknown = sorted(asked - values.keys())
    if unknown:
        raise Refusal(
            f"the template {shown} asks for {', '.join(unknown)}, which the mapping does not give",
            f"it gives {', '.join(sorted(values))}: correct the template, or map the field",
        )
    unseen = sorted(name for name in needed if name not in asked)
    if unseen:
        places = ", ".join("{{ " + name + " }}" for name in unseen)
        raise Refusal(
            f"the template {shown} has no place for {', '.join(unseen)}, which the mapping gives",
            f"put {places} where it belongs, or take the field out of the mapping",
            unseen[0],
        )


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        autoescape=True, undefined=StrictUndefined, finalize=_plain, extensions=[]
    )
    environment.globals.clear()
    environment.globals["range"] = _range
    environment.filters |= {name: _of_something(made) for name, made in FILTERS.items()}
    return environment


def _range(*bounds: int) -> range:
    made = range(*bounds)
    if len(made) > 1000:
        raise Refusal(f"a loop of the template runs {len(made):,} times", "correct the template")
    return made


def _plain(value: Any) -> Any:
    """What no value and a yes or no look like."""
    if value is None:
        return ""
    return ("oui" if value else "non") if isinstance(value, bool) else value


def _of_something(made: Callable[..., str]) -> Callable[..., str]:
    def used(value: Any, *given: Any) -> str:
        if value is None or value == "":
            return ""
        try:
            return made(value, *given)
        except (Unreadable, ArithmeticError, KeyError) as error:
            raise ValueError(f"{str(value)!r}: {error}") from error

    return used


def _date(value: Any, style: str = "court") -> str:
    day = date.fromisoformat(str(make_type("date").parse(value)))
    return in_long_words(day) if style == "long" else f"{day:%d/%m/%Y}"


def _amount(value: Any, tax: str = "") -> str:
    number = in_french(Decimal(str(make_type("money").parse(value))), 2, _GAP)
    return f"{number}{_GAP}€" + (f"{_GAP}{tax}" if tax else "")


def _of(kind: str) -> Callable[[Any], str]:
    made = make_type(kind)
    return lambda value: made.show(made.parse(value))


FILTERS: Mapping[str, Callable[..., str]] = {
    "date": _date,
    "montant": _amount,
    "periodicite": _of("periodicity"),
    "duree": _of("duration"),
    "reconduction": lambda value: RENEWALS[str(value)],
    "telephone": _of("phone"),
    "siret": _of("siret"),
}
