"""What the service says no with: one JSON shape, made by whoever knows the reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

Json = dict[str, Any]

_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
EXTRA: Final = "Extra inputs are not permitted"


class Refusal(Exception):
    """An answer that is no success. `code` is the `details.error_code` by which clients tell reasons apart."""

    def __init__(
        self,
        status: int,
        kind: str,
        message: str,
        *,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message
        self.code = code
        self.headers = dict(headers or {})

    def body(self, request_id: str) -> Json:
        return error_body(self.kind, self.message, request_id, self.code)


def error_body(kind: str, message: str, request_id: str, code: str | None = None) -> Json:
    details = {"error_visibility": "user_facing"} | ({} if code is None else {"error_code": code})
    error = {"type": kind, "message": message, "details": details}
    return {"type": "error", "error": error, "request_id": request_id}


def invalid(message: str) -> Refusal:
    return Refusal(400, "invalid_request_error", message)


def session_invalid() -> Refusal:
    return Refusal(403, "permission_error", "Invalid authorization.", code="account_session_invalid")


def forbidden(message: str = "You do not have permission to do this.") -> Refusal:
    return Refusal(403, "permission_error", message)


def not_found(what: str) -> Refusal:
    return Refusal(404, "not_found_error", f"{what} not found")


def is_uuid(value: object) -> bool:
    return isinstance(value, str) and _UUID.fullmatch(value) is not None
