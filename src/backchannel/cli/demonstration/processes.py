"""Processes of the demo: started here, waited for with a deadline, and ended here whatever happens.

Rules: a process is on record before a signal can interrupt us. Leaving the block ends every process that still
runs, first politely. Ctrl-C, SIGTERM and SIGHUP all leave the block. Output goes to files: nobody waits for a reader.
"""

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType
from typing import NamedTuple, Self, TypeVar

from backchannel.errors import DemoFailed

PAUSE = 0.1
"""Seconds between two looks at what is waited for."""

GRACE = 5.0
"""Seconds that a process may take to end by itself once it is told to."""

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Answer = TypeVar("Answer")


class Ended(NamedTuple):
    """What a finished command left: its exit status and what it printed."""

    code: int
    out: str
    err: str


class Process:
    """A process under way, and the files that it prints to."""

    def __init__(self, running: subprocess.Popen[bytes], out: Path, err: Path) -> None:
        self._running = running
        self._out, self._err = out, err

    @property
    def pid(self) -> int:
        """Its number."""
        return self._running.pid

    def has_ended(self) -> bool:
        """Whether it runs no more."""
        return self._running.poll() is not None

    def printed(self) -> tuple[str, str]:
        """What it printed so far, to standard output and to standard error."""
        return _text(self._out), _text(self._err)

    def wait(self, seconds: float) -> Ended:
        """Its end.

        Raises:
            DemoFailed: it still runs after that long.
        """
        try:
            code = self._running.wait(seconds)
        except subprocess.TimeoutExpired:
            raise DemoFailed(f"`{_shown(self._running)}` still runs after {seconds:.0f} s") from None
        return Ended(code, *self.printed())

    def end(self) -> None:
        """End it, if it still runs."""
        if self.has_ended():
            return
        self._running.terminate()
        try:
            self._running.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._running.kill()
            self._running.wait()


class Processes:
    """All processes of one demo, as a block: none outlives it."""

    def __init__(self) -> None:
        self._started: list[Process] = []
        self._handlers: dict[signal.Signals, Callable[[int, FrameType | None], object] | int | None] = {}
        self._busy = False
        self._interrupted = False

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._handlers = {number: signal.signal(number, self._interrupt) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._busy = True  # a second Ctrl-C must not keep us from ending the rest
        for process in reversed(self._started):
            process.end()
        for number, handler in self._handlers.items():
            if handler is not None:  # one that was not set from Python cannot be put back
                signal.signal(number, handler)

    def start(self, command: Sequence[str], *, environment: Mapping[str, str], folder: Path, output: Path) -> Process:
        """Start a command in `folder`; it prints to `output` with the endings `.out` and `.err`."""
        out, err = output.with_suffix(".out"), output.with_suffix(".err")
        with out.open("wb") as to, err.open("wb") as beside, self._undisturbed():
            running = subprocess.Popen(
                command, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=to, stderr=beside
            )
            process = Process(running, out, err)
            self._started.append(process)
        return process

    @contextmanager
    def _undisturbed(self) -> Iterator[None]:
        """Let no signal come between the start of a process and its being on record."""
        self._busy = True
        try:
            yield
        finally:
            self._busy = False
        if self._interrupted:
            raise KeyboardInterrupt

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        if self._busy:
            self._interrupted = True
        else:
            raise KeyboardInterrupt


def until(ask: Callable[[], Answer | None], what: str, seconds: float) -> Answer:
    """The first answer that is not None, asked for again and again.

    Raises:
        DemoFailed: there is none after that long.
    """
    deadline = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer is not None:
            return answer
        if time.monotonic() > deadline:
            raise DemoFailed(f"{what} did not come about within {seconds:.0f} s")
        time.sleep(PAUSE)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _shown(running: subprocess.Popen[bytes]) -> str:
    arguments = running.args
    return " ".join(map(str, arguments)) if isinstance(arguments, list | tuple) else str(arguments)
