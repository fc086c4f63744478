"""Who says what, by what word: sentences of made-up people, as newspapers write them."""

import pytest

from backchannel.core.assess.statements import Kind
from backchannel.core.assess.statements_words import Manner
from said import everything, only, said, words

PLAIN = [
    # text, source, cue, contents
    ("Ana Ruiz said the dam had failed.", "Ana Ruiz", "said", ["the dam had failed"]),
    ("The ministry did not say that the dam had failed.", "The ministry", "did not say", ["that the dam had failed"]),
    ("“The dam failed,” Ana Ruiz said.", "Ana Ruiz", "said", ["“The dam failed,”"]),
    ("“The dam failed,” said Ana Ruiz, a hydrologist.", "Ana Ruiz, a hydrologist", "said", ["“The dam failed,”"]),
    ("According to Ana Ruiz, the dam failed.", "Ana Ruiz", "According to", ["the dam failed"]),
    ("The dam failed, according to the water board.", "the water board", "according to", ["The dam failed"]),
    ("The dam, Ana Ruiz said, was old.", "Ana Ruiz", "said", ["The dam", "was old"]),
    ("Ana Ruiz called the dam a ruin.", "Ana Ruiz", "called", ["the dam a ruin"]),
    (
        "The mayor was quoted as saying that the dam failed.",
        "The mayor",
        "was quoted as saying",
        ["that the dam failed"],
    ),
    ("The minister's claim that the dam failed surprised many.", "The minister", "claim", ["that the dam failed"]),
    ("As Ana Ruiz said, the dam failed.", "Ana Ruiz", "said", ["the dam failed"]),
    ("The residents are convinced that the dam failed.", "The residents", "are convinced", ["that the dam failed"]),
    ("The board continued to call for an inquiry.", "The board", "continued to call for", ["an inquiry"]),
]


@pytest.mark.parametrize(("text", "source", "cue", "contents"), PLAIN, ids=[row[0] for row in PLAIN])
def test_source_cue_and_content_are_found(text: str, source: str, cue: str, contents: list[str]) -> None:
    one = said(text)[0]

    assert words(text, one.source) == source
    assert words(text, one.cue) == cue
    assert [words(text, content) for content in one.contents] == contents


def test_a_title_and_an_apposition_belong_to_the_source() -> None:
    text = "Energy Minister Tomas Lind, a former engineer, said the dam had failed."

    assert words(text, only(text).source) == "Energy Minister Tomas Lind, a former engineer,"


@pytest.mark.parametrize(
    "text",
    [
        "Ana Ruiz in an interview with Reuters said that the dam had failed.",
        "Ana Ruiz on Monday said that the dam had failed.",
        "“It failed,” said Ana Ruiz, who believes that the dam was old.",
    ],
)
def test_where_it_was_said_and_what_else_was_said_do_not_belong_to_the_source(text: str) -> None:
    assert words(text, said(text)[0].source) == "Ana Ruiz"


def test_a_quote_of_several_sentences_is_one_content() -> None:
    text = "“The dam failed. Nobody was warned,” said Ana Ruiz."

    assert [words(text, content) for content in only(text).contents] == ["“The dam failed. Nobody was warned,”"]


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("“The dam! The dam!” Ana Ruiz said.", "“The dam! The dam!”"),
        ("“To the dam,” said Ana Ruiz.", "“To the dam,”"),
        ("Ana Ruiz wrote: “To the dam.”", "“To the dam.”"),
    ],
)
def test_a_quote_that_is_no_clause_is_of_who_says_it_right_beside_it(text: str, quote: str) -> None:
    one = only(text)

    assert [words(text, content) for content in one.contents] == [quote]
    assert words(text, one.source) == "Ana Ruiz"


def test_a_quote_after_the_cue_continues_the_statement() -> None:
    text = "“The dam failed,” said Ana Ruiz. “Nobody was warned.”"
    first, second = said(text)

    assert second.continues == 0
    assert second.speaker == first.speaker
    assert words(text, second.contents[0]) == "“Nobody was warned.”"


def test_a_bare_quote_in_the_next_paragraph_is_of_the_last_speaker() -> None:
    text = "Ana Ruiz told the Harbour Post the dam had failed.\n“Nobody was warned.”"
    _, second = said(text)

    assert words(text, second.speaker) == "Ana Ruiz"


def test_a_quote_that_its_paragraph_does_not_close_is_of_who_says_the_next() -> None:
    text = "Tomas Lind denied it.\n“The dam failed in the night.\n“Nobody was warned,” said Ana Ruiz."
    quote = said(text)[1]

    assert words(text, quote.contents[0]) == "“The dam failed in the night."
    assert words(text, quote.speaker) == "Ana Ruiz"


def test_a_quote_beside_other_text_is_not_given_to_the_speaker_of_the_paragraph_before() -> None:
    text = "Ana Ruiz said the dam had failed.\n“Nobody was warned!” stood on a banner on the square."

    assert all(words(text, one.speaker) != "Ana Ruiz" for one in said(text)[1:])


def test_what_a_speaker_says_that_others_said_is_nested() -> None:
    text = "Ana Ruiz said the mayor had denied the report."
    outer, inner = everything(text)

    assert not outer.nested
    assert inner.nested
    assert words(text, inner.source) == "the mayor"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("“The dam failed,” Ana Ruiz said.", Kind.DIRECT),
        ("Ana Ruiz said the dam had failed.", Kind.INDIRECT),
        ("Ana Ruiz said the dam “failed in the night”.", Kind.MIXED),
    ],
)
def test_a_statement_is_direct_indirect_or_mixed(text: str, kind: Kind) -> None:
    assert only(text).kind is kind


@pytest.mark.parametrize(
    ("text", "manner"),
    [
        ("Ana Ruiz said the dam had failed.", Manner.SAYS),
        ("The study shows that the dam had failed.", Manner.SHOWS),
        ("Ana Ruiz believes the dam will fail.", Manner.THINKS),
        ("Ana Ruiz wants to rebuild the dam.", Manner.WANTS),
        ("Ana Ruiz praised the dam.", Manner.JUDGES),
    ],
)
def test_a_cue_is_of_a_kind(text: str, manner: Manner) -> None:
    assert only(text).manner is manner


def test_a_verb_that_only_takes_an_object_is_no_statement() -> None:
    assert said("The dam flooded the valley.") == ()


def test_a_text_without_sentences_has_no_statements() -> None:
    assert said("") == ()
