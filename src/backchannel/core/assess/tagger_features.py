"""What a trained tagger is told of each word: a row of whole numbers, the same number of them for every word.

Each column answers one question (the lemma of the word before, the part of speech of the head, what the rules hold
the word for, ...); the number is the hash (CRC-32) of column and answer, below `BUCKETS`. So no list of words has to
travel with a model, and a word that was never seen is no special case. What the rules found is among the questions:
a model learns where they are right.

`VERSION` stands in every file of a trained tagger. Whoever changes a question counts it up: numbers that mean
something else would be answered with nonsense. Rules that find more or less than when a tagger was trained only make
it worse; it is best trained anew then.
"""

from collections.abc import Sequence
from itertools import islice
from zlib import crc32

import msgspec

from backchannel.core.assess.attribution import Attribution
from backchannel.core.assess.parsed import Sentence, Word
from backchannel.core.assess.press import Span
from backchannel.core.assess.statements_tree import Tree
from backchannel.core.assess.statements_words import ADJECTIVES, MANNERS, NOUNS, UNNAMED
from backchannel.core.assess.tagger_labels import LABELS, labels_of, spans_of_attributions, words_within

VERSION = "1"
BUCKETS = 1 << 17
COLUMNS = 62
"""Numbers a word; a test counts them."""

_FARTHEST = 6
"""Heads above a word that are looked at."""

_NOTHING = "-"
_FRAME = frozenset(("ccomp", "nsubj", "xcomp", "dobj", "prep", "agent", "nsubjpass", "mark", "relcl", "acl"))


class _Known(msgspec.Struct, frozen=True):
    """A sentence with what is known of each of its words: the label by the rules, of outer attributions and of nested
    ones (`inner`), the cue of the attribution that it is part of, whether it is quoted.
    """

    tree: Tree
    labels: Sequence[str]
    inner: Sequence[str]
    cues: Sequence[str]
    quoted: Sequence[bool]


def rows(sentences: Sequence[Sentence], quotations: Sequence[Span], found: Sequence[Attribution]) -> list[list[int]]:
    """A row for each word of the sentences; `found` is what the rules found in them."""
    words = [word for sentence in sentences for word in sentence.words]
    labels = [LABELS[label] for label in labels_of(words, spans_of_attributions(found))]
    inner = [LABELS[label] for label in labels_of(words, spans_of_attributions(found, nested=True))]
    cues, quoted = _cues(words, found), _quoted(words, quotations)
    made: list[list[int]] = []
    for sentence in sentences:
        part = slice(len(made), len(made) + len(sentence.words))
        made += _sentence(_Known(Tree(sentence), labels[part], inner[part], cues[part], quoted[part]))
    return made


def _cues(words: Sequence[Word], found: Sequence[Attribution]) -> list[str]:
    cues = [""] * len(words)
    for one in found:
        if not one.nested:
            name = one.word if one.cue is not None else f"{one.word}+"
            for span in (*one.contents, *(() if one.source is None else (one.source,))):
                for at in words_within(words, span):
                    cues[at] = name
    return cues


def _quoted(words: Sequence[Word], quotations: Sequence[Span]) -> list[bool]:
    quoted = [False] * len(words)
    for span in quotations:
        for at in words_within(words, span):
            quoted[at] = True
    return quoted


def _sentence(known: _Known) -> list[list[int]]:
    tree = known.tree
    begins, ends = _edges(tree)
    has_cue = any(label.endswith("cue") for label in known.labels)
    made = []
    for at in range(len(tree.words)):
        answers = (
            *_around(known, at),
            *_by_rules(known, at, has_cue),
            *_itself(known, at),
            *_above(known, at),
            *_at_edges(known, at, begins[at], ends[at]),
        )
        made.append([crc32(f"{column}:{answer}".encode()) % BUCKETS for column, answer in enumerate(answers)])
    return made


def _around(known: _Known, at: int) -> list[str]:
    """The words before and behind."""
    words, labels = known.tree.words, known.labels
    answers: list[str] = []
    for n in range(at - 3, at + 4):
        there = 0 <= n < len(words)
        answers += (words[n].tag, labels[n]) if there else (_NOTHING, _NOTHING)
        if abs(n - at) <= 2:
            answers.append(words[n].lemma if there else _NOTHING)
        if abs(n - at) <= 1:
            answers += (words[n].dep, _kind(words[n]), str(known.quoted[n])) if there else (_NOTHING,) * 3
    return answers


def _by_rules(known: _Known, at: int, has_cue: bool) -> tuple[str, ...]:
    """What the rules hold the word for, beside what else is known of it."""
    words, labels = known.tree.words, known.labels
    before, here, behind = _label(known, at - 1), labels[at], _label(known, at + 1)
    word = words[at]
    return (
        f"{before} {here} {behind}",
        f"{here} {behind} {word.tag}",
        f"{before} {here} {word.tag}",
        f"{here} {word.dep}",
        f"{here} {word.lemma}",
        f"{here} {known.cues[at]}",
        f"{before} {here} {words[at - 1].lemma if at else _NOTHING}",
        f"{here} {behind} {words[at + 1].lemma if at + 1 < len(words) else _NOTHING}",
        f"{known.inner[at]}",
        f"{known.inner[at]} {here}",
        f"{has_cue} {known.quoted[at]} {here}",
        known.cues[at],
    )


def _itself(known: _Known, at: int) -> tuple[str, ...]:
    words = known.tree.words
    word = words[at]
    below = sorted({words[child].dep for child in known.tree.children[at]} & _FRAME)
    near = (words[n].entity if 0 <= n < len(words) else _NOTHING for n in (at - 1, at, at + 1))
    return (
        word.text,
        "".join("X" if c.isupper() else "x" if c.islower() else "d" if c.isdigit() else c for c in word.text[:4]),
        f"{word.entity} {word.begins}",
        " ".join(near),
        f"{' '.join(below)} {_kind(word)}",
        str(min(at, 3)),
        str(min(len(words) - 1 - at, 2)),
    )


def _above(known: _Known, at: int) -> tuple[str, ...]:
    """The heads: the next two, and the nearest verb of attribution with the way to it."""
    tree, words = known.tree, known.tree.words
    word, head = words[at], tree.heads[at]
    upper = words[tree.heads[head]]
    path = [word.dep]
    lemma = way = ""
    for above in islice(tree.above(at), _FARTHEST - 1):
        if words[above].lemma in MANNERS and words[above].pos in {"VERB", "AUX"}:
            lemma, way = words[above].lemma, f"{' '.join(path[-2:])} {'behind' if above > at else 'before'}"
            break
        path.append(words[above].dep)
    return (
        words[head].lemma,
        f"{words[head].tag} {word.dep}",
        f"{known.labels[head]} {known.labels[at]}",
        f"{_kind(words[head])} {word.dep} {head > at}",
        f"{words[head].dep} {upper.lemma}",
        f"{_kind(upper)} {words[head].dep} {word.dep}",
        f"{lemma} {way}",
        f"{lemma} {known.labels[at]}",
        f"{MANNERS.get(lemma, '')} {way}",
        " ".join(path[:4]),
    )


def _at_edges(known: _Known, at: int, begins: int | None, ends: int | None) -> tuple[str, ...]:
    """The largest parts of the sentence that begin with the word and that end with it."""
    return (
        _part(known, begins),
        _part(known, ends),
        _NOTHING if begins is None else f"{known.tree.words[begins].dep} {_head(known, begins).lemma}",
        f"{known.labels[at]} {_part_by_rules(known, begins)}",
        f"{known.labels[at]} {_part_by_rules(known, ends)}",
    )


def _part(known: _Known, top: int | None) -> str:
    return _NOTHING if top is None else f"{known.tree.words[top].dep} {_kind(_head(known, top))}"


def _part_by_rules(known: _Known, top: int | None) -> str:
    return _NOTHING if top is None else f"{known.tree.words[top].dep} {known.labels[known.tree.heads[top]]}"


def _head(known: _Known, at: int) -> Word:
    return known.tree.words[known.tree.heads[at]]


def _label(known: _Known, at: int) -> str:
    return known.labels[at] if 0 <= at < len(known.labels) else _NOTHING


def _kind(word: Word) -> str:
    """What the word lists say of a word."""
    lemma = word.lemma
    if lemma in MANNERS:
        return str(MANNERS[lemma])
    lists = (("noun", NOUNS), ("adjective", ADJECTIVES), ("unnamed", UNNAMED))
    return next((name for name, listed in lists if lemma in listed), "")


def _edges(tree: Tree) -> tuple[list[int | None], list[int | None]]:
    """For each word the top of the largest subtree that begins with it, and of the largest that ends with it."""
    count = len(tree.words)
    order = [at for at in range(count) if tree.heads[at] == at]
    for at in order:
        order.extend(tree.children[at])
    low, high = list(range(count)), list(range(count))
    for at in reversed(order):
        head = tree.heads[at]
        low[head], high[head] = min(low[head], low[at]), max(high[head], high[at])
    begins: list[int | None] = [None] * count
    ends: list[int | None] = [None] * count
    for at in order:
        begins[low[at]] = at if begins[low[at]] is None else begins[low[at]]
        ends[high[at]] = at if ends[high[at]] is None else ends[high[at]]
    return begins, ends
