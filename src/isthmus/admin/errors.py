"""One shape for every failure under `/v2`.

{"error": {"code": "invalid", "message": "…", "fields": [{"field": "weight", "message": "…"}], "request_id": "req_…"}}
"""

from __future__ import annotations

import math
from typing import Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import compile_path

from isthmus.control.failures import FieldProblem, Invalid, NotFound, OperationFailed, Throttled, words_of

log = structlog.get_logger("isthmus")

STATUS: Final = {
    "invalid": 422,
    "not_found": 404,
    "conflict": 409,
    "outdated": 409,
    "forbidden": 403,
    "unauthenticated": 401,
    "too_many_attempts": 429,
    "unavailable": 503,
    "failed": 400,
}


class FieldError(BaseModel):
    field: str = Field(description="Dotted path of the field.")
    message: str


class ErrorBody(BaseModel):
    code: str = Field(description="What happened, for programs.")
    message: str = Field(description="What happened and the way out, for people.")
    fields: list[FieldError] = Field(default=[], description="What is wrong with single fields.")
    request_id: str = Field(description="The same as the header `x-request-id`; the log says more under it.")


class ErrorAnswer(BaseModel):
    """Every failure."""

    error: ErrorBody


def add_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(OperationFailed, _operation_failed)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_failure)
    app.add_exception_handler(Exception, _bug)


def render(request_id: str, failure: OperationFailed) -> Response:
    headers = {"x-request-id": request_id}
    if isinstance(failure, Throttled):
        headers["retry-after"] = str(max(1, math.ceil(failure.retry_after_s)))
    fields = [FieldError(field=each.field, message=each.message) for each in failure.fields]
    body = ErrorBody(code=failure.code, message=failure.message, fields=fields, request_id=request_id)
    return JSONResponse(ErrorAnswer(error=body).model_dump(), STATUS[failure.code], headers)


def request_id(request: Request) -> str:
    return str(request.scope.get("state", {}).get("request_id", ""))


async def _operation_failed(request: Request, failure: Exception) -> Response:
    assert isinstance(failure, OperationFailed)
    return render(request_id(request), failure)


async def _invalid_request(request: Request, failure: Exception) -> Response:
    assert isinstance(failure, RequestValidationError)
    fields = [FieldProblem(_path(error["loc"]), words_of(error)) for error in failure.errors()]
    named = ", ".join(dict.fromkeys(each.field or "the body" for each in fields))
    return render(request_id(request), Invalid(f"the request is not valid: see {named}", fields))


async def _http_failure(request: Request, failure: Exception) -> Response:
    assert isinstance(failure, HTTPException)
    if failure.status_code == 404:
        return render(
            request_id(request), NotFound(f"no such path: {request.url.path}. See /v2/openapi.json")
        )
    is_method = failure.status_code == 405
    body = ErrorBody(
        code="method_not_allowed" if is_method else "failed",
        message=f"{request.method} is not possible here. See /v2/openapi.json"
        if is_method
        else str(failure.detail),
        request_id=request_id(request),
    )
    headers = {"allow": ", ".join(_methods(request))} if is_method else failure.headers
    return JSONResponse(ErrorAnswer(error=body).model_dump(), failure.status_code, headers)


def _methods(request: Request) -> list[str]:
    """All that can be asked at a path. Starlette itself names only the methods of the first function there."""
    found: dict[str, set[str]] = {}
    for route in iter_route_contexts(request.app.routes):
        if route.path is not None and compile_path(route.path)[0].match(request.url.path):
            found.setdefault(route.path, set()).update(route.methods or ())
    return sorted(next(iter(found.values()), ()))


async def _bug(request: Request, failure: Exception) -> Response:
    id = request_id(request)
    log.error("bug", request_id=id, exc_info=failure)
    message = f"internal error of the gateway; its log says more under request id {id}"
    body = ErrorBody(code="internal", message=message, request_id=id)
    return JSONResponse(ErrorAnswer(error=body).model_dump(), 500, {"x-request-id": id})


def _path(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location[1:])
