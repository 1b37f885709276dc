"""`hub mapping learn` of contracts: their layouts, a profile for each, and how many of them it then reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from hub.cli import screen
from hub.cli.failures import WrongUse
from hub.cli.learn import WORD, AsFile, show, write_new
from hub.cli.session import DONE, WAITING, Session

if TYPE_CHECKING:
    from rich.console import RenderableType

    from connectors.word.drafting import Drafted
    from connectors.word.layouts import Layout, Own
    from connectors.word.profile import Profile
    from connectors.word.reader import Reader, Reading

MOST = 50
"""Documents that are looked at; of more, as many spread over the folder."""


@dataclass(frozen=True)
class Learnt:
    """One layout with its profile, and how its documents were read by it: file to verdict and why."""

    name: str
    layout: Layout
    fields: Sequence[Drafted]
    text: str
    read: Mapping[str, tuple[str, str]]


def learn_contracts(session: Session, place: Path, entity: str | None, write: Path | None) -> int:
    """Look at contracts, draft a profile for each layout, and read them all by the drafts."""
    from connectors.word.drafting import draft, fields_of
    from connectors.word.layouts import layouts, own_company
    from connectors.word.reader import Reader
    from hub.learning.yamltext import scalar

    files, total = _files(place)
    with Reader() as reader, session.err.status(f"looking at {screen.count(len(files), 'document')}"):
        seen, unread = _look(reader, files)
        if not seen:
            file, why = next(iter(unread.items()))
            raise WrongUse(f"none of {screen.count(len(files), 'document')} could be read: {file}: {why}")
        own = own_company(seen)
        found = layouts(seen)
        endings = sorted({path.suffix.lstrip(".").lower() for path in files})
        fields = [fields_of(layout, own, _meanings) for layout in found]
        usable = [
            (layout, some) for layout, some in zip(found, fields, strict=True) if any(f.used for f in some)
        ]
        texts = [draft(layout, some, own, entity or "contract", endings, scalar) for layout, some in usable]
        names = _names([layout for layout, _ in usable], place)
        read = _read_all(reader, files, dict(zip(names, texts, strict=True)), unread)
    learnt = [
        Learnt(name, layout, some, text, {one.file: read[one.file] for one in layout.documents})
        for name, (layout, some), text in zip(names, usable, texts, strict=True)
    ]
    written = _save(write, learnt) if write is not None else []
    data = _data(place, total, own, learnt, unread, written)
    show(session, data, _screens(place, total, len(files), own, learnt, unread, written))
    return DONE if learnt else WAITING


def _files(place: Path) -> tuple[list[Path], int]:
    """The documents to look at, and how many there are. Raises `WrongUse`."""
    if not place.is_dir():
        return [place], 1
    found = sorted(
        path for path in place.rglob("*")
        if path.suffix.lower() in WORD and not path.name.startswith(("~$", ".")) and path.is_file()
    )  # fmt: skip
    if not found:
        raise WrongUse(f"{place} holds no Word document", f"Their names end in {', '.join(WORD)}.")
    step = max(1.0, len(found) / MOST)
    return [found[int(n * step)] for n in range(min(len(found), MOST))], len(found)


def _look(reader: Reader, files: Sequence[Path]) -> tuple[list[Any], dict[str, str]]:
    """What each document offers; and why some could not be read, by name."""
    from connectors.word.faults import Fault
    from connectors.word.layouts import Seen

    seen, unread = [], {}
    for path in files:
        try:
            found = reader.read(path, {}, offers=True)
        except Fault as fault:
            unread[str(path)] = f"{fault}; {fault.todo}" if fault.todo else str(fault)
            continue
        if found.verdict == "unsupported":
            unread[str(path)] = f"it is no Word document: a {found.form}"
        else:
            seen.append(Seen(str(path), found.offers, found.text))
    return seen, unread


def _meanings(name: str) -> list[tuple[str, float]]:
    from hub.learning.headings import meanings

    return [(one.concept, one.weight) for one in meanings(name)]


def _names(found: Sequence[Layout], place: Path) -> list[str]:
    """A name for each profile, by its title; files are called so."""
    from hub.learning.headings import slug

    names: list[str] = []
    for layout in found:
        names.append(slug(layout.title or place.stem, names))
    return names


def _read_all(
    reader: Reader, files: Sequence[Path], texts: Mapping[str, str], unread: Mapping[str, str]
) -> dict[str, tuple[str, str]]:
    """Every document read by the drafts: file to verdict and why. The drafts are loaded as any profile is."""
    profiles = _profiles(texts)
    return {str(path): _verdict(reader.read(path, profiles)) for path in files if str(path) not in unread}


def _profiles(texts: Mapping[str, str]) -> dict[str, Profile]:
    from connectors.word.profiles import load_one

    with TemporaryDirectory(prefix="hub-learn-") as folder:
        found = {}
        for name, text in texts.items():
            path = Path(folder, f"{name}.yaml")
            path.write_text(text, encoding="utf-8")
            found[name] = load_one(path)
    return found


def _verdict(found: Reading) -> tuple[str, str]:
    if found.verdict == "no profile":
        fitting = [one["profile"] for one in found.fits if one["fits"]]
        return found.verdict, f"{' and '.join(fitting)} fit both" if fitting else "no draft fits it"
    doubts = [
        f"{value['name']} ({value['verdict']}): {doubt['message']}"
        for contract in found.contracts
        for value in contract["values"]
        for doubt in value["doubts"]
    ]
    return found.verdict, "; ".join(doubts[:3])


def _save(write: Path, learnt: Sequence[Learnt]) -> list[Path]:
    if not learnt:
        raise WrongUse("nothing was found that could be read: nothing is written")
    if write.suffix in (".yaml", ".yml"):
        if len(learnt) > 1:
            raise WrongUse(
                f"there are {len(learnt)} layouts, and a profile for each", "Name a folder to write them to."
            )
        return [write_new(write, learnt[0].text)]
    return [write_new(write / f"{one.name}.yaml", one.text) for one in learnt]


def _data(
    place: Path,
    total: int,
    own: Own,
    learnt: Sequence[Learnt],
    unread: Mapping[str, str],
    written: Sequence[Path],
) -> dict[str, Any]:
    return {
        "file": str(place),
        "documents": total,
        "own_company": {"siren": list(own.siren), "phone": list(own.phone), "email": list(own.email)},
        "layouts": [
            {
                "name": one.name,
                "documents": [document.file for document in one.layout.documents],
                "fields": [
                    {"field": f.name, "type": f.type, "confidence": round(f.confidence, 2), "used": f.used,
                     "found": f.found, "of": f.of, "sources": [{source: name} for source, name in f.sources],
                     "why": f.why}
                    for f in one.fields
                ],
                "read": {file: {"verdict": verdict, "why": why} for file, (verdict, why) in one.read.items()},
                "profile": one.text,
            }
            for one in learnt
        ],
        "unread": dict(unread),
        "written": [str(path) for path in written],
    }  # fmt: skip


def _screens(
    place: Path, total: int, looked: int, own: Own, learnt: Sequence[Learnt], unread: Mapping[str, str],
    written: Sequence[Path],
) -> Iterator[RenderableType | AsFile]:  # fmt: skip
    of = f"{looked:,} of {total:,} documents" if looked < total else screen.count(total, "document")
    yield screen.plain(f"{place}: {of}, {screen.count(len(learnt), 'layout')}", "bold")
    if own.siren:
        yield screen.plain(f"Your own company: SIREN {', '.join(own.siren)}, in nearly every document.")
    for one in learnt:
        yield screen.plain("")
        yield from _layout(one)
        if not written:
            yield screen.plain("The draft; --write FOLDER writes it into a file:", "bold")
            yield AsFile(one.text)
    for path in written:
        yield screen.plain(f"A draft is in {path}.", "green")
    if unread:
        yield screen.plain("")
        yield screen.plain(f"Not looked at: {screen.count(len(unread), 'document')}", "bold")
        for file, why in unread.items():
            yield screen.notice(Path(file).name, why)
    if not learnt:
        yield screen.plain("Nothing was found that a profile could name.", "yellow")


def _layout(one: Learnt) -> Iterator[RenderableType]:
    rows = [
        (field.name if field.used else f"({field.name}?)", field.type, f"{field.confidence:.0%}",
         f"{field.found} of {field.of}", "\n".join(f"{source} {name}" for source, name in field.sources))
        for field in one.fields
    ]  # fmt: skip
    title = f"{one.name}: {screen.count(len(one.layout.documents), 'document')}"
    yield screen.table(title, ("field", "type", "sure", "found", "where"), rows, right=("sure", "found"))
    counts = Counter(verdict for verdict, _ in one.read.values())
    whole = counts["read"]
    yield screen.plain("")
    style = "green" if whole == len(one.read) else "yellow"
    yield screen.plain(f"Read by this draft: {whole} of {len(one.read)} whole.", style)
    for file, (verdict, why) in one.read.items():
        if verdict != "read":
            yield screen.notice(f"{Path(file).name} ({verdict})", why)
