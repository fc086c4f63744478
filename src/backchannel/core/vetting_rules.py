"""The checks of vetting that look at one object alone: 1 to 4, 6, 7 and 9 to 12 of `core.vetting`.

Rules: each check is a function of a `Candidate` and the context that yields findings; none stops another,
none raises whatever the object holds. Evidence quotes strangers only in a harmless, short form.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime, timedelta
from typing import Any

import msgspec

from backchannel.core.age import is_before, newest_time, stamp
from backchannel.core.canonical import Observable
from backchannel.core.content import active_content
from backchannel.core.incoming import Finding, Incoming, KnownFrom, VettingContext
from backchannel.core.marking import label, rank
from backchannel.core.observable import from_observable, from_pattern, unreduced
from backchannel.core.pattern import Comparison, Pattern, parse
from backchannel.core.poison import too_broad
from backchannel.core.properties import OBSERVABLE_TYPES
from backchannel.core.provenance import is_weaker
from backchannel.core.release_rules import excluded
from backchannel.core.size import oversized
from backchannel.core.text import printable

_CLOCK_SKEW = timedelta(days=1)
_QUIET = 5
_SAID_OF_ECHOES = {
    "certain": "it is of ours, by its id, its tag or its own word",
    "strong": "the same went out before, in several parts or as it is",
    "possible": "a value in it went to others before",
}


class Candidate(msgspec.Struct, frozen=True):
    """An object under examination, with what several checks need: its effective level, the ids it refers
    to, its parsed pattern if it has one, and the observables it names."""

    incoming: Incoming
    id: str
    type: str
    value: Mapping[str, Any]
    level: str
    targets: Set[str] = frozenset()
    pattern: Pattern | None = None
    observables: tuple[Observable, ...] = ()


Check = Callable[[Candidate, VettingContext], Iterator[Finding]]


def refuse(rule: str, evidence: str) -> Finding:
    """A finding that refuses the object."""
    return Finding(rule, "refuse", evidence)


def hold(rule: str, evidence: str) -> Finding:
    """A finding that asks an officer to look."""
    return Finding(rule, "hold", evidence)


def shown_id(identifier: str) -> str:
    """An id for a message."""
    return printable(identifier, 100)


def pattern_of(value: Mapping[str, Any]) -> Pattern | None:
    """The parsed STIX pattern of an indicator; None without one, or with one that does not parse."""
    text = value.get("pattern")
    if value.get("type") != "indicator" or value.get("pattern_type") != "stix" or not isinstance(text, str):
        return None
    try:
        return parse(text)
    except ValueError:
        return None  # validation says so, as a violated MUST


def observables_of(value: Mapping[str, Any], pattern: Pattern | None) -> tuple[Observable, ...]:
    """The canonical values that an indicator or an observable names."""
    if pattern is not None:
        return from_pattern(pattern.comparisons)
    return from_observable(value) if value.get("type") in OBSERVABLE_TYPES else ()


def values_of(value: Mapping[str, Any]) -> tuple[Observable, ...]:
    """The same of an object whose pattern nobody has parsed yet."""
    return observables_of(value, pattern_of(value))


# --- 1: limits -------------------------------------------------------------------------------------------------


def limits(incoming: Incoming) -> Finding | None:
    """Check 1. An object that fails it is looked at no further."""
    found = oversized(incoming.object)
    return refuse("limits", found) if found is not None else None


# --- 2 to 4, 6, 7: what the object is -------------------------------------------------------------------------------


def valid_stix(candidate: Candidate, context: VettingContext) -> Iterator[Finding]:
    """Check 2: a violated MUST refuses; a warning is a note."""
    for wrong in context.validate(candidate.value):
        yield Finding("stix", "refuse" if wrong.must else "note", f"{wrong.rule}: {wrong.message}")


def agreed_type(candidate: Candidate, context: VettingContext) -> Iterator[Finding]:
    """Check 3; what accompanies others is judged once more with its batch."""
    if candidate.type not in context.terms.scope.types:
        yield refuse("type", f"{printable(candidate.type, 60)} is not among the agreement's types")


def within_ceiling(candidate: Candidate, context: VettingContext) -> Iterator[Finding]:
    """Check 4."""
    ceiling = context.terms.handling.tlp_max
    if rank(candidate.level) > rank(ceiling):
        yield refuse("marking", f"{label(candidate.level)} is over the ceiling {label(ceiling)}")


def agreed_age(candidate: Candidate, context: VettingContext) -> Iterator[Finding]:
    """Check 6, by the newest of its times as the sender's rule has it; objects without a time have no age."""
    value, since = candidate.value, context.terms.scope.since
    if since is not None:
        yield from _older(value, since)
    modified = value.get("modified")
    if isinstance(modified, str) and modified > stamp(context.now + _CLOCK_SKEW):
        yield hold("future", f"modified {printable(modified, 40)}, in the future")


def excluded_properties(candidate: Candidate, context: VettingContext) -> Iterator[Finding]:
    """Check 6, second half: the sender's own rule. A releaser may name itself as creator of reduced copies."""
    patterns = context.terms.scope.exclude_properties
    names = excluded(candidate.value, patterns, context.identities[0]) if patterns else ()
    if names:
        listed = ", ".join(printable(name, 60) for name in sorted(names)[:_QUIET])
        yield refuse("excluded", f"has {listed}, which the agreement excludes")


def information_only(candidate: Candidate, _context: VettingContext) -> Iterator[Finding]:
    """Check 7."""
    found = active_content(candidate.value)
    if found is not None:
        yield refuse("content", printable(found, 200))


def _older(value: Mapping[str, Any], since: datetime) -> Iterator[Finding]:
    try:
        newest = newest_time(value)
    except ValueError as error:
        yield refuse("age", str(error))
        return
    if newest is not None and is_before(newest, since):
        yield refuse("age", f"of {printable(newest, 40)}, before {stamp(since)[:10]}")


# --- 9 and 10: what we know already ----------------------------------------------------------------------------


def overwrites_nothing(candidate: Candidate, context: VettingContext) -> Iterator[Finding]:
    """Check 9: an id that is here already, by whom we have it from, or that they recalled."""
    if candidate.id in context.recalled:
        yield refuse("recalled", "they recalled this object, and did not lift that")
    known = [*context.held.get(candidate.id, ()), *context.waiting.get(candidate.id, ())]
    if known:
        for one in known:
            yield from _collisions(candidate, one, context)
    elif candidate.value.get("created_by_ref") == context.identities[1] and candidate.id not in context.released:
        yield refuse("forged", "claims to be made by us, and we do not know it")


def _collisions(candidate: Candidate, known: KnownFrom, context: VettingContext) -> Iterator[Finding]:
    one = candidate.incoming.object
    held = known.asked.get(one.version)
    same_bytes = held is not None and held == one.digest
    if known.own:
        yield from _collisions_with_ours(candidate, same_bytes, known.has_another(one.version))
        return
    if held is not None:
        theirs = known.source == context.sender
        yield (_again if theirs else _as_from_a_third_party)(candidate, known, same_bytes)
    if known.source != context.sender and known.has_another(one.version):
        if candidate.type in OBSERVABLE_TYPES:
            yield _also_from(known)
        else:
            yield hold("overwrites-third-party", f"another version of what the party {known.source[:12]} sent")


def _collisions_with_ours(candidate: Candidate, same_bytes: bool, another: bool) -> Iterator[Finding]:
    """The id of an observable follows from its value, so that two parties who saw one thing name it alike."""
    if candidate.type in OBSERVABLE_TYPES:
        yield hold("same-observable", "we hold this observable ourselves")
        return
    if same_bytes:
        yield refuse("echo", "we hold exactly this object as our own")
    if another or not same_bytes:
        yield refuse("overwrites-own", "we hold other content under this id as our own")


def _again(_candidate: Candidate, _known: KnownFrom, same_bytes: bool) -> Finding:
    if same_bytes:
        return refuse("duplicate", "received before, with the same content")
    return refuse("conflict", "the same version came from them before, with other content")


def _as_from_a_third_party(candidate: Candidate, known: KnownFrom, same_bytes: bool) -> Finding:
    if same_bytes or candidate.type in OBSERVABLE_TYPES:
        return _also_from(known)
    return refuse("overwrites-third-party", f"other content than the party {known.source[:12]} sent")


def _also_from(known: KnownFrom) -> Finding:
    return Finding("known", "note", f"also sent by the party {known.source[:12]}")


def no_echo(candidate: Candidate, context: VettingContext) -> Iterator[Finding]:
    """Check 10. What is only possible, and never went to the sender, is worth knowing and stops nothing."""
    if candidate.id in context.released:
        yield refuse("echo", "we released this object to them")
    echo = candidate.incoming.background.echo
    if echo.went:
        yield hold("echo", f"the same value went to them before: {_listed(echo.went)}")
    elif echo.tier in {"certain", "strong"}:
        yield hold("echo", _SAID_OF_ECHOES[echo.tier])
    elif echo.tier == "possible":
        yield Finding("echo", "note", _SAID_OF_ECHOES[echo.tier])


# --- 11: poison ------------------------------------------------------------------------------------------------


def not_poisoned(candidate: Candidate, context: VettingContext) -> Iterator[Finding]:
    """Check 11. Indicators are acted upon, observables only mentioned: those ask an officer at worst."""
    certain: list[str] = []
    doubtful: list[str] = []
    for kind, value in candidate.observables:
        poison = context.poison(kind, value)
        if poison is not None:
            (certain if poison.harmful else doubtful).append(poison.evidence)
    if certain:
        yield (refuse if candidate.type == "indicator" else hold)("poison", _listed(certain))
    if doubtful:
        yield hold("popular", _listed(doubtful))
    if candidate.pattern is not None and (reason := too_broad(candidate.pattern)) is not None:
        yield hold("too-broad", reason)
    elif candidate.pattern is not None and (unread := list(unreduced(candidate.pattern.comparisons))):
        yield hold("unread-pattern", f"cannot be judged: {_listed(map(_comparison, unread))}")
    if candidate.type == "indicator" and candidate.pattern is None:
        language = printable(str(candidate.value.get("pattern_type", "")), 40)
        yield hold("unread-pattern", f"a pattern in {language!r} is not looked into")


# --- 12: passed on ---------------------------------------------------------------------------------------------


def may_pass(candidate: Candidate, context: VettingContext) -> Iterator[Finding]:
    """Check 12. What its sender passes on by a list is the sender's word; consents prove themselves."""
    incoming = candidate.incoming
    said = incoming.provenance
    if incoming.unproven:
        yield refuse("consent", printable(incoming.unproven, 200))
    if said is None:
        return
    if is_weaker(said.onward, context.terms.handling.onward):
        agreed = context.terms.handling.onward
        yield Finding("onward", "note", f"said to be passed on by {said.onward!r}; the terms say {agreed!r}")
    if said.passed == "consent" and not said.origin:
        yield Finding("vouched", "note", "its originator signed no consent: the sender vouches for it")


def _comparison(one: Comparison) -> str:
    values = ", ".join(map(str, one.values))
    return f"{one.object_type}:{one.path} {'NOT ' if one.negated else ''}{one.operator} {values}"


def _listed(evidence: Iterable[str]) -> str:
    """The first few of many reasons, and how many more there are."""
    every = list(evidence)
    more = f" (and {len(every) - _QUIET} more)" if len(every) > _QUIET else ""
    return "; ".join(printable(one, 120) for one in every[:_QUIET]) + more


CHECKS: Sequence[Check] = (
    valid_stix,
    agreed_type,
    within_ceiling,
    agreed_age,
    excluded_properties,
    information_only,
    overwrites_nothing,
    no_echo,
    not_poisoned,
    may_pass,
)
"""The checks of one object in the order of `core.vetting`'s docstring, but for the first."""
