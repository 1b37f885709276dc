"""How a call to X3 fails, and what X3's own words mean. Pure.

X3 says no in an answer like any other (HTTP 200, `status` 0), so what kind of no it is stands in its messages
alone, in the language of the call. Only what changes what the hub does next is told apart here; every message
goes on to the person as it is.
"""

from __future__ import annotations

import re
from typing import Literal

from connectors.sage.soap.answers import Answer
from hub.ports import ConnectorError, Denied, Misconfigured, Unreachable

Kind = Literal["locked", "service", "login", "absent", "refused"]
"""locked: a person has the record open. service: no such publication. login: the pool's X3 user is not let
in. absent: no such record, as far as words go. refused: anything else."""

_WORDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("service", re.compile(r"unknown web service|service web inexistant", re.I)),
    ("login", re.compile(r"change login error|(connection error|erreur de connexion).*(user|utilisateur)|"
                         r"incorrect user code|code utilisateur ou mot de passe", re.I)),
    ("locked", re.compile(r"en cours de modification|being modified|record (is )?locked|fiche verrouill|"
                          r"modifi\w+ en cours|in use by another", re.I)),
    ("absent", re.compile(r"inexistant|does not exist|not found", re.I)),
)  # fmt: skip

NO_POOL = re.compile(r"pool\b.*\bnot found|pool\b.*(inexistant|unknown)", re.I | re.S)
NO_CHILD = re.compile(r"no web services? accepted", re.I)
NO_ACTION_HEADER = re.compile(r"soapaction", re.I)

LATER = "the hub tries again by itself"
POOL_TODO = "correct `pool`: its alias in Administration › Classic SOAP pools, capitals as there"


class Said(Exception):
    """X3 answered that it did not do it. `words` is every message of the answer, `kind` what they mean."""

    def __init__(self, answer: Answer) -> None:
        self.words = answer.words or f"status {answer.status}, without a message"
        super().__init__(self.words)
        self.answer = answer
        self.kind = kind_of(answer)


class Lost(Unreachable):
    """The request left and no sound answer came back: X3 may have done it, or may be at it still."""


class TooLarge(Lost):
    """The answer goes beyond its bound, and would again."""


class TurnedAway(Unreachable):
    """X3 was reached and did not begin: it had nobody to do it."""


class LoginRefused(Denied):
    """Wrong user, password or token: not to be tried again soon."""

    locks = True


def undecodable(system: str, what: str, why: Exception) -> Lost:
    """An answer of X3 that was whole, with something in it that was not."""
    return Lost(system, f"{what} cannot be read", str(why), LATER)


def kind_of(answer: Answer) -> Kind:
    """What kind of no these messages are; what X3 warns of on the way counts only where no error is told."""
    errors = [message.text for message in answer.messages if message.type >= 3]
    said = "\n".join(errors or [message.text for message in answer.messages])
    return next((kind for kind, pattern in _WORDS if pattern.search(said)), "refused")


def of_the_system(system: str, publication: str, said: Said) -> ConnectorError | None:
    """The hub's error where a no concerns the system or a whole publication; ``None`` where one record."""
    if said.kind == "service":
        todo = "publish it (Development › Web services › Web services), or correct `publications`"
        return Misconfigured(system, f"X3 has no publication {publication}", said.words, todo)
    if said.kind == "login":
        todo = "correct the X3 user of the pool, or with version 6 `user` and `password`"
        return LoginRefused(system, "X3 does not let the pool's user into the folder", said.words, todo)
    return None
