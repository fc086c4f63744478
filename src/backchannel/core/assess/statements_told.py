"""To whom something was said, and by what means: "told the Lantern", "contacted by", "by telephone", "in a
statement".

The collector is who took the statement from the speaker: one that is named is another's collection, or this report's
own if it is its outlet. A means without a name ("by telephone", "in an interview") is the report's own collection.
"""

from collections.abc import Iterator

import msgspec

from backchannel.core.assess.press import Span
from backchannel.core.assess.statements_spans import source_span
from backchannel.core.assess.statements_tree import Tree
from backchannel.core.assess.statements_words import ADDRESSED, MEETINGS, SAYING_NOUNS, lexicon

_QUOTING = frozenset(("quote",))
_ASKING = lexicon("approach ask call contact email interview question quote reach telephone")
_CARRYING = lexicon(
    """
    air broadcast carry cite circulate obtain post publish quote release report run see transcribe
    """
)
_MEANS = lexicon(
    """
    call email fax interview letter mail message phone radio skype speech statement telephone text tweet tv
    twitter telegram facebook
    """
)
_COLLECTORS = lexicon(
    """
    agency broadcaster channel correspondent daily journalist magazine network newspaper outlet paper press radio
    reporter site station television weekly website
    """
)


class Told(msgspec.Struct, frozen=True):
    """Who took a statement from its speaker, and by what means it was made, as far as the sentence says."""

    collector: Span | None = None
    means: Span | None = None


def told(tree: Tree, at: int) -> Told:
    """To whom the words of a verb (or noun) of saying were said."""
    collector = next((n for n in _addressees(tree, at) if collects(tree, n)), None)
    means = next(_means(tree, at), None)
    return Told(None if collector is None else source_span(tree, collector), means)


def collects(tree: Tree, at: int) -> bool:
    """Whether a noun stands for a newsroom or its people."""
    word = tree.words[at]
    if word.entity in {"PERSON", "GPE", "NORP", "DATE", "TIME", "CARDINAL"}:
        return word.lemma in _COLLECTORS
    return word.pos == "PROPN" or word.entity == "ORG" or word.lemma in _COLLECTORS


def _addressees(tree: Tree, at: int) -> Iterator[int]:
    words = tree.words
    if words[at].lemma == "accord":
        return
    if words[at].lemma in _QUOTING and not tree.passive(at):
        yield from tree.below(at, "nsubj")
    if words[at].lemma in ADDRESSED:
        yield from (n for n in tree.below(at, "dobj", "dative") if n > at)
    if words[at].dep in {"relcl", "acl"} and words[at].lemma in ADDRESSED:
        yield from tree.below(at, "dobj")
    for prep in (*tree.below(at, "prep", "dative"), *_of_subject(tree, at)):
        inner = tree.first(prep, "pobj")
        if words[prep].lemma == "to" and inner is not None:
            yield inner
        elif words[prep].lemma in {"in", "during", "on", "at", "by", "via", "over"} and inner is not None:
            yield from _meeting(tree, inner)
    for clause in (*tree.below(at, "advcl"), *(c for n in tree.below(at, "nsubj") for c in tree.below(n, "acl"))):
        yield from _asked(tree, clause)


def _of_subject(tree: Tree, at: int) -> list[int]:
    """Prepositions that hang on the subject, but belong to what was said: "Ito in an interview with X said"."""
    subjects = tree.below(at, "nsubj")
    return sorted(
        n
        for subject in subjects
        for n in tree.subtree(subject)
        if tree.words[n].dep == "prep" and any(tree.words[noun].lemma in MEETINGS for noun in tree.below(n, "pobj"))
    )


def _meeting(tree: Tree, noun: int) -> Iterator[int]:
    """ "In an interview with X", "in a contact by X", "in remarks reported by X"."""
    words = tree.words
    if words[noun].lemma not in MEETINGS | SAYING_NOUNS:
        return
    for prep in tree.below(noun, "prep"):
        if words[prep].lemma in {"with", "by", "to", "for", "from", "on"}:
            yield from tree.below(prep, "pobj")
    yield from (n for n in tree.below(noun, "poss", "compound", "nmod") if words[n].entity == "ORG")
    for clause in tree.below(noun, "acl"):
        if words[clause].lemma in _CARRYING:
            yield from (n for by in tree.below(clause, "agent", "prep") for n in tree.below(by, "pobj"))


def _asked(tree: Tree, clause: int) -> Iterator[int]:
    """ "Contacted by X", "speaking to X"."""
    word = tree.words[clause]
    if word.lemma in _ASKING and word.tag == "VBN":
        yield from (n for by in tree.below(clause, "agent", "prep") for n in tree.below(by, "pobj"))
    elif word.lemma in {"speak", "talk", "write"} and word.tag == "VBG":
        for prep in tree.below(clause, "prep"):
            if tree.words[prep].lemma in {"to", "with", "on", "for"}:
                yield from tree.below(prep, "pobj")


def _means(tree: Tree, at: int) -> Iterator[Span]:
    """ "By telephone", "in a statement", "in an interview": the phrase without what hangs on its noun."""
    for prep in (*tree.below(at, "prep", "agent"), *_of_subject(tree, at)):
        noun = tree.first(prep, "pobj")
        if (
            noun is None
            or noun < prep
            or tree.words[prep].lemma not in {"by", "in", "on", "via", "over", "during", "through"}
        ):
            continue
        if tree.words[noun].lemma in _MEANS | SAYING_NOUNS:
            yield tree.characters(prep, noun)
