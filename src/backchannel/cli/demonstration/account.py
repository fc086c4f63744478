"""The demo's account, for a newcomer and for a tired analyst.

Rules: no line is wider than `WIDTH`, whatever the terminal; colours only on a terminal. What comes from files is
made printable, and ids are shortened: these lines are for eyes.
"""

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.console import Console
from rich.text import Text

from backchannel.cli.demonstration.expectations import Expectation
from backchannel.cli.demonstration.facts import Crossing, Facts, Judged, Received
from backchannel.core.stix_ids import ID
from backchannel.core.text import printable

WIDTH = 80
_ID = re.compile(ID)

Line = tuple[str, str]
"""A line and its style."""


def show(facts: Facts, expectations: Sequence[Expectation], *, is_sample: bool) -> None:
    """Print the account."""
    console = Console(highlight=False, soft_wrap=True)
    for text, style in lines(facts, expectations, is_sample=is_sample):
        console.print(Text(text, style=style))


def lines(facts: Facts, expectations: Sequence[Expectation], *, is_sample: bool) -> Iterator[Line]:
    """The account, line by line."""
    there, back = facts.crossings
    yield from _opening(facts, is_sample=is_sample)
    for crossing in (there, back):
        yield "", ""
        yield from _crossing(crossing)
    yield "", ""
    yield from _knowledge(facts)
    yield "", ""
    yield from _verdicts(facts, expectations)


# --- the parts ---------------------------------------------------------------------------------------------------


def _opening(facts: Facts, *, is_sample: bool) -> Iterator[Line]:
    there, back = facts.crossings
    yield from _wrapped(f"{_short(there.sender)} and {_short(back.sender)}: rivals, one threat", style="bold")
    if is_sample:
        yield from _wrapped(
            f"Two made-up banks are robbed by one trojan. One calls it {_names(there.threats)}, the other "
            f"{_names(back.threats)}; neither trusts the other with more than that. They swapped key cards, "
            "read twelve words to each other by telephone, and signed one agreement:"
        )
    else:
        yield from _wrapped(
            f"{_short(facts.threat)} stands for {_names(there.threats)} with the first, and for "
            f"{_names(back.threats)} with the second. They signed one agreement:"
        )
    for crossing, rejected in zip(facts.crossings, facts.rejected, strict=True):
        if rejected:
            yield from _wrapped(f"Left out at import: {rejected} invalid objects of {_short(crossing.sender)}.")
    for sentence in facts.terms:
        yield from _wrapped(printable(sentence, 400), "  ", style="italic")


def _crossing(crossing: Crossing) -> Iterator[Line]:
    leaving, reduced, refused = list(crossing.leaving()), list(crossing.reduced()), list(crossing.refused())
    own = [one for one in crossing.judged if one.own]
    names = {one.id: one.name for one in crossing.judged if one.name and one.type != "relationship"}
    yield _cut(f"{_short(crossing.sender)} → {_short(crossing.receiver)}"), "bold"
    for note in crossing.notes:
        yield from _wrapped(f"Note: {_plain(note)}", style="yellow")
    yield _counted("held", len(own), _types(own))
    yield _counted("crossed", len(leaving), _types(leaving))
    if reduced:
        yield from _example("reduced", len(reduced), f"{_called(reduced[0])}: {_cuts(reduced[0])}", rows=2)
    yield _counted("stayed", sum(not one.leaves for one in own), "(by rule, with one example each)")
    for rule, count, one, evidence in _kept(own):
        yield from _example(rule, count, _because(_called(one), _plain(evidence, names)))
    given = sum(not one.own and not one.leaves for one in crossing.judged)
    if given:
        yield from _example("originator", given, f"all that {_short(crossing.receiver)} gave: theirs to pass on")
    yield _counted("accepted", len(crossing.received) - len(refused), f"by {_short(crossing.receiver)}")
    yield _counted("refused", len(refused), "(by reason, with one example each)" if refused else "")
    for rule, count, came in _refusals(refused):
        original = crossing.as_sent(came.id)
        called = _called(original) if original is not None else _plain(came.id)
        why = came.refused[1] if came.refused is not None else ""
        yield from _example(rule, count, _because(called, _plain(why, names)))


def _knowledge(facts: Facts) -> Iterator[Line]:
    yield _cut(f"What each knows of {_short(facts.threat)} now, in addresses, names and hashes"), "bold"
    for one in facts.knowledge():
        yield _cut(f"  {_short(one.party):<26}{one.own:>5} of its own, {one.learned:>5} new"), ""
    both = len(facts.knowledge()[0].both)
    if both:
        number = f"{both} values are" if both > 1 else "1 value is"
        yield from _wrapped(f"{number} known to both, which alone makes no second witness.", "  ")


def _verdicts(facts: Facts, expectations: Sequence[Expectation]) -> Iterator[Line]:
    failed = sum(not one.held for one in expectations)
    yield "What had to hold", "bold"
    for one in expectations:
        mark, style = ("✓", "green") if one.held else ("✗", "bold red")
        yield from _wrapped(f"{mark} {_plain(one.says)}", "  ", hang="    ", style=style)
        if not one.held:
            yield from _wrapped(_plain(one.evidence), "      ", style="red")
    verdict = f"All {len(expectations)} held" if not failed else f"{failed} of {len(expectations)} did not hold"
    yield f"{verdict}, in {facts.seconds:.0f} seconds.", "bold green" if not failed else "bold red"


# --- rows --------------------------------------------------------------------------------------------------------


def _kept(own: Sequence[Judged]) -> Iterator[tuple[str, int, Judged, str]]:
    """Each rule that keeps something, the most frequent first: how often, and the plainest example."""
    examples: dict[str, tuple[Judged, str]] = {}
    for one in sorted(own, key=_plainness):
        for rule, evidence in one.broken:
            examples.setdefault(rule, (one, evidence))
    for rule, count in Counter(rule for one in own for rule, _ in one.broken).most_common():
        yield rule, count, *examples[rule]


def _plainness(one: Judged) -> tuple[int, bool, bool]:
    """What a reader understands best comes first: kept by one rule only, no link, with a name."""
    return len(one.broken), one.type == "relationship", not one.name


def _refusals(refused: Iterable[Received]) -> Iterator[tuple[str, int, Received]]:
    """Each reason for refusing, with one example; what fell with another object comes last."""
    by_rule: dict[str, list[Received]] = {}
    for one in refused:
        by_rule.setdefault(one.refused[0] if one.refused else "", []).append(one)
    for rule, examples in sorted(by_rule.items(), key=lambda item: item[0] == "depends"):
        yield rule, len(examples), examples[0]


def _counted(word: str, count: int, said: str) -> Line:
    return _cut(f"{word:<12}{count:>5}  {said}"), ""


def _example(rule: str, count: int, said: str, rows: int = 1) -> Iterator[Line]:
    wrapped = textwrap.wrap(f"  {_short(rule):<10}{count:>5}  {said}", WIDTH, subsequent_indent=" " * 19)
    if len(wrapped) > rows:
        wrapped = [*wrapped[: rows - 1], _cut(f"{wrapped[rows - 1]} {wrapped[rows].strip()}")]
    yield from ((line, "dim") for line in wrapped)


# --- words -------------------------------------------------------------------------------------------------------


def _cut(text: str) -> str:
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1].rstrip(' ,;:…')}…"


def _because(called: str, why: str) -> str:
    """An object and why, without saying its name twice."""
    return why if why.strip("'").startswith(called) else f"{called}: {why}"


def _cuts(one: Judged) -> str:
    """What a reduced copy leaves without."""
    said = " ".join(evidence.removeprefix("leaves without ").partition(":")[0] for _, evidence in one.cut)
    lost = Counter(word.partition("[")[0] for word in said.replace(",", " ").split())
    return "left without " + ", ".join(f"{count} {name}" if count > 1 else name for name, count in lost.items())


def _wrapped(text: str, indent: str = "", *, hang: str | None = None, style: str = "") -> Iterator[Line]:
    following = indent if hang is None else hang
    for line in textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=following):
        yield line, style


def _types(judged: Sequence[Judged]) -> str:
    """How many of each type, the most frequent first."""
    counts = Counter(one.type for one in judged).most_common()
    shown = [f"{count} {_plural(kind, count)}" for kind, count in counts[:3]]
    rest = sum(count for _, count in counts[3:])
    return ", ".join(shown) + (f", {rest} more" if rest else "")


def _plural(kind: str, count: int) -> str:
    if count == 1 or kind in {"malware", "infrastructure", "observed-data", "software"}:
        return kind
    return f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s"


def _called(one: Judged) -> str:
    """An object as people speak of it."""
    if one.type == "relationship":
        return "link"
    return _short(one.name) if one.name else f"{one.type} {one.id.partition('--')[2][:8]}…"


def _plain(text: str, names: Mapping[str, str] | None = None) -> str:
    """A text without ids: names in their place where there are any."""

    def known(match: re.Match[str]) -> str:
        name = (names or {}).get(match[0])
        kind, _, rest = match[0].partition("--")
        return _short(name) if name else f"{kind} {rest[:8]}…"

    return _ID.sub(known, printable(text, 400))


def _short(text: str) -> str:
    return printable(text, 48)


def _names(names: Sequence[str]) -> str:
    return " and ".join(_short(name) for name in names[:3]) or "nothing yet"
