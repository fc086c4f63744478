"""Labelled spans as attributions: which cue a source and a content belong to.

Rules. A cue that meets one the rules found is that attribution, with the word it turns on; another is a new one. A
source or content goes to the attributions whose own, by the rules, it meets; else to the nearest cue of its sentence
that has none; a content also to the nearest cue at all of its sentence, or of its paragraph. What finds no cue is
left out, and so is an attribution without content, unless it is a refusal to speak. What the rules hold for nested,
and what lies within a content now, stays as nested. Refusals of the rules stay: a corpus of attributions has no label
for silence. Every look is by bisection, as in the rules: a text of nothing but cues costs no more than another.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from backchannel.core.assess.attribution import Attribution
from backchannel.core.assess.parsed import Sentence
from backchannel.core.assess.press import Span
from backchannel.core.assess.statements_tree import Tree
from backchannel.core.assess.statements_words import MANNERS, Manner
from backchannel.core.assess.tagger_labels import Spans

_LOOKED_AT = 16
"""Cues of one sentence, before a span and behind it; sentences that people write have fewer."""


@dataclass(slots=True, eq=False)
class _Draft:
    """An attribution in the making: what it was by the rules or is by its cue, and what was labelled as its parts."""

    base: Attribution
    number: int | None
    cue: Span | None
    source: Span | None = None
    contents: list[Span] = field(default_factory=list)

    @property
    def begin(self) -> int:
        """Where it stands in the text."""
        return self.cue.begin if self.cue is not None else self.base.contents[0].begin


def joined(
    sentences: Sequence[Sentence], paragraphs: Sequence[Span], ruled: Sequence[Attribution], spans: Spans
) -> tuple[Attribution, ...]:
    """The attributions that labelled spans make, in the order of the text; `ruled` is what the rules made of it.

    The spans of all roles together must not meet.
    """
    in_sentence, in_paragraph = _places([one.span for one in sentences]), _places(paragraphs)
    drafts = _drafts(sentences, in_sentence, ruled, spans)
    near = _Near(drafts)
    sources, contents = _Apart(spans["source"]), _Apart(spans["content"])
    owned: set[Span] = set()
    for one in drafts:
        for source in sources.meeting(one.base.source):
            one.source = one.source or source
            owned.add(source)
        one.contents = list(
            dict.fromkeys(content for part in one.base.contents for content in contents.meeting(part))
        )
        owned.update(one.contents)
    for source in sources.spans:
        found = None if source in owned else near.free(source, in_sentence, lambda one: one.source is None)
        if found is not None:
            found.source = source
    for content in contents.spans:
        if content not in owned:
            found = near.free(content, in_sentence, lambda one: not one.contents)
            found = found or near.any(content, in_sentence) or near.any(content, in_paragraph)
            if found is not None:
                found.contents.append(content)
    return _ordered(ruled, drafts, contents)


class _Apart:
    """Spans that do not meet each other, asked which of them meet another span."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self.spans = sorted(spans)

    def meeting(self, span: Span | None) -> list[Span]:
        """Those that have a character in common with a span, in order."""
        if span is None:
            return []
        first = bisect_right(self.spans, span.begin, key=lambda one: one.end)
        return self.spans[first : bisect_left(self.spans, span.end, lo=first, key=lambda one: one.begin)]


class _Near:
    """Drafts by their cues, asked which is nearest to a span in the same part of the text."""

    def __init__(self, drafts: Iterable[_Draft]) -> None:
        self._cued = [(one.cue, one) for one in drafts if one.cue is not None]
        self._begins = [cue.begin for cue, _ in self._cued]

    def free(self, span: Span, place: Callable[[int], int], fits: Callable[[_Draft], bool]) -> _Draft | None:
        """The nearest that fits; of many, only `_LOOKED_AT` on either side are looked at."""
        return _nearest(span, [pair for pair in self._beside(span, place, _LOOKED_AT) if fits(pair[1])])

    def any(self, span: Span, place: Callable[[int], int]) -> _Draft | None:
        """The nearest, whatever it has."""
        return _nearest(span, self._beside(span, place, 1))

    def _beside(self, span: Span, place: Callable[[int], int], count: int) -> list[tuple[Span, _Draft]]:
        at, here = bisect_left(self._begins, span.begin), place(span.begin)
        return [pair for pair in self._cued[max(0, at - count) : at + count] if place(pair[0].begin) == here]


def _nearest(span: Span, pairs: Sequence[tuple[Span, _Draft]]) -> _Draft | None:
    ordered = sorted(pairs, key=lambda pair: max(pair[0].begin - span.end, span.begin - pair[0].end))
    return ordered[0][1] if ordered else None


def _places(parts: Sequence[Span]) -> Callable[[int], int]:
    """Which of some parts of the text a character lies in."""
    begins = [part.begin for part in parts]
    return lambda place: bisect_right(begins, place)


def _drafts(
    sentences: Sequence[Sentence], in_sentence: Callable[[int], int], ruled: Sequence[Attribution], spans: Spans
) -> list[_Draft]:
    """One draft for each cue, and for each quotation that goes on and is labelled as content; in order."""
    cues, contents = _Apart(spans["cue"]), _Apart(spans["content"])
    met: dict[Span, list[int]] = {}
    drafts: list[_Draft] = []
    for number, one in enumerate(ruled):
        for cue in cues.meeting(one.cue):
            met.setdefault(cue, []).append(number)
        if one.cue is None and any(contents.meeting(part) for part in one.contents):
            drafts.append(_Draft(one, number, None))
    taken: set[int] = set()
    for cue in cues.spans:
        left = (number for number in met.get(cue, ()) if number not in taken)
        best = min(left, key=lambda n: (ruled[n].nested, n), default=None)
        if best is None:
            drafts.append(_Draft(_new(sentences[max(0, in_sentence(cue.begin) - 1)], cue), None, cue))
        else:
            taken.add(best)
            drafts.append(_Draft(msgspec.structs.replace(ruled[best], nested=False), best, cue))
    return sorted(drafts, key=lambda one: one.begin)


def _new(sentence: Sentence, cue: Span) -> Attribution:
    """What a cue says by itself. It turns on a verb of attribution, or else on the word that stands highest."""
    inside = [at for at, word in enumerate(sentence.words) if cue.meets(word.span)]
    if not inside:
        return Attribution(contents=(), cue=cue)
    tree = Tree(sentence)
    depth = {at: sum(1 for _ in tree.above(at)) for at in inside}
    word = tree.words[min(inside, key=lambda at: (tree.words[at].lemma not in MANNERS, depth[at], at))]
    manner = MANNERS.get(word.lemma, Manner.SAYS)
    return Attribution(contents=(), cue=cue, manner=manner, word=word.lemma, anchor=word.span)


def _ordered(ruled: Sequence[Attribution], drafts: Sequence[_Draft], contents: _Apart) -> tuple[Attribution, ...]:
    """The drafts that became something, and what stays of the rules' own, in the order of the text."""
    made: list[tuple[int, int | None, Attribution]] = []
    kept = {one.number for one in drafts}
    for one in drafts:
        whole = one.contents or (list(one.base.contents) if one.base.refused else [])
        if whole or one.base.refused:
            replaced = msgspec.structs.replace(
                one.base, cue=one.cue, source=one.source, contents=tuple(sorted(whole))
            )
            made.append((one.begin, one.number, replaced))
    for number, left in enumerate(ruled):
        if number in kept or left.cue is None:
            continue
        inside = any(content.covers(left.cue) for content in contents.meeting(left.cue))
        if inside or left.refused:
            made.append((left.cue.begin, number, msgspec.structs.replace(left, nested=inside)))
    made.sort(key=lambda row: row[0])
    now = {number: place for place, (_, number, _) in enumerate(made) if number is not None}
    return tuple(
        msgspec.structs.replace(one, continues=None if one.continues is None else now.get(one.continues))
        for _, _, one in made
    )
