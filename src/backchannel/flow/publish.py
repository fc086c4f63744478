"""What an agreement releases, published: the collection that a counterpart's own tools read by TAXII.

The decision is that of a release and of its preview (`flow.outbound.decide_all`). It is taken anew whenever something
changed that it depends on, and before anything is read; so what is recalled, expires or is narrowed away is gone from
the next page on. To be published is to cross: it is on record before the first byte of it leaves.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

import msgspec

from backchannel.core.age import is_time
from backchannel.core.agreement import State, in_force
from backchannel.core.release import Decision
from backchannel.core.stix import StixObject, timestamp
from backchannel.flow.outbound import decide_all
from backchannel.flow.parties import Counterpart, Standing
from backchannel.flow.ports import AgreementRow, Transaction
from backchannel.flow.ports_channels import PUBLISHED, Released
from backchannel.flow.ports_taxii import Published
from backchannel.flow.record import terms_of

AT_LEAST_EVERY = timedelta(minutes=15)
"""How long a decision stands at most, whatever changes or not: quotas fill, and objects grow too old."""


def is_current(tx: Transaction, standing: Standing, them: Counterpart, row: AgreementRow) -> bool:
    """Whether the collection holds what the agreement releases now."""
    found = tx.taxii.published_state(row.id)
    return found is not None and found[0] == _state(tx, standing, them, row) and standing.now < found[1]


def publish(tx: Transaction, standing: Standing, them: Counterpart, row: AgreementRow) -> None:
    """Bring the collection of an agreement in step with what it releases now."""
    terms = terms_of(row)
    decisions: list[Decision] = []
    made: Collection[str] = ()
    if in_force(State(row.state), terms, standing.now):
        plan = decide_all(tx, standing, them, row, terms, everything=False, beside=False)
        decisions, made = plan.decisions, plan.canaries | plan.tags
    leaving = [(one, one.sent) for one in decisions if one.sent is not None]
    fresh = tx.taxii.publish(row.id, (_published(one, sent, made) for one, sent in leaving), standing.now)
    tx.channels.add_released(
        row.id, (Released(one.source_id, one.id, one.version, PUBLISHED, standing.now) for one in fresh)
    )
    due = min([standing.now + AT_LEAST_EVERY, *_ends(decisions, standing.now), *_turns(row, standing.now)])
    tx.taxii.put_published_state(row.id, _state(tx, standing, them, row), due)


def _published(decision: Decision, sent: StixObject, made: Collection[str]) -> Published:
    subject = decision.subject
    is_held = sent.raw == subject.object.raw and decision.id not in made
    raw = None if is_held else sent.raw
    return Published(sent.id, sent.type, sent.version, subject.seq, raw, decision.id)


def _state(tx: Transaction, standing: Standing, them: Counterpart, row: AgreementRow) -> str:
    """Everything that a decision depends on and that can change, as a text."""
    facts = (
        tx.taxii.holdings_state(),
        tx.channels.crossed_state(),
        them.name,
        row.version,
        row.state,
        sorted(tx.agreements.pins(row.id).items()),
        sorted(standing.designated),
        standing.origin_tags,
        sorted(tx.recalls.standing().items()),
        standing.us.identity,
        # Those of other agreements too: they may keep back what says their names.
        tx.canaries.count(),
    )
    return msgspec.json.encode(facts).decode()


def _ends(decisions: list[Decision], now: datetime) -> Iterator[datetime]:
    """When the validity of what leaves ends, whether a reduced copy says so or not."""
    for one in decisions:
        until = one.subject.object.value.get("valid_until") if one.sent is not None else None
        if isinstance(until, str) and is_time(until) and (end := timestamp(until)) > now:
            yield end


def _turns(row: AgreementRow, now: datetime) -> Iterator[datetime]:
    """When the agreement begins and ends."""
    terms = terms_of(row)
    return (turn for turn in (terms.valid_from, terms.valid_until) if turn > now)
