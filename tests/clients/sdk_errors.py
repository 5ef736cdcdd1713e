"""Which exception each official SDK raises for a status, as its own source maps them."""

from __future__ import annotations

from clients.asking import ANTHROPIC, Judged, Sdk

COMMON = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
}
"""What every SDK has a class for; from 500 on it is InternalServerError or a class derived from it."""


def class_for(sdk: Sdk, status: int) -> str:
    """The class that the exception must be, or inherit from."""
    if status in COMMON:
        return COMMON[status]
    if sdk.protocol == ANTHROPIC:
        current = {402: "PaymentRequiredError", 413: "ContentTooLargeError"}
        if not sdk.old and status in current:
            return current[status]
        if sdk.language == "python" and status in {413, 529}:
            return {413: "RequestTooLargeError", 529: "OverloadedError"}[status]
    if status >= 500:
        return "InternalServerError"
    return "APIError" if sdk.language == "node" else "APIStatusError"


def check_error(judged: Judged, sdk: Sdk, status: int, kind: str, *, midway: bool = False) -> None:
    """The exception is the one documented for `status`; `kind` is the error's type in the body.

    Midway, after the stream has begun, there is no status any more: the SDKs then raise their general class.
    """
    if midway:
        assert {"APIError", "APIStatusError"} & set(judged.bases), judged.trace
        assert judged.status in {None, 200}, judged
    else:
        assert class_for(sdk, status) in judged.bases, f"{judged.name} {judged.bases}: {judged}"
        assert judged.status == status, judged
    body = judged.body
    assert isinstance(body, dict), f"no body: {judged.trace}"
    error = body.get("error", body) if sdk.protocol == ANTHROPIC else body
    assert error["type"] == kind, judged
