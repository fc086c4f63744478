"""To whom something was said: the collector, and by what means."""

import pytest

from said import said, words

TOLD = [
    ("Ana Ruiz told the Harbour Post that the dam had failed.", "the Harbour Post", ""),
    ("Ana Ruiz told reporters that the dam had failed.", "reporters", ""),
    ("Contacted by Reuters, Ana Ruiz confirmed the remarks.", "Reuters", ""),
    ("Ana Ruiz said by telephone that the dam had failed.", "", "by telephone"),
    ("Ana Ruiz said in a statement that the dam had failed.", "", "in a statement"),
    ("Ana Ruiz, in an interview with Reuters, said that the dam had failed.", "Reuters", "in an interview"),
    ("Speaking to Reuters, Ana Ruiz said that the dam had failed.", "Reuters", ""),
    ("Reuters quoted the mayor as saying that the dam had failed.", "Reuters", ""),
    ("The plan was confirmed to the Harbour Post by a spokesman.", "the Harbour Post", ""),
    ("Ana Ruiz said the dam had failed.", "", ""),
    ("Ana Ruiz told her brother that the dam had failed.", "", ""),
    ("According to Reuters, the dam had failed.", "", ""),
]


@pytest.mark.parametrize(("text", "collector", "means"), TOLD, ids=[row[0] for row in TOLD])
def test_the_collector_and_the_means_are_named(text: str, collector: str, means: str) -> None:
    one = said(text)[0]

    assert words(text, one.collector) == collector
    assert words(text, one.means) == means
