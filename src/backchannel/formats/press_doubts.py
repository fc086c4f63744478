"""What a reader should know of a report before relying on what is worked out from it. Nothing here refuses it."""

import re
from enum import StrEnum

from backchannel.core.assess.press import Article
from backchannel.core.assess.quotation import quotations
from backchannel.core.lookalike import mixed_word
from backchannel.formats.language import is_english

_JUDGED = 20_000
"""Characters of a text that are looked at for its language and its letters."""

_MANY_WORDS = 40
"""A text of so many words has a sentence that ends."""

_WORD = re.compile(r"\w+")
_END = re.compile(r"[.!?…][\"'”’»)\]]*(?:\s|\Z)")


class Doubt(StrEnum):
    """What is unusual about a text, and what follows from it; the name is that of the warning."""

    NOT_ENGLISH = "the text does not seem to be English: what is worked out from it cannot be relied on"
    MIXED_SCRIPTS = "a word mixes letters of several scripts that look alike: a name may not be what it seems"
    UNBALANCED_QUOTES = "a quotation is not closed: what is quoted and what is not cannot be told with certainty"
    NO_SENTENCE_END = "no sentence ends: it is no running text, or its punctuation was lost"
    GUESSED_ENCODING = "its encoding was guessed (Windows-1252): save it as UTF-8 if it shows wrong characters"

    @property
    def rule(self) -> str:
        """The name of the warning, as in `not-english`."""
        return self.name.lower().replace("_", "-")


def doubts(article: Article, *, guessed: bool = False) -> tuple[Doubt, ...]:
    """What is unusual about a report that was read; `guessed` if its encoding was."""
    text = article.text
    begin = text[:_JUDGED]
    found = {
        Doubt.NOT_ENGLISH: not is_english(begin),
        Doubt.MIXED_SCRIPTS: mixed_word(begin) is not None,
        Doubt.UNBALANCED_QUOTES: any(one.doubtful for one in quotations(text, article.paragraphs)),
        Doubt.NO_SENTENCE_END: _END.search(text) is None and len(_WORD.findall(begin)) >= _MANY_WORDS,
        Doubt.GUESSED_ENCODING: guessed,
    }
    return tuple(doubt for doubt, holds in found.items() if holds)
