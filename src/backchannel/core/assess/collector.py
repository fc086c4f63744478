"""Which outlet took a statement from its speaker, as far as the sentence says."""

from backchannel.core.assess.outlets import Gazetteer, Outlet, meant
from backchannel.core.assess.press import Span
from backchannel.core.assess.statements import Statement
from backchannel.core.assess.voices import Told


def collector_of(
    report: Told, one: Statement, sentence: Span, known: Gazetteer, through: str = ""
) -> tuple[str, bool]:
    """The outlet that took a statement, by the words of the sentence, and whether that is the report's own."""
    room = report.read.newsroom
    named = through
    if not named and one.collector is not None:
        named = one.collector.of(report.text)
    if named:
        outlet = _credited(report, one.collector) if not through else None
        outlet = outlet or meant(named, known)
        if outlet is not None and room.called(outlet):
            return outlet.name, True
        return (outlet.name if outlet is not None else named), outlet is None and _of_us(named)
    if one.means is not None and any(one.span.meets(span) or span.covers(one.span) for span in room.own):
        return (room.outlet.name if room.outlet is not None else ""), True
    credited = [item for item in report.read.credits if item.evidence.meets(sentence)]
    if credited:
        outlet = credited[0].outlet
        return outlet.name, room.called(outlet)
    return "", False


def _credited(report: Told, collector: Span | None) -> Outlet | None:
    """The outlet that a report credits at this place: a model may cut "Re/Wire" at its stroke."""
    met = (item for item in report.read.credits if collector is not None and item.name.meets(collector))
    return next((item.outlet for item in met), None)


def _of_us(named: str) -> bool:
    return named.casefold() in {"us", "me", "reporters", "journalists", "the press", "this newspaper"}
