"""Profiles as people write them: the shipped ones read contracts, and every mistake has its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.word.profile import Profile
from connectors.word.profiles import as_json, load, load_one
from connectors.word.reading import read_contract
from hub.yamlfile import FileProblems
from tests.connectors.word.tools import control, paragraph, run, seen, table
from tests.house.source import ROOT

SHIPPED = ROOT / "mappings" / "documents"
GOOD = """match: {any_text: [contrat]}
record: contract
key: number
fields:
  number: {type: text, from: [{label: N°}]}
"""


def test_the_shipped_profile_with_labels_reads_a_contract(tmp_path: Path) -> None:
    document = seen(
        tmp_path,
        paragraph("CONTRAT DE MAINTENANCE"),
        paragraph("Entre Chaleur Services, SIRET 305 949 679 00018, et"),
        paragraph("Client : Mairie de Vif"),
        paragraph("Référence : M-2026-0412"),
        paragraph("SIRET : 404 833 048 00022"),
        paragraph("Adresse : 1 place de la Libération, 38450 Vif"),
        paragraph("Tél. : 04 76 72 00 02"),
        table(["Montant annuel HT", "1 250,00 €"], ["Périodicité", "deux visites par an"]),
        paragraph("Le contrat prend effet le premier mars deux mille vingt-six, pour une durée d'un an."),
        paragraph("Durée : un an, renouvelable par tacite reconduction"),
    )
    found = read_contract(document, "maintenance", load_one(SHIPPED / "maintenance.yaml"))
    assert {one.name: one.value for one in found.values} == {
        "number": "M-2026-0412",
        "customer": "Mairie de Vif",
        "siret": "40483304800022",
        "town": "38450 Vif",
        "phone": "+33476720002",
        "amount": "1250.00",
        "starts_on": "2026-03-01",
        "ends_on": None,
        "duration": "P12M",
        "months_off": None,
        "renewal": "tacit",
        "periodicity": "2/12",
    }
    assert not found.needs_review
    assert found.key == ("M-2026-0412",)


def test_the_shipped_profile_with_controls_reads_a_contract(tmp_path: Path) -> None:
    filled = {
        "contrat_numero": "2026-0412", "client_nom": "Mairie de Vif", "client_siret": "40483304800022",
        "client_adresse": "38450 Vif", "client_telephone": "04 76 72 00 02", "montant_ht": "1 250,00 €",
        "date_debut": "1er mars 2026", "duree": "un an", "periodicite": "semestrielle", "energie": "Gaz",
        "pieces_incluses": "oui", "client_email": "mairie@vif.example", "date_fin": "28/02/2027",
        "reconduction": "tacite reconduction", "mois_sans_visite": "août",
    }  # fmt: skip
    document = seen(
        tmp_path, *(paragraph(f"{tag} ", control(tag, run(text))) for tag, text in filled.items())
    )
    found = read_contract(document, "controls", load_one(SHIPPED / "maintenance-controls.yaml"))
    values = {one.name: one.value for one in found.values}
    assert (values["number"], values["energy"], values["parts_included"]) == ("2026-0412", "gas", True)
    assert all(value is not None for value in values.values())
    assert not found.needs_review


def test_profiles_cross_to_the_worker_whole() -> None:
    profiles = load(SHIPPED)
    assert set(profiles) == {"maintenance", "maintenance-controls"}
    for (name, data), profile in zip(as_json(profiles.items()), profiles.values(), strict=True):
        assert Profile.model_validate(data) == profile
        assert name in profiles


@pytest.mark.parametrize(
    ("old", "new", "place", "said"),
    [
        ("record:", "recrod:", "2:1", "Did you mean 'record'?"),
        ("type: text", "type: texte", "5:18", "Did you mean 'text'?"),
        ("{label: N°}", "{labl: N°}", "5:32", "Did you mean 'label'?"),
        ("{label: N°}", "{label: N°, sdt: n}", "5:31", "stand together"),
        ("{label: N°}", "{occurrence: last}", "5:31", "none is given"),
        ("key: number", "key: numero", "1:1", "the key 'numero' is none of the fields"),
        ("{any_text: [contrat]}", "{extensions: [docx]}", "1:8", "any_text, all_text"),
        ("type: text", "type: text, pattern: '('", "5:33", "is no regular expression"),
        ("type: text", "type: choice", "5:11", "a choice needs it"),
        ("type: text", "type: text, range: [1, 2]", "5:11", "range is of"),
        ("type: text", "type: date, range: [hier, null]", "5:11", "cannot be a limit"),
        ("type: text", "type: text, tax: HT", "5:11", "tax is of an amount"),
        ("record: contract", "record: contract\nown_company: {siren: 123}", "3:22", "it has 9 digits"),
        ("record: contract", "record: contract\nsplit: {by: starts}", "3:8", "starts is needed"),
        ("record: contract", "record: contract\nrecord: bail", "3:1", "already given on line 2"),
    ],
)
def test_a_mistake_in_a_profile_has_its_place_and_its_reason(
    tmp_path: Path, old: str, new: str, place: str, said: str
) -> None:
    file = tmp_path / "essai.yaml"
    file.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(FileProblems) as caught:
        load_one(file)
    assert said in str(caught.value)
    assert any(f"{one.line}:{one.column}" == place for one in caught.value.problems), str(caught.value)


def test_a_folder_tells_all_mistakes_of_all_its_profiles(tmp_path: Path) -> None:
    with pytest.raises(FileProblems, match="holds no profile"):
        load(tmp_path)
    (tmp_path / "a.yaml").write_text(GOOD.replace("record", "recrod"), encoding="utf-8")
    (tmp_path / "b.yaml").write_text(GOOD.replace("type: text", "type: x"), encoding="utf-8")
    with pytest.raises(FileProblems) as caught:
        load(tmp_path)
    assert {Path(one.file).name for one in caught.value.problems} == {"a.yaml", "b.yaml"}
