"""Credits: an outlet that is named for what it has reported or heard, and not one that is only named."""

import pytest

from backchannel.core.assess.credits import How, credits_of
from press_texts import FLOOD, KNOWN, article


def found(*paragraphs: str) -> list[tuple[str, str]]:
    return [(item.how.value, item.outlet.name) for item in credits_of(article(*paragraphs), KNOWN)]


@pytest.mark.parametrize(
    ("sentence", "how"),
    [
        ("The bridge is gone, Meridian Wire reports.", How.REPORTED),
        ("The bridge is gone, reported Meridian Wire on Monday.", How.REPORTED),
        ("According to Meridian Wire, the bridge is gone.", How.REPORTED),
        ("According to a new report by Meridian Wire, the bridge is gone.", How.REPORTED),
        ("Meridian Wire’s Jane Roe wrote that the bridge is gone.", How.REPORTED),
        ("The mayor said the bridge is gone, citing Meridian Wire.", How.REPORTED),
        ("John Doe, an editor at Meridian Wire, has quoted the mayor.", How.REPORTED),
        ("The bridge is gone, as first reported by news sites such as Meridian Wire.", How.REPORTED),
        ("The mayor told Meridian Wire that the bridge is gone.", How.HEARD),
        ("The mayor told the local news agency Meridian Wire that the bridge is gone.", How.HEARD),
        ("In an interview with Meridian Wire, the mayor said the bridge is gone.", How.HEARD),
        ("Contacted by MWR, the mayor said the bridge is gone.", How.HEARD),
        ("The remarks were confirmed to Meridian Wire by a clerk.", How.HEARD),
        ("Meridian Wire has learned that the bridge is gone.", How.OWN),
        ("Meridian Wire could not independently verify the claim.", How.OWN),
        ("The mayor told Meridian Wire via email that the bridge is gone.", How.OWN),
    ],
)
def test_an_outlet_that_reported_or_heard_something_is_credited(sentence: str, how: How) -> None:
    assert found(*FLOOD, sentence) == [(how.value, "Meridian Wire")]


@pytest.mark.parametrize(
    "sentence",
    [
        "Meridian Wire said it will close its office in Exetown.",
        "Meridian Wire's chief executive was on the bridge.",
        "The Eveningtide Post office in the lower town is under water.",
        "Roe, who works for Meridian Wire, lost his barn.",
        "The Meridian Wire building stands on the hill.",
        "Facebook said its users were safe.",
        "“I read it, and Meridian Wire reported all of it wrongly that day,” the mayor said.",
    ],
)
def test_an_outlet_that_is_only_named_is_not_credited(sentence: str) -> None:
    assert found(*FLOOD, sentence) == []


@pytest.mark.parametrize(
    "head", ["EXETOWN (MWR) - {}", "(Meridian Wire) -- {}", "EXETOWN, Jan. 1 (MWR) – {}", "EXETOWN / MWR /--{}"]
)
def test_the_head_of_a_dispatch_names_its_outlet(head: str) -> None:
    assert found(head.format(FLOOD[0]), *FLOOD[1:]) == [("dateline", "Meridian Wire")]


@pytest.mark.parametrize(
    "note",
    [
        "This article originally appeared on Example Courier.",
        "Source: Example Courier",
        "As reported by Example Courier",
    ],
)
def test_a_note_behind_the_story_credits(note: str) -> None:
    assert found(*FLOOD, note) == [("note", "Example Courier")]


def test_several_in_a_row_share_the_phrase() -> None:
    assert found(*FLOOD, "The bridge is gone, according to Meridian Wire and the Example Courier.") == [
        ("reported", "Meridian Wire"),
        ("reported", "Example Courier"),
    ]


def test_a_short_name_means_the_outlet_that_was_named_in_full() -> None:
    assert found(*FLOOD, "The Eveningtide Post reported it.", "The Post said the mill is lost.")[1:] == [
        ("reported", "Eveningtide Post")
    ]
    assert found(*FLOOD, "He sent it by the Post and told the Times nothing.") == []


def test_a_name_that_is_a_common_word_is_taken_only_as_it_is_written() -> None:
    assert found(*FLOOD, "The bridge is gone, Dusk reported.") == [("reported", "Dusk")]
    assert found(*FLOOD, "At dusk reported losses rose.") == []


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        ("The bridge is gone, Farview reported.", "Farview"),
        ("The bridge is gone, the daily Farview reported.", "Farview"),
        ("The mayor told farview.com that the bridge is gone.", "farview.com"),
        ("The mayor told the Exetown Gazette that the bridge is gone.", "Exetown Gazette"),
        ("The mayor told Ruritanian radio that the bridge is gone.", "Ruritanian radio"),
    ],
)
def test_an_unknown_outlet_is_found_by_its_form_and_is_not_certain(sentence: str, name: str) -> None:
    (credit,) = credits_of(article(*FLOOD, sentence), KNOWN)
    assert (credit.outlet.name, credit.certain) == (name, False)


def test_a_person_who_reports_is_no_outlet() -> None:
    assert (
        found(*FLOOD, "Her sister Jane Farview saw it from the hill.", "The bridge is gone, Farview reported.") == []
    )


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        ("Jane Roe posted on Facebook that the bridge is gone.", "Facebook"),
        ("The mayor wrote on his Facebook page that the bridge is gone.", "Facebook"),
        ("The news was spread via the @exetown account.", "@exetown"),
        ("Jane Roe tweeted that the bridge is gone.", "Jane Roe's tweets"),
    ],
)
def test_a_post_is_a_source(sentence: str, name: str) -> None:
    assert ("post", name) in found(*FLOOD, sentence)


def test_evidence_is_the_sentence_and_the_name_in_it() -> None:
    report = article(*FLOOD, "The mayor told Meridian Wire that the bridge is gone.")
    (credit,) = credits_of(report, KNOWN)
    assert credit.evidence in report.sentences
    assert credit.name.of(report.text) == "Meridian Wire"
    assert credit.evidence.covers(credit.name)
