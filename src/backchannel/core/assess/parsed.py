"""Sentences as a language model reads them: words with their lemma, part of speech, and place in the tree.

The rules on statements (`core.assess.statements`) read these records, whatever model made them. Names of parts of
speech and dependencies are those of spaCy's English models (Universal POS tags; ClearNLP dependencies; OntoNotes
entity types).
"""

import msgspec

from backchannel.core.assess.press import Span


class Word(msgspec.Struct, frozen=True):
    """One token: its characters in the raw text, and the index of its head within the sentence (its own for a root).

    `entity` is the type of the named entity that it belongs to, and `begins` whether it is the first word of it.
    """

    span: Span
    text: str
    lemma: str
    pos: str
    tag: str
    dep: str
    head: int
    entity: str = ""
    begins: bool = False


class Sentence(msgspec.Struct, frozen=True):
    """A sentence and its words."""

    span: Span
    words: tuple[Word, ...]
