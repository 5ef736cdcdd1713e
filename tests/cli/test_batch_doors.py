"""Both ways to a gateway lead through the same gate."""

import json
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from cli.batch_rows import chat, lines, message, own_door, providers
from cli.gateways import gateway
from cli.processes import Serve
from isthmus.cli.batch_doors import open_own, open_remote, usage_in
from isthmus.cli.failure import CommandFailed
from isthmus.config import Settings
from isthmus.core.secret import Secret
from isthmus.core.usage import Usage
from isthmus.storage.request_logs import RequestLogs
from isthmus.storage.request_sums import RequestSums
from simulators.openai_vendor import OpenAIVendor

MEASURED = "dummy-usage-100-80-0-12"


async def test_the_own_gateway_answers_both_dialects(tmp_path: Path) -> None:
    async with own_door(tmp_path) as (door, _):
        for line in lines(chat("a", MEASURED), message("b", MEASURED)):
            answered = await door.ask(line)
            assert answered.outcome.status == 200
            assert answered.outcome.request_id.startswith("req_")
            assert answered.usage == Usage(100, 80, 0, 12)
            assert answered.nano_usd is None, "nobody bills for the dummy"


async def test_the_own_gateway_says_what_is_estimated_and_what_it_costs(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        aliases = {"gpt-4o-mini": "sim-text", "gpt-4o": "sim-usage-none"}
        vendor = await stack.enter_async_context(OpenAIVendor(aliases=aliases))
        door, _ = await stack.enter_async_context(own_door(tmp_path, providers(vendor)))
        measured, estimated = [
            await door.ask(line) for line in lines(chat("a", "gpt-4o-mini"), chat("b", "gpt-4o"))
        ]
    assert measured.usage is not None and not measured.usage.estimated
    assert estimated.usage is not None and estimated.usage.estimated
    assert measured.nano_usd and estimated.nano_usd


async def test_a_refusal_comes_with_its_headers(tmp_path: Path) -> None:
    async with own_door(tmp_path) as (door, _):
        answered = await door.ask(lines(chat("a", "dummy-429-3"))[0])
    assert (answered.outcome.status, answered.headers["retry-after"], answered.usage) == (429, "3", None)


async def test_every_request_stands_in_the_log(tmp_path: Path) -> None:
    async with gateway(tmp_path) as (_, stores):
        async with own_door(tmp_path) as (door, _):
            ids = {(await door.ask(line)).outcome.request_id for line in lines(chat("a"), message("b"))}
        rows = RequestLogs(stores.database, RequestSums(stores.database))
        kept = [await rows.find(id) for id in ids]
    assert [each is not None for each in kept] == [True, True]


async def test_a_provider_may_be_chosen(tmp_path: Path) -> None:
    two = {"providers": {"one": {"type": "dummy"}, "two": {"type": "dummy"}}}
    async with own_door(tmp_path, two, "two") as (door, running):
        seen = []
        note = running.live.gateway.note
        assert note is not None
        running.live.gateway.note = lambda record: (seen.append(record.provider), note(record))[1]
        await door.ask(lines(chat("a"))[0])
    assert seen == ["two"]


def own_settings(folder: Path, **more: object) -> Settings:
    values = {"providers": {"dummy": {"type": "dummy"}}, "storage": {"data_dir": str(folder)}, **more}
    return Settings.model_validate(values).model_copy(update={"default_provider": "dummy"})


async def test_the_first_configured_key_is_shown(tmp_path: Path) -> None:
    settings = own_settings(tmp_path, api_keys=["sk-one-0123456789abcdef"])
    async with open_own(settings, None, None) as door:
        assert (await door.ask(lines(chat("a"))[0])).outcome.status == 200


async def test_a_key_that_is_not_known_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    settings = own_settings(tmp_path, api_keys=["sk-one-0123456789abcdef"])
    with pytest.raises(CommandFailed, match=r"not known here.*--key-env") as raised:
        async with open_own(settings, None, Secret("sk-another")):
            pass
    assert "sk-another" not in str(raised.value)


async def test_a_provider_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="nowhere"):
        async with open_own(own_settings(tmp_path), "nowhere", None):
            pass


async def test_a_gateway_that_runs_answers_the_same(serve: Serve) -> None:
    serving = serve({"providers": {"gpt": {"type": "dummy"}}})
    async with open_remote(serving.url, "gpt", None, None) as door:
        first, second, refused = [
            await door.ask(line)
            for line in lines(chat("a", MEASURED), message("b", MEASURED), chat("c", "dummy-overflow"))
        ]
    assert first.usage == second.usage == Usage(100, 80, 0, 12)
    assert json.loads(first.outcome.body)["object"] == "chat.completion"
    assert json.loads(second.outcome.body)["type"] == "message"
    assert (refused.outcome.status, refused.usage) == (400, None)
    logged = [row for row in serving.log_lines() if row.get("model") == MEASURED]
    assert [row["provider"] for row in logged] == ["gpt", "gpt"]


async def test_a_gateway_that_ends_gives_no_answer(serve: Serve) -> None:
    serving = serve()
    async with open_remote(serving.url, None, None, None) as door:
        serving.kill()
        answered = await door.ask(lines(chat("a"))[0])
    assert (answered.outcome.status, answered.usage) == (0, None)
    assert answered.outcome.said.startswith("the gateway did not answer: ")


async def test_where_no_gateway_is(serve: Serve) -> None:
    serving = serve()
    serving.kill()
    with pytest.raises(CommandFailed, match="no gateway answers"):
        async with open_remote(serving.url, None, None, None):
            pass


@pytest.mark.parametrize(
    ("body", "usage"),
    [
        (b'{"usage":{"prompt_tokens":7,"completion_tokens":2}}', Usage(7, output_tokens=2)),
        (
            b'{"usage":{"prompt_tokens":7,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":5}}}',
            Usage(2, 5, output_tokens=2),
        ),
        (b'{"usage":{"prompt_tokens":7,"total_tokens":7}}', Usage(7)),
        (
            b'{"usage":{"input_tokens":1,"cache_read_input_tokens":2,"cache_creation_input_tokens":3,"output_tokens":4}}',
            Usage(1, 2, 3, 4),
        ),
        (b'{"usage":null}', None),
        (b'{"usage":{"prompt_tokens":"x"}}', None),
        (b"<html>", None),
    ],
)
def test_usage_in_an_answer(body: bytes, usage: Usage | None) -> None:
    assert usage_in(body) == usage
