"""Release decisions with full traces on ATT&CK, scoped to one intrusion set, from the store."""

from backchannel.core.terms import canonical, parse
from backchannel.flow.outbound import decide_all
from backchannel.flow.parties import Peer
from backchannel.flow.ports import AgreementRow, Party
from backchannel.node.importing import import_files
from bench.measure import ATTACK, NO_DATA, fresh_node, met, timed

TERMS = """
[scope]
threats = ["APT29"]
types = ["intrusion-set", "malware", "tool", "campaign", "relationship", "attack-pattern", "identity"]
[handling]
tlp_max = "amber"
"""


def run() -> dict[str, object]:
    if not ATTACK.exists():
        return NO_DATA
    with fresh_node() as node, fresh_node("Other") as other:
        import_files(node, [ATTACK], tlp="green")
        now = node.clock()
        party = Party(other.us.key, "Other", other.card_bytes, "self", verified=True, added_at=now)
        terms = parse(TERMS, proposer=node.us.key, accepter=other.us.key, now=now)
        row = AgreementRow(
            id="0" * 64, version="0" * 64, party=party.key, state="in force", title="", terms=canonical(terms),
            proposed_by_us=True, signatures=b"", updated_at=now,
        )  # fmt: skip
        peer = Peer(party, other.us.card)
        with node.db.read() as tx:
            plan, seconds = timed(
                lambda: decide_all(tx, node.standing(), peer, row, terms, everything=True), best_of=2
            )
    speed = len(plan.decisions) / seconds
    outcomes = {key: plan.summary[key] for key in ("release", "reduce", "withhold")}
    return {"objects": len(plan.decisions), **outcomes, "objects_per_second": round(speed), **met(speed, 20_000)}
