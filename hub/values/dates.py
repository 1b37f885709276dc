"""Days and moments.

Promises: a day is ISO (2026-01-31), a moment is ISO in universal time (2026-01-31T10:20:30Z); French order is
day, month, year; a partial date (a year on two digits, a month alone) is refused, never completed. A moment
without a zone is in universal time unless the field says where its clocks are (`timezone`).
Never: swaps day and month to make a date fit.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hub.ports import Native
from hub.values.base import BadOption, Canonical, FieldType, Unreadable, as_short_text, folded, shown

_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_MIDNIGHT = re.compile(r"[T ]00:00(?::00(?:\.0+)?)?(?:Z|\+00:00)?")
_COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)")
_DAY_FIRST = re.compile(r"(\d{1,2})([/.\- ])(\d{1,2})\2(\d{4})")
_SHORT_YEAR = re.compile(r"\d{1,2}[/.\- ]\d{1,2}[/.\- ]\d\d")
_WORDS = re.compile(r"(?:[a-z]+ )?(\d{1,2})(?:er|st|nd|rd|th)? ([a-z]+) (\d{4})")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier janv jan january",
            "fevrier fevr fev february feb",
            "mars march mar",
            "avril avr april apr",
            "mai may",
            "juin june jun",
            "juillet juil july jul",
            "aout august aug",
            "septembre sept september sep",
            "octobre oct october",
            "novembre nov november",
            "decembre dec december",
        ),
        start=1,
    )
    for name in names.split()
}
_CODES = {"%Y": r"(?P<Y>\d{4})", "%m": r"(?P<m>\d{2})", "%d": r"(?P<d>\d{2})", "%y": r"(?P<y>\d{2})"}
_ZONED = re.compile(r":\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)$")
_CLOCK = {"%H": r"(?P<H>\d{2})", "%M": r"(?P<M>\d{2})", "%S": r"(?P<S>\d{2})"}


class _Pattern:
    """One fixed way of writing a moment, such as ``%d/%m/%Y``: both directions from the same text."""

    def __init__(self, pattern: str, codes: dict[str, str], needed: str) -> None:
        self.pattern = pattern
        expression, used = "", []
        for piece in re.split(r"(%.)", pattern):
            if piece.startswith("%") and len(piece) == 2:
                if piece not in codes or piece in used:
                    known = " ".join(codes)
                    raise BadOption(
                        f"format {pattern!r}: {piece} is not known or stands twice; known are {known}"
                    )
                used.append(piece)
                expression += codes[piece]
            else:
                expression += re.escape(piece)
        missing = [
            code for code in needed.split() if code not in used and not (code == "%Y" and "%y" in used)
        ]
        if missing:
            raise BadOption(f"format {pattern!r} cannot be read back: {' '.join(missing)} is missing")
        self.short = "%y" in used
        self._read = re.compile(expression)

    def read(self, text: str) -> datetime:
        found = self._read.fullmatch(text)
        if not found:
            raise Unreadable(f"{shown(text)} is not written as {self.pattern}")
        part = {name: int(digits) for name, digits in found.groupdict().items()}
        # Two digits of a year mean 1970 to 2069; what lies outside cannot be written with them either.
        year = part["Y"] if "Y" in part else part["y"] + (1900 if part["y"] >= 70 else 2000)
        try:
            return datetime(year, part["m"], part["d"], part.get("H", 0), part.get("M", 0), part.get("S", 0))
        except ValueError as reason:
            raise Unreadable(f"{shown(text)} is not a day of the calendar") from reason

    def write(self, moment: datetime) -> str:
        values = {"%Y": f"{moment.year:04}", "%m": f"{moment.month:02}", "%d": f"{moment.day:02}"}
        values |= {"%y": f"{moment.year % 100:02}", "%H": f"{moment.hour:02}"}
        values |= {"%M": f"{moment.minute:02}", "%S": f"{moment.second:02}"}
        return re.sub(r"%.", lambda code: values[code[0]], self.pattern)


def _day(text: str, year: str, month: str, day: str) -> str:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError as reason:
        raise Unreadable(f"{shown(text)} is not a day of the calendar (day/month/year)") from reason


def _read_day(text: str) -> str:
    iso = _ISO.match(text)
    if iso:
        rest = text[iso.end() :]
        if rest and not _MIDNIGHT.fullmatch(rest):
            raise Unreadable(f"{shown(text)} holds a time of day where a date is expected")
        return _day(text, iso[1], iso[2], iso[3])
    french = _DAY_FIRST.fullmatch(text)
    if french:
        return _day(text, french[4], french[3], french[1])
    compact = _COMPACT.fullmatch(text)
    if compact:
        return _day(text, compact[1], compact[2], compact[3])
    words = _WORDS.fullmatch(folded(text))
    if words and words[2] in _MONTHS:
        return _day(text, words[3], str(_MONTHS[words[2]]), words[1])
    if _SHORT_YEAR.fullmatch(text):
        raise Unreadable(f"{shown(text)} has a year of two digits; write four")
    raise Unreadable(f"{shown(text)} is not a complete date (day/month/year)")


class Date(FieldType):
    """A day."""

    name = "date"
    formats = "a pattern of %d %m %Y (%y), e.g. %d/%m/%Y or %Y%m%d"
    describe = "A day: 31/01/2026, 2026-01-31, 31 janvier 2026. Kept as 2026-01-31."

    def __init__(self, pattern: _Pattern | None = None) -> None:
        self.pattern = pattern

    def formatted(self, pattern: str) -> FieldType:
        return Date(_Pattern(pattern, _CODES, "%Y %m %d"))

    def parse(self, native: Native) -> Canonical:
        if isinstance(native, bool | int | float) and not self.pattern:
            raise Unreadable(f"{shown(native)} is a number where a date is expected")
        text = as_short_text(native)
        return self.read(text) if text else None

    def read(self, text: str) -> Canonical:
        return self.pattern.read(text).date().isoformat() if self.pattern else _read_day(text)

    def native(self, value: Canonical, like: Native = None) -> Native:
        if value is None:
            return None
        if self.pattern:
            return self.pattern.write(datetime.fromisoformat(str(value)))
        french = _DAY_FIRST.fullmatch(like.strip()) if isinstance(like, str) else None
        if french:
            year, month, day = str(value).split("-")
            return french[2].join((day, month, year))
        compact = isinstance(like, str) and _COMPACT.fullmatch(like) and str(value)[:2] in ("19", "20")
        return str(value).replace("-", "") if compact else value

    def show(self, value: Canonical, lang: str = "fr") -> str:
        if value is None or lang != "fr":
            return str(value or "")
        return "/".join(reversed(str(value).split("-")))


class Moment(FieldType):
    """A day and a time, in universal time."""

    name = "datetime"
    options = ("timezone",)
    formats = "a pattern of %d %m %Y %H %M %S"
    describe = (
        "A moment, kept in universal time: 2026-01-31T10:20:30Z. Values without a zone are in `timezone`."
    )

    def __init__(self, timezone: str = "UTC", pattern: _Pattern | None = None) -> None:
        try:
            self.zone = ZoneInfo(timezone) if timezone != "UTC" else UTC
        except (ZoneInfoNotFoundError, ValueError) as reason:
            raise BadOption(f"{timezone!r} is not a time zone, such as Europe/Paris") from reason
        self.timezone, self.pattern = timezone, pattern

    def formatted(self, pattern: str) -> FieldType:
        return Moment(self.timezone, _Pattern(pattern, _CODES | _CLOCK, "%Y %m %d %H %M"))

    def parse(self, native: Native) -> Canonical:
        if isinstance(native, bool | int | float):
            raise Unreadable(f"{shown(native)} is a number where a date and time are expected")
        text = as_short_text(native)
        return self.read(text) if text else None

    def read(self, text: str) -> Canonical:
        return f"{self._moment(text).astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z".zfill(20)

    def _moment(self, text: str) -> datetime:
        if self.pattern:
            moment = self.pattern.read(text)
        else:
            day, _, clock = text.replace("T", " ").partition(" ")
            try:
                moment = datetime.fromisoformat(f"{_read_day(day)} {clock}".strip())
            except Unreadable:
                raise Unreadable(f"{shown(text)} is not a date and time") from None
            except ValueError as reason:
                raise Unreadable(f"{shown(text)} is not a date and time") from reason
        return moment if moment.tzinfo else moment.replace(tzinfo=self.zone)

    def native(self, value: Canonical, like: Native = None) -> Native:
        if value is None:
            return None
        local = datetime.fromisoformat(str(value)).astimezone(self.zone)
        if self.pattern:
            return self.pattern.write(local)
        mark = "T" if isinstance(like, str) and "T" in like else " "
        if isinstance(like, str) and _ZONED.search(like):
            return value if like.endswith("Z") else local.isoformat(mark, "seconds")
        plain = local.replace(tzinfo=None).isoformat(mark, "seconds")
        # In the hour that the clocks go through twice, only the offset tells which of the two is meant.
        return plain if self.read(plain) == value else local.isoformat(mark, "seconds")

    def show(self, value: Canonical, lang: str = "fr") -> str:
        if value is None:
            return ""
        local = datetime.fromisoformat(str(value)).astimezone(self.zone)
        return f"{local:%d/%m/%Y %H:%M}" if lang == "fr" else f"{local:%Y-%m-%d %H:%M}"
