"""The demo's processes: none outlives its block, whatever ends the block."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backchannel.cli.demonstration import processes
from backchannel.cli.demonstration.processes import Process, Processes, until
from backchannel.errors import DemoFailed

FOREVER = [sys.executable, "-S", "-c", "import time; print('up', flush=True); time.sleep(600)"]
DEAF = [
    sys.executable,
    "-S",
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)",
]

STORY = """
import sys
from pathlib import Path
from backchannel.cli.demonstration.processes import Processes
folder = Path(sys.argv[1])
forever = [sys.executable, "-S", "-c", "import time; time.sleep(600)"]
with Processes() as processes:
    started = processes.start(forever, environment={}, folder=folder, output=folder / "log")
    print(started.pid, flush=True)
    started.wait(600)
"""


def start(running: Processes, folder: Path, command: list[str] = FOREVER) -> Process:
    return running.start(command, environment=os.environ, folder=folder, output=folder / "log")


def is_up(process: Process) -> bool | None:
    return True if "up" in process.printed()[0] else None


def is_running(pid: int) -> bool:
    """Whether a process runs; one that nobody has waited for yet does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_a_finished_command_gives_its_status_and_both_outputs(tmp_path: Path) -> None:
    code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    with Processes() as running:
        ended = start(running, tmp_path, [sys.executable, "-S", "-c", code]).wait(60)
    assert ended == (3, "out\n", "err\n")


def test_no_process_outlives_its_block(tmp_path: Path) -> None:
    with Processes() as running:
        process = start(running, tmp_path)
    assert process.has_ended()
    assert not is_running(process.pid)


def test_no_process_outlives_an_error(tmp_path: Path) -> None:
    started: list[Process] = []

    def fail() -> None:
        with Processes() as running:
            started.append(start(running, tmp_path))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not is_running(started[0].pid)


def test_a_process_that_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "GRACE", 0.1)
    with Processes() as running:
        process = start(running, tmp_path, DEAF)
        until(lambda: is_up(process), "the process", 60)
    assert not is_running(process.pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_no_process_outlives_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    story = subprocess.Popen([sys.executable, "-c", STORY, tmp_path], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert story.stdout is not None
    pid = int(story.stdout.readline())
    assert is_running(pid)
    story.send_signal(number)
    _, err = story.communicate(timeout=60)
    assert story.returncode != 0
    assert b"KeyboardInterrupt" in err
    assert not is_running(pid)


def test_a_signal_while_a_process_starts_waits_until_it_is_on_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def interrupted(*arguments: object, **options: object) -> subprocess.Popen[bytes]:
        os.kill(os.getpid(), signal.SIGINT)
        started.append(real(*arguments, **options))  # type: ignore[call-overload]  # passed on as it came
        return started[0]

    monkeypatch.setattr(subprocess, "Popen", interrupted)
    with pytest.raises(KeyboardInterrupt), Processes() as running:
        start(running, tmp_path)
    assert started[0].returncode is not None


def test_the_handlers_of_signals_are_put_back() -> None:
    before = [signal.getsignal(number) for number in processes.SIGNALS]
    with Processes():
        assert signal.getsignal(signal.SIGTERM) != before[1]
    assert [signal.getsignal(number) for number in processes.SIGNALS] == before


def test_a_command_that_takes_too_long_is_named(tmp_path: Path) -> None:
    with Processes() as running, pytest.raises(DemoFailed, match=r"time\.sleep"):
        start(running, tmp_path).wait(0.05)


def test_what_does_not_come_about_in_time_is_named() -> None:
    before = time.monotonic()
    with pytest.raises(DemoFailed, match="the end of time did not come about within 0 s"):
        until(lambda: None, "the end of time", 0.05)
    assert time.monotonic() - before < 30


def test_the_first_answer_is_taken() -> None:
    answers = iter([None, "yes", "no"])
    assert until(lambda: next(answers), "an answer", 60) == "yes"
