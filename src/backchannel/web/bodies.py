"""Bodies of requests on their way in: bounded each, together, and in time.

A body that is too large or that nobody wants is read on for a while and dropped, so that its sender is still
listening when the answer comes.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress

from starlette.requests import Request

BODY_SECONDS = 120.0
"""How long one body may take to arrive."""

DROP_SECONDS = 10.0
"""How long the body of a request that is not admitted is read on."""

BODIES_AT_ONCE = 256 * 1024 * 1024
"""Most bytes of bodies held in memory at once, over all requests."""


class RefusedError(Exception):
    """The request ends here, with this status and these words."""

    def __init__(self, status: int, error: str, advice: str) -> None:
        super().__init__(error)
        self.status, self.error, self.advice = status, error, advice


class Bodies:
    """How much memory all bodies together may take: `together` bytes, `each` for one, and `at_once` of them. Those
    `within` others count there too."""

    def __init__(
        self,
        each: int,
        *,
        together: int | None = None,
        seconds: float = BODY_SECONDS,
        at_once: int | None = None,
        within: "Bodies | None" = None,
    ) -> None:
        self._each = each
        self._free = BODIES_AT_ONCE if together is None else together
        self._seconds = seconds
        self._within = within
        self._turns = at_once

    @asynccontextmanager
    async def read(self, request: Request) -> AsyncIterator[bytes]:
        """The whole body, for as long as it is needed.

        Raises:
            RefusedError: 413, it is too large; 408, it takes too long; 503, too many arrive at once.
        """
        if self._turns == 0:
            raise RefusedError(503, "too many bodies are arriving at once", "Send it again later.")
        request.state.body_taken = True
        if self._turns is not None:
            self._turns -= 1
        chunks: list[bytes] = []
        size = held = 0
        try:
            async with _in_time(self._seconds), aclosing(request.stream()) as stream:
                async for chunk in stream:
                    size += len(chunk)
                    if size > 2 * self._each:
                        break
                    if size <= self._each:
                        self._take(len(chunk))
                        held += len(chunk)
                        chunks.append(chunk)
            if size > self._each:
                raise RefusedError(413, f"a body has at most {self._each} bytes", "Send less at once.")
            yield b"".join(chunks)
        finally:
            self._give_back(held)
            if self._turns is not None:
                self._turns += 1

    async def drop(self, request: Request) -> None:
        """Read a body that nobody wants, within bounds; nothing is left to do where `read` had it."""
        if getattr(request.state, "body_taken", False) or not _has_body(request):
            return
        size = 0
        with suppress(RefusedError):
            async with _in_time(DROP_SECONDS), aclosing(request.stream()) as stream:
                async for chunk in stream:
                    size += len(chunk)
                    if size > 2 * self._each:
                        return

    def _take(self, size: int) -> None:
        if size > self._free:
            raise RefusedError(503, "too many bodies are arriving at once", "Send it again later.")
        if self._within is not None:
            self._within._take(size)
        self._free -= size

    def _give_back(self, size: int) -> None:
        self._free += size
        if self._within is not None:
            self._within._give_back(size)


def _has_body(request: Request) -> bool:
    """Whether a request announces one (RFC 9112, section 6.3)."""
    return "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"


@asynccontextmanager
async def _in_time(seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise RefusedError(408, f"the body took longer than {seconds:.0f} s", "Send it again.") from None
