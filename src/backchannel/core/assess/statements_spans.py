"""How far a source, a cue and a content reach: the words of a subtree as spans of characters.

Rules. A source is a noun with its titles, appositions and clauses, and the comma that ends an apposition before the
cue. A cue is the verb with its auxiliaries, negation and the adverbs and prepositions beside it. A content begins
with its "that" and takes in quotation marks; commas and the full stop around it stay outside, unless a quote ends
with them.
"""

from backchannel.core.assess.press import Span
from backchannel.core.assess.statements_tree import CLOSING, Tree, runs
from backchannel.core.assess.statements_words import MANNERS, MEETINGS, lexicon

_LOOSE = frozenset((",", ";", ":", "--", "-", "—", "–", "."))
_BESIDE = frozenset(("aux", "auxpass", "neg", "advmod", "prt"))
_DAYS = lexicon("monday tuesday wednesday thursday friday saturday sunday")
_NOT_BETWEEN = frozenset(("nsubj", "nsubjpass", "csubj", "expl"))


def source_span(tree: Tree, at: int) -> Span:
    """The noun phrase of a speaker."""
    words = tree.words
    found = tree.subtree(at, (*_telling(tree, at), *_meetings(tree, at)))
    first, last = next(run for run in runs(found) if run[0] <= at <= run[1])
    while first < at and (
        words[first].text in _LOOSE or words[first].text in CLOSING or words[first].dep in {"cc", "preconj"}
    ):
        first += 1
    apposed = any(words[child].dep in {"appos", "relcl", "acl", "amod", "nummod"} and child > at for child in found)
    while (
        last > at
        and words[last].text in _LOOSE
        and not (words[last].text == "," and apposed and _opened(tree, first, last))
    ):
        last -= 1
    if words[last].dep == "case" and words[last].tag == "POS" and tree.heads[last] == at:
        last -= 1
    return tree.characters(first, last)


def _telling(tree: Tree, at: int) -> list[int]:
    """Clauses behind a noun that attribute something themselves: "Ms Ito, who said that". The noun ends before."""
    return [
        n
        for n in tree.below(at, "relcl", "acl")
        if tree.words[n].lemma in MANNERS and tree.first(n, "ccomp", "xcomp") is not None
    ]


def _meetings(tree: Tree, at: int) -> list[int]:
    """ "In an interview with X" or "on Sunday" behind a name: it is of what was said, not of who said it."""
    return [
        n
        for n in tree.subtree(at)
        if tree.words[n].dep == "prep"
        and tree.words[n].lemma in {"in", "during", "by", "on"}
        and any(
            tree.words[noun].lemma in MEETINGS or tree.words[noun].lemma in _DAYS for noun in tree.below(n, "pobj")
        )
    ]


def _opened(tree: Tree, first: int, last: int) -> bool:
    """Whether the comma at the end closes what another one opened."""
    return any(tree.words[n].text == "," for n in range(first, last))


def cue_words(tree: Tree, at: int, lead: int | None = None) -> tuple[int, int]:
    """First and last word of a cue: the verb, or all from the verb that leads to it (`lead`)."""
    words = tree.words
    first = at if lead is None else lead
    heads = {at} if lead is None else {at, lead}
    helping = [n for head in heads for n in tree.below(head, "aux", "auxpass", "neg") if n < first]
    if helping and not any(
        words[n].dep in _NOT_BETWEEN or words[n].pos == "PUNCT" for n in range(min(helping), first)
    ):
        first = min(helping)
    while first > 0 and words[first - 1].dep in _BESIDE and tree.heads[first - 1] in heads:
        first -= 1
    last = at
    while last + 1 < len(words) and words[last + 1].dep == "prt" and tree.heads[last + 1] == at:
        last += 1
    return first, last


def content_spans(text: str, tree: Tree, found: set[int], cut: set[int]) -> tuple[Span, ...]:
    """Words of a content as spans, in order, without those that belong to the source and the cue (`cut`)."""
    spans = []
    for low, high in _joined(tree, found - cut, cut):
        span = trimmed(text, tree, low, high)
        if span is not None:
            spans.append(span)
    return tuple(spans)


def _joined(tree: Tree, found: set[int], cut: set[int]) -> list[tuple[int, int]]:
    """Runs of words, where a gap that belongs to nobody joins what is on both sides of it if it is punctuation."""
    made: list[tuple[int, int]] = []
    for low, high in runs(found):
        if made:
            gap = range(made[-1][1] + 1, low)
            if all(n not in cut and tree.words[n].pos in {"PUNCT", "SPACE"} for n in gap):
                made[-1] = (made[-1][0], high)
                continue
        made.append((low, high))
    return made


def trimmed(text: str, tree: Tree, low: int, high: int) -> Span | None:
    """A content from one word to another, without loose punctuation at its ends, with the marks beside it."""
    words = tree.words
    while low <= high and (words[low].text in _LOOSE or words[low].dep == "cc"):
        low += 1
    while low <= high and words[high].text in _LOOSE:
        high -= 1
    if low > high:
        return None
    if not any(words[n].pos not in {"PUNCT", "SPACE", "CCONJ"} for n in range(low, high + 1)):
        return None
    span = balanced(text, tree.characters(low, high), tree.span)
    return span if span.begin < span.end else None


def balanced(text: str, span: Span, within: Span) -> Span:
    """The span with the quotation mark or bracket that it has only one of, if that stands right beside it."""
    begin, end = span.begin, span.end
    part = text[begin:end]
    for opening, closing in (("“", "”"), ("(", ")")):
        opens, closes = part.count(opening), part.count(closing)
        if opens > closes:
            ahead = text[end : end + 3]
            skip = len(ahead) - len(ahead.lstrip(" .,!?"))
            if ahead[skip : skip + 1] == closing and end + skip < within.end + 2:
                end += skip + 1
        elif closes > opens:
            if text[begin - 1 : begin] == opening and begin > within.begin - 1:
                begin -= 1
            elif part.endswith(closing):
                end = begin + len(part.rstrip(closing + " .,"))
            elif part.startswith(closing):
                begin += 1
        part = text[begin:end]
    return Span(begin, end)
