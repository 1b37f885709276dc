"""Word documents: reads contracts out of files that people write, by profiles that say where values stand.

Promises: what a person sees in Word is what is read, once; every value keeps its source, its raw text and its
place; what is missing, doubtful, out of range or told in two ways goes to a person with the sentence it came
from; a hostile or broken file ends as an error, and as nothing worse.

Never does: change a file, run a macro, follow a link, guess a value.

How it is built: `reader` asks `worker`, a process of its own, and `office` (LibreOffice) for `.doc`. Inside
the worker, `package` opens the archive, `text` (with `names`, `styles`, `controls`) makes a `document` of it,
`choosing` finds its profile and cuts mail merges, `sources` finds raw texts, `kinds` (`words`, `french`,
`howoften`, `amounts`, `ranges`) says what they mean, `reading` weighs them, `offer` shows what a profile
could name. `profile` is the shape of a profile, `profiles` its YAML.

The folder as a system of the hub: `connector` is the port, `folder` a glance at what is there, `library` what
was read, `records` what a record of it is, `pulling` what a pull hands over and `cursor` what the next one
knows, `checks` what `hub check` says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.word.settings import Settings
    from hub.ports import Connector


def connect(name: str, settings: Settings) -> Connector:
    """A connector to one folder of documents. Opens nothing yet: the folder may come later."""
    from connectors.word.connector import WordConnector

    return WordConnector(name, settings)
