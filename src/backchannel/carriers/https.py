"""Mailboxes on a host reached over HTTPS: the other side of `web/peer.py`.

Rules: the host is not trusted. With a pin nothing, and so no token, is sent before its certificate was
compared; redirects are never followed, cookies and proxies of the environment never used, every answer is
bounded in size and time, and nothing of an answer but a status and checked names comes out. All four verbs
may be repeated safely, so a connection that fails is tried again, a bounded number of times.
"""

import base64
import math
import ssl
import time
import weakref
from collections.abc import Callable
from typing import NamedTuple

import httpcore
import httpx
import msgspec

from backchannel.carriers.failures import PASSING, connect_reason, tls_failure
from backchannel.carriers.item import MAX_ITEM, MOST_NAMES, is_name, require_name
from backchannel.carriers.tls import Connections, PinnedContext, WrongCertificateError, client_context
from backchannel.errors import CarrierError, MailboxFull, NoMailbox, UnfitItem
from backchannel.flow.ports_carriers import Mailbox

MAX_PAGES = 50
"""Most pages one listing takes; the next listing goes on after them."""

MAX_PAGE = 4 * 1024 * 1024
"""Largest answer to a listing, in bytes."""

MAX_UNWANTED = 64 * 1024
"""Most bytes read of an answer that matters by its status only."""

REQUEST_SECONDS = 300.0
"""Longest time one request may take in all, attempts included, however lively the connection is."""

BACK_OFF = 0.25
"""Seconds before the second attempt; each further one waits twice as long."""


def unhurried() -> float:
    """Time without end: the limit of one request is the only one."""
    return math.inf


class _Page(msgspec.Struct):
    items: list[str]
    more: bool = False


class _Answer(NamedTuple):
    status: int
    body: bytes


class HttpsCarrier:
    """A carrier at `url` (`https://HOST:PORT[/BASE]`). `pin` is the SHA-256 in hex of the host's certificate
    in DER; None leaves the judgement to the system's authorities. `timeout` is the longest silence, in
    seconds; `seconds_left` says how long a request may take in all that starts now."""

    def __init__(
        self,
        url: str,
        *,
        pin: str | None = None,
        timeout: float = 20.0,
        attempts: int = 3,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        seconds_left: Callable[[], float] = unhurried,
    ) -> None:
        self._base = httpx.URL(url.rstrip("/"))
        self._where = self._base.netloc.decode("ascii")
        self._timeout = timeout
        self._attempts = attempts
        self._sleep = sleep
        self.pin = pin
        self._clock = clock
        self._seconds_left = seconds_left
        self._context: PinnedContext | None = None
        self._transport: httpx.HTTPTransport | None = None
        self._closer: weakref.finalize[..., HttpsCarrier] | None = None

    def put(self, mailbox: Mailbox, name: str, data: bytes) -> bool:
        """Put if absent; False if an item of that name is already there.

        Raises:
            UnfitItem: a bad name, no data, or more than an item may have; nothing was sent.
            MailboxFull: the host has no room for it.
            CarrierError: the host cannot be reached, is another one, or refused; the message says which.
        """
        if not 0 < len(data) <= MAX_ITEM:
            raise UnfitItem(f"{name}: {len(data)} bytes; an item has 1 to {MAX_ITEM}")
        answer = self._ask("PUT", mailbox, require_name(name), body=data)
        if answer.status in (200, 201, 409):
            return answer.status == 201
        raise self._unexpected(answer.status)

    def list_after(self, mailbox: Mailbox, after: str = "") -> list[str]:
        """Names of the items after `after`, in order; at most `MOST_NAMES` on `MAX_PAGES` pages, so there may be
        more.

        Raises:
            CarrierError: as `put`, or the answer is not a list of names in order.
        """
        names: list[str] = []
        for _ in range(MAX_PAGES):
            answer = self._ask("GET", mailbox, after=names[-1] if names else after)
            if answer.status != 200:
                raise self._unexpected(answer.status)
            page = self._page(answer.body, names[-1] if names else after)
            names += page.items[: MOST_NAMES - len(names)]
            if not page.more or not page.items or len(names) == MOST_NAMES:
                break
        return names

    def get(self, mailbox: Mailbox, name: str) -> bytes | None:
        """The item, or None if it is gone.

        Raises:
            UnfitItem: the host sends more than an item may have.
            CarrierError: as `put`.
        """
        answer = self._ask("GET", mailbox, require_name(name))
        if answer.status == 410:
            return None
        if answer.status != 200:
            raise self._unexpected(answer.status)
        return answer.body

    def delete(self, mailbox: Mailbox, name: str) -> None:
        """Delete; nothing happens if it is gone.

        Raises:
            CarrierError: as `put`.
        """
        answer = self._ask("DELETE", mailbox, require_name(name))
        if answer.status not in (200, 204, 410):
            raise self._unexpected(answer.status)

    def close(self) -> None:
        """Close the connections; the next request opens new ones. A carrier nobody holds closes by itself."""
        if self._closer is not None:
            self._closer()
        self._transport = self._closer = None

    def _ask(
        self, method: str, mailbox: Mailbox, item: str = "", *, after: str = "", body: bytes | None = None
    ) -> _Answer:
        path = f"{self._base.path.rstrip('/')}/mailbox/{require_name(mailbox.name)}{f'/{item}' if item else ''}"
        token = base64.urlsafe_b64encode(mailbox.token).rstrip(b"=").decode("ascii")
        request = httpx.Request(
            method,
            self._base.copy_with(path=path, query=f"after={after}".encode() if after else None),
            headers={"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"},
            content=body,
        )
        limit = MAX_ITEM if item else MAX_PAGE
        until = self._clock() + min(REQUEST_SECONDS, self._seconds_left())
        for attempt in range(1, self._attempts + 1):
            left = until - self._clock()
            if left <= 0:
                break
            try:
                return self._once(request, limit, left)
            except httpx.HTTPError as error:
                if attempt == self._attempts or not isinstance(error, PASSING) or tls_failure(error):
                    raise self._failure(error) from error
                self._sleep(BACK_OFF * 2 ** (attempt - 1))
        raise CarrierError(f"{self._where} did not answer in time (the time for one request was used up)")

    def _once(self, request: httpx.Request, limit: int, seconds: float) -> _Answer:
        if self._transport is None or self._context is None:
            self._context = client_context(self.pin, clock=self._clock)
            self._transport = httpx.HTTPTransport(verify=self._context, http2=False, trust_env=False)
            self._transport._pool = httpcore.ConnectionPool(
                ssl_context=self._context, network_backend=Connections(self._context)
            )
            self._closer = weakref.finalize(self, self._transport.close)
        self._context.start(seconds)
        request.extensions = {"timeout": httpx.Timeout(min(self._timeout, seconds)).as_dict()}
        response = self._transport.handle_request(request)
        try:
            if response.status_code != 200 or request.method != "GET":
                self._use_up(response)
                return _Answer(response.status_code, b"")
            if response.headers.get("content-encoding", "identity") != "identity":
                raise CarrierError(f"{self._where} answered in an encoding that was not asked for")
            return _Answer(200, self._read(response, limit))
        finally:
            response.close()

    def _use_up(self, response: httpx.Response) -> None:
        """Read what nobody wants, so that the connection can be used again; a long text is not worth it."""
        size = 0
        for chunk in response.iter_raw():
            size += len(chunk)
            if size > MAX_UNWANTED:
                return

    def _read(self, response: httpx.Response, limit: int) -> bytes:
        body = bytearray()
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > limit:
                raise UnfitItem(f"{self._where} sends more than {limit} bytes; the rest was not read")
        return bytes(body)

    def _page(self, body: bytes, after: str) -> _Page:
        try:
            page = msgspec.json.decode(body, type=_Page)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            raise CarrierError(f"{self._where} answered with something that is no list of items") from None
        for name in page.items:
            if not is_name(name) or name <= after:
                raise CarrierError(f"{self._where} lists {name[:130]!r}, which is no name or not in order")
            after = name
        return page

    def _unexpected(self, status: int) -> CarrierError:
        reasons = {
            403: "lets this mailbox be used the other way only",
            408: "found the connection too slow",
            413: "takes no envelopes of this size",
            429: "is too busy",
            500: "has a fault of its own",
            503: "is too busy",
        }
        if status == 404:
            why = "does not keep this mailbox; perhaps the other side has not enrolled our card yet"
            return NoMailbox(f"{self._where} {why} (status 404)")
        if status == 507:
            return MailboxFull(f"{self._where} has no room for it (status 507)")
        return CarrierError(f"{self._where} {reasons.get(status, 'answered unexpectedly')} (status {status})")

    def _failure(self, error: httpx.HTTPError) -> CarrierError:
        cause = tls_failure(error)
        if isinstance(cause, WrongCertificateError):
            return CarrierError(f"{self._where}: the certificate is not the one on the key card; nothing was sent")
        if isinstance(cause, ssl.SSLCertVerificationError):
            return CarrierError(f"{self._where}: no authority vouches for its certificate ({cause.verify_message})")
        if cause is not None:
            return CarrierError(f"{self._where}: no TLS 1.3 connection: {cause.reason or cause.strerror or cause}")
        if isinstance(error, httpx.TimeoutException):
            return CarrierError(f"{self._where} did not answer in time ({self._timeout:g} s of silence, or too slow)")
        if isinstance(error, httpx.ConnectError):
            return CarrierError(f"{self._where}: {connect_reason(error)}")
        return CarrierError(f"{self._where} broke off the connection")
