"""Search domains: prefix operators, comparisons, paths, hierarchies, compiled to a test of one row.

Promises: empty values, dates and references compare as the real server's SQL does; a domain that pins `id`,
`write_date` or an indexed field is answered from the index. The two versions differ on ``write_date > X``:
19 reads X as the whole second and skips it, 14 compares microseconds.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sandbox.odoo.convert import parse_date, parse_datetime
from sandbox.odoo.errors import BadTime, DatabaseError
from sandbox.odoo.schema import TEXTS, Field, Row

if TYPE_CHECKING:
    from sandbox.odoo.reading import Reading

Test = Callable[[Row], bool]
SECOND = dt.timedelta(seconds=1)
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
LIKES = ("like", "not like", "ilike", "not ilike", "=like", "=ilike", "not =like", "not =ilike")
EQUALS = ("=", "!=", "<>", "==", "in", "not in")
HIERARCHY = ("child_of", "parent_of")
OPERATORS = {*COMPARISONS, *LIKES, *EQUALS, *HIERARCHY, "=?", "any", "not any"}


def compile_domain(records: Reading, domain: Sequence[Any]) -> Test:
    """A test of one row of `records`' model for this domain, in prefix notation."""
    tests = [_compile(records, token) for token in _tree(domain)]
    if len(tests) == 1:
        return tests[0]
    return lambda row: all(test(row) for test in tests)


def candidates(records: Reading, domain: Sequence[Any]) -> list[int] | None:
    """The ids an index leaves to look at for this domain, ascending, or ``None`` for all of them."""
    table = records.table
    found: set[int] | None = None
    for leaf in _tree(domain):
        if leaf[0] in ("&", "|", "!") or len(leaf) != 3 or not isinstance(leaf[0], str):
            continue
        name, operator, value = leaf
        ids: Iterable[int] | None = None
        if operator in ("=", "in") and (name == "id" or name in table.indexes):
            values = value if isinstance(value, list | tuple) else [value]
            if any(not v or not isinstance(v, int | str) for v in values):
                continue
            if isinstance(records.spec.fields[name].relation, str) and any(
                isinstance(v, str) for v in values
            ):
                continue
            ids = [v for v in values if v in table.rows] if name == "id" else table.matching(name, values)
        elif name == "id" and operator == ">" and isinstance(value, int):
            ids = table.ids_above(value)
        elif name == "write_date" and operator in (">", ">=") and value:
            ids = table.written_since(_moment(records, value))
        if ids is not None:
            found = set(ids) if found is None else found & set(ids)
    return None if found is None else sorted(found)


def mentions(domain: Sequence[Any], name: str) -> bool:
    """Whether a comparison of the domain is on this field."""
    return any(isinstance(leaf, list | tuple) and len(leaf) == 3 and leaf[0] == name for leaf in domain)


def _tree(domain: Sequence[Any]) -> list[Any]:
    """The domain as terms that all must hold; a term is a leaf, ``("!", t)``, or ``("&"|"|", t, t)``."""
    stack: list[Any] = []
    for token in reversed(list(domain)):
        if token in ("&", "|"):
            stack.append((token, stack.pop(), stack.pop()))
        elif token == "!":
            stack.append((token, stack.pop()))
        elif isinstance(token, list | tuple):
            stack.append(tuple(token))
        else:
            raise ValueError(f"Domain() invalid item in domain: {token!r}")
    terms: list[Any] = []
    for term in reversed(stack):
        _spread(term, terms)
    return terms


def _spread(term: Any, terms: list[Any]) -> None:
    if term[0] == "&" and len(term) == 3:
        _spread(term[1], terms)
        _spread(term[2], terms)
    else:
        terms.append(term)


def _compile(records: Reading, term: Any) -> Test:
    if term[0] == "!" and len(term) == 2:
        inner = _compile(records, term[1])
        return lambda row: not inner(row)
    if term[0] in ("|", "&") and len(term) == 3 and isinstance(term[1], tuple):
        left, right = _compile(records, term[1]), _compile(records, term[2])
        if term[0] == "|":
            return lambda row: left(row) or right(row)
        return lambda row: left(row) and right(row)
    if len(term) == 3 and isinstance(term[0], int) and isinstance(term[2], int) and term[1] in ("=", "!="):
        truth = (term[0] == term[2]) == (term[1] == "=")
        return lambda row: truth
    if len(term) != 3 or not isinstance(term[0], str):
        raise ValueError(
            f"Invalid leaf {list(term)!r}" if records.old else f"Domain() invalid item in domain: {term!r}"
        )
    return _leaf(records, *term)


def _leaf(records: Reading, path: str, operator: str, value: Any) -> Test:
    if operator.lower() not in OPERATORS:
        raise ValueError(_bad_operator(records, path, operator, value))
    operator = {"<>": "!=", "==": "="}.get(operator.lower(), operator.lower())
    name, _, rest = path.partition(".")
    field = records.spec.fields.get(name)
    if field is None or (rest and not field.relation):
        raise ValueError(_bad_field(records, path, operator, value))
    if rest and field.relation and rest != "id":
        return _through(records, name, field, rest, operator, value)
    if operator in ("any", "not any"):
        return _any(records, name, field, operator, value)
    if operator == "=?":
        return (lambda row: True) if value in (None, False) else _leaf(records, name, "=", value)
    if operator in HIERARCHY:
        return _hierarchy(records, name, field, operator, value)
    if field.relation:
        return _relational(records, name, field, operator, value)
    if name == "id":
        return _ids_test(operator, value)
    return _scalar(records, name, field, operator, value)


def _through(records: Reading, name: str, field: Field, rest: str, operator: str, value: Any) -> Test:
    """A comparison on a field of the records that this one refers to."""
    assert field.relation is not None
    others = records.env.with_context(active_test=False if field.type == "many2one" else None)[field.relation]
    found = set(others.find([(rest, operator, value)]))
    get = records.getter(name)
    if field.type == "many2one":
        return lambda row: get(row) in found
    return lambda row: not found.isdisjoint(get(row))


def _any(records: Reading, name: str, field: Field, operator: str, value: Any) -> Test:
    if not field.relation:
        raise ValueError(_bad_operator(records, name, operator, value))
    found = set(records.env[field.relation].find(value))
    get = records.getter(name)
    wanted = operator == "any"
    if field.type == "many2one":
        return lambda row: (get(row) in found) == wanted
    return lambda row: (not found.isdisjoint(get(row))) == wanted


def _hierarchy(records: Reading, name: str, field: Field, operator: str, value: Any) -> Test:
    model = field.relation or records.spec.name
    others = records.env[model]
    roots = _named_ids(others, value, "ilike")
    parent = name if model == records.spec.name and field.type == "many2one" else "parent_id"
    found = others.below(roots, parent) if operator == "child_of" else others.above(roots)
    if name == parent or name == "id":
        return lambda row: row["id"] in found
    get = records.getter(name)
    if field.type == "many2one":
        return lambda row: get(row) in found
    return lambda row: not found.isdisjoint(get(row))


def _relational(records: Reading, name: str, field: Field, operator: str, value: Any) -> Test:
    assert field.relation is not None
    get = records.getter(name)
    others = records.env[field.relation]
    if operator in LIKES:
        negative = operator.startswith("not ")
        ids = set(_named_ids(others, value, operator.removeprefix("not ")))
        empty = negative
    elif operator in EQUALS:
        negative = operator in ("!=", "not in")
        values = value if isinstance(value, list | tuple) else [value]
        ids = set(_named_ids(others, [v for v in values if not _empty(v)], "="))
        empty = _has_empty(value) != negative
    else:
        return _compared(get, operator, value)
    if field.type == "many2one":
        return lambda row: empty if get(row) is None else (get(row) in ids) != negative
    return lambda row: empty if not get(row) else ids.isdisjoint(get(row)) == negative


def _named_ids(others: Reading, value: Any, operator: str) -> list[int]:
    """Ids given as ids, or as names to look up."""
    values = value if isinstance(value, list | tuple) else [value]
    ids = [int(v) for v in values if isinstance(v, int) and not isinstance(v, bool)]
    names = [v for v in values if isinstance(v, str)]
    for written in names:
        ids += [id for id, _ in others.name_search(written, [], operator, 0)]
    return ids


def _ids_test(operator: str, value: Any) -> Test:
    if operator in EQUALS:
        values = {
            v for v in (value if isinstance(value, list | tuple) else [value]) if not isinstance(v, bool)
        }
        texts = [v for v in values if isinstance(v, str) and not v.isdigit()]
        if texts:
            raise DatabaseError(f'invalid input syntax for type integer: "{texts[0]}"')
        wanted = operator in ("=", "in")
        return lambda row: (row["id"] in values) == wanted
    if operator in COMPARISONS:
        compare = COMPARISONS[operator]
        return lambda row: compare(row["id"], value)
    like = _pattern(operator, value)
    return lambda row: like(str(row["id"]))


def _scalar(records: Reading, name: str, field: Field, operator: str, value: Any) -> Test:
    get = records.getter(name)
    if operator in LIKES:
        like = _pattern(operator, value)
        if operator.startswith("not "):
            return lambda row: get(row) is None or not like(get(row))
        return lambda row: get(row) is not None and like(get(row))
    if operator in EQUALS:
        return _equal(records, field, get, operator, value)
    return _compared(get, *_bound(records, field, operator, value))


def _equal(records: Reading, field: Field, get: Callable[[Row], Any], operator: str, value: Any) -> Test:
    negative = operator in ("!=", "not in")
    values = list(value) if isinstance(value, list | tuple | set) else [value]
    empty = any(_empty(v) for v in values)
    wanted = {_comparable(field, v) for v in values if not _empty(v)}
    if field.type == "boolean":
        truths = {bool(v) for v in values}
        return lambda row: (bool(get(row)) in truths) != negative
    if field.type in ("integer", "many2one_reference", "float", "monetary"):
        numbers = {v or 0 for v in values}
        return lambda row: ((get(row) or 0) in numbers) != negative
    blank = (None, "") if field.type in TEXTS and not records.old else (None,)
    if not records.old and field.type in TEXTS and "" in values:
        empty = True
    if field.type == "datetime" and not records.old:
        return lambda row: (
            (empty if get(row) is None else get(row).replace(microsecond=0) in wanted) != negative
        )
    return lambda row: (empty if (got := get(row)) in blank else got in wanted) != negative


def _bound(records: Reading, field: Field, operator: str, value: Any) -> tuple[str, Any]:
    """The operator and bound as the database compares them."""
    if field.type == "date" and value:
        return operator, parse_date(value)
    if field.type != "datetime" or not value:
        return operator, value
    bound = _moment(records, value)
    if isinstance(value, str) and len(value) <= 10 and operator in ("<=", ">"):
        bound += dt.timedelta(days=1) - SECOND
    if not records.old and operator in (">", "<=") and not bound.microsecond:
        return {">": ">=", "<=": "<"}[operator], bound + SECOND
    return operator, bound


def _moment(records: Reading, value: Any) -> dt.datetime:
    try:
        return parse_datetime(value)
    except ValueError as error:
        if records.old:
            raise BadTime(f'invalid input syntax for type timestamp: "{value}"') from error
        raise


def _compared(get: Callable[[Row], Any], operator: str, value: Any) -> Test:
    compare = COMPARISONS[operator]
    if value is None or (value is False):
        return lambda row: False
    return lambda row: (got := get(row)) is not None and compare(got, value)


def _comparable(field: Field, value: Any) -> Any:
    if field.type == "date":
        return parse_date(value)
    if field.type == "datetime":
        return parse_datetime(value)
    return value


def _pattern(operator: str, value: Any) -> Callable[[str], bool]:
    """A test of a text for a like operator: ``%`` any text, ``_`` any character, ``\\`` before them none."""
    operator = operator.removeprefix("not ")
    written = "" if value in (None, False) else str(value)
    folds = operator.endswith("ilike")
    whole = operator.startswith("=")
    if not whole and not re.search(r"[%_\\]", written):
        if folds:
            lowered = written.lower()
            return lambda text: lowered in str(text).lower()
        return lambda text: written in str(text)
    parts = re.split(r"(\\.|%|_)", written)
    body = "".join(
        {"%": ".*", "_": "."}.get(p) or re.escape(p[1:] if p[:1] == "\\" and len(p) == 2 else p)
        for p in parts
    )
    expression = re.compile(body if whole else f".*{body}.*", re.DOTALL | (re.IGNORECASE if folds else 0))
    return lambda text: expression.fullmatch(str(text)) is not None


def _empty(value: Any) -> bool:
    return value is None or value is False


def _has_empty(value: Any) -> bool:
    return any(_empty(v) for v in value) if isinstance(value, list | tuple) else _empty(value)


def _bad_operator(records: Reading, path: str, operator: str, value: Any) -> str:
    if records.old:
        return f"Invalid leaf {[path, operator, value]!r}"
    return f"Invalid operator in condition Domain({path!r}, {operator!r}, {value!r})"


def _bad_field(records: Reading, path: str, operator: str, value: Any) -> str:
    model = records.spec.name
    if records.old:
        return f"Invalid field {model}.{path} in leaf {(path, operator, value)!r}"
    return f"Invalid field {model}.{path} in condition {(path, operator, value)!r}"
