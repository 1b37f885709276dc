"""`hub documents`: what the hub reads out of a contract, workbook or form, and what each offers a teacher.

Word documents are read here; each other kind has a module of its own, named in `FORMS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import screen
from hub.cli.documents_forms import is_form, read_form
from hub.cli.failures import WrongUse
from hub.cli.session import DONE, WAITING, Session, command, group

if TYPE_CHECKING:
    from rich.console import RenderableType

    from connectors.word.reader import Reading

FORMS = {"workbook": ("hub.cli.documents_workbook", "read_workbook")}
"""A kind of document to what reads it: (session, file, profile, limit) → exit code."""

ENDINGS = {**dict.fromkeys((".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"), "workbook"), ".pdf": "pdf"}
KINDS = {"workbook": "a workbook", "pdf": "a PDF"}
SHOWN = 20


def register(app: typer.Typer) -> None:
    about = "What the hub reads out of contracts, workbooks and forms."
    found = typer.Typer(help=about, invoke_without_command=True)
    found.callback()(group(_which))
    found.command("read")(command(read))
    app.add_typer(found, name="documents")


def _which(session: Session) -> int:
    raise WrongUse(
        "`hub documents` needs a word more", "`hub documents read FILE` shows what the hub reads in it."
    )


def read(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A Word document or a workbook.")],
    profile: Annotated[
        Path | None,
        typer.Option(
            help="Where each value stands: a profile, or a folder of them; of a workbook a mapping, or the "
            "name of its system in hub.yaml.",
            metavar="PROFILE",
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option(help="Records of a workbook to show; --json has all.", min=1, metavar="N")
    ] = SHOWN,
) -> int:
    """Show what the hub reads in a document: each value, where it comes from, what is missing or doubtful.

    Without --profile: what the document offers to whoever writes one. Needs no hub.yaml, and writes nothing.
    """
    if not file.exists():
        raise WrongUse(f"there is no {file}", "Check the name.")
    if file.is_dir():
        raise WrongUse(f"{file} is a folder", "Name one document in it.")
    if is_form(file):
        return read_form(session, file, profile)
    form = ENDINGS.get(file.suffix.lower(), "word")
    if form in FORMS:
        return _other(form)(session, file, profile, limit)
    return _read_word(session, file, profile, limit)


def _other(form: str) -> Callable[[Session, Path, Path | None, int], int]:
    """What reads documents of this kind."""
    module, name = FORMS[form]
    found: Callable[[Session, Path, Path | None, int], int] = getattr(import_module(module), name)
    return found


def _read_word(session: Session, file: Path, profile: Path | None, limit: int) -> int:
    from connectors.word.faults import Fault
    from connectors.word.profiles import load
    from connectors.word.reader import Reader

    if profile is not None and not profile.exists():
        raise WrongUse(f"there is no {profile}", "Check the name.")
    profiles = load(profile) if profile is not None else {}
    try:
        with Reader() as reader:
            found = reader.read(file, profiles, offers=profile is None)
    except Fault as fault:
        raise WrongUse(str(fault), fault.todo) from None
    if found.verdict == "unsupported":
        if found.form in FORMS:
            return _other(found.form)(session, file, profile, limit)
        what = f"{file.name} is {KINDS.get(found.form, 'a ' + found.form)}, which is not read"
        raise WrongUse(what, "Name a Word document or a workbook.")
    session.show(_data(found, profile is not None), *_screens(found, profile is not None))
    return _code(found, profile is not None)


def _code(found: Reading, by_profile: bool) -> int:
    return WAITING if by_profile and found.verdict != "read" else DONE


def _data(found: Reading, by_profile: bool) -> dict[str, Any]:
    whole = {
        "file": found.file,
        "form": found.form,
        "verdict": found.verdict if by_profile else "offers",
        "notes": found.notes,
        "profile": found.profile,
        "fits": found.fits,
        "contracts": found.contracts,
        "offers": found.offers,
    }
    return {key: value for key, value in whole.items() if key != "offers" or not by_profile}


def _screens(found: Reading, by_profile: bool) -> Iterator[RenderableType]:
    for note in found.notes:
        yield screen.plain(f"{found.file}: {note}", "yellow")
    if not by_profile:
        yield from _offers(found)
        return
    if found.profile is None or len(found.fits) > 1:
        yield from _fits(found)
    for contract in found.contracts:
        yield from _contract(found, contract)


def _fits(found: Reading) -> Iterator[RenderableType]:
    rows = [(one["profile"], "fits" if one["fits"] else "no", "\n".join(one["why"])) for one in found.fits]
    yield screen.table(f"Profiles tried on {found.file}", ("profile", "", "because"), rows)
    fitting = [one["profile"] for one in found.fits if one["fits"]]
    if not fitting:
        yield screen.plain(
            "No profile fits: nothing was read. Correct `match:` of the one that should.", "bold red"
        )
    elif len(fitting) > 1:
        text = (
            f"{' and '.join(fitting)} fit: nothing was read. Tell them apart, by `none_text:` for instance."
        )
        yield screen.plain(text, "bold red")


def _contract(found: Reading, contract: Mapping[str, Any]) -> Iterator[RenderableType]:
    key = " ".join(str(part) for part in contract["key"] if part is not None)
    head = f"{contract['record']} {key}".strip() + f" in {found.file}, by profile {contract['profile']}"
    if contract["place"]:
        head += f" ({contract['place']})"
    yield screen.plain("")
    values = contract["values"]
    rows = [(one["name"], one["type"], _value(one), _origin(one)) for one in values]
    yield screen.table(head, ("field", "type", "value", "from"), rows)
    doubted = [one for one in values if one["verdict"] not in ("found", "empty")]
    if not doubted:
        yield screen.plain("Everything that is required was found, and nothing contradicts it.", "green")
        return
    yield screen.plain("")
    yield screen.plain(f"For review: {screen.count(len(doubted), 'value')}", "bold")
    for one in doubted:
        for doubt in one["doubts"]:
            yield screen.notice(f"{one['name']} ({doubt['verdict']})", _doubt(doubt))


def _value(one: Mapping[str, Any]) -> str:
    if one["value"] is None:
        return {"empty": "(empty)"}.get(one["verdict"], f"({one['verdict']})")
    mark = "" if one["verdict"] == "found" else "  (!)"
    return f"{one['shown']}{mark}"


def _origin(one: Mapping[str, Any]) -> str:
    passed = f"passed over as your own: {', '.join(one['ignored'])}" if one["ignored"] else ""
    if not one["source"]:
        return passed
    raw = " ".join(one["raw"].split())
    return "\n".join(filter(None, (f"{one['source']}: {raw}", one["place"], passed)))


def _doubt(doubt: Mapping[str, Any]) -> str:
    lines = [doubt["message"]]
    if doubt["sentence"]:
        lines.append(f"  {doubt['place']}: « {doubt['sentence']} »")
    return "\n".join(lines)


def _offers(found: Reading) -> Iterator[RenderableType]:
    if not found.offers:
        yield screen.plain(f"{found.file} holds no control, field, bookmark, table or label: only text, "
                           "which a profile can search by regex.")  # fmt: skip
        return
    rows = (
        (one["source"], one["name"], one["value"] if one["filled"] else "(not filled)", one["place"])
        for one in _named(found.offers)
    )
    title = f"What {found.file} offers to a profile, the most trusted first"
    yield screen.table(title, ("source", "name", "value", "place"), rows)


def _named(offers: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in offers:
        name = f"{one['name']} ({one['title']})" if one.get("title") else one["name"]
        yield {**one, "name": name}
