"""Which profile a document is of, by what it holds; and the contracts in one that holds many.

Promises: a profile fits where all that its `match` says is true; where several fit, none is chosen and both
are named; every answer says why. A document is cut at the lines, sections or pages the profile names, with
the headers and footers of its sections: what stands before the first belongs to the first, and nothing of the
body falls between two. Never: tells whose a footnote is, where there are many contracts. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.word.document import Document, Span
from connectors.word.profile import Profile, Split
from hub.values.french.words import fold


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether a profile fits a document, and why."""

    profile: str
    fits: bool
    why: tuple[str, ...]


def fits(document: Document, ending: str, profiles: Mapping[str, Profile]) -> list[Fit]:
    """Every profile tried on a document; `ending` is its file's, without the point."""
    text = document.comparable()
    return [_fit(document, text, ending, name, profile) for name, profile in profiles.items()]


def _fit(document: Document, text: str, ending: str, name: str, profile: Profile) -> Fit:
    match, why, against = profile.match, [], []
    if match.extensions and ending.lower() not in match.extensions:
        against.append(f"its name ends in .{ending}, not in .{', .'.join(match.extensions)}")
    present = {word: _has(text, word) for word in (*match.any_text, *match.all_text, *match.none_text)}
    here = [word for word in match.any_text if present[word]]
    if match.any_text and not here:
        against.append(f"none of {_quoted(match.any_text)} is in it")
    why += [f"'{word}' is in it" for word in (*here, *(w for w in match.all_text if present[w]))]
    against += [f"'{word}' is not in it" for word in match.all_text if not present[word]]
    against += [f"'{word}' is in it" for word in match.none_text if present[word]]
    names = {fold(mark.name) for mark in (*document.controls, *document.form_fields, *document.bookmarks,
                                          *document.merge_fields)}  # fmt: skip
    controls = [word for word in match.any_control if fold(word) in names]
    why += [f"it has the control or field {word}" for word in controls]
    if match.any_control and not controls:
        against.append(f"it has no control or field {_quoted(match.any_control)}")
    against += [f"it has the control or field {word}" for word in match.no_control if fold(word) in names]
    if match.regex:
        found = any(re.search(match.regex, line, re.IGNORECASE) for line in _lines(document))
        (why if found else against).append(f"/{match.regex}/ {'is' if found else 'is not'} in it")
    return Fit(name, not against, tuple(against or why))


def _has(text: str, word: str) -> bool:
    return " ".join(fold(word).split()) in text


def _lines(document: Document) -> Sequence[str]:
    return [document.text[span.start : span.end] for span, _ in document.lines()]


def _quoted(words: Sequence[str]) -> str:
    return " or ".join(f"'{word}'" for word in words)


def contracts(document: Document, split: Split | None) -> list[tuple[str, Document]]:
    """The contracts of a document, each as a document of its own, with where it begins."""
    starts = _starts(document, split) if split is not None else []
    if len(starts) < 2:
        return [("", document)]
    found = []
    for number, start in enumerate(starts):
        end = starts[number + 1] if number + 1 < len(starts) else document.body_end
        own = Span(0 if number == 0 else start, end)
        sections = {p.section for p in document.paragraphs if own.start <= p.span.start < own.end}
        around = [span for span, used in document.shared if used & sections]
        first = next((p for p in document.paragraphs if p.span.start >= start), None)
        place = f"contract {number + 1}, from {first.place}" if first else f"contract {number + 1}"
        found.append((place, document.part([own, *around])))
    return found


def _starts(document: Document, split: Split) -> list[int]:
    """Where in the text a contract begins, in order."""
    anchor = re.compile(split.starts, re.IGNORECASE) if split.starts else None
    body = [p for p in document.paragraphs if p.place.story == "body"]
    if split.by == "starts":
        assert anchor is not None
        return [p.span.start for p in body if _begins(document, p.span, anchor)]
    groups: list[list[Span]] = []
    last = -1
    for paragraph in body:
        begins = paragraph.section != last if split.by == "section" else paragraph.breaks or not groups
        last = paragraph.section
        if begins:
            groups.append([])
        groups[-1].append(paragraph.span)
    return [
        group[0].start
        for group in groups
        if any(_begins(document, span, anchor) for span in group)
    ]  # fmt: skip


def _begins(document: Document, span: Span, anchor: re.Pattern[str] | None) -> bool:
    text = document.text[span.start : span.end]
    if anchor is None:
        return bool(text.strip())
    return any(anchor.match(line.strip()) for line in text.split("\n"))
