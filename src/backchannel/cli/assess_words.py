"""An assessment on a terminal: one page, the answer first, every count with the sentences that it rests on."""

import textwrap
from collections.abc import Iterator, Sequence

from backchannel.cli import screen
from backchannel.core.assess.assessment import Answer
from backchannel.core.assess.credibility import RULES
from backchannel.core.assess.edges import Edge
from backchannel.core.assess.figures import Figure
from backchannel.core.assess.grading import Grading
from backchannel.core.assess.parties import Party
from backchannel.core.assess.summary import nearest, summary
from backchannel.core.assess.utterances import Utterance
from backchannel.core.assess.voices import Told, content_of
from backchannel.core.text import printable
from backchannel.formats.assessment_view import WHY
from backchannel.node.assessing import Assessment

_WIDTH = 80
_LABEL = 13
_EVIDENCE = 2
"""Sentences that are shown of each party; the page and the JSON have all."""
_MOST = 8
"""Lines of one kind."""
_QUOTED = 220
_SHORT = 100


def tell(found: Assessment, grading: Grading | None) -> None:
    """Print the page."""
    texts = {report.name: report for report in found.heard.reports}
    if found.answer is not None and grading is not None:
        _answer(found.answer, grading, texts)
    else:
        _suggest(found)
    _took(found)
    _read(found)
    if not found.by_meaning and found.answer is not None:
        screen.remark("compared by words: install 'backchannel[assess]' for comparison by meaning")


def _answer(answer: Answer, grading: Grading, texts: dict[str, Told]) -> None:
    found = answer.independence
    _wrapped("", answer.question)
    screen.say("")
    _wrapped("answer", summary(found))
    _wrapped("grade", f"{grading.grade}: {grading.grade.words}")
    if grading.because:
        _wrapped("", f"set by the analyst instead of {grading.proposed}: {grading.because}")
    screen.say("")
    for label, parties in (
        ("affirms", found.affirming),
        ("may affirm", found.possible),
        ("unnamed", found.unnamed),
        ("expert", found.experts),
        ("denies", found.denied_by),
        ("disputes", found.disputed_by),
        ("declines", found.declined_by),
    ):
        _parties(label, parties, texts)
    collectors = found.collectors
    heard = [*collectors.sure, *(f"perhaps {name}" for name in collectors.possible)]
    heard += [f"somebody unknown for {name}" for name in collectors.unknown]
    _listed("heard by", [", ".join(heard)] if heard else [])
    _listed("same person", [f"{one.unnamed!r} in {one.report} is {one.named}: {one.cause}" for one in answer.joined])
    _listed("said once", [_once(one, texts) for one in answer.utterances])
    _listed("figures", [_conflict(one.one, one.other) for one in answer.conflicts] or ["none contradict each other"])
    screen.say("")
    _listed("why", list(grading.reasons))
    _wrapped("rule", f"{answer.credibility.digit}: {RULES[answer.credibility.digit]}")
    _listed("would change", list(grading.changes))


def _once(one: Utterance, texts: dict[str, Told]) -> str:
    first = one.voices[0]
    report = texts[first.report]
    said = _cut(content_of(report, report.statements[first.statement]), _SHORT)
    return f"{one.speaker} in {len(one.voices)} wordings, {screen.count(len(one.reports), 'report')}: “{said}”"


def _conflict(one: Figure, other: Figure) -> str:
    return " against ".join(f"{figure.shown} ({figure.report})" for figure in (one, other))


def _parties(label: str, parties: Sequence[Party], texts: dict[str, Told]) -> None:
    for number, party in enumerate(parties[:_MOST]):
        people = ", ".join(name for name in party.speakers if name != party.name)
        reports = screen.count(len(party.reports), "report")
        name = f"{party.name}: {people}" if people else party.name
        _wrapped(label if number == 0 else "", f"{name} ({reports})")
        said = {
            _cut(voice.sentence.of(texts[voice.report].text), _QUOTED): voice.report
            for voice in nearest(party, _MOST)
        }
        for sentence, report in list(said.items())[:_EVIDENCE]:
            _wrapped("", f"“{sentence}” {report}", deeper=2)
    if len(parties) > _MOST:
        _wrapped("", f"and {len(parties) - _MOST} more")


def _cut(text: str, most: int) -> str:
    """A text on one line, without quotation marks around it."""
    one = " ".join(text.split()).strip('“”"')
    return one if len(one) <= most else one[: most - 1] + "…"


def _suggest(found: Assessment) -> None:
    screen.say("Nothing was asked. What several reports say, to be asked with --question:")
    for one in found.suggestions:
        _wrapped("", f"{one.text} ({screen.count(len(one.reports), 'report')})")
    if not found.suggestions:
        _wrapped("", "no two reports say the same in other words")


def _took(found: Assessment) -> None:
    """Who took it from whom."""
    screen.say("")
    lines = list(_edges(found.heard.lineage.edges))
    _listed("taken from", lines or ["no report takes anything from another, or says so"], most=40)


def _edges(edges: Sequence[Edge]) -> Iterator[str]:
    listed: dict[tuple[str, str], list[Edge]] = {}
    for edge in edges:
        listed.setdefault((edge.child, edge.parent), []).append(edge)
    for (child, parent), found in listed.items():
        kinds = ", ".join(dict.fromkeys(edge.kind.value for edge in found))
        arrow = "from" if any(edge.directed for edge in found) else "or the other way round, from"
        held = "" if found[0].parent_held else " (not held)"
        yield f"{child} {arrow} {parent}{held}: {kinds}"


def _read(found: Assessment) -> None:
    """What was set aside, and what a reader should know of a text."""
    told = False
    for report in found.heard.reports:
        reasons = dict.fromkeys(WHY[item.why] for item in report.read.article.ignored)
        if reasons:
            share = sum(item.span.end - item.span.begin for item in report.read.article.ignored) / len(report.text)
            _wrapped("" if told else "set aside", f"{report.name}: {share:.0%} of the text ({', '.join(reasons)})")
            told = True
    for name, said in found.notices.items():
        for notice in said:
            screen.remark(f"{name}: {notice}")


def _listed(label: str, lines: Sequence[str], most: int = _MOST) -> None:
    for number, line in enumerate(lines[:most]):
        _wrapped(label if number == 0 else "", line)
    if len(lines) > most:
        _wrapped("", f"and {len(lines) - most} more")


def _wrapped(label: str, text: str, deeper: int = 0) -> None:
    """A line with a label, wrapped to the width of a terminal."""
    indent = " " * (_LABEL + 2 + deeper)
    first = f"  {label:<{_LABEL}}" + " " * deeper if label or deeper or text else ""
    shown = printable(text, 2_000)
    lines = textwrap.wrap(shown, _WIDTH, initial_indent=first, subsequent_indent=indent, break_on_hyphens=False)
    for line in lines or [first]:
        screen.say(line)
