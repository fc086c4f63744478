"""Phrases, nouns and adjectives of attribution: "according to X", "X's claim that", "X is sure that"."""

from collections.abc import Iterator

from backchannel.core.assess.statements_find import Found
from backchannel.core.assess.statements_spans import content_spans, cue_words, source_span
from backchannel.core.assess.statements_tree import Tree
from backchannel.core.assess.statements_words import ADJECTIVES, FELT, NOUNS, Manner


def phrases(text: str, tree: Tree) -> Iterator[Found]:
    """ "According to X": the rest of the sentence or clause is the content."""
    words = tree.words
    for at, word in enumerate(words[:-1]):
        if word.text.lower() != "according" or words[at + 1].text.lower() != "to":
            continue
        to = at + 1
        noun = next((n for n in (*tree.below(to, "pobj"), *tree.below(at, "pobj"))), None)
        if noun is None:
            continue
        cut = set(range(at, to + 1)) | tree.subtree(noun)
        clause = _clause(tree, at)
        content = tree.subtree(clause) if clause is not None else set()
        if at < clause_start(tree, content) or clause is None:
            content |= _sentence(tree)
        yield Found(
            tree=tree,
            verb=at,
            manner=Manner.SAYS,
            cue=tree.characters(at, to),
            speaker=noun,
            source=source_span(tree, noun),
            contents=content_spans(text, tree, content - cut, cut),
        )


def clause_start(tree: Tree, content: set[int]) -> int:
    """The first word of a content."""
    return min(content, default=len(tree.words))


def _clause(tree: Tree, at: int) -> int | None:
    """The nearest verb above a word."""
    return next((above for above in tree.above(at) if tree.words[above].pos in {"VERB", "AUX"}), None)


def _sentence(tree: Tree) -> set[int]:
    return set(range(len(tree.words)))


def nouns(text: str, tree: Tree) -> Iterator[Found]:
    """ "X's claim that": a noun of saying with whose it is, and a clause or infinitive that hangs on it."""
    words = tree.words
    for at, word in enumerate(words):
        if word.pos != "NOUN" or word.lemma not in NOUNS:
            continue
        clause = next((c for c in tree.below(at, "acl") if words[c].tag == "VB" or _that(tree, c)), None)
        clause = (
            clause
            if clause is not None
            else next((c for c in tree.below(at, "relcl", "ccomp") if _that(tree, c)), None)
        )
        owner = next(tree.below(at, "poss"), None)
        if clause is None:
            continue
        speaker = owner
        first = last = at
        while first > 0 and words[first - 1].dep in {"det", "amod"} and tree.heads[first - 1] == at:
            first -= 1
        if speaker is None:
            by = next((p for p in tree.below(at, "prep") if words[p].lemma in {"by", "from"} and p < clause), None)
            speaker = None if by is None else tree.first(by, "pobj")
        cut = set(range(first, last + 1))
        contents = content_spans(text, tree, tree.subtree(clause), cut)
        if contents:
            source = None if speaker is None else source_span(tree, speaker)
            yield Found(tree, at, Manner.SAYS, tree.characters(first, last), speaker, source, contents)


def feelings(text: str, tree: Tree) -> Iterator[Found]:
    """ "She is sure that", "it was unclear whether": an adjective of opinion with a clause."""
    words = tree.words
    for at, word in enumerate(words):
        if word.dep != "acomp" or not {word.lemma, word.text.lower()} & (ADJECTIVES | FELT):
            continue
        copula = tree.heads[at]
        clause = tree.first(at, "ccomp", "xcomp")
        if clause is None:
            clause = next((n for n in tree.below(copula, "ccomp") if n > at), None)
        if clause is None or clause < at or copula > at:
            continue
        subject = tree.subject(copula)
        if subject is not None and words[subject].text.lower() == "it":
            subject = None
        first = cue_words(tree, copula)[0]
        contents = content_spans(text, tree, tree.subtree(clause), set(range(first, at + 1)))
        source = None if subject is None else source_span(tree, subject)
        if contents:
            yield Found(tree, at, Manner.THINKS, tree.characters(first, at), subject, source, contents)


def _that(tree: Tree, clause: int) -> bool:
    """Whether a clause begins with "that" as a conjunction."""
    return any(tree.words[child].lemma == "that" for child in tree.below(clause, "mark"))
