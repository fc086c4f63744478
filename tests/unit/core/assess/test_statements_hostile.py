"""Whatever the text: every span lies in it and says what it claims, and no text takes long for its length."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backchannel.core.assess.parsed import Sentence, Word
from backchannel.core.assess.press import Span
from backchannel.core.assess.statements import Statement, statements
from said import everything, prepared

PIECES = st.sampled_from(
    [
        *("Ana Ruiz", "Lind", "he", "She", "a senior official", "the board", "who", "I"),
        *(
            "said",
            "told",
            "denied",
            "confirmed",
            "according to",
            "was quoted as saying",
            "declined to comment",
            "claim",
        ),
        *("that", "the dam failed", "not", "by", "the Harbour Post", "in an interview with", "and", "to"),
        *("“", "”", '"', "‘", "’", ",", ".", "?", ":", "--", "\n", "\n\n", "(", ")"),
    ]
)


@given(st.lists(PIECES, max_size=40))
@settings(max_examples=150, deadline=None)
def test_every_span_lies_in_the_text_and_none_of_a_statement_overlaps_another(pieces: list[str]) -> None:
    text = " ".join(pieces)

    for one in everything(text):
        check(one, text)


WORDS = [
    "Ruiz",
    "said",
    "told",
    "he",
    "denied",
    "that",
    "confirmed",
    "“",
    "”",
    "claim",
    "to",
    "according",
    "continue",
    "able",
    "reports",
    "sure",
    "quoted",
    "as",
    "saying",
]
DEPENDENCIES = [
    "nsubj",
    "ccomp",
    "dobj",
    "xcomp",
    "acl",
    "relcl",
    "advcl",
    "conj",
    "prep",
    "pobj",
    "pcomp",
    "agent",
    "punct",
    "acomp",
]
TAGS = [
    ("VERB", "VBD"),
    ("VERB", "VBN"),
    ("NOUN", "NN"),
    ("PROPN", "NNP"),
    ("PRON", "PRP"),
    ("ADP", "IN"),
    ("PUNCT", ","),
    ("AUX", "VBZ"),
]
LEMMAS = {"said": "say", "told": "tell", "denied": "deny", "confirmed": "confirm", "quoted": "quote", "saying": "say"}


@given(
    st.lists(
        st.tuples(st.sampled_from(WORDS), st.sampled_from(DEPENDENCIES), st.sampled_from(TAGS), st.integers(-3, 25)),
        min_size=1,
        max_size=20,
    )
)
@settings(max_examples=1_000, deadline=None)
def test_no_tree_however_wrong_ends_in_an_error_or_a_span_outside(
    rows: list[tuple[str, str, tuple[str, str], int]],
) -> None:
    text = " ".join(row[0] for row in rows)
    words, begin = [], 0
    for form, dependency, (pos, tag), head in rows:
        span = Span(begin, begin + len(form))
        words.append(Word(span, form, LEMMAS.get(form, form.lower()), pos, tag, dependency, head))
        begin = span.end + 1
    whole = Span(0, len(text))

    for one in statements(text, [Sentence(whole, tuple(words))], [], [whole]):
        check(one, text)


def check(one: Statement, text: str) -> None:
    """That all spans are of the text, the contents in order and apart, and the cue none of them."""
    single = (one.source, one.speaker, one.cue, one.collector, one.means)
    for span in (*one.contents, *(span for span in single if span is not None)):
        assert 0 <= span.begin < span.end <= len(text)
    for before, after in zip(one.contents, one.contents[1:], strict=False):
        assert before.end <= after.begin
    if one.cue is not None:
        assert not any(content.meets(one.cue) for content in one.contents)


HOSTILE = {
    "one word a hundred thousand times": "said " * 100_000,
    "one word without spaces": "said" * 100_000,
    "quotes that only open": "“He said " * 20_000,
    "quotes that only close": "he said” " * 20_000,
    "nothing but marks": '"' * 100_000,
    "many small quotes": "“No.” he said. " * 10_000,
    "no sentence end": "Ana Ruiz said that the board denied that " * 5_000,
    "mixed scripts": "Ана Руиз said 大坝 كذب “שלום” \u202e\u0000 told Lind. " * 2_000,
    "a bracket that never closes": "(((" * 30_000 + " he said",
    "empty lines": "\n" * 100_000 + "He said it failed.",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_is_read_in_bounded_time(name: str) -> None:
    text = HOSTILE[name]
    sentences, quotations, paragraphs = prepared(text)
    start = time.process_time()

    found = statements(text, sentences, quotations, paragraphs)

    assert time.process_time() - start < 5
    for one in found:
        check(one, text)
