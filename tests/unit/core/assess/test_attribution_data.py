"""The rules against news whose attribution was marked by hand (PolNeAR)."""

import pytest
from bench.attribution import AIMS, FOLDER, half_of, measure, said

from backchannel.formats.attribution_corpus import documents
from paths import needs_shared_data


@needs_shared_data
@pytest.mark.slow
def test_exact_spans_reach_the_aims_on_the_half_whose_errors_were_not_studied() -> None:
    held_out = [document for document in documents(FOLDER / "polnear-valid.txt") if half_of(document) == "odd"]

    scores = measure((document, said(document)) for document in held_out)

    assert {role: score.f1 >= AIMS[role] for role, score in scores.items()} == dict.fromkeys(AIMS, True), {
        role: score.f1 for role, score in scores.items()
    }
