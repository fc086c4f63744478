"""The slot for another tagger: what it finds goes the same way as what the rules find."""

from collections.abc import Sequence

from backchannel.core.assess.attribution import Attribution
from backchannel.core.assess.parsed import Sentence
from backchannel.core.assess.press import Span
from backchannel.core.assess.statements import Kind, statements
from backchannel.core.assess.statements_stance import Stance
from said import prepared, words


def test_a_tagger_in_the_slot_gives_spans_and_gets_speaker_stance_and_collector() -> None:
    text = "Tomas Lind told the Harbour Post the dam failed. He denied the report."

    def tagger(
        _text: str, _sentences: Sequence[Sentence], _quotations: Sequence[Span], _paragraphs: Sequence[Span]
    ) -> tuple[Attribution, ...]:
        def at(part: str) -> Span:
            return Span(text.index(part), text.index(part) + len(part))

        return (
            Attribution((at("the dam failed"),), at("told"), at("Tomas Lind"), word="tell", anchor=at("told")),
            Attribution((at("the report"),), at("denied"), at("He"), word="deny", anchor=at("denied")),
        )

    first, second = statements(text, *prepared(text), tagger=tagger)

    assert words(text, first.collector) == "the Harbour Post"
    assert first.kind is Kind.INDIRECT
    assert words(text, second.speaker) == "Tomas Lind"
    assert second.stance is Stance.DENIES


def test_an_attribution_without_anchor_or_source_is_kept_as_it_is() -> None:
    text = "The dam failed."

    (one,) = statements(text, *prepared(text), tagger=lambda *_: (Attribution((Span(0, 14),)),))

    assert one.speaker is None
    assert one.stance is Stance.AFFIRMS
    assert one.span == Span(0, 14)
