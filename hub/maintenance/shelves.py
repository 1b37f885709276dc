"""The objects of `kind: maintenance`, made from its block in hub.yaml."""

from __future__ import annotations

from hub.maintenance.alerting import AlertShelf
from hub.maintenance.questions import QuestionShelf
from hub.maintenance.settings import Settings
from hub.maintenance.shelf import Shelf
from hub.maintenance.visits import VisitShelf


def shelves(settings: Settings, system: str = "maintenance") -> list[Shelf]:
    """Every object there is, by these settings; `system` is what hub.yaml calls it."""
    return [VisitShelf(settings), AlertShelf(settings, system), QuestionShelf(settings)]
