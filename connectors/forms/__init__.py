"""PDF forms: fills a form for a record that is done, and reads filled forms that people drop in a folder.

A *form description* (YAML, `description`) says which of a form's fields hold which of our values; the blank
PDF is the customer's own. Promises: a filled form shows its values in every reader and reads back as what was
written, else it is not written; the same values make the same bytes; no other file is ever written over, and
what is replaced is kept. A form that is read gives each value with its field, raw text and place; what was
printed on the blank already is no value; what cannot be told for certain is said in words, never guessed.

Never does: run a form's scripts, open its attachments, sign, write a signed form, recognise handwriting.

How it is built: `connector` is the port over one `folder`; everything that opens a PDF runs in a child
process (`worker`), asked by `reader`. Inside it: `intake` opens the file within limits, `acroform` finds its
fields, `blank` knows the empty form, `flattened` (with `letters`) reads what is no form any more by the
blank's rectangles, `values` says what raw texts mean, `reading` weighs them, `filling` writes (`spelling`,
`appearance`, `helvetica`, `widths`, `flattening`), `writing` a batch; `records`, `catalogue` and `checks`
are what the port says. `placing` puts files where they belong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.forms.settings import Settings
    from hub.ports import Connector


def connect(name: str, settings: Settings) -> Connector:
    """A connector to one folder of forms. Opens nothing yet: the folder may come later."""
    from connectors.forms.connector import FormsConnector

    return FormsConnector(name, settings)
