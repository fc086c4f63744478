"""What the five real articles are worth, as a good analyst would say, and the families against their gold."""

import pytest

from backchannel.core.assess.assessment import Answer, Heard, answer, hear
from backchannel.core.assess.edges import Kind
from backchannel.core.assess.outlets import gazetteer
from backchannel.core.assess.press import Report
from backchannel.core.assess.reading import read
from backchannel.core.assess.voices import Attitude
from backchannel.formats.embedding import ByMeaning
from families import denials, gold, prediction, scorer
from heard import named, trees
from paths import SHARED_DATA, needs_shared_data

pytestmark = needs_shared_data

FAMILIES = SHARED_DATA / "lineage"
EXCHANGE = "Russia and the Taliban exchange information"
SUPPORT = "Russia gives the Taliban material support"
LEAST_IN_RANGE = 0.85
MOST_WIDTH = 1.5
LEAST_DENIALS = 0.80
MOST_INVENTED = 0.20


def of_folder(name: str) -> Heard:
    paths = sorted((SHARED_DATA / name).glob("*.txt"))
    return hear([read(Report(path.name, path.read_text(encoding="utf-8"))) for path in paths], trees, gazetteer())


@pytest.fixture(scope="module")
def five() -> Heard:
    return of_folder("reports")


@pytest.fixture(scope="module")
def exchange(five: Heard) -> Answer:
    return answer(five, EXCHANGE, ByMeaning(), gazetteer())


@pytest.fixture(scope="module")
def support(five: Heard) -> Answer:
    return answer(five, SUPPORT, ByMeaning(), gazetteer())


def test_five_reports_speak_of_it(exchange: Answer) -> None:
    assert len(exchange.independence.reports) == 5


def test_three_collectors_heard_it_and_a_fourth_was_confirmed_by_two_of_them(exchange: Answer) -> None:
    collectors = exchange.independence.collectors

    assert collectors.sure == ("Agence France-Presse", "CNN", "Washington Post")
    assert collectors.possible == ("Interfax",)
    assert collectors.unknown == ()


def test_one_organisation_affirms_with_two_named_speakers_and_a_spokesman(exchange: Answer) -> None:
    (party,) = exchange.independence.affirming

    assert party.name.endswith("Foreign Ministry")
    assert set(party.speakers) == {"Zamir Kabulov", "Maria Zakharova"}
    assert any(voice.speaker.name == "ministry spokesman" for voice in party.voices)
    assert exchange.independence.organisations == exchange.independence.origins == (1, 1)


def test_the_other_party_denies_in_one_report(exchange: Answer) -> None:
    (party,) = exchange.independence.denied_by

    assert party.name == "Taliban"
    assert [name[:3] for name in party.reports] == ["000"]


def test_a_private_analyst_asserts_more_and_is_no_origin(exchange: Answer) -> None:
    (party,) = exchange.independence.experts

    assert party.name == "Jawed Kohistani"
    assert [name[:3] for name in party.reports] == ["003"]


def test_credibility_is_three(exchange: Answer) -> None:
    assert exchange.credibility.digit == "3"


def test_two_reports_are_siblings_of_one_text_that_is_not_held(five: Heard) -> None:
    edges = [edge for edge in five.lineage.edges if edge.child[:3] in {"000", "001"}]

    assert {(edge.child[:3], edge.parent, edge.parent_held) for edge in edges} == {
        ("000", "CNN", False),
        ("001", "CNN", False),
    }


def test_two_carry_an_agency(five: Heard) -> None:
    carry = {edge.child[:3] for edge in five.lineage.edges if "AFP" in edge.parent and edge.kind is Kind.DECLARED}

    assert carry == {"003", "004"}


def test_the_confirmations_confirm_that_it_was_said(exchange: Answer) -> None:
    confirming = {
        (one.report[:3], voice.attitude)
        for one in exchange.on
        for voice in one.voices
        if voice.attitude in {Attitude.CONFIRMS_SAID, Attitude.CONFIRMS_SO}
    }

    assert confirming == {(number, Attitude.CONFIRMS_SAID) for number in ("002", "003", "004")}


def test_three_wordings_of_one_sentence_are_one_statement(exchange: Answer) -> None:
    spread = [one for one in exchange.utterances if one.speaker == "Zamir Kabulov" and len(one.reports) == 3]

    assert [[name[:3] for name in one.reports] for one in spread] == [["002", "003", "004"]]


def test_the_unnamed_official_and_the_named_one_are_one_man(exchange: Answer) -> None:
    joined = {(one.report[:3], one.unnamed, one.named) for one in exchange.joined}

    assert joined == {
        ("002", "Kremlin official", "Zamir Kabulov"),
        ("003", "Russian diplomat", "Zamir Kabulov"),
        ("003", "military analyst", "Jawed Kohistani"),
        ("004", "senior Russian diplomat", "Zamir Kabulov"),
    }


def test_no_figures_conflict(exchange: Answer, support: Answer) -> None:
    assert exchange.conflicts == support.conflicts == ()


def test_material_support_is_affirmed_by_one_and_denied_by_another(support: Answer) -> None:
    affirms = named([*support.independence.affirming, *support.independence.experts])
    (ministry,) = [party for party in support.independence.denied_by if "Maria Zakharova" in party.speakers]

    assert affirms == ["Jawed Kohistani"]
    assert any(voice.report[:3] == "002" for voice in ministry.voices if voice.attitude is Attitude.DENIES)


def test_families_by_their_own_scorer() -> None:
    score = scorer(FAMILIES).score_family
    rows = []
    for entry in gold(FAMILIES):
        heard = of_folder(f"lineage/{entry['family']:02d}")
        found = answer(heard, entry["claim"], ByMeaning(), gazetteer()).independence
        rows.append(score(entry, prediction(heard.lineage, found)))
    recalled, invented = denials(rows)

    assert sum(row["origins"] for row in rows) >= LEAST_IN_RANGE * len(rows)
    assert sum(row["width"] for row in rows) <= MOST_WIDTH * len(rows)
    assert not any(row["overcount"] for row in rows)
    assert recalled >= LEAST_DENIALS
    assert invented <= MOST_INVENTED
