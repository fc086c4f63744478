"""An attribution: spans of who, by what word, what. The rules make them, and a trained tagger may make them instead.

Both are a `Tagger`; what is worked out of an attribution afterwards (who "he" is, whether it is a denial, to whom it
was told) is the same for either.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from backchannel.core.assess.parsed import Sentence
from backchannel.core.assess.press import Span
from backchannel.core.assess.statements_words import Manner


class Attribution(msgspec.Struct, frozen=True):
    """One attribution, as spans of the raw text.

    `source` and `cue` are missing where the text does not repeat them: a quote that goes on. `anchor` is the word of
    the cue that the sentence turns on. `nested` attributions stand within the content of another one, or in a
    quotation: what the speaker says that others said. `refused`: asked, and said nothing; the content, if any, is
    what was asked about. `continues` is the place of the attribution that this one goes on with.
    """

    contents: tuple[Span, ...]
    cue: Span | None = None
    source: Span | None = None
    manner: Manner = Manner.SAYS
    word: str = ""
    anchor: Span | None = None
    nested: bool = False
    refused: bool = False
    continues: int | None = None


class Tagger(Protocol):
    """Finds attributions in a parsed text."""

    def __call__(
        self, text: str, sentences: Sequence[Sentence], quotations: Sequence[Span], paragraphs: Sequence[Span]
    ) -> tuple[Attribution, ...]:
        """All attributions in the order of the text. `quotations` are without their marks; paragraphs cover all
        sentences.
        """
        ...
