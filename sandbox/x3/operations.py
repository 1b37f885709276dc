"""What each operation of the web service does on a folder, for the object a call is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from sandbox.x3 import drawing
from sandbox.x3.payload import Change, Lines, read_change
from sandbox.x3.running import Subprogram, groups_xml, read_groups
from sandbox.x3.schema import Shape
from sandbox.x3.store import Condition, Line, Record
from sandbox.x3.wire import Answer, Request
from sandbox.x3.words import INFORMATION, Message, Refusal, Words
from sandbox.x3.world import PAYABLE, World

WRITES = ("save", "modify", "delete", "insertLines", "deleteLines", "actionObject", "actionObjectKeys", "run")


class Operations:
    """`upserts`: whether a save of a key that exists replaces that record. `unlisted`: what becomes of a
    filter on a field that the list does not show. `ranges`: whether one may begin with ``>=`` or such."""

    def __init__(
        self, world: World, *, upserts: bool, unlisted: Literal["ignored", "refused"], ranges: bool
    ) -> None:
        self._world = world
        self._upserts, self._unlisted, self._ranges = upserts, unlisted, ranges

    def run(self, request: Request, code: str) -> Answer:
        """Do it, wholly or not at all. A refusal is an answer too."""
        words = Words(request.language)
        does: Mapping[str, Callable[[Request, str, Words], Answer]] = {
            "save": self._save,
            "read": self._read,
            "query": self._query,
            "modify": self._modify,
            "delete": self._delete,
            "getDescription": self._describe,
            "getDataXmlSchema": self._describe,
            "insertLines": self._insert_lines,
            "deleteLines": self._delete_lines,
            "actionObject": self._act,
            "actionObjectKeys": self._act,
        }
        try:
            if request.operation not in does:
                raise Refusal(words("no service"))
            with self._world.turn:
                return does[request.operation](request, code, words)
        except Refusal as refusal:
            return Answer(0, None, refusal.messages)

    def run_subprogram(self, request: Request, subprogram: Subprogram) -> Answer:
        """A published subprogram, with the world to itself."""
        try:
            with self._world.turn:
                given = read_groups(request.texts.get("inputXml", ""))
                return Answer(1, _drawn(request, groups_xml(subprogram(given))))
        except Refusal as refusal:
            return Answer(0, None, refusal.messages)

    def key(self, request: Request, code: str) -> str:
        """The key a call is about, upper-cased as X3 keeps keys; blank where it has none."""
        name = self._world.tables[code].shape.key
        for given, value in request.keys:
            if given in (name, "1"):
                return value.strip().upper()
        return ""

    # -- reading -------------------------------------------------------------------------------------------

    def _read(self, request: Request, code: str, words: Words) -> Answer:
        return self._shown(request, code, self._found(request, code, words))

    def _query(self, request: Request, code: str, words: Words) -> Answer:
        table = self._world.tables[code]
        conditions = []
        for name, value in request.keys:
            column = self._column(table.shape, name)
            if column in table.shape.listed:
                if value.strip():
                    conditions.append(Condition(column, value.strip(), self._ranges))
            elif self._unlisted == "refused":
                raise Refusal(
                    f"Cannot add field [{name}] under list node. Field [{name}] not found into X3 list."
                )
        size = request.texts.get("listSize", "").strip()
        records = table.query(conditions, int(size) if size.lstrip("-").isdigit() else 0)
        if _json(request):
            return Answer(1, drawing.list_json(table.shape, records))
        return Answer(1, _drawn(request, drawing.list_xml(table.shape, records)))

    @staticmethod
    def _column(shape: Shape, name: str) -> str:
        """A column by its name, or by its place in the list."""
        if name.isdigit() and 1 <= int(name) <= len(shape.listed):
            return shape.listed[int(name) - 1]
        return name

    def _describe(self, request: Request, code: str, words: Words) -> Answer:
        return Answer(1, _drawn(request, drawing.description_xml(self._world.tables[code].shape)))

    # -- writing -------------------------------------------------------------------------------------------

    def _save(self, request: Request, code: str, words: Words) -> Answer:
        shape = self._world.tables[code].shape
        change = read_change(shape, request.texts.get("objectXml", ""))
        values = {n: v for n, v in change.fields.items() if n == shape.key or not shape.fields[n][1].computed}
        grids = {id: [line for _, line in lines.lines] for id, lines in self._taken(shape, change).items()}
        record, warned = self._world.create(code, values, grids, words, replacing=self._upserts)
        created = words("created", title=shape.title, key=record.text(shape.key))
        return self._shown(request, code, record, [*warned, Message(INFORMATION, created)])

    def _modify(self, request: Request, code: str, words: Words) -> Answer:
        shape = self._world.tables[code].shape
        before = self._found(request, code, words)
        change = read_change(shape, request.texts.get("objectXml", ""))
        self._world.need_free(code, before.text(shape.key), words)
        values = {
            n: v for n, v in change.fields.items() if n != shape.key and not shape.fields[n][1].computed
        }
        grids = {
            id: _merged(before.grids[id], lines, words) for id, lines in self._taken(shape, change).items()
        }
        record, warned = self._world.change(code, before.text(shape.key), values, grids, words)
        return self._shown(request, code, record, warned)

    @staticmethod
    def _taken(shape: Shape, change: Change) -> dict[str, Lines]:
        """The lines a caller may set: what X3 works out by itself is not taken from outside."""
        taken = {}
        for id, lines in change.grids.items():
            open_to_all = {field.name for field in shape.by_id[id].fields if not field.computed}
            kept = [
                (number, {n: v for n, v in line.items() if n in open_to_all}) for number, line in lines.lines
            ]
            if open_to_all:
                taken[id] = Lines(kept, lines.size)
        return taken

    def _delete(self, request: Request, code: str, words: Words) -> Answer:
        shape = self._world.tables[code].shape
        key = self._found(request, code, words).text(shape.key)
        self._world.need_free(code, key, words)
        self._world.remove(code, key, words)
        return Answer(1, f"{drawing.DECLARATION}<RESULT/>")

    def _insert_lines(self, request: Request, code: str, words: Words) -> Answer:
        shape, before, grid = self._lines_of(request, code, words)
        at = self._line(request.texts.get("lineKey", ""), len(before.grids[grid]), words)
        lines = [*before.grids[grid]]
        given = request.texts.get("lineXml", "")
        if "<TAB" not in given:
            given = given.replace("<PARAM>", "").replace("</PARAM>", "")
            given = given if "<LIN" in given else f"<LIN>{given}</LIN>"
            given = f'<PARAM><TAB ID="{grid}">{given}</TAB></PARAM>'
        new = read_change(shape, given).grids.get(grid, Lines([])).lines
        lines[at:at] = [line for _, line in new]
        record, warned = self._world.change(code, before.text(shape.key), {}, {grid: lines}, words)
        return self._shown(request, code, record, warned)

    def _delete_lines(self, request: Request, code: str, words: Words) -> Answer:
        shape, before, grid = self._lines_of(request, code, words)
        count = len(before.grids[grid])
        gone = {self._line(one, count, words) - 1 for one in request.lines}
        lines = [line for number, line in enumerate(before.grids[grid]) if number not in gone]
        record, warned = self._world.change(code, before.text(shape.key), {}, {grid: lines}, words)
        return self._shown(request, code, record, warned)

    def _lines_of(self, request: Request, code: str, words: Words) -> tuple[Shape, Record, str]:
        shape = self._world.tables[code].shape
        before = self._found(request, code, words)
        self._world.need_free(code, before.text(shape.key), words)
        grid = request.texts.get("blocKey", "").strip()
        if grid not in {block.id for block in shape.grids}:
            raise Refusal(
                f"Cannot add group [{grid}] under root node. Group [{grid}] not found into X3 description."
            )
        return shape, before, grid

    @staticmethod
    def _line(text: str, count: int, words: Words) -> int:
        """A line by its number; the last where there is none given."""
        if not text.strip():
            return count
        if not text.strip().isdigit() or not 0 <= int(text) <= count:
            raise Refusal(words("no line", line=text))
        return int(text)

    def _act(self, request: Request, code: str, words: Words) -> Answer:
        """``VALID`` posts an invoice; there is no other action."""
        shape = self._world.tables[code].shape
        action = request.texts.get("actionCode", "").strip()
        if action != "VALID" or code not in PAYABLE or "INVSTA" not in shape.fields:
            raise Refusal(words("no action", code=action))
        if request.operation == "actionObject":
            given = read_change(shape, request.texts.get("objectXml", "")).fields.get(shape.key, "")
            before = self._world.record(code, str(given).strip().upper(), words)
        else:
            before = self._found(request, code, words)
        key = before.text(shape.key)
        self._world.need_free(code, key, words)
        record, warned = self._world.change(code, key, {"INVSTA": "3"}, {}, words)
        return self._shown(request, code, record, warned)

    # -- both ----------------------------------------------------------------------------------------------

    def _found(self, request: Request, code: str, words: Words) -> Record:
        key = self.key(request, code)
        if not key:
            raise Refusal(words("no key", title=self._world.tables[code].shape.title))
        return self._world.record(code, key, words)

    def _shown(self, request: Request, code: str, record: Record, messages: Sequence[Message] = ()) -> Answer:
        shape = self._world.tables[code].shape
        if _json(request):
            return Answer(1, drawing.record_json(shape, record), messages)
        return Answer(1, _drawn(request, drawing.record_xml(shape, record)), messages)


def _json(request: Request) -> bool:
    return request.flags.get("adxwss.optreturn", "XML").upper() == "JSON"


def _drawn(request: Request, document: str) -> str:
    return drawing.beautified(document) if request.flags.get("adxwss.beautify") == "true" else document


def _merged(before: Sequence[Line], given: Lines, words: Words) -> list[Line]:
    """Lines over those there are: by their number, else in order; cut to the size where it was told."""
    lines: list[Line] = [*before]
    for place, (number, line) in enumerate(given.lines, start=1):
        at = (number or place) - 1
        if at > len(lines):
            raise Refusal(words("no line", line=at + 1))
        if at == len(lines):
            lines.append(line)
        else:
            lines[at] = {**lines[at], **line}
    return lines[: given.size] if given.size is not None else lines
