"""What of a Word document is read: what a person sees, once, in order, with its place and its names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.word.faults import Fault
from tests.connectors.word.tools import (
    control,
    field,
    opened,
    paragraph,
    run,
    save,
    seen,
    table,
    text_box,
    texts,
)
from tests.connectors.word.tools import document_xml as whole


def test_a_placeholder_split_over_runs_is_one_word(tmp_path: Path) -> None:
    found = seen(tmp_path, paragraph(run("N° SAV "), run("12", "<w:b/>"), run("34"), run("-5678")))
    assert texts(found) == ["N° SAV 1234-5678"]


def test_tracked_deletions_and_moved_away_text_are_not_read(tmp_path: Path) -> None:
    deleted = '<w:del w:id="1" w:author="x"><w:r><w:delText>1 000 €</w:delText></w:r></w:del>'
    moved = '<w:moveFrom w:id="2" w:author="x"><w:r><w:t>ailleurs</w:t></w:r></w:moveFrom>'
    inserted = f'<w:ins w:id="3" w:author="x">{run("1 250 €")}</w:ins>'
    to = f'<w:moveTo w:id="4" w:author="x">{run(" ici")}</w:moveTo>'
    gone = f'<w:tr><w:trPr><w:del w:id="5" w:author="x"/></w:trPr><w:tc>{paragraph("ligne")}</w:tc></w:tr>'
    rows = table(["a", "b"]).replace("</w:tbl>", f"{gone}</w:tbl>")
    found = seen(tmp_path, paragraph(run("Montant : "), deleted, moved, inserted, to), rows)
    assert texts(found) == ["Montant : 1 250 € ici", "a", "b"]


def test_hidden_text_is_not_read_not_even_where_a_style_hides_it(tmp_path: Path) -> None:
    def hiding(made: Any) -> None:
        base = made.styles.add_style("Secret", 2)
        base.font.hidden = True
        made.styles.add_style("Fils", 2).base_style = base
        made.styles.add_style("Cache", 1).font.hidden = True

    found = seen(
        tmp_path,
        paragraph(run("vu "), run("pas vu", "<w:vanish/>"), run("vu aussi", '<w:vanish w:val="0"/>')),
        paragraph(run("par style ", '<w:rStyle w:val="Fils"/>'), run("non")),
        paragraph(
            run("caché"), run("montré", '<w:vanish w:val="false"/>'), properties='<w:pStyle w:val="Cache"/>'
        ),
        change=hiding,
    )
    assert texts(found) == ["vu vu aussi", "non", "montré"]


def test_a_text_box_is_read_once_and_not_twice(tmp_path: Path) -> None:
    found = seen(tmp_path, paragraph(run("Avant "), text_box(paragraph("N° 2024-0412")), run("après")))
    assert texts(found) == ["Avant après", "N° 2024-0412"]
    assert str(found.paragraphs[1].place) == "text box 1, paragraph 1"


def test_a_text_box_that_only_older_programs_know_is_read_too(tmp_path: Path) -> None:
    inside = f"<w:txbxContent>{paragraph('vieux')}</w:txbxContent>"
    old = f"<w:r><w:pict><v:shape><v:textbox>{inside}</v:textbox></v:shape></w:pict></w:r>"
    assert texts(seen(tmp_path, paragraph(old))) == ["vieux"]


def test_content_controls_are_seen_wherever_they_stand(tmp_path: Path) -> None:
    price = f"<w:tc>{paragraph('1 250 €')}</w:tc>"
    cell = f"<w:tr><w:tc>{paragraph('HT')}</w:tc>{control('cell', price)}</w:tr>"
    rows = f"<w:tbl><w:tblPr/><w:tblGrid/>{control('row', cell)}</w:tbl>"
    found = seen(
        tmp_path,
        paragraph(run("N° "), control("inline", run("1234") + control("nested", run("-56")))),
        control("block", paragraph("un") + paragraph("deux")),
        rows,
    )
    assert {mark.name: found.cut(mark.span) for mark in found.controls} == {
        "inline": "1234-56", "nested": "-56", "block": "un\ndeux", "row": "HT\n1 250 €", "cell": "1 250 €",
    }  # fmt: skip
    assert [[found.cut(c.span) for c in row] for row in found.tables[0].rows] == [["HT", "1 250 €"]]


def test_a_control_says_its_kind_its_date_its_box_and_whether_it_is_filled(tmp_path: Path) -> None:
    ticked = '<w14:checkbox><w14:checked w14:val="1"/></w14:checkbox>'
    clear = '<w14:checkbox><w14:checked w14:val="0"/></w14:checkbox>'
    day = '<w:date w:fullDate="2026-03-01T00:00:00Z"><w:dateFormat w:val="d MMMM"/></w:date>'
    chosen = '<w:alias w:val="Énergie"/><w:dropDownList><w:listItem w:value="Gaz"/></w:dropDownList>'
    found = seen(
        tmp_path,
        paragraph(control("oui", run("☒"), ticked), control("non", run("☐"), clear)),
        paragraph(control("debut", run("1 mars"), day), control("energie", run("Gaz"), chosen)),
        paragraph(run("Nom : "), control("nom", run("Cliquez ici"), "<w:showingPlcHdr/>")),
    )
    told = {m.name: (m.kind, m.value, m.blank, m.title) for m in found.controls}
    assert told == {
        "oui": ("checkbox", "true", False, ""), "non": ("checkbox", "", False, ""),
        "debut": ("date", "2026-03-01", False, ""), "energie": ("choice", None, False, "Énergie"),
        "nom": ("text", None, True, ""),
    }  # fmt: skip
    assert texts(found)[-1] == "Nom : "


def test_fields_are_seen_with_their_names_and_without_their_codes(tmp_path: Path) -> None:
    simple = (
        f'<w:fldSimple w:instr=" MERGEFIELD  &quot;Nom client&quot; ">{run("Mairie de Vif")}</w:fldSimple>'
    )
    boxed = '<w:name w:val="Pieces"/><w:checkBox><w:checked/></w:checkBox>'
    clear = '<w:name w:val="Autre"/><w:checkBox><w:default w:val="0"/></w:checkBox>'
    entries = '<w:result w:val="1"/><w:listEntry w:val="gaz"/><w:listEntry w:val="fioul"/>'
    listed = f'<w:name w:val="Energie"/><w:ddList>{entries}</w:ddList>'
    typed = '<w:name w:val="Siret"/><w:textInput><w:default w:val="à remplir"/></w:textInput>'
    found = seen(
        tmp_path,
        paragraph(run("Client : "), simple, run(", "), field(" MERGEFIELD VILLE \\* MERGEFORMAT ", "Vif")),
        paragraph(
            field(" FORMCHECKBOX ", None, boxed), run(" pièces "), field(" FORMCHECKBOX ", None, clear)
        ),
        paragraph(
            field(" FORMDROPDOWN ", None, listed), run(" / "), field(" FORMTEXT ", "73282932000074", typed)
        ),
        paragraph(field(" MERGEFIELD NUMERO ", "«NUMERO»")),
    )
    assert texts(found) == ["Client : Mairie de Vif, Vif", "☒ pièces ☐", "fioul / 73282932000074", "«NUMERO»"]
    assert [(m.name, found.cut(m.span), m.blank) for m in found.merge_fields] == [
        ("Nom client", "Mairie de Vif", False), ("VILLE", "Vif", False), ("NUMERO", "«NUMERO»", True),
    ]  # fmt: skip
    assert [(m.name, m.kind, m.value, found.cut(m.span), m.initial) for m in found.form_fields] == [
        ("Pieces", "checkbox", "true", "☒", None), ("Autre", "checkbox", "", "☐", None),
        ("Energie", "choice", None, "fioul", "gaz"), ("Siret", "text", None, "73282932000074", "à remplir"),
    ]  # fmt: skip


def test_a_field_inside_the_code_of_another_is_no_text(tmp_path: Path) -> None:
    inner = field(" MERGEFIELD CIVILITE ", "Monsieur")
    end = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    outer = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> IF </w:instrText></w:r>'
        f'{inner}<w:r><w:instrText> = "x" </w:instrText></w:r>'
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{run("Cher client")}{end}'
    )
    assert texts(seen(tmp_path, paragraph(outer))) == ["Cher client"]


def test_a_line_of_a_table_of_contents_is_no_text(tmp_path: Path) -> None:
    assert texts(
        seen(tmp_path, paragraph(field(' TOC \\o "1-3" ', "Montant HT\t3")), paragraph("Montant"))
    ) == ["Montant"]


def test_bookmarks_are_seen_and_words_own_are_not(tmp_path: Path) -> None:
    start = '<w:bookmarkStart w:id="1" w:name="Montant"/>'
    own = '<w:bookmarkStart w:id="2" w:name="_GoBack"/><w:bookmarkEnd w:id="2"/>'
    found = seen(
        tmp_path,
        paragraph(run("Prix "), start, run("1 250"), run(" €"), '<w:bookmarkEnd w:id="1"/>', own, run(" HT")),
    )
    assert [(m.name, found.cut(m.span)) for m in found.bookmarks] == [("Montant", "1 250 €")]


def test_nested_tables_and_smart_tags_are_read_with_their_place(tmp_path: Path) -> None:
    tag = f'<w:smartTag w:uri="u" w:element="e">{run("Grenoble")}</w:smartTag>'
    inner = table(["SIRET", "73282932000074"])
    found = seen(tmp_path, table(["Client", paragraph(tag) + inner + paragraph("fin")]))
    assert texts(found) == ["Client", "Grenoble", "SIRET", "73282932000074", "fin"]
    places = {found.text[p.span.start : p.span.end]: str(p.place) for p in found.paragraphs}
    assert places["73282932000074"] == "table 1, row 1, cell 2, table 1, row 1, cell 2"
    assert places["fin"] == "table 1, row 1, cell 2, paragraph 2"
    assert len(found.tables) == 2


def test_headers_and_footers_are_read_where_word_shows_them(tmp_path: Path) -> None:
    def dressing(made: Any) -> None:
        section = made.sections[0]
        section.header.paragraphs[0].text = "Contrat n° 2026-0412"
        section.footer.paragraphs[0].text = "page"
        section.first_page_header.paragraphs[0].text = "jamais montré"
        section.even_page_header.paragraphs[0].text = "jamais montré non plus"

    found = seen(tmp_path, paragraph("corps"), change=dressing)
    assert texts(found) == ["corps", "Contrat n° 2026-0412", "page"]
    assert [str(p.place) for p in found.paragraphs][1:] == ["header, paragraph 1", "footer, paragraph 1"]

    def first(made: Any) -> None:
        dressing(made)
        made.sections[0].different_first_page_header_footer = True
        made.settings.odd_and_even_pages_header_footer = True

    assert {"jamais montré", "jamais montré non plus"} <= set(
        texts(seen(tmp_path, paragraph("c"), change=first))
    )


def test_tabs_breaks_hyphens_and_symbols_come_as_people_see_them(tmp_path: Path) -> None:
    inside = (
        "<w:r><w:t>Durée</w:t><w:tab/><w:t>un an</w:t><w:br/><w:t>SAV</w:t><w:noBreakHyphen/><w:t>7</w:t>"
        '<w:softHyphen/><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>'
    )
    assert texts(seen(tmp_path, paragraph(inside))) == ["Durée\tun an\nSAV-7☒"]


def test_a_strict_document_is_never_read_as_an_empty_one(tmp_path: Path) -> None:
    strict = whole(paragraph("Contrat")).replace(
        b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        b"http://purl.oclc.org/ooxml/wordprocessingml/main",
    )
    from tests.connectors.word.tools import repacked

    path = repacked(save(tmp_path / "strict.docx", paragraph("x")), {"word/document.xml": strict})
    assert texts(opened(path)) == ["Contrat"]


def test_a_document_nested_without_end_is_refused(tmp_path: Path) -> None:
    from tests.connectors.word.tools import repacked

    deep = "<w:smartTag>" * 5000 + run("x") + "</w:smartTag>" * 5000
    path = save(tmp_path / "profond.docx", paragraph("x"))
    repacked(path, {"word/document.xml": whole(f"<w:p>{deep}</w:p>")})
    with pytest.raises(Fault, match="nested too deeply"):
        opened(path)
