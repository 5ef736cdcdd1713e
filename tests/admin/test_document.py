"""The document says of each operation what the guard does to it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from isthmus.admin.app import admin_app
from isthmus.admin.asking import Admin, Asker, Limit
from isthmus.admin.document import ROLE, in_words, operations


def document() -> dict[str, Any]:
    routes = APIRouter()

    @routes.get("/setup")
    async def read_setup() -> None: ...

    @routes.post("/sign-in")
    async def sign_in(name: str) -> None: ...

    @routes.get("/keys/{id}")
    async def get_key(id: str, asker: Asker) -> None: ...

    @routes.get("/settings")
    async def list_settings(asker: Asker, limit: Limit = 1) -> None: ...

    @routes.delete("/accounts/{id}", status_code=204)
    async def delete_account(id: str, admin: Admin) -> None: ...

    return admin_app([routes]).openapi()


def test_each_operation_names_the_role_it_needs() -> None:
    found = {operation["operationId"]: operation for _, _, operation in operations(document())}
    roles = {name: operation[ROLE] for name, operation in found.items()}
    assert roles == {
        "read_setup": None,
        "sign_in": None,
        "get_key": "holder",
        "list_settings": "viewer",
        "delete_account": "admin",
    }
    assert found["read_setup"]["security"] == []
    assert found["get_key"]["security"] == [{"token": []}, {"session": []}]


def test_a_summary_reads_as_words() -> None:
    assert in_words("list_blocked_ips") == "List blocked IPs"
    assert in_words("backup") == "Backup"


def test_each_operation_names_its_refusals() -> None:
    statuses = {
        operation["operationId"]: list(operation["responses"]) for _, _, operation in operations(document())
    }
    assert statuses == {
        "read_setup": ["200", "403", "default"],
        "sign_in": ["200", "401", "403", "422", "429", "default"],
        "get_key": ["200", "401", "403", "404", "422", "default"],
        "list_settings": ["200", "401", "403", "422", "default"],
        "delete_account": ["204", "401", "403", "404", "422", "default"],
    }


def test_whoever_must_wait_is_told_how_long() -> None:
    found = {operation["operationId"]: operation for _, _, operation in operations(document())}
    headers = found["sign_in"]["responses"]["429"]["headers"]
    assert headers.keys() == {"retry-after", "x-request-id"}


def test_a_document_is_completed_once() -> None:
    app = admin_app([])
    assert app.openapi() is app.openapi()


def test_every_answer_names_its_request() -> None:
    written = document()
    for _, path, operation in operations(written):
        for status, response in operation["responses"].items():
            assert response["headers"].keys() >= {"x-request-id"}, (path, status)
    assert written["components"]["headers"]["x-request-id"]["required"]
