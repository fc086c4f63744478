"""The OpenAPI document of the TAXII server: what can be asked, and what can be answered to it.

Not in it are 308 for a missing slash, 405 for other methods, and 500. A test holds it against the routes;
schemathesis asks everything that it allows and forbids.
"""

from collections.abc import Mapping
from typing import Any

from backchannel import __version__
from backchannel.core.stix_ids import ID
from backchannel.node.taxii import MOST_CONTENT
from backchannel.protocol.taxii import MEDIA_TYPE, MOST_OBJECTS

_TIME = {"type": "string", "format": "date-time"}
_UTC = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,18})?Z"
_WORDS = f"(last|first|all|{_UTC})"
_TYPE = "[a-z0-9][a-z0-9-]{1,248}[a-z0-9]"
_UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
_PATHS = {
    "status": {"type": "string", "pattern": _UUID},
    "collection": {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[a-z0-9-]+$"},
    "object": {"type": "string", "pattern": f"^{ID}$"},
}
_QUERIES: Mapping[str, Mapping[str, Any]] = {
    "added_after": {"type": "string", "pattern": f"^{_UTC}$"},
    "limit": {"type": "integer", "minimum": 1, "maximum": 10**18 - 1},
    "next": {"type": "string", "minLength": 1},
    "match[id]": {"type": "string", "pattern": f"^{ID}(,{ID})*$"},
    "match[type]": {"type": "string", "pattern": f"^{_TYPE}(,{_TYPE})*$"},
    "match[version]": {"type": "string", "pattern": f"^{_WORDS}(,{_WORDS})*$"},
    "match[spec_version]": {"type": "string", "pattern": r"^2\.[01](,2\.[01])*$"},
}
_PAGE = ("added_after", "limit", "next")
_OBJECTS = (*_PAGE, "match[id]", "match[type]", "match[version]", "match[spec_version]")
_ONE_OBJECT = (*_PAGE, "match[version]", "match[spec_version]")

_ERRORS = {
    400: "A parameter or the body cannot be taken; the error says which and why.",
    401: "No token that is known here.",
    403: "The token does not allow this here.",
    404: "There is no such thing, or none that this user may know of.",
    406: "Another media type than TAXII 2.1 was asked for.",
    408: "The body took too long.",
    413: f"The body has more than {MOST_CONTENT} bytes.",
    415: "The body is of another media type than TAXII 2.1.",
    429: "Too many requests; Retry-After says when to go on.",
    503: "The server is busy; Retry-After says when to go on.",
    507: "The disk of the server is full.",
}
_ALWAYS = (401, 406, 429, 503)
_READS = (*_ALWAYS, 400, 403, 404, 507)


def document(title: str) -> dict[str, Any]:
    """The document (OpenAPI 3.1), for the server of this name."""
    one = "/taxii2/api/collections/{collection}/"
    entry = f"{one}objects/{{object}}/"
    return {
        "openapi": "3.1.0",
        "info": {"title": f"TAXII 2.1 server of {title}", "version": __version__},
        "security": [{"bearer": []}, {"basic": []}],
        "paths": {
            "/taxii2/": {"get": _get("What this server is", "discovery")},
            "/taxii2/api/": {"get": _get("The API root", "root")},
            "/taxii2/api/status/{status}/": {
                "get": _get("What became of a post", "status", _READS, path=("status",))
            },
            "/taxii2/api/collections/": {"get": _get("The collections that you see", "collections")},
            one: {"get": _get("One collection", "collection", _READS, path=("collection",))},
            f"{one}manifest/": {
                "get": _get("What a collection holds", "manifest", _READS, path=("collection",), query=_OBJECTS)
            },
            f"{one}objects/": {
                "get": _get("Objects of a collection", "envelope", _READS, path=("collection",), query=_OBJECTS),
                "post": _post(),
            },
            entry: {
                "get": _get("One object", "envelope", _READS, path=("collection", "object"), query=_ONE_OBJECT),
                "delete": _operation(
                    "Take an object away", {200: "It is gone."}, _READS, ("collection", "object"), _ONE_OBJECT
                ),
            },
            f"{entry}versions/": {
                "get": _get(
                    "The versions of one object",
                    "versions",
                    _READS,
                    path=("collection", "object"),
                    query=(*_PAGE, "match[spec_version]"),
                )
            },
        },
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic"},
            },
            "schemas": _SCHEMAS,
        },
    }


def _get(
    summary: str,
    schema: str,
    errors: tuple[int, ...] = _ALWAYS,
    *,
    path: tuple[str, ...] = (),
    query: tuple[str, ...] = (),
) -> dict[str, Any]:
    return _operation(summary, {200: schema}, errors, path, query)


def _post() -> dict[str, Any]:
    made = _operation("Post objects", {202: "status"}, (*_READS, 408, 413, 415), ("collection",), ())
    schema = {"$ref": "#/components/schemas/posted"}
    made["requestBody"] = {"required": True, "content": {MEDIA_TYPE: {"schema": schema}}}
    return made


def _operation(
    summary: str,
    good: Mapping[int, str],
    errors: tuple[int, ...],
    path: tuple[str, ...],
    query: tuple[str, ...],
) -> dict[str, Any]:
    parameters = [{"name": name, "in": "path", "required": True, "schema": _PATHS[name]} for name in path]
    parameters += [{"name": name, "in": "query", "schema": _QUERIES[name]} for name in query]
    answers: dict[str, Any] = {}
    for status, schema in good.items():
        known = schema in _SCHEMAS
        body = {"schema": {"$ref": f"#/components/schemas/{schema}"}} if known else {"schema": {"type": "object"}}
        answers[str(status)] = {"description": summary if known else schema, "content": {MEDIA_TYPE: body}}
    error = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/error"}}}
    for status in sorted(errors):
        answers[str(status)] = {"description": _ERRORS[status], "content": error}
    return {"summary": summary, "parameters": parameters, "responses": answers}


_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}


def _object(required: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": properties}


def _list(of: Any, **limits: Any) -> dict[str, Any]:
    return {"type": "array", "items": of, **limits}


_YES_OR_NO = {"type": "boolean"}
_STIX = _object(("type", "id"), type=_TEXT, id=_TEXT)
_SAID = _object(("id", "version"), id=_TEXT, version=_TIME, message=_TEXT)
_COLLECTION = _object(
    ("id", "title", "can_read", "can_write"),
    id=_TEXT, title=_TEXT, description=_TEXT, alias=_TEXT, can_read=_YES_OR_NO, can_write=_YES_OR_NO,
    media_types=_list(_TEXT),
)  # fmt: skip
_ENTRY = _object(
    ("id", "date_added", "version", "media_type"), id=_TEXT, date_added=_TIME, version=_TEXT, media_type=_TEXT
)
_MORE = {"more": {"type": "boolean"}, "next": _TEXT}
_SCHEMAS: Mapping[str, Any] = {
    "discovery": _object(("title", "api_roots"), title=_TEXT, default=_TEXT, api_roots=_list(_TEXT)),
    "root": _object(
        ("title", "versions", "max_content_length"), title=_TEXT, versions=_list(_TEXT), max_content_length=_COUNT
    ),
    "collections": _object((), collections=_list(_COLLECTION)),
    "collection": _COLLECTION,
    "envelope": _object((), objects=_list(_STIX, maxItems=MOST_OBJECTS), **_MORE),
    "manifest": _object((), objects=_list(_ENTRY), **_MORE),
    "versions": _object((), versions=_list(_TEXT), **_MORE),
    "posted": _object(("objects",), objects=_list({})),  # what is no object of STIX is a failure of its own
    "status": _object(
        ("id", "status", "total_count", "success_count", "failure_count", "pending_count"),
        id=_TEXT, status={"enum": ["complete", "pending"]}, request_timestamp=_TIME, total_count=_COUNT,
        success_count=_COUNT, successes=_list(_SAID), failure_count=_COUNT, failures=_list(_SAID),
        pending_count=_COUNT,
    ),
    "error": _object(("title", "http_status"), title=_TEXT, description=_TEXT, http_status=_TEXT),
}  # fmt: skip
