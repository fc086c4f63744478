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

Rules: whoever shows no token that is known gets 401 for everything; a user gets 404 for what it may not know to
exist. A token comes as `Bearer`, as `Token`, or as the password of HTTP Basic under the user's name.
Source: TAXII 2.1, OASIS standard of 10 June 2021.
"""

import base64
import binascii
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import msgspec
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
    NotAllowed,
    NotThere,
    TaxiiService,
    Where,
)
from backchannel.node.taxii_posts import NotEnvelope
from backchannel.protocol import taxii
from backchannel.web.bodies import Bodies, RefusedError
from backchannel.web.openapi import document

ROOT = "/taxii2/api/"
LONGEST_HEADER = 512
"""Most characters of an `Authorization` header."""

REQUESTS_A_SECOND, BURST = 200.0, 2_000.0
"""How fast a user's allowance of requests fills, and how much it holds."""

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Type": taxii.MEDIA_TYPE,
    "X-Content-Type-Options": "nosniff",
}
_METHODS: tuple[str, ...] = ()
"""For routes: every method, also one that is not known (an empty list limits nothing); `answer` refuses it."""

Answer = Callable[[Request, TaxiiUser], Awaitable[Response]]


class Allowances:
    """How many requests each user may still make now: a bucket that fills with time."""

    def __init__(self, a_second: float = REQUESTS_A_SECOND, burst: float = BURST) -> None:
        self._rate, self._burst = a_second, burst
        self._left: dict[str, tuple[float, float]] = {}

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


def taxii_routes(service: TaxiiService, allowances: Allowances | None = None) -> list[BaseRoute]:
    """The routes of a node's TAXII server."""
    app = _Taxii(service, allowances or Allowances())
    one = f"{ROOT}collections/{{collection}}/"
    table: Mapping[str, Mapping[str, Answer]] = {
        "/taxii2/": {"GET": app.discovery},
        ROOT: {"GET": app.root},
        f"{ROOT}status/{{status}}/": {"GET": app.status},
        f"{ROOT}collections/": {"GET": app.collections},
        one: {"GET": app.collection},
        f"{one}manifest/": {"GET": app.page("manifest")},
        f"{one}objects/": {"GET": app.page("objects"), "POST": app.post},
        f"{one}objects/{{object}}/": {"GET": app.page("object"), "DELETE": app.delete},
        f"{one}objects/{{object}}/versions/": {"GET": app.page("versions")},
    }
    routes: list[BaseRoute] = [Route("/taxii2/openapi.json", app.openapi, methods=["GET"])]
    for path, answers in table.items():
        routes.append(Route(path, partial(app.answer, answers), methods=_METHODS))
        routes.append(Route(path.removesuffix("/"), _with_slash, methods=_METHODS))
    routes.append(Route("/taxii2/{rest:path}", partial(app.answer, {}), methods=_METHODS))
    return routes


class _Taxii:
    """The answers. Errors become statuses in `_said` and nowhere else."""

    def __init__(self, service: TaxiiService, allowances: Allowances) -> None:
        self._service = service
        self._allowances = allowances
        self._bodies = Bodies(MOST_CONTENT)

    async def answer(self, answers: Mapping[str, Answer], request: Request) -> Response:
        """Admit, answer by method, and say what went wrong, once the sender of a body is ready to hear it."""
        try:
            reply = await self._said(answers, request)
            await self._bodies.drop(request)
        except ClientDisconnect:
            return Response(status_code=400)
        return reply

    async def _said(self, answers: Mapping[str, Answer], request: Request) -> Response:
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

    async def _admitted(self, answers: Mapping[str, Answer], request: Request) -> Response:
        user = await run_in_threadpool(self._user, request)
        if user is None:
            return _unauthorized()
        if wait := self._allowances.take(user.name):
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
        return await answer(request, user)

    def _user(self, request: Request) -> TaxiiUser | None:
        header = request.headers.get("authorization", "")
        scheme, _, given = header.partition(" ")
        if len(header) > LONGEST_HEADER:
            return None
        if scheme.lower() in ("bearer", "token"):
            return self._service.user(given.strip())
        if scheme.lower() != "basic":
            return None
        try:
            name, _, password = base64.b64decode(given, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return None
        return self._service.user(password, name)

    # --- what the server is ------------------------------------------------------------------------------------

    async def openapi(self, _request: Request) -> Response:
        """The document says nothing of any user, so anybody may read it."""
        return _json(document(self._service.title), headers={"Content-Type": "application/json"})

    async def discovery(self, request: Request, _user: TaxiiUser) -> Response:
        root = f"{request.url.scheme}://{request.url.netloc}{ROOT}"
        return _json({"title": self._service.title, "default": root, "api_roots": [root]})

    async def root(self, _request: Request, _user: TaxiiUser) -> Response:
        return _json(
            {"title": self._service.title, "versions": [taxii.MEDIA_TYPE], "max_content_length": MOST_CONTENT}
        )

    async def collections(self, _request: Request, user: TaxiiUser) -> Response:
        found = await run_in_threadpool(self._service.collections, user)
        return _json({"collections": found} if found else {})

    async def collection(self, request: Request, user: TaxiiUser) -> Response:
        return _json((await run_in_threadpool(self._where, request, user)).seen)

    async def status(self, request: Request, user: TaxiiUser) -> Response:
        return _bytes(await run_in_threadpool(self._service.status, user, request.path_params["status"]))

    # --- what is in a collection -------------------------------------------------------------------------------

    def page(self, what: str) -> Answer:
        """Answers with pages of this kind."""

        async def answer(request: Request, user: TaxiiUser) -> Response:
            return await run_in_threadpool(self._page, request, user, what)

        return answer

    async def post(self, request: Request, user: TaxiiUser) -> Response:
        where = await run_in_threadpool(self._where, request, user)
        if not where.seen.can_write:
            raise NotAllowed
        if not taxii.is_taxii(request.headers.get("content-type")):
            return _problem(415, "only TAXII 2.1 is spoken here", f"Send the body as {taxii.MEDIA_TYPE}.")
        async with self._bodies.read(request) as body:
            return _bytes(await run_in_threadpool(self._service.post, user, where, body), status=202)

    async def delete(self, request: Request, user: TaxiiUser) -> Response:
        await run_in_threadpool(self._delete, request, user)
        return Response(status_code=200, headers=_HEADERS, content=b"{}")

    def _delete(self, request: Request, user: TaxiiUser) -> None:
        where = self._where(request, user)
        identifier = request.path_params["object"]
        query, _ = self._service.query(user, where, f"delete {identifier}", _parameters(request), ONE_OBJECT_FILTERS)
        if not is_id(identifier):
            raise NotThere
        if "match[version]" not in request.query_params:
            query = msgspec.structs.replace(query, versions=("all",))
        self._service.delete(where, identifier, query)

    def _where(self, request: Request, user: TaxiiUser) -> Where:
        return self._service.collection(user, request.path_params["collection"])

    def _page(self, request: Request, user: TaxiiUser, what: str) -> Response:
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
        page = self._service.page(where, query, with_bytes=what in ("objects", "object"))
        if identifier is not None and not page.entries and not query.after and query.added_after is None:
            raise NotThere
        following = self._service.following(page, asked, bound)
        return _bytes(joined(page.entries, following), headers=taxii.added_headers(page.entries))


_PAGES = {
    "objects": (taxii.envelope, OBJECT_FILTERS),
    "object": (taxii.envelope, ONE_OBJECT_FILTERS),
    "manifest": (taxii.manifest, OBJECT_FILTERS),
    "versions": (taxii.versions, VERSIONS_FILTERS),
}
"""Kinds of pages: how one is joined from its entries, and which filters it knows."""


def _parameters(request: Request) -> list[tuple[str, str]]:
    return request.query_params.multi_items()


async def _with_slash(request: Request) -> Response:
    """The same address with its trailing slash: method and body are kept (RFC 9110, section 15.4.9)."""
    url = request.url.replace(path=request.url.path + "/")
    return RedirectResponse(url.path + (f"?{url.query}" if url.query else ""), status_code=308, headers=_HEADERS)


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
    if isinstance(error, StoreBusy):
        return _problem(503, "the server is busy writing", "Send it again later.", {"Retry-After": "5"})
    if isinstance(error, DiskFull):
        return _problem(507, "the disk of this server is full", "Try again later, and tell its operator.")
    return _problem(500, "the server cannot use its own store", "Try again later, and tell its operator.")
