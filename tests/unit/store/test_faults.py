"""What SQLite reports, in words that say what to do."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from backchannel.errors import BackchannelError, Blame, DiskFull, StoreBroken, StoreBusy, StoreReadOnly
from backchannel.store.faults import named_fault, translated

PATH = Path("home/store.sqlite")


def fault(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("as SQLite says")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_FULL, DiskFull),
        (sqlite3.SQLITE_BUSY, StoreBusy),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, StoreBusy),
        (sqlite3.SQLITE_LOCKED, StoreBusy),
        (sqlite3.SQLITE_READONLY_DIRECTORY, StoreReadOnly),
        (sqlite3.SQLITE_CANTOPEN, StoreReadOnly),
        (sqlite3.SQLITE_PERM, StoreReadOnly),
        (sqlite3.SQLITE_IOERR_FSYNC, StoreBroken),
        (sqlite3.SQLITE_CORRUPT, StoreBroken),
        (sqlite3.SQLITE_NOTADB, StoreBroken),
    ],
)
def test_each_fault_has_an_error_that_names_the_file_and_says_what_to_do(
    code: int, kind: type[BackchannelError]
) -> None:
    for raised in (fault(code), OperationalError("SELECT 1", {}, fault(code))):
        with pytest.raises(kind, match=r"store\.sqlite.*as SQLite says") as caught, translated(PATH):
            raise raised
        assert "\n" not in str(caught.value)
        assert caught.value.advice.endswith(".")


def test_a_mistake_of_ours_passes_as_it_is() -> None:
    assert named_fault(fault(sqlite3.SQLITE_CONSTRAINT_UNIQUE), PATH) is None
    with pytest.raises(sqlite3.OperationalError), translated(PATH):
        raise fault(sqlite3.SQLITE_MISUSE)
    with pytest.raises(ZeroDivisionError), translated(PATH):
        raise ZeroDivisionError


def test_what_the_operator_can_mend_is_not_called_our_fault() -> None:
    assert {kind.blame for kind in (DiskFull, StoreBusy, StoreReadOnly)} == {Blame.OPERATOR}
