"""The resources of a TAXII 2.1 server, asked for and read: discovery, API roots, collections, pages, status.

Rules: nothing of an answer comes out but checked values; titles and messages are as the server wrote them and have
to be made printable where they are shown. What is wrong with one collection costs its neighbours nothing. A page is
not read here but put into a file.
Source: TAXII 2.1, sections 3.6 (errors), 4 (server information) and 5 (collections).
"""

from typing import BinaryIO, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from backchannel.carriers.session import Answer, Session
from backchannel.core.text import shown
from backchannel.errors import BackchannelError, TaxiiDenied, TaxiiMisbehaves, TaxiiNotThere, TaxiiUnreachable
from backchannel.protocol.paging import Ask

MEDIA_TYPE = "application/taxii+json;version=2.1"

MAX_RESOURCE = 4 << 20
"""Largest resource in bytes, but for pages of objects."""

MAX_PAGE = 256 << 20
"""Largest page of objects in bytes."""

PAGE_OBJECTS = 5_000
"""Objects asked for at once; a server gives fewer if it likes."""

MAX_ROOTS, MAX_COLLECTIONS = 100, 10_000

DEFAULT_CONTENT = 1 << 20
"""What is sent at once, in bytes, to a server that does not say how much it takes."""

FAULTS = (TaxiiDenied, TaxiiNotThere, TaxiiUnreachable, TaxiiMisbehaves)
"""What can go wrong with a server: it ends the work on one collection, and is told."""

_WELL_KNOWN = "/taxii2/"
_Kind = TypeVar("_Kind")


class ApiRoot(msgspec.Struct, frozen=True):
    """An API root: its URL, and the largest request in bytes that it takes."""

    url: str
    max_content_length: int = DEFAULT_CONTENT


class Collection(msgspec.Struct, frozen=True):
    """A collection: its URL and API root, and what the server says of it."""

    url: str
    root: ApiRoot
    id: str
    title: str
    alias: str
    can_read: bool
    can_write: bool


class Located(msgspec.Struct, frozen=True):
    """What a URL turned out to be: the collections behind it, whether it is itself one of them (`single`), and what
    there was to say about what could not be read."""

    collections: list[Collection]
    single: bool
    notes: list[str]


class Detail(msgspec.Struct, frozen=True):
    """What became of one object that was sent."""

    id: str = ""
    version: str = ""
    message: str = ""


class Status(msgspec.Struct, frozen=True):
    """How far the server is with what was sent."""

    id: str = ""
    status: str = ""
    success_count: int = 0
    failure_count: int = 0
    pending_count: int = 0
    failures: list[Detail] = []

    @property
    def complete(self) -> bool:
        """Whether it is done with it."""
        return self.status == "complete"


class _Discovery(msgspec.Struct):
    api_roots: list[str] = []
    default: str = ""


class _Root(msgspec.Struct):
    max_content_length: int = DEFAULT_CONTENT


class _Collections(msgspec.Struct):
    collections: list[msgspec.Raw] = []


class _Collection(msgspec.Struct):
    id: str
    can_read: bool
    can_write: bool
    title: str = ""
    alias: str = ""


class _Record(msgspec.Struct):
    date_added: str = ""


class _Manifest(msgspec.Struct):
    objects: list[_Record] = []


class _Error(msgspec.Struct):
    title: str = ""
    description: str = ""


def locate(session: Session) -> Located:
    """Find out what the session's URL is, and all collections behind it.

    Raises:
        TaxiiNotThere: no TAXII 2.1 there.
        TaxiiDenied, TaxiiUnreachable, TaxiiMisbehaves: as they say.
    """
    base = str(session.base)
    for last in ("objects", "manifest"):
        if session.base.path.endswith(f"/{last}/"):
            base = base.removesuffix(f"{last}/")
    try:
        found = _resource(session, base)
    except TaxiiNotThere:
        if session.base.path != "/":
            raise
        base = str(session.base.join(_WELL_KNOWN))
        found = _resource(session, base)
    if "can_read" in found:
        url = base.rsplit("/", 3)[0] + "/"  # …/collections/ID/
        return Located([_collection(session, _api_root(session, url), found)], True, [])
    if "collections" in found:
        return _behind(session, [base.removesuffix("collections/")])
    if "versions" in found or "max_content_length" in found:
        return _behind(session, [base])
    discovery = _converted(session, found, _Discovery)
    roots = list(dict.fromkeys(filter(None, [discovery.default, *discovery.api_roots])))[:MAX_ROOTS]
    if not roots:
        raise TaxiiNotThere(f"{session.host} names no API root at {base}")
    return _behind(session, roots)


def _behind(session: Session, roots: list[str]) -> Located:
    """The collections of all API roots that can be asked. If none can, the failure of the first is the failure."""
    collections: list[Collection] = []
    failures: list[BackchannelError] = []
    odd: list[str] = []
    for url in roots:
        try:
            if not session.same_origin(url):
                raise TaxiiNotThere(f"the API root {shown(url, 200)} is on another server; give that URL to read it")
            found, notes = _collections(session, _api_root(session, str(session.base.join(url))))
            collections += found
            odd += notes
        except (TaxiiNotThere, TaxiiDenied, TaxiiMisbehaves) as error:
            failures.append(error)
    if len(failures) == len(roots):
        raise failures[0]
    return Located(collections, False, [*map(str, failures), *odd])


def _api_root(session: Session, url: str) -> ApiRoot:
    url = url if url.endswith("/") else f"{url}/"
    root = _converted(session, _resource(session, url), _Root)
    return ApiRoot(url, root.max_content_length if root.max_content_length > 0 else DEFAULT_CONTENT)


def _collections(session: Session, root: ApiRoot) -> tuple[list[Collection], list[str]]:
    listed = _converted(session, _resource(session, f"{root.url}collections/"), _Collections).collections
    if len(listed) > MAX_COLLECTIONS:
        raise TaxiiMisbehaves(f"{session.host} lists more than {MAX_COLLECTIONS} collections")
    found: list[Collection] = []
    odd: list[str] = []
    for one in listed:
        try:
            found.append(_collection(session, root, _decoded(session, bytes(one), dict[str, msgspec.Raw])))
        except TaxiiMisbehaves as error:
            odd.append(str(error))
    return found, odd


def _collection(session: Session, root: ApiRoot, found: dict[str, msgspec.Raw]) -> Collection:
    one = _converted(session, found, _Collection)
    if not 0 < len(one.id) <= 250 or one.id in {".", ".."} or not one.id.isprintable():
        raise TaxiiMisbehaves(f"{session.host} lists a collection with the id {shown(one.id)}, which is none")
    url = str(httpx.URL(f"{root.url}collections/{quote(one.id, safe='')}/"))
    return Collection(url, root, one.id, one.title, one.alias, one.can_read, one.can_write)


def read_page(
    session: Session, collection: Collection, ask: Ask, into: BinaryIO, *, limit: int, repeat: bool
) -> Answer:
    """One page of objects into a file; the answer has its headers.

    Raises:
        TaxiiNotThere, TaxiiDenied, TaxiiUnreachable, TaxiiMisbehaves: as they say.
        CursorRefused: the server does not take the cursor, any more.
    """
    given = {"added_after": ask.added_after, "limit": str(limit), "next": ask.cursor}
    query = httpx.QueryParams({name: value for name, value in given.items() if value})
    url = f"{collection.url}objects/?{query}"
    answer = session.ask("GET", url, limit=MAX_PAGE, accept=MEDIA_TYPE, into=into, repeat=repeat)
    if ask.cursor and answer.status in (400, 404, 410, 416, 422, 500):
        raise CursorRefused(f"{session.host} does not take its own cursor (status {answer.status})")
    _require_good(session, answer)
    return answer


class CursorRefused(TaxiiMisbehaves):
    """What was read before is kept. Run the same command again: it goes on by date."""


def date_added(session: Session, collection: Collection, object_id: str) -> str:
    """When the server added an object, as its manifest says; '' if it does not.

    Raises:
        TaxiiUnreachable: no answer.
    """
    query = httpx.QueryParams({"match[id]": object_id, "match[version]": "all"})
    url = f"{collection.url}manifest/?{query}"
    try:
        answer = session.ask("GET", url, limit=MAX_RESOURCE, accept=MEDIA_TYPE)
        _require_good(session, answer)
        records = _decoded(session, answer.body, _Manifest).objects
    except (TaxiiNotThere, TaxiiDenied, TaxiiMisbehaves):
        return ""
    return max((one.date_added for one in records), default="")


def send(session: Session, collection: Collection, envelope: bytes) -> Status:
    """Objects, as an envelope, into a collection.

    Raises:
        TaxiiNotThere, TaxiiDenied, TaxiiUnreachable, TaxiiMisbehaves: as they say.
    """
    url = f"{collection.url}objects/"
    answer = session.ask("POST", url, limit=MAX_RESOURCE, accept=MEDIA_TYPE, body=envelope, repeat=False)
    _require_good(session, answer)
    return _decoded(session, answer.body, Status)


def status_of(session: Session, root: ApiRoot, status_id: str) -> Status:
    """How far the server is with what was sent.

    Raises:
        TaxiiNotThere, TaxiiDenied, TaxiiUnreachable, TaxiiMisbehaves: as they say.
    """
    return _converted(session, _resource(session, f"{root.url}status/{quote(status_id, safe='')}/"), Status)


def _resource(session: Session, url: str) -> dict[str, msgspec.Raw]:
    answer = session.ask("GET", url, limit=MAX_RESOURCE, accept=MEDIA_TYPE)
    _require_good(session, answer)
    return _decoded(session, answer.body, dict[str, msgspec.Raw])


def _converted(session: Session, found: dict[str, msgspec.Raw], kind: type[_Kind]) -> _Kind:
    return _decoded(session, msgspec.json.encode(found), kind)


def _decoded(session: Session, body: bytes, kind: type[_Kind]) -> _Kind:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        why = session.without_secrets(str(error))
        raise TaxiiMisbehaves(f"{session.host} answers with what is no TAXII resource: {why}") from None


def _require_good(session: Session, answer: Answer) -> None:
    """Refuse what is no good answer in TAXII, in words that say what to do.

    Raises:
        TaxiiNotThere, TaxiiDenied, TaxiiUnreachable, TaxiiMisbehaves: as they say.
    """
    kind = answer.header("content-type").lower().replace(" ", "")
    where = f"{session.host} (status {answer.status})"
    if 200 <= answer.status < 300:
        if "json" not in kind:
            raise TaxiiNotThere(f"{session.host} answers with {shown(kind) if kind else 'no type'}: that is no TAXII")
        if "version=2.0" in kind or "vnd.oasis.taxii" in kind:
            raise TaxiiNotThere(f"{session.host} speaks TAXII 2.0 at {answer.url}")
        return
    said = _said(session, answer)
    if answer.status == 401:
        raise TaxiiDenied(f"{where} does not accept who we say we are, or wants to know it{said}")
    if answer.status == 403:
        raise TaxiiDenied(f"{where} does not allow us that{said}")
    if answer.status in (404, 410):
        raise TaxiiNotThere(f"{where} has nothing for us at {answer.url.partition('?')[0]}{said}")
    if answer.status in (406, 415):
        raise TaxiiNotThere(f"{where} does not speak TAXII 2.1 at {answer.url.partition('?')[0]}{said}")
    if answer.status in (429, 503):
        raise TaxiiUnreachable(f"{where} is too busy{said}")
    if answer.status >= 500:
        raise TaxiiUnreachable(f"{where} has a fault of its own{said}")
    raise TaxiiMisbehaves(f"{where} refuses what TAXII allows{said}")


def _said(session: Session, answer: Answer) -> str:
    """What the server says about an error, to go behind a sentence."""
    try:
        error = msgspec.json.decode(answer.body, type=_Error)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    said = session.without_secrets(error.description or error.title)
    return f". It says: {shown(said, 200)}" if said else ""
