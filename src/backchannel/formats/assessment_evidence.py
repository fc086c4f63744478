"""Evidence: what reports say, word for word, with the report and what its speaker does to the claim.

Rules. What is said is highlighted in the sentence that it stands in. Statements of one sentence are one piece of
evidence, unless each is to be shown.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from backchannel.core.assess.figures import Figure
from backchannel.core.assess.press import Span
from backchannel.core.assess.voices import Attitude, Told, Voice
from backchannel.formats.assessment_text import Piece, line, name, pieces

ATTITUDES: Mapping[Attitude, str] = {
    Attitude.AFFIRMS: "affirms",
    Attitude.CONFIRMS_SAID: "confirms that it was said",
    Attitude.CONFIRMS_SO: "confirms that it is so",
    Attitude.DENIES: "denies",
    Attitude.DECLINES: "declines to comment",
}
"""What a speaker does to the claim, in words."""


class Evidence(msgspec.Struct, frozen=True):
    """Words of a report; `says` is what they do to the claim."""

    report: str
    pieces: tuple[Piece, ...]
    says: str = ""
    sure: bool = True


def said(voices: Iterable[Voice], texts: Mapping[str, Told], apart: bool = False) -> tuple[Evidence, ...]:
    """Evidence for voices: those of one sentence are one piece, unless they are to be shown `apart`."""
    joined: dict[tuple[str, Span, int], list[Voice]] = {}
    for voice in voices:
        joined.setdefault((voice.report, voice.sentence, voice.statement if apart else 0), []).append(voice)
    return tuple(_evidence(members, texts[report]) for (report, _, _), members in joined.items())


def of_figure(figure: Figure, texts: Mapping[str, Told]) -> Evidence:
    """The sentence of a figure."""
    report = texts[figure.report]
    return Evidence(name(report.name), pieces(report.text, figure.sentence, [figure.span]), line(figure.shown, 60))


def _evidence(voices: Sequence[Voice], report: Told) -> Evidence:
    contents = [span for voice in voices for span in report.statements[voice.statement].contents]
    parts = [voices[0].sentence, *contents]
    whole = Span(min(span.begin for span in parts), max(span.end for span in parts))
    says = dict.fromkeys(_attitude(voice) for voice in voices)
    return Evidence(
        name(report.name),
        pieces(report.text, whole, contents),
        "; ".join(says),
        any(voice.sure for voice in voices),
    )


def _attitude(voice: Voice) -> str:
    said = ATTITUDES[voice.attitude]
    return f"{said}, by way of {name(voice.through)}" if voice.through and not voice.own else said
