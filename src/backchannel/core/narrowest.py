"""Terms that are both of two: what is left when each party narrowed the same terms at the same time.

Rules: nothing that one of the two forbids is allowed; the order of the two does not matter, nor how often one is
taken in, so that both nodes arrive at the same bytes whatever reached them first. Lists come out sorted.
"""

from collections.abc import Collection
from datetime import datetime

import msgspec

from backchannel.core.agreement import covered
from backchannel.core.marking import PERMITTED_ACTIONS, rank
from backchannel.core.term_fields import (
    ON_END,
    ONWARD,
    Handling,
    Matching,
    Quota,
    Record,
    Requests,
    Retention,
    Scope,
    Terms,
)
from backchannel.core.terms import canonical, from_canonical


def narrowest(one: Terms, other: Terms, *, predecessor: str) -> Terms:
    """The widest terms that neither of the two forbids.

    Both narrow the same version, so they agree on title, parties and record mode.

    Raises:
        BadTerms: nothing would be left: no threat or type in common, or no time.
    """
    terms = msgspec.structs.replace(
        one,
        valid_from=max(one.valid_from, other.valid_from),
        valid_until=min(one.valid_until, other.valid_until),
        scope=_scope(one.scope, other.scope),
        handling=_handling(one.handling, other.handling),
        matching=_matching(one.matching, other.matching),
        quota=Quota(min(one.quota.objects_per_day, other.quota.objects_per_day)),
        record=Record(one.record.mode, outcomes=one.record.outcomes and other.record.outcomes),
        requests=Requests(min(one.requests.per_day, other.requests.per_day)),
        retention=_retention(one.retention, other.retention),
        predecessor=predecessor,
    )
    return from_canonical(canonical(terms))


def _scope(one: Scope, other: Scope) -> Scope:
    return Scope(
        threats=_common(one.threats, other.threats),
        types=_common(one.types, other.types),
        depth=min(one.depth, other.depth),
        since=_latest(one.since, other.since),
        exclude_properties=_all_excluded({*one.exclude_properties, *other.exclude_properties}),
        may_name=_common(one.may_name, other.may_name),
    )


def _handling(one: Handling, other: Handling) -> Handling:
    attributions = {one.provider_attribution, other.provider_attribution}
    return Handling(
        tlp_max=min(one.tlp_max, other.tlp_max, key=rank),
        permitted_actions=min(one.permitted_actions, other.permitted_actions, key=PERMITTED_ACTIONS.index),
        provider_attribution="must-not" if "must-not" in attributions else one.provider_attribution,
        onward=min(one.onward, other.onward, key=ONWARD.index),
        onward_to=_common(one.onward_to, other.onward_to),
        onward_names=one.onward_names and other.onward_names,
    )


def _matching(one: Matching | None, other: Matching | None) -> Matching | None:
    if one is None or other is None:
        return None
    types = _common(one.types, other.types)
    if not types:
        return None
    return Matching(
        types,
        per_day=min(one.per_day, other.per_day),
        lifetime=min(one.lifetime, other.lifetime),
        epoch_days=min(one.epoch_days, other.epoch_days),
    )


def _retention(one: Retention, other: Retention) -> Retention:
    return Retention(
        destroy_after_days=min(one.destroy_after_days, other.destroy_after_days),
        on_end=min(one.on_end, other.on_end, key=ON_END.index),
    )


def _common(one: Collection[str], other: Collection[str]) -> tuple[str, ...]:
    return tuple(sorted(set(one) & set(other)))


def _latest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one and other else one or other


def _all_excluded(names: set[str]) -> tuple[str, ...]:
    """All of them, but for what another one excludes anyway."""
    return tuple(sorted(name for name in names if not any(_stands_for(one, name) for one in names - {name})))


def _stands_for(one: str, name: str) -> bool:
    """Whether one excludes all that the other does; of two that say the same, one stands for both."""
    return covered(name, (one,)) and (one < name or not covered(one, (name,)))
