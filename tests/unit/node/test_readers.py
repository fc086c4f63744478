"""Several reading processes give what one gives, in the same order, and leave nothing behind.

Each test runs in a process of its own, since one that has threads (as the test runner's workers do) reads alone.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = """
import json, os, signal, sys, threading
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID
from backchannel.errors import UnreadableFile
from backchannel.formats.generate import Generator
from backchannel.formats.schemas import Stix21Validator
from backchannel.node import readers

readers.WORTHWHILE, readers.CHUNK_OBJECTS = 1_000, 7
os.sched_getaffinity = lambda _: {0, 1}
path, prepare = sys.argv[1:]

def read(validate=Stix21Validator()):
    made = Generator(UUID(int=1), datetime(2026, 11, 22, tzinfo=UTC))
    with readers.Readers(validate, made) as reading, open(path, "rb") as file:
        pids.clear()
        taken = reading.read(file, None)
        if reading._pool is not None:
            first = next(taken)
            pids.extend(reading._pool._processes)
            taken = (one for part in ([first], taken) for one in part)
        return [repr(one) for one in taken]

def gone(pid):
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return False
    return True

pids = []
result = {}
exec(prepare)
print(json.dumps(result))
"""

WITH_AND_WITHOUT = """
result["several"] = read()
result["pids"] = list(pids)
result["left"] = [pid for pid in pids if not gone(pid)]
readers._can_copy_itself = lambda: False
result["one"] = read()
result["alone"] = list(pids)
"""


def run(bundle: Path, prepare: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, bundle, prepare], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def indicator(number: int, **properties: Any) -> dict[str, Any]:
    moment = "2026-01-01T00:00:00.000Z"
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{number:08x}-0000-4000-8000-{number:012x}",
        "created": moment,
        "modified": moment,
        "pattern": f"[domain-name:value = 'host-{number}.example']",
        "pattern_type": "stix",
        "valid_from": moment,
        **properties,
    }


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Sound objects, refused ones, warned ones, STIX 2.0 and what is no object, over several chunks."""
    objects: list[object] = [indicator(number) for number in range(40)]
    objects[3] = indicator(3, modified="2025-01-01T00:00:00.000Z")
    objects[9] = indicator(9, pattern="[x-thing:id = 'a']")
    objects[20] = "no object"
    objects[21] = {key: inner for key, inner in indicator(21).items() if key not in {"spec_version", "pattern_type"}}
    objects[22] = indicator(22, granular_markings=[{"lang": "en", "selectors": ["pattern"]}])
    path = tmp_path / "bundle.json"
    text = json.dumps({"type": "bundle", "id": "bundle--5d0092c5-5f74-4287-9642-33f4c354e56d", "objects": objects})
    path.write_text(text[:-1] + ', "objects": []}')
    return path


def test_several_processes_read_what_one_reads_in_the_same_order(bundle: Path) -> None:
    found = run(bundle, WITH_AND_WITHOUT)
    assert found["several"] == found["one"]
    assert len(found["one"]) == 41, "forty places, and the second list that is left out"
    assert sum("modified-before-created" in one for one in found["one"]) == 1
    assert len(found["pids"]) == 2
    assert found["alone"] == []


def test_no_reading_process_outlives_the_import(bundle: Path) -> None:
    assert run(bundle, WITH_AND_WITHOUT)["left"] == []


def test_a_reading_process_that_is_killed_ends_the_file_with_a_clear_error(bundle: Path) -> None:
    found = run(
        bundle,
        """
def deadly(value):
    if value["id"].endswith("5"):
        os.kill(os.getpid(), signal.SIGKILL)
    return []
try:
    read(deadly)
except UnreadableFile as error:
    result["error"] = str(error)
result["left"] = [pid for pid in pids if not gone(pid)]
""",
    )
    assert found == {"error": "a process that was reading it was ended; try again", "left": []}


def test_a_process_with_threads_reads_alone(bundle: Path) -> None:
    found = run(
        bundle,
        """
stop = threading.Event()
other = threading.Thread(target=stop.wait)
other.start()
result["read"] = len(read())
result["pids"] = list(pids)
stop.set()
other.join()
""",
    )
    assert found == {"read": 41, "pids": []}


def test_a_small_bundle_is_read_alone(bundle: Path) -> None:
    found = run(bundle, "readers.WORTHWHILE = 1 << 20\nresult['read'] = len(read())\nresult['pids'] = list(pids)")
    assert found == {"read": 41, "pids": []}


def test_several_processes_check_what_one_checks(bundle: Path) -> None:
    found = run(
        bundle,
        """
def check():
    made = Generator(UUID(int=1), datetime(2026, 11, 22, tzinfo=UTC))
    with readers.Readers(Stix21Validator(), made) as reading, open(path, "rb") as file:
        parts = list(reading.check(file))
        return sum(part.read for part in parts), [repr(fault) for part in parts for fault in part.faults]
result["several"] = check()
readers._can_copy_itself = lambda: False
result["one"] = check()
""",
    )
    assert found["several"] == found["one"]
    assert found["one"][0] == 41
    assert len(found["one"][1]) > 3
