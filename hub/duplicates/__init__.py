"""Which records are one and the same thing: found, weighed and explained, in a whole base or for one record.

`text` writes values one way; `fields` knows what a column holds; `features` makes of a record what is
compared; `rules` and `comparisons` declare how (each predicate once, as SQL and as Python); `weights` is what
agreement is worth; `scoring` weighs one pair and explains it; `estimate` learns weights without labels;
`keys` says which records are compared at all; `clusters` puts pairs together; `candidates` finds what one new
record may be; `whole` does a whole base with Splink on DuckDB; `evaluate` counts against known answers.

Promises: the whole base and the single record give the same score; a verdict is a probability, not a raw
score; no labels are ever learnt from. Never: changes a record. All but `whole` and `shipped` is pure.
"""
