"""The module's zip: the same bytes for the same hub, no Python, and for each Odoo what it can read."""

from __future__ import annotations

import ast
import io
import zipfile
from xml.etree import ElementTree

import pytest

from connectors.odoo.desk import module

VERSIONS = (14, 15, 16, 17, 18, 19)


@pytest.mark.parametrize("major", VERSIONS)
def test_the_zip_is_the_same_each_time_and_holds_one_module_without_python(major: int) -> None:
    made = module.build(major)
    assert made.zip == module.build(major).zip
    names = zipfile.ZipFile(io.BytesIO(made.zip)).namelist()
    assert all(name.startswith("hub_calls/") for name in names)
    assert [name for name in names if name.endswith(".py")] == ["hub_calls/__manifest__.py"]


@pytest.mark.parametrize("major", VERSIONS)
def test_the_manifest_names_only_files_that_are_there(major: int) -> None:
    made = module.build(major)
    manifest = ast.literal_eval(made.files["__manifest__.py"])
    assert manifest["version"] == made.version
    assert set(manifest["data"]) <= set(made.files)
    assets = manifest.get("assets", {}).get("web.assets_backend", [])
    assert {path.removeprefix("hub_calls/") for path in assets} <= set(made.files)
    assert bool(assets) == (major >= 15)
    assert ("assets.xml" in made.files) == (major < 15)


@pytest.mark.parametrize("major", VERSIONS)
def test_the_version_is_one_this_odoo_accepts(major: int) -> None:
    parts = module.build(major).version.split(".")
    assert parts[:2] == [str(major), "0"]
    assert len(parts) == 5
    assert all(part.isdigit() for part in parts)


def test_each_odoo_has_a_version_of_its_own() -> None:
    assert len({module.build(major).version for major in VERSIONS}) == len(VERSIONS)


@pytest.mark.parametrize("major", VERSIONS)
def test_only_the_hub_s_user_shows_and_takes_and_only_internal_users_dial(major: int) -> None:
    root = ElementTree.fromstring(module.build(major).files["data.xml"])
    groups = {
        record.get("id"): field.get("eval")
        for record in root.iter("record")
        for field in record.findall("field")
        if record.get("model") == "ir.actions.server" and field.get("name") == module.group_field(major)
    }
    assert groups == {
        module.SHOW: "[(6, 0, [ref('group_service')])]",
        module.FACTS: "[(6, 0, [ref('group_service')])]",
        module.TAKE: "[(6, 0, [ref('group_service')])]",
        module.DIAL: "[(6, 0, [ref('base.group_user')])]",
    }


@pytest.mark.parametrize("name", ["show", "facts", "dial", "take"])
@pytest.mark.parametrize("major", VERSIONS)
def test_the_actions_use_nothing_that_odoo_s_safe_eval_forbids(name: str, major: int) -> None:
    """No import, no class, no lambda, no ``with``, no double underscore, no closure (tools/safe_eval.py)."""
    code = module.code(name, major)
    tree = ast.parse(code)
    forbidden = (
        ast.Import, ast.ImportFrom, ast.ClassDef, ast.Lambda, ast.With, ast.JoinedStr, ast.Global,
        ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp,
    )  # fmt: skip
    assert not [node for node in ast.walk(tree) if isinstance(node, forbidden)]
    assert "__" not in code
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert not [inner for outer in functions for inner in ast.walk(outer) if inner is not outer
                and isinstance(inner, ast.FunctionDef)]  # fmt: skip


def test_the_browser_s_part_never_makes_markup_of_a_text() -> None:
    made = module.build(19).files["static/lib/calls.js"]
    assert not [
        word for word in ("innerHTML", "outerHTML", "insertAdjacent", "document.write") if word in made
    ]
