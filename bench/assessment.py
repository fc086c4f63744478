"""Assessment: origins and denials in the families of the shared data by their own scorer, time and memory.

By meaning and by words. The families are those that the rules were made on; others of the kind will come out worse.
"""

import sys
import time
from pathlib import Path
from typing import Any

from backchannel.core.assess.assessment import Heard, answer, hear
from backchannel.core.assess.outlets import gazetteer
from backchannel.core.assess.press import Report
from backchannel.core.assess.reading import read
from backchannel.core.assess.relevance import ByWords, Ranker
from backchannel.formats.embedding import ByMeaning

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from bench.measure import own_peak
from families import denials, gold, prediction, scorer
from heard import trees
from paths import SHARED_DATA

FAMILIES = SHARED_DATA / "lineage"


def run() -> dict[str, object]:
    """Both rankers over all families; the time is that of the processor, after the models are loaded."""
    if not FAMILIES.is_dir():
        return {"families": f"not measured: they are not at {FAMILIES}; set BACKCHANNEL_SHARED_DATA"}
    trees(read(Report("warm.txt", "The minister said it rained.")))
    ByMeaning()("warm", ["warm"])
    began = time.process_time()
    families = [(entry, _heard(entry)) for entry in gold(FAMILIES)]
    heard = time.process_time()
    by_meaning, errors = _scored(families, ByMeaning())
    answered = time.process_time()
    by_words, _ = _scored(families, ByWords())
    articles = sum(len(one.reports) for _, one in families)
    return {
        "articles": articles,
        "heard_seconds_each": round((heard - began) / articles, 3),
        "answered_seconds_each": round((answered - heard) / articles, 3),
        "peak_mib": own_peak(),
        "by_meaning": by_meaning,
        "by_words": by_words,
        "errors": errors,
    }


def _heard(entry: dict[str, Any]) -> Heard:
    paths = sorted((FAMILIES / f"{entry['family']:02d}").glob("*.txt"))
    reports = [Report(path.name, path.read_text(encoding="utf-8")) for path in paths]
    return hear([read(report) for report in reports], trees, gazetteer())


def _scored(families: list[tuple[dict[str, Any], Heard]], ranker: Ranker) -> tuple[dict[str, object], list[str]]:
    score = scorer(FAMILIES).score_family
    rows, errors, exact = [], [], 0
    for entry, heard in families:
        found = answer(heard, entry["claim"], ranker, gazetteer()).independence
        row = score(entry, prediction(heard.lineage, found))
        rows.append(row)
        truth = tuple(entry["independent_origins_affirming"])
        exact += found.origins == truth
        errors += _errors(entry, row, found.origins, found.collectors.span)
    recalled, invented = denials(rows)
    return {
        "families": len(rows),
        "origins_in_range": round(sum(row["origins"] for row in rows) / len(rows), 3),
        "origins_exact": round(exact / len(rows), 3),
        "mean_width": round(sum(row["width"] for row in rows) / len(rows), 2),
        "overcounted": sum(row["overcount"] for row in rows),
        "collectors_in_range": round(sum(row["collectors"] for row in rows) / len(rows), 3),
        "denials_found": round(recalled, 3),
        "denials_invented": round(invented, 3),
    }, errors


def _errors(entry: dict[str, Any], row: dict[str, Any], origins: object, collectors: object) -> list[str]:
    family = entry["family"]
    said = []
    if not row["origins"]:
        said.append(f"{family}: origins {origins}, truly {entry['independent_origins_affirming']}")
    if not row["collectors"]:
        said.append(f"{family}: collectors {collectors}, truly {entry['collectors_affirming']['count']}")
    if row["denied"] != row["denial_due"]:
        said.append(f"{family}: denied {row['denied']}, truly {row['denial_due']}")
    return said
