"""Under which keys values are matched, and what an engine computes with: seeds, inputs, blinds."""

from collections.abc import Iterable

from backchannel.core import matching as rules
from backchannel.core.canonical import Observable
from backchannel.errors import BadMatching, WrongState
from backchannel.flow.parties import Standing
from backchannel.flow.ports import Transaction
from backchannel.flow.ports_matching import Input, SessionRow
from backchannel.protocol.libsodium import ELEMENT
from backchannel.protocol.matching import SessionSecrets
from backchannel.protocol.matching_engine import SEED, Engine
from backchannel.protocol.message_matching import TAG, Kind


def seed_of(tx: Transaction, session: SessionRow, standing: Standing | None = None) -> bytes:
    """What our keys of the session's epoch come from; with `standing` it is made if there is none."""
    seed = tx.matching.key_seed(session.agreement, session.epoch)
    if seed is None:
        if standing is None:
            raise WrongState(f"the keys of epoch {session.epoch} are destroyed")
        seed = standing.us.random(SEED)
        tx.matching.put_key_seed(session.agreement, session.epoch, seed)
    return seed


def pin_keys(tx: Transaction, session: SessionRow, theirs: Iterable[Kind], engine: Engine) -> None:
    """Keep the keys that the other side evaluates with: within an epoch they stay the same.

    Raises:
        BadMatching: a key is none, or another than before.
    """
    new: dict[str, bytes] = {}
    for kind in theirs:
        if not kind.key:
            continue
        known = tx.matching.their_key(session.agreement, session.epoch, kind.type)
        if known is None:
            engine.check_public_key(kind.key)
            new[kind.type] = kind.key
        elif known != kind.key:
            raise BadMatching(f"the key for {kind.type} is not the one that epoch {session.epoch} began with")
    for name, key in new.items():
        tx.matching.put_their_key(session.agreement, session.epoch, name, key)


def check_not_ours(theirs: Iterable[Kind], ours: Iterable[Kind]) -> None:
    """Whoever sends our own key back would have our own tags match.

    Raises:
        BadMatching: a key of theirs is one of ours.
    """
    if {kind.key for kind in theirs if kind.key} & {kind.key for kind in ours if kind.key}:
        raise BadMatching("the counterpart's key is our own, sent back")


def their_key(tx: Transaction, session: SessionRow, kind: str) -> bytes:
    """The key that the other side evaluates a kind with.

    Raises:
        BadMatching: it has said none.
    """
    key = tx.matching.their_key(session.agreement, session.epoch, kind)
    if key is None:
        raise BadMatching(f"there is no key for {kind}")
    return key


def input_bytes(session: SessionRow, kind: str, inputs: Iterable[Input]) -> list[bytes]:
    """What is evaluated for inputs: values, and padding where there is none."""
    secrets = SessionSecrets(session.secret)
    return [
        secrets.padding(kind, one.number)
        if one.value is None
        else rules.input_of(session.agreement, Observable(kind, one.value))
        for one in inputs
    ]


def blinds(session: SessionRow, kind: str, inputs: Iterable[Input], engine: Engine) -> list[bytes]:
    """The blinds of inputs, always the same in one session."""
    secret = SessionSecrets(session.secret).blind_secret(kind)
    return engine.derive_blinds(secret, [str(one.number).encode() for one in inputs])


def elements_of(data: bytes) -> list[bytes]:
    """Elements one by one."""
    return [data[at : at + ELEMENT] for at in range(0, len(data), ELEMENT)]


def tags_of(data: bytes) -> list[bytes]:
    """Tags one by one."""
    return [data[at : at + TAG] for at in range(0, len(data), TAG)]
