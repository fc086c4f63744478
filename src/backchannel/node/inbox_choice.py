"""What of the inbox an officer's command means: objects by their ids or numbers, or everything.

Rules: of an object that waits in several versions, the officer says which: one that came after they looked is not
taken with the one they saw. What waits under an agreement that is over and asks for destruction is not taken over
with everything else.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from backchannel.core.text import printable
from backchannel.errors import Ambiguous, BadArgument, NotFound
from backchannel.flow.ending import OVER
from backchannel.flow.ports import AgreementRow, Transaction
from backchannel.flow.ports_channels import Waiting
from backchannel.flow.record import state_now, terms_of
from backchannel.node.node import Node
from backchannel.node.parties import find_party
from backchannel.node.prefix import the_one

BATCH = 2_000
"""Objects taken from the inbox in one transaction, and"""
BATCH_BYTES = 32 << 20
"""how many bytes of them, but for one object that is larger."""

_NUMBER = re.compile(r"[0-9]{1,18}")
_MOST_SHOWN = 5


class Choice(msgspec.Struct, frozen=True):
    """Objects by number, by id or by the beginning of one, or `everything`; of one counterpart only if `party` names
    it. `all_versions` takes every version of an object, `ended` what came under agreements that are over."""

    objects: Sequence[str] = ()
    everything: bool = False
    party: str | None = None
    all_versions: bool = False
    ended: bool = False


class LeftOut(msgspec.Struct, frozen=True):
    """How many objects were left in the inbox because their agreement is over and asks for their destruction."""

    agreement: str
    title: str
    state: str
    count: int


def chosen(tx: Transaction, choice: Choice) -> list[Waiting]:
    """What is meant, in the order it came.

    Raises:
        BadArgument: neither or both of objects and everything.
        NotFound, Ambiguous: no such object or counterpart, or several; several versions where one was asked for.
    """
    if choice.everything == bool(choice.objects):
        raise BadArgument("name the objects, or say --all")
    key = find_party(tx, choice.party).key if choice.party else None
    if choice.everything:
        return tx.inbox.sizes(party=key)
    found = [one for word in choice.objects for one in _meant(tx, word, key, choice.all_versions)]
    return sorted(set(found))


def object_meant(tx: Transaction, word: str) -> tuple[str | None, int | None]:
    """The id, or the number, that a word stands for."""
    if _NUMBER.fullmatch(word):
        return None, int(word)
    return the_one(word, tx.inbox.ids_beginning(word), "waiting object"), None


def without_ended(node: Node, tx: Transaction, items: Iterable[Waiting]) -> tuple[list[Waiting], list[LeftOut]]:
    """What may be taken over still, and what was left out."""
    over = _over(node, tx)
    kept: list[Waiting] = []
    left: Counter[str] = Counter()
    for one in items:
        if one.agreement in over:
            left[one.agreement] += 1
        else:
            kept.append(one)
    return kept, [
        LeftOut(row.id, row.title, str(state_now(row, node.clock())), left[row.id])
        for row in over.values()
        if left[row.id]
    ]


def batches(items: Iterable[Waiting]) -> Iterator[list[int]]:
    """Numbers in batches that are small enough to be read at once."""
    batch: list[int] = []
    size = 0
    for one in items:
        if batch and (len(batch) == BATCH or size + one.size > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(one.number)
        size += one.size
    if batch:
        yield batch


def _meant(tx: Transaction, word: str, party: str | None, all_versions: bool) -> list[Waiting]:
    object_id, number = object_meant(tx, word)
    found = tx.inbox.sizes(party=party, object_id=object_id, number=number)
    if not found:
        raise NotFound(f"nothing waits under {word!r}" + (" from that counterpart" if party else ""))
    if len(found) > 1 and not all_versions:
        shown = ", ".join(
            f"{one.number} ({printable(one.version, 40) or 'no version'})" for one in found[-_MOST_SHOWN:]
        )
        raise Ambiguous(
            f"{len(found)} versions of {word!r} wait, the last with these numbers: {shown}; "
            "name one by its number, or say --all-versions"
        )
    return found


def _over(node: Node, tx: Transaction) -> Mapping[str, AgreementRow]:
    return {
        row.id: row
        for row in tx.agreements.all()
        if state_now(row, node.clock()) in OVER and terms_of(row).retention.on_end == "destroy"
    }
