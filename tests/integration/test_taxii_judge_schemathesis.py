"""schemathesis asks the TAXII server all that its OpenAPI document allows and forbids, with credentials and without.

No answer says 5xx, a status, a media type or a form that the document does not have; what the document forbids is
refused, what it allows is taken; a method or a user that it does not know gets nowhere.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backchannel.protocol.taxii import MEDIA_TYPE
from backchannel.web.taxii import ROOT
from schemathesis_run import Judged, judge
from taxii_clients import client
from taxii_served import PREDATOR, Served, User, by_http
from vetting_world import indicator

pytestmark = [pytest.mark.timeout(400), pytest.mark.slow, pytest.mark.usefixtures("no_other_authorities")]

COLLECTION = "/taxii2/api/collections/{collection}/"
NOT_TAKEN = ("--exclude-checks", "positive_data_acceptance")
"""The document cannot say which cursors were given out, nor how many days a month has: not all it allows is taken."""


DELETE = ("DELETE", f"{COLLECTION}objects/{{object}}/")
OBJECTS = [one.id for one in PREDATOR[:10]]


def as_served(served: Served) -> Any:
    with by_http(served) as http:
        return http.get("/taxii2/openapi.json").json()


def sure(document: Any, values: dict[str, list[str]]) -> Any:
    """A document without what it cannot say, so that the server takes all of it.

    It has no cursors, no last days of months, no first centuries, and in paths only what is there.
    """
    text = json.dumps(document)
    days, certain = r"(0[1-9]|[12]\\d|3[01])T", r"(0[1-9]|1\\d|2[0-8])T"
    years, later = r"\\d{4}-(0", r"[12]\\d{3}-(0"
    assert days in text
    assert years in text
    changed = json.loads(text.replace(days, certain).replace(years, later))
    for path in changed["paths"].values():
        for operation in path.values():
            operation["parameters"] = [one for one in operation["parameters"] if one["name"] != "next"]
            for one in operation["parameters"]:
                if one["name"] in values:
                    one["schema"] = {"enum": values[one["name"]]}
    return changed


def known(served: Served, user: User) -> dict[str, list[str]]:
    """What leads somewhere in a path: the user's collections, some objects, and a post of the user's."""
    with client(served, user) as server:
        collections = server.default.collections
        (writable,) = [one for one in collections if one.can_write]
        status = writable.add_objects({"objects": [indicator("posted.example").value]})
        return {"collection": [one.id for one in collections], "object": OBJECTS, "status": [status.id]}


def good_statuses(document: Any) -> dict[tuple[str, str], int]:
    """The status of success of each operation."""
    return {
        (method.upper(), path): min(map(int, operation["responses"]))
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }


def missed(document: Any, judged: Judged) -> set[tuple[str, str]]:
    """The operations that never succeeded in a run."""
    good = good_statuses(document)
    return {one for one, status in good.items() if status not in judged.answered[one]}


def test_the_server_does_what_its_document_says(written: Served, tmp_path: Path) -> None:
    document = as_served(written)
    judged = judge(tmp_path, written, written.siem, document, known(written, written.siem), *NOT_TAKEN)
    assert judged.code == 0, judged.said
    assert not missed(document, judged), judged.said
    assert not {429, 503} & set().union(*judged.answered.values())


@pytest.mark.parametrize(("name", "never"), [("siem", set()), ("vendor", {DELETE})])
def test_the_server_takes_all_that_its_document_allows_and_refuses_what_it_forbids(
    written: Served, tmp_path: Path, name: str, never: set[tuple[str, str]]
) -> None:
    """But for what a document cannot say. No counterpart deletes anything."""
    user = written.node.users[name]
    document = sure(as_served(written), known(written, user))
    judged = judge(tmp_path, written, user, document, {})
    assert judged.code == 0, judged.said
    assert missed(document, judged) == never, judged.said
    assert all(403 in judged.answered[one] for one in never)
    assert not {429, 503} & set().union(*judged.answered.values())


def test_a_stranger_gets_401_whatever_it_asks_and_changes_nothing(written: Served, tmp_path: Path) -> None:
    with by_http(written, written.siem) as http:
        before = http.get(f"{ROOT}collections/holdings/objects/").content
        judged = judge(tmp_path, written, None, as_served(written), {"collection": ["holdings"], "object": OBJECTS})
        assert judged.code == 0, judged.said
        assert set().union(*judged.answered.values()) == {401}
        assert set(good_statuses(as_served(written))) <= set(judged.answered)
        assert http.get(f"{ROOT}collections/holdings/objects/").content == before


# --- the judge can be disappointed ----------------------------------------------------------------------------------


def without_404(document: Any) -> None:
    del document["paths"][COLLECTION]["get"]["responses"]["404"]


def with_a_property_that_no_collection_has(document: Any) -> None:
    document["components"]["schemas"]["collection"]["required"].append("nothing")


def with_another_media_type(document: Any) -> None:
    answer = document["paths"][COLLECTION]["get"]["responses"]["200"]
    answer["content"] = {"application/json": answer["content"][MEDIA_TYPE]}


def with_a_stricter_limit(document: Any) -> None:
    for parameter in document["paths"][f"{COLLECTION}manifest/"]["get"]["parameters"]:
        if parameter["name"] == "limit":
            parameter["schema"]["maximum"] = 10


@pytest.mark.parametrize(
    ("spoil", "path", "complaint"),
    [
        (without_404, COLLECTION, "Undocumented status code"),
        (with_a_property_that_no_collection_has, COLLECTION, "Response violates schema"),
        (with_another_media_type, COLLECTION, "Undocumented Content-Type"),
        (with_a_stricter_limit, f"{COLLECTION}manifest/", "Schema-violating request accepted"),
    ],
)
def test_a_document_that_is_wrong_is_noticed(
    served: Served, tmp_path: Path, spoil: Callable[[Any], None], path: str, complaint: str
) -> None:
    document = sure(as_served(served), {"collection": ["holdings", "nothing"]})
    document["paths"] = {path: {"get": document["paths"][path]["get"]}}
    spoil(document)
    wrong = judge(tmp_path, served, served.siem, document, {}, "--phases", "coverage,fuzzing")
    assert wrong.code == 1, wrong.said
    assert complaint in wrong.said, wrong.said
