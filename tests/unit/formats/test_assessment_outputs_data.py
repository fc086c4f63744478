"""What is written of real articles: five reports on one event, and the lineage of families of others."""

from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from uuid import UUID
from xml.etree import ElementTree

import pytest
from stix2validator import ValidationOptions, validate_string

from backchannel.core.assess.assessment import answer, hear
from backchannel.core.assess.grading import graded
from backchannel.core.assess.outlets import gazetteer
from backchannel.core.assess.press import Report
from backchannel.core.assess.reading import read
from backchannel.core.assess.relevance import ByWords
from backchannel.formats.assessment_page import page_of
from backchannel.formats.assessment_stix import Made, bundle_of
from backchannel.formats.assessment_text import line
from backchannel.formats.embedding import ByMeaning, is_installed
from backchannel.formats.lineage_graph import graph_of
from backchannel.formats.lineage_layout import HEIGHT, WIDTH, laid_out
from families import of_folder
from heard import trees
from outcome import Outcome
from paths import SHARED_DATA, needs_shared_data

pytestmark = needs_shared_data

FAMILIES = sorted(path for path in (SHARED_DATA / "lineage").glob("*") if path.is_dir())


@pytest.fixture(scope="module")
def five() -> Outcome:
    articles = [
        read(Report(path.name, path.read_text(encoding="utf-8")))
        for path in sorted((SHARED_DATA / "reports").glob("*.txt"))
    ]
    heard = hear(articles, trees, gazetteer())
    ranker = ByMeaning() if is_installed() else ByWords()
    found = answer(heard, "Russia and the Taliban exchange information", ranker, gazetteer())
    return Outcome(heard, found, graded(found, {}))


def test_the_page_of_real_reports_has_every_sentence_of_who_affirms_and_who_denies(five: Outcome) -> None:
    page = page_of(*five)
    text = " ".join("".join(ElementTree.fromstring(page.removeprefix("<!DOCTYPE html>")).itertext()).split())  # noqa: S314
    texts = {report.name: report.text for report in five.heard.reports}
    found = five.answer.independence
    sentences = {
        line(voice.sentence.of(texts[voice.report]), 300).rstrip("…")
        for party in (*found.affirming, *found.denied_by)
        for voice in party.voices
    }
    assert len(sentences) > 10
    assert [one for one in sentences if one not in text] == []


def test_the_stix_of_real_reports_is_valid(five: Outcome) -> None:
    made = Made(namespace=UUID(int=5), now=datetime(2026, 1, 1, tzinfo=UTC), tlp="amber")
    options = ValidationOptions(version="2.1", strict=True, disabled=["uuid-check"])
    assert validate_string(bundle_of(*five, made).decode(), options).is_valid


@pytest.mark.parametrize("family", FAMILIES, ids=lambda path: path.name)
def test_no_box_of_a_real_lineage_lies_on_another(family: Path) -> None:
    found = of_folder(family)
    drawing = laid_out(graph_of([report.name for report in found.reports], found.edges))
    assert len(drawing.paths) <= len(found.edges)
    assert len(drawing.boxes) >= len(found.reports)
    for one, other in combinations(drawing.boxes, 2):
        assert abs(one.x - other.x) >= WIDTH or abs(one.y - other.y) >= HEIGHT
