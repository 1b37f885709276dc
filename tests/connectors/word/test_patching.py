"""Values written into existing documents: controls, form fields, merge fields, bookmarks, and no further."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.word.faults import Fault, Refusal
from connectors.word.package import Bounds
from connectors.word.patching import patch
from connectors.word.profile import Profile
from connectors.word.reading import read_contract
from hub.values import clean
from tests.connectors.word.tools import (
    SAMPLES,
    control,
    field,
    needs_samples,
    opened,
    paragraph,
    profile,
    repacked,
    run,
    save,
    table,
    text_box,
    texts,
)
from tests.tally import tally

TAG = [{"sdt": "valeur"}]
SETTINGS = "word/settings.xml"
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def members(content: bytes, folder: Path) -> dict[str, bytes]:
    path = folder / "looked at.docx"
    path.write_bytes(content)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {info.filename: archive.read(info) for info in archive.infolist()}


def read(content: bytes, shape: Profile, folder: Path) -> dict[str, Any]:
    path = folder / "read again.docx"
    path.write_bytes(content)
    return {value.name: value.value for value in read_contract(opened(path), "", shape).values}


class Desk:
    """One document on the desk: patched, then looked at."""

    def __init__(self, folder: Path, fields: Mapping[str, Any], *body: str, **more: Any) -> None:
        self.folder, self.shape = folder, profile(fields)
        self.path = save(folder / "contrat.docx", paragraph("Contrat"), *body, **more)

    def patched(self, **values: Any) -> bytes:
        return patch(self.path.read_bytes(), self.path.name, Bounds(), self.shape, 0, values)

    def shown(self, **values: Any) -> list[str]:
        """Every line of the document after the write, but its heading."""
        content = self.patched(**values)
        self.path.write_bytes(content)
        return texts(opened(self.path))[1:]

    def xml(self, **values: Any) -> str:
        return members(self.patched(**values), self.folder)["word/document.xml"].decode()

    def refused(self, **values: Any) -> Refusal:
        with pytest.raises(Refusal) as refusal:
            self.patched(**values)
        assert refusal.value.todo
        tally("bad inputs tried")
        return refusal.value


def one(folder: Path, kind: str, content: str, **more: Any) -> Desk:
    """A document with one field in the control `valeur`."""
    return Desk(folder, {"value": {"type": kind, "from": TAG, **more}}, content)


def date_control(shown: str, pattern: str, more: str = "", language: str = "fr-FR") -> str:
    made = (
        f'<w:date w:fullDate="2026-12-31T00:00:00Z"><w:dateFormat w:val="{pattern}"/>'
        f'<w:lid w:val="{language}"/><w:storeMappedDataAs w:val="dateTime"/></w:date>'
    )
    return paragraph(control("valeur", run(shown), made + more))


# -- where a value may stand -------------------------------------------------------------------------


def test_only_the_control_s_text_changes_and_every_other_byte_stays(tmp_path: Path) -> None:
    look = '<w:rFonts w:ascii="Arial"/><w:b/><w:color w:val="FF0000"/>'
    before, after = paragraph("Avant ", run("là", "<w:i/>")), paragraph("Après")
    desk = one(tmp_path, "text", f"{before}{paragraph(control('valeur', run('ancien', look)))}{after}")
    old = members(desk.path.read_bytes(), tmp_path)
    new = members(desk.patched(value="nouveau & <fils>"), tmp_path)
    assert list(new) == list(old)
    assert {name for name in old if old[name] != new[name]} == {"word/document.xml"}
    made = old["word/document.xml"].replace(b"ancien", b"nouveau &amp; &lt;fils&gt;")
    assert new["word/document.xml"] == made


def test_a_value_that_stands_there_already_changes_no_byte(tmp_path: Path) -> None:
    desk = one(tmp_path, "amount", paragraph(control("valeur", run("1 250,00 € HT"))), tax="HT")
    assert desk.patched(value="1250.00") == desk.path.read_bytes()


@pytest.mark.parametrize("around", ["inline", "block", "cell"])
def test_controls_in_a_line_around_paragraphs_and_around_a_cell(tmp_path: Path, around: str) -> None:
    styled = paragraph(run("vieux", "<w:b/>"), properties='<w:jc w:val="center"/>')
    content = {
        "inline": paragraph("Ville : ", control("valeur", run("vieux", "<w:b/>"))),
        "block": control("valeur", styled),
        "cell": "<w:tbl><w:tblPr/><w:tblGrid/><w:tr>"
        + control("valeur", f'<w:tc><w:tcPr><w:tcW w:w="5" w:type="dxa"/></w:tcPr>{styled}</w:tc>')
        + "</w:tr></w:tbl>",
    }[around]
    xml = one(tmp_path, "text", content).xml(value="neuf")
    assert '<w:rPr><w:b/></w:rPr><w:t xml:space="preserve">neuf</w:t>' in xml
    assert "vieux" not in xml
    assert around == "inline" or '<w:jc w:val="center"/></w:pPr><w:r>' in xml
    assert around != "cell" or '<w:tcW w:w="5" w:type="dxa"/></w:tcPr><w:p>' in xml


def test_a_value_split_over_runs_becomes_one_run_with_the_look_of_the_first(tmp_path: Path) -> None:
    split = run("Gre", "<w:b/>") + '<w:proofErr w:type="spellStart"/>' + run("no") + run("ble", "<w:i/>")
    desk = one(tmp_path, "text", paragraph(control("valeur", split)))
    assert (
        '<w:sdtContent><w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">Lyon</w:t></w:r></w:sdtContent>'
        in (desk.xml(value="Lyon"))
    )


TWO = '<w:pPr><w:jc w:val="right"/></w:pPr>'


@pytest.mark.parametrize(
    ("content", "made"),
    [
        (paragraph(control("valeur", run("1, rue A"))), "2, rue B</w:t><w:br/><w:t"),
        (control("valeur", paragraph("1, rue A"), '<w:text w:multiLine="1"/>'), "2, rue B</w:t><w:br/><w:t"),
        (
            control(
                "valeur", paragraph("1, rue A", properties='<w:jc w:val="right"/>') + paragraph("38000 Vif")
            ),
            f"2, rue B</w:t></w:r></w:p><w:p>{TWO}<w:r><w:t",
        ),
    ],
    ids=["in a line", "plain text", "paragraphs"],
)
def test_several_lines_are_written_as_breaks_or_paragraphs_and_read_back(
    tmp_path: Path, content: str, made: str
) -> None:
    desk = one(tmp_path, "lines", content)
    assert made in desk.xml(value="2, rue B\n69000 Lyon")
    new = desk.patched(value="2, rue B\n69000 Lyon")
    assert read(new, desk.shape, tmp_path)["value"] == "2, rue B\n69000 Lyon"


def test_a_placeholder_goes_with_its_grey_and_comes_no_more(tmp_path: Path) -> None:
    grey = run("Cliquez ici pour taper", '<w:rStyle w:val="PlaceholderText"/><w:sz w:val="20"/>')
    desk = one(tmp_path, "text", paragraph(control("valeur", grey, "<w:showingPlcHdr/><w:text/>")))
    xml = desk.xml(value="Grenoble")
    assert "showingPlcHdr" not in xml
    assert "PlaceholderText" not in xml
    assert '<w:rPr><w:sz w:val="20"/></w:rPr><w:t xml:space="preserve">Grenoble</w:t>' in xml


def test_a_placeholder_s_own_look_for_what_is_typed_is_used(tmp_path: Path) -> None:
    grey = run("Cliquez", '<w:rStyle w:val="PlaceholderText"/>')
    more = "<w:rPr><w:b/></w:rPr><w:showingPlcHdr/>"
    xml = one(tmp_path, "text", paragraph(control("valeur", grey, more))).xml(value="Grenoble")
    assert '<w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">Grenoble</w:t></w:r>' in xml


@pytest.mark.parametrize("content", ["<w:sdtContent/>", "<w:sdtContent></w:sdtContent>"])
def test_an_empty_control_is_filled(tmp_path: Path, content: str) -> None:
    empty = f'<w:sdt><w:sdtPr><w:tag w:val="valeur"/></w:sdtPr>{content}</w:sdt>'
    assert one(tmp_path, "text", paragraph(empty)).shown(value="Lyon") == ["Lyon"]
    assert one(tmp_path, "text", empty).shown(value="Lyon") == ["Lyon"]


def test_a_value_taken_away_leaves_an_empty_control(tmp_path: Path) -> None:
    desk = one(tmp_path, "date", date_control("31/12/2026", "dd/MM/yyyy"))
    assert "fullDate" not in desk.xml(value=None)
    assert desk.shown(value=None) == []
    assert desk.shown(value="2027-01-31") == ["31/01/2027"]


def test_two_controls_of_one_value_are_both_written_each_in_its_own_way(tmp_path: Path) -> None:
    desk = one(
        tmp_path,
        "date",
        paragraph("Fin : ", control("valeur", run("31/12/2026")))
        + paragraph("jusqu'au ", control("valeur", run("31 décembre 2026"))),
    )
    assert desk.shown(value="2027-03-01") == ["Fin : 01/03/2027", "jusqu'au 1er mars 2027"]


def test_a_text_box_is_written_in_both_copies_that_word_keeps(tmp_path: Path) -> None:
    desk = one(tmp_path, "text", paragraph(text_box(paragraph(control("valeur", run("vieux"))))))
    xml = desk.xml(value="neuf")
    assert xml.count("neuf") == 2
    assert "vieux" not in xml


def test_a_control_in_a_header_is_written_there(tmp_path: Path) -> None:
    def headed(document: Any) -> None:
        document.sections[0].header.paragraphs[0].text = "EN-TETE"

    desk = one(tmp_path, "text", paragraph("corps"))
    save(desk.path, paragraph("Contrat"), change=headed)
    with zipfile.ZipFile(desk.path) as archive:
        name = next(one for one in archive.namelist() if "header" in one and b"EN-TETE" in archive.read(one))
        header = archive.read(name).decode()
    start, end = header.index("<w:r>"), header.index("</w:r>") + len("</w:r>")
    repacked(desk.path, {name: (header[:start] + control("valeur", run("vieux")) + header[end:]).encode()})
    new = members(desk.patched(value="neuf"), tmp_path)
    assert b"neuf" in new[name]
    assert read(desk.patched(value="neuf"), desk.shape, tmp_path) == {"value": "neuf"}


def test_bookmarks_and_comments_around_a_value_stay(tmp_path: Path) -> None:
    inside = (
        '<w:bookmarkStart w:id="4" w:name="Ici"/>' + run("vieux") + '<w:bookmarkEnd w:id="4"/>'
        '<w:commentRangeEnd w:id="1"/><w:r><w:commentReference w:id="1"/></w:r>'
    )
    desk = one(tmp_path, "text", paragraph('<w:commentRangeStart w:id="1"/>', control("valeur", inside)))
    xml = desk.xml(value="neuf")
    assert '<w:bookmarkStart w:id="4" w:name="Ici"/><w:r>' in xml
    assert (
        '<w:bookmarkEnd w:id="4"/><w:commentRangeEnd w:id="1"/><w:r><w:commentReference w:id="1"/></w:r>'
        in xml
    )


# -- what kind of control --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "shown"),
    [
        ("dd/MM/yyyy", "01/02/2027"),
        ("d MMMM yyyy", "1 février 2027"),
        ("dddd d MMMM yyyy", "lundi 1 février 2027"),
        ("d/M/yy", "1/2/27"),
        ("yyyy-MM-dd", "2027-02-01"),
        ("'le' d MMM yyyy", "le 1 févr. 2027"),
    ],
)
def test_a_date_control_shows_the_day_by_its_own_format_and_knows_it(
    tmp_path: Path, pattern: str, shown: str
) -> None:
    desk = one(tmp_path, "date", date_control("31/12/2026", pattern))
    assert 'w:fullDate="2027-02-01T00:00:00Z"' in desk.xml(value="2027-02-01")
    assert desk.shown(value="2027-02-01") == [shown]


def test_a_date_control_in_another_language_with_months_in_words_is_refused(tmp_path: Path) -> None:
    desk_in_figures = one(tmp_path, "date", date_control("31.12.2026", "dd.MM.yyyy", language="de-DE"))
    assert desk_in_figures.shown(value="2027-02-01") == ["01.02.2027"]
    desk = one(tmp_path, "date", date_control("31 décembre 2026", "d. MMMM yyyy", language="de-DE"))
    assert "de-DE" in desk.refused(value="2027-02-01").reason


LIST = (
    '<w:dropDownList w:lastValue="2"><w:listItem w:displayText="Choisissez" w:value=""/>'
    '<w:listItem w:displayText="deux visites par an" w:value="2"/>'
    '<w:listItem w:displayText="trimestrielle" w:value="4"/></w:dropDownList>'
)


def test_a_drop_down_list_is_set_to_the_choice_that_means_the_value(tmp_path: Path) -> None:
    desk = one(tmp_path, "periodicity", paragraph(control("valeur", run("deux visites par an"), LIST)))
    assert 'w:lastValue="4"' in desk.xml(value="4/12")
    assert desk.shown(value="4/12") == ["trimestrielle"]


def test_a_drop_down_list_that_does_not_offer_the_value_is_refused_with_what_it_offers(
    tmp_path: Path,
) -> None:
    desk = one(tmp_path, "periodicity", paragraph(control("valeur", run("deux visites par an"), LIST)))
    assert "'deux visites par an', 'trimestrielle'" in desk.refused(value="12/12").reason


def test_a_combo_box_takes_what_it_does_not_offer(tmp_path: Path) -> None:
    combo = LIST.replace("dropDownList", "comboBox")
    desk = one(tmp_path, "periodicity", paragraph(control("valeur", run("deux visites par an"), combo)))
    assert desk.shown(value="3/12") == ["trois visites par an"]


def test_a_check_box_is_ticked_with_its_own_sign(tmp_path: Path) -> None:
    box = (
        '<w14:checkbox><w14:checked w14:val="0"/><w14:checkedState w14:val="2611" w14:font="MS Gothic"/>'
        '<w14:uncheckedState w14:val="2610" w14:font="MS Gothic"/></w14:checkbox>'
    )
    desk = one(tmp_path, "boolean", paragraph(control("valeur", run("☐"), box)))
    assert '<w14:checked w14:val="1"/>' in desk.xml(value=True)
    assert desk.shown(value=True) == ["☑"]
    assert desk.shown(value=False) == ["☐"]


def test_a_check_box_shown_by_a_symbol_gets_the_other_symbol(tmp_path: Path) -> None:
    box = (
        '<w14:checkbox><w14:checked w14:val="0"/><w14:checkedState w14:val="00FE" w14:font="Wingdings"/>'
        '<w14:uncheckedState w14:val="00A8" w14:font="Wingdings"/></w14:checkbox>'
    )
    sign = '<w:r><w:sym w:font="Wingdings" w:char="F0A8"/></w:r>'
    desk = one(tmp_path, "boolean", paragraph(control("valeur", sign, box)))
    assert '<w:sym w:font="Wingdings" w:char="F0FE"/>' in desk.xml(value=True)


DATA = "<hub:contrat xmlns:hub='urn:x'><hub:ville>Vif</hub:ville><hub:autre a='1'/></hub:contrat>"
PROPS = '<ds:datastoreItem ds:itemID="{0A1B}" xmlns:ds="http://schemas.openxmlformats.org/officeDocument/2006/customXml"/>'


def bound(path: str, shown: str = "Vif", tag: str = "valeur") -> str:
    link = (
        f"""<w:dataBinding w:prefixMappings="xmlns:n='urn:x'" w:xpath="{path}" w:storeItemID="{{0A1B}}"/>"""
    )
    return paragraph(control(tag, run(shown), link))


def with_data(desk: Desk) -> Desk:
    repacked(desk.path, {"customXml/item1.xml": DATA.encode(), "customXml/itemProps1.xml": PROPS.encode()})
    return desk


def test_a_control_bound_to_data_changes_the_data_too_and_all_that_show_it(tmp_path: Path) -> None:
    path = "/n:contrat[1]/n:ville[1]"
    desk = with_data(one(tmp_path, "text", bound(path) + bound(path, tag="ailleurs")))
    new = members(desk.patched(value="Grenoble & Cie"), tmp_path)
    assert b"<hub:ville>Grenoble &amp; Cie</hub:ville><hub:autre a='1'/>" in new["customXml/item1.xml"]
    assert new["word/document.xml"].count(b"Grenoble &amp; Cie") == 2


def test_a_control_bound_by_a_path_the_hub_cannot_follow_is_refused(tmp_path: Path) -> None:
    desk = with_data(one(tmp_path, "text", bound("//n:ville[text()='Vif']")))
    assert "data part" in desk.refused(value="Lyon").reason


def test_a_binding_that_leads_nowhere_is_none(tmp_path: Path) -> None:
    assert one(tmp_path, "text", bound("/n:contrat/n:ville")).shown(value="Lyon") == ["Lyon"]
    desk = with_data(one(tmp_path, "text", bound("/n:contrat/n:rue")))
    assert members(desk.patched(value="Lyon"), tmp_path)["customXml/item1.xml"] == DATA.encode()


# -- form fields, merge fields, bookmarks ----------------------------------------------------------------


def form(
    code: str, result: str | None, data: str, kind: str = "text", **more: Any
) -> tuple[dict[str, Any], str]:
    shape = {"value": {"type": kind, "from": [{"form_field": "Champ"}], **more}}
    mark = '<w:bookmarkStart w:id="7" w:name="Champ"/>'
    made = field(code, result, f'<w:name w:val="Champ"/><w:enabled/>{data}')
    return shape, paragraph("Ici : ", mark, made, '<w:bookmarkEnd w:id="7"/>')


def test_a_form_field_s_text_changes_between_its_marks(tmp_path: Path) -> None:
    desk = Desk(tmp_path, *form(" FORMTEXT ", "vieux", "<w:textInput/>"))
    xml = desk.xml(value="neuf")
    assert (
        'w:fldCharType="separate"/></w:r><w:r><w:t xml:space="preserve">neuf</w:t></w:r><w:r><w:fldChar'
        in xml
    )
    assert desk.shown(value="neuf") == ["Ici : neuf"]
    assert desk.shown(value=None) == ["Ici : " + "\N{EN SPACE}" * 5]


def test_a_form_field_without_a_result_gets_one(tmp_path: Path) -> None:
    assert Desk(tmp_path, *form(" FORMTEXT ", None, "<w:textInput/>")).shown(value="neuf") == ["Ici : neuf"]


def test_a_form_field_for_a_date_writes_it_by_its_format(tmp_path: Path) -> None:
    data = '<w:textInput><w:type w:val="date"/><w:format w:val="d MMMM yyyy"/></w:textInput>'
    desk = Desk(tmp_path, *form(" FORMTEXT ", "31/12/2026", data, "date"))
    assert desk.shown(value="2027-02-01") == ["Ici : 1 février 2027"]


def test_a_form_field_s_tick_and_choice(tmp_path: Path) -> None:
    ticked = Desk(
        tmp_path, *form(" FORMCHECKBOX ", None, "<w:checkBox><w:sizeAuto/></w:checkBox>", "boolean")
    )
    assert '<w:checkBox><w:sizeAuto/><w:checked w:val="1"/></w:checkBox>' in ticked.xml(value=True)
    assert ticked.shown(value=True) == ["Ici : ☒"]
    data = '<w:ddList><w:listEntry w:val="annuelle"/><w:listEntry w:val="semestrielle"/></w:ddList>'
    chosen = Desk(tmp_path, *form(" FORMDROPDOWN ", None, data, "periodicity"))
    assert '<w:ddList><w:result w:val="1"/>' in chosen.xml(value="2/12")
    assert "'annuelle', 'semestrielle'" in chosen.refused(value="4/12").reason


def test_a_form_field_that_is_too_short_computed_or_disabled_is_refused(tmp_path: Path) -> None:
    short = '<w:textInput><w:maxLength w:val="5"/></w:textInput>'
    assert (
        "5 characters"
        in Desk(tmp_path, *form(" FORMTEXT ", "vieux", short)).refused(value="trop long").reason
    )
    computed = '<w:textInput><w:type w:val="calculated"/></w:textInput>'
    assert "computes" in Desk(tmp_path, *form(" FORMTEXT ", "1", computed)).refused(value="2").reason
    shape, body = form(" FORMTEXT ", "vieux", "<w:textInput/>")
    off = body.replace("<w:enabled/>", '<w:enabled w:val="0"/>')
    assert "takes no input" in Desk(tmp_path, shape, off).refused(value="neuf").reason


@pytest.mark.parametrize("simple", [True, False])
def test_a_merge_field_of_a_finished_merge_is_written(tmp_path: Path, simple: bool) -> None:
    shape = {"value": {"type": "text", "from": [{"merge_field": "NOM"}]}}
    made = (
        f'<w:fldSimple w:instr=" MERGEFIELD NOM ">{run("vieux")}</w:fldSimple>'
        if simple
        else field(" MERGEFIELD NOM ", "vieux")
    )
    assert Desk(tmp_path, shape, paragraph("M. ", made)).shown(value="neuf") == ["M. neuf"]


def test_a_merge_field_of_a_document_still_linked_to_its_list_is_refused(tmp_path: Path) -> None:
    shape = {"value": {"type": "text", "from": [{"merge_field": "NOM"}]}}
    desk = Desk(tmp_path, shape, paragraph(field(" MERGEFIELD NOM ", "vieux")))
    set_settings(desk, "<w:mailMerge/>")
    assert "mail merge" in desk.refused(value="neuf").reason


BOOKMARK = {"value": {"type": "text", "from": [{"bookmark": "Nom"}]}}
START, END = '<w:bookmarkStart w:id="9" w:name="Nom"/>', '<w:bookmarkEnd w:id="9"/>'


def test_a_bookmark_around_text_of_one_paragraph_is_written(tmp_path: Path) -> None:
    desk = Desk(tmp_path, BOOKMARK, paragraph("M. ", START, run("vieux", "<w:b/>"), END, " !"))
    assert desk.shown(value="neuf") == ["M. neuf !"]


def test_a_bookmark_over_paragraphs_is_refused(tmp_path: Path) -> None:
    desk = Desk(tmp_path, BOOKMARK, paragraph(START, "vieux"), paragraph("nom", END))
    assert "several paragraphs" in desk.refused(value="neuf").reason


def test_a_bookmark_that_a_field_repeats_elsewhere_is_refused(tmp_path: Path) -> None:
    desk = Desk(
        tmp_path, BOOKMARK, paragraph(START, "vieux", END), paragraph(field(" REF Nom \\h ", "vieux"))
    )
    assert "repeats Nom" in desk.refused(value="neuf").reason


def test_a_bookmark_that_word_put_around_a_form_field_is_that_field(tmp_path: Path) -> None:
    _, body = form(" FORMTEXT ", "vieux", "<w:textInput/>")
    desk = Desk(tmp_path, {"value": {"type": "text", "from": [{"bookmark": "Champ"}]}}, body)
    assert "FORMTEXT" in desk.xml(value="neuf").replace(
        '</w:instrText></w:r><w:r><w:instrText xml:space="preserve">', ""
    )
    assert desk.shown(value="neuf") == ["Ici : neuf"]


# -- how values are written --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "old", "value", "shown", "more"),
    [
        ("date", "31/12/2026", "2027-01-05", "05/01/2027", {}),
        ("date", "le jeudi 31 décembre 2026 soir", "2027-01-01", "le vendredi 1er janvier 2027 soir", {}),
        ("date", "1er MARS 2026", "2027-08-15", "15 AOÛT 2027", {}),
        ("date", "5/1/2026", "2027-01-06", "6/1/2027", {}),
        ("date", "premier mars deux mille vingt-six", "2027-01-06", "6 janvier 2027", {}),
        ("date", "31.12.2026 (31 décembre 2026)", "2027-01-06", "06.01.2027 (6 janvier 2027)", {}),
        ("amount", "1 250,00 € HT", "12345.50", "12 345,50 € HT", {"tax": "HT"}),
        ("amount", "1\u202f250,00\u00a0€", "980", "980,00\u00a0€", {}),
        ("amount", "Soit 1250 euros HT par an", "1300.50", "Soit 1300,50 euros HT par an", {"tax": "HT"}),
        ("amount", "1.250,00 EUR", "2500", "2.500,00 EUR", {}),
        ("amount", "1250.00", "2500", "2500.00", {}),
        ("periodicity", "deux visites par an", "4/12", "quatre visites par an", {}),
        ("periodicity", "2 visites/an", "1/12", "1 visite par an", {}),
        ("periodicity", "Semestrielle", "4/12", "Trimestrielle", {}),
        ("periodicity", "2x/an", "3/12", "3x/an", {}),
        ("duration", "un an", "P24M", "deux ans", {}),
        ("duration", "12 mois", "P36M", "36 mois", {}),
        ("duration", "12 mois", "open", "durée indéterminée", {}),
        ("renewal", "Tacite reconduction", "none", "Sans reconduction", {}),
        ("phone", "04.76.00.00.01", "+33476000002", "04.76.00.00.02", {}),
        ("phone", "04 76 00 00 01 (gardien)", "+33476000002", "04 76 00 00 02 (gardien)", {}),
        ("phone", "+33 4 76 00 00 01", "+33476000002", "+33 4 76 00 00 02", {}),
        ("siret", "732 829 320 00074", "55203253400646", "552 032 534 00646", {}),
        ("siret", "73282932000074", "55203253400646", "55203253400646", {}),
        ("email", "a@ex.fr", "b@ex.fr", "b@ex.fr", {}),
        ("town", "38000 Grenoble", "Lyon", "38000 Lyon", {}),
        ("postcode_town", "38000 Grenoble", "69000 Lyon", "69000 Lyon", {}),
        ("number", "2,5 h", "3.5", "3,5 h", {}),
        ("integer", "2 appareils", "12", "12 appareils", {}),
        ("boolean", "Oui", False, "Non", {}),
        ("choice", "gaz", "fuel", "fioul", {"values": {"gas": ["gaz"], "fuel": ["fioul", "fuel"]}}),
        ("text", "N° 2025-001 (bis)", "2025-002", "N° 2025-002 (bis)", {"pattern": r"\d{4}-\d{3}"}),
    ],
)  # fmt: skip
def test_a_value_is_written_as_the_one_before_it_was(
    tmp_path: Path, kind: str, old: str, value: Any, shown: str, more: dict[str, Any]
) -> None:
    desk = one(tmp_path, kind, paragraph(control("valeur", run(old))), **more)
    assert desk.shown(value=value) == [shown]


@pytest.mark.parametrize(
    ("kind", "value", "shown", "more"),
    [
        ("date", "2027-01-05", "05/01/2027", {}),
        ("amount", "1250", "1 250,00 € HT", {"tax": "HT"}),
        ("periodicity", "2/12", "semestrielle", {}),
        ("periodicity", "3 visites par an", "3 visites par an", {}),
        ("duration", "P12M", "12 mois", {}),
        ("phone", "+33476000002", "04 76 00 00 02", {}),
        ("siret", "55203253400646", "552 032 534 00646", {}),
        ("renewal", "tacit", "tacite reconduction", {}),
        ("boolean", True, "oui", {}),
    ],
)
def test_where_nothing_stood_a_value_is_written_as_it_is_in_france(
    tmp_path: Path, kind: str, value: Any, shown: str, more: dict[str, Any]
) -> None:
    desk = one(tmp_path, kind, paragraph(control("valeur", run("Cliquez"), "<w:showingPlcHdr/>")), **more)
    assert desk.shown(value=value) == [shown]


def test_a_unit_that_stands_beside_the_control_is_not_written_twice(tmp_path: Path) -> None:
    blank = control("valeur", run("Cliquez"), "<w:showingPlcHdr/>")
    desk = one(tmp_path, "amount", paragraph(blank, " € HT"), tax="HT")
    assert desk.shown(value="1250") == ["1 250,00 € HT"]


def test_an_amount_told_before_and_after_tax_in_one_control_is_refused(tmp_path: Path) -> None:
    both = run("1 000,00 € HT, soit 1 200,00 € TTC")
    desk = one(tmp_path, "amount", paragraph(control("valeur", both)), tax="HT")
    assert "1 200,00 € TTC" in desk.refused(value="1100.00").reason


def test_an_amount_told_in_figures_and_in_words_is_refused(tmp_path: Path) -> None:
    both = run("1 000 € (mille euros)")
    desk = one(tmp_path, "amount", paragraph(control("valeur", both)))
    assert "mille euros" in desk.refused(value="1100.00").reason


# -- what is refused ---------------------------------------------------------------------------------------


def test_a_value_in_running_text_is_refused_with_its_sentence_and_what_to_do(tmp_path: Path) -> None:
    shape = {"value": {"type": "amount", "from": [{"sdt": "montant"}, {"regex": r"somme de ([\d ,]+ ?€)"}]}}
    desk = Desk(tmp_path, shape, paragraph("Le client verse la somme de 1 250 € à la signature."))
    refusal = desk.refused(value="1300")
    assert "Le client verse la somme de 1 250 € à la signature." in refusal.reason
    assert "Tag: montant" in refusal.todo
    assert refusal.field == "value"


@pytest.mark.parametrize(
    ("source", "body"),
    [
        ({"table": "Montant"}, table(["Montant", "1 250 €"])),
        ({"label": "Montant"}, paragraph("Montant : 1 250 €")),
    ],
)
def test_a_value_in_a_cell_or_after_a_label_is_refused(
    tmp_path: Path, source: dict[str, str], body: str
) -> None:
    desk = Desk(tmp_path, {"value": {"type": "amount", "from": [source]}}, body)
    assert "does not write" in desk.refused(value="1300").reason


@pytest.mark.parametrize("source", [{"table": "Montant"}, {"label": "Montant"}])
def test_a_value_in_a_cell_or_after_a_label_is_written_where_a_control_is_around_it(
    tmp_path: Path, source: dict[str, str]
) -> None:
    made = control("montant", run("1 250 €"))
    body = table(["Montant", paragraph(made)]) if "table" in source else paragraph("Montant : ", made)
    desk = Desk(tmp_path, {"value": {"type": "amount", "from": [{"sdt": "montant"}, source]}}, body)
    assert desk.shown(value="1300")[-1].endswith("1 300 €")


def test_a_value_that_a_control_and_a_sentence_both_tell_is_refused(tmp_path: Path) -> None:
    shape = {"value": {"type": "date", "from": [{"sdt": "fin"}, {"label": "Fin"}]}}
    desk = Desk(tmp_path, shape, paragraph(control("fin", run("31/12/2026"))), paragraph("Fin : 31/12/2026"))
    assert "also stands after a label" in desk.refused(value="2027-01-01").reason


def test_a_value_without_a_place_is_refused_and_says_which_control_to_add(tmp_path: Path) -> None:
    refusal = one(tmp_path, "text", paragraph("rien")).refused(value="Lyon")
    assert "no control" in refusal.reason
    assert "Tag: valeur" in refusal.todo


@pytest.mark.parametrize("old", ["31/12/2026 ou 30/12/2026", "voir l'annexe"])
def test_what_could_not_be_read_is_never_written_over(tmp_path: Path, old: str) -> None:
    desk = one(tmp_path, "date", paragraph(control("valeur", run(old))))
    assert "in doubt" in desk.refused(value="2027-01-01").reason


def test_two_places_that_disagree_are_not_settled_by_a_write(tmp_path: Path) -> None:
    body = paragraph(control("valeur", run("Lyon"))) + paragraph(control("valeur", run("Vif")))
    assert "'Vif'" in one(tmp_path, "text", body).refused(value="Metz").reason


def test_another_value_of_the_same_control_must_not_change_with_it(tmp_path: Path) -> None:
    shape = {"town": {"type": "town", "from": TAG}, "address": {"type": "text", "from": TAG}}
    desk = Desk(tmp_path, shape, paragraph(control("valeur", run("38000 Grenoble"))))
    refusal = desk.refused(town="Lyon")
    assert "address would change as well" in refusal.reason
    assert "38000 Grenoble" in refusal.reason
    assert "38000 Lyon" in refusal.reason


def test_two_values_of_one_control_are_written_together(tmp_path: Path) -> None:
    shape = {"town": {"type": "town", "from": TAG}, "postcode": {"type": "postcode", "from": TAG}}
    desk = Desk(tmp_path, shape, paragraph(control("valeur", run("38000 Grenoble"))))
    assert desk.shown(town="Lyon", postcode="69000") == ["69000 Lyon"]


@pytest.mark.parametrize("text", ["a\x07b", "a\x00b", "a\x1bb", "a\uffffb"])
def test_control_characters_are_refused_in_words(tmp_path: Path, text: str) -> None:
    desk = one(tmp_path, "text", paragraph(control("valeur", run("vieux"))))
    assert "control character U+" in desk.refused(value=text).reason


@pytest.mark.parametrize("lock", ["contentLocked", "sdtContentLocked"])
def test_a_locked_control_is_refused(tmp_path: Path, lock: str) -> None:
    locked = control("valeur", run("vieux"), f'<w:lock w:val="{lock}"/>')
    assert "locked" in one(tmp_path, "text", paragraph(locked)).refused(value="neuf").reason


def test_a_control_inside_a_locked_one_is_refused_and_one_that_only_cannot_be_removed_is_written(
    tmp_path: Path,
) -> None:
    inner = paragraph(control("valeur", run("vieux")))
    outer = control("autour", inner, '<w:lock w:val="contentLocked"/>')
    assert "locked" in one(tmp_path, "text", outer).refused(value="neuf").reason
    kept = control("valeur", run("vieux"), '<w:lock w:val="sdtLocked"/>')
    assert one(tmp_path, "text", paragraph(kept)).shown(value="neuf") == ["neuf"]


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        (run("vieux") + "<w:r><w:drawing/></w:r>", "picture"),
        (f"<w:ins w:id='1' w:author='A'>{run('vieux')}</w:ins>", "tracked change"),
        (run("vieux") + "<w:del w:id='1' w:author='A'><w:r><w:delText/></w:r></w:del>", "tracked"),
        (field(" DATE ", "vieux"), "a field"),
        (run("vieux") + control("autre", run(" et")), "another control"),
        ('<w:hyperlink r:id="rId1">' + run("vieux") + "</w:hyperlink>", "a link"),
    ],
)  # fmt: skip
def test_a_control_that_holds_more_than_text_is_refused(tmp_path: Path, inside: str, said: str) -> None:
    assert said in one(tmp_path, "text", paragraph(control("valeur", inside))).refused(value="neuf").reason


def set_settings(desk: Desk, content: str) -> None:
    repacked(desk.path, {SETTINGS: f"<w:settings {W}>{content}</w:settings>".encode()})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('<w:documentProtection w:edit="readOnly" w:enforcement="1"/>', "only be read"),
        ('<w:documentProtection w:edit="comments" w:enforcement="1"/>', "commented"),
        ('<w:documentProtection w:edit="trackedChanges" w:enforcement="1"/>', "tracked"),
        ("<w:trackRevisions/>", "tracks its changes"),
        ('<w:writeProtection w:hash="abc"/>', "password"),
    ],
)
def test_a_protected_document_and_one_that_tracks_changes_are_refused(
    tmp_path: Path, content: str, said: str
) -> None:
    desk = one(tmp_path, "text", paragraph(control("valeur", run("vieux"))))
    set_settings(desk, content)
    assert said in desk.refused(value="neuf").reason


@pytest.mark.parametrize(
    "content",
    [
        '<w:documentProtection w:edit="forms" w:enforcement="1"/>',
        '<w:documentProtection w:edit="readOnly" w:enforcement="0"/>',
        '<w:trackRevisions w:val="0"/>',
        '<w:writeProtection w:recommended="1"/>',
    ],
)
def test_a_document_whose_forms_may_be_filled_in_is_written(tmp_path: Path, content: str) -> None:
    desk = one(tmp_path, "text", paragraph(control("valeur", run("vieux"))))
    set_settings(desk, content)
    assert desk.shown(value="neuf") == ["neuf"]


def test_outside_its_forms_a_protected_document_is_not_written(tmp_path: Path) -> None:
    desk = Desk(tmp_path, BOOKMARK, paragraph(START, "vieux", END))
    set_settings(desk, '<w:documentProtection w:edit="forms" w:enforcement="1"/>')
    assert "only its controls and forms" in desk.refused(value="neuf").reason


def test_a_signed_document_is_refused(tmp_path: Path) -> None:
    desk = one(tmp_path, "text", paragraph(control("valeur", run("vieux"))))
    repacked(desk.path, {"_xmlsignatures/sig1.xml": b"<Signature/>"})
    assert "signed" in desk.refused(value="neuf").reason


def test_a_document_marked_as_final_is_refused(tmp_path: Path) -> None:
    desk = one(tmp_path, "text", paragraph(control("valeur", run("vieux"))))
    with zipfile.ZipFile(desk.path) as archive:
        relations = archive.read("_rels/.rels").decode()
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties"
    link = f'<Relationship Id="rId99" Type="{kind}" Target="docProps/custom.xml"/></Relationships>'
    final = '<Properties><property name="_MarkAsFinal"><bool>true</bool></property></Properties>'
    repacked(
        desk.path,
        {
            "_rels/.rels": relations.replace("</Relationships>", link).encode(),
            "docProps/custom.xml": final.encode(),
        },
    )
    assert "final" in desk.refused(value="neuf").reason


def test_a_part_that_is_not_in_utf_8_is_refused(tmp_path: Path) -> None:
    desk = one(tmp_path, "text", paragraph(control("valeur", run("vieux"))))
    old = members(desk.path.read_bytes(), tmp_path)["word/document.xml"].decode()
    wide = old.replace('<?xml version="1.0"?>', '<?xml version="1.0" encoding="utf-16"?>').encode("utf-16")
    repacked(desk.path, {"word/document.xml": wide})
    assert "UTF-8" in desk.refused(value="neuf").reason


def test_a_part_with_a_byte_order_mark_is_written(tmp_path: Path) -> None:
    desk = one(tmp_path, "text", paragraph("é ", control("valeur", run("vieux"))))
    old = members(desk.path.read_bytes(), tmp_path)["word/document.xml"]
    repacked(desk.path, {"word/document.xml": b"\xef\xbb\xbf" + old})
    assert desk.shown(value="neuf") == ["é neuf"]


def test_a_value_outside_its_range_or_missing_though_required_is_refused(tmp_path: Path) -> None:
    held = paragraph(control("valeur", run("1 250 €")))
    assert (
        "outside 20 to 2000" in one(tmp_path, "amount", held, range=[20, 2000]).refused(value="9999").reason
    )
    assert "nothing" in one(tmp_path, "amount", held, required=True).refused(value=None).reason


def test_a_value_of_the_wrong_kind_is_refused(tmp_path: Path) -> None:
    desk = one(tmp_path, "date", paragraph(control("valeur", run("31/12/2026"))))
    assert desk.refused(value="bientôt").field == "value"


def test_a_text_that_would_be_read_as_nothing_is_refused(tmp_path: Path) -> None:
    desk = one(tmp_path, "text", paragraph(control("valeur", run("vieux"))))
    assert "would be read as nothing" in desk.refused(value="[à compléter]").reason


def test_the_company_s_own_name_is_not_written_as_the_customer_s(tmp_path: Path) -> None:
    desk = one(tmp_path, "text", paragraph(control("valeur", run("vieux"))))
    shape = profile({"value": {"type": "text", "from": TAG}}, own_company={"name": "Chauffage SA"})
    with pytest.raises(Refusal):
        patch(desk.path.read_bytes(), "a.docx", Bounds(), shape, 0, {"value": "Chauffage SA"})


# -- many contracts in one document ------------------------------------------------------------------------


def test_of_many_contracts_in_one_document_only_the_one_meant_is_written(tmp_path: Path) -> None:
    bodies = [
        paragraph(f"Contrat n° {n}") + paragraph("Ville : ", control("valeur", run("Vif"))) for n in (1, 2, 3)
    ]
    path = save(tmp_path / "fusion.docx", *bodies)
    shape = profile({"value": {"type": "text", "from": TAG}}, split={"starts": r"Contrat n°"})
    content = patch(path.read_bytes(), path.name, Bounds(), shape, 1, {"value": "Lyon"})
    path.write_bytes(content)
    assert texts(opened(path))[1::2] == ["Ville : Vif", "Ville : Lyon", "Ville : Vif"]


# -- strangers' documents --------------------------------------------------------------------------------


def _samples() -> list[Path]:
    return sorted((SAMPLES / "poi").glob("*.docx")) if SAMPLES.is_dir() else []


@needs_samples
@pytest.mark.parametrize("path", _samples(), ids=lambda path: path.name)
def test_a_stranger_s_document_keeps_every_byte_or_only_its_control_s(path: Path, tmp_path: Path) -> None:
    content = path.read_bytes()
    try:
        document = opened(path)
    except Fault as fault:
        pytest.skip(f"not readable: {fault}")
    shape = profile({"value": {"type": "lines", "from": [{"sdt": "nirgendwo"}]}})
    assert patch(content, path.name, Bounds(), shape, 0, {}) == content
    for name in dict.fromkeys(mark.name for mark in document.controls):
        shape = profile({"value": {"type": "lines", "from": [{"sdt": name}]}})
        try:
            new = patch(content, path.name, Bounds(), shape, 0, {"value": "Neuf & <Cie>"})
        except Refusal as refusal:
            tally("bad inputs tried")
            print(f"{path.name} {name}: {refusal}")
            continue
        print(f"{path.name} {name}: written")
        before, after = members(content, tmp_path), members(new, tmp_path)
        changed = [part for part in before if before[part] != after[part]]
        assert list(before) == list(after)
        shared = {
            "docProps/core.xml",
            "docProps/app.xml",
            "customXml/item1.xml",
        }  # what controls are bound to
        assert set(changed) - shared == {"word/document.xml"}
        assert read(new, shape, tmp_path)["value"] == "Neuf & <Cie>"


# -- any text ------------------------------------------------------------------------------------------------

ANY = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@settings(max_examples=150, deadline=None)
@given(text=ANY, around=st.sampled_from(["inline", "block", "form"]))
def test_any_text_comes_back_as_it_was_or_is_refused_and_nothing_else_changes(
    tmp_path_factory: pytest.TempPathFactory, text: str, around: str
) -> None:
    folder = tmp_path_factory.getbasetemp() / "any text"
    folder.mkdir(exist_ok=True)
    if around == "form":
        desk = Desk(folder, *form(" FORMTEXT ", "vieux", "<w:textInput/>"))
    else:
        held = control("valeur", run("vieux") if around == "inline" else paragraph("vieux"))
        desk = one(folder, "text", paragraph(held) if around == "inline" else held)
    old = desk.path.read_bytes()
    try:
        new = desk.patched(value=text)
    except Refusal:
        return
    assert read(new, desk.shape, folder)["value"] == (clean(text) or None)
    before, after = members(old, folder), members(new, folder)
    assert list(before) == list(after)
    assert {name for name in before if before[name] != after[name]} <= {"word/document.xml"}
