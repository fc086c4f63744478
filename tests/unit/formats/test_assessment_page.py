"""The page of an assessment: all that the assessment says is on it, and nothing on it does anything."""

import re
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from backchannel.core.assess.assessment import could_ask
from backchannel.core.assess.grading import graded
from backchannel.core.assess.suggestions import Suggestion
from backchannel.core.assess.summary import summary
from backchannel.core.grading import Grade
from backchannel.errors import MissingExtra
from backchannel.formats import assessment_page
from backchannel.formats.assessment_page import page_of
from heard import CLAIM
from outcome import REPORTS, Outcome, assessed, usual

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
ELEMENTS = (
    "a b body caption dd defs desc details div dl dt figcaption figure g h1 h2 h3 h4 head header html li main mark "
    "marker meta nav ol p path rect section span strong style summary svg table tbody td text th thead title tr ul"
)
INERT = frozenset(ELEMENTS.split())
"""Elements that show something, or structure; none that loads, runs, sends or embeds."""
HOSTILE = {
    "<script>alert(1)</script>.txt": REPORTS["courier.txt"].replace(
        "Anna Quill", "Anna <img src=x onerror=alert(1)> Quill"
    ),
    "\"><svg onload=alert(1)>'.txt": REPORTS["post.txt"].replace(
        "to Birchland over", "to Birchland by https://evil.example/a?b=c and www.evil.example over"
    ),
    "report\u202etxt.exe\x1b[2J\x07.txt": REPORTS["copy.txt"].replace("the summer", "the \u2066sum\u200bmer"),
    "{{ 7 * 7 }}{% raw %}" + "long" * 80 + ".txt": "Alderland sells water to Birchland, Meridian Wire reported.\n",
}


def shown(outcome: Outcome, **given: object) -> str:
    return page_of(outcome.heard, outcome.answer, outcome.grading, **given)  # type: ignore[arg-type]


def tree(page: str) -> ElementTree.Element:
    """The page, read by a parser that forgives nothing."""
    return ElementTree.fromstring(page.removeprefix("<!DOCTYPE html>"))  # noqa: S314


def words(page: str) -> str:
    """All text of a page, with single blanks."""
    return " ".join("".join(tree(page).itertext()).split())


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(scope="module")
def hostile() -> str:
    outcome = assessed(HOSTILE, outlet="<i>Example</i> Courier", url="javascript:alert(1)//https://x.example")
    return shown(outcome, notices={name: ["<u>not English</u>"] for name in HOSTILE})


def test_the_page_begins_with_the_question_the_answer_and_the_grade() -> None:
    outcome = usual()
    page = words(shown(outcome))
    places = [page.index(CLAIM), page.index(summary(outcome.answer.independence)), page.index("F4")]
    assert places == sorted(places)
    assert places[-1] < page.index("Who says what")


def test_reasons_rule_and_what_would_change_it_are_on_the_page() -> None:
    outcome = usual()
    page = words(shown(outcome))
    assert outcome.answer.credibility.rule in page
    assert all(plain(said) in page for said in (*outcome.grading.reasons, *outcome.grading.changes))


def test_a_grade_that_the_analyst_set_stands_beside_what_was_proposed() -> None:
    outcome = usual()
    set_by_hand = outcome._replace(grading=graded(outcome.answer, {}, Grade("B", "2"), "we know both of them"))
    assert "set by the analyst instead of F4: we know both of them" in words(shown(set_by_hand))


def test_every_voice_is_on_the_page_with_its_report_and_what_is_said_highlighted() -> None:
    outcome = usual()
    page = shown(outcome)
    texts = {report.name: report for report in outcome.heard.reports}
    marked = " ".join(plain("".join(one.itertext())) for one in tree(page).iter("{http://www.w3.org/1999/xhtml}mark"))
    found = outcome.answer.independence
    listed = (*found.affirming, *found.experts, *found.denied_by)
    voices = [voice for party in listed for voice in party.voices]
    assert len(voices) > 5
    for voice in voices:
        report = texts[voice.report]
        assert plain(voice.sentence.of(report.text)) in words(page)
        assert all(plain(span.of(report.text)) in marked for span in report.statements[voice.statement].contents)
    assert all(party.name in words(page) for party in listed)


def test_what_each_does_is_said_under_a_heading() -> None:
    page = words(shown(usual()))
    order = [page.index(heading) for heading in ("Affirm Ministry", "Deny They would know", "Experts They")]
    assert order == sorted(order)


def test_wordings_leads_figures_and_who_heard_it_are_on_the_page() -> None:
    outcome = usual()
    page = words(shown(outcome))
    assert "“Alderland official” is Anna Quill" in page
    assert outcome.answer.joined[0].cause in page
    assert "40 lakes and 75 lakes contradict each other" in page
    assert "One statement, several wordings Each of these was said once." in page
    assert "Who heard it Meridian Wire" in page


def test_every_edge_is_drawn_and_stands_in_the_table_with_evidence() -> None:
    outcome = usual()
    page = tree(shown(outcome))
    drawn = list(page.iter("{http://www.w3.org/2000/svg}g"))
    rows = [
        plain("".join(row.itertext()))
        for row in page.iter("{http://www.w3.org/1999/xhtml}tr")
        if row.get("role") == "row"
    ][1:]
    edges = outcome.heard.lineage.edges
    assert len(drawn) == len({edge.child for edge in edges} | {edge.parent for edge in edges})
    assert len(rows) == len(edges) == 4
    assert all(edge.child in row and edge.parent in row for edge, row in zip(edges, rows, strict=True))
    assert sum("(not held)" in row for row in rows) == 3
    assert sum("(or the other way round)" in row for row in rows) == 1
    assert all("Meridian Wire reported" in row for row in rows[1:3])


def test_what_is_set_aside_is_on_the_page_with_its_reason_and_extent() -> None:
    outcome = usual()
    page = words(shown(outcome))
    aside = [(item, report.text) for report in outcome.heard.reports for item in report.read.article.ignored]
    assert len(aside) == 2
    assert "Set aside: 2 parts" in page
    for item, text in aside:
        assert f"characters {item.span.begin} to {item.span.end} {plain(item.span.of(text))}" in page
    assert "leads to another story, characters" in page


def test_notices_stand_with_their_report() -> None:
    page = words(shown(usual(), notices={"copy.txt": ["a sentence is too long"]}))
    assert page.count("Note: a sentence is too long.") == 1
    assert page.index("copy.txt Outlet") < page.index("Note: a sentence")


def test_the_mark_and_the_time_are_on_the_page_if_they_are_given() -> None:
    assert words(shown(usual(), tlp="amber+strict", now=NOW)).count("TLP:AMBER+STRICT") == 1
    assert "2026-01-01 12:00 UTC" in words(shown(usual(), now=NOW))
    assert "TLP:" not in words(shown(usual()))


def test_the_same_assessment_gives_the_same_page() -> None:
    assert shown(assessed(REPORTS), now=NOW) == shown(assessed(REPORTS), now=NOW)


def test_without_a_question_the_page_has_the_lineage_and_what_could_be_asked() -> None:
    heard = usual().heard
    page = words(page_of(heard, suggestions=(*could_ask(heard), Suggestion("Is it <so>?", ()))))
    assert "What could be asked" in page
    assert "Is it <so>?" in page
    assert "Who took what from whom" in page
    assert "F4" not in page


def test_one_report_alone_is_a_page() -> None:
    page = words(shown(assessed({"one.txt": REPORTS["courier.txt"]})))
    assert "Assessment of 1 report" in page


def test_a_page_of_many_reports_stays_short_and_says_what_it_leaves_out() -> None:
    page = words(shown(assessed({f"{number:02d}.txt": REPORTS["copy.txt"] for number in range(24)})))
    assert "60 more from Ministry of Water of Alderland" in page
    assert "20 more are left out." in page
    assert "12 more wordings are left out." in page


def test_nothing_known_is_a_page_that_says_so() -> None:
    page = words(shown(assessed({"one.txt": "The weather is fine in the town of Alder today.\n"})))
    assert "No report names anybody who affirms or denies it." in page
    assert "nobody is known to have heard it" in page
    assert "No report is known to have taken anything from another one." in page


def test_a_page_has_no_element_that_loads_or_runs_anything(hostile: str) -> None:
    for page in (hostile, shown(usual())):
        for element in tree(page).iter():
            assert element.tag.rpartition("}")[2] in INERT
            for attribute, value in element.attrib.items():
                assert not attribute.lower().startswith("on")
                assert attribute not in ("src", "srcset", "action", "formaction", "data", "background")
                assert attribute != "href" or value.startswith("#")
    assert not re.search(r"url\((?!#)|@import", hostile)


def test_the_page_forbids_the_browser_to_load_anything() -> None:
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', shown(usual()))
    assert policy.split("; ")[:2] == ["default-src 'none'", "style-src 'unsafe-inline'"]
    assert shown(usual()).index("Content-Security-Policy") < shown(usual()).index("<style>")


def test_markup_in_names_and_texts_is_shown_as_text(hostile: str) -> None:
    assert "<script>alert(1)</script>.txt" in words(hostile)
    assert "\"><svg onload=alert(1)>'.txt" in words(hostile)
    assert "<img src=x onerror=alert(1)>" in words(hostile)
    assert "<u>not English</u>" in words(hostile)
    assert "{{ 7 * 7 }}{% raw %}" in words(hostile)
    assert "<script" not in hostile
    assert "<img" not in hostile


def test_characters_that_hide_or_reorder_are_made_visible(hostile: str) -> None:
    for hidden in "\u202e\u2066\u200b\x1b\x07":
        assert hidden not in hostile
    assert "report\\u202etxt.exe\\x1b[2J\\x07.txt" in words(hostile)


def test_no_address_on_the_page_is_one_that_a_program_makes_a_link_of(hostile: str) -> None:
    text = words(hostile)
    assert "hxxps[:]//evil[.]example/a?b=c" in text
    assert "www[.]evil[.]example" in text
    assert "javascript[:]" in text
    assert not re.search(r"https?://|javascript:|www\.", text)


def test_a_question_with_markup_and_hidden_characters_is_shown_as_text() -> None:
    page = shown(assessed({"one.txt": REPORTS["copy.txt"]}, "</title><b>Is it so\u202e?"))
    assert words(page).count("</title><b>Is it so\\u202e?") == 2


def test_a_long_name_is_cut(hostile: str) -> None:
    assert "longlong" in hostile
    assert "long" * 40 not in hostile


def test_without_the_template_engine_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assessment_page, "find_spec", lambda _name: None)
    assessment_page._template.cache_clear()
    with pytest.raises(MissingExtra, match="backchannel\\[assess\\]"):
        shown(usual())


LIGHT, DARK = 0, 1


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
@pytest.mark.parametrize(
    ("ink", "paper", "least"),
    [
        ("ink", "paper", 4.5),
        ("ink", "pane", 4.5),
        ("soft", "paper", 4.5),
        ("soft", "pane", 4.5),
        ("link", "paper", 4.5),
        ("mark-ink", "mark", 4.5),
    ],
)
def test_contrast_is_that_of_wcag_2_2_level_aa(scheme: int, ink: str, paper: str, least: float) -> None:
    blocks = re.findall(r":root \{(.*?)\}", (assessment_page._TEMPLATES / "style.css").read_text(), re.DOTALL)
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", blocks[scheme]))
    assert contrast(colours[ink], colours[paper]) >= least


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.2."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
