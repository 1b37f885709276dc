"""One way of looking at a Sage for each transport; `opened` chooses it by the system's settings."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from connectors.sage.probing import Probe
from hub.ports import View


def opened(name: str, settings: BaseModel, views: Sequence[View]) -> Probe | None:
    """How to look at this system; ``None`` where it is no Sage. `views`: what the mappings use of it."""
    from connectors.sage.probes.files import FilesProbe
    from connectors.sage.probes.soap import SoapProbe
    from connectors.sage.probes.sql import SqlProbe
    from connectors.sage.settings import Settings as FileSettings
    from connectors.sage.soap.settings import Settings as SoapSettings
    from connectors.sage.sql.settings import Settings as SqlSettings

    if isinstance(settings, SqlSettings):
        return SqlProbe(name, settings, views)
    if isinstance(settings, SoapSettings):
        return SoapProbe(name, settings, views)
    return FilesProbe(name, settings, views) if isinstance(settings, FileSettings) else None
