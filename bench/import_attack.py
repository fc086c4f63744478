"""Import all of ATT&CK into a fresh store, durable, against stix2.parse alone on the same file. Both by the clock on
the wall: the import uses every core and waits for the disk, the peer can do neither."""

import stix2

from backchannel.node.importing import import_files
from bench.measure import ATTACK, NO_DATA, fresh_node, met, on_the_wall, rate


def run() -> dict[str, object]:
    if not ATTACK.exists():
        return NO_DATA
    runs = []
    for _ in range(3):
        with fresh_node() as node:
            report, seconds = on_the_wall(lambda node=node: import_files(node, [ATTACK], tlp="clear"))
            again, again_seconds = on_the_wall(lambda node=node: import_files(node, [ATTACK], tlp="clear"))
        runs.append((seconds, again_seconds))
    seconds, again_seconds = min(runs)
    text = ATTACK.read_text()
    parsed, parse_seconds = on_the_wall(lambda: len(stix2.parse(text, allow_custom=True).objects))
    return {
        "objects": report.added,
        "wall_seconds": round(seconds, 2),
        "objects_per_second": rate(report.added, seconds),
        "again_objects_per_second": rate(again.unchanged, again_seconds),
        "stix2_parse_per_second": rate(parsed, parse_seconds),
        "against_stix2_parse": met((report.added / seconds) / (parsed / parse_seconds), 8),
    }
