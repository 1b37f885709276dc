"""A field's value between the wire, the stored row, and a reader.

Promises: what a real field makes of a value (numbers to text, texts cut to size, dates parsed) is what is
stored here; what cannot be converted raises what the real one raises.
"""

from __future__ import annotations

import base64
import datetime as dt
import html as markup
from typing import TYPE_CHECKING, Any

from sandbox.odoo.errors import DatabaseError
from sandbox.odoo.schema import TEXTS, Field

if TYPE_CHECKING:
    from sandbox.odoo.env import Env

DATE = "%Y-%m-%d"
DATETIME = "%Y-%m-%d %H:%M:%S"


def to_stored(env: Env, model: str, name: str, field: Field, value: Any) -> Any:
    """What a row holds for this value given over the wire. x2many fields are not for this function."""
    if field.type in TEXTS:
        return _text(field, value)
    if field.type == "boolean":
        return bool(value)
    if field.type in ("integer", "many2one_reference"):
        return int(value or 0)
    if field.type in ("float", "monetary"):
        return float(value or 0.0)
    if value is None or value is False or value == "":
        return None
    if field.type == "binary":
        return base64.b64encode(base64.b64decode(value)).decode()
    if field.type == "date":
        return parse_date(value)
    if field.type == "datetime":
        return parse_datetime(value)
    if field.type == "selection":
        unchecked = callable(field.selection) and env.base.version >= 19
        if unchecked or value in (item for item, _ in choices(env, field)):
            return value
        raise ValueError(f"Wrong value for {model}.{name}: {value!r}")
    if field.type == "many2one":
        return _reference(env, name, value)
    raise ValueError(f"Wrong value for {model}.{name}: {value!r}")


def choices(env: Env, field: Field) -> list[tuple[str, str]]:
    """The (value, label) pairs of a selection field."""
    return list(field.selection(env) if callable(field.selection) else field.selection)


def to_wire(field: Field, value: Any) -> Any:
    """What a stored scalar reads as: False for empty, numbers 0, dates as text cut to the second."""
    if field.type in ("integer", "many2one_reference"):
        return value or 0
    if field.type in ("float", "monetary"):
        return value or 0.0
    if field.type == "boolean":
        return bool(value)
    if value is None:
        return False
    if field.type == "datetime":
        return value.strftime(DATETIME)
    if field.type == "date":
        return value.strftime(DATE)
    return value


def translated(value: Any, lang: str) -> Any:
    """The text of a translated value in this language, English where it has none."""
    if isinstance(value, dict):
        return value.get(lang, value.get("en_US"))
    return value


def parse_date(value: Any) -> dt.date:
    """``YYYY-MM-DD``, a longer text cut to that, or a date of Python's."""
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    return dt.datetime.strptime(str(value)[:10], DATE).date()


def parse_datetime(value: Any) -> dt.datetime:
    """``YYYY-MM-DD[ HH:MM:SS]``, cut to the second, or a datetime of Python's kept whole."""
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day)
    written = str(value)[:19].replace("T", " ")
    return dt.datetime.strptime(written, DATETIME[: len(DATETIME) if len(written) > 10 else 8])


def _text(field: Field, value: Any) -> str | None:
    if value is None or value is False:
        return None
    written = value if isinstance(value, str) else str(value)
    if field.type == "html" and written and not written.lstrip().startswith("<"):
        return f"<p>{markup.escape(written, quote=False)}</p>"
    return written[: field.size] if field.size else written


def _reference(env: Env, name: str, value: Any) -> int | None:
    """An id, or a pair that begins with one. 19 takes any other value for none, 14's database refuses it."""
    if isinstance(value, int):
        return value
    if isinstance(value, list | tuple) and value and isinstance(value[0], int):
        return int(value[0])
    if env.base.version >= 19:
        return None
    raise DatabaseError(f'invalid input syntax for type integer: "{value}" ({name})')
