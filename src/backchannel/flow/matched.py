"""What matching found: kept as it is found, and what it says of what to release."""

from collections.abc import Collection, Sequence
from datetime import datetime

from backchannel.core.release_records import Decision
from backchannel.core.vetting_rules import values_of
from backchannel.flow.outbound import Choose
from backchannel.flow.ports import AgreementRow, Transaction
from backchannel.flow.ports_matching import Match, SessionRow


def find(
    tx: Transaction, session: SessionRow, kind: str, now: datetime, values: Collection[str] | None = None
) -> int:
    """Keep what both hold of a kind, among all values of ours that were evaluated, or among these; how many."""
    both = tx.matching.both(session.agreement, session.epoch, kind, None if values is None else list(values))
    tx.matching.add_matches(Match(session.agreement, kind, one.value, one.since, now, session.id) for one in both)
    return len(both)


def chosen(tx: Transaction, row: AgreementRow, kinds: Collection[str], *, matched: bool) -> Choose:
    """Chooses the objects that name a value of these kinds which the counterpart is known to hold too; or, not
    `matched`, those that name values of these kinds of which it is known to hold none."""
    known = {(one.type, one.value) for one in tx.matching.matches(row.id)}

    def choose(decisions: Sequence[Decision]) -> set[str]:
        return {
            decision.id
            for decision in decisions
            if decision.sent is not None
            and (values := {one for one in values_of(decision.sent.value) if one.type in kinds})
            and bool(values & known) is matched
        }

    return choose
