"""claude.ai behind a gateway with stored sessions: every official SDK, Claude Code, and what the website was asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from claude_web_accounts import configuration, session, store
from clients.asking import ANTHROPIC, OPENAI, Asker
from clients.claude_code import ClaudeCode
from clients.running import NO_REST, RunningGateway
from clients.stage import Stage
from clients.stories import (
    END,
    HOWS,
    Refusal,
    assert_ended,
    calls_two_tools,
    counts_tokens,
    is_refused,
    knows_no_such_model,
    says_pong,
    stops_where_it_should,
    two_tools,
)
from clients.talking import Talk, picture, tool
from isthmus.config import Settings
from isthmus.conformance import asking
from isthmus.conformance.subject import Api
from isthmus.simulators.claude_web import Simulator
from isthmus.simulators.claude_web.journal import Entry
from isthmus.simulators.claude_web.scenarios import TEXT, THOUGHT

Json = dict[str, Any]
MODEL = "claude-sonnet-4-6"
ENDLESS = {"5h": 100_000}
THINKS: dict[str, Json] = {
    ANTHROPIC: {"thinking": {"type": "enabled", "budget_tokens": 4096}, "max_tokens": 9000},
    OPENAI: {"reasoning_effort": "high"},
}
LINE = "Grüße, 你好: written through a gateway"


@pytest.fixture(scope="module")
def service(stage: Stage) -> Simulator:
    return stage.play(Simulator)


@pytest.fixture(scope="module")
def web(service: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """A gateway with two sessions."""
    home = tmp_path_factory.mktemp("web")
    configured = configuration(service, storage={"data_dir": str(home / "isthmus")}, accounts=NO_REST)
    people = [service.add_account(name, allowances=ENDLESS, concurrency=50) for name in ("anna", "ben")]
    asyncio.run(store(Settings.model_validate(configured), [session(each) for each in people]))
    with RunningGateway(configured, home) as running:
        yield running


def talk(sdk: Asker, gateway: RunningGateway, how: str = "final", model: str = MODEL, **args: Any) -> Talk:
    return Talk(sdk.at(gateway.origin), model, how, args)


def newest(service: Simulator) -> Entry:
    return service.journal.of("completion")[-1]


@HOWS
def test_text(how: str, any_sdk: Asker, web: RunningGateway, service: Simulator) -> None:
    chat = talk(any_sdk, web, how)
    says_pong(any_sdk, chat)
    assert chat.say("[[sim: text Grüße, 你好 🙂]]").text == "Grüße, 你好 🙂"
    prompt = newest(service).body["prompt"]
    assert prompt.startswith("Human: Reply with the single word pong")
    assert "\n\nAssistant: pong\n\nHuman: " in prompt


@HOWS
def test_text_however_the_bytes_are_cut(how: str, any_sdk: Asker, web: RunningGateway) -> None:
    for marker in ("cut characters", "cut lines", "crlf"):
        assert talk(any_sdk, web, how).say(f"[[sim: {marker}]][[sim: text]]").text == TEXT


@HOWS
def test_parallel_calls_and_their_results(how: str, any_sdk: Asker, web: RunningGateway) -> None:
    chat = talk(any_sdk, web, how, tools=two_tools(any_sdk))
    said = calls_two_tools(any_sdk, chat)
    assert "sunny" in said.text and "noon" in said.text
    assert chat.say("Thanks.").stop == END[any_sdk.sdk.protocol]


@HOWS
def test_a_tool_that_failed(how: str, messages_sdk: Asker, web: RunningGateway, service: Simulator) -> None:
    chat = talk(messages_sdk, web, how, tools=[tool(ANTHROPIC)])
    chat.say("[[sim: tool get_weather]]")
    chat.results("no such city", is_error=True)
    assert 'is_error="true">\nno such city\n</tool_result>' in newest(service).body["prompt"]


@HOWS
def test_what_is_no_call_stays_text(how: str, any_sdk: Asker, web: RunningGateway) -> None:
    tools = [tool(any_sdk.sdk.protocol)]
    for marker in ("tool-broken", "tool-fenced"):
        said = talk(any_sdk, web, how, tools=tools).say(f"[[sim: {marker}]]")
        assert (said.calls, said.stop) == ((), END[any_sdk.sdk.protocol]), marker
        assert "tool_call" in said.text, marker
    said = talk(any_sdk, web, how, tools=tools).say("[[sim: tool-open]]")
    assert [name for name, _ in said.calls] == ["get_weather"]


@HOWS
def test_pictures_and_documents(how: str, any_sdk: Asker, web: RunningGateway, service: Simulator) -> None:
    api = Api.MESSAGES if any_sdk.sdk.protocol == ANTHROPIC else Api.CHAT
    shown = [
        {"type": "text", "text": "What do you see?"},
        picture(any_sdk.sdk.protocol, "image/jpeg"),
        asking.document(api),
    ]
    said = talk(any_sdk, web, how).say(shown)
    assert "(image/png)" in said.text and "(application/pdf)" in said.text
    assert len(newest(service).body["files"]) == 2


@HOWS
def test_thoughts(how: str, any_sdk: Asker, web: RunningGateway, service: Simulator) -> None:
    chat = talk(any_sdk, web, how, **THINKS[any_sdk.sdk.protocol])
    said = chat.say("[[sim: thinking]] Well?")
    if any_sdk.sdk.name == "openai-node" and how == "final":
        assert said.thinking and THOUGHT.endswith(said.thinking), "this helper keeps the last fragment only"
    else:
        assert said.thinking == THOUGHT
    assert_ended(any_sdk, said)
    assert chat.say("And now?").stop == END[any_sdk.sdk.protocol]
    assert THOUGHT not in newest(service).body["prompt"]
    by_name = talk(any_sdk, web, how, f"{MODEL}-think").say("Well?")
    assert by_name.thinking
    assert (newest(service).body["model"], newest(service).body["thinking_mode"]) == (MODEL, "extended")


@HOWS
def test_artifacts_are_code_in_the_text(how: str, any_sdk: Asker, web: RunningGateway) -> None:
    said = talk(any_sdk, web, how).say("[[sim: artifact python]]")
    assert said.text == 'Here it is.\n\n```python\nprint("Grüße,\\n你好")\n```\nThat was all.'
    assert said.calls == ()


@HOWS
def test_a_search_shows_its_sources_alone(how: str, any_sdk: Asker, web: RunningGateway) -> None:
    said = talk(any_sdk, web, how).say("[[sim: search]][[sim: big 300]]")
    assert said.text.startswith("Let me see. The Nile is the longest")
    assert said.calls == ()
    if how == "plain" and any_sdk.sdk.protocol == OPENAI:
        [note] = said.whole["choices"][0]["message"]["annotations"]
        assert note["url_citation"]["url"] == "https://rivers.example.org/longest"


@HOWS
def test_where_an_answer_ends(how: str, any_sdk: Asker, web: RunningGateway) -> None:
    first, second, third = (talk(any_sdk, web, how) for _ in range(3))
    stops_where_it_should(any_sdk, (first, second, third), "[[sim: F22 refusal]]")


def test_a_shape_of_json(chat_sdk: Asker, web: RunningGateway) -> None:
    said = talk(chat_sdk, web, "plain").say("Which word?", **asking.structured(Api.CHAT))
    assert list(json.loads(said.text)) == ["word"]


# Around a conversation ------------------------------------------------------------------------------------------------


def test_models(any_sdk: Asker, web: RunningGateway) -> None:
    client = any_sdk.at(web.origin)
    listed = {row["id"] for row in client.call("models.list", "pages")}
    assert {MODEL, f"{MODEL}-think", "claude-opus-5", "default"} <= listed
    assert client.call("models.retrieve", positional=[MODEL])["id"] == MODEL


@pytest.mark.parametrize("name", ["claude-sonnet-4-6-20260217", "claude-sonnet-4.6", "default"])
def test_names_that_clients_know(name: str, any_sdk: Asker, web: RunningGateway) -> None:
    said = talk(any_sdk, web, model=name).say("Reply with the single word pong.")
    assert (said.text, said.whole["model"]) == ("pong", name)


def test_tokens_are_counted(messages_sdk: Asker, web: RunningGateway) -> None:
    counts_tokens(messages_sdk, web, MODEL)


REFUSED: dict[str, Refusal] = {
    "F13 413": (400, "invalid_request_error", "invalid_request_error"),
    "F13 400": (400, "invalid_request_error", "invalid_request_error"),
    "F22 max_conversation_length": (400, "invalid_request_error", "invalid_request_error"),
    "F8": (429, "rate_limit_error", "insufficient_quota"),
    "F12 model": (429, "rate_limit_error", "rate_limit_exceeded"),
    "F12 concurrents": (429, "rate_limit_error", "rate_limit_exceeded"),
    "F14": (529, "overloaded_error", "server_error"),
    "F23 html": (502, "api_error", "server_error"),
    "F25 302": (502, "api_error", "server_error"),
    "F25 504": (504, "timeout_error", "server_error"),
}  # fmt: skip


@HOWS
@pytest.mark.parametrize("fault", REFUSED)
def test_refusals(fault: str, how: str, any_sdk: Asker, web: RunningGateway) -> None:
    refusal = REFUSED[fault]
    is_refused(any_sdk, talk(any_sdk, web, how), f"[[sim: {fault}]]", refusal, too_long=refusal[0] == 400)


def test_a_model_that_nobody_has(any_sdk: Asker, web: RunningGateway) -> None:
    knows_no_such_model(any_sdk, talk(any_sdk, web, model="claude-unheard-of-9"))


@HOWS
def test_usage_is_an_estimate_and_marked_so(how: str, any_sdk: Asker, web: RunningGateway) -> None:
    before = len(web.log)
    assert_ended(any_sdk, talk(any_sdk, web, how).say("[[sim: text Hello there.]]"))
    line = web.logged(before, status=200)[0]
    assert (line["input_tokens_are"], line["output_tokens_are"]) == ("estimated", "estimated")


def test_the_website_hears_nothing_of_a_browser(
    any_sdk: Asker, web: RunningGateway, service: Simulator
) -> None:
    talk(any_sdk, web).say("hi")
    entries = list(service.journal)
    assert {tuple(each.disguises) for each in entries} == {()}
    assert all(each.values("user-agent")[0].startswith("isthmus/") for each in entries)


# Claude Code ----------------------------------------------------------------------------------------------------------


def test_claude_code_writes_a_file(tmp_path: Any, web: RunningGateway) -> None:
    """Its prompt is far longer than a turn may be, so all of it goes up as a file."""
    user = ClaudeCode(tmp_path, web.origin, timeout_s=90)
    user.project.mkdir()
    wanted = user.project / "out.txt"
    call = json.dumps({"file_path": str(wanted), "content": LINE}, ensure_ascii=False)
    done = user.run(f"[[sim: tool Write {call}]]", "--model", MODEL, "--permission-mode", "acceptEdits")
    assert done.exit_code == 0, done
    assert wanted.read_text().strip() == LINE
