"""TAXII 2.1 over HTTP: routes, media types, status codes and error bodies. What is offered is `node.taxii`'s.

    GET         /taxii2/openapi.json                            what can be asked
    GET         /taxii2/                                        discovery
    GET         /taxii2/api/                                   the one API root
    GET         /taxii2/api/status/STATUS/                     what became of a post
    GET         /taxii2/api/collections/                       the user's collections
    GET         /taxii2/api/collections/COLLECTION/
    GET         /taxii2/api/collections/COLLECTION/manifest/
    GET, POST   /taxii2/api/collections/COLLECTION/objects/
    GET, DELETE /taxii2/api/collections/COLLECTION/objects/OBJECT/
    GET         /taxii2/api/collections/COLLECTION/objects/OBJECT/versions/

Rules: `openapi.json`, and 308 to an address with its trailing slash, are for everybody; for all else whoever shows
no token that is known gets 401. A user gets 404 for what it may not know to exist. A token comes as `Bearer`, as
`Token`, or as the password of HTTP Basic under the user's name.
Source: TAXII 2.1, OASIS standard of 10 June 2021.
"""

import base64
import binascii
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Hashable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

import msgspec
from anyio import CapacityLimiter, to_thread
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from backchannel.core.stix_ids import is_id
from backchannel.errors import BackchannelError, DiskFull, StoreBusy
from backchannel.flow.ports_taxii import TaxiiUser
from backchannel.node.taxii import (
    MOST_CONTENT,
    OBJECT_FILTERS,
    ONE_OBJECT_FILTERS,
    VERSIONS_FILTERS,
    NotThere,
    Reached,
    TaxiiService,
    most_content,
)
from backchannel.node.taxii_posts import NotEnvelope
from backchannel.node.taxii_users import NotAllowed, digest
from backchannel.protocol import taxii
from backchannel.web.bodies import Bodies, RefusedError
from backchannel.web.memory import Memory
from backchannel.web.openapi import document

log = logging.getLogger(__name__)

ROOT = "/taxii2/api/"
LONGEST_HEADER = 512
"""Most characters of an `Authorization` header."""

BURST_SECONDS = 10
"""Seconds that it takes to fill an empty allowance."""

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Type": taxii.MEDIA_TYPE,
    "X-Content-Type-Options": "nosniff",
}
_METHODS: tuple[str, ...] = ()
"""For routes: every method, also one that is not known (an empty list limits nothing); `answer` refuses it."""

AT_ONCE = 1
"""Requests of one user that are worked on at once: who asks for what is slow keeps nobody else waiting. Two would
only take turns at the interpreter, and get half as much done."""

MOST_BODIES = 8
"""Bodies of one user that are on their way in at once: each keeps a connection for as long as it likes to drip."""

Answer = Callable[[Request, TaxiiUser], Response]
"""Answers a request, in a thread."""


class Posting(NamedTuple):
    """Answers a request with a body: waits for it in the event loop, then goes into a thread by itself."""

    answer: Callable[[Request, TaxiiUser], Awaitable[Response]]


class Lasting(Response):
    """An answer that holds until then at most (None: for good), if nobody writes to the store."""

    until: datetime | None = None


class Visitors:
    """What each user may do now: requests out of a bucket that fills by `a_second` up to `burst`."""

    def __init__(self, a_second: float, burst: float | None = None) -> None:
        self._rate, self._burst = a_second, a_second * BURST_SECONDS if burst is None else burst
        self._left: dict[str, tuple[float, float]] = {}
        self._limiters: dict[str, CapacityLimiter] = {}
        self._all_bodies = Bodies(MOST_CONTENT)
        self._bodies: dict[str, Bodies] = {}

    def take(self, user: str) -> float:
        """Use one request up: 0, or the seconds to wait before there is one."""
        now = time.monotonic()
        left, since = self._left.get(user, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._rate)
        if left < 1:
            self._left[user] = (left, now)
            return (1 - left) / self._rate
        self._left[user] = (left - 1, now)
        return 0.0

    async def answered(self, user: str, work: Callable[[], Response]) -> Response:
        """Do the work in a thread, when this user's turn comes."""
        limiter = self._limiters.setdefault(user, CapacityLimiter(AT_ONCE))
        return await to_thread.run_sync(work, limiter=limiter)

    def bodies(self, user: str, most: int) -> Bodies:
        """The room for what this user posts, `most` bytes each: it can take up a part of what there is for all."""
        room = Bodies(most, together=2 * most, at_once=MOST_BODIES, within=self._all_bodies)
        return self._bodies.setdefault(user, room)

    async def drop(self, request: Request) -> None:
        """Read a body that nobody wants."""
        await self._all_bodies.drop(request)


def taxii_routes(service: TaxiiService, visitors: Visitors, public_url: str = "") -> list[BaseRoute]:
    """The routes of a node's TAXII server. `public_url` is how clients reach it, where a proxy stands before it."""
    app = _Taxii(service, visitors, public_url)
    one = f"{ROOT}collections/{{collection}}/"
    table: Mapping[str, Mapping[str, Answer | Posting]] = {
        "/taxii2/": {"GET": app.discovery},
        ROOT: {"GET": app.root},
        f"{ROOT}status/{{status}}/": {"GET": app.status},
        f"{ROOT}collections/": {"GET": app.collections},
        one: {"GET": app.collection},
        f"{one}manifest/": {"GET": partial(app.page, "manifest")},
        f"{one}objects/": {"GET": partial(app.page, "objects"), "POST": Posting(app.post)},
        f"{one}objects/{{object}}/": {"GET": partial(app.page, "object"), "DELETE": app.delete},
        f"{one}objects/{{object}}/versions/": {"GET": partial(app.page, "versions")},
    }
    routes: list[BaseRoute] = [Route("/taxii2/openapi.json", app.openapi, methods=["GET"])]
    for path, answers in table.items():
        routes.append(Route(path, partial(app.answer, answers), methods=_METHODS))
        routes.append(Route(path.removesuffix("/"), _with_slash, methods=_METHODS))
    routes.append(Route("/taxii2/{rest:path}", partial(app.answer, {}), methods=_METHODS))
    return routes


class _Taxii:
    """The answers. Errors become statuses in `_said` and nowhere else."""

    def __init__(self, service: TaxiiService, visitors: Visitors, public_url: str) -> None:
        self._service = service
        self._visitors = visitors
        self._public_url = public_url
        self._memory = Memory(service.version, service.now)

    async def answer(self, answers: Mapping[str, Answer | Posting], request: Request) -> Response:
        """Admit, answer by method, and say what went wrong, once the sender of a body is ready to hear it."""
        try:
            reply = await self._said(answers, request)
            await self._visitors.drop(request)
        except ClientDisconnect:
            return Response(status_code=400)
        return reply

    async def _said(self, answers: Mapping[str, Answer | Posting], request: Request) -> Response:
        try:
            return await self._admitted(answers, request)
        except NotThere:
            return _problem(404, "there is nothing here", "Look at the collections that you can see.")
        except NotAllowed:
            return _problem(403, "your token does not allow this here", "Ask the operator of this server.")
        except taxii.BadQuery as error:
            return _problem(400, str(error), "Correct the parameter.")
        except NotEnvelope as error:
            return _problem(400, str(error)[:300], "Send one JSON object with a list of objects under `objects`.")
        except RefusedError as refused:
            return _problem(refused.status, refused.error, refused.advice)
        except BackchannelError as error:
            return _failed(error)

    async def _admitted(self, answers: Mapping[str, Answer | Posting], request: Request) -> Response:
        as_of = self._memory.as_of()
        user = await self._user(request, as_of)
        if user is None:
            return _unauthorized()
        if wait := self._visitors.take(user.name):
            later = {"Retry-After": str(int(wait) + 1)}
            return _problem(429, "too many requests", "Wait as long as Retry-After says.", later)
        if not answers:
            raise NotThere
        answer = answers.get("GET" if request.method == "HEAD" else request.method)
        if answer is None:
            allowed = {"Allow": ", ".join(sorted(answers))}
            return _problem(405, f"{request.method[:20]} is not used here", "See the standard.", allowed)
        if not taxii.accepts(request.headers.get("accept")):
            return _problem(406, "only TAXII 2.1 is spoken here", f"Accept {taxii.MEDIA_TYPE}.")
        if isinstance(answer, Posting):
            return await answer.answer(request, user)
        asked = _digest(user.name, request.method, request.scope["path"], request.scope["query_string"])
        kept: Response | None = self._memory.get(asked)
        if kept is not None:
            return kept
        response = await self._visitors.answered(user.name, partial(self._in_turn, answer, request, user, as_of))
        if isinstance(response, Lasting):
            self._memory.keep(as_of, asked, response, size=len(response.body), until=response.until)
        return response

    def _in_turn(self, answer: Answer, request: Request, user: TaxiiUser, as_of: Hashable) -> Response:
        """Answer, unless the user was revoked while it waited for its turn."""
        self._service.check_still(user, as_of)
        return answer(request, user)

    async def _user(self, request: Request, as_of: Hashable) -> TaxiiUser | None:
        """Who asks, if it may come in now."""
        shown = _shown(request.headers.get("authorization", ""))
        if shown is None:
            return None
        key = ("token", digest(shown.token))
        user: TaxiiUser | None = self._memory.get(key)
        if user is None:
            user = await run_in_threadpool(self._service.user, shown.token)
            if user is not None:
                self._memory.keep(as_of, key, user)
        return user if user is not None and self._service.admits(user, shown.name) else None

    # --- what the server is ------------------------------------------------------------------------------------

    async def openapi(self, _request: Request) -> Response:
        """The document says nothing of any user, so anybody may read it."""
        return _json(document(self._service.title), headers={"Content-Type": "application/json"})

    def discovery(self, request: Request, _user: TaxiiUser) -> Response:
        root = (self._public_url or f"{request.url.scheme}://{request.url.netloc}") + ROOT
        return _json({"title": self._service.title, "default": root, "api_roots": [root]})

    def root(self, _request: Request, user: TaxiiUser) -> Response:
        return _json(
            {"title": self._service.title, "versions": [taxii.MEDIA_TYPE], "max_content_length": most_content(user)}
        )

    def collections(self, _request: Request, user: TaxiiUser) -> Response:
        found = self._service.collections(user)
        return _json({"collections": found} if found else {})

    def collection(self, request: Request, user: TaxiiUser) -> Response:
        return _json(self._where(request, user).seen)

    def status(self, request: Request, user: TaxiiUser) -> Response:
        return _bytes(self._service.status(user, request.path_params["status"]))

    # --- what is in a collection -------------------------------------------------------------------------------

    async def post(self, request: Request, user: TaxiiUser) -> Response:
        where = await run_in_threadpool(self._where, request, user)
        if not where.seen.can_write:
            raise NotAllowed
        if not taxii.is_taxii(request.headers.get("content-type")):
            return _problem(415, "only TAXII 2.1 is spoken here", f"Send the body as {taxii.MEDIA_TYPE}.")
        async with self._visitors.bodies(user.name, most_content(user)).read(request) as body:
            return await self._visitors.answered(user.name, partial(self._take_in, user, where, body))

    def _take_in(self, user: TaxiiUser, where: Reached, body: bytes) -> Response:
        return _bytes(self._service.post(user, where, body), status=202)

    def delete(self, request: Request, user: TaxiiUser) -> Response:
        where = self._where(request, user)
        identifier = request.path_params["object"]
        query, _ = self._service.query(user, where, f"delete {identifier}", _parameters(request), ONE_OBJECT_FILTERS)
        if not is_id(identifier):
            raise NotThere
        if "match[version]" not in request.query_params:
            query = msgspec.structs.replace(query, versions=("all",))
        self._service.delete(user, where, identifier, query)
        return Response(status_code=200, headers=_HEADERS, content=b"{}")

    def _where(self, request: Request, user: TaxiiUser) -> Reached:
        return self._service.collection(user, request.path_params["collection"])

    def page(self, what: str, request: Request, user: TaxiiUser) -> Response:
        """A page of objects, of the manifest, of one object or of its versions."""
        where = self._where(request, user)
        joined, filters = _PAGES[what]
        identifier = request.path_params.get("object")
        asked, bound = self._service.query(user, where, f"{what} {identifier}", _parameters(request), filters)
        query = asked
        if identifier is not None:
            if not is_id(identifier):
                raise NotThere
            words = ("all",) if what == "versions" else asked.versions
            query = msgspec.structs.replace(asked, ids=(identifier,), versions=words)
        page, until = self._service.page(where, query, with_bytes=what in ("objects", "object"))
        if identifier is not None and not page.entries and not query.after and query.added_after is None:
            raise NotThere
        following = self._service.following(page, asked, bound)
        headers = {**_HEADERS, **taxii.added_headers(page.entries)}
        answer = Lasting(joined(page.entries, following), headers=headers)
        answer.until = until
        return answer


_PAGES = {
    "objects": (taxii.envelope, OBJECT_FILTERS),
    "object": (taxii.envelope, ONE_OBJECT_FILTERS),
    "manifest": (taxii.manifest, OBJECT_FILTERS),
    "versions": (taxii.versions, VERSIONS_FILTERS),
}
"""Kinds of pages: how one is joined from its entries, and which filters it knows."""


class _Shown(NamedTuple):
    """The token that a request shows; with HTTP Basic the user's name too."""

    token: str
    name: str | None = None


def _shown(header: str) -> _Shown | None:
    scheme, _, given = header.partition(" ")
    if len(header) > LONGEST_HEADER:
        return None
    if scheme.lower() in ("bearer", "token"):
        return _Shown(given.strip())
    if scheme.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return _Shown(password, name)


def _digest(*asked: str | bytes) -> bytes:
    """Stands for a request in the memory, however long it is."""
    return hashlib.sha256(repr(asked).encode()).digest()


def _parameters(request: Request) -> list[tuple[str, str]]:
    return request.query_params.multi_items()


async def _with_slash(request: Request) -> Response:
    """The same address with its trailing slash, said so that it holds behind a proxy too: method and body are kept
    (RFC 9110, section 15.4.9)."""
    last, query = request.url.path.rsplit("/", 1)[-1], request.url.query
    return RedirectResponse(f"./{last}/" + (f"?{query}" if query else ""), status_code=308, headers=_HEADERS)


def _json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return _bytes(msgspec.json.encode(value), status=status, headers=headers)


def _bytes(body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(body, status, {**_HEADERS, **(headers or {})})


def _problem(status: int, title: str, advice: str, headers: Mapping[str, str] | None = None) -> Response:
    return _json({"title": title, "description": advice, "http_status": str(status)}, status, headers)


def _unauthorized() -> Response:
    challenge = {"WWW-Authenticate": 'Bearer realm="TAXII", Basic realm="TAXII"'}
    return _problem(401, "no token that is known here", "Show the token of a TAXII user of this node.", challenge)


def _failed(error: BackchannelError) -> Response:
    """What failed is for the server's own log, where its paths and tables may be named."""
    log.error("taxii: %s", error)
    if isinstance(error, StoreBusy):
        return _problem(503, "the server is busy writing", "Send it again later.", {"Retry-After": "5"})
    if isinstance(error, DiskFull):
        return _problem(507, "the disk of this server is full", "Try again later, and tell its operator.")
    return _problem(500, "the server cannot do that now", "Try again later, and tell its operator.")
