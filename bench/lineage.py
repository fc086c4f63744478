"""Lineage: edges found in the families of the shared data, by their own scorer, and the speed over made-up articles.

No peer does this; what is measured is how good it is and whether it keeps its limits. The data has to lie where the
tests look for it; without it only the speed is measured.
"""

import random
import sys
import time
from pathlib import Path
from typing import Any

from backchannel.core.assess.lineage import lineage
from backchannel.core.assess.outlets import gazetteer
from backchannel.core.assess.overlap import overlaps
from backchannel.core.assess.press import Report
from backchannel.core.assess.reading import read

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from families import called_copied, figures, gold, of_folder, prediction, scorer
from paths import SHARED_DATA

FAMILIES = SHARED_DATA / "lineage"
ARTICLES = 2_500
_EXAMPLES = 6


def run() -> dict[str, object]:
    """Both measurements."""
    return {"families": _families(), "speed": _speed()}


def _families() -> dict[str, object] | str:
    if not FAMILIES.is_dir():
        return f"not measured: the families of articles are not at {FAMILIES}; set BACKCHANNEL_SHARED_DATA"
    score = scorer(FAMILIES).score_family
    rows, apart, copied, own = [], 0, 0, {"right": 0, "missed": 0, "invented": 0}
    errors: dict[str, list[str]] = {"missed": [], "wrong": []}
    for entry in gold(FAMILIES):
        found = of_folder(FAMILIES / f"{entry['family']:02d}")
        predicted = prediction(found)
        rows.append(score(entry, predicted))
        pairs, wrong = called_copied(entry, found)
        apart, copied = apart + pairs, copied + wrong
        collected = {report.name: report.newsroom.collected for report in found.reports}
        for document in entry["documents"]:
            said, true = collected[f"{document['body']}.txt"], bool(document["own_collection"])
            own["right" if said == true else "invented" if said else "missed"] += 1
        _errors(entry, predicted, score, errors)
    precision, recall, f1 = figures(rows)
    return {
        "edges": {"precision": round(precision, 3), "recall": round(recall, 3), "f1": round(f1, 3)},
        "independent_pairs": apart,
        "called_copied": copied,
        "own_collection": own,
        "errors": {kind: {"count": len(listed), "examples": listed[:_EXAMPLES]} for kind, listed in errors.items()},
    }


def _errors(entry: dict[str, Any], predicted: dict[str, Any], score: Any, errors: dict[str, list[str]]) -> None:
    """What is missed and what is wrong, each edge asked for by itself."""
    for edge in predicted["edges"]:
        if score(entry, predicted | {"edges": [edge]})["wrong"]:
            errors["wrong"].append(f"{entry['family']}: {edge['child']} → {edge['parent']} ({edge['kind']})")
    for document in entry["documents"]:
        for parent in document["parents"]:
            if parent["certainty"] != "sure":
                continue
            doubted = [
                other | {"parents": [p if p is parent else p | {"certainty": "likely"} for p in other["parents"]]}
                for other in entry["documents"]
            ]
            if not score(entry | {"documents": doubted}, predicted)["found"]:
                errors["missed"].append(
                    f"{entry['family']}: {document['body']} → {parent['parent']} ({parent['kind']})"
                )


def _speed() -> dict[str, object]:
    texts = _made_up(random.Random(1))
    began = time.process_time()
    articles = [read(Report(f"{number}.txt", text)) for number, text in enumerate(texts)]
    was_read = time.process_time()
    shared = overlaps(articles)
    compared = time.process_time()
    found = lineage(articles, gazetteer())
    return {
        "articles": ARTICLES,
        "characters_each": sum(map(len, texts)) // ARTICLES,
        "read_seconds": round(was_read - began, 2),
        "overlap_seconds": round(compared - was_read, 2),
        "lineage_seconds": round(time.process_time() - compared, 2),
        "pairs": len(shared),
        "edges": len(found.edges),
    }


def _made_up(chance: random.Random) -> list[str]:
    """Articles of some 400 words as common as in a language; two in five go on from one of the last sixty."""
    syllables = [one + two for one in "bcdfglmnprst" for two in "aeiou"]
    known = ["".join(chance.choices(syllables, k=chance.randint(1, 4))) for _ in range(8_000)]
    weights = [1 / (rank + 3) for rank in range(len(known))]
    written: list[list[str]] = []
    for _ in range(ARTICLES):
        fresh = [_sentence(chance, known, weights) for _ in range(25)]
        if written and chance.random() < 0.4:
            earlier = chance.choice(written[-60:])
            fresh = [*earlier[: chance.randint(3, len(earlier))], *fresh[:10]]
        written.append(fresh)
    return ["\n\n".join(" ".join(text[at : at + 3]) for at in range(0, len(text), 3)) for text in written]


def _sentence(chance: random.Random, known: list[str], weights: list[float]) -> str:
    said = " ".join(chance.choices(known, weights, k=chance.randint(8, 25)))
    return f"“{said},” he said." if chance.random() < 0.2 else f"{said.capitalize()}."
