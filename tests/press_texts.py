"""Made-up reports and outlets: nothing in them has happened or exists."""

from datetime import UTC, datetime

from backchannel.core.assess.outlets import Gazetteer
from backchannel.core.assess.press import Article, Report
from backchannel.core.assess.reading import read

KNOWN = Gazetteer(
    {
        "agency": "Meridian Wire|MWR\nHarbour Press Agency|HPA\n",
        "newspaper": "Example Courier|The Example Courier\nEveningtide Post\n=Dusk\nal-Mithal\n",
        "broadcaster": "Channel Sample|Sample News\n",
        "site": "examplewire.example|Example/Wire\n",
        "social": "Twitter\nFacebook\n",
    }
)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
FLOOD = (
    "The river Exe rose by two metres in the night and took the old bridge with it before anybody could close it.",
    "About forty families from the lower town were brought to the school on the hill, where they will stay for days.",
    "Nobody was hurt, but the mill and three barns are lost, and the harvest that lay in them is spoilt for good.",
)


def article(*paragraphs: str, name: str = "one.txt", outlet: str = "", published: datetime | None = None) -> Article:
    """Read a report of some paragraphs."""
    return read(Report(name, "\n\n".join(paragraphs), outlet=outlet, published=published))
