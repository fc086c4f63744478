"""A file becomes a report with what is known of it; what is unusual about a text is said, and refuses nothing."""

from datetime import UTC, datetime

import pytest

from backchannel.core.assess.press import Report
from backchannel.core.assess.reading import read
from backchannel.errors import ReportTooLong, UnreadableFile
from backchannel.formats.pages import PageReader
from backchannel.formats.press import UNKNOWN, Known, report_of
from backchannel.formats.press_doubts import Doubt, doubts
from backchannel.formats.press_text import LARGEST_FILE
from press_pages import PARAGRAPHS, page
from press_texts import FLOOD

TEXT = "\n\n".join(("The river took the bridge", *FLOOD))
WHEN = datetime(2026, 11, 21, 9, tzinfo=UTC)
KNOWN = Known("Other Outlet", "https://other.example.com/", WHEN, "a friend")


def test_text_is_a_report_with_what_is_known_of_it() -> None:
    raw = TEXT.encode()
    with PageReader() as pages:
        taken = report_of("one.txt", raw, KNOWN, pages)
        assert taken.report == Report("one.txt", TEXT, "Other Outlet", "https://other.example.com/", WHEN, "a friend")
        assert (taken.original, taken.page, taken.guessed) == (raw, False, False)
        assert pages._child is None, "no page was read"


def test_of_a_page_all_is_said_of_its_text_and_the_page_is_kept() -> None:
    with PageReader() as pages:
        taken = report_of("one.html", page(), UNKNOWN, pages)
        assert report_of("one.html", b"\xef\xbb\xbf" + page(), UNKNOWN, pages).report == taken.report
        assert report_of("one.html", b"\xff\xfe" + page().decode().encode("utf-16-le"), UNKNOWN, pages).page
    assert taken.original == page()
    assert taken.report.text.count("No ship has left the harbour") == 1
    article = read(taken.report)
    assert article.headline is not None
    assert article.headline.of(article.text) == "No ship has left the harbour"
    assert [span.of(article.text) for span in article.paragraphs][1:] == list(PARAGRAPHS)
    assert taken.report.outlet == "Example Herald"


def test_what_is_known_from_outside_counts_more_than_what_a_page_says_of_itself() -> None:
    with PageReader() as pages:
        report = report_of("one.html", page(), KNOWN, pages).report
    assert (report.outlet, report.url, report.published) == ("Other Outlet", "https://other.example.com/", WHEN)


def test_a_huge_file_is_refused_before_it_is_looked_at() -> None:
    with PageReader() as pages:
        for begin in (b"<html>", b"words", b"\0\0"):
            with pytest.raises(ReportTooLong, match="5,000,000 bytes"):
                report_of("one", begin + b" " * LARGEST_FILE, UNKNOWN, pages)
        assert pages._child is None


def test_a_page_that_is_called_text_is_a_page() -> None:
    with PageReader() as pages:
        assert report_of("one.txt", page(), UNKNOWN, pages).page
        with pytest.raises(UnreadableFile, match="empty"):
            report_of("one.html", b"\n", UNKNOWN, pages)


GERMAN = (
    "Der Fluss stieg in der Nacht um zwei Meter und nahm die alte Brücke mit, bevor jemand sie sperren konnte. "
    "Etwa vierzig Familien wurden in die Schule auf dem Hügel gebracht, wo sie einige Tage bleiben werden."
)
ODD = {
    Doubt.NOT_ENGLISH: GERMAN,
    Doubt.MIXED_SCRIPTS: TEXT.replace("river", "r\u0456ver"),
    Doubt.UNBALANCED_QUOTES: TEXT
    + '\n\n"We were lucky, the miller said, and went to look at what was left of the mill.',
    Doubt.NO_SENTENCE_END: TEXT.replace(".", ","),
}


@pytest.mark.parametrize("doubt", ODD)
def test_what_is_unusual_about_a_text_is_said(doubt: Doubt) -> None:
    assert doubts(read(Report("one.txt", TEXT))) == ()
    assert doubt in doubts(read(Report("one.txt", ODD[doubt])))
    assert doubts(read(Report("one.txt", TEXT)), guessed=True) == (Doubt.GUESSED_ENCODING,)


def test_a_quotation_that_goes_on_in_the_next_paragraph_is_in_no_doubt() -> None:
    quote = "\n\n“We were lucky,” the miller said. “The mill is lost.\n\n“But we are all here.”"
    assert doubts(read(Report("one.txt", TEXT + quote))) == ()


@pytest.mark.parametrize(
    "text",
    [
        "word " * 200_000,
        "a" * 1_000_000,
        '"' * 1_000_000,
        "“" * 1_000_000,
        'He said "no and then ' * 40_000,
        "аp " * 300_000,
    ],
)
def test_a_hostile_text_is_judged_all_the_same(text: str) -> None:
    doubts(read(Report("one.txt", text)))
