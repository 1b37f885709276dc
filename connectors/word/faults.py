"""Why a document as a whole cannot be read, or not be written, in words."""

from __future__ import annotations

RESAVE = "open it in Word and save it as a Word document (.docx)"


class Fault(Exception):
    """Ends the work on one document. Crosses from the worker to the hub as its three texts."""

    def __init__(self, what: str, why: str = "", todo: str = RESAVE) -> None:
        super().__init__(what, why, todo)
        self.what, self.why, self.todo = what, why, todo

    def __str__(self) -> str:
        return f"{self.what}: {self.why}" if self.why else self.what


class Refusal(Exception):
    """Ends one write to a document, of which nothing is changed. Says why, and what a person can do."""

    def __init__(self, reason: str, todo: str = "", field: str | None = None) -> None:
        super().__init__(reason, todo, field)
        self.reason, self.todo, self.field = reason, todo, field

    def __str__(self) -> str:
        return self.reason
