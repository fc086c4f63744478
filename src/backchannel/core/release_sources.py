"""Objects that several parties gave us: each source's is judged by its own terms, and one leaves.

Rules: ours before others', what may leave before what could be asked for, the newer version before the older. The
others stay: an object leaves once.
"""

from collections.abc import Sequence

import msgspec

from backchannel.core.release_records import Decision, Outcome, Result, Verdict
from backchannel.core.stix import version_order

_OURS = Verdict("originator", Result.FAIL, "the same object leaves as we hold it ourselves")
_THEIRS = Verdict("originator", Result.FAIL, "the same object leaves as another party gave it to us")


def one_of_each(decisions: Sequence[Decision]) -> list[Decision]:
    """The decisions, of each object at most one that lets it leave."""
    leaving: dict[str, list[int]] = {}
    for number, one in enumerate(decisions):
        if one.outcome is not Outcome.WITHHOLD:
            leaving.setdefault(one.id, []).append(number)
    settled = list(decisions)
    for numbers in leaving.values():
        if len(numbers) > 1:
            best = max(numbers, key=lambda number: _order(decisions[number]))
            why = _OURS if decisions[best].subject.own else _THEIRS
            for number in numbers:
                if number != best:
                    settled[number] = _stays(decisions[number], why)
    return settled


def _order(one: Decision) -> tuple[bool, bool, str, int]:
    subject = one.subject
    supposed = subject.passing is not None and subject.passing.supposed
    return subject.own, not supposed, version_order(subject.object.version), -subject.seq


def _stays(one: Decision, why: Verdict) -> Decision:
    verdicts = tuple(why if verdict.rule == "originator" else verdict for verdict in one.verdicts)
    return msgspec.structs.replace(one, outcome=Outcome.WITHHOLD, verdicts=verdicts, sent=None)
