"""What bounds matching: the terms, the epoch that it is, budgets, sessions a day, tags that are kept."""

from collections.abc import Iterable, Mapping, Sequence

from backchannel.core import matching as rules
from backchannel.core.canonical import Observable
from backchannel.core.term_fields import Matching as MatchingTerms
from backchannel.errors import BadArgument, BadMatching, BudgetSpent
from backchannel.flow.parties import Standing
from backchannel.flow.ports import AgreementRow, Transaction
from backchannel.flow.ports_matching import SessionRow
from backchannel.flow.record import terms_of
from backchannel.flow.requests import not_in_force
from backchannel.protocol.matching import Allowed
from backchannel.protocol.message_matching import Kind

NONE = 0
"""No epoch: they are counted from 1."""

MOST_TAGS = 2 * rules.LARGEST
"""Tags of a counterpart that are kept of a kind in one epoch."""

MOST_SESSIONS_A_DAY = 100
"""Sessions that either side may open under an agreement in a day."""


def check_budget(tx: Transaction, standing: Standing, session: SessionRow, evaluated: Mapping[str, int]) -> None:
    """So many values of each kind may still be evaluated.

    Raises:
        BudgetSpent: the terms do not allow so many of a kind, or no more of it.
    """
    row = tx.agreements.get(session.agreement)
    terms = None if row is None else terms_of(row).matching
    day = standing.now.toordinal()
    for kind, more in evaluated.items():
        if terms is None or kind not in terms.types:
            raise BudgetSpent(f"the terms allow no matching of {kind} any more")
        today = tx.matching.counted(session.agreement, kind, day) + more
        ever = tx.matching.counted(session.agreement, kind) + more
        for total, most, when in ((today, terms.per_day, "today"), (ever, terms.lifetime, "in all")):
            if total > most:
                raise BudgetSpent(f"{total:,} values of {kind} would be evaluated {when}; the terms allow {most:,}")


def count(tx: Transaction, standing: Standing, session: SessionRow, evaluated: Mapping[str, int]) -> None:
    """Count what was evaluated of each kind, in the transaction that seals it."""
    for kind, more in evaluated.items():
        tx.matching.count(session.agreement, kind, standing.now.toordinal(), more)


def epoch_kept(row: AgreementRow, standing: Standing) -> int:
    """The one epoch of which anything may be kept; `NONE` if matching is over."""
    covers = not_in_force(row, standing.now) is None and terms_of(row).matching is not None
    return epoch_now(row, standing) if covers else NONE


def allowed(row: AgreementRow, standing: Standing) -> Allowed:
    """What a session must keep to."""
    return Allowed(row.version, frozenset(matching_terms(row).types), epoch_now(row, standing))


def epoch_now(row: AgreementRow, standing: Standing) -> int:
    """The number of the epoch that it is."""
    terms = terms_of(row)
    return rules.epoch_at(terms.valid_from, standing.now, matching_terms(row).epoch_days)


def check_not_too_many(tx: Transaction, standing: Standing, row: AgreementRow, *, ours: bool) -> None:
    """Sessions cost both sides work, and are kept.

    Raises:
        BudgetSpent: too many were opened within a day.
    """
    midnight = standing.now.replace(hour=0, minute=0, second=0, microsecond=0)
    today = tx.matching.opened_since(row.id, midnight, ours=ours)
    if today >= MOST_SESSIONS_A_DAY:
        raise BudgetSpent(f"{today} sessions were opened under agreement {row.id[:12]} today; more are not")


def keep_tags(tx: Transaction, session: SessionRow, kind: str, tags: Sequence[bytes]) -> None:
    """Keep tags of theirs, as far as there is room."""
    if tx.matching.tag_count(session.agreement, session.epoch, kind) + len(tags) <= MOST_TAGS:
        tx.matching.add_tags(session.agreement, session.epoch, kind, tags)


def check_affordable(tx: Transaction, session: SessionRow, row: AgreementRow, theirs: Iterable[Kind]) -> None:
    """What they want evaluated could be paid for, and what they tell kept: before anything of it is.

    Raises:
        BadMatching: it could not.
    """
    terms = matching_terms(row)
    for kind in theirs:
        left = terms.lifetime - tx.matching.counted(row.id, kind.type)
        if kind.inputs > min(terms.per_day, left):
            raise BadMatching(
                f"it wants {kind.inputs:,} values of {kind.type} evaluated; "
                f"the terms allow {terms.per_day:,} a day, and {left:,} are left of all"
            )
        if tx.matching.tag_count(row.id, session.epoch, kind.type) + kind.tags > MOST_TAGS:
            raise BadMatching(f"more than {MOST_TAGS:,} tags of {kind.type} are not kept in one epoch")


def matching_terms(row: AgreementRow) -> MatchingTerms:
    """What the terms in force say of matching.

    Raises:
        BadArgument: nothing.
    """
    terms = terms_of(row).matching
    if terms is None:
        raise BadArgument(f"agreement {row.id[:12]} allows no matching: its terms have no table [matching]")
    return terms


def check_may_look_up(one: Observable, terms: MatchingTerms) -> None:
    """A value that an officer looks up may be matched.

    Raises:
        BadArgument: it may not, and why.
    """
    if (why := rules.why_not(one)) is not None:
        raise BadArgument(why)
    if one.type not in terms.types:
        raise BadArgument(f"the terms allow matching of {', '.join(terms.types)}, and not of {one.type}")


def check_their_budget(side: Iterable[Kind], terms: MatchingTerms) -> None:
    """The other side could evaluate what we want under the terms.

    Raises:
        BudgetSpent: it could not.
    """
    for kind in side:
        if kind.inputs > min(terms.per_day, terms.lifetime):
            raise BudgetSpent(
                f"{kind.inputs:,} values of {kind.type} (padded) would have to be evaluated in this session; "
                f"the terms allow {terms.per_day:,} a day and {terms.lifetime:,} in all"
            )
