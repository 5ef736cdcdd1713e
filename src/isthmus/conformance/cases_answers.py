"""RSP cases: plain answers, their usage and why they stopped."""

from __future__ import annotations

from typing import Final

from isthmus.conformance import asking
from isthmus.conformance.case import TRANSLATED, Case, Need
from isthmus.conformance.cast import Part, Role, Tokens
from isthmus.conformance.said import Json, Said
from isthmus.conformance.stage import Stage
from isthmus.conformance.subject import Api, Lane
from isthmus.conformance.verdict import require

COUNTING: Final = "Count from 1 to 300, separated by spaces."
ONE_TO_FIVE: Final = "Write exactly this and nothing else: alpha bravo charlie delta echo"
WITH_USAGE: Final[Json] = {"stream_options": {"include_usage": True}}


async def usage(stage: Stage) -> None:
    part = stage.part(Role.USAGE)
    body = stage.body(asking.PONG, part)
    asked = WITH_USAGE if stage.api is Api.CHAT else {}
    for said in (await stage.plain(body), await stage.streamed(body | asked)):
        if part.tokens is not None:
            _exact(stage.api, said.usage, part.tokens)
        elif stage.api is Api.MESSAGES:
            counted = said.usage.get("input_tokens") and said.usage.get("output_tokens")
            require(counted, "usage counts nothing", str(said.usage))
        else:
            _adds_up(said.usage)


def _exact(api: Api, usage: Json, tokens: Tokens) -> None:
    whole = tokens.fresh + tokens.cache_read + tokens.cache_write
    if api is Api.MESSAGES:
        wanted = {
            "input_tokens": tokens.fresh,
            "cache_read_input_tokens": tokens.cache_read,
            "cache_creation_input_tokens": tokens.cache_write,
            "output_tokens": tokens.output,
        }
        got = {name: usage.get(name) for name in wanted}
    else:
        details = usage.get("prompt_tokens_details") or {}
        wanted = {"prompt_tokens": whole, "completion_tokens": tokens.output}
        got = {name: usage.get(name) for name in wanted}
        wanted |= {"cached_tokens": tokens.cache_read, "cache_write_tokens": tokens.cache_write}
        got |= {name: details.get(name) for name in ("cached_tokens", "cache_write_tokens")}
        _adds_up(usage)
    wanted = {name: count for name, count in wanted.items() if count is not None}
    require(got | wanted == got, f"usage should be {wanted}", str(usage))


def _adds_up(usage: Json) -> None:
    prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens")
    require(prompt and completion is not None, "usage counts nothing", str(usage))
    assert isinstance(prompt, int) and isinstance(completion, int)
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    require(usage.get("total_tokens") == prompt + completion, "the total is not the sum", str(usage))
    require(cached <= prompt, "more tokens are cached than there are", str(usage))


async def reasons(stage: Stage) -> None:
    messages = stage.api is Api.MESSAGES
    said = await stage.plain(stage.body(asking.PONG))
    _stopped(said, "end_turn" if messages else "stop")
    said = await stage.plain(stage.body(COUNTING, stage.part(Role.LENGTH), limit=16))
    _stopped(said, "max_tokens" if messages else "length")
    for part in stage.cast.parts.get(Role.UNKNOWN_STOP, ()):
        if stage.lane is Lane.TRANSLATED:
            _stopped(await stage.plain(stage.body(asking.PONG, part)), "end_turn" if messages else "stop")


async def stop_sequence(stage: Stage) -> None:
    """Not every vendor says which sequence it was, or that it was one."""
    part, name = stage.part(Role.STOP_SEQUENCE), "stop" if stage.api is Api.CHAT else "stop_sequences"
    said = await stage.plain(stage.body(ONE_TO_FIVE, part) | {name: ["charlie"]})
    _stopped(said, *(("stop_sequence", "end_turn") if stage.api is Api.MESSAGES else ("stop",)))
    require("charlie" not in said.text, "the answer goes on after the stop sequence", said.text)
    named = said.stop != "stop_sequence" or said.stop_sequence == "charlie"
    require(named, f"the stop sequence is called {said.stop_sequence!r}")


async def tool_call(stage: Stage) -> None:
    """OpenAI itself says `stop` after a call that was forced by name."""
    fields = {"tools": [asking.tool(stage.api)], "tool_choice": asking.forced(stage.api)}
    said = await stage.plain(stage.body(asking.WEATHER, stage.part(Role.TOOL)) | fields)
    require(said.calls and said.calls[0].name == "get_weather", "the tool was not called", said.text)
    require(isinstance(said.calls[0].parsed(), dict), "the arguments are no object")
    own_word = () if stage.lane is Lane.TRANSLATED else ("stop",)
    _stopped(said, *(("tool_use",) if stage.api is Api.MESSAGES else ("tool_calls", *own_word)))


def _stopped(said: Said, *wanted: str) -> None:
    require(said.stop in wanted, f"it stopped for {said.stop!r}, not {' or '.join(wanted)}", said.text)


async def refusal(stage: Stage) -> None:
    for part in stage.scripted(Role.REFUSAL):
        body = stage.body("Do something unkind.", part)
        for ask in (stage.plain, stage.streamed):
            _refused(stage, await ask(body), part)


def _refused(stage: Stage, said: Said, part: Part) -> None:
    if stage.api is Api.MESSAGES:
        _stopped(said, "refusal")
    else:
        _stopped(said, "content_filter", *(() if stage.lane is Lane.TRANSLATED else ("stop",)))
    require(said.text or said.refusal, f"the reason of {part.model} is lost")


async def json_for_stream(stage: Stage) -> None:
    said = await stage.streamed(stage.body(asking.PONG, stage.scripted(Role.JSON_FOR_STREAM)[0]))
    require(said.text, "the text is lost")


_TOOLS: Final = frozenset((Need.TOOLS,))

CASES: Final = (
    Case("RSP-01", "cached input is counted apart in Messages", usage, 2, (Api.MESSAGES,)),
    Case("RSP-02", "cached input is counted within the prompt in Chat", usage, 2, (Api.CHAT,)),
    Case("RSP-03", "reasons to stop: the end, the limit, one nobody knows", reasons, 3),
    Case("RSP-03", "reasons to stop: a stop sequence", stop_sequence, 1),
    Case("RSP-03", "reasons to stop: a tool call", tool_call, 1, needs=_TOOLS),
    Case("RSP-04", "a refusal is told as one", refusal, 2, role=Role.REFUSAL, per_variant=True),
    Case(
        "RSP-05",
        "a plain answer to a request for a stream becomes a stream",
        json_for_stream,
        1,
        lanes=TRANSLATED,
        role=Role.JSON_FOR_STREAM,
    ),
)
