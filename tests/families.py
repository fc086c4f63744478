"""The families of press articles of the shared data, with their gold and the scorer that stands beside them."""

import importlib.util
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from backchannel.core.assess.independence import Independence
from backchannel.core.assess.lineage import Lineage, lineage
from backchannel.core.assess.outlets import gazetteer
from backchannel.core.assess.press import Report
from backchannel.core.assess.reading import read

PLACEHOLDER: Mapping[str, object] = {
    "origins": [0, 99],
    "collectors": [0, 99],
    "affirming_organisations": [0, 99],
    "denied_by": [],
}
"""An answer so wide that nothing follows from it: the scorer asks for one."""


@cache
def scorer(folder: Path) -> ModuleType:
    """The scorer of the data's folder."""
    spec = importlib.util.spec_from_file_location("lineage_score", folder / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def gold(folder: Path) -> list[dict[str, Any]]:
    """What a careful reader found, one entry a family."""
    found: list[dict[str, Any]] = json.loads((folder / "gold.json").read_text(encoding="utf-8"))
    return found


def of_folder(folder: Path) -> Lineage:
    """The lineage of all texts of a folder."""
    reports = [Report(path.name, path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.txt"))]
    return lineage([read(report) for report in reports], gazetteer())


def prediction(found: Lineage, counted: Independence | None = None) -> dict[str, Any]:
    """What the scorer reads."""
    edges = [
        {
            "child": edge.child,
            "parent": edge.parent,
            "parent_held": edge.parent_held,
            "kind": edge.kind.value,
            "directed": edge.directed,
        }
        for edge in found.edges
    ]
    if counted is None:
        return {"edges": edges, "answer": dict(PLACEHOLDER)}
    answer = {
        "origins": counted.origins,
        "collectors": counted.collectors.span,
        "affirming_organisations": counted.organisations,
        "denied_by": [party.name for party in counted.denied_by],
    }
    return {"edges": edges, "answer": answer}


def denials(rows: list[dict[str, Any]]) -> tuple[float, float]:
    """The share of denials by a party that would know that are found, and of the other families in which one is
    invented."""
    due = [row["denied"] for row in rows if row["denial_due"]]
    rest = [row["denied"] for row in rows if not row["denial_due"]]
    return sum(due) / max(1, len(due)), sum(rest) / max(1, len(rest))


def figures(rows: list[dict[str, Any]]) -> tuple[float, float, float]:
    """Precision, recall and F1 of edges, from the scorer's rows."""
    found, sure, right, wrong = (sum(row[name] for row in rows) for name in ("found", "sure", "right", "wrong"))
    precision, recall = right / max(1, right + wrong), found / max(1, sure)
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def called_copied(entry: dict[str, Any], found: Lineage) -> tuple[int, int]:
    """Pairs of one family that the gold calls independent, and how many of them have an edge."""
    above = {document["body"]: {p["parent"] for p in document["parents"]} for document in entry["documents"]}
    grand = {body: set().union(parents, *(above.get(p, set()) for p in parents)) for body, parents in above.items()}
    joined = {frozenset((edge.child, edge.parent)) for edge in found.edges if edge.parent_held}
    bodies = sorted(above)
    apart = [
        (one, other)
        for index, one in enumerate(bodies)
        for other in bodies[index + 1 :]
        if one not in grand[other] and other not in grand[one] and not grand[one] & grand[other]
    ]
    return len(apart), sum(frozenset((f"{one}.txt", f"{other}.txt")) in joined for one, other in apart)
