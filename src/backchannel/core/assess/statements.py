"""Statements: who says what in a report, by what word, told to whom, and whether that affirms, confirms or denies it.

A tagger finds attributions (by rules, unless another is given); this module works out of each one who speaks
(`statements_speaker`), to whom (`statements_told`), and with what stance (`statements_stance`). Nothing of a
statement is text: all are spans of the report, so that each can be shown in it.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from enum import StrEnum

import msgspec

from backchannel.core.assess.attribution import Attribution, Tagger
from backchannel.core.assess.parsed import Sentence
from backchannel.core.assess.press import Span
from backchannel.core.assess.statements_rules import attributions
from backchannel.core.assess.statements_speaker import (
    Cause,
    Mention,
    Speaker,
    Speakers,
    full_names,
    kind_of_pronoun,
    mention,
)
from backchannel.core.assess.statements_stance import Stance, stance
from backchannel.core.assess.statements_told import Told, told
from backchannel.core.assess.statements_tree import Tree
from backchannel.core.assess.statements_words import UNNAMED, Manner


class Kind(StrEnum):
    """Whether the words are the speaker's own."""

    DIRECT = "direct"
    INDIRECT = "indirect"
    MIXED = "mixed"


class Statement(msgspec.Struct, frozen=True):
    """One statement in a report.

    `source` is what the sentence calls the speaker ("he"), `speaker` where the text names them best, with the `cause`
    to say so; both are missing where nobody is named. `contents` are in order, with their quotation marks. `nested`
    statements are what the speaker says that others said. `continues` is the place, in the list, of the one it goes
    on with.
    """

    contents: tuple[Span, ...]
    kind: Kind
    manner: Manner
    stance: Stance
    source: Span | None = None
    speaker: Span | None = None
    cause: Cause = Cause.UNKNOWN
    anonymous: bool = False
    cue: Span | None = None
    word: str = ""
    collector: Span | None = None
    means: Span | None = None
    nested: bool = False
    continues: int | None = None

    @property
    def span(self) -> Span:
        """From the first character of the statement to the last."""
        parts = [*self.contents, *(part for part in (self.source, self.cue) if part is not None)]
        return Span(min(part.begin for part in parts), max(part.end for part in parts))


class _Place(msgspec.Struct, frozen=True):
    """Where the word at the head of a cue stands."""

    tree: Tree
    at: int


def statements(
    text: str,
    sentences: Sequence[Sentence],
    quotations: Sequence[Span],
    paragraphs: Sequence[Span],
    tagger: Tagger = attributions,
) -> tuple[Statement, ...]:
    """All statements of a text in its order, nested ones too. Quotations are without their marks."""
    found = tagger(text, sentences, quotations, paragraphs)
    trees = [Tree(sentence) for sentence in sentences]
    begins = [tree.span.begin for tree in trees]
    places = [_place(trees, begins, one.anchor) for one in found]
    speakers = _speakers(found, trees, begins, paragraphs)
    inner = _Inside(quotations)
    return tuple(
        _statement(one, place, speaker, inner) for one, place, speaker in zip(found, places, speakers, strict=True)
    )


def _statement(one: Attribution, place: _Place | None, speaker: Speaker, inner: "_Inside") -> Statement:
    reached = Told() if place is None else told(place.tree, place.at)
    attitude = Stance.DECLINES if one.refused else Stance.AFFIRMS
    if place is not None:
        attitude = stance(place.tree, place.at, one.contents, one.refused)
    return Statement(
        contents=one.contents,
        kind=inner.kind(one.contents),
        manner=one.manner,
        stance=attitude,
        source=one.source,
        speaker=speaker.span,
        cause=speaker.cause,
        anonymous=speaker.anonymous,
        cue=one.cue,
        word=one.word,
        collector=reached.collector,
        means=reached.means,
        nested=one.nested,
        continues=one.continues,
    )


class _Inside:
    """Which characters stand in quotations."""

    def __init__(self, quotations: Sequence[Span]) -> None:
        self._quotations = sorted(quotations)
        self._begins = [span.begin for span in self._quotations]

    def kind(self, contents: Sequence[Span]) -> Kind:
        """Direct if all of the contents is quoted, indirect if nothing is."""
        quoted = whole = 0
        for content in contents:
            at = max(0, bisect_right(self._begins, content.begin) - 1)
            whole += content.end - content.begin
            while at < len(self._quotations) and self._quotations[at].begin < content.end:
                span = self._quotations[at]
                quoted += max(0, min(span.end, content.end) - max(span.begin, content.begin))
                at += 1
        if not quoted:
            return Kind.INDIRECT
        return Kind.DIRECT if whole - quoted <= _MARKS * len(contents) else Kind.MIXED


_MARKS = 4
"""Characters of a direct quote that are not quoted: its marks, and a comma or full stop behind them."""


def _place(trees: Sequence[Tree], begins: Sequence[int], anchor: Span | None) -> _Place | None:
    if anchor is None or not trees:
        return None
    tree = trees[max(0, bisect_right(begins, anchor.begin) - 1)]
    at = tree.at(anchor.begin)
    return None if at is None else _Place(tree, at)


def _speakers(
    found: Sequence[Attribution], trees: Sequence[Tree], begins: Sequence[int], paragraphs: Sequence[Span]
) -> list[Speaker]:
    """The speaker of each attribution."""
    heads = [_source_head(trees, begins, one) for one in found]
    starts = [paragraph.begin for paragraph in paragraphs]
    mentions: dict[int, Mention] = {
        number: mention(head.tree, head.at, one.source, bisect_right(starts, one.source.begin) - 1)
        for number, (one, head) in enumerate(zip(found, heads, strict=True))
        if head is not None and one.source is not None
    }
    named = ((m.names, m.span) for m in mentions.values() if not m.place and not m.plural)
    memory = Speakers([*named, *full_names(trees)])
    resolved: dict[int, Speaker] = {}
    heard = _heard(found, mentions)
    for number, other in _in_order(found, trees, starts, mentions):
        if number is None:
            memory.see(other)
            continue
        head = heads[number]
        if head is not None:
            resolved[number] = _resolve(memory, head, other)
            if number in heard and not kind_of_pronoun(head.tree.words[head.at].text):
                memory.see(other)
    return [_continued(found, resolved, number) for number in range(len(found))]


def _heard(found: Sequence[Attribution], mentions: dict[int, Mention]) -> set[int]:
    """Those whose speakers a later pronoun may mean: not whom a person tells of, but whom an outlet tells of."""
    outer = sorted(
        (content, number) for number, one in enumerate(found) for content in one.contents if not one.nested
    )
    begins = [content.begin for content, _ in outer]
    kept: set[int] = set()
    for number, mentioned in mentions.items():
        if not found[number].nested:
            kept.add(number)
            continue
        at = bisect_right(begins, mentioned.span.begin) - 1
        if at >= 0 and outer[at][0].covers(mentioned.span):
            teller = mentions.get(outer[at][1])
            if teller is not None and not teller.person and not teller.plural:
                kept.add(number)
    return kept


def _in_order(
    found: Sequence[Attribution], trees: Sequence[Tree], starts: Sequence[int], mentions: dict[int, Mention]
) -> Iterator[tuple[int | None, Mention]]:
    """Sources with the number of their attribution, and people who act in between, in the order of the text."""
    contents = sorted(content for one in found for content in one.contents)
    content_begins = [content.begin for content in contents]
    taken = {m.span.begin for m in mentions.values()}
    events: list[tuple[int, int | None, Mention]] = [(m.span.begin, number, m) for number, m in mentions.items()]
    for tree in trees:
        for at, word in enumerate(tree.words):
            if word.dep not in {"nsubj", "nsubjpass"} or word.entity != "PERSON" or word.span.begin in taken:
                continue
            place = bisect_right(content_begins, word.span.begin) - 1
            if place >= 0 and contents[place].end > word.span.begin:
                continue
            paragraph = bisect_right(starts, word.span.begin) - 1
            events.append((word.span.begin, None, mention(tree, at, tree.characters(*_name(tree, at)), paragraph)))
    for _, number, one in sorted(events, key=lambda event: event[0]):
        yield number, one


def _name(tree: Tree, at: int) -> tuple[int, int]:
    first = min((n for n in tree.below(at, "compound") if tree.words[n].entity == "PERSON"), default=at)
    return min(first, at), at


def _source_head(trees: Sequence[Tree], begins: Sequence[int], one: Attribution) -> _Place | None:
    """The word of a source that its other words hang on."""
    if one.source is None or not trees:
        return None
    tree = trees[max(0, bisect_right(begins, one.source.begin) - 1)]
    at = next(tree.tops(tree.within(one.source)), None)
    return None if at is None else _Place(tree, at)


def _resolve(memory: Speakers, head: _Place, one: Mention) -> Speaker:
    tree, at = head.tree, head.at
    word = tree.words[at]
    kind = kind_of_pronoun(word.text) if one.span == word.span else ""
    if kind == "third":
        return memory.pronoun(word.text.lower(), one.paragraph)
    if kind == "relative":
        return _antecedent(memory, tree, at, one)
    if kind in {"first", "second"}:
        return Speaker(None, Cause.UNKNOWN)
    definite = any(tree.words[n].text.lower() in {"the", "this", "that"} for n in tree.below(at, "det"))
    if word.pos == "NOUN" and word.lemma in UNNAMED and definite:
        described = memory.described(word.lemma, one.span)
        if described is not None:
            return described
    return memory.named(one)


def _antecedent(memory: Speakers, tree: Tree, at: int, one: Mention) -> Speaker:
    """The noun that the clause of a relative pronoun hangs on."""
    clause = next((above for above in tree.above(at) if tree.words[above].dep == "relcl"), None)
    if clause is None:
        return Speaker(None, Cause.UNKNOWN)
    noun = tree.heads[clause]
    below = tree.subtree(noun, (clause,))
    low = high = noun
    while low - 1 in below:
        low -= 1
    named = memory.named(mention(tree, noun, tree.characters(low, high), one.paragraph))
    return Speaker(named.span, Cause.RELATIVE, named.anonymous)


def _continued(found: Sequence[Attribution], resolved: dict[int, Speaker], number: int) -> Speaker:
    target = found[number].continues
    if target is not None and target in resolved:
        return Speaker(resolved[target].span, Cause.CONTINUED, resolved[target].anonymous)
    return resolved.get(number, Speaker(None, Cause.UNKNOWN))
