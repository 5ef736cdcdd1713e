"""REQ cases: what becomes of a request on its way to the upstream, mostly as an echo tells it."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from isthmus.conformance import asking
from isthmus.conformance.asking import answered, called, chat_call, forced, result, tool, user
from isthmus.conformance.case import GATEWAYS, TRANSLATED, Case, Need
from isthmus.conformance.cast import Form, Role
from isthmus.conformance.mirror import Block, Seen
from isthmus.conformance.said import read
from isthmus.conformance.stage import ECHO_LIMIT, Stage
from isthmus.conformance.subject import Api, Lane
from isthmus.conformance.verdict import Fault, Moot, require

Json = dict[str, Any]

BILLING: Final = "x-anthropic-billing-header: cc_version=2.1.330; cch=0a1b2;"
LONG_NAME: Final = "look_up_the_present_weather_of_a_city_anywhere_in_the_whole_wide_world"
ODD_IDS: Final = ("functions.Bash:0", "call_" + "0123456789" * 8)
PARIS: Final[Json] = {"city": "Paris"}
_LEGAL_ID: Final = re.compile(r"[A-Za-z0-9_-]+")
_LEGAL_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PLACEHOLDER: Final = "[image"
_TOO_MANY_OUTPUT: Final = re.compile(r"max_tokens:? \d+ > \d+, which is the maximum")
_MESSAGES: Final = (Api.MESSAGES,)
_CHAT: Final = (Api.CHAT,)


async def billing_header(stage: Stage) -> None:
    terse = "Answer tersely."
    as_text = await stage.mirrored("Say something.", system=terse)
    require(terse in "\n".join(as_text.system), "the system text is lost", str(as_text.raw))
    blocks = [{"type": "text", "text": text} for text in (BILLING, terse)]
    as_blocks = await stage.mirrored("Say something.", system=blocks)
    require(terse in "\n".join(as_blocks.system), "the system text is lost", str(as_blocks.raw))
    kept = any(text.startswith("x-anthropic-billing-header") for text in as_blocks.system)
    if as_blocks.form is Form.MESSAGES:
        require(kept, "Anthropic's own billing header is missing", str(as_blocks.system))
    else:
        require(not kept, "the billing header reaches a foreign upstream", str(as_blocks.system))


async def system_turn(stage: Stage) -> None:
    rule = "From here on answer in capitals."
    operator = {"role": "system", "content": rule}
    plain = [user("First."), operator, {"role": "assistant", "content": "One."}, user("Second.")]
    _in_place(await stage.mirrored(plain), rule, after="First.", before="One.")
    calls = called(stage.api, ("call_1", "get_weather", PARIS))
    told = [user("First."), calls, user([result("call_1", "sunny")]), operator]
    echo = await stage.mirrored(told, tools=[tool(stage.api)])
    _in_place(echo, rule, after="sunny", before=None)


def _in_place(echo: Seen, rule: str, *, after: str, before: str | None) -> None:
    """The operator's text stands where it was, with the system role or marked as not the user's."""
    flat = [(turn.role, block) for turn in echo.turns for block in turn.blocks]
    at = next((n for n, (_, block) in enumerate(flat) if rule in block.text), None)
    if at is None:
        raise Fault("the operator's text is lost, or was moved to the front", str(echo.raw))
    role, block = flat[at]
    marked = role == "system" or "system-reminder" in block.text or not block.text.startswith(rule)
    require(marked, "the operator's text passes for the user's", block.text)
    earlier = "".join(each.text for _, each in flat[:at]) + block.text.partition(rule)[0]
    require(after in earlier, f"the operator's text moved before {after!r}", str(echo.raw))
    if before is not None:
        require(before not in earlier, f"the operator's text moved behind {before!r}", str(echo.raw))


async def leading_system(stage: Stage) -> None:
    talk: list[Json] = [
        {"role": "system", "content": "Rule one."},
        {"role": "developer", "content": "Rule two."},
        user("First."),
        {"role": "assistant", "content": "One."},
        user("Second."),
        {"role": "system", "content": "Rule three."},
        {"role": "assistant", "content": "Two."},
        user("Third."),
    ]
    echo = await stage.mirrored(talk)
    # To an upstream that takes one text, two are paragraphs of it.
    leading = "\n\n".join(echo.system)
    require(leading == "Rule one.\n\nRule two.", "not two leading system texts", str(echo.system))
    _in_place(echo, "Rule three.", after="Second.", before="Two.")
    longer = await stage.mirrored([*talk, {"role": "assistant", "content": "Three."}, user("Fourth.")])
    same = longer.turns[: len(echo.turns)] == echo.turns and longer.system == echo.system
    require(same, "the next turn does not continue this one: prefix caches miss", str(longer.raw))


def _two_results(stage: Stage, text: str = "Go on.") -> list[Json]:
    calls = called(stage.api, ("call_a", "get_weather", PARIS), ("call_b", "get_weather", {"city": "Rome"}))
    results = answered(stage.api, text, ("call_a", "sunny"), ("call_b", "rainy"))
    return [user("Compare the weather."), calls, *results]


async def results_then_text(stage: Stage) -> None:
    """Where nothing may stand behind tool results, the text joins the last of them."""
    echo = await stage.mirrored(_two_results(stage), tools=[tool(stage.api)])
    first, *rest = _after_calls(echo)
    ids = [block.id for block in echo.blocks("call")]
    require([block.id for block in echo.blocks("result")] == ids, "results are out of order", str(echo.raw))
    told = "Go on." not in first.text and "Go on." in "".join(block.text for block in rest)
    require(told, "the text does not follow the results", str(echo.raw))


async def result_with_image(stage: Stage) -> None:
    parts = [{"type": "text", "text": "sunny"}, asking.image(stage.api)]
    talk = _two_results(stage)[:2]
    talk.append(
        user([result("call_a", parts), result("call_b", "rainy"), {"type": "text", "text": "Go on."}])
    )
    first, _, *rest = _after_calls(await stage.mirrored(talk, tools=[tool(stage.api)]))
    if "image" not in first.kinds and not any(block.kind == "image" for block in rest):
        said = "".join(block.text for block in (first, *rest))
        require(_PLACEHOLDER in said, "the image of the result is lost", said)
        stage.note("the model cannot see: the image gave way to a placeholder")


def _after_calls(echo: Seen) -> list[Block]:
    """What the upstream is told after the calls were made: two results first of all."""
    flat = [block for turn in echo.turns for block in turn.blocks]
    last = max(at for at, block in enumerate(flat) if block.kind == "call")
    after = flat[last + 1 :]
    kinds = [block.kind for block in after]
    require(kinds[:2] == ["result", "result"], f"the calls are followed by {', '.join(kinds)}", str(echo.raw))
    return after


async def failed_result(stage: Stage) -> None:
    talk = _two_results(stage)[:2]
    talk.append(
        user(
            [
                result("call_a", "no such city", is_error=True),
                result("call_b", "rainy"),
                {"type": "text", "text": "Go on."},
            ]
        )
    )
    failed, fine = (await stage.mirrored(talk, tools=[tool(stage.api)])).blocks("result")
    require(failed.error, "the upstream cannot tell that the tool failed", str(failed))
    require(not fine.error, "a good result is told as a failure", str(fine))


async def odd_arguments(stage: Stage) -> None:
    rows: list[tuple[str, Json]] = [
        ("", {}),
        ("[]", {"value": []}),
        ('{"a":1}{"a":1}', {"a": 1}),
        ("{bad", {"__raw": "{bad"}),
    ]
    calls = [chat_call(f"call_{n}", "get_weather", given) for n, (given, _) in enumerate(rows)]
    talk = [
        user("Look."),
        {"role": "assistant", "content": None, "tool_calls": calls},
        *answered(stage.api, "Go on.", *((call["id"], "sunny") for call in calls)),
    ]
    made = (await stage.mirrored(talk, tools=[tool(stage.api)])).blocks("call")
    for (given, wanted), block in zip(rows, made, strict=True):
        require(block.arguments == wanted, f"arguments {given!r} became {block.arguments!r}", str(wanted))


async def wrong_media_type(stage: Stage) -> None:
    content = [{"type": "text", "text": "What is this?"}, asking.image(stage.api, "image/jpeg")]
    echo = await stage.mirrored([user(content)])
    images = echo.blocks("image")
    if not images and _PLACEHOLDER in echo.texts:
        raise Moot("the model cannot see: the image gave way to a placeholder")
    require(len(images) == 1, "the image is lost", str(images))
    require(images[0].name == "image/png", f"a PNG is called {images[0].name}")


async def pdf_document(stage: Stage) -> None:
    content = [{"type": "text", "text": "What does it say?"}, asking.document(stage.api)]
    body = stage.body([user(content)], stage.scripted(Role.ECHO)[0], limit=ECHO_LIMIT)
    answer = await stage.post(body)
    if answer.status == 400:
        message = stage.require_error(answer, 400)["message"]
        named = "document" in message or "file" in message or "PDF" in message
        require(named, "the refusal does not name the document", message)
        return
    stage.require_ok(answer)
    said = read(stage.api, answer).text
    carried = '"document"' in said or '"file"' in said or "note.pdf" in said or "pong" in said
    require(carried, "the document vanished without a word", said)


async def long_name(stage: Stage) -> None:
    tools, choice = [tool(stage.api, LONG_NAME)], forced(stage.api, LONG_NAME)
    calls = called(stage.api, ("call_a", LONG_NAME, PARIS))
    talk = [user("Look."), calls, *answered(stage.api, "Go on.", ("call_a", "sunny"))]
    echo = await stage.mirrored(talk, tools=tools, tool_choice=choice)
    names = {*echo.tools, echo.blocks("call")[0].name}
    if echo.choice is not None and echo.choice.startswith("tool "):
        names.add(echo.choice.removeprefix("tool "))
    require(len(names) == 1, "one tool goes by several names", str(names))
    if echo.form is Form.CHAT:
        require(_LEGAL_NAME.fullmatch(min(names)), "the name is not one the vendor takes", str(names))
    body = stage.body(asking.WEATHER, stage.part(Role.TOOL)) | {"tools": tools, "tool_choice": choice}
    for said in (await stage.plain(body), await stage.streamed(body)):
        require(
            [call.name for call in said.calls] == [LONG_NAME], "the name did not come back", str(said.calls)
        )


async def odd_ids(stage: Stage) -> None:
    calls = called(stage.api, *((id, "get_weather", PARIS) for id in ODD_IDS))
    talk = [user("Look."), calls, *answered(stage.api, "Go on.", *((id, "sunny") for id in ODD_IDS))]
    first, again = [await stage.mirrored(talk, tools=[tool(stage.api)]) for _ in range(2)]
    ids = [block.id for block in first.blocks("call")]
    # Chat Completions knows no rule for ids: what its vendors do not take, they refuse.
    if first.form is not Form.CHAT:
        require(all(map(_LEGAL_ID.fullmatch, ids)), "an id is not one the upstream takes", str(ids))
    require(len(set(ids)) == len(ids), "two calls have one id", str(ids))
    require([block.id for block in first.blocks("result")] == ids, "results lost their calls", str(ids))
    same = [block.id for block in again.blocks("call")] == ids
    require(same, "the same request gets other ids the second time", str(ids))


async def bash_tool(stage: Stage) -> None:
    echo = await stage.mirrored("List the files.", tools=[{"type": "bash_20250124", "name": "bash"}])
    schema = echo.tools.get("bash")
    if not isinstance(schema, dict):
        raise Fault("there is no function `bash`", str(echo.tools))
    require("command" in schema.get("properties", {}), "its schema has no `command`", str(schema))


async def web_search(stage: Stage) -> None:
    search = {"type": "web_search_20250305", "name": "web_search"}
    part = stage.part(Role.ECHO)
    body = stage.body("What is new?", part, limit=ECHO_LIMIT) | {"tools": [search, tool(stage.api)]}
    answer = await stage.post(body)
    stage.require_ok(answer)
    dropped = "web_search" in answer.headers.get("x-isthmus-loss", "")
    if not dropped:
        said = read(stage.api, answer).text
        require(not part.scripted or "web_search" in said, "the tool vanished without a word", answer.shown)
        raise Moot("nothing was lost: the provider offers a search of its own")
    await stage.refused(body | {"tool_choice": forced(stage.api, "web_search")}, 400)


async def no_parallel_calls(stage: Stage) -> None:
    echo = await stage.mirrored("Look.", tools=[tool(stage.api)], parallel_tool_calls=False)
    require(echo.parallel is False, "the wish for one call at a time is lost", str(echo.raw))
    require(echo.choice in (None, "auto"), f"the tool choice became {echo.choice}")


async def allowed_tools(stage: Stage) -> None:
    one = {"type": "function", "function": {"name": "get_weather"}}
    allowed = {"mode": "required", "tools": [one]}
    tools = [tool(stage.api), tool(stage.api, "get_time")]
    choice = {"type": "allowed_tools", "allowed_tools": allowed}
    echo = await stage.mirrored("Look.", tools=tools, tool_choice=choice)
    require(set(echo.tools) == {"get_weather"}, "the list is not the allowed one", str(set(echo.tools)))
    require(echo.choice in ("any", "tool get_weather"), f"the tool choice became {echo.choice}")


async def large_allowance(stage: Stage) -> None:
    """128000 is what Claude Code asks of a model it knows; Chat clients often ask for nothing."""
    parts = (stage.part(Role.TEXT), *stage.cast.parts.get(Role.SMALL_OUTPUT, ()))
    for part in parts:
        if stage.api is Api.CHAT:
            await stage.plain(stage.body(asking.PONG, part, limit=None))
            continue
        answer = await stage.post(stage.body(asking.PONG, part, limit=128_000))
        if answer.status == 400 and stage.lane is not Lane.TRANSLATED:
            message = stage.require_error(answer, 400)["message"]
            wanted = "refused, and not in the words on which clients lower their allowance"
            require(_TOO_MANY_OUTPUT.search(message), wanted, message)
            continue
        stage.require_ok(answer)


async def byte_for_byte(stage: Stage) -> None:
    model = stage.part(Role.TEXT).model
    field = "max_tokens" if stage.api is Api.MESSAGES else stage.limit_field
    sent = (
        b'{ "messages" :[ {"role":"user" , "content":"spaced \\u00e9\\/ 1"} ],\n\t"%b":16 , "model":"%b","stream" : false  }'
        % (field.encode(), model.encode())
    )
    stage.require_ok(await stage.post(sent))
    assert stage.witness is not None
    received = await stage.witness.last_body()
    mapped = msgspec.json.decode(received)["model"]
    wanted = sent.replace(model.encode(), mapped.encode())
    require(received == wanted, "the upstream received other bytes", received.decode(errors="replace"))


async def structured_output(stage: Stage) -> None:
    ask = "Answer with the word pong in the field `word`."
    body = stage.body(ask, stage.part(Role.JSON)) | asking.structured(stage.api)
    answer = await stage.post(body)
    if answer.status == 400 and "capability_rejected" in answer.shown:
        raise Moot("the model has no structured output, and the gateway says so")
    stage.require_ok(answer)
    text = read(stage.api, answer).text
    try:
        value = msgspec.json.decode(text)
    except ValueError:
        value = None
    fits = isinstance(value, dict) and list(value) == ["word"] and isinstance(value["word"], str)
    if not fits and "emulated" in answer.headers.get("x-isthmus-loss", ""):
        raise Moot("the model has no structured output, and this one did not follow the instruction instead")
    require(fits, "the answer does not have the shape asked for", text)
    if stage.lane is Lane.TRANSLATED and Role.ECHO in stage.cast.parts:
        echo = await stage.mirrored(ask, **asking.structured(stage.api))
        require(echo.schema == asking.WORD, "the schema changed on its way", str(echo.schema))


async def several_answers(stage: Stage) -> None:
    await stage.refused(stage.body(asking.PONG) | {"n": 2}, 400)
    audio = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "mp3"}}
    await stage.refused(stage.body(asking.PONG) | audio, 400)


async def unknown_things(stage: Stage) -> None:
    """Unknown fields and betas that go through untouched are for the upstream to judge."""
    headers = {"x-unheard-of": "1"}
    body = stage.body(asking.PONG)
    if stage.lane is Lane.TRANSLATED:
        headers["anthropic-beta"] = "unheard-of-2031-01-01"
        body["unheard_of"] = {"deeply": ["nested"]}
    await stage.plain(body, headers=headers)


async def unpaired(stage: Stage) -> None:
    api = stage.api
    calls = called(api, ("call_a", "get_weather", PARIS))
    twins = called(api, ("call_a", "get_weather", PARIS), ("call_a", "get_weather", {"city": "Rome"}))
    text = {"type": "text", "text": "Go on."}
    rows: dict[str, list[Json]] = {
        "a result without its call": [user("Look."), user([result("call_z"), text])],
        "a call without its result": [user("Look."), calls, user("Never mind.")],
        "two calls of one id": [
            user("Look."),
            twins,
            user([result("call_a"), result("call_a", "rainy"), text]),
        ],
        "blank texts": [
            user("Look."),
            {"role": "assistant", "content": [{"type": "text", "text": " \n"}]},
            user([{"type": "text", "text": ""}, text]),
        ],
    }
    for what, talk in rows.items():
        if Role.ECHO not in stage.cast.parts:
            await stage.plain(stage.body(talk) | {"tools": [tool(api)]})
            continue
        echo = await stage.mirrored(talk, tools=[tool(api)])
        made, given = ([block.id for block in echo.blocks(kind)] for kind in ("call", "result"))
        require(made == given and len(set(made)) == len(made), f"{what}: calls {made}, results {given}")
        blank = any(_blank(block) for turn in echo.turns for block in turn.blocks)
        require(not blank, f"{what}: a blank text is left", str(echo.raw))


def _blank(block: Block) -> bool:
    return block.kind == "text" and not block.text.strip()


def _echoed(
    id: str,
    title: str,
    run: Any,
    *,
    apis: tuple[Api, ...] = (Api.MESSAGES, Api.CHAT),
    requests: int = 1,
) -> Case:
    """A case that only an echo can judge, where something is translated."""
    return Case(id, title, run, requests, apis, TRANSLATED, role=Role.ECHO)


CASES: Final = (
    Case(
        "REQ-01",
        "the billing header block stays with Anthropic, other system text arrives",
        billing_header,
        2,
        _MESSAGES,
        GATEWAYS,
        role=Role.ECHO,
    ),
    _echoed(
        "REQ-02",
        "operator text between turns stays in its place",
        system_turn,
        apis=_MESSAGES,
        requests=2,
    ),
    _echoed(
        "REQ-03",
        "leading and later system messages; turns extend turns",
        leading_system,
        apis=_CHAT,
        requests=2,
    ),
    _echoed("REQ-04", "two results then text keep their order", results_then_text, apis=_MESSAGES),
    _echoed(
        "REQ-05", "an image in a result does not part parallel results", result_with_image, apis=_MESSAGES
    ),
    _echoed("REQ-06", "a failed tool is seen to have failed", failed_result, apis=_MESSAGES),
    _echoed("REQ-07", "tool messages then text become one user turn", results_then_text, apis=_CHAT),
    _echoed("REQ-08", "arguments that are no JSON object are repaired", odd_arguments, apis=_CHAT),
    _echoed("REQ-09", "a PNG that calls itself JPEG is corrected", wrong_media_type),
    _echoed("REQ-11", "a PDF is carried, told as text or refused, never lost", pdf_document),
    _echoed("REQ-12", "a tool name of 70 characters goes there and back", long_name, requests=3),
    _echoed("REQ-13", "odd tool ids become legal, paired and stable", odd_ids, requests=2),
    _echoed("REQ-14", "Anthropic's bash tool becomes a function with a schema", bash_tool, apis=_MESSAGES),
    Case(
        "REQ-15",
        "a web search the vendor lacks is dropped aloud; demanded, it is refused",
        web_search,
        2,
        _MESSAGES,
        TRANSLATED,
    ),
    _echoed("REQ-16", "parallel_tool_calls: false without a tool_choice", no_parallel_calls, apis=_CHAT),
    _echoed("REQ-17", "allowed_tools filters the list", allowed_tools, apis=_CHAT),
    Case("REQ-19", "an output allowance of 128000, or none, is fitted to the model", large_allowance, 2),
    Case(
        "REQ-24",
        "an untranslated body arrives byte for byte",
        byte_for_byte,
        1,
        lanes=frozenset((Lane.RAW,)),
        witnessed=True,
    ),
    Case(
        "REQ-25",
        "a JSON schema for the answer holds",
        structured_output,
        2,
        needs=frozenset((Need.JSON_SCHEMA,)),
    ),
    Case("REQ-26", "n: 2 and audio are refused", several_answers, 2, _CHAT, TRANSLATED),
    Case("REQ-27", "unknown fields, betas and headers do no harm", unknown_things, 1, lanes=GATEWAYS),
    Case("REQ-28", "unpaired calls and blank texts are repaired", unpaired, 4, _MESSAGES, TRANSLATED),
)
