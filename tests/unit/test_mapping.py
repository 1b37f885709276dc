"""Mappings load parents first, mean what they say, and answer a mistake with its place and what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.mapping import MappingError, Mappings, Policy, load_mappings

ROOT = Path(__file__).resolve().parents[2]

GOOD = """
entity: customer
label: {fr: Client, en: Customer}
fields:
  name: {type: text, required: true}
  siret: siret
  phone: {type: phone, region: FR}
  tags: {type: list}
match:
  - exact: [siret]
  - exact: [phone, name]
conflicts:
  default: [sage, odoo]
  phone: ask
  tags: union
systems:
  odoo:
    object: res.partner
    where: [["is_company", "=", true]]
    on_create: {is_company: true}
    company: 3
    fields:
      name: name
      phone: phone
      tags: {field: category_id.name, create: true}
  sage:
    object: tiers
    key: CT_Num
    direction: pull
    creates: false
    on_delete: ask
    fields: {name: {field: CT_Intitule, max: 35}, siret: CT_Siret}
"""


def load(tmp_path: Path, *texts: str, systems: tuple[str, ...] | None = None) -> Mappings:
    for number, text in enumerate(texts):
        (tmp_path / f"m{number}.yaml").write_text(text, encoding="utf-8")
    return load_mappings(tmp_path, systems)


def problems(tmp_path: Path, *texts: str, systems: tuple[str, ...] | None = None) -> list[str]:
    with pytest.raises(MappingError) as refused:
        load(tmp_path, *texts, systems=systems)
    return [str(problem).removeprefix(f"{tmp_path / 'm0.yaml'}:") for problem in refused.value.problems]


# What a mapping says


def test_a_mapping_says_what_was_written_in_it(tmp_path: Path) -> None:
    customer = load(tmp_path, GOOD)["customer"]
    assert customer.title() == "Client"
    assert customer.title("en") == "Customer"
    assert list(customer.fields) == ["name", "siret", "phone", "tags"]
    assert customer.fields["name"].required
    assert not customer.fields["siret"].required
    assert customer.match == (("siret",), ("phone", "name"))
    assert customer.policy("phone") == Policy("ask")
    assert customer.policy("tags") == Policy("union")
    assert customer.policy("name") == Policy("order", ("sage", "odoo"))


def test_a_connector_gets_its_own_keys_and_no_others(tmp_path: Path) -> None:
    view = load(tmp_path, GOOD)["customer"].systems["odoo"].view
    assert (view.entity, view.object, view.where) == ("customer", "res.partner", [["is_company", "=", True]])
    assert view.options == {"on_create": {"is_company": True}, "company": 3}
    assert view.names == ("name", "phone", "category_id.name")
    assert view.fields[2].options == {"create": True}
    assert [field.type for field in view.fields] == ["text", "phone", "list"]


def test_a_system_that_is_only_read_is_never_written(tmp_path: Path) -> None:
    sage = load(tmp_path, GOOD)["customer"].systems["sage"]
    assert (sage.direction, sage.creates, sage.on_delete, sage.view.key) == (
        "pull",
        False,
        "ask",
        ("CT_Num",),
    )
    assert [lens.writes for lens in sage.lenses] == [False, False]
    assert [field.writable for field in sage.view.fields] == [False, False]
    assert sage.lens("name") is sage.lenses[0]
    assert sage.lens("phone") is None


def test_words_that_yaml_would_twist_stay_what_was_typed(tmp_path: Path) -> None:
    text = """
entity: thing
fields: {name: text, state: {type: choice, values: {no: Non, on: Oui, 07: Sept}}}
systems:
  sheet:
    object: no
    key: 2026-01-31
    fields: {name: on, state: {field: 007, map: {off: no, 12:30: on, yes: 07}}}
"""
    thing = load(tmp_path, text)["thing"].systems["sheet"]
    assert (thing.view.object, thing.view.key, thing.view.names) == ("no", ("2026-01-31",), ("on", "007"))
    state = thing.lens("state")
    assert state is not None
    assert [state.get({"007": native}) for native in ("off", "12:30", "yes")] == ["no", "on", "07"]


def test_parents_come_before_those_that_refer_to_them(tmp_path: Path) -> None:
    def entity(name: str, *parents: str) -> str:
        refs = "".join(f"  {p}: {{type: ref, entity: {p}}}\n" for p in parents)
        systems = "systems: {s: {object: o, fields: {name: n}}}\n"
        return f"entity: {name}\nfields:\n  name: text\n{refs}{systems}"

    mappings = load(tmp_path, entity("ticket", "contact", "contract"), entity("contract", "customer"),
                    entity("contact", "customer"), entity("customer", "customer"))  # fmt: skip
    order = [mapping.entity for mapping in mappings]
    assert order.index("customer") < order.index("contact") < order.index("ticket")
    assert order.index("customer") < order.index("contract") < order.index("ticket")
    assert mappings.systems == ("s",)
    assert len(mappings.of_system("s")) == len(mappings) == 4


def test_the_fingerprint_is_of_the_meaning(tmp_path: Path) -> None:
    def print_of(text: str) -> str:
        return load(tmp_path, text)["customer"].fingerprint

    same = print_of(GOOD)
    assert print_of("# a comment\n" + GOOD) == same
    assert print_of(GOOD.replace("{fr: Client, en: Customer}", "Kunde")) == same
    assert (
        print_of(GOOD.replace("siret: siret\n", "siret: {type: siret, label: N°, required: false}\n")) == same
    )
    assert print_of(GOOD.replace("max: 35", "max: 36")) != same
    assert print_of(GOOD.replace("[sage, odoo]", "[odoo, sage]")) != same
    assert print_of(GOOD.replace("company: 3", "company: 4")) != same
    assert print_of(GOOD.replace('"=", true', '"=", false')) != same


# What a mistake is answered with


def test_every_mistake_of_a_file_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    text = """\
entity: customer
labell: x
fields:
  name: {type: text, requird: true}
  phone: {type: fone, region: FR}
  siret: {type: siret, region: FR}
  email: emial
  city: {type: text}
  city: {type: text}
match:
  - exact: [sirett]
conflicts:
  default: newest
  phone: [sage, odooo]
  name: union
  nmae: ask
systems:
  odoo:
    object: res.partner
    derection: both
    on_delete: purge
    fields: {name: name, phon: phone, email: {feild: mail}}
  sage:
    object: BPC
    fields: {name: {field: A, max: "35"}, city: {field: C, map: {A: x, B: x}}}
"""
    assert problems(tmp_path, text) == [
        "2:1: unknown key `labell`. Did you mean 'label'?",
        "4:22: unknown key `requird`. Did you mean 'required'?",
        "5:17: 'fone' is not possible here. Did you mean 'phone'?",
        "6:24: type siret does not take `region`. It takes no option.",
        "7:10: 'emial' is not possible here. Did you mean 'email'?",
        "9:3: the key 'city' was already given on line 8",
        "11:13: 'sirett' is not a field of customer. Did you mean 'siret'?",
        "13:12: 'newest' is not possible here. Known here: latest, ask, union.",
        "14:17: 'odooo' does not hold customer. Did you mean 'odoo'?",
        "15:9: `union` merges lists, and name is not one. Use latest, ask or an order of trust.",
        "16:3: 'nmae' is not a field of customer. Did you mean 'name'?",
        "20:5: unknown key `derection`. Did you mean 'direction'?",
        "21:16: 'purge' is not possible here. Known here: archive, ignore, ask, done.",
        "22:26: 'phon' is not a field of customer. Did you mean 'phone'?",
        "22:47: unknown key `feild`. Did you mean 'field'?",
        "25:36: a whole number is expected here, not '35'",
        "25:60: 'A' and 'B' both mean 'x', so which to write is not known; "
        "give each its own meaning, or set `direction: pull`, or say under `prefer` which is written",
    ]


BROKEN = [
    ("", "1:1: is empty"),
    ("- a", "1:1: a block of `key: value` lines is expected here"),
    ("entity: customer\nfields", "2:7: this line has no ':' after its key"),
    ("entity:\n\t- a", "2:1: a tab stands where YAML wants spaces. Indent with spaces."),
    ("entity: a: b", "1:10: a second ':' stands on this line, or the line is indented wrongly. "
                     "Quote text that holds ': '."),
    ('entity: "open', "1:14: is not YAML: found unexpected end of stream"),
    ("entity: [a, b", "1:14: is not YAML: expected ',' or ']', but got '<stream end>'"),
    ("entity: *missing", "1:9: is not YAML: found undefined alias 'missing'"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "problem"), BROKEN)
def test_broken_yaml_is_answered_with_its_place(tmp_path: Path, text: str, problem: str) -> None:
    assert problem in problems(tmp_path, text)


def test_a_file_cannot_make_the_hub_run_anything(tmp_path: Path) -> None:
    found = problems(tmp_path, "entity: !!python/object/apply:os.getcwd []\n")
    assert "1:9: the tag 'tag:yaml.org,2002:python/object/apply:os.getcwd' is not allowed here" in found


def test_anchors_that_unfold_without_end_are_stopped(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
    )
    assert any("repeats itself through anchors" in problem for problem in problems(tmp_path, bomb))
    assert any("repeats itself through anchors" in problem for problem in problems(tmp_path, "a: &a [*a]"))


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "m0.yaml").write_bytes("entity: customer\nlabel: Société\n".encode("cp1252"))
    with pytest.raises(MappingError, match=r"m0\.yaml:2:12: is not UTF-8 text"):
        load_mappings(tmp_path)


def test_a_folder_without_a_mapping_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="holds no mapping"):
        load_mappings(tmp_path)
    with pytest.raises(MappingError, match="no such folder"):
        load_mappings(tmp_path / "nowhere")


def change(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


MISTAKES = [
    ("siret: siret", "siret: {type: choice}", "type choice needs `values`"),
    ("siret: siret", "siret: {type: ref}", "type ref needs `entity`"),
    ("siret: siret", "default: text", "a field may not be called 'default'"),
    ("siret: siret", "Siret: siret", "small letters, digits and _ only"),
    ("region: FR", "region: XX", "'XX' is not a country code"),
    ("exact: [siret]", "exat: [siret]", "unknown key `exat`. Did you mean 'exact'?"),
    ("exact: [siret]", "exact: []", "name at least one field"),
    ("[sage, odoo]", "[]", "names at least one system"),
    ("[sage, odoo]", "[sage, sage]", "'sage' stands twice"),
    ("object: tiers\n", "objekt: tiers\n", "unknown key `objekt`. Did you mean 'object'?"),
    ("max: 35", "max: 0", "0 must be greater than or equal to 1"),
    ("max: 35", "maxi: 35", "unknown key `maxi`. Did you mean 'max'?"),
    ("max: 35", "constant: x, direction: both", "`constant` with `direction: both` does not invert"),
    ("max: 35", "format: upper", "type text has no format 'upper'"),
    ("phone: phone", "phone: name", "'name' is written by both name and phone"),
    ("phone: phone", "phone: 7", "a block of `key: value` lines is expected here, not 7"),
    ("    fields: {name: {field: CT_I", "    fieldz: {name: {field: CT_I", "`fields` is missing here"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "problem"), MISTAKES)
def test_a_mistake_is_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert any(problem in found for found in problems(tmp_path, change(old, new)))


def test_a_required_field_that_nobody_reads_is_a_mistake(tmp_path: Path) -> None:
    text = GOOD.replace("siret: siret", "siret: {type: siret, required: true}").replace(
        ", siret: CT_Siret", ""
    )
    assert problems(tmp_path, text) == ["6:3: 'siret' is required, but no system is read for it"]


def test_a_system_that_hub_yaml_does_not_know_is_named(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD, systems=("odoo", "sage100")) == [
        "26:3: hub.yaml knows no system 'sage'. Did you mean 'sage100'?"
    ]
    assert len(load(tmp_path, GOOD, systems=("odoo", "sage"))) == 1


def test_mistakes_of_several_files_are_told_together(tmp_path: Path) -> None:
    found = problems(tmp_path, change("max: 35", "max: 0"), "entity: contact\nfields: {name: txt}\n")
    assert len(found) == 3
    assert "m1.yaml:2:16: 'txt' is not possible here" in "\n".join(found)
    assert "m1.yaml:1:1: `systems` is missing here" in "\n".join(found)


def test_an_entity_described_twice_is_a_mistake(tmp_path: Path) -> None:
    assert "'customer' is already described in" in problems(tmp_path, GOOD, GOOD)[0]


def test_a_reference_to_nothing_is_a_mistake(tmp_path: Path) -> None:
    contact = GOOD.replace("entity: customer", "entity: contact", 1).replace(
        "siret: siret", "siret: {type: ref, entity: custumer}"
    )
    assert any(
        "6:30: no mapping describes 'custumer'. Did you mean 'customer'?" in p
        for p in problems(tmp_path, GOOD, contact)
    )


def test_references_in_a_circle_are_a_mistake(tmp_path: Path) -> None:
    def entity(name: str, parent: str) -> str:
        return f"""entity: {name}
fields: {{name: text, other: {{type: ref, entity: {parent}}}}}
systems: {{s: {{object: o, fields: {{name: n, other: r}}}}}}
"""

    found = problems(tmp_path, entity("a", "b"), entity("b", "c"), entity("c", "a"), entity("d", "a"))
    assert len(found) == 3
    assert "2:22: references go round in a circle: a → b → c → a" in found[0]


# What ships


def test_the_shipped_mappings_load_and_lose_only_what_they_say() -> None:
    mappings = load_mappings(ROOT / "mappings", ("odoo", "sage", "clients"))
    assert [mapping.entity for mapping in mappings] == ["customer", "contact"]
    losses = {
        (mapping.entity, system.system, lens.name): lens.lossy
        for mapping in mappings
        for system in mapping.systems.values()
        for lens in system.lenses
        if lens.lossy
    }
    assert losses == {
        ("customer", "sage", "name"): "cut at 35 characters, upper case only",
        ("customer", "sage", "street"): "cut at 35 characters",
        ("customer", "sage", "city"): "cut at 35 characters, upper case only",
    }


def test_every_shipped_field_has_a_name_in_both_languages() -> None:
    for mapping in load_mappings(ROOT / "mappings"):
        assert mapping.title("fr")
        assert mapping.title("en")
        for definition in mapping.fields.values():
            assert set(definition.label) == {"fr", "en"}, definition.name
