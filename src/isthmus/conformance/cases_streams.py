"""STR cases: streams from their first byte to their last, also when that comes too early."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise
from typing import Any, Final

import msgspec

from isthmus.conformance import asking
from isthmus.conformance.case import GATEWAYS, TRANSLATED, Case, Need
from isthmus.conformance.cases_answers import WITH_USAGE
from isthmus.conformance.cast import Part, Role
from isthmus.conformance.client import credentials
from isthmus.conformance.said import Said, read
from isthmus.conformance.stage import Stage
from isthmus.conformance.subject import ENDPOINT, Api, Lane
from isthmus.conformance.verdict import Moot, require

LONGEST_SILENCE_S: Final = 16.0
"""Keep-alives come at least every 15 s; the rest is for the network."""
CANCELLED_WITHIN_S: Final = 1.0
_THINKING_LIMIT: Final = 4096


async def text(stage: Stage) -> None:
    said = await stage.streamed(stage.body(asking.PONG))
    require(said.text, "the stream holds no text")
    if stage.api is Api.MESSAGES:
        return
    if stage.lane is Lane.TRANSLATED:
        require(not said.usage, "usage was sent though nobody asked", str(said.usage))
    try:
        counted = await stage.streamed(stage.body(asking.PONG) | WITH_USAGE)
    except Moot as refused:
        stage.note(str(refused))
        return
    require(counted.usage, "usage was asked for and did not come")


async def thinking_and_tools(stage: Stage) -> None:
    whole = stage.cast.parts.get(Role.THINKING_TOOLS)
    if whole:
        said = await _parallel(stage, whole[0])
        wanted = ["thinking", "text", "tool_use", "tool_use"]
        require(said.order == wanted, f"blocks come as {said.order}, not as {wanted}")
        require(said.signatures == 1, "the thinking block has no signature")
        return
    said = await _thinking(stage)
    if said.thinking:
        require(said.order[:2] == ["thinking", "text"], f"blocks come as {said.order}")
        require(said.signatures, "the thinking block has no signature")
    else:
        stage.note("the model showed no thinking")
    await _parallel(stage, stage.part(Role.PARALLEL))


async def _thinking(stage: Stage) -> Said:
    """Newer models take no budget, older ones nothing else."""
    part = stage.part(Role.THINKING)
    body = stage.body("What is 17 times 23?", part, limit=_THINKING_LIMIT)
    budget = {"type": "enabled", "budget_tokens": 1024}
    answer = await stage.post(body | {"stream": True, "thinking": budget})
    if answer.status == 400 and "thinking" in answer.shown:
        return await stage.streamed(body | {"thinking": {"type": "adaptive"}})
    stage.require_ok(answer)
    stage.require_stream(answer)
    return read(stage.api, answer)


async def chat_tools(stage: Stage) -> None:
    parts = stage.cast.parts.get(Role.THINKING_TOOLS) or (stage.part(Role.PARALLEL),)
    said = await _parallel(stage, parts[0])
    require(said.usage, "usage was asked for and did not come")


async def _parallel(stage: Stage, part: Part) -> Said:
    fields: dict[str, Any] = {"tools": [asking.tool(stage.api)], "tool_choice": asking.required(stage.api)}
    if part is not stage.real and part.scripted:
        # A model that thinks may not be forced.
        del fields["tool_choice"]
    asked = WITH_USAGE if stage.api is Api.CHAT else {}
    said = await stage.streamed(stage.body(asking.TWO_CITIES, part) | fields | asked)
    if len(said.calls) < 2:
        require(not part.scripted, f"{len(said.calls)} of two calls arrived", str(said.calls))
        raise Moot(f"the model made {len(said.calls)} of the two calls it was asked for")
    require(
        len({call.id for call in said.calls}) == len(said.calls), "two calls have one id", str(said.calls)
    )
    for call in said.calls:
        call.parsed()
    wanted = "tool_use" if stage.api is Api.MESSAGES else "tool_calls"
    require(said.stop == wanted, f"it stopped for {said.stop!r}, not {wanted}")
    return said


async def fails(stage: Stage, part: Part) -> None:
    """The failure is told: as a status when nothing was said yet, else inside the stream, which then has no good end."""
    body = stage.body("Tell me a story.", part) | {"tools": [asking.tool(stage.api)]}
    answer = await stage.post({**body, "stream": True})
    if answer.status >= 400:
        stage.require_error(answer, answer.status)
    else:
        stage.require_stream(answer, noted=stage.lane is Lane.RAW)
        said = read(stage.api, answer)
        require(said.error is not None, "the stream breaks off without an error", answer.shown[-300:])
        require(not said.ended and not said.stop, "the stream ends as if it were whole", answer.shown[-300:])
        require(not answer.broken, f"{answer.broken}, after the error was told")
    whole = await stage.post(body)
    told = whole.status >= 500 or whole.status == 429
    require(told, f"half an answer comes with status {whole.status}", whole.shown)
    stage.require_error(whole, whole.status)


async def cut(stage: Stage) -> None:
    for part in stage.scripted(Role.CUT):
        await fails(stage, part)


async def error_midway(stage: Stage) -> None:
    for part in stage.scripted(Role.FAILS_MIDWAY):
        await fails(stage, part)


async def garbage(stage: Stage) -> None:
    for part in stage.scripted(Role.GARBAGE):
        await fails(stage, part)


async def silence(stage: Stage) -> None:
    part = stage.scripted(Role.SILENT)[0].at(stage.silence_s)
    answer = await stage.post(stage.body("Take your time.", part) | {"stream": True})
    stage.require_ok(answer)
    stage.require_stream(answer)
    said = read(stage.api, answer)
    require(said.text and said.ended, "the answer after the silence is not whole", answer.shown)
    kind = "ping events" if stage.api is Api.MESSAGES else "comments"
    require(said.pings, f"no {kind} in {stage.silence_s:g} s of silence", answer.shown)
    heard = [0.0, *(piece.at_s for piece in answer.pieces)]
    longest = max(later - earlier for earlier, later in pairwise(heard))
    require(longest <= LONGEST_SILENCE_S, f"{longest:.1f} s without a byte")


async def departure(stage: Stage) -> None:
    witness = stage.witness
    assert witness is not None
    before = await witness.departures()
    body = stage.body("Tell me a story.", stage.scripted(Role.SLOW)[0]) | {"stream": True}
    sent = credentials(stage.api, stage.subject.key)
    answer = await stage.client.leave_early(ENDPOINT[stage.api], msgspec.json.encode(body), headers=sent)
    require(answer.status == 200, f"status {answer.status} instead of 200", answer.shown)
    left = time.monotonic()
    while time.monotonic() - left < CANCELLED_WITHIN_S:
        if await witness.departures() > before:
            return
        await asyncio.sleep(0.02)
    require(False, f"the upstream still works {CANCELLED_WITHIN_S:g} s after the client left")


_TOOLS: Final = frozenset((Need.TOOLS,))

CASES: Final = (
    Case("STR-01", "a stream of text", text, 2),
    Case(
        "STR-02",
        "thinking, text and two calls: one block at a time, signed, in order",
        thinking_and_tools,
        3,
        (Api.MESSAGES,),
        needs=_TOOLS,
    ),
    Case("STR-15", "an upstream that breaks off", cut, 2, lanes=GATEWAYS, role=Role.CUT, per_variant=True),
    Case(
        "STR-16",
        "an error object inside a stream",
        error_midway,
        2,
        lanes=GATEWAYS,
        role=Role.FAILS_MIDWAY,
        per_variant=True,
    ),
    Case(
        "STR-16",
        "an upstream that does not speak its protocol",
        garbage,
        2,
        lanes=TRANSLATED,
        role=Role.GARBAGE,
        per_variant=True,
    ),
    Case("STR-17", "keep-alives while the upstream is silent", silence, 1, lanes=GATEWAYS, role=Role.SILENT),
    Case(
        "STR-18",
        "two calls in Chat chunks: numbered from 0, named once, counted once",
        chat_tools,
        1,
        (Api.CHAT,),
        needs=_TOOLS,
    ),
    Case(
        "STR-21",
        "a client that leaves takes the upstream's answer with it",
        departure,
        1,
        lanes=GATEWAYS,
        role=Role.SLOW,
        witnessed=True,
    ),
)
