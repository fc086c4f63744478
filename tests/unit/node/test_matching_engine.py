"""Several processes give what one gives, and none of them is left."""

import multiprocessing
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from backchannel.errors import BackchannelError, BadMatching
from backchannel.node import matching_engine
from backchannel.node.matching_engine import WORTH_SPREADING, VoprfEngine
from backchannel.protocol import voprf
from backchannel.protocol.matching_engine import IN_PART, Engine, Part

SEED, INFO = bytes(range(32)), b"lab to vendor"
KEY = voprf.public_key(SEED, INFO)
COUNT = WORTH_SPREADING + 77
INPUTS = [b"host-%d.example" % number for number in range(COUNT)]
BLINDS = [voprf.derive_blind(b"secret", b"%d" % number) for number in range(COUNT)]


@pytest.fixture(scope="module")
def two() -> Iterator[VoprfEngine]:
    with VoprfEngine(2, worth_starting=1) as engine:
        yield engine


@pytest.fixture(scope="module")
def blinded() -> list[bytes]:
    return VoprfEngine(1).blind(INPUTS, BLINDS)


@pytest.fixture(scope="module")
def parts(blinded: list[bytes]) -> list[Part]:
    return VoprfEngine(1).evaluate(SEED, INFO, blinded)


@pytest.fixture
def own_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is killed while it loads libsodium leaves `rbcl`'s copy of it behind."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def workers() -> set[int]:
    """The processes of this one that compute."""
    return {process.pid for process in multiprocessing.active_children() if process.pid is not None}


def test_it_is_an_engine() -> None:
    engine: Engine = VoprfEngine(1)
    assert engine.own_outputs(SEED, INFO, [b"a"]) == voprf.own_outputs(SEED, INFO, [b"a"])


def test_two_processes_give_what_one_gives(two: VoprfEngine, blinded: list[bytes], parts: list[Part]) -> None:
    assert two.blind(INPUTS, BLINDS) == blinded
    theirs = two.evaluate(SEED, INFO, blinded)
    assert [(one.start, one.elements) for one in theirs] == [(one.start, one.elements) for one in parts]
    outputs = two.finalize(INPUTS, BLINDS, blinded, theirs, KEY)
    assert outputs == VoprfEngine(1).finalize(INPUTS, BLINDS, blinded, theirs, KEY)
    assert outputs == two.own_outputs(SEED, INFO, INPUTS)
    assert len(workers()) == 2


def test_one_process_gives_what_batches_of_one_part_give(blinded: list[bytes], parts: list[Part]) -> None:
    assert blinded[:IN_PART] == voprf.blind(INPUTS[:IN_PART], BLINDS[:IN_PART])
    assert [part.start for part in parts] == [0, IN_PART, 2 * IN_PART]
    for part in parts:
        mine = slice(part.start, part.start + IN_PART)
        voprf.verify(blinded[mine], part.elements, part.proof, KEY)


def test_small_sets_are_not_given_to_processes(two: VoprfEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    two.blind(INPUTS, BLINDS)
    monkeypatch.setattr(VoprfEngine, "_in_pool", lambda *_: pytest.fail("it was"))
    assert two.blind(INPUTS[:10], BLINDS[:10]) == voprf.blind(INPUTS[:10], BLINDS[:10])


def test_no_process_is_started_for_a_small_set() -> None:
    before = workers()
    with VoprfEngine(2) as engine:
        engine.blind(INPUTS[:10], BLINDS[:10])
        assert workers() == before


def test_several_threads_may_use_it(two: VoprfEngine, blinded: list[bytes]) -> None:
    found: list[list[bytes]] = []
    threads = [threading.Thread(target=lambda: found.append(two.blind(INPUTS, BLINDS))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [blinded] * 3


@pytest.mark.parametrize("count", [1, 2])
def test_a_wrong_element_is_refused_with_the_part_it_is_in(
    two: VoprfEngine, blinded: list[bytes], parts: list[Part], count: int
) -> None:
    engine = two if count == 2 else VoprfEngine(1)
    first, second, third = parts
    wrong = voprf.evaluate(SEED, b"another key", blinded[IN_PART : IN_PART + 1]).elements
    second = Part(second.start, wrong + second.elements[1:], second.proof)
    with pytest.raises(BadMatching, match=f"in the part from {IN_PART} on: the proof fails"):
        engine.finalize(INPUTS, BLINDS, blinded, [first, second, third], KEY)
    assert engine.blind(INPUTS, BLINDS) == blinded


def test_proofs_of_two_parts_cannot_be_exchanged(blinded: list[bytes], parts: list[Part]) -> None:
    first, second, third = parts
    changed = [Part(0, first.elements, second.proof), Part(second.start, second.elements, first.proof), third]
    with pytest.raises(BadMatching, match="in the part from 0 on"):
        VoprfEngine(1).finalize(INPUTS, BLINDS, blinded, changed, KEY)


def test_parts_that_are_not_those_of_the_set_are_refused(blinded: list[bytes], parts: list[Part]) -> None:
    for some in ([], parts[:-1], parts[1:], parts[::-1], [*parts, parts[-1]]):
        with pytest.raises(BadMatching, match="not those of"):
            VoprfEngine(1).finalize(INPUTS, BLINDS, blinded, some, KEY)


def test_an_element_in_two_parts_is_refused_before_anything_is_computed(
    blinded: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(VoprfEngine, "_each", lambda *_: pytest.fail("it was"))
    with pytest.raises(BadMatching, match="twice"):
        VoprfEngine(1).evaluate(SEED, INFO, [*blinded, blinded[0]])


def test_an_empty_set_is_refused() -> None:
    with pytest.raises(BadMatching, match="no elements"):
        VoprfEngine(1).evaluate(SEED, INFO, [])


def test_numbers_that_do_not_go_together_are_a_fault_of_ours(blinded: list[bytes], parts: list[Part]) -> None:
    with pytest.raises(BackchannelError, match="do not go with"):
        VoprfEngine(1).blind(INPUTS, BLINDS[1:])
    with pytest.raises(BackchannelError, match="blinded elements"):
        VoprfEngine(1).finalize(INPUTS, BLINDS, blinded[1:], parts, KEY)


def test_no_process_is_left_when_it_is_closed() -> None:
    before = workers()
    with VoprfEngine(2, worth_starting=1) as engine:
        engine.blind(INPUTS, BLINDS)
        mine = workers() - before
        assert len(mine) == 2
    assert workers() == before
    assert not any(Path(f"/proc/{pid}").exists() for pid in mine)


@pytest.mark.usefixtures("own_temporary_files")
def test_a_killed_process_is_reported_and_the_next_set_starts_others(blinded: list[bytes]) -> None:
    before = workers()
    with VoprfEngine(2, worth_starting=1) as engine:
        with pytest.raises(BackchannelError, match="a process that was matching was ended") as caught:
            engine._each(os._exit, COUNT, lambda _part: (1,))
        assert type(caught.value) is BackchannelError
        assert workers() == before
        assert engine.blind(INPUTS, BLINDS) == blinded
    assert workers() == before


@pytest.mark.usefixtures("own_temporary_files")
def test_a_process_that_is_killed_between_two_sets_is_reported_too() -> None:
    before = workers()
    with VoprfEngine(2, worth_starting=1) as engine:
        engine.blind(INPUTS, BLINDS)
        victim = min(workers() - before)
        gone = os.pidfd_open(victim)
        os.kill(victim, signal.SIGKILL)
        assert select.select([gone], [], [], 30)[0]
        os.close(gone)
        with pytest.raises(BackchannelError, match="was ended"):
            engine._each(os.getpid, 100 * COUNT, lambda _part: ())
    assert workers() == before


ALONE = """
import multiprocessing, signal
from backchannel.node.matching_engine import VoprfEngine
from backchannel.protocol import voprf
engine = VoprfEngine(2, worth_starting=1)
engine.own_outputs(bytes(32), b"", [b"%d" % number for number in range(1024)])
print(*(process.pid for process in multiprocessing.active_children()), flush=True)
signal.pause()
"""


def test_the_processes_end_with_the_one_that_started_them_however_it_ends() -> None:
    parent = subprocess.Popen([sys.executable, "-c", ALONE], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    handles = [os.pidfd_open(int(pid)) for pid in parent.stdout.readline().split()]
    assert len(handles) == 2
    parent.kill()
    parent.wait()
    parent.stdout.close()
    left = [handle for handle in handles if not select.select([handle], [], [], 30)[0]]
    for handle in left:
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    assert not left, "they compute for nobody"
    for handle in handles:
        os.close(handle)


UNGUARDED = """
import sys
print("main")
from backchannel.node.matching_engine import VoprfEngine
with VoprfEngine(2, worth_starting=1) as engine:
    print(len(engine.own_outputs(bytes(32), b"", [b"%d" % number for number in range(1024)])))
print(sys.modules["__main__"].__file__ == sys.argv[0])
"""


def test_the_processes_do_not_import_the_main_module_again(tmp_path: Path) -> None:
    script = tmp_path / "program"
    script.write_text(UNGUARDED)
    done = subprocess.run([sys.executable, script], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["main", "1024", "True"]


def test_it_uses_as_many_processes_as_there_are_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching_engine.os, "sched_getaffinity", lambda _pid: {0, 1, 2})
    assert VoprfEngine()._workers == 3
