"""What had to hold, each as a sentence with a verdict and the figures behind it.

Rules: a judgement reads facts only, so that falsified facts show whether it can fail. `general` holds for any two
parties with any files; `of_sample` knows the sample and its traps.
"""

from collections.abc import Callable

import msgspec

from backchannel.cli.demonstration.facts import Crossing, Facts
from backchannel.core.marking import rank

OPERATOR_ERROR = 2


class Expectation(msgspec.Struct, frozen=True):
    """One thing that had to hold: whether it did, and by which figures."""

    says: str
    held: bool
    evidence: str


def general(facts: Facts) -> list[Expectation]:
    """What holds for any two parties."""
    return [
        Expectation(
            "Both verified the other's card, and the agreement came into force with both",
            all(facts.verified) and all(facts.in_force),
            f"verified {sum(facts.verified)} of 2, in force with {sum(facts.in_force)} of 2",
        ),
        _both(facts, "Only what is connected to the threat left, by a second way of walking", _out_of_scope),
        _both(facts, "Nothing above the agreed mark left", _over_the_ceiling),
        _both(facts, "What the preview showed is what was sealed, and what arrived", _unlike_the_preview),
        _both(facts, "What was accepted is byte for byte what was shown", _altered),
        _both(facts, "Nothing that stayed can be found in the other's folder", lambda one: list(one.found)),
        _both(facts, "Nothing that a receiver held before was changed", lambda one: list(one.changed)),
        _both(facts, "Nothing that came from one party left from the other", _passed_on),
        Expectation(
            "Once the agreement had ended, neither could release anything",
            all(one.state == "ended" and one.status == OPERATOR_ERROR for one in facts.endings),
            "; ".join(f"{one.party}: {one.state}, exit status {one.status}" for one in facts.endings),
        ),
    ]


def of_sample(facts: Facts) -> list[Expectation]:
    """The traps of the sample, besides what holds in general."""
    there, back = facts.crossings
    report = there.named(_REPORT)
    return [
        *general(facts),
        _all("The TLP:RED indicator stayed", [_stays(there, "vault-relay.example", "marking")]),
        Expectation(
            "The report that names both threats left as a copy that names one",
            report is not None and {"closure", "mention"} <= dict(report.cut).keys() and report.sent_id != report.id,
            f"it {report.outcome}s as {report.sent_id}" if report is not None else "it is not held",
        ),
        _all(
            "The other threat stayed, though it shares actor and technique with the first",
            [_stays(there, "Brackenfox", "scope"), _leaves(there, "Quillback"), _leaves(there, "Spearphishing Link")],
        ),
        _all(
            "The password, the payload, the expired and the revoked stayed",
            [
                _stays(there, "Operator panel", "content"),
                _stays(there, _PAYLOAD, "content"),
                _stays(there, "192.0.2.44", "lifecycle"),
                _stays(there, "weather-widget.example", "lifecycle"),
            ],
        ),
        _all(
            "Neither took over an indicator that would block its own addresses",
            [_refused(there, "online.harbourtrust.example", "poison"), _refused(back, "198.51.100.0/24", "poison")],
        ),
        _all(
            "Both echoes were recognised: by the object's id, and by the value",
            [_refused(back, "tidewick-gate.example", "echo"), _refused(back, "tidewick-cdn.example", "officer")],
        ),
        Expectation(
            "Of 48 objects 31 crossed, 28 were accepted; of 33 back 28 crossed, 24 were",
            [_tally(one) for one in facts.crossings] == [(48, 31, 28), (33, 28, 24)],
            "; ".join("{} held, {} crossed, {} accepted".format(*_tally(one)) for one in facts.crossings),
        ),
    ]


_REPORT = "Malware against retail banking, third quarter"
_PAYLOAD = ""
"""The artifact has no name; it is the only object without one that could leave."""


# --- for any two parties: what breaks the rule, by id ------------------------------------------------------------


def _both(facts: Facts, says: str, wrong: Callable[[Crossing], list[str]]) -> Expectation:
    """An expectation on both directions, by the ids that break it."""
    broken = [identifier for crossing in facts.crossings for identifier in wrong(crossing)]
    checked = sum(len(crossing.judged) for crossing in facts.crossings)
    listed = ", ".join(broken[:3]) + (f" and {len(broken) - 3} more" if len(broken) > 3 else "")
    return Expectation(says, not broken, f"not so: {listed}" if broken else f"{checked} decisions looked at")


def _out_of_scope(crossing: Crossing) -> list[str]:
    return [one.id for one in crossing.leaving() if one.id not in crossing.connected]


def _over_the_ceiling(crossing: Crossing) -> list[str]:
    sent = [one.id for one in crossing.leaving() if rank(one.tlp) > rank(crossing.ceiling)]
    return sent + [one.id for one in crossing.received if one.tlp and rank(one.tlp) > rank(crossing.ceiling)]


def _unlike_the_preview(crossing: Crossing) -> list[str]:
    shown = {str(one.sent_id) for one in crossing.leaving()}
    came = {one.id for one in crossing.received}
    if len(shown) != crossing.sealed:
        return [f"{len(shown)} shown and {crossing.sealed} sealed", *sorted(shown ^ came)]
    return sorted(shown ^ came)


def _altered(crossing: Crossing) -> list[str]:
    """What is held from the sender and was not shown so, and what is missing although nobody refused it."""
    shown = {one.sent_id: one.sent_sha256 for one in crossing.leaving()}
    refused = {one.id for one in crossing.refused()}
    altered = [one for one, digest in crossing.accepted.items() if shown.get(one) != digest or one in refused]
    return altered + [str(one) for one in shown if one not in refused and one not in crossing.accepted]


def _passed_on(crossing: Crossing) -> list[str]:
    return [one.id for one in crossing.judged if not one.own and one.leaves]


# --- the traps of the sample: whether each was met, and how ------------------------------------------------------

Met = tuple[bool, str]


def _all(says: str, met: list[Met]) -> Expectation:
    return Expectation(says, all(held for held, _ in met), "; ".join(how for _, how in met))


def _stays(crossing: Crossing, name: str, rule: str) -> Met:
    """Whether the object of a name stays by a rule."""
    one = crossing.named(name)
    if one is None:
        return False, f"{name} is not held"
    why = "; ".join(f"{broken}: {evidence}" for broken, evidence in one.broken)
    return not one.leaves and rule in dict(one.broken), f"{name or one.type} stays, {why}" if why else f"{name} left"


def _leaves(crossing: Crossing, name: str) -> Met:
    one = crossing.named(name)
    return one is not None and one.leaves, f"{name} left" if one is not None and one.leaves else f"{name} stays"


def _refused(crossing: Crossing, name: str, rule: str) -> Met:
    """Whether an indicator left, as it may, and was refused by a rule; by the officer only if it was flagged."""
    one = crossing.named(name)
    came = next((came for came in crossing.received if one is not None and came.id == one.sent_id), None)
    if one is None or came is None or came.refused is None:
        return False, f"{name} was not refused"
    flagged = rule != "officer" or "echo" in dict(came.flags)
    held = came.refused[0] == rule and flagged and came.id not in crossing.accepted
    return held, f"{name} refused, {came.refused[0]}: {came.refused[1]}"


def _tally(crossing: Crossing) -> tuple[int, int, int]:
    """How many objects of its own the sender holds, how many crossed, how many were accepted."""
    own = sum(one.own for one in crossing.judged)
    return own, len(list(crossing.leaving())), len(crossing.accepted)
