"""Reading with every core: the objects of a large bundle are decoded and validated by processes of their own.

This process cuts the file and writes to the store; only bytes and views cross between them. What comes out is the
same, in the same order, as without them, which is how everything is read where they are of no use: small files, other
formats, a single core, and a process that has threads, since none of those may be copied in mid-step.
"""

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from types import TracebackType
from typing import BinaryIO, Self

import msgspec

from backchannel.errors import UnreadableFile
from backchannel.flow.ports import Validator
from backchannel.formats.generate import Generator
from backchannel.formats.items import Checked, Item, Taken
from backchannel.formats.pages import PageReader
from backchannel.formats.press import UNKNOWN, Known
from backchannel.formats.press_items import read_press
from backchannel.formats.reading import kind_of, read_elements, read_items, validated
from backchannel.formats.recognise import PRESS, Kind
from backchannel.formats.stix import Cut, cut_bundle

WORTHWHILE = 4 << 20
"""Smallest bundle in bytes that is read by several processes."""

CHUNK_OBJECTS, CHUNK_BYTES = 500, 1 << 20
"""What one process reads at a time, at most (a single object may be larger)."""

AHEAD = 12
"""Chunks under way: enough that readers go on while a batch is written, few enough to bound memory."""

_cuts = msgspec.msgpack.Decoder(list[Cut])
_taken = msgspec.msgpack.Decoder(list[Taken])
_checked = msgspec.msgpack.Decoder(Checked)


class Readers:
    """Reads files for one import. The processes are made when the first large bundle comes, and kept to the end; so
    is the one that reads web pages. With `press` every file is a press report, of which that is known."""

    def __init__(self, validate: Validator, make: Generator, press: Known | None = None) -> None:
        self._validate = validate
        self._make = make
        self._press = press
        self._pool: ProcessPoolExecutor | None = None
        self._pages = PageReader()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pages.close()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def read(self, file: BinaryIO, threat_id: str | None) -> Iterator[Taken]:
        """The objects of a file, as `formats.reading.read_items` gives them.

        Raises:
            UnreadableFile, MissingExtra: as there; or a reading process ended before it was done.
        """
        kind = self._kind_of(file)
        if kind is Kind.STIX:
            return self.read_cuts(cut_bundle(file), _size(file))
        return map(Taken.of, self._items(file, kind, threat_id))

    def read_cuts(self, cuts: Iterator[Cut], size: int) -> Iterator[Taken]:
        """The objects of a stream of STIX elements that has about so many bytes."""
        pool = self._pool_for(size)
        if pool is None:
            return map(Taken.of, read_elements(cuts, self._validate))
        return (item for part in _in_pool(pool, _take, cuts) for item in _taken.decode(part))

    def check(self, file: BinaryIO) -> Iterator[Checked]:
        """What is wrong in a file, part by part; of sound objects only their number is told.

        Raises:
            UnreadableFile, MissingExtra: as in `read`.
        """
        kind = self._kind_of(file)
        pool = self._pool_for(_size(file)) if kind is Kind.STIX else None
        if pool is None:
            return map(Checked.of, _parts(self._items(file, kind, None)))
        return map(_checked.decode, _in_pool(pool, _check, cut_bundle(file)))

    def _kind_of(self, file: BinaryIO) -> Kind:
        return kind_of(file, press=self._press is not None)

    def _items(self, file: BinaryIO, kind: Kind, threat_id: str | None) -> Iterator[Item]:
        if kind in PRESS:
            press = read_press(file, self._make, self._press or UNKNOWN, self._pages, threat_id=threat_id)
            return (validated(item, self._validate) for item in press)
        return read_items(file, kind, self._make, threat_id=threat_id, validate=self._validate)

    def _pool_for(self, size: int) -> ProcessPoolExecutor | None:
        if self._pool is None and size >= WORTHWHILE and _can_copy_itself():
            self._pool = ProcessPoolExecutor(
                len(os.sched_getaffinity(0)),
                mp_context=multiprocessing.get_context("fork"),
                initializer=_begin,
                initargs=(self._validate,),
            )
        return self._pool


def _size(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size


def _can_copy_itself() -> bool:
    return (
        "fork" in multiprocessing.get_all_start_methods()
        and len(os.sched_getaffinity(0)) > 1
        and threading.active_count() == 1
    )


def _in_pool(pool: ProcessPoolExecutor, work: Callable[[bytes], bytes], cuts: Iterator[Cut]) -> Iterator[bytes]:
    """What `work` makes of each chunk, in order."""
    under_way: deque[Future[bytes]] = deque()
    try:
        for chunk in _chunks(cuts):
            under_way.append(pool.submit(work, msgspec.msgpack.encode(chunk)))
            if len(under_way) == AHEAD:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    except BrokenProcessPool:
        raise UnreadableFile("a process that was reading it was ended; try again") from None


def _chunks(cuts: Iterable[Cut]) -> Iterator[list[Cut]]:
    chunk: list[Cut] = []
    size = 0
    for cut in cuts:
        chunk.append(cut)
        size += len(cut.found) if isinstance(cut.found, bytes) else 0
        if len(chunk) == CHUNK_OBJECTS or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _parts(items: Iterator[Item]) -> Iterator[list[Item]]:
    while part := list(islice(items, CHUNK_OBJECTS)):
        yield part


# --- in the reading process --------------------------------------------------------------------------------------

_mine: list[Validator] = []


def _begin(validate: Validator) -> None:
    _mine.append(validate)


def _take(chunk: bytes) -> bytes:
    return msgspec.msgpack.encode([Taken.of(item) for item in read_elements(_cuts.decode(chunk), _mine[0])])


def _check(chunk: bytes) -> bytes:
    return msgspec.msgpack.encode(Checked.of(list(read_elements(_cuts.decode(chunk), _mine[0]))))
