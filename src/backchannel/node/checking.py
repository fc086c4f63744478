"""Check: what an import would refuse or warn of, without a node and without keeping anything."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from uuid import NAMESPACE_URL

from backchannel.flow.collector import collector_paused
from backchannel.formats.generate import Generator
from backchannel.formats.schemas import Stix21Validator
from backchannel.node.files import FileReport
from backchannel.node.readers import Readers

_NOBODYS = Generator(NAMESPACE_URL, datetime.fromtimestamp(0, UTC))
"""What it makes of lists is looked at and thrown away: whose it is, and from when, does not matter."""


class CheckReport(FileReport):
    """What a check found."""

    sound: int = 0

    @property
    def notes(self) -> list[str]:
        """The warnings, one line a rule."""
        return self.warned("would come in")

    def as_json(self) -> dict[str, object]:
        """The public shape."""
        return {"read": self.read, "sound": self.sound, "refused": self.refused, "notes": self.notes}


def check_files(paths: Iterable[Path], *, advance: Callable[[int], None] = lambda _bytes: None) -> CheckReport:
    """Read files as an import does, and report on them. `advance` is told how many bytes were read."""
    report = CheckReport()
    with Readers(Stix21Validator(), _NOBODYS) as readers:
        for path in paths:
            _check_file(readers, path, report, advance)
    return report


@collector_paused()
def _check_file(readers: Readers, path: Path, report: CheckReport, advance: Callable[[int], None]) -> None:
    with report.opened(path) as (file, shown):
        before = 0
        for part in readers.check(file):
            report.read += part.read
            report.sound += part.read - sum(fault.refused for fault in part.faults)
            for fault in part.faults:
                report.note(shown, fault)
            advance(file.tell() - before)
            before = file.tell()
