"""Looks at a stranger's sheet and says what it probably holds: its headings, columns, key, and what is odd.

`sheet` is what was read; `blocks` finds the headings, `kinds` tells types from values, `headings` meanings
from words, `entities` which kind of record that makes, `columns` puts these together, `keys` finds what
identifies a row, `oddities` what an admin should know; `look` is the whole of it and `draft` a mapping made
of it.

Promises: pure; every guess carries a confidence from 0 to 1 and says what it stands on; what is too weak is
offered as a comment. Never: changes a value, or takes the heading's word against what the cells hold.
"""
