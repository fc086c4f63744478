"""What terms may say: every bound and every contradiction, each with its field and a sentence.

Rules: terms that arrive from a counterpart pass the same checks as our own. Nothing here changes a value. A
check says what is wrong and what would be right, in words for an analyst, never the program's.
"""

import difflib
import re
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from backchannel.core.canonical import KINDS
from backchannel.core.identity import is_sha256
from backchannel.core.lookalike import mixed_word
from backchannel.core.marking import ATTRIBUTIONS, LEVELS, PERMITTED_ACTIONS
from backchannel.core.matching import MATCHABLE, why_not_kind
from backchannel.core.mention import term_key
from backchannel.core.properties import COMMON, REQUIRED
from backchannel.core.stix import format_timestamp
from backchannel.core.stix_ids import is_id
from backchannel.core.term_fields import MODES, ON_END, ONWARD, Handling, Matching, Scope, Terms
from backchannel.core.text import has_hidden, shown

MAX_TITLE = 200
MAX_THREATS = 100
MAX_NAME = 250
MAX_LIST = 100
MAX_DEPTH = 5
MAX_COUNT = 10_000_000
MAX_DAYS = 36_500
MAX_LIFETIME = 1_000_000_000
MAX_EPOCH_DAYS = 366

_CUSTOM_TYPE = re.compile(r"x-[a-z0-9-]{1,60}")
_PROPERTY = re.compile(r"[a-z0-9_*]{1,64}")
_MAX_STARS = 3
_REPLACED = frozenset({"created_by_ref"})


class Problem(NamedTuple):
    """Something terms may not say: the field (`scope.depth`) and a sentence."""

    field: str
    message: str


def problems(terms: Terms, now: datetime | None) -> Iterator[Problem]:
    """Everything wrong with terms; with `now` also what is wrong with them today (over, or ahead of time)."""
    yield from _times(terms, now)
    yield from _scope(terms.scope)
    yield from _whole(terms)
    yield from _handling(terms.handling)
    yield from _matching(terms.matching)
    yield from _numbers(terms)


def suggestion(word: str, known: Collection[str]) -> str:
    """`; did you mean …?` with the nearest known word, or nothing."""
    near = difflib.get_close_matches(word[:MAX_NAME], known, n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def glob(pattern: str) -> re.Pattern[str]:
    """A property glob as an expression for `fullmatch`.

    Each piece between two stars is taken where it comes first and never given back (atomic groups): what a glob
    matches is the same, and no name, however made, takes more than one pass for each star.
    """
    first, *rest = map(re.escape, pattern.split("*"))
    if not rest:
        return re.compile(first)
    middle = "".join(f"(?>.*?{piece})" for piece in rest[:-1] if piece)
    return re.compile(f"{first}{middle}.*{rest[-1]}", re.DOTALL)


def _whole(terms: Terms) -> Iterator[Problem]:
    title = terms.title
    if not title.strip() or len(title) > MAX_TITLE:
        yield Problem("title", f"must have 1 to {MAX_TITLE} characters")
    elif has_hidden(title):
        yield Problem("title", f"holds control or invisible characters: {shown(title)}")
    elif (word := mixed_word(title)) is not None:
        yield Problem("title", f"mixes letters of several scripts that look alike in {shown(word)}")
    for name, key in (("proposer", terms.parties.proposer), ("accepter", terms.parties.accepter)):
        if not is_sha256(key):
            yield Problem(f"parties.{name}", "is not a party key of 64 hex digits")
    if terms.parties.proposer == terms.parties.accepter:
        yield Problem("parties", "are the same: an agreement needs two")
    if terms.predecessor and not is_sha256(terms.predecessor):
        yield Problem("predecessor", "is not the id of a version")
    yield from _word("record.mode", terms.record.mode, MODES)
    yield from _word("retention.on_end", terms.retention.on_end, ON_END)


def _times(terms: Terms, now: datetime | None) -> Iterator[Problem]:
    since = terms.scope.since
    moments = {"valid_from": terms.valid_from, "valid_until": terms.valid_until, "scope.since": since}
    wrong = [field for field, moment in moments.items() if moment is not None and not _whole_utc(moment)]
    yield from (Problem(field, "is not in UTC to the second") for field in wrong)
    if wrong:
        return
    if now is not None and terms.valid_until <= now:
        yield Problem("valid_until", f"is over already: it is {format_timestamp(now)} now")
    if terms.valid_until <= terms.valid_from:
        yield Problem("valid_until", "is not after valid_from, so the agreement would never hold")
    if now is not None and since is not None and since > now:
        yield Problem("scope.since", "lies in the future, so nothing held could be in scope")


def _scope(scope: Scope) -> Iterator[Problem]:
    yield from _threats(scope.threats)
    yield from _types("scope.types", scope.types)
    if not scope.types:
        yield Problem("scope.types", "is empty, so nothing could ever leave")
    yield from _types("scope.may_name", scope.may_name)
    if not 0 <= scope.depth <= MAX_DEPTH:
        yield Problem("scope.depth", f"is {scope.depth}; it counts hops from the threats, 0 to {MAX_DEPTH}")
    yield from _exclusions(scope)


def _threats(threats: tuple[str, ...]) -> Iterator[Problem]:
    field = "scope.threats"
    if not 1 <= len(threats) <= MAX_THREATS:
        yield Problem(field, f"names {len(threats)} threats; it needs 1 to {MAX_THREATS}")
        return
    seen: set[str] = set()
    for threat in threats:
        if len(threat) > MAX_NAME or has_hidden(threat):
            yield Problem(field, f"{shown(threat)} is too long, or holds control or invisible characters")
        elif (word := mixed_word(threat)) is not None:
            yield Problem(field, f"{shown(word)} mixes letters of several scripts that look alike")
        elif "--" in threat and not is_id(threat) and _looks_like_id(threat):
            yield Problem(field, f"{shown(threat)} is not a STIX id")
        elif not term_key(threat):
            yield Problem(field, f"{shown(threat)} is too short: a name needs three letters or digits")
        elif (same := " ".join(threat.casefold().split())) in seen:
            yield Problem(field, f"{shown(threat)} is listed twice")
        else:
            seen.add(same)


def _types(field: str, types: tuple[str, ...]) -> Iterator[Problem]:
    if len(types) > MAX_LIST:
        yield Problem(field, f"lists {len(types)} types; {MAX_LIST} at most")
        return
    for kind in types:
        if kind not in REQUIRED and not _CUSTOM_TYPE.fullmatch(kind):
            yield Problem(field, f"{shown(kind)} is not a STIX type{suggestion(kind, REQUIRED)}")
    yield from _twice(field, types)


def _exclusions(scope: Scope) -> Iterator[Problem]:
    field = "scope.exclude_properties"
    if len(scope.exclude_properties) > MAX_LIST:
        yield Problem(field, f"lists {len(scope.exclude_properties)} properties; {MAX_LIST} at most")
        return
    for name in scope.exclude_properties:
        if not _PROPERTY.fullmatch(name) or name.count("*") > _MAX_STARS:
            yield Problem(field, f"{shown(name)} is not a property name or a glob like x_*")
        elif needed := _needed(name, scope.types):
            yield Problem(field, f"{shown(name)} would take away {needed}")
    yield from _twice(field, scope.exclude_properties)


def _needed(pattern: str, types: tuple[str, ...]) -> str:
    """What a pattern would take away that an object cannot do without, or nothing."""
    expression = glob(pattern)
    for name in sorted(COMMON):
        if expression.fullmatch(name):
            return f"{name!r}, which every object needs"
    for kind in types:
        for name in sorted(REQUIRED.get(kind, frozenset()) - _REPLACED):
            if expression.fullmatch(name):
                return f"{name!r}, which every {kind} needs"
    return ""


def _handling(handling: Handling) -> Iterator[Problem]:
    yield from _word("handling.tlp_max", handling.tlp_max, LEVELS)
    yield from _word("handling.permitted_actions", handling.permitted_actions, PERMITTED_ACTIONS)
    yield from _word("handling.provider_attribution", handling.provider_attribution, ATTRIBUTIONS)
    yield from _word("handling.onward", handling.onward, ONWARD)
    if handling.tlp_max == "red" and handling.onward == "listed":
        yield Problem("handling.onward", "is 'listed', but tlp_max 'red' lets nothing go onward without asking")
    if len(handling.onward_to) > MAX_LIST:
        yield Problem("handling.onward_to", f"lists {len(handling.onward_to)} parties; {MAX_LIST} at most")
        return
    for key in handling.onward_to:
        if not is_sha256(key):
            yield Problem("handling.onward_to", f"{shown(key)} is not a party key of 64 hex digits")
    yield from _twice("handling.onward_to", handling.onward_to)


def _matching(matching: Matching | None) -> Iterator[Problem]:
    if matching is None:
        return
    if not matching.types:
        yield Problem("matching.types", "is empty: leave [matching] out if nothing is to be matched")
    if len(matching.types) > MAX_LIST:
        yield Problem("matching.types", f"lists {len(matching.types)} kinds; {MAX_LIST} at most")
        return
    for kind in matching.types:
        if kind in KINDS and (why := why_not_kind(kind)) is not None:
            yield Problem("matching.types", why)
        elif kind not in KINDS:
            yield Problem("matching.types", f"{shown(kind)} cannot be matched{suggestion(kind, MATCHABLE)}")
    yield from _twice("matching.types", matching.types)


def _numbers(terms: Terms) -> Iterator[Problem]:
    counts = [("quota.objects_per_day", terms.quota.objects_per_day, MAX_COUNT)]
    counts.append(("retention.destroy_after_days", terms.retention.destroy_after_days, MAX_DAYS))
    if terms.matching is not None:
        counts.append(("matching.per_day", terms.matching.per_day, MAX_COUNT))
        counts.append(("matching.lifetime", terms.matching.lifetime, MAX_LIFETIME))
        counts.append(("matching.epoch_days", terms.matching.epoch_days, MAX_EPOCH_DAYS))
    for field, number, most in counts:
        if not 1 <= number <= most:
            yield Problem(field, f"is {number}; it can be 1 to {most}")
    if not 0 <= terms.requests.per_day <= MAX_COUNT:
        yield Problem("requests.per_day", f"is {terms.requests.per_day}; it can be 0 to {MAX_COUNT}")


def _twice(field: str, words: tuple[str, ...]) -> Iterator[Problem]:
    seen: set[str] = set()
    for word in words:
        if word in seen:
            yield Problem(field, f"{shown(word)} is listed twice")
        seen.add(word)


def _looks_like_id(threat: str) -> bool:
    kind, _, rest = threat.partition("--")
    return kind in REQUIRED or len(rest) == 36


def _word(field: str, word: str, known: tuple[str, ...]) -> Iterator[Problem]:
    if word not in known:
        yield Problem(field, f"is {shown(word)}; it can be {', '.join(known)}{suggestion(word, known)}")


def _whole_utc(moment: datetime) -> bool:
    return moment.utcoffset() == timedelta(0) and moment.microsecond == 0
