"""Preview and release of one agreement: the same decisions, shown or sealed."""

import msgspec

from backchannel.core.agreement import FINAL, State, in_force
from backchannel.core.stix import format_timestamp
from backchannel.core.terms import Terms, from_canonical
from backchannel.errors import BadArgument, WrongState
from backchannel.flow import outbound
from backchannel.flow.matched import chosen
from backchannel.flow.outbound import Plan, ReleaseReport
from backchannel.flow.parties import Guest
from backchannel.flow.ports import AgreementRow
from backchannel.flow.record import state_now
from backchannel.node.canaries import wanted_canaries
from backchannel.node.node import Node
from backchannel.node.parties import find_party, party_of, peer_of
from backchannel.node.prefix import the_one


def preview(node: Node, prefix: str, object_id: str | None = None, *, canaries: int = 0) -> Plan:
    """Every decision that a release would take now; with `object_id`, only those on that object. So many `canaries`
    would be added.

    A proposal can be previewed before it is accepted, and an agreement before it begins: a note says that nothing
    crosses yet.

    Raises:
        WrongState: the agreement is over.
        NotFound: nothing held has such an id.
        BadArgument, NoCanaryDomains, NoCanaryForm: canaries are wanted that cannot be made.
    """
    wanted = wanted_canaries(node, canaries)
    with node.db.read() as tx:
        row = node.agreement(tx, prefix)
        terms = from_canonical(row.terms)
        if state_now(row, node.clock()) in FINAL:
            raise WrongState(f"agreement {row.id[:12]} is {state_now(row, node.clock())}: nothing crosses any more")
        them = party_of(tx, row)
        plan = outbound.decide_all(tx, node.standing(), them, row, terms, everything=True, canaries=wanted)
        notes = [*plan.notes, *_not_in_force(node, row, terms)]
        decisions = plan.decisions
        if object_id is not None:
            meant = the_one(object_id, [decision.id for decision in decisions], "held object")
            decisions = [decision for decision in decisions if decision.id == meant]
    return msgspec.structs.replace(plan, decisions=decisions, notes=notes)


def release(node: Node, prefix: str, *, canaries: int = 0, matched: bool | None = None) -> ReleaseReport:
    """Seal what has not crossed yet, and so many new canaries with it. A guest's are only kept: it reads them.
    `matched` restricts it to objects on values that the counterpart holds too, or (False) on none that it does.

    Raises:
        IsGuest: the counterpart has no node that could be sent anything.
        WrongState: the agreement is not in force, now.
        BadArgument, NoCanaryDomains, NoCanaryForm: canaries are wanted that cannot be made, or what was matched where
            nothing may be; nothing was sealed.
    """
    wanted = wanted_canaries(node, canaries)
    with node.db.write() as tx:
        row = node.agreement(tx, prefix)
        them = party_of(tx, row)
        if wanted is not None and isinstance(them, Guest):
            plan = outbound.add_canaries(tx, node.standing(), them, row, _releasable(node, row), wanted)
            return ReleaseReport(0, 0, 0, 0, 0, plan.notes, canaries=2 * len(plan.fresh))
        reads = f"it reads its collection over TAXII, and what it reads there is `backchannel preview {row.id[:12]}`"
        peer = peer_of(find_party(tx, row.party), reads)
        terms = _releasable(node, row)
        choose = None if matched is None else chosen(tx, row, _kinds(terms), matched=matched)
        report = outbound.release(tx, node.standing(), peer, row, terms, wanted, choose)
    node.us.reached("release.committed")
    return report


def _kinds(terms: Terms) -> tuple[str, ...]:
    if terms.matching is None:
        raise BadArgument("the terms allow no matching: nothing is known to be held by both")
    return terms.matching.types


def _releasable(node: Node, row: AgreementRow) -> Terms:
    terms = from_canonical(row.terms)
    notes = _not_in_force(node, row, terms)
    if notes:
        raise WrongState(notes[0])
    return terms


def _not_in_force(node: Node, row: AgreementRow, terms: Terms) -> list[str]:
    if in_force(State(row.state), terms, node.clock()):
        return []
    state = state_now(row, node.clock())
    span = f"valid from {format_timestamp(terms.valid_from)} to {format_timestamp(terms.valid_until)}"
    until = {State.OFFERED: "until they accept it", State.PROPOSED: "until you accept it"}
    when = until.get(state, "any more" if state in FINAL else "before it begins")
    return [f"agreement {row.id[:12]} is {state.shown}, {span}: nothing crosses {when}"]
