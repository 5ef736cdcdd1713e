"""Each rule of the service: a body that keeps all of them, and bodies that break just one."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from isthmus.core.errors import BadRequest, Kind
from isthmus.providers.amazon_q import checks
from isthmus.providers.amazon_q.checks import check, check_size
from providers.amazon_q.test_media import b64, png

Json = dict[str, Any]
Breaking = Callable[[Json], object]


def asked(content: str = "hi", **more: Any) -> Json:
    return {"userInputMessage": {"content": content, "origin": "CLI", "modelId": "m", **more}}


def said(content: str = "yes", **more: Any) -> Json:
    return {"assistantResponseMessage": {"content": content, **more}}


def use(id: str = "t1", name: str = "f") -> Json:
    return {"toolUseId": id, "name": name, "input": {}}


def answered(id: str = "t1", text: str = "ok") -> Json:
    return {"toolUseId": id, "status": "success", "content": [{"text": text}]}


def tool(name: str = "f", description: str = "F.", **schema: Any) -> Json:
    json = {"type": "object", "properties": {}, **schema}
    return {"toolSpecification": {"name": name, "description": description, "inputSchema": {"json": json}}}


GOOD: Json = {
    "conversationId": "c",
    "chatTriggerType": "MANUAL",
    "history": [asked(), said(toolUses=[use()])],
    "currentMessage": asked(
        "",
        userInputMessageContext={
            "toolResults": [answered()],
            "tools": [tool(), {"cachePoint": {"type": "default"}}],
        },
    ),
}
ONE: Json = {
    "chatTriggerType": "MANUAL",
    "currentMessage": asked(images=[{"format": "png", "source": {"bytes": png()}}]),
}


def newest(state: Json) -> Json:
    message: Json = state["currentMessage"]["userInputMessage"]
    return message


def context(state: Json) -> Json:
    found: Json = newest(state)["userInputMessageContext"]
    return found


def broken(state: Json, change: Breaking) -> BadRequest:
    state = copy.deepcopy(state)
    change(state)
    with pytest.raises(BadRequest) as caught:
        check(state)
    return caught.value


def test_good_requests_pass() -> None:
    check(GOOD)
    check(ONE)


@pytest.mark.parametrize(
    ("change", "rule", "field"),
    [
        (lambda s: s["history"].pop(), "roles alternate", "messages.1"),
        (lambda s: s["history"].pop(0), "roles alternate", "messages.0"),
        (lambda s: s["history"].insert(0, asked()), "roles alternate", "messages.1"),
        (lambda s: s["history"].append(said()), "roles alternate", "messages.2"),
        (lambda s: s["history"][0].update(said()), "roles alternate", "messages.0"),
        (lambda s: newest(s).update(modelId=""), "a model's id", "model"),
        (lambda s: newest(s).update(modelId="m" * 1025), "a model's id", "model"),
        (lambda s: context(s).pop("toolResults"), "answered by one result", "messages.2"),
        (lambda s: context(s)["toolResults"].append(answered("t2")), "answered by one result", "messages.2"),
        (lambda s: context(s)["toolResults"].append(answered()), "answered by one result", "messages.2"),
        (lambda s: s["history"][0]["userInputMessage"].update(userInputMessageContext={"toolResults": [answered()]}),
         "the first message", "messages.0"),
        (lambda s: context(s)["tools"].clear(), "is declared", "messages.1"),
        (lambda s: context(s)["tools"].append(tool()), "declared once", "tools.1.name"),
        (lambda s: context(s)["tools"].append(tool("a b")), "a tool's name", "tools.1.name"),
        (lambda s: context(s)["tools"].append(tool("n" * 65)), "a tool's name", "tools.1.name"),
        (lambda s: context(s)["tools"].append(tool("g", " ")), "a description", "tools.1"),
        (lambda s: context(s)["tools"].append(tool("g", "x" * 10_241)), "a description", "tools.1"),
        (lambda s: context(s)["tools"].append(tool("g", type="array")), "an object at its root", "tools.1.input_schema"),
        (lambda s: context(s)["tools"].append(tool("g", properties=[])), "an object at its root", "tools.1.input_schema"),
        (lambda s: context(s)["tools"].append(tool("g", **{"$schema": ""})), "an object at its root", "tools.1.input_schema"),
        (lambda s: s["history"][0]["userInputMessage"].update(content=""), "says something", "messages.0"),
        (lambda s: s["history"][1]["assistantResponseMessage"].update(content=""), "says something", "messages.1"),
    ],
)  # fmt: skip
def test_a_broken_rule_is_named(change: Breaking, rule: str, field: str) -> None:
    error = broken(GOOD, change)
    assert rule in error.message
    assert (error.kind, error.field) == (Kind.INVALID_REQUEST, field)


def renamed(id: str) -> Breaking:
    def change(state: Json) -> None:
        state["history"][1]["assistantResponseMessage"]["toolUses"][0]["toolUseId"] = id
        context(state)["toolResults"][0]["toolUseId"] = id

    return change


@pytest.mark.parametrize("id", ["", "a.b", "x" * 65])
def test_ids_of_calls_are_plain(id: str) -> None:
    assert "the id of a tool call is 1 to 64" in broken(GOOD, renamed(id)).message


def test_an_id_is_used_once() -> None:
    def again(state: Json) -> None:
        results = {"userInputMessageContext": {"toolResults": [answered()]}}
        state["history"] += [asked("", **results), said(toolUses=[use()])]

    assert "used once" in broken(GOOD, again).message


def image(**changes: Any) -> Breaking:
    return lambda state: newest(state)["images"][0].update(changes)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda s: newest(s).update(images=newest(s)["images"] * 11), "at most 10 images, not 11"),
        (image(format="bmp", source={"bytes": b64(b"BM")}), "PNG, JPEG, GIF or WebP, not 'bmp'"),
        (image(format="jpeg"), "PNG, JPEG, GIF or WebP, not 'jpeg'"),
        (image(source={"bytes": png() + "A" * 2_800_000}), "2800000 characters of base64"),
        (image(source={"bytes": png(8_001, 10)}), "8000 pixels wide and high, not 8001 by 10"),
    ],
)
def test_images(change: Breaking, rule: str) -> None:
    error = broken(ONE, change)
    assert rule in error.message
    assert error.field == "messages.content.image"


def long_history(state: Json) -> None:
    state["history"] = [asked(), said()] * (checks.MAX_ENTRIES // 2 + 1)


@pytest.mark.parametrize(
    ("state", "change"),
    [
        (ONE, lambda s: newest(s).update(content="x" * (checks.MAX_USER_CHARS + 1))),
        (GOOD, lambda s: s["history"][1]["assistantResponseMessage"].update(content="x" * (checks.MAX_ASSISTANT_CHARS + 1))),
        (GOOD, lambda s: context(s).update(toolResults=[answered(text="x" * (checks.MAX_RESULT_CHARS + 1))])),
        (ONE, long_history),
    ],
)  # fmt: skip
def test_what_is_too_long_is_told_so_that_clients_compact(state: Json, change: Breaking) -> None:
    error = broken(state, change)
    assert error.kind is Kind.CONTEXT_OVERFLOW
    assert error.message.startswith("prompt is too long: ")


def test_the_size_of_the_whole() -> None:
    check_size(b"x" * checks.MAX_BODY_BYTES)
    with pytest.raises(BadRequest, match="prompt is too long: the request has 7600001 bytes") as caught:
        check_size(b"x" * (checks.MAX_BODY_BYTES + 1))
    assert caught.value.kind is Kind.CONTEXT_OVERFLOW
