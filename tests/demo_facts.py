"""Facts of a demo in which everything held, small enough to be falsified one by one."""

from typing import Any

from backchannel.cli.demonstration.facts import Crossing, Ending, Facts, Judged, Received

RED = "indicator--5b0f5d0c-6e0f-4a55-9d3e-0d7f5f1a7c11"
MALWARE = "malware--0d9a3d0a-2f4c-4a53-8f2f-5d4f7e9b6a01"
REPORT = "report--7a1f7b6e-63a8-4f8f-9e2e-1c2d3e4f5a6b"
COPY = "report--00000000-63a8-4f8f-9e2e-1c2d3e4f5a6b"


def judged(identifier: str, name: str = "", **known: Any) -> Judged:
    """An object of the sender; it leaves as it is unless something else is said."""
    defaults: dict[str, Any] = {
        "id": identifier,
        "type": identifier.partition("--")[0],
        "name": name,
        "own": True,
        "tlp": "green",
        "outcome": "release",
        "broken": (),
        "cut": (),
        "sent_id": identifier,
        "sent_sha256": f"sha256 of {identifier}",
        "values": (),
        "said": (name,),
    }
    return Judged(**defaults | known)


def stays(identifier: str, name: str, rule: str, evidence: str = "it stays", **known: Any) -> Judged:
    """An object of the sender that a rule keeps."""
    kept = {"outcome": "withhold", "broken": ((rule, evidence),), "sent_id": None, "sent_sha256": None}
    return judged(identifier, name, **kept | known)


def crossing(sender: str = "Lab", receiver: str = "Vendor", **known: Any) -> Crossing:
    """One direction: a malware leaves and a report in a reduced copy, an indicator stays."""
    cut = (("closure", "leaves without object_refs[1], object_refs[2]: what it refers to stays"),)
    reduced = judged(REPORT, "a report", outcome="reduce", cut=cut, sent_id=COPY, sent_sha256="sha256 of the copy")
    red = stays(RED, "secret.example", "marking", "TLP:RED is above the ceiling TLP:AMBER", tlp="red")
    defaults: dict[str, Any] = {
        "sender": sender,
        "receiver": receiver,
        "threats": ("Tidewick",),
        "notes": (),
        "ceiling": "amber",
        "judged": (judged(MALWARE, "Tidewick"), reduced, red),
        "connected": frozenset({MALWARE, REPORT, RED}),
        "sealed": 2,
        "received": (Received(MALWARE, "green"), Received(COPY, "green")),
        "accepted": {MALWARE: f"sha256 of {MALWARE}", COPY: "sha256 of the copy"},
        "found": (),
        "changed": (),
    }
    return Crossing(**defaults | known)


def facts(there: Crossing | None = None, **known: Any) -> Facts:
    """A whole story; the way back is as plain as the way there."""
    defaults: dict[str, Any] = {
        "threat": "Tidewick",
        "agreement": "d" * 64,
        "title": "Joint watch",
        "terms": ("It speaks about Tidewick.", "Nothing marked above TLP:AMBER leaves."),
        "verified": (True, True),
        "in_force": (True, True),
        "rejected": (0, 0),
        "crossings": (there or crossing(), crossing("Vendor", "Lab")),
        "endings": (Ending("Lab", "ended", 2, "it is ended"), Ending("Vendor", "ended", 2, "it is ended")),
        "seconds": 12.0,
    }
    return Facts(**defaults | known)
