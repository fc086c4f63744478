"""What the node's TAXII server offers, to whom: collections, pages, and the status of posts (`node.taxii_posts`).

Rules: a user sees only its collections; whatever else it names does not exist. Who asks is remembered for one
version of the store, and looked up again when anybody wrote, so that a revoked token is worth nothing at once.
Before anything of an agreement's collection is read, the collection is brought in step with what the agreement
releases at that moment.
"""

import threading
import uuid
from collections.abc import Hashable, Sequence
from datetime import datetime

import msgspec

from backchannel.core.agreement import State, in_force
from backchannel.core.text import printable
from backchannel.errors import StoreBusy
from backchannel.flow import publish
from backchannel.flow.ports import AgreementRow, Transaction
from backchannel.flow.ports_taxii import TaxiiUser
from backchannel.flow.record import find, terms_of
from backchannel.node import settings, taxii_posts
from backchannel.node.importing import namespace
from backchannel.node.node import Node
from backchannel.node.parties import party_of
from backchannel.node.taxii_users import NotAllowed, check_still, digest, in_time
from backchannel.protocol import taxii
from backchannel.protocol.taxii import Page, Query

PUBLISHING_SECONDS = 30.0
"""How long a request waits for another one that brings a collection in step."""

MOST_CONTENT, MOST_FROM_COUNTERPARTS = 32 << 20, 4 << 20
"""Bytes of one posted envelope at most, of an own tool and of a counterpart's."""

HOLDINGS, AGREEMENT, INBOX = "holdings", "agreement", "inbox"
"""The kinds of collections."""

OBJECT_FILTERS = ("id", "type", "version", "spec_version")
ONE_OBJECT_FILTERS = ("version", "spec_version")
VERSIONS_FILTERS = ("spec_version",)


class Collection(msgspec.Struct, frozen=True):
    """A collection as a user sees it."""

    id: str
    title: str
    description: str
    alias: str
    can_read: bool
    can_write: bool
    media_types: tuple[str, ...] = (taxii.STIX_MEDIA_TYPE,)


class Reached(msgspec.Struct, frozen=True):
    """A collection of one user: its kind, its agreement (empty for the holdings), and how the user sees it."""

    kind: str
    agreement: str
    seen: Collection


def most_content(user: TaxiiUser) -> int:
    """Bytes that a user may post at once."""
    return MOST_CONTENT if user.agreement is None else MOST_FROM_COUNTERPARTS


class NotThere(Exception):
    """The user may not know whether such a thing exists."""


class TaxiiService:
    """One node's server. Safe to use from several threads."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._settings = settings.stamp(node.home)
        self._cursors = taxii.Cursors(node.us.secret)
        self._services = node.services()
        self._publishing = threading.Lock()

    @property
    def title(self) -> str:
        """Whose server it is."""
        return self._node.us.card.name

    def now(self) -> datetime:
        """The node's time."""
        return self._node.clock()

    def version(self) -> Hashable:
        """Another value than before once anybody has written to the store, or the settings.

        Raises:
            BadSettings: they cannot be read any more.
        """
        self._follow_settings()
        return self._node.db.version(), self._settings

    def _follow_settings(self) -> None:
        """Go by the settings as they are now: what they designate is not to be read any more."""
        stamp = settings.stamp(self._node.home)
        if stamp != self._settings:
            self._node = self._node.with_settings(settings.load(self._node.home))
            self._services = self._node.services()
            self._settings = stamp

    def user(self, token: str) -> TaxiiUser | None:
        """The user of a token, also one whose time is over (`admits`)."""
        with self._node.db.read() as tx:
            return tx.taxii.user_of(digest(token))

    def admits(self, user: TaxiiUser, name: str | None) -> bool:
        """Whether a user may come in now, and under the name that it gives, if any."""
        return name in (None, user.name) and in_time(user, self.now())

    def collections(self, user: TaxiiUser) -> list[Collection]:
        """What a user sees."""
        return [one.seen for one in self._all(user)]

    def collection(self, user: TaxiiUser, name: str) -> Reached:
        """One collection of a user, by its id or alias.

        Raises:
            NotThere: it sees none of that name.
        """
        for one in self._all(user):
            if name in (one.seen.id, one.seen.alias):
                return one
        raise NotThere

    def _all(self, user: TaxiiUser) -> list[Reached]:
        if user.agreement is None:
            about = "Everything that this node holds, for its own tools."
            return [self._where(HOLDINGS, "", "Holdings", about, read=user.can_read, write=user.can_write)]
        with self._node.db.read() as tx:
            row = find(tx, user.agreement)
        if row is None:
            return []
        title, found = printable(row.title, 200), []
        if user.can_read:
            about = "What the agreement releases, as it changes."
            found.append(self._where(AGREEMENT, row.id, title, about, read=True, write=False))
        if user.can_write:
            about = "What is posted here is vetted and may wait for a person."
            writes = in_force(State(row.state), terms_of(row), self._node.clock())
            found.append(self._where(INBOX, row.id, f"Inbox: {title}", about, read=False, write=writes))
        return found

    def _where(self, kind: str, agreement: str, title: str, about: str, *, read: bool, write: bool) -> Reached:
        identifier = str(uuid.uuid5(namespace(self._node), f"taxii {kind} {agreement}"))
        alias = f"{kind}-{agreement[:12]}" if agreement else kind
        return Reached(kind, agreement, Collection(identifier, title, about, alias, read, write))

    # --- reading -----------------------------------------------------------------------------------------------

    def query(
        self,
        user: TaxiiUser,
        where: Reached,
        what: str,
        parameters: Sequence[tuple[str, str]],
        filters: Sequence[str],
    ) -> tuple[Query, str]:
        """What a request asks, and the text that its cursors are bound to.

        Raises:
            NotAllowed: the user may not read here.
            taxii.BadQuery: a parameter takes no such value.
        """
        if not where.seen.can_read:
            raise NotAllowed
        request = f"{user.name}\0{where.seen.id}\0{what}"
        return taxii.read_query(parameters, filters=filters, cursors=self._cursors, request=request), request

    def page(self, where: Reached, query: Query, *, with_bytes: bool) -> tuple[Page, datetime | None]:
        """A page of a collection, and until when it holds at most if the store stays as it is."""
        if where.kind == AGREEMENT:
            self._keep_in_step(where.agreement)
        with self._node.db.read() as tx:
            page = _page(tx, where, query, with_bytes=with_bytes)
            state = tx.taxii.published_state(where.agreement) if where.kind == AGREEMENT else None
            return page, state and state[1]

    def following(self, page: Page, query: Query, request: str) -> str | None:
        """The cursor to what comes after a page; None if nothing does."""
        if not page.more:
            return None
        return self._cursors.make(page.entries[-1].number, taxii.asked(query, request))

    def _keep_in_step(self, agreement: str) -> None:
        """Publish anew if anything changed. One request does it, and those that come meanwhile wait for it."""
        self._follow_settings()
        standing = self._node.standing()
        with self._node.db.read() as tx:
            row = _row(tx, agreement)
            if publish.is_current(tx, standing, party_of(tx, row), row):
                return
        if not self._publishing.acquire(timeout=PUBLISHING_SECONDS):
            raise StoreBusy("another request brings a collection in step")
        try:
            with self._node.db.write() as tx:
                row = _row(tx, agreement)
                them = party_of(tx, row)
                if not publish.is_current(tx, standing, them, row):
                    publish.publish(tx, standing, them, row)
        finally:
            self._publishing.release()

    # --- writing -----------------------------------------------------------------------------------------------

    def post(self, user: TaxiiUser, where: Reached, body: bytes) -> bytes:
        """Take the objects of an envelope in; the status, which is kept too.

        Raises:
            NotAllowed: the user may not write here.
            NotEnvelope: the body is none. Nothing of it was kept.
        """
        if not where.seen.can_write:
            raise NotAllowed
        if where.kind == INBOX:
            return taxii_posts.post_to_inbox(self._node, self._services, user, where.agreement, body)
        return taxii_posts.post_to_holdings(self._node, self._services, user, body)

    def check_still(self, user: TaxiiUser, as_of: Hashable) -> None:
        """See that a user is the same still, if anybody wrote since the store had this version (None: any).

        Raises:
            NotAllowed: it was revoked, or its time is over.
        """
        if as_of is None or self.version() != as_of:
            with self._node.db.read() as tx:
                check_still(tx, user, self.now())

    def delete(self, user: TaxiiUser, where: Reached, object_id: str, query: Query) -> None:
        """Take versions of an object away that this node holds as its own.

        Raises:
            NotAllowed: the user may not read and write here, or what is held is another party's.
            NotThere: there is no such object or version.
        """
        if not (where.seen.can_read and where.seen.can_write):
            raise NotAllowed
        with self._node.db.write() as tx:
            check_still(tx, user, self.now())
            found = tx.taxii.held_page(msgspec.structs.replace(query, ids=(object_id,)), with_bytes=False).entries
            if not found:
                raise NotThere
            if not tx.holdings.remove_own(object_id, [one.version for one in found]):
                raise NotAllowed

    def status(self, user: TaxiiUser, identifier: str) -> bytes:
        """What became of a post of this user.

        Raises:
            NotThere: it made no such post, or long ago.
        """
        with self._node.db.read() as tx:
            found = tx.taxii.status(identifier, user.name)
        if found is None:
            raise NotThere
        return found


def _page(tx: Transaction, where: Reached, query: Query, *, with_bytes: bool) -> Page:
    if where.kind == AGREEMENT:
        return tx.taxii.published_page(where.agreement, query, with_bytes=with_bytes)
    return tx.taxii.held_page(query, with_bytes=with_bytes)


def _row(tx: Transaction, agreement: str) -> AgreementRow:
    row = find(tx, agreement)
    if row is None:
        raise NotThere
    return row
