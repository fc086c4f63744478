"""The engine of `protocol.voprf` with every core: parts of a large set are computed by processes of their own.

Only bytes cross between the processes. What comes out is the same, in the same order, as without them, which is how a
small set is computed. The processes are made when the first set comes that is worth it, by starting Python anew (none
is a copy of this one in mid-step, so it may have threads), and end with the engine. If this process is killed, they
end by themselves.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from types import ModuleType, TracebackType
from typing import Any, Self, TypeVar

from backchannel.errors import BackchannelError, BadMatching
from backchannel.protocol import voprf
from backchannel.protocol.matching_engine import IN_PART, Part, check_parts, check_whole, starts

WORTH_STARTING = 16 * IN_PART
"""Elements for which processes are started. Starting them takes 0.15 s, half of what one core needs to evaluate these
and a quarter of what it needs to finalize them."""

WORTH_SPREADING = 2 * IN_PART
"""Elements that are given to processes which run already."""

_AHEAD = 3
"""Parts under way for each process: enough that none waits, few enough to bound memory."""

T = TypeVar("T")


class VoprfEngine:
    """Computes with `voprf` and libsodium (`protocol.matching_engine.Engine`). May be used by several threads."""

    def __init__(self, workers: int | None = None, *, worth_starting: int = WORTH_STARTING) -> None:
        """`workers`: how many processes at most, or one for each processor; with one, all is computed here."""
        self._workers = workers or len(os.sched_getaffinity(0))
        self._worth_starting = worth_starting
        self._pool: ProcessPoolExecutor | None = None
        self._changing = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the processes, when no thread computes any more. A set that comes later starts others."""
        with self._changing:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    def public_key(self, seed: bytes, info: bytes) -> bytes:
        """As `Engine.public_key`."""
        return voprf.public_key(seed, info)

    def check_public_key(self, key: bytes) -> None:
        """As `Engine.check_public_key`."""
        voprf.check_public_key(key)

    def derive_blinds(self, secret: bytes, labels: Sequence[bytes]) -> list[bytes]:
        """As `Engine.derive_blinds`."""
        return [voprf.derive_blind(secret, label) for label in labels]

    def blind(self, inputs: Sequence[bytes], blinds: Sequence[bytes]) -> list[bytes]:
        """As `Engine.blind`."""
        if len(inputs) != len(blinds):
            raise BackchannelError(f"{len(inputs)} inputs do not go with {len(blinds)} blinds")
        found = self._each(voprf.blind, len(inputs), lambda part: (inputs[part], blinds[part]))
        return [element for elements in found for element in elements]

    def evaluate(self, seed: bytes, info: bytes, elements: Sequence[bytes]) -> list[Part]:
        """As `Engine.evaluate`."""
        check_whole(elements, "a blinded element")
        found = self._each(voprf.evaluate, len(elements), lambda part: (seed, info, elements[part]))
        return [Part(start, one.elements, one.proof) for start, one in zip(starts(len(elements)), found, strict=True)]

    def finalize(
        self,
        inputs: Sequence[bytes],
        blinds: Sequence[bytes],
        blinded: Sequence[bytes],
        parts: Sequence[Part],
        key: bytes,
    ) -> list[bytes]:
        """As `Engine.finalize`."""
        if not len(inputs) == len(blinds) == len(blinded):
            raise BackchannelError(f"{len(inputs)} inputs, {len(blinds)} blinds and {len(blinded)} blinded elements")
        check_parts(parts, len(blinded))

        def arguments(part: slice) -> tuple[object, ...]:
            came = parts[part.start // IN_PART]
            return inputs[part], blinds[part], blinded[part], came.elements, came.proof, key

        found = self._each(voprf.finalize, len(inputs), arguments)
        return [output for outputs in found for output in outputs]

    def own_outputs(self, seed: bytes, info: bytes, inputs: Sequence[bytes]) -> list[bytes]:
        """As `Engine.own_outputs`."""
        found = self._each(voprf.own_outputs, len(inputs), lambda part: (seed, info, inputs[part]))
        return [output for outputs in found for output in outputs]

    def _each(self, work: Callable[..., T], count: int, arguments: Callable[[slice], tuple[Any, ...]]) -> list[T]:
        """What `work` makes of each part, in order."""
        calls = (arguments(slice(start, start + IN_PART)) for start in starts(count))
        pool = self._pool_for(count)
        results = (work(*call) for call in calls) if pool is None else self._in_pool(pool, work, calls)
        done: list[T] = []
        try:
            for result in results:
                done.append(result)  # noqa: PERF402 (their number says in which part it stopped)
        except BadMatching as error:
            raise BadMatching(f"in the part from {len(done) * IN_PART} on: {error}") from None
        return done

    def _pool_for(self, count: int) -> ProcessPoolExecutor | None:
        with self._changing:
            if self._workers > 1 and count >= (self._worth_starting if self._pool is None else WORTH_SPREADING):
                self._pool = self._pool or _start(self._workers)
                return self._pool
        return None

    def _in_pool(
        self, pool: ProcessPoolExecutor, work: Callable[..., T], calls: Iterator[tuple[Any, ...]]
    ) -> Iterator[T]:
        under_way: deque[Future[T]] = deque()
        try:
            for call in calls:
                under_way.append(pool.submit(work, *call))
                if len(under_way) == _AHEAD * self._workers:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        except BrokenProcessPool:
            self._drop(pool)
            raise BackchannelError("a process that was matching was ended, perhaps for want of memory") from None
        finally:
            for future in under_way:
                future.cancel()

    def _drop(self, pool: ProcessPoolExecutor) -> None:
        """Forget processes of which one was ended; the others are ended too."""
        with self._changing:
            if self._pool is pool:
                self._pool = None
        pool.shutdown(wait=True, cancel_futures=True)


def _start(workers: int) -> ProcessPoolExecutor:
    """So many processes, started now. None imports the program's main module again, as it would by default: that is
    half a second and 50 MB for each, and nothing of it is needed."""
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_begin)
    main, sys.modules["__main__"] = sys.modules["__main__"], ModuleType("__main__")
    try:
        for _ in range(workers):
            pool.submit(os.getpid)
    finally:
        sys.modules["__main__"] = main
    return pool


# --- in a process that computes ------------------------------------------------------------------------------------


def _begin() -> None:
    """Leave Ctrl-C to whoever started this process, and end with it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if (parent := multiprocessing.parent_process()) is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
