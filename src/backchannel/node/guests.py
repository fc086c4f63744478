"""Guests, the counterparts without a node: enrol one, call it something else.

There is no key of a guest, so that nobody can sign as it, and nothing can be sealed to it. Its name is of our choice.
"""

from collections.abc import Iterable

import msgspec

from backchannel.core.identity import check_name, guest_key
from backchannel.core.lookalike import look_alike
from backchannel.errors import BadArgument
from backchannel.flow.ports import Party
from backchannel.node.node import Node
from backchannel.node.parties import as_namesake, find_party, like_a_key, namesake


def add(node: Node, name: str) -> Party:
    """Enrol a guest.

    Raises:
        BadArgument: no such name can be shown, or it could be taken for another's, for ours or for a key.
    """
    with node.db.write() as tx:
        key = guest_key(node.us.random(32))
        _check_name(node, name, key, tx.agreements.parties())
        party = Party(key=key, name=name, card=b"", carrier="", verified=False, added_at=node.clock())
        tx.agreements.put_party(party)
    return party


def rename(node: Node, name: str, new: str) -> Party:
    """Call a guest something else; so the party that it has become can be enrolled by its card, under its own name.

    Raises:
        NotFound, Ambiguous: no such party, or several.
        BadArgument: it is no guest, or cannot be called so.
    """
    with node.db.write() as tx:
        party = find_party(tx, name)
        if not party.is_guest:
            raise BadArgument(f"{party.name} is no guest: its name is the one on its key card")
        _check_name(node, new, party.key, tx.agreements.parties())
        party = msgspec.structs.replace(party, name=new)
        tx.agreements.put_party(party)
    return party


def _check_name(node: Node, name: str, key: str, known: Iterable[Party]) -> None:
    try:
        check_name(name)
    except ValueError as error:
        raise BadArgument(str(error)) from None
    if like_a_key(name):
        raise BadArgument(f"the name {name!r} could be taken for a key; choose a proper name")
    if look_alike(node.us.card.name, name):
        raise BadArgument(f"the name {name!r} could be taken for our own, {node.us.card.name!r}")
    if (other := namesake(name, key, known)) is not None:
        same = as_namesake(other, name)
        raise BadArgument(f"another counterpart {same} is enrolled already; call the guest something else")
