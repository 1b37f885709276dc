"""Word documents: reads contracts out of files that people write, by profiles, and writes values back there.

Promises: what a person sees in Word is what is read, once; every value keeps its source, its raw text and its
place; what is missing, doubtful, out of range or told in two ways goes to a person with the sentence it came
from; a hostile or broken file ends as an error, and as nothing worse.

A value is written into the control or field that showed it, and nowhere else; what would be read otherwise
than it was meant is not written.

Never does: run a macro, follow a link, guess a value, write into running text or over what somebody saved.

How it is built: `reader` asks `worker`, a process of its own, and `office` (LibreOffice) for `.doc`. Inside
the worker, `package` opens the archive, `text` (with `names`, `styles`, `controls`) makes a `document` of it,
`choosing` finds its profile and cuts mail merges, `sources` finds raw texts, `kinds` (`words`, `french`,
`howoften`, `amounts`, `ranges`) says what they mean, `reading` weighs them, `offer` shows what a profile
could name. `profile` is the shape of a profile, `profiles` its YAML.

The folder as a system of the hub: `connector` is the port, `folder` a glance at what is there, `library` what
was read, `records` what a record of it is, `pulling` what a pull hands over and `cursor` what the next one
knows, `checks` what `hub check` says.

Writing: `writing` takes each write to its document, `replacing` exchanges that for an edited copy, `making`
makes new ones and amendments of a template (`filenames`, `placing`). In the worker, `tasks` has `patching` do
it: `targets` finds the places, `guarding` what forbids it, `wording` the words, `filling` (`forms_write`,
`binding`) the XML, spliced by `splicing`; `template` fills templates in, `properties` marks amendments.
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
