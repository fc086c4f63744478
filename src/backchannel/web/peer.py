"""Mailboxes over HTTP, for counterparts and for a relay: routes and status codes.

    PUT    /mailbox/NAME/ITEM        201 kept, 200 same, 409 another is there, 413 too large, 507 full, 403 wrong way
    GET    /mailbox/NAME?after=ITEM  200 {"items": [...], "more": false}, 403
    GET    /mailbox/NAME/ITEM        200 the bytes, 410 gone, 403
    DELETE /mailbox/NAME/ITEM        204, 403

Every request carries `Authorization: Bearer` and the mailbox's token in base64url. A method that is not in the list
gets 405, whoever asks and whatever the mailbox; otherwise whoever is not admitted gets the same 404 for everything,
so that nobody learns which mailboxes exist. Neither tokens nor bodies are ever logged.
"""

import base64
import binascii
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from backchannel.carriers.host import MailboxHost, Outcome
from backchannel.carriers.item import MAX_ITEM, is_name
from backchannel.errors import BackchannelError, DiskFull, MailboxFull, UnfitItem, WrongWay
from backchannel.flow.ports_carriers import Mailbox
from backchannel.web.bodies import BODY_SECONDS, Bodies, RefusedError

LONGEST_TOKEN = 128
"""Most characters of a token; one of ours has 43."""

_SAFE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_STATUS = {Outcome.CREATED: 201, Outcome.SAME: 200, Outcome.OTHER: 409}

log = logging.getLogger(__name__)

Answer = Callable[[Request, Mailbox], Awaitable[Response]]


def mailbox_app(
    host: MailboxHost, *, body_seconds: float = BODY_SECONDS, more: Sequence[BaseRoute] = ()
) -> Starlette:
    """The mailbox server of a node or a relay: a relay's host knows every name, and has tighter quotas. `more` are
    what else is served beside the mailboxes."""
    bodies = Bodies(MAX_ITEM, seconds=body_seconds)
    box = _admitted(host, bodies, {"GET": partial(_list, host)})
    item = _admitted(
        host,
        bodies,
        {"PUT": partial(_put, host, bodies), "GET": partial(_get, host), "DELETE": partial(_delete, host)},
    )
    methods = ["GET", "PUT", "DELETE", "HEAD", "POST", "PATCH", "OPTIONS", "TRACE", "CONNECT"]
    app = Starlette(
        routes=[
            Route("/", _health, methods=["GET"]),
            Route("/mailbox/{name}", box, methods=methods),
            Route("/mailbox/{name}/{item}", item, methods=methods),
            *more,
        ],
        exception_handlers={HTTPException: _http_problem},
    )
    app.router.redirect_slashes = False
    return app


def _admitted(
    host: MailboxHost, bodies: Bodies, answers: dict[str, Answer]
) -> Callable[[Request], Awaitable[Response]]:
    """Admit, then answer by method; errors become statuses here and nowhere else."""

    async def endpoint(request: Request) -> Response:
        answer = answers.get(request.method)
        if answer is None:
            allowed = {"Allow": ", ".join(sorted(answers))}
            return _problem(405, f"{request.method[:20]} is not used here", "See the documentation.", allowed)
        try:
            mailbox = await run_in_threadpool(host.admit, request.path_params["name"], _token(request))
            if mailbox is None:
                await bodies.drop(request)
                raise RefusedError(404, "there is nothing here", "Check the address and the agreement.")
            if not is_name(request.path_params.get("item", "0")):
                raise RefusedError(400, "not a name of an item", "See the documentation.")
            return await answer(request, mailbox)
        except RefusedError as refused:
            return _problem(refused.status, refused.error, refused.advice)
        except ClientDisconnect:
            return Response(status_code=400)
        except BackchannelError as error:
            return _failed(error)

    return endpoint


async def _put(host: MailboxHost, bodies: Bodies, request: Request, mailbox: Mailbox) -> Response:
    async with bodies.read(request) as body:
        outcome = await run_in_threadpool(host.put, mailbox, request.path_params["item"], body)
    return JSONResponse({"outcome": outcome.value}, _STATUS[outcome], _SAFE)


async def _list(host: MailboxHost, request: Request, mailbox: Mailbox) -> Response:
    after = request.query_params.get("after", "")
    if after and not is_name(after):
        raise RefusedError(400, "not a name of an item", "See the documentation.")
    items, more = await run_in_threadpool(host.page, mailbox, after)
    return JSONResponse({"items": items, "more": more}, headers=_SAFE)


async def _get(host: MailboxHost, request: Request, mailbox: Mailbox) -> Response:
    body = await run_in_threadpool(host.get, mailbox, request.path_params["item"])
    if body is None:
        raise RefusedError(410, "this item is gone", "Go on with the next one.")
    return Response(body, headers=_SAFE, media_type="application/octet-stream")


async def _delete(host: MailboxHost, request: Request, mailbox: Mailbox) -> Response:
    await run_in_threadpool(host.delete, mailbox, request.path_params["item"])
    return Response(status_code=204, headers=_SAFE)


async def _health(_request: Request) -> Response:
    return PlainTextResponse("backchannel\n", headers=_SAFE)


def _token(request: Request) -> bytes:
    """The bearer token; empty, and so admitted nowhere, if there is none that could be one."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or len(text) > LONGEST_TOKEN:
        return b""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


def _failed(error: BackchannelError) -> Response:
    """Full and the wrong way are said as they are; what else failed is for the host's own log, where its paths
    belong."""
    if isinstance(error, MailboxFull):
        return _problem(507, str(error), error.advice)
    if isinstance(error, WrongWay):
        return _problem(403, str(error), error.advice)
    log.error("mailbox: %s", error)
    if isinstance(error, DiskFull):
        return _problem(507, "the disk of this host is full", "Try again later, and tell its operator.")
    if isinstance(error, UnfitItem):
        return _problem(400, "this is no item that can be kept here", "An item has a name and some bytes.")
    return _problem(500, "this host cannot use its own folder", "Try again later, and tell its operator.")


def _problem(status: int, error: str, advice: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"error": error, "advice": advice}, status, {**_SAFE, **(headers or {})})


def _http_problem(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    said = "there is nothing here" if status == 404 else "not used here"
    return _problem(status, said, "See the documentation.", getattr(error, "headers", None))
