"""Puts an archive together again with a few parts replaced; every other byte of it is carried over as it was.

Members keep their order, names, times, compression and extra fields: unchanged ones are copied without
being unpacked, headers included. Source: PKWARE APPNOTE 4.3 to 4.5. Archives with ZIP64 fields, several
disks, or bytes before the first member are not rewritten (`Fault`): Office writes none of these below 4 GiB.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from hub.filing.faults import Fault, read_only

_END = struct.Struct("<4s4H2LH")
_CENTRAL = struct.Struct("<4s4B4HL2L5H2L")
_LOCAL = struct.Struct("<4s2B4HL2L2H")
_END_MAGIC, _CENTRAL_MAGIC, _LOCAL_MAGIC = b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04"
_STREAMED, _UTF8 = 0x08, 0x800
_DEFLATED = 8
COPIED = 1 << 20


@dataclass(frozen=True, slots=True)
class _Member:
    """One central directory record: its fields, its raw tail (name, extra, comment), where its bytes lie."""

    fields: tuple[int, ...]
    name: bytes
    extra: bytes
    comment: bytes
    offset: int
    end: int


def _refuse(why: str) -> Fault:
    return read_only(
        "the file cannot be written in place, because of how its archive is built",
        why,
        "open it in the program it was made with, and save it once",
    )


def rewrite(source: Path, target: IO[bytes], parts: Mapping[str, bytes]) -> None:
    """Copy the archive at `source` to `target`, the members named in `parts` (raw names) with new bytes."""
    _write(source.read_bytes(), target, parts)


def rewritten(data: bytes, parts: Mapping[str, bytes]) -> bytes:
    """The same of an archive in memory."""
    target = io.BytesIO()
    _write(data, target, parts)
    return target.getvalue()


def _write(data: bytes, target: IO[bytes], parts: Mapping[str, bytes]) -> None:
    members, directory, tail = _members(data)
    wanted = {name.encode("utf-8"): content for name, content in parts.items()}
    if unknown := set(wanted) - {member.name for member in members}:
        raise ValueError(f"no such member: {unknown}")
    records = []
    for member in sorted(members, key=lambda m: m.offset):
        offset = target.tell()
        if member.name in wanted:
            fields = _write_member(target, member, wanted[member.name])
        else:
            fields = member.fields
            for start in range(member.offset, member.end, COPIED):
                target.write(data[start : min(start + COPIED, member.end)])
        records.append((member, fields, offset))
    order = {id(member): n for n, member in enumerate(members)}
    start = target.tell()
    for member, fields, offset in sorted(records, key=lambda record: order[id(record[0])]):
        extra = member.extra if member.name not in wanted else b""
        sizes = (len(member.name), len(extra), len(member.comment))
        target.write(_CENTRAL.pack(_CENTRAL_MAGIC, *fields[:11], *sizes, *fields[14:17], offset))
        target.write(member.name + extra + member.comment)
    size = target.tell() - start
    comment = data[tail + _END.size :]
    target.write(_END.pack(_END_MAGIC, 0, 0, len(members), len(members), size, start, len(comment)) + comment)
    del directory


def _members(data: bytes) -> tuple[list[_Member], int, int]:
    """The members in directory order, where the directory starts, and where the end record starts."""
    tail = data.rfind(_END_MAGIC, max(0, len(data) - _END.size - 0xFFFF))
    if tail < 0:
        raise _refuse("it has no end record")
    _, disk, first_disk, here, count, size, start, comment = _END.unpack_from(data, tail)
    if disk or first_disk or here != count or 0xFFFF in (here, count) or 0xFFFFFFFF in (size, start):
        raise _refuse("it is a ZIP64 or split archive")
    if start + size != tail or tail + _END.size + comment != len(data):
        raise _refuse("there are bytes before, between or behind its records")
    raw = []
    position = start
    for _ in range(count):
        fields = _CENTRAL.unpack_from(data, position)
        if fields[0] != _CENTRAL_MAGIC:
            raise _refuse("its directory is damaged")
        name_at = position + _CENTRAL.size
        extra_at = name_at + fields[12]
        comment_at = extra_at + fields[13]
        position = comment_at + fields[14]
        name, extra, note = data[name_at:extra_at], data[extra_at:comment_at], data[comment_at:position]
        if 0xFFFFFFFF in (fields[10], fields[11], fields[18]):
            raise _refuse("it is a ZIP64 archive")
        raw.append((fields, name, extra, note))
    starts = sorted(fields[18] for fields, *_ in raw)
    ends = dict(zip(starts, [*starts[1:], start], strict=True))
    members = [
        _Member(tuple(fields[1:18]), name, extra, note, fields[18], ends[fields[18]])
        for fields, name, extra, note in raw
    ]
    if starts and starts[0] != 0:
        raise _refuse("there are bytes before its first member")
    return members, start, tail


def _write_member(target: IO[bytes], member: _Member, content: bytes) -> tuple[int, ...]:
    """A member with new content under its old name and time; its directory fields renewed."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = packer.compress(content) + packer.flush()
    made, system, needed, reserved, flags, _, clock, day, *_ = member.fields
    flags &= _UTF8
    checksum = zlib.crc32(content)
    common = (flags, _DEFLATED, clock, day, checksum, len(packed), len(content))
    target.write(_LOCAL.pack(_LOCAL_MAGIC, max(needed, 20), reserved, *common, len(member.name), 0))
    target.write(member.name + packed)
    rest = member.fields[11:]
    return (made, system, max(needed, 20), reserved, *common, *rest)
