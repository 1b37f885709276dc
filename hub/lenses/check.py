"""Both laws of a lens, tried on real records: what `hub mapping check` runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hub.lenses.base import NO_REFS, Lens, Parked, Refs
from hub.ports import Native
from hub.values import Canonical, Unreadable, Unwritable


@dataclass(frozen=True)
class Finding:
    """What `check_lens` found on one sample: the natives, what they mean, what was written and read back."""

    natives: Mapping[str, Native]
    value: Canonical
    written: Mapping[str, Native]
    back: Canonical
    what: str


@dataclass
class LensReport:
    """How a lens fared on samples. `violations` break a law; `lossy` are what the system cannot hold."""

    lens: Lens
    checked: int = 0
    violations: list[Finding] = field(default_factory=list)
    lossy: list[Finding] = field(default_factory=list)
    unreadable: list[tuple[Mapping[str, Native], str]] = field(default_factory=list)
    unwritable: list[tuple[Canonical, str]] = field(default_factory=list)


def check_lens(lens: Lens, samples: Sequence[Mapping[str, Native]], refs: Refs = NO_REFS) -> LensReport:
    """Try both laws on records: each value into its own record, a new one, and its neighbour's."""
    report = LensReport(lens)
    read = []
    for native in samples:
        try:
            read.append((native, lens.get(native, refs)))
        except (Unreadable, Parked) as reason:
            report.unreadable.append(({n: native.get(n) for n in lens.natives}, str(reason)))
    for place, (native, value) in enumerate(read):
        report.checked += 1
        _check_untouched(lens, native, value, refs, report)
        neighbour = read[place - 1][1]
        for put, into in ((value, {}), (neighbour, native)):
            if lens.writes and lens.reads:
                _check_back(lens, put, into, refs, report)
    return report


def _check_untouched(
    lens: Lens, native: Mapping[str, Native], value: Canonical, refs: Refs, report: LensReport
) -> None:
    own = {name: native[name] for name in lens.natives}
    written = lens.put(value, native, refs)
    if lens.writes and lens.reads and written != own:
        report.violations.append(
            Finding(own, value, written, value, "writing what was read changes the record")
        )


def _check_back(
    lens: Lens, value: Canonical, native: Mapping[str, Native], refs: Refs, report: LensReport
) -> None:
    own = {name: native.get(name) for name in lens.natives}
    try:
        written = lens.put(value, native, refs)
    except (Unwritable, Parked) as reason:
        report.unwritable.append((value, str(reason)))
        return
    try:
        back = lens.get(written, refs)
    except Unreadable as reason:
        report.violations.append(
            Finding(own, value, written, None, f"what was written cannot be read: {reason}")
        )
        return
    if back == value or (value is None and not native):
        return
    found = Finding(own, value, written, back, lens.lossy or "what was written reads back as something else")
    (report.lossy if lens.lossy else report.violations).append(found)
