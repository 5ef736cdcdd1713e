from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest

from conformance import fakes
from conformance.fakes import KEY, Asked, Json, Reply, as_json, serving, stage_at, stage_on
from isthmus.conformance import cases_auxiliary as cases
from isthmus.conformance.subject import Api
from isthmus.conformance.verdict import Fault, Moot
from isthmus.core.interfaces import ModelInfo
from isthmus.core.secret import Secret
from isthmus.dialects.openai_chat import model_object

Answers = Callable[[Asked], Reply]
IDS = ["qwen/qwen-3", "claude-5"]
ALIAS = "claude-p-qwen/qwen-3"


def row(id: str, **more: Any) -> Json:
    fixed = {
        "type": "model",
        "object": "model",
        "created": 1,
        "owned_by": "p",
        "created_at": "1970-01-01T00:00:01Z",
    }
    return {"id": id, "display_name": id, **fixed, **more}


def page(ids: list[str], *, has_more: bool = False, **more: Any) -> Reply:
    ends = {"first_id": ids[0], "last_id": ids[-1]} if ids else {"first_id": None, "last_id": None}
    whole = {"object": "list", "data": [row(id) for id in ids], "has_more": has_more}
    return as_json({**whole, **ends, **more})


def listing(asked: Asked) -> Reply:
    """A model list as it should be."""
    path = unquote(asked.path)
    if path == "/v1/models":
        if asked.query == "limit=1":
            return page(IDS[:1], has_more=True)
        return page([*IDS, ALIAS] if "anthropic-version" in asked.headers else IDS)
    id = path.removeprefix("/v1/models/")
    return as_json(row(id)) if id in IDS else fakes.error(Api.MESSAGES, 404, "model: none", "not_found_error")


def but(path: str, reply: Reply, query: str = "", header: str = "") -> Answers:
    """The good list, except for one answer."""

    def answers(asked: Asked) -> Reply:
        met = asked.path == path and asked.query == query and (not header or header in asked.headers)
        return reply if met else listing(asked)

    return answers


async def test_a_good_list_passes() -> None:
    async with stage_on(listing, Api.MESSAGES) as stage:
        await cases.model_list(stage)
        assert len(stage.client.transcript) == 5


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (but("/v1/models", as_json({"data": None, "object": "list", "has_more": False})), "no list"),
        (but("/v1/models", page(IDS, object="page")), "`object`"),
        (but("/v1/models", page(IDS, has_more=True)), "`has_more`"),
        (but("/v1/models", page(IDS, last_id=None)), "first_id and last_id"),
        (but("/v1/models", page(IDS, data=[row("x", created="now")])), "missing created"),
        (but("/v1/models", page(IDS, data=[{"id": "x"}])), "a row of the list"),
        (but("/v1/models", page(IDS), header="anthropic-version"), "would not show qwen/qwen-3"),
        (but("/v1/models", page(["claude-5"]), header="anthropic-version"), "shorter for Messages"),
        (but("/v1/models", page(IDS), "limit=1"), "`limit` is not kept"),
        (but("/v1/models", page(IDS[:1]), "limit=1"), "`has_more` is wrong"),
        (but("/v1/models/qwen/qwen-3", as_json(row("other"))), "another model"),
        (but("/v1/models/no-such-model-at-all", as_json(row("x"))), "200 for an unknown model"),
        (but("/v1/models", as_json({}, 500)), "500 instead of 200"),
    ],
)
async def test_what_is_wrong_with_a_list_is_named(answers: Answers, why: str) -> None:
    async with stage_on(answers, Api.MESSAGES) as stage:
        with pytest.raises(Fault, match=why):
            await cases.model_list(stage)


async def test_an_empty_list_says_nothing() -> None:
    async with stage_on(lambda _: page([]), Api.MESSAGES) as stage:
        with pytest.raises(Moot, match="empty"):
            await cases.model_list(stage)


def test_the_row_wanted_is_the_row_we_write() -> None:
    assert cases._row_fault(msgspec.json.decode(model_object(ModelInfo("m", owner="p")))) == ""


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (lambda _: as_json({"input_tokens": 12}), None),
        (lambda _: as_json({"input_tokens": 0}), "input_tokens is 0"),
        (lambda _: as_json({"tokens": 12}), "input_tokens is None"),
        (
            lambda asked: as_json({"input_tokens": 1}, 200 if "anthropic-version" in asked.headers else 400),
            "400 instead of 200",
        ),
        (lambda asked: as_json({"input_tokens": 1}, 404 if asked.query else 200), "404 instead of 200"),
    ],
)
async def test_token_counts(answers: Answers, why: str | None) -> None:
    async with stage_on(answers, Api.MESSAGES) as stage:
        if why is None:
            await cases.token_count(stage)
        else:
            with pytest.raises(Fault, match=why):
                await cases.token_count(stage)


def probed(asked: Asked) -> Reply:
    assert "authorization" not in asked.headers and "x-api-key" not in asked.headers
    return Reply(status=204 if asked.method == "OPTIONS" else 200)


async def test_probes() -> None:
    async with serving(probed) as (url, asked), stage_at(url, Api.MESSAGES) as stage:
        await cases.probes(stage)
    assert [each.path for each in asked] == ["/", "/api/hello", "/healthz", "/v1/messages"]
    async with stage_on(lambda asked: Reply(status=401 if asked.path == "/" else 200), Api.MESSAGES) as stage:
        with pytest.raises(Fault, match="HEAD /: status 401"):
            await cases.probes(stage)


def either(asked: Asked) -> Reply:
    bearer = asked.headers.get("authorization", "").removeprefix("Bearer ")
    return page([]) if KEY.reveal() in (bearer, asked.headers.get("x-api-key")) else as_json({}, 401)


def bearer_first(asked: Asked) -> Reply:
    bearer = asked.headers.get("authorization", "").removeprefix("Bearer ")
    return page([]) if (bearer or asked.headers.get("x-api-key")) == KEY.reveal() else as_json({}, 401)


async def test_key_headers() -> None:
    async with stage_on(either, Api.MESSAGES) as stage:
        await cases.key_headers(stage)
    async with stage_on(bearer_first, Api.MESSAGES) as stage:
        with pytest.raises(Fault, match="authorization and x-api-key"):
            await cases.key_headers(stage)
    async with stage_on(either, Api.MESSAGES, key=Secret("")) as stage:
        with pytest.raises(Moot):
            await cases.key_headers(stage)
