"""The release decision: release, reduce or withhold one object under one agreement, with every rule's
verdict.

Rules: all rules are asked and none stops another, so their order never matters and the officer sees every
reason. Preview and enforcement are these two calls. What is released leaves as its exact bytes. Anything
else follows the rules in `core.release_rules` (each object by itself) and `core.release_settle` (objects
together).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from backchannel.core.release_records import (
    Bearer,
    Context,
    Decision,
    Lookup,
    Outcome,
    Result,
    Subject,
    SubjectsOf,
    Verdict,
)
from backchannel.core.release_rules import RULES, Rule
from backchannel.core.release_settle import settle as _settle
from backchannel.core.terms import Terms

__all__ = [
    "RULE_NAMES",
    "Bearer",
    "Context",
    "Decision",
    "Lookup",
    "Outcome",
    "Result",
    "Subject",
    "SubjectsOf",
    "Verdict",
    "decide",
    "settle",
    "summary",
]

RULE_NAMES = (*RULES, "closure", "mention")
"""Every rule, in the order in which they are shown."""


def decide(subject: Subject, terms: Terms, context: Context, rules: Mapping[str, Rule] = RULES) -> Decision:
    """Ask every rule that judges an object by itself. `settle` has the last word."""
    verdicts = tuple([rule(subject, terms, context) for rule in rules.values()])
    outcome = Outcome.RELEASE
    for one in verdicts:
        if one.result is Result.FAIL:
            return Decision(subject, Outcome.WITHHOLD, verdicts)
        if one.result is Result.CUT:
            outcome = Outcome.REDUCE
    return Decision(subject, outcome, verdicts, subject.object if outcome is Outcome.RELEASE else None)


def settle(
    decisions: Iterable[Decision],
    terms: Terms,
    context: Context,
    lookup: Lookup,
    subjects_of: SubjectsOf | None = None,
) -> list[Decision]:
    """Ask the two rules that judge objects together, and make the reduced copies.

    The decisions come back in their order, each with all verdicts; definitions that must leave with
    others and that nobody asked about follow them. `lookup` must cover all holdings. `subjects_of` gives
    the subjects of further ids where `decisions` covers a part of the holdings only; without it, an
    object that nobody decided on counts as forbidden, so that its values leave by nothing else either.
    """
    return _settle(decisions, terms, context, lookup, lambda subject: decide(subject, terms, context), subjects_of)


def summary(decisions: Iterable[Decision]) -> dict[str, Any]:
    """Counts by outcome, and by rule how many objects kept it (as they are or once something is cut) or
    broke it."""
    outcomes = dict.fromkeys(map(str, Outcome), 0)
    rules = {rule: {"passed": 0, "failed": 0} for rule in RULE_NAMES}
    for decision in decisions:
        outcomes[decision.outcome] += 1
        for one in decision.verdicts:
            if one.result is Result.FAIL:
                rules[one.rule]["failed"] += 1
            elif one.result is not Result.MOOT:
                rules[one.rule]["passed"] += 1
    return {**outcomes, "rules": rules}
