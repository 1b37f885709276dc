"""What the audit of packages finds, and that the lock and this environment pass it."""

from __future__ import annotations

from email.message import Message
from importlib.metadata import Distribution
from pathlib import Path
from typing import cast

import certifi
import pytest

from scripts import audit
from tests.security.tls import Authority

HASH = "--hash=sha256:" + "0" * 64


def test_a_lock_is_pinned_with_hashes_line_by_line() -> None:
    more = f"C==2.0\nd>=3 \\\n    {HASH}\n-e .\ngit+x\n"
    text = f"# ours\nA.b==1.0 \\\n    {HASH} \\\n    {HASH}\n    # via c\n{more}"
    pinned, wrong = audit.read_lock(text)
    assert pinned == {"a-b": "1.0", "c": "2.0"}
    assert wrong == [
        "C: the lock has no hash of its files",
        "d>=3: the lock does not pin it to one version",
        "-e: the lock does not pin it to one version",
        "git+x: the lock does not pin it to one version",
    ]


def test_the_project_s_own_lock_is_sound() -> None:
    pinned, wrong = audit.read_lock((audit.ROOT / "requirements.lock").read_text("utf-8"))
    assert len(pinned) > 50
    assert wrong == []
    assert list(audit.known_faults(pinned)) == []
    assert {one.package for one in audit.ADVISORIES} <= set(pinned), "an advisory of a package nobody uses"


def test_what_is_installed_is_compared_with_the_lock() -> None:
    found = list(audit.compared({"a": "1", "b": "2.0", "c": "3"}, {"a": "1.0", "b": "2.1", "x": "9"}))
    assert found == [
        "b: the lock has 2.0, installed is 2.1",
        "c: the lock has 3, and it is not installed",
        "x 9: installed, and not in the lock",
    ]


@pytest.mark.parametrize("one", audit.ADVISORIES, ids=lambda one: one.package)
def test_a_version_before_a_fix_is_found(one: audit.Advisory) -> None:
    (found,) = audit.known_faults({one.package: "0.1"})
    assert one.names in found
    assert list(audit.known_faults({one.package: one.fixed})) == []
    assert list(audit.known_faults({one.package: "9999.1"})) == []


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True), ("MIT License", True), ("BSD-3-Clause", True), ("Apache Software License", True),
        ("MIT AND PSF-2.0", True), ("MPL-2.0 AND (Apache-2.0 OR MIT)", True), ("LGPL-3.0-only", True),
        ("GPL-3.0-only OR MIT", True), ("GNU Lesser General Public License v2 or later (LGPLv2+)", True),
        ("GPL-3.0-only", False), ("GNU General Public License v3 (GPLv3)", False), ("AGPL-3.0", False),
        ("MIT AND GPL-3.0-only", False), ("(MIT OR Apache-2.0) AND AGPL-3.0", False), ("", False),
        ("Proprietary", False), ("Other/Proprietary License", False), ("SSPL-1.0", False), ("UNKNOWN", False),
    ],
)  # fmt: skip
def test_a_licence_is_allowed_or_not(licence: str, allowed: bool) -> None:
    assert audit.is_allowed(licence) is allowed


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ([("License-Expression", "MIT"), ("Classifier", "License :: OSI Approved :: BSD License")], ["MIT"]),
        ([("Classifier", "License :: OSI Approved"), ("License", "X\nlong text")], ["X"]),
        (
            [("Classifier", "License :: OSI Approved :: BSD License"), ("License", "own words")],
            ["BSD License"],
        ),
        ([], []),
    ],
)
def test_what_a_package_says_of_its_licence_is_read(headers: list[tuple[str, str]], said: list[str]) -> None:
    class Found:
        metadata = Message()

    for name, value in headers:
        Found.metadata[name] = value
    assert audit.licences(cast(Distribution, Found())) == said


def test_every_installed_package_has_an_allowed_licence() -> None:
    assert [one for one in audit.problems() if "licence" in one] == []


def test_no_distrusted_authority_signs_servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(audit.distrusted(certifi.where())) == []
    monkeypatch.setattr(audit, "DISTRUSTED", ("Our authority",))
    file = Authority(tmp_path / "ours").file
    assert list(audit.distrusted(str(file))) == [f"{file} trusts Our authority"]


def test_it_says_what_it_does_not_know(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "problems", lambda: iter(["x: wrong"]))
    assert audit.main() == 1
    said = capsys.readouterr().out
    assert "audit: x: wrong" in said
    assert f"by hand on {audit.LOOKED_AT}, and asks no service" in said
    monkeypatch.setattr(audit, "problems", lambda: iter([]))
    assert audit.main() == 0
