"""Who may be whom: golden records that share no exact key, weighed by the model of `hub.duplicates`.

`people` is the base of an entity as the model sees it; `looking` finds the pairs, in the whole base or for
the few records that changed; `deciding` says which are linked by themselves and which are asked; `weigher`
does it for an engine, before anything is owed to any system; `findings` is what a report shows.

Promises: what is linked by itself has no record in a system where the other has one, contradicts nothing a
person said, and is as sure as the mapping wishes; while a person is asked about a record, it is created in no
further system. Never: makes two records of one system one (`hub.merging`, on a person's word).
"""

from hub.weighing.findings import Findings, Pair, Shown
from hub.weighing.weigher import Weigher

__all__ = ["Findings", "Pair", "Shown", "Weigher"]
