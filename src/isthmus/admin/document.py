"""What the OpenAPI document says of every operation alike: who may ask, and how it is refused.

Handlers describe what they do. That the guard stands in front of them is written here, from the guard's own table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from isthmus.admin.rules import Need, need_for
from isthmus.admin.session import NAME

ROLE: Final = "x-role"
"""The least role that may ask; `null` where nobody needs to be signed in."""
ERROR: Final = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorAnswer"}}}
SCHEMES: Final[Mapping[str, Any]] = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of a user (`isa_…`), made under `/v2/me/tokens` or with `isthmus admin create-token`.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": NAME,
        "description": f"Set by `POST /v2/sign-in`; over TLS its name is `__Host-{NAME}`. Changes are taken only from the "
        "gateway's own page.",
    },
}
REFUSALS: Final[Mapping[str, str]] = {
    "401": "Not signed in, the token is not known, or the password is wrong.",
    "403": "Signed in, and not allowed to do this; or the address, host name or web page may not come in.",
    "404": "There is no such thing.",
    "422": "The request is not valid: `fields` says where.",
}
GUESSING: Final = frozenset({"set_up", "sign_in", "change_my_password"})
"""Operations that take a password or a set-up token, and not too many of them."""
_THROTTLED: Final[Mapping[str, Any]] = {
    "description": "Too many attempts.",
    "content": ERROR,
    "headers": {
        "retry-after": {
            "description": "Seconds to wait.",
            "required": True,
            "schema": {"type": "integer", "minimum": 1},
        }
    },
}
DESCRIPTION: Final = """\
Every request but the first three carries a token or the cookie of a session. Every failure has the shape `ErrorAnswer`. Lists come in
pages: give `next_cursor` back as `cursor` until it is null. Times are RFC 3339 in UTC, money is in US dollars."""
_VARIABLE: Final = re.compile(r"\{[^}]*\}")
_WRITTEN: Final = {"ip": "IP", "ips": "IPs"}
_REQUEST_ID: Final = {
    "description": "Of this request; the log says more under it.",
    "required": True,
    "schema": {"type": "string"},
}


def completed(document: dict[str, Any]) -> dict[str, Any]:
    """The document that the handlers gave, with what the guard does to each operation."""
    document["info"]["description"] = DESCRIPTION
    shared = {"securitySchemes": {**SCHEMES}, "headers": {"x-request-id": _REQUEST_ID}}
    document["components"] = {**document.get("components", {}), **shared}
    for method, path, operation in operations(document):
        need = need_for(method, _VARIABLE.sub("x", path))
        operation["summary"] = in_words(operation["operationId"])
        operation[ROLE] = None if need is Need.NOTHING else need.name.lower()
        operation["security"] = [] if need is Need.NOTHING else [{name: []} for name in SCHEMES]
        for status in _refusals(path, need, operation):
            operation["responses"][status] = {"description": REFUSALS[status], "content": ERROR}
        if operation["operationId"] in GUESSING:
            operation["responses"]["429"] = {**_THROTTLED}
        for response in operation["responses"].values():
            named = {"x-request-id": {"$ref": "#/components/headers/x-request-id"}}
            response["headers"] = response.get("headers", {}) | named
        operation["responses"] = dict(sorted(operation["responses"].items()))
    return document


def in_words(operation_id: str) -> str:
    """`list_blocked_ips` → `List blocked IPs`."""
    words = [_WRITTEN.get(word, word) for word in operation_id.split("_")]
    return f"{words[0].capitalize()} {' '.join(words[1:])}".strip()


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and operation, in the order of the document."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def _refusals(path: str, need: Need, operation: Mapping[str, Any]) -> Iterator[str]:
    if need is not Need.NOTHING or operation["operationId"] in GUESSING:
        yield "401"
    yield "403"
    if "{" in path:
        yield "404"
    if operation.get("parameters") or "requestBody" in operation:
        yield "422"
