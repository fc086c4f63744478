"""Requests to a server of somebody else over HTTPS, as the TAXII client needs them.

Rules: what proves who we are goes to the one origin (scheme, host, port) that the operator named and nowhere else:
another origin is not asked at all, and a redirect is followed only within it. Certificates are always verified;
without TLS only this machine is asked, unless the operator insists. Every answer is bounded in size and time. A
server that is too busy, and a connection that fails, are tried again a bounded number of times. No proxy, cookie or
credential of the environment is used, and no secret is part of any error.
"""

import base64
import ipaddress
import random
import ssl
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

import httpcore
import httpx

from backchannel.carriers.failures import PASSING, connect_reason, tls_failure
from backchannel.carriers.tls import PinnedContext, TimedConnections, public_context
from backchannel.core.text import printable, shown
from backchannel.errors import BadArgument, TaxiiMisbehaves, TaxiiUnreachable, UnusablePath

REQUEST_SECONDS = 300.0
"""Longest time one request may take, however lively the connection is; each repetition has as much."""

BACK_OFF = 0.5
"""Seconds before the second attempt, about; each further one waits twice as long."""

MAX_WAIT = 120.0
"""Longest time in seconds that a server may make us wait before it is asked again."""

MAX_REDIRECTS = 5
MAX_UNWANTED = 64 * 1024
"""Most bytes read of an answer that tells of an error."""

_UNKNOWN_ISSUER = frozenset({18, 19, 20, 21})
"""OpenSSL's codes where another authority would help: not a wrong name, and not a wrong date."""
_BUSY = frozenset({429, 503})
_PERHAPS_PASSING = frozenset({502, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEEPING_THE_METHOD = frozenset({307, 308})


class Access:
    """What a session needs beside the URL: who we are (an `Authorization` header, a certificate with its key), which
    authorities vouch for the server (a PEM file; None for those of the system), and whether to go without TLS."""

    def __init__(
        self,
        *,
        user: str = "",
        password: str = "",
        token: str = "",
        certificate: Path | None = None,
        key: Path | None = None,
        authorities: Path | None = None,
        insecure_http: bool = False,
    ) -> None:
        basic = base64.b64encode(f"{user}:{password}".encode()).decode("ascii") if user else ""
        self.authorization = (f"Bearer {token}" if token else f"Basic {basic}" if user else "").encode()
        self.secrets = tuple(filter(None, (password, token, basic)))
        self.certificate = certificate
        self.key = key
        self.authorities = authorities
        self.insecure_http = insecure_http


class Answer(NamedTuple):
    """What came back. `body` is empty where it went into a file; `url` is where it came from in the end."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    at: datetime

    def header(self, name: str) -> str:
        """A header, '' if there is none."""
        return self.headers.get(name, "")


class LostAnswer(TaxiiUnreachable):
    """What was read before is kept. Run the same command again: it goes on from there."""


class Session:
    """One origin, asked again and again over kept connections. `timeout` is the longest silence in seconds."""

    def __init__(
        self,
        url: str,
        access: Access,
        *,
        timeout: float = 60.0,
        attempts: int = 5,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.base = checked_url(url, insecure_http=access.insecure_http)
        self.host = self.base.netloc.decode("ascii")
        self._access = access
        self._timeout = timeout
        self._attempts = attempts
        self._sleep = sleep
        self._clock = clock
        self._now = now
        self._chance = chance
        self._context = self._trust()
        self._transport = httpx.HTTPTransport(verify=self._context, http2=False, trust_env=False)
        self._transport._pool = httpcore.ConnectionPool(
            ssl_context=self._context, network_backend=TimedConnections(self._context)
        )

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def same_origin(self, url: str) -> bool:
        """Whether a URL, perhaps relative to the session's, is on the one server that is asked."""
        try:
            return _origin(self.base.join(url)) == _origin(self.base)
        except httpx.InvalidURL:
            return False

    def ask(
        self,
        method: str,
        url: str,
        *,
        limit: int,
        accept: str,
        body: bytes | None = None,
        into: BinaryIO | None = None,
        repeat: bool = True,
        wait: bool = True,
    ) -> Answer:
        """The server's answer, whatever its status; redirects are followed. The body of a good one goes to `into`.

        With `repeat` False, an answer that was lost on its way is `LostAnswer`, because asking again may not be the
        same; with `wait` False, a server that is busy is not waited for.

        Raises:
            TaxiiUnreachable: no connection, no answer in time, or busy for too long.
            TaxiiMisbehaves: more than `limit` bytes, or a redirect to elsewhere.
        """
        for _ in range(MAX_REDIRECTS + 1):
            request = self._request(method, url, accept, body)
            answer = self._patiently(request, limit, into, repeat, wait)
            if answer.status not in _REDIRECTS:
                return answer
            if body is not None and answer.status not in _KEEPING_THE_METHOD:
                raise TaxiiMisbehaves(f"{self.host} redirects what is sent to it (status {answer.status})")
            url = self._target(answer)
        raise TaxiiMisbehaves(f"{self.host} redirects more than {MAX_REDIRECTS} times")

    def _trust(self) -> PinnedContext:
        access = self._access
        try:
            return public_context(access.authorities, access.certificate, access.key, clock=self._clock)
        except ssl.SSLError as error:
            files = [str(one) for one in (access.authorities, access.certificate, access.key) if one is not None]
            raise BadArgument(
                f"{' and '.join(files)}: no certificate in PEM, or not with its key and that without a password "
                f"({error.reason or 'unreadable'})"
            ) from None
        except OSError as error:
            raise UnusablePath(f"a certificate or key cannot be read: {error.strerror or error}") from None

    def _request(self, method: str, url: str, accept: str, body: bytes | None) -> httpx.Request:
        target = self.base.join(url)
        if _origin(target) != _origin(self.base):
            raise TaxiiMisbehaves(f"{self.host} names a place on another server, {shown(str(target), 200)}")
        headers = {
            b"Accept": accept.encode("ascii"),
            b"Accept-Encoding": b"identity",
            b"User-Agent": b"backchannel",
        }
        if self._access.authorization:
            headers[b"Authorization"] = self._access.authorization
        if body is not None:
            headers[b"Content-Type"] = accept.encode("ascii")
        return httpx.Request(method, target, headers=headers, content=body)

    def _patiently(
        self, request: httpx.Request, limit: int, into: BinaryIO | None, repeat: bool, wait: bool
    ) -> Answer:
        for attempt in range(1, self._attempts + 1):
            last = attempt == self._attempts
            pause = BACK_OFF * 2 ** (attempt - 1) * (0.5 + self._chance())
            try:
                answer = self._once(request, limit, into)
            except httpx.HTTPError as error:
                never_sent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
                failure = self._failure(error)
                if not repeat and not never_sent:
                    raise LostAnswer(str(failure)) from error
                if last or not isinstance(error, PASSING) or tls_failure(error) is not None:
                    raise failure from error
            else:
                passing = answer.status in _BUSY or (repeat and answer.status in _PERHAPS_PASSING)
                if last or not passing or not wait:
                    return answer
                pause = max(pause, self._asked_to_wait(answer))
            self._sleep(pause)
        raise TaxiiUnreachable(f"{self.host} did not answer")

    def _once(self, request: httpx.Request, limit: int, into: BinaryIO | None) -> Answer:
        self._context.start(REQUEST_SECONDS)
        request.extensions = {"timeout": httpx.Timeout(self._timeout).as_dict()}
        response = self._transport.handle_request(request)
        try:
            at = _date(response.headers.get("date", "")) or self._now()
            good = 200 <= response.status_code < 300
            if good and response.headers.get("content-encoding", "identity") != "identity":
                raise TaxiiMisbehaves(f"{self.host} answered in an encoding that was not asked for")
            body = self._read(response, limit if good else MAX_UNWANTED, into if good else None, strict=good)
            return Answer(str(request.url), response.status_code, response.headers, body, at)
        finally:
            response.close()

    def _read(self, response: httpx.Response, limit: int, into: BinaryIO | None, *, strict: bool) -> bytes:
        body = bytearray()
        size = 0
        if into is not None:
            into.seek(0)
            into.truncate()
        for chunk in response.iter_raw():
            size += len(chunk)
            if size > limit:
                if strict:
                    raise TaxiiMisbehaves(f"{self.host} sends more than {limit} bytes at once; the rest was not read")
                break
            if into is None:
                body += chunk
            else:
                into.write(chunk)
        return bytes(body)

    def _target(self, answer: Answer) -> str:
        location = answer.header("location")
        try:
            target = httpx.URL(answer.url).join(location)
        except httpx.InvalidURL:
            raise TaxiiMisbehaves(f"{self.host} redirects to what is no URL") from None
        if not location or _origin(target) != _origin(self.base):
            raise TaxiiMisbehaves(
                f"{self.host} redirects to another server, {shown(str(target), 200)}; nothing was sent there"
            )
        return str(target)

    def _asked_to_wait(self, answer: Answer) -> float:
        text = answer.header("retry-after").strip()
        moment = _date(text)
        seconds = float(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0.0
        if moment is not None:
            seconds = max(0.0, (moment - answer.at).total_seconds())
        if seconds > MAX_WAIT:
            raise TaxiiUnreachable(
                f"{self.host} is too busy (status {answer.status}) and asks to be left alone for {seconds:g} seconds"
            )
        return seconds

    def without_secrets(self, text: str) -> str:
        """A text of the server's, in which our secrets are blotted out."""
        for secret in self._access.secrets:
            text = text.replace(secret, "…")
        return printable(text, 300)

    def _failure(self, error: httpx.HTTPError) -> TaxiiUnreachable:
        cause = tls_failure(error)
        if isinstance(cause, ssl.SSLCertVerificationError):
            said = f"{self.host}: no authority vouches for its certificate ({cause.verify_message}); nothing was sent"
            unknown = cause.verify_code in _UNKNOWN_ISSUER
            return TaxiiUnreachable(said + ("; give its certificate or authority with --ca FILE" if unknown else ""))
        if cause is not None:
            return TaxiiUnreachable(f"{self.host}: no TLS connection: {cause.reason or cause.strerror or cause}")
        if isinstance(error, httpx.TimeoutException):
            return TaxiiUnreachable(
                f"{self.host} did not answer in time ({self._timeout:g} s of silence, or too slow)"
            )
        if isinstance(error, httpx.ConnectError):
            return TaxiiUnreachable(f"{self.host}: {connect_reason(error)}")
        return TaxiiUnreachable(f"{self.host} broke off the connection")


def checked_url(text: str, *, insecure_http: bool = False) -> httpx.URL:
    """The URL of a server, in one spelling and with a slash at its end.

    Raises:
        BadArgument: not one that may be asked; the message says why.
    """
    try:
        url = httpx.URL(text)
        host = url.netloc.decode("ascii") and url.host
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise BadArgument(f"{shown(text, 200)} is no URL") from None
    if url.userinfo:
        # Not shown: it may be a password.
        raise BadArgument("a user or password stands in the URL; give --user, and the password in a file")
    if url.scheme not in ("https", "http") or not host:
        raise BadArgument(f"{shown(text, 200)} is no URL of a server; it begins with https:// and a host")
    if url.scheme == "http" and not insecure_http and not _is_this_machine(host):
        raise BadArgument(f"{shown(text, 200)} is not encrypted; use https://, or --insecure-http if you must")
    if url.query or url.fragment:
        raise BadArgument(f"{shown(text, 200)} has a query or fragment; give the URL without it")
    return url.copy_with(path=url.path if url.path.endswith("/") else f"{url.path}/")


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or {"https": 443, "http": 80}.get(url.scheme)


def _date(text: str) -> datetime | None:
    """A time of an HTTP header."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
