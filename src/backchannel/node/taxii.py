"""What the node's TAXII server offers, to whom: collections, pages, posts and their status.

Rules: a user sees only its collections; whatever else it names does not exist. Each request looks its user up, so
that a revoked token is worth nothing at once. What an own tool posts goes through the checks of an import; nothing is
kept of a body that is not an envelope as a whole.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from backchannel.core.stix import format_timestamp
from backchannel.flow.collector import collector_paused
from backchannel.flow.ports import Finding, NewObject, TaxiiUser, Transaction
from backchannel.formats.items import Taken
from backchannel.formats.reading import read_elements
from backchannel.formats.stix import Cut
from backchannel.node.importing import namespace
from backchannel.node.node import Node
from backchannel.node.taxii_users import digest
from backchannel.protocol import taxii
from backchannel.protocol.taxii import Page, Query

MOST_CONTENT = 32 << 20
"""Bytes of one posted envelope at most."""

_CLASH = "conflict: other content is held under this version; the one that came first was kept"

HOLDINGS = "holdings"
"""Alias of the collection of everything held."""

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


class NotThere(Exception):
    """The user may not know whether such a thing exists."""


class NotAllowed(Exception):
    """The user knows the collection, and may not do this with it."""


class NotEnvelope(Exception):
    """The body is no TAXII envelope; the message says why."""


class _Envelope(msgspec.Struct):
    objects: list[msgspec.Raw]


_envelope = msgspec.json.Decoder(_Envelope)


class TaxiiService:
    """One node's server. Safe to use from several threads."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._cursors = taxii.Cursors(node.us.secret)
        self._holdings_id = str(uuid.uuid5(namespace(node), "taxii collection holdings"))
        self._validate = node.services().validate

    @property
    def title(self) -> str:
        """Whose server it is."""
        return self._node.us.card.name

    def user(self, token: str, name: str | None = None) -> TaxiiUser | None:
        """The user of a token; with `name` only if it is the user's own."""
        with self._node.db.read() as tx:
            found = tx.taxii.user_of(digest(token))
        if found is None or (name is not None and name != found.name):
            return None
        return found if found.expires_at is None or self._node.clock() < found.expires_at else None

    def collections(self, user: TaxiiUser) -> list[Collection]:
        """What a user sees."""
        if user.agreement is not None:
            return []
        return [
            Collection(
                self._holdings_id,
                "Holdings",
                "Everything that this node holds, for its own tools.",
                HOLDINGS,
                user.can_read,
                user.can_write,
            )
        ]

    def collection(self, user: TaxiiUser, name: str) -> Collection:
        """One collection of a user, by its id or alias.

        Raises:
            NotThere: it sees none of that name.
        """
        for one in self.collections(user):
            if name in (one.id, one.alias):
                return one
        raise NotThere

    def query(
        self,
        user: TaxiiUser,
        where: Collection,
        what: str,
        parameters: Sequence[tuple[str, str]],
        filters: Sequence[str],
    ) -> tuple[Query, str]:
        """What a request asks, and the text that its cursors are bound to.

        Raises:
            NotAllowed: the user may not read here.
            taxii.BadQuery: a parameter takes no such value.
        """
        if not where.can_read:
            raise NotAllowed
        request = f"{user.name}\0{where.id}\0{what}"
        return taxii.read_query(parameters, filters=filters, cursors=self._cursors, request=request), request

    def page(self, query: Query, *, with_bytes: bool) -> Page:
        """A page of a collection."""
        with self._node.db.read() as tx:
            return tx.taxii.held_page(query, with_bytes=with_bytes)

    def following(self, page: Page, query: Query, request: str) -> str | None:
        """The cursor to what comes after a page; None if nothing does."""
        if not page.more:
            return None
        return self._cursors.make(page.entries[-1].number, taxii.asked(query, request))

    # --- writing -----------------------------------------------------------------------------------------------

    @collector_paused()
    def post(self, user: TaxiiUser, where: Collection, body: bytes) -> bytes:
        """Take the objects of an envelope in; the status, which is kept too.

        Raises:
            NotAllowed: the user may not write here.
            NotEnvelope: the body is none. Nothing of it was kept.
        """
        if not where.can_write:
            raise NotAllowed
        try:
            objects = _envelope.decode(body).objects
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise NotEnvelope(f'not a TAXII envelope, {{"objects": [...]}}: {error}') from None
        items = [*map(Taken.of, read_elements((Cut(i, bytes(raw)) for i, raw in enumerate(objects)), self._validate))]
        at = self._node.clock()
        identifier = str(uuid.uuid4())
        with self._node.db.write() as tx:
            status = _Status(identifier, at)
            self._keep(tx, items, status)
            encoded = status.encoded()
            tx.taxii.add_status(identifier, user.name, at, encoded)
        return encoded

    def _keep(self, tx: Transaction, items: Sequence[Taken], status: "_Status") -> None:
        level = self._node.settings.default_tlp
        new = []
        for item in items:
            if item.raw is None or item.view is None:
                status.failed(item.id, "", item.findings)
            else:
                new.append(NewObject(item.raw, item.view, level, item.generated, item.original))
        outcome = tx.holdings.add(new, source=self._node.us.key, now=self._node.clock())
        clashes = {(one.id, one.version) for one in outcome.conflicts}
        for one in new:
            if (one.view.id, one.view.version) in clashes:
                status.failures.append(
                    _Said(one.view.id, one.view.version or None, "other content is held under this version")
                )
            else:
                status.successes.append(_Said(one.view.id, one.view.version or None))

    def delete(self, user: TaxiiUser, where: Collection, object_id: str, query: Query) -> None:
        """Take versions of an object away that this node holds as its own.

        Raises:
            NotAllowed: the user may not read and write here, or what is held is another party's.
            NotThere: there is no such object or version.
        """
        if not (where.can_read and where.can_write):
            raise NotAllowed
        with self._node.db.write() as tx:
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


class _Said(msgspec.Struct, omit_defaults=True):
    id: str
    version: str | None = None
    message: str | None = None


class _Status:
    """The status resource of a post, as it fills."""

    def __init__(self, identifier: str, at: datetime) -> None:
        self._identifier = identifier
        self._at = at
        self.successes: list[_Said] = []
        self.failures: list[_Said] = []

    def failed(self, identifier: str, version: str, findings: Sequence[Finding]) -> None:
        """An object that is not taken over, and the first MUST that it breaks."""
        first = next((one for one in findings if one.must), findings[0])
        self.failures.append(_Said(identifier or "unreadable", version or None, f"{first.rule}: {first.message}"))

    def encoded(self) -> bytes:
        """The resource."""
        resource: dict[str, Any] = {
            "id": self._identifier,
            "status": "complete",
            "request_timestamp": format_timestamp(self._at),
            "total_count": len(self.successes) + len(self.failures),
            "success_count": len(self.successes),
            "successes": self.successes,
            "failure_count": len(self.failures),
            "failures": self.failures,
            "pending_count": 0,
        }
        return msgspec.json.encode(resource)
