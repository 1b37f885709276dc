"""`hub conflicts answer`: a person's word on a record that was set aside."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from hub.cli import screen, shapes
from hub.cli.session import DONE, Session


class Answer(StrEnum):
    """What may be answered: the first two about whose record it is, the last two about one that is gone."""

    SAME = "same"
    DIFFERENT = "different"
    ARCHIVE = "archive"
    BRING_BACK = "bring-back"


SAID = {
    Answer.SAME: "it is linked to the record it is the same as",
    Answer.DIFFERENT: "it becomes a record of its own",
    Answer.ARCHIVE: "it is to be archived wherever that is possible",
    Answer.BRING_BACK: "it is to be created there again",
}


def answer(
    session: Session,
    number: Annotated[int, typer.Argument(metavar="ID", help="Its number in `hub conflicts list`.")],
    word: Annotated[Answer, typer.Argument(metavar="ANSWER", help="same, different, archive or bring-back.")],
    record: Annotated[
        str | None, typer.Option("--as", help="With same: the agreed record it is.", metavar="RECORD")
    ] = None,
) -> int:
    """Say what a record that was set aside is: the same as another, different, or what its absence means."""
    from hub import answers

    with session.assembly() as assembly:
        engine = assembly.engine()
        if word is Answer.SAME:
            found = answers.same(engine, number, record)
        else:
            act = {
                Answer.DIFFERENT: answers.different,
                Answer.ARCHIVE: answers.archive,
                Answer.BRING_BACK: answers.bring_back,
            }[word]
            found = act(engine, number)
    text = f"{found.entity} {found.place or found.external_id} in {found.system}: {SAID[word]}."
    session.show(
        {"review": shapes.review(found), "answer": word.value},
        screen.plain(text),
        screen.plain("`hub sync` carries it out, or a running daemon by itself."),
    )
    return DONE
