"""Every path of the service, as a plain client finds it."""

from __future__ import annotations

import uuid
from typing import Any

import aiohttp
import pytest

from isthmus.simulators.claude_web.api import ROUTES, route
from isthmus.simulators.claude_web.faults import Endpoint
from simulators.claude_web.visitor import Visitor, visiting

PNG = b"\x89PNG\r\n\x1a\n" + b"\0\r\n\xff" * 9


def form(
    name: str = "image.png", media_type: str = "image/png", data: bytes = PNG, **more: str
) -> aiohttp.FormData:
    made = aiohttp.FormData()
    made.add_field("file", data, filename=name, content_type=media_type)
    for field, value in more.items():
        made.add_field(field, value)
    return made


def test_every_endpoint_has_a_path() -> None:
    assert {each.endpoint for each in ROUTES} == set(Endpoint)
    assert route("POST", "/api/organizations") == (None, {})
    found, params = route("DELETE", "/api/organizations/o/chat_conversations/c")
    assert found is not None and found.endpoint is Endpoint.DELETE
    assert params == {"org": "o", "conversation": "c"}


async def test_who_is_here() -> None:
    async with visiting("max") as (simulator, anna):
        org = anna.account.org.uuid
        (shown,) = (await anna.ask("GET", "/api/organizations")).json
        assert (shown["uuid"], shown["capabilities"]) == (org, ["chat", "claude_max"])
        assert shown["rate_limit_tier"] == "default_claude_max_5x"
        account = (await anna.ask("GET", "/api/account")).json
        assert account["memberships"][0]["organization"]["uuid"] == org
        bootstrap = (await anna.ask("GET", "/api/bootstrap")).json
        assert bootstrap["account"]["email_address"] == "anna@example.org"
        assert bootstrap["messageLimits"][org]["type"] == "within_limit"
        usage = (await anna.ask("GET", f"/api/organizations/{org}/usage")).json
        assert usage["five_hour"] is None and usage["extra_usage"] is None
        assert all(not entry.disguises for entry in simulator.journal)


async def test_a_free_account_is_shown_the_models_it_may_choose() -> None:
    async with visiting("free") as (simulator, anna):
        mine = (await anna.ask("GET", f"/api/organizations/{anna.account.org.uuid}/model_config")).json
        ben = Visitor(anna.session, simulator.add_account("ben", "pro"))
        all_of_them = (await ben.ask("GET", f"/api/organizations/{ben.account.org.uuid}/model_config")).json
        assert {row["model"] for row in mine} < {row["model"] for row in all_of_them}
        assert "claude-opus-4-8" not in {row["model"] for row in mine}


async def test_overwritten_settings_are_seen() -> None:
    async with visiting() as (simulator, anna):
        sent = {"settings": {"paprika_mode": "extended"}}
        assert (await anna.ask("PUT", "/api/account?statsig_hashing_algorithm=djb2", json=sent)).status == 202
        assert [entry.method for entry in simulator.journal.of("account")] == ["PUT"]


async def test_a_conversation_is_created_once_and_deleted_once() -> None:
    async with visiting() as (_, anna):
        id = str(uuid.uuid4())
        first = await anna.ask("POST", anna.chats, json={"uuid": id, "name": "Talk"})
        again = await anna.ask("POST", anna.chats, json={"uuid": id, "name": ""})
        assert (first.status, again.status) == (201, 409)
        assert first.json["current_leaf_message_uuid"] is None and first.json["settings"] == {}
        assert [each["name"] for each in (await anna.ask("GET", anna.chats)).json] == ["Talk"]
        wrong = await anna.ask("DELETE", f"{anna.chats}/{id}", json={"uuid": str(uuid.uuid4())})
        gone = await anna.ask("DELETE", f"{anna.chats}/{id}", json={"uuid": id})
        missing = await anna.ask("DELETE", f"{anna.chats}/{id}")
        assert (wrong.status, gone.status, gone.body, missing.status) == (400, 204, b"", 404)


@pytest.mark.parametrize("bare", [True, False])
async def test_a_conversation_may_be_deleted_by_a_bare_uuid_or_without_a_body(bare: bool) -> None:
    async with visiting() as (_, anna):
        id = await anna.create()
        more: dict[str, Any] = {"json": id} if bare else {}
        assert (await anna.ask("DELETE", f"{anna.chats}/{id}", **more)).status == 204


async def test_a_temporary_conversation_is_there_and_not_listed() -> None:
    async with visiting() as (_, anna):
        id = await anna.create(is_temporary=True)
        assert (await anna.ask("GET", anna.chats)).json == []
        assert (await anna.ask("GET", f"{anna.chats}/{id}")).json["is_temporary"] is True


@pytest.mark.parametrize(("plan", "status"), [("pro", 202), ("free", 403)])
async def test_thinking_is_set_by_those_who_pay(plan: str, status: int) -> None:
    async with visiting(plan) as (_, anna):
        id = await anna.create()
        sent = {"settings": {"paprika_mode": "extended"}}
        assert (await anna.ask("PUT", f"{anna.chats}/{id}", json=sent)).status == status
        thought = (await anna.turn("Hi", id)).deltas("thinking_delta")
        assert bool(thought) is (plan == "pro")


async def test_a_file_goes_up_and_comes_down() -> None:
    async with visiting() as (simulator, anna):
        org = anna.account.org.uuid
        to_org = await anna.ask("POST", f"/api/{org}/upload", data=form(orgUuid=org))
        assert to_org.status == 200 and to_org.json["file_kind"] == "image"
        id = uuid.uuid4()
        wiggle = f"/api/organizations/{org}/conversations/{id}/wiggle"
        to_chat = await anna.ask(
            "POST", f"{wiggle}/upload-file", data=form("note.pdf", "application/pdf", b"%PDF")
        )
        assert to_chat.status == 201 and to_chat.json["success"] is True
        down = await anna.ask("GET", f"{wiggle}/download-file", params={"path": to_org.json["path"]})
        assert down.body == PNG and "image.png" in down.headers["content-disposition"]
        assert (await anna.ask("GET", f"{wiggle}/download-file?path=/etc/passwd")).status == 404
        files = [to_org.json["file_uuid"], to_chat.json["file_uuid"]]
        seen = await anna.turn("What do you see?", files=files)
        assert seen.text == "I see image.png (image/png), note.pdf (application/pdf)."
        assert simulator.journal.of("upload")[0].body[0]["size"] == len(PNG)


async def test_an_upload_that_is_wrong_is_refused() -> None:
    async with visiting() as (_, anna):
        path = f"/api/{anna.account.org.uuid}/upload"
        wrong = await anna.ask("POST", path, data=form(purpose="chat"))
        assert (wrong.status, wrong.error["message"]) == (400, "purpose: Extra inputs are not permitted")
        assert (await anna.ask("POST", path, data=form(media_type="application/x-thing"))).status == 415
        assert (await anna.ask("POST", path, json={"file": "x"})).status == 400
        other = f"/api/{uuid.uuid4()}/upload"
        assert (await anna.ask("POST", other, data=form())).status == 403
        bad = f"/api/organizations/{anna.account.org.uuid}/conversations/none/wiggle/upload-file"
        assert (await anna.ask("POST", bad, data=form())).status == 400


async def test_text_is_taken_out_of_documents() -> None:
    async with visiting() as (_, anna):
        org = anna.account.org.uuid
        page = ("note.pdf", "application/pdf", b"%PDF (pong) Tj")
        newer = await anna.ask("POST", f"/api/organizations/{org}/convert_document", data=form(*page))
        older = await anna.ask("POST", "/api/convert_document", data=form(*page, orgUuid=org))
        nobody = await anna.ask("POST", "/api/convert_document", data=form(*page))
        assert newer.json["extracted_content"] == older.json["extracted_content"] == "pong"
        assert nobody.status == 400
        turn = await anna.turn("Read it.", attachments=[newer.json])
        assert turn.status == 200
