"""Vetting: what came in is hostile until shown otherwise. It is accepted, held for an officer, or refused.

The checks, in order. All are made and all findings are kept; only an object that fails check 1 is not looked
into further.

 1. limits: bytes, lengths of texts and lists (nesting and names said twice fail in `core.stix.decode`);
 2. valid STIX 2.1: a violated MUST refuses, a warning is a note;
 3. a type under the agreement; definitions of marks and extensions, and who made them, for objects that pass;
 4. the strictest of declared and own marks is within the agreement's ceiling;
 5. scope: connected to the agreement's threats within its depth, by this batch and what crossed before;
 6. not older than agreed (nor from the future), and without excluded properties;
 7. information only: no payloads, programs, credentials (`core.content`);
 8. references lead to what is here: no guessing at what we hold, no tying it to the threat unseen;
 9. nothing is overwritten: neither ours, nor a third party's, nor what they sent before; and what they recalled does
    not come back before they lifted that;
10. no echo of what we released: what we released to the sender is refused by its id, and what else is likely to have
    come back (`core.assess.echo`) asks for an officer;
11. no poison (`core.poison`), no pattern that is met by everything or that we cannot read;
12. what was passed on comes with consents that let it pass (`protocol.consent` verified them) or by a list; an
    onward word or an end that is weaker than the terms is tightened (`core.provenance`);
13. the quota;
14. what is left gets the grade F6, and is accepted on its own only if a standing rule matches and no check
    asks for an officer; otherwise it is held.

A relationship or sighting whose end is refused is refused too, until nothing changes; scope is then
judged by the links that remain. Duplicates and echoes are refused but known, so links to them stand.

Not checked here: who sent it and in which order (`protocol`), whether the agreement is in force (`flow`),
whether what it says is true, what stands in pictures and links, and indicators whose pattern language is
not STIX's. Reasons are for one's own officer: the counterpart is told nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from backchannel.core import grading
from backchannel.core.incoming import (
    AcceptRule,
    Finding,
    Incoming,
    KnownFrom,
    Offered,
    Outcome,
    ValidationFinding,
    Vetted,
    VettingContext,
)
from backchannel.core.marking import effective, rank, strictest
from backchannel.core.provenance import tightened
from backchannel.core.stix import targets
from backchannel.core.vetting_batch import Batch
from backchannel.core.vetting_rules import CHECKS, Candidate, limits, observables_of, pattern_of, refuse
from backchannel.core.vetting_verdicts import Verdicts

__all__ = [
    "AcceptRule",
    "Finding",
    "Incoming",
    "KnownFrom",
    "Outcome",
    "ValidationFinding",
    "Vetted",
    "VettingContext",
    "named_ids",
    "offered",
    "vet",
]


_GRADE = str(grading.UNJUDGED)


def vet(batch: Sequence[Incoming], context: VettingContext) -> list[Vetted]:
    """What becomes of each object of a batch, in its order. Whatever the objects hold, nothing raises."""
    oversized = [limits(incoming) for incoming in batch]
    definitions = {**context.definitions, **_definitions(batch, oversized)}
    candidates = [
        _candidate(incoming, definitions, looked_into=found is None)
        for incoming, found in zip(batch, oversized, strict=True)
    ]
    verdicts = Verdicts(len(candidates))
    for index, (candidate, found) in enumerate(zip(candidates, oversized, strict=True)):
        verdicts.add(index, (found,) if found is not None else _alone(candidate, context))
    hops = Batch(candidates, context).judge(verdicts)
    _apply_quota(verdicts, context.quota_left)
    return [
        _vetted(candidate, tuple(verdicts.of(index)), hops.get(candidate.id), context)
        for index, candidate in enumerate(candidates)
    ]


def named_ids(batch: Iterable[Incoming]) -> set[str]:
    """The ids of a batch and all ids it refers to: what the context must know about."""
    named: set[str] = set()
    for incoming in batch:
        named.add(incoming.object.id)
        named |= targets(incoming.object)
    return named


def offered(batch: Iterable[Incoming]) -> set[Offered]:
    """The object versions of a batch: whether they are here already must be looked up."""
    objects = (incoming.object for incoming in batch)
    return {Offered(one.id, one.version, len(one.raw)) for one in objects}


def _definitions(batch: Sequence[Incoming], oversized: Sequence[Finding | None]) -> dict[str, Mapping[str, Any]]:
    return {
        incoming.object.id: incoming.object.value
        for incoming, found in zip(batch, oversized, strict=True)
        if found is None and incoming.object.type == "marking-definition"
    }


def _candidate(incoming: Incoming, definitions: Mapping[str, Mapping[str, Any]], *, looked_into: bool) -> Candidate:
    one, value, declared = incoming.object, incoming.object.value, strictest(incoming.tlp)
    if not looked_into:
        return Candidate(incoming, one.id, one.type, value, declared)
    level, pattern = declared, pattern_of(value)
    if "object_marking_refs" in value or "granular_markings" in value:
        level = strictest(declared, effective(value, declared, definitions))
    named = observables_of(value, pattern)
    return Candidate(incoming, one.id, one.type, value, level, targets(one), pattern, named)


def _alone(candidate: Candidate, context: VettingContext) -> Iterator[Finding]:
    for check in CHECKS:
        yield from check(candidate, context)


def _apply_quota(verdicts: Verdicts, left: int) -> None:
    for index in verdicts.surviving():
        if left <= 0:
            verdicts.add(index, (refuse("quota", "more objects than the agreement allows in one day"),))
        left -= 1


def _vetted(candidate: Candidate, findings: tuple[Finding, ...], hops: int | None, context: VettingContext) -> Vetted:
    outcomes = {finding.outcome for finding in findings}
    outcome: Outcome = "hold"
    if "refuse" in outcomes:
        outcome = "refuse"
    elif "hold" not in outcomes and any(_matches(rule, candidate, context) for rule in context.rules):
        outcome = "accept"
    incoming = candidate.incoming
    return Vetted(
        object=incoming.object,
        tlp=candidate.level,
        reduced=incoming.reduced,
        outcome=outcome,
        findings=findings,
        grade=_GRADE,
        hops=hops,
        provenance=tightened(incoming.provenance, context.terms, context.now),
        background=incoming.background,
    )


def _matches(rule: AcceptRule, candidate: Candidate, context: VettingContext) -> bool:
    return (
        rule.party in (None, context.sender)
        and rule.type in (None, candidate.type)
        and (rule.tlp_max is None or rank(candidate.level) <= rank(rule.tlp_max))
    )
