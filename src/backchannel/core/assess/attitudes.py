"""For or against: what a statement that is on a claim does to it.

Rules, in order.
1. A refusal declines. To confirm that something was said is neither for nor against.
2. What somebody is said to think, want or plan is no statement; of praise and blame only a rejection is one. Nor is
   what is not said, not meant, asked, or said by others within what is said (`core.assess.asserting`), nor what only
   points elsewhere ("commented on this").
3. A cue that denies and a content that is negative deny, each alone; both together affirm. Who calls it false denies
   it, whatever else the content says. A question that is put in the negative turns it round.
4. What leaves open what is so affirms nothing: "might", "if", "whether", "it is possible".
5. Who only says that something was reported, or that others allege it, affirms nothing.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from backchannel.core.assess.asserting import Standing, standing
from backchannel.core.assess.relevance import Bounds, stems
from backchannel.core.assess.speaker_words import POINTERS
from backchannel.core.assess.statements import Statement
from backchannel.core.assess.statements_stance import Stance
from backchannel.core.assess.statements_tree import Tree
from backchannel.core.assess.statements_words import DENIES, Manner, lexicon
from backchannel.core.assess.voices import Attitude


class Places:
    """Which sentence has a character."""

    def __init__(self, trees: Sequence[Tree]) -> None:
        self._trees = trees
        self._begins = [tree.span.begin for tree in trees]

    def at(self, place: int) -> int:
        """The number of the sentence."""
        return max(0, bisect_right(self._begins, place) - 1)

    def tree(self, place: int) -> Tree:
        """The sentence."""
        return self._trees[self.at(place)]


def attitude_of(place: Places, one: Statement, near: float, line: Bounds, question: str) -> Attitude | None:
    """What a statement does to the claim; None if it is not on it, or takes no part."""
    if near < line.doubtful:
        return None
    if one.stance is Stance.DECLINES:
        return Attitude.DECLINES
    if one.manner is not Manner.SAYS and not (one.manner is Manner.JUDGES and one.stance is Stance.DENIES):
        return None
    if one.stance is Stance.CONFIRMS_SAID:
        return Attitude.CONFIRMS_SAID
    if one.word in _ASKS or (one.stance is Stance.AFFIRMS and _only_points(one, place)):
        return None
    stands = _standing(place, one, question)
    if stands is not Standing.OWN:
        return None if stands is Standing.NOT_SAID else _turned(stands is Standing.DENIED, question)
    if one.stance is Stance.DENIES and one.word not in DENIES:
        denies = not is_negative_text(question)
    else:
        negative = _negative(place, one) != is_negative_text(question)
        denies = (one.stance is Stance.DENIES) != negative
    if denies:
        return Attitude.DENIES
    if _open(place, one) or _of_reports(place, one):
        return None
    return Attitude.CONFIRMS_SO if one.stance is Stance.CONFIRMS_SO else Attitude.AFFIRMS


def _standing(place: Places, one: Statement, question: str) -> Standing:
    if not one.contents:
        return Standing.OWN
    content = place.tree(one.contents[0].begin)
    cue = content if one.cue is None else place.tree(one.cue.begin)
    return standing(cue, content, one, frozenset(stems(question)))


def _turned(denied: bool, question: str) -> Attitude:
    return Attitude.DENIES if denied != is_negative_text(question) else Attitude.AFFIRMS


_ASKS = lexicon("ask cite demand doubt inquire investigate question quote request seek urge wonder")
"""Cues whose content nobody says to be so."""


def _only_points(one: Statement, place: Places) -> bool:
    words = [
        word.lemma.lower()
        for content in one.contents
        for word in place.tree(content.begin).words
        if content.covers(word.span) and word.pos not in {"PUNCT", "DET", "ADP", "PART"}
    ]
    return all(word in POINTERS for word in words)


def is_negative_text(text: str) -> bool:
    """Whether a question is put in the negative."""
    low = f" {text.casefold()} "
    return any(word in low for word in (" not ", "n't ", "n’t ", " never ", " no "))


def _negative(place: Places, one: Statement) -> bool:
    """Whether a content says that something is not so."""
    return any(_negated(tree, head) for tree, head in _heads(place, one))


def _heads(place: Places, one: Statement) -> Iterator[tuple[Tree, int]]:
    """The words that contents turn on, and what is joined to them."""
    for content in one.contents:
        tree = place.tree(content.begin)
        inside = tree.within(content)
        members = set(inside)
        for n in tree.tops(inside):
            if tree.words[n].pos in {"VERB", "AUX", "NOUN", "ADJ", "PROPN"}:
                yield tree, n
                yield from ((tree, other) for other in tree.below(n, "conj") if other in members)


def _negated(tree: Tree, at: int) -> bool:
    if tree.first(at, "neg") is not None:
        return True
    for child in tree.below(at, "attr", "dobj", "nsubj", "nsubjpass", "acomp"):
        if any(tree.words[n].text.lower() in _NONE for n in tree.below(child, "det", "neg", "preconj")):
            return True
        if tree.words[child].text.lower() in _NOBODY:
            return True
    return False


_NONE = frozenset(("no", "neither", "not"))
_NOBODY = frozenset(("nothing", "nobody", "none", "neither", "no-one"))
_DOUBTING = frozenset(("whether", "if"))
_MAYBE = frozenset(("may", "might", "could"))
_UNSURE = frozenset(("possible", "possibility", "uncertain", "unclear", "unknown"))
_ALLEGES = lexicon("allege claim report rumour rumor suspect")
_REPORTED = lexicon("allegation claim possibility report rumor rumour speculation story")


def _open(place: Places, one: Statement) -> bool:
    """Whether a content leaves open what is so."""
    for tree, head in _heads(place, one):
        if any(tree.words[n].lemma in _DOUBTING for n in tree.below(head, "mark")):
            return True
        if any(tree.words[n].lemma in _UNSURE for n in tree.below(head, "acomp", "attr", "dobj")):
            return True
        if any(tree.words[n].lemma in _MAYBE for n in tree.below(head, "aux")):
            return True
        if any(
            tree.words[n].lemma in {"if", "would"}
            for clause in tree.below(head, "advcl", "csubj")
            for n in tree.below(clause, "mark", "aux")
        ):
            return True
    return False


def _of_reports(place: Places, one: Statement) -> bool:
    """Whether a content only says that something was reported: "is aware of reports that", "that others allege"."""
    if any(tree.words[head].lemma in _ALLEGES for tree, head in _heads(place, one)):
        return True
    for content in one.contents:
        tree = place.tree(content.begin)
        for n, word in enumerate(tree.words):
            if not content.covers(word.span) or word.pos != "NOUN" or word.lemma not in _REPORTED:
                continue
            if word.tag == "NNS" or tree.first(n, "acl", "ccomp", "relcl", "prep") is not None:
                return True
    return False
