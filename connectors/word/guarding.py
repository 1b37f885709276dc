"""What of a document forbids writing into it: signatures, protection, tracked changes, a mail merge.

Each is refused in words, with what a person can do. Pure, over a package's parts.
Source: ECMA-376 part 1, 17.15.1 (settings); part 2, 13 (digital signatures).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from connectors.word.faults import Refusal
from connectors.word.splicing import Node, Part, text_of

_PROTECTED = {"readOnly": "only be read", "comments": "only be commented on"}


def check_settings(settings: Part | None, into_text: bool) -> None:
    """Raises `Refusal` where the settings forbid a change; `into_text`: one outside controls and forms."""
    if settings is None:
        return
    root = settings.root
    protection = root.child("documentProtection")
    if protection is not None and _enforced(protection):
        kind = protection.get("edit") or "none"
        stop = "in Word: Review, Restrict Editing, Stop Protection"
        if kind in _PROTECTED:
            raise Refusal(f"the document is protected: it may {_PROTECTED[kind]}", stop)
        if kind == "forms" and into_text:
            raise Refusal("the document is protected: only its controls and forms may be filled in", stop)
        if kind == "trackedChanges":
            raise Refusal("the document is protected: every change must be a tracked one", stop)
    locked = root.child("writeProtection")
    if locked is not None and any(locked.get(word) for word in ("hash", "hashValue", "cryptProviderType")):
        raise Refusal(
            "the document asks for a password before it may be changed",
            "in Word: Save As, Tools, General Options, and empty the password to modify",
        )
    if root.on("trackRevisions"):
        raise Refusal(
            "the document tracks its changes, and the hub makes none that a person would have to accept",
            "turn tracking off (Review, Track Changes), or change the value in Word",
        )
    if into_text and root.child("mailMerge") is not None:
        raise Refusal(
            "the document is the main document of a mail merge, which fills its merge fields itself",
            "change the value in the merge's list, or finish the merge and let the hub read its result",
        )


def _enforced(protection: Node) -> bool:
    return (protection.get("enforcement") or "0") in ("1", "true", "on")


def check_signature(names: Iterable[str]) -> None:
    """Raises `Refusal` for a signed document: any change would break its signature."""
    if any(name.lower().startswith("_xmlsignatures/") for name in names):
        raise Refusal(
            "the document is signed, and any change would break its signature",
            "sign a new version in Word, or make an amendment",
        )


def check_final(custom: Part | None) -> None:
    """Raises `Refusal` for a document that somebody marked as final."""
    if custom is None:
        return
    for one in custom.root.children:
        marked = one.get("name") == "_MarkAsFinal" and one.children
        if marked and text_of(custom, one.children[0]).strip() in ("true", "1"):
            raise Refusal(
                "somebody marked the document as final",
                "in Word: File, Info, Protect Document, and take the mark off",
            )


def check_repeated(parts: Iterable[Part], names: Iterable[str]) -> None:
    """Raises `Refusal` where a field repeats or reckons with one of these bookmarks: it would not follow."""
    wanted = [name for name in names if name and not name.startswith("_")]
    if not wanted:
        return
    word = "|".join(map(re.escape, wanted))
    repeats = re.compile(
        rf"^\s*(?:REF\s+\"?(?P<a>{word})(?!\w)|=.*(?<!\w)(?P<b>{word})(?!\w)|(?P<c>{word})\s*(?:\\|$))", re.I
    )
    for part in parts:
        for code in _codes(part):
            found = repeats.match(code)
            if found:
                name = next(filter(None, found.groups()))
                raise Refusal(
                    f"a field elsewhere in the document repeats {name} ({' '.join(code.split())}), and would "
                    "go on showing the old value",
                    "change it in Word and press F9, or take that field out",
                )


def _codes(part: Part) -> Iterator[str]:
    """The code of every field; that of a complex one is what stands between its marks in a paragraph."""
    for node in part.nodes:
        if node.name == "fldSimple":
            yield node.get("instr") or ""
        elif node.name == "p":
            code: list[str] = []
            for one in node.walk():
                if one.name == "instrText":
                    code.append(text_of(part, one))
                elif one.name == "fldChar":
                    yield "".join(code)
                    code = []
