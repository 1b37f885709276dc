"""`hub duplicates show`: one pair, field by field, or one merger: what each said, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import duplicates_shapes as shapes
from hub.cli import screen
from hub.cli.failures import WrongUse
from hub.cli.reading import Reader
from hub.cli.session import DONE, Session

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.cli.duplicates_shapes import Question
    from hub.mapping import Mappings
    from hub.store.mergers import Merger

LISTED = "`hub duplicates list` shows the open ones, --merged the mergers."


def show(
    session: Session,
    number: Annotated[int | None, typer.Argument(metavar="ID", help="The question's number.")] = None,
    merger: Annotated[
        int | None, typer.Option("--merger", help="This merger, not a question.", metavar="M")
    ] = None,
) -> int:
    """Show one pair: both records, what agrees and what does not, how much that weighs, and how to answer.

    With --merger: what both said, whose word stayed, and what each system did.
    """
    if (number is None) == (merger is None):
        raise WrongUse("say what to show: the number of a question, or --merger M", LISTED)
    with session.assembly() as assembly, assembly.open_store().reading() as connection:
        if number is not None:
            data, screens = _question(connection, assembly.mappings, number)
        else:
            assert merger is not None
            data, screens = _merger(connection, assembly.mappings, merger)
    session.show(data, *screens)
    return DONE


def _question(connection: Connection, mappings: Mappings, number: int) -> tuple[dict[str, Any], list[Any]]:
    from hub.store import likenesses
    from hub.weighing.weigher import model_of

    found = likenesses.by_id(connection, number)
    if found is None:
        raise WrongUse(f"there is no question {number}", LISTED)
    (one,) = shapes.questions(connection, mappings, [found])
    model = model_of(connection, found.entity)
    prior = model.weights.prior if model is not None else None
    automatic = model.bounds.automatic if model is not None else None
    data = shapes.question(one) | {"prior": prior, "automatic": automatic}
    return data, _question_screens(one, prior, automatic)


def _question_screens(one: Question, prior: float | None, automatic: float | None) -> list[Any]:
    from hub.weighing import words

    likeness, because = one.likeness, one.likeness.because
    title = f"{likeness.entity} {likeness.id}: {words.percent(likeness.probability)} sure to be one"
    found: list[Any] = [_both(title, one)]
    if because.get("reasons") or because.get("keys"):
        found += [screen.plain(""), *weights(because, likeness.probability, prior)]
    found.append(screen.plain(""))
    if likeness.verdict == "open":
        found.append(screen.plain(_unlinked(because, likeness.probability, automatic)))
        found.append(screen.plain(""))
        found += [screen.plain(text) for text in _answers(likeness.id)]
    else:
        said = "one and the same" if likeness.verdict == "same" else "two"
        when = f"{screen.local(likeness.answered_at)} by {shapes.by(likeness.answered_by)}"
        found.append(screen.plain(f"Answered: they are {said} ({when})."))
    return found


def _both(title: str, one: Question) -> Any:
    """The two records side by side, as agreed now."""
    left, right = one.one, one.other
    names = list(dict.fromkeys([*left.values, *right.values]))
    rows = [("systems", shapes.where(left).replace(", ", "\n"), shapes.where(right).replace(", ", "\n"))]
    rows += [(name, left.values.get(name, ""), right.values.get(name, "")) for name in names]
    return screen.table(title, ("Field", left.title, right.title), rows)


def weights(because: Mapping[str, Any], probability: float, prior: float | None) -> list[Any]:
    """What agrees, how much each is worth, and how that adds up."""
    from hub.weighing import words

    rows: list[tuple[str, ...]] = [
        (words.LABELS.get(one["comparison"], one["comparison"]), one["level"], f"{one['bits']:+.1f}",
         words.bar(one["bits"]), words.found_in(one))
        for one in because.get("reasons", ())
    ]  # fmt: skip
    if prior is not None:
        start = words.odds(prior)
        rows.insert(0, ("at random", f"{words.strangers(prior)} pairs is one", f"{start:+.1f}",
                        words.bar(start), ""))  # fmt: skip
        rest = words.odds(probability) - start - words.total(because)
        if abs(rest) >= words.SPEAKS and abs(words.odds(probability)) < words.odds(0.9999999):
            told = "one home or company would explain it" if rest < 0 else "an exact key in common"
            rows.append(("besides", told, f"{rest:+.1f}", words.bar(rest), ""))
    columns = ("Compared", "How it agrees", "Weight", "For and against", "The value is in")
    found: list[Any] = [screen.table("Why", columns, rows, right=("Weight",))]
    if because.get("keys"):
        found.append(screen.plain(f"They have a key of the mapping in common: {', '.join(because['keys'])}."))
    found.append(screen.plain("Each +1 makes it twice as likely that they are one, each -1 half as likely."))
    return found


def _unlinked(because: Mapping[str, Any], probability: float, automatic: float | None) -> str:
    """Why a pair is not linked by itself."""
    from hub.weighing import words

    if because.get("why"):
        return f"Not linked by itself: {because['why']}."
    if automatic is not None and probability < automatic:
        bound = words.percent(automatic)
        return (
            f"Not linked by itself: {words.percent(probability)} is less than the {bound} that is asked for."
        )
    return "Nobody was asked about them but by hand."


def _answers(number: int) -> list[str]:
    return [
        f"hub duplicates same {number}       they are one; both stay in a system that has both",
        f"hub duplicates merge {number}      they are one, and made one in the systems too",
        f"hub duplicates different {number}  they are two, and are never asked again",
    ]


def _merger(connection: Connection, mappings: Mappings, number: int) -> tuple[dict[str, Any], list[Any]]:
    from hub.store import likenesses, mergers

    found = mergers.by_id(connection, number)
    if found is None:
        raise WrongUse(f"there is no merger {number}", LISTED)
    steps = mergers.steps(connection, merger=number)
    because = dict(found.before.get("rest", {}).get("because", {}))
    known = likenesses.between(connection, found.keep, found.lose)
    if not because and known is not None:
        because = {**known.because, "probability": known.probability}
    fields = _fields(connection, mappings, found)
    question = known.id if known is not None else None
    data = shapes.merger(found, steps, question)
    data |= {"fields": fields, "because": because}
    return data, _merger_screens(found, [shapes.in_words(step, question) for step in steps], fields, because)


def _fields(connection: Connection, mappings: Mappings, found: Merger) -> list[dict[str, Any]]:
    """Per field what both said, and what stayed; whose word it was."""
    from hub.model import ARCHIVED

    read = Reader(mappings, connection)
    keep, lose, after = (found.before[name] for name in ("keep", "lose", "after"))
    rows = []
    for name in dict.fromkeys((*keep["values"], *lose["values"], *after)):
        values = [said["values"].get(name) for said in (keep, lose)]
        if all(value in (None, "", [], False) for value in (*values, after.get(name))):
            continue
        shown = [read(found.entity, name, value) for value in (*values, after.get(name))]
        said = [_origin(one, name) for one in (keep, lose)]
        stayed = said[1] if after.get(name) == values[1] != values[0] else said[0]
        called = "archived" if name == ARCHIVED else name
        rows.append(
            {"field": called, "keep": shown[0], "keep_by": said[0], "lose": shown[1], "lose_by": said[1],
             "stayed": shown[2], "stayed_by": stayed}
        )  # fmt: skip
    return rows


def _origin(said: Mapping[str, Any], name: str) -> str:
    origin = said["origins"].get(name) or said["origins"].get("*") or ("", "")
    return str(origin[0])


def _merger_screens(
    found: Merger, steps: Sequence[str], fields: Sequence[Mapping[str, Any]], because: Mapping[str, Any]
) -> list[Any]:
    from hub.weighing import words

    called = shapes.titles(found)
    title = f"Merger {found.id}: {called[found.lose]} became one with {called[found.keep]}"
    rows = [
        (one["field"], f"{one['keep']} ({one['keep_by']})", f"{one['lose']} ({one['lose_by']})",
         f"{one['stayed']} ({one['stayed_by']})" if one["keep"] != one["lose"] else one["stayed"])
        for one in fields
    ]  # fmt: skip
    columns = ("Field", "The one that stays said", "The other said", "What stayed")
    out: list[Any] = [screen.table(title, columns, rows), screen.plain("")]
    sure = f", {words.percent(because['probability'])} sure" if because.get("probability") else ""
    out.append(screen.plain(f"Said by {shapes.by(found.by)} on {screen.local(found.at)}{sure}."))
    if because.get("reasons") or because.get("keys"):
        out.append(screen.plain(f"Why: {words.line(because, 6)}."))
    out += [screen.plain(step) for step in steps]
    if found.split_at:
        out.append(screen.plain(f"Taken back on {screen.local(found.split_at)}.", "yellow"))
    else:
        out.append(screen.plain(f"hub duplicates split {found.id} takes it back."))
    return out
