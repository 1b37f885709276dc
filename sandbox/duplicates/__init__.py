"""French companies and people as three bases have them, with who is who: what duplicates are measured on.

    entities(5000)           the companies and people, each as it truly is
    records(5000)            the same in three systems, as people typed them: dicts with `truth` and `system`
    write(path, records)     a CSV file of them

`words` holds the names, `entities` makes the world (sites of one company, households, one accountant's
e-mail), `noise` types it: every kind of error with its rate is in the table `noise.RATES`.

Promises: the same seed gives the same base; SIREN and SIRET pass their checks; telephone numbers are from the
ranges kept for fiction; e-mail addresses at example.fr and example.com. Everybody is invented.
"""

from sandbox.duplicates.entities import Entity, entities
from sandbox.duplicates.noise import RATES, records, write

__all__ = ["RATES", "Entity", "entities", "records", "write"]
