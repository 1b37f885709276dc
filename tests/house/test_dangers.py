"""What is never done with input: run it, unpickle it, or parse it with something that believes it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.house.source import ROOT, Module, modules, within

SHIPS = ("hub", "connectors", "sandbox", "scheduler", "scripts")
RUNS_CODE = {"eval", "exec", "compile", "__import__"}
CODE_MODULES = (
    "pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "jinja2", "code", "codeop", "runpy",
    "joblib", "simpleeval", "asteval", "pandas",
)  # fmt: skip
TEMPLATES = "connectors.word.template"
FILLS_IN = {
    (TEMPLATES, f"jinja2.{name}")
    for name in (
        "StrictUndefined", "TemplateError", "exceptions.SecurityError", "exceptions.TemplateSyntaxError",
        "sandbox.ImmutableSandboxedEnvironment",
    )
}  # fmt: skip
"""Templates of contracts are an admin's, filled in where neither Python nor a file can be reached."""
XML_SHAPES = {
    "xml.etree.ElementTree.Element",
    "xml.etree.ElementTree.ParseError",
    "xml.parsers.expat",
    "xml.parsers.expat.ExpatError",
    "xmlrpc.client",
}
"""Shapes and errors that say nothing of how XML is parsed; whoever makes a parser is looked at below."""
PARSES_ITSELF = {
    "connectors.excel.package": "refuses every document type as it begins",
    "connectors.excel.patch": "is given parts that `package` has parsed before",
    "connectors.word.splicing": "is given parts that `package` has parsed before",
    "connectors.odoo.door_xmlrpc": "parses with defusedxml's parser",
    "connectors.sage.soap.answers": "refuses every document type, around a parser that fetches nothing",
}
LXML = "connectors.sage.soap.answers"
"""zeep speaks in lxml's elements, so what decodes for it may too."""
REACHES_FOR_NOTHING = ("resolve_entities=False", "no_network=True", "load_dtd=False", "huge_tree=False")
SHELL = {"system", "popen", "getoutput", "getstatusoutput", "spawnl", "spawnv", "execv", "execl"}
YAML_READERS = {
    "load", "load_all", "full_load", "unsafe_load", "safe_load", "compose", "compose_all", "parse", "scan",
}  # fmt: skip


NAMES_OF_TABLES = {"hub.store.copying", "hub.store.repository"}
"""They put the names of the hub's own tables and columns into SQL, which no parameter can hold."""


def calls(*rooms: str) -> Iterator[tuple[Module, ast.Call, str]]:
    """Every call in some rooms, with what is called as it is spelled: ``yaml.compose``."""
    for module in modules():
        if module.is_in(*rooms):
            for node in ast.walk(module.tree):
                if isinstance(node, ast.Call):
                    yield module, node, ast.unparse(node.func)


def test_no_text_is_ever_run_as_python() -> None:
    found = [f"{m.place}:{call.lineno} {name}" for m, call, name in calls(*SHIPS) if name in RUNS_CODE]
    assert not found
    imported = [f"{m.place} imports {name}" for m in modules() if m.is_in(*SHIPS) for name in m.imports()
                if within(name, *CODE_MODULES) and (m.name, name) not in FILLS_IN]  # fmt: skip
    assert not imported


def test_templates_of_documents_are_filled_in_in_a_sandbox_and_in_the_worker_alone() -> None:
    users = {m.name for m in modules() if m.is_in(*SHIPS) for name in m.imports() if within(name, "docxtpl")}
    assert users == {TEMPLATES}
    made = [name for m, _, name in calls(TEMPLATES) if name.endswith("Environment")]
    assert made == ["ImmutableSandboxedEnvironment"]
    imports = {
        m.name for m in modules() if m.is_in(*SHIPS) for name in m.imports() if within(name, TEMPLATES)
    }
    assert imports == {"connectors.word.tasks"}
    users = {m.name for m in modules() for name in m.imports() if within(name, "connectors.word.tasks")}
    assert users == {"connectors.word.worker"}


def test_templates_of_migrations_are_no_input() -> None:
    """Alembic brings Mako, which runs Python: it fills in the hub's own template, when a developer asks."""
    users = [m.place for m in modules() if m.is_in(*SHIPS) for name in m.imports() if within(name, "mako")]
    assert not users
    templates = {path.relative_to(ROOT).as_posix() for path in (ROOT / "hub").rglob("*.mako")}
    assert templates == {"hub/store/migrations/script.py.mako"}


def test_no_program_is_started_through_a_shell() -> None:
    for module, call, name in calls(*SHIPS):
        last = name.rpartition(".")[2]
        assert not (name.startswith(("os.", "subprocess.")) and last in SHELL), (
            f"{module.place}:{call.lineno} {name}"
        )
        for keyword in call.keywords:
            shell = keyword.arg == "shell" and not (
                isinstance(keyword.value, ast.Constant) and keyword.value.value is False
            )
            assert not shell, f"{module.place}:{call.lineno} goes through a shell"


def test_xml_is_parsed_by_defusedxml_alone() -> None:
    for module in modules():
        if not module.is_in("hub", "connectors", "scheduler"):
            continue
        for name in module.imports():
            assert not within(name, "xml.sax", "xml.dom", "bs4", "html5lib"), f"{module.place}: {name}"
            assert not within(name, "lxml") or within(module.name, LXML), f"{module.place}: {name}"
            if within(name, "xml", "xmlrpc"):
                assert name in XML_SHAPES, f"{module.place} imports {name}: let defusedxml parse"


def test_whoever_makes_a_parser_of_its_own_is_known() -> None:
    makers = {m.name for m, _, name in calls("hub", "connectors", "scheduler")
              if name in ("expat.ParserCreate", "xmlrpc.client.loads", "xmlrpc.client.getparser",
                          "xmlrpc.client.ExpatParser", "xmlrpc.client.Unmarshaller",
                          "xmlrpc.client.ServerProxy",
                          "etree.XMLParser", "etree.fromstring", "etree.parse", "etree.XML", "etree.HTML",
                          "etree.iterparse", "etree.fromstringlist")}  # fmt: skip
    assert makers == set(PARSES_ITSELF)
    package = next(m for m in modules() if m.name == "connectors.excel.package")
    assert "StartDoctypeDeclHandler" in package.path.read_text("utf-8")
    answers = next(m for m in modules() if m.name == "connectors.sage.soap.answers").path.read_text("utf-8")
    assert all(answers.count(option) == 1 for option in REACHES_FOR_NOTHING)
    assert answers.count("etree.XMLParser(") == answers.count("etree.fromstring(body, parser)") == 1
    assert "docinfo.internalDTD is not None" in answers
    door = next(m for m in modules() if m.name == "connectors.odoo.door_xmlrpc")
    assert "defusedxml.xmlrpc.DefusedExpatParser" in set(door.imports())


def test_yaml_is_read_in_one_place_with_the_safe_loader() -> None:
    readers = {(m.name, name) for m, _, name in calls("hub", "connectors", "scheduler", "sandbox")
               if name.startswith("yaml.") and name.removeprefix("yaml.") in YAML_READERS}  # fmt: skip
    assert readers == {("hub.yamlfile", "yaml.compose")}
    text = next(m for m in modules() if m.name == "hub.yamlfile").path.read_text("utf-8")
    assert "class _Loader(yaml.SafeLoader):" in text
    assert "yaml.compose(text, Loader=_Loader)" in text


def test_sql_is_never_put_together_from_values() -> None:
    """A text given to the database as SQL is made of constants: values travel beside it."""
    for module, call, name in calls("hub", "connectors", "scheduler"):
        if name.rpartition(".")[2] in ("text", "exec_driver_sql", "executescript") and call.args:
            made = [node for node in ast.walk(call.args[0]) if isinstance(node, ast.Name | ast.Attribute)]
            joined = isinstance(call.args[0], ast.JoinedStr | ast.BinOp)
            values = [ast.unparse(node) for node in made if not ast.unparse(node).isupper()]
            if module.name in NAMES_OF_TABLES:
                continue
            assert not (joined and values), f"{module.place}:{call.lineno} {name}: {', '.join(values)}"


def test_certificates_are_checked_unless_an_admin_says_otherwise() -> None:
    for module, call, name in calls("hub", "connectors", "scheduler"):
        assert "_create_unverified_context" not in name, f"{module.place}:{call.lineno}"
        for keyword in call.keywords:
            unchecked = isinstance(keyword.value, ast.Constant) and keyword.value.value in (
                False,
                "CERT_NONE",
            )
            assert not (keyword.arg == "verify" and unchecked), f"{module.place}:{call.lineno}"
