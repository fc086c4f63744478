"""Users of the node's TAXII server, and their tokens.

A token is random, shown once, and kept only as its SHA-256: nothing is gained by guessing at what has 256 bits, so a
slow hash would cost each request and protect nothing.
"""

import hashlib
import re
import secrets
from collections.abc import Mapping
from datetime import datetime

import msgspec

from backchannel.core.agreement import State
from backchannel.errors import BadArgument, NotFound
from backchannel.flow.ports import AgreementRow, Transaction
from backchannel.flow.ports_taxii import TaxiiUser
from backchannel.flow.record import state_now
from backchannel.node.node import Node

TOKEN_PREFIX = "bct_"  # noqa: S105 - the beginning of every token, and no token
"""How every token begins, so that one in a place where it should not be is recognised."""


class NotAllowed(Exception):
    """The user knows the collection, and may not do this with it; or it is a user no more."""


class UserView(msgspec.Struct, frozen=True):
    """A user as listed. `with_` is the counterpart's name, `agreement_state` the state now: both are None for a user
    of our own tools."""

    user: TaxiiUser
    with_: str | None
    agreement_state: State | None
    expired: bool


_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def add(
    node: Node, name: str, *, agreement: str | None, read: bool, write: bool, expires: datetime | None
) -> tuple[TaxiiUser, str]:
    """Make a user, for one agreement or (`agreement` is None) for what the node holds; the user, and its token.

    Raises:
        BadArgument: no such name can be used, it is taken, or the user could do nothing.
        NotFound, Ambiguous: no such agreement, or several.
    """
    if not _NAME.fullmatch(name):
        raise BadArgument(f"{name[:70]!r} is no name of a user: use small letters, digits, dot, dash and underscore")
    if expires is not None and expires <= node.clock():
        raise BadArgument("--expires is in the past")
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    with node.db.write() as tx:
        if any(user.name == name for user in tx.taxii.users()):
            raise BadArgument(f"there is a user {name!r} already: revoke it first, or take another name")
        whose = node.agreement(tx, agreement).id if agreement is not None else None
        user = TaxiiUser(name, digest(token), whose, read, write, expires, node.clock())
        tx.taxii.put_user(user)
    return user, token


def users(node: Node) -> list[UserView]:
    """All users, by name."""
    with node.db.read() as tx:
        agreements = {row.id: row for row in tx.agreements.all()}
        names = {party.key: party.name for party in tx.agreements.parties()}
        now = node.clock()
        return [_view(user, agreements.get(user.agreement or ""), names, now) for user in tx.taxii.users()]


def revoke(node: Node, name: str) -> None:
    """Take a user's access away, at once."""
    with node.db.write() as tx:
        if not tx.taxii.drop_user(name):
            raise NotFound(f"there is no TAXII user {name[:70]!r}")


def digest(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


def check_still(tx: Transaction, user: TaxiiUser, now: datetime) -> None:
    """See that a user is the same still: what it asked for may have taken long to arrive, or to have its turn.

    Raises:
        NotAllowed: it was revoked, or its time is over.
    """
    if tx.taxii.user_of(user.token_sha256) != user or not in_time(user, now):
        raise NotAllowed


def in_time(user: TaxiiUser, now: datetime) -> bool:
    """Whether a user's time is not over."""
    return user.expires_at is None or now < user.expires_at


def _view(user: TaxiiUser, row: AgreementRow | None, names: Mapping[str, str], now: datetime) -> UserView:
    expired = not in_time(user, now)
    if row is None:
        return UserView(user, None, None, expired)
    return UserView(user, names[row.party], state_now(row, now), expired)
