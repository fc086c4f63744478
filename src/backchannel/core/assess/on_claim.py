"""What each report has on a claim: voices, and sentences that tell it without a speaker.

Rules.
1. A statement is on the claim if its content is about the question. A content that only points back ("denied the
   reports") is about what its sentence, and the one before, are about; so is a denial, whose content is often little.
   What is only perhaps about it needs some words of the question; what has nothing but its names is only perhaps.
2. What an outlet, a post or a paper says is handed on: who speaks within it counts, with the outlet as collector.
   What speakers say that others said does not; nor what an outlet doubts or does not say, nor what rumour has.
3. Whoever confirms what somebody said who speaks on the claim is on it too.
4. A denial by its cue is surely on the claim from midway between the lines on.
5. A sentence that is surely about the question tells the claim if nobody says anything in it: what somebody is said
   to think or want is told by the report.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from backchannel.core.assess.attitudes import Places, attitude_of
from backchannel.core.assess.collector import collector_of
from backchannel.core.assess.countries import country_of
from backchannel.core.assess.handed_on import HANDS_ON, Outer
from backchannel.core.assess.handed_on import through as handed_on_by
from backchannel.core.assess.outlets import Gazetteer
from backchannel.core.assess.press import Span
from backchannel.core.assess.profiles import Profile, Sort
from backchannel.core.assess.relevance import Bounds, Ranker, bounds, stems
from backchannel.core.assess.speaker_words import POINTERS
from backchannel.core.assess.statements import Statement
from backchannel.core.assess.statements_stance import Stance
from backchannel.core.assess.statements_tree import Tree
from backchannel.core.assess.statements_words import Manner
from backchannel.core.assess.voices import Attitude, OnClaim, Told, Voice, content_of

_LEAD = 5
"""Sentences that an article opens with."""
_LITTLE = 3
"""Words of meaning up to which a content may only point back."""


class _Placed(msgspec.Struct, frozen=True):
    """How near a statement is (`value`), and on which side of the lines: `likely` from midway between them on."""

    value: float
    sure: bool
    likely: bool


class _Near(msgspec.Struct, frozen=True):
    """How near the parts of a report are to the question."""

    contents: tuple[float, ...]
    sentences: tuple[float, ...]


def on_claim(reports: Sequence[Told], question: str, ranker: Ranker, known: Gazetteer) -> tuple[OnClaim, ...]:
    """What each report has on the claim that a question states."""
    nears = _nears(reports, question, ranker)
    line = bounds(ranker, [value for near in nears for value in (*near.contents, *near.sentences)])
    asked = _asked(reports, question, line)
    return tuple(_on_claim(report, near, asked, known) for report, near in zip(reports, nears, strict=True))


class _Asked(msgspec.Struct, frozen=True):
    """A question: its words of meaning, those of them that are no names, and the lines of nearness."""

    question: str
    words: frozenset[str]
    telling: frozenset[str]
    line: Bounds


def _asked(reports: Sequence[Told], question: str, line: Bounds) -> _Asked:
    written = _WORD.findall(question)
    small = {word for report in reports for word in _SMALL.findall(report.text)}
    names = {
        stem
        for word in written
        if word[0].isupper() and (country_of(word) or word.casefold() not in small)
        for stem in stems(word)
    }
    words = frozenset(stems(question))
    return _Asked(question, words, words - names, line)


_WORD = re.compile(r"[^\W_]+")
_SMALL = re.compile(r"\b[a-z]+\b")


def _nears(reports: Sequence[Told], question: str, ranker: Ranker) -> list[_Near]:
    """All texts are judged at once: rare words are rare among all reports."""
    texts: list[str] = []
    for report in reports:
        texts += [content_of(report, one) for one in report.statements]
        texts += [sentence.span.of(report.text) for sentence in report.sentences]
    judged = iter(ranker(question, texts))
    return [
        _Near(
            tuple(next(judged) for _ in report.statements),
            tuple(next(judged) for _ in report.sentences),
        )
        for report in reports
    ]


def _on_claim(report: Told, near: _Near, asked: _Asked, known: Gazetteer) -> OnClaim:
    trees = [Tree(sentence) for sentence in report.sentences]
    place = Places(trees)
    outer = Outer(report)
    found: list[Voice] = []
    for number, (one, profile) in enumerate(zip(report.statements, report.speakers, strict=True)):
        through = handed_on_by(report, number, place, outer) if one.nested else ""
        if profile is None or profile.sort in HANDS_ON or (one.nested and not through):
            continue
        at = place.at(one.span.begin)
        judged = _judged(report, one, near.contents[number], near.sentences, at)
        attitude = attitude_of(place, one, judged, asked.line, asked.question)
        side = _side(report, one, trees[at].span, judged, asked)
        if attitude is None or side is None:
            continue
        found.append(_voice(report, number, trees[at].span, profile, attitude, side, through, known))
    found += _confirming(report, place, found, known)
    own = [one.span for one in report.statements if one.manner is Manner.SAYS and not one.nested]
    spoken = _joined([*own, *(voice.sentence for voice in found)])
    ends = [span.end for span in spoken]
    told = tuple(
        tree.span
        for tree, value in zip(trees, near.sentences, strict=True)
        if value >= asked.line.sure
        and not any(span.meets(tree.span) for span in spoken[bisect_right(ends, tree.span.begin) :][:1])
    )
    return OnClaim(report.name, tuple(sorted(found, key=lambda voice: voice.statement)), told)


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, those that meet as one."""
    made: list[Span] = []
    for span in sorted(spans):
        if made and made[-1].meets(span):
            made[-1] = Span(made[-1].begin, max(made[-1].end, span.end))
        else:
            made.append(span)
    return made


def _side(report: Told, one: Statement, sentence: Span, near: float, asked: _Asked) -> _Placed | None:
    """On which side of the lines a statement is, by its words too; None if it is not on the claim.

    What names the same parties, and has nothing of what is said of them, is only perhaps on the claim; and what is
    only perhaps on it needs some of its words. Who denies or confirms need not repeat them.
    """
    content = set(stems(content_of(report, one)))
    free = one.stance is not Stance.AFFIRMS
    likely = near >= (asked.line.sure + asked.line.doubtful) / 2
    outright = likely and one.stance is Stance.DENIES
    sure = outright or (near >= asked.line.sure and (free or not asked.telling or bool(asked.telling & content)))
    if (
        not sure
        and not free
        and len(asked.words & {*content, *stems(sentence.of(report.text))}) < (_SHARED * len(asked.words))
    ):
        return None
    return _Placed(near, sure, likely)


_SHARED = 0.3


def _confirming(report: Told, place: Places, found: Sequence[Voice], known: Gazetteer) -> Iterator[Voice]:
    """Whoever confirms what a speaker on the claim said, by that one's name."""
    taken = {voice.statement for voice in found}
    named = {voice.speaker.key: voice for voice in found if voice.attitude.affirming and voice.speaker.key}
    for number, (one, profile) in enumerate(zip(report.statements, report.speakers, strict=True)):
        if one.stance is not Stance.CONFIRMS_SAID or number in taken or profile is None or one.nested:
            continue
        words = content_of(report, one).casefold().replace("’s", "").replace("'s", "").split()
        about = next((voice for key, voice in named.items() if key in words), None)
        if about is not None and profile.sort not in HANDS_ON:
            near = _Placed(about.near, about.sure, about.likely)
            yield _voice(
                report, number, place.tree(one.span.begin).span, profile, Attitude.CONFIRMS_SAID, near, "", known
            )


def _judged(report: Told, one: Statement, content: float, sentences: Sequence[float], at: int) -> float:
    """How near a statement is, by its content or by what that points back to."""
    words = stems(content_of(report, one))
    points = all(word in _POINTING for word in words)
    little = one.stance is not Stance.AFFIRMS and len(words) <= _LITTLE
    if not sentences or not (points or little or one.stance is Stance.DENIES):
        return content
    around = max(sentences[at], sentences[at - 1] if at and (points or little) else 0.0)
    # A denial is about what its sentence is about, but less surely.
    return max(content, around if points or little else (content + around) / 2 + _DENIAL)


_DENIAL = 0.05
_POINTING = frozenset(stem for word in POINTERS for stem in stems(word))


def _voice(
    report: Told,
    number: int,
    sentence: Span,
    profile: Profile,
    attitude: Attitude,
    near: _Placed,
    through: str,
    known: Gazetteer,
) -> Voice:
    one = report.statements[number]
    through, own = collector_of(report, one, sentence, known, through)
    return Voice(
        report=report.name,
        statement=number,
        sentence=sentence,
        speaker=profile,
        attitude=attitude,
        near=near.value,
        sure=near.sure,
        likely=near.likely,
        anonymous=one.anonymous or profile.sort is Sort.UNNAMED,
        through=through,
        own=own,
        outright=one.stance is not Stance.AFFIRMS,
        leads=sentence in {one.span for one in report.sentences[:_LEAD]},
    )
