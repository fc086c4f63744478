"""Users of the TAXII server, known by the hash of their token, and what became of their posts.

Rule: the statuses of a user are kept for a while, and only so many: who posts much does not fill the disk with them.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from backchannel.flow.ports_taxii import Published, TaxiiUser
from backchannel.protocol.taxii import Page, Query
from backchannel.store import published, sequences
from backchannel.store.agreements import put
from backchannel.store.lists import among, as_list
from backchannel.store.pages import held_page, published_page
from backchannel.store.schema import taxii_status, taxii_user

STATUS_DAYS = timedelta(days=2)
"""How long a status is kept."""

MOST_STATUSES, MOST_STATUS_BYTES = 1_000, 32 << 20
"""Statuses of one user that are kept, and their bytes."""

_by_token = select(taxii_user).where(taxii_user.c.token_sha256 == bindparam("digest"))


class SqlTaxii:
    """`flow.ports_taxii.Taxii` over one connection, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put_user(self, user: TaxiiUser) -> None:
        """Keep a user; one of the same name is replaced, and its token is worth nothing any more."""
        put(self._connection, taxii_user, ("name",), user)

    def users(self) -> list[TaxiiUser]:
        """All users, by name."""
        rows = self._connection.execute(select(taxii_user).order_by(taxii_user.c.name))
        return [TaxiiUser(**row._mapping) for row in rows]

    def user_of(self, token_sha256: bytes) -> TaxiiUser | None:
        """The user with this token, by its hash."""
        row = self._connection.execute(_by_token, {"digest": token_sha256}).first()
        return None if row is None else TaxiiUser(**row._mapping)

    def drop_user(self, name: str) -> bool:
        """Revoke a user with everything kept of it; whether there was one."""
        self._connection.execute(delete(taxii_status).where(taxii_status.c.user == name))
        return bool(self._connection.execute(delete(taxii_user).where(taxii_user.c.name == name)).rowcount)

    def add_status(self, identifier: str, user: str, at: datetime, status: bytes) -> None:
        """Keep what became of a post, for a while."""
        mine = taxii_status.c.user == user
        self._connection.execute(delete(taxii_status).where(mine, taxii_status.c.at < at - STATUS_DAYS))
        latest = select(taxii_status.c.id, func.length(taxii_status.c.status)).where(mine)
        size, old = len(status), []
        for place, (kept, length) in enumerate(self._connection.execute(latest.order_by(taxii_status.c.at.desc()))):
            size += length
            if place >= MOST_STATUSES - 1 or size > MOST_STATUS_BYTES:
                old.append(kept)
        if old:
            self._connection.execute(
                delete(taxii_status).where(among(taxii_status.c.id, "old")), {"old": as_list(old)}
            )
        self._connection.execute(insert(taxii_status).values(id=identifier, user=user, at=at, status=status))

    def status(self, identifier: str, user: str) -> bytes | None:
        """What became of a post of this user."""
        where = (taxii_status.c.id == identifier, taxii_status.c.user == user)
        return self._connection.execute(select(taxii_status.c.status).where(*where)).scalar()

    def held_page(self, query: Query, *, with_bytes: bool) -> Page:
        """A page of everything held."""
        return held_page(self._connection, query, with_bytes=with_bytes)

    def published_page(self, agreement: str, query: Query, *, with_bytes: bool) -> Page:
        """A page of the collection of an agreement."""
        return published_page(self._connection, agreement, query, with_bytes=with_bytes)

    def publish(self, agreement: str, wanted: Iterable[Published], now: datetime) -> list[Published]:
        """Make the collection of an agreement hold just this; what is new in it."""
        return published.publish(self._connection, agreement, wanted, now)

    def published_state(self, agreement: str) -> tuple[str, datetime] | None:
        """What the collection was last made from, and until when that holds at most."""
        return published.state_of(self._connection, agreement)

    def put_published_state(self, agreement: str, state: str, due: datetime) -> None:
        """Keep what the collection was made from."""
        published.put_state(self._connection, agreement, state, due)

    def holdings_state(self) -> int:
        """A number that changes whenever anything comes into the holdings or goes out of them."""
        return sequences.last(self._connection, sequences.HOLDINGS)
