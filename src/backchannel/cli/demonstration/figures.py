"""The demo's account as figures for programs: what `backchannel demo --json` prints (`docs/tutorial/demo.md`)."""

from collections import Counter
from collections.abc import Sequence

from backchannel.cli.demonstration.expectations import Expectation
from backchannel.cli.demonstration.facts import Crossing, Facts
from backchannel.flow.ports import Json


def figures(facts: Facts, expectations: Sequence[Expectation]) -> Json:
    """The account for programs; `docs/tutorial/demo.md` describes it."""
    return {
        "held": all(one.held for one in expectations),
        "threat": facts.threat,
        "agreement": facts.agreement,
        "crossings": [
            _crossing_figures(one, rejected) for one, rejected in zip(facts.crossings, facts.rejected, strict=True)
        ],
        "knowledge": [
            {"party": one.party, "own": one.own, "learned": one.learned, "both": len(one.both)}
            for one in facts.knowledge()
        ],
        "expectations": [
            {"expectation": one.says, "held": one.held, "evidence": one.evidence} for one in expectations
        ],
        "seconds": round(facts.seconds, 1),
    }


def _crossing_figures(crossing: Crossing, rejected: int) -> Json:
    outcomes = Counter(one.outcome for one in crossing.judged)
    reasons = Counter(one.refused[0] for one in crossing.refused() if one.refused is not None)
    flags = Counter(flag for one in crossing.received for flag, _ in one.flags)
    return {
        "from": crossing.sender,
        "to": crossing.receiver,
        "invalid": rejected,
        "held": len(crossing.judged),
        "release": outcomes["release"],
        "reduce": outcomes["reduce"],
        "withhold": outcomes["withhold"],
        "kept_by_rule": dict(crossing.broken()),
        "sealed": crossing.sealed,
        "arrived": len(crossing.received),
        "accepted": len(crossing.received) - sum(reasons.values()),
        "refused_by_rule": dict(reasons),
        "flagged": dict(flags),
    }
