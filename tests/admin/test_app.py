"""Whatever goes wrong under /v2 is told in one shape."""

import contextlib
from typing import Any

import pytest
from fastapi import APIRouter
from starlette.types import Receive, Scope, Send

import asgi
from isthmus.admin.app import admin_app
from isthmus.admin.asking import Admin, Asker, Model
from isthmus.control.failures import FieldProblem, Invalid, Throttled
from isthmus.control.people import Person, Role

router = APIRouter()


class Thing(Model):
    weight: int


@router.post("/things")
async def make(thing: Thing, asker: Asker) -> dict[str, Any]:
    if thing.weight == 0:
        raise Invalid("weight: 0 is too small", [FieldProblem("weight", "at least 1")])
    if thing.weight == 1:
        raise Throttled("wait", 2.5)
    return {"weight": thing.weight, "by": asker.name}


@router.get("/things/{id}")
async def get(id: str, asker: Asker) -> None: ...


@router.delete("/things/{id}", status_code=204)
async def remove(id: str, admin: Admin) -> None: ...


@router.get("/things/{id}/parts")
async def parts(id: str, asker: Asker) -> None: ...


@router.get("/bug")
async def bug(admin: Admin) -> None:
    raise RuntimeError("sk-secret-text")


async def ask(method: str, path: str, body: Any = b"", role: Role = Role.ADMIN) -> asgi.Reply:
    inner = admin_app([router])

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] = {"request_id": "req_1", "person": Person("usr_1", "anna", role)}
        scope |= {"root_path": "", "scheme": "http", "server": ("127.0.0.1", 8000), "http_version": "1.1"}
        # Starlette tells the client, and then raises it for the server.
        with contextlib.suppress(RuntimeError):
            await inner(scope, receive, send)

    return await asgi.ask(app, method, path, body, {"content-type": "application/json"})


async def test_what_is_right_is_answered() -> None:
    reply = await ask("POST", "/v2/things", {"weight": 3})
    assert (reply.status, reply.json) == (200, {"weight": 3, "by": "anna"})


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code", "fields"),
    [
        ("POST", "/v2/things", {"weight": 0}, 422, "invalid", ["weight"]),
        ("POST", "/v2/things", {"weight": "x", "wieght": 1}, 422, "invalid", ["weight", "wieght"]),
        ("POST", "/v2/things", b"{", 422, "invalid", ["1"]),
        ("POST", "/v2/things", {"weight": 1}, 429, "too_many_attempts", []),
        ("GET", "/v2/things", b"", 405, "method_not_allowed", []),
        ("GET", "/v2/nothing", b"", 404, "not_found", []),
        ("GET", "/v2/bug", b"", 500, "internal", []),
    ],
)
async def test_failures_have_one_shape(
    method: str, path: str, body: Any, status: int, code: str, fields: list[str]
) -> None:
    reply = await ask(method, path, body)
    error = reply.json["error"]
    assert reply.status == status
    assert error.keys() == {"code", "message", "fields", "request_id"}
    assert (error["code"], [each["field"] for each in error["fields"]]) == (code, fields)
    assert error["request_id"] == "req_1"
    assert b"sk-secret" not in reply.body


async def test_a_viewer_is_refused_where_only_administrators_may() -> None:
    assert (await ask("GET", "/v2/bug", role=Role.VIEWER)).status == 403


@pytest.mark.parametrize(
    ("path", "methods"),
    [("/v2/things", "POST"), ("/v2/things/1", "DELETE, GET"), ("/v2/things/1/parts", "GET")],
)
async def test_a_method_that_is_not_there_is_told_which_are(path: str, methods: str) -> None:
    for method in ("OPTIONS", "PUT", "PROPFIND"):
        reply = await ask(method, path)
        assert (reply.status, reply.headers["allow"]) == (405, methods)


async def test_who_must_wait_is_told_how_long() -> None:
    assert (await ask("POST", "/v2/things", {"weight": 1})).headers["retry-after"] == "3"
