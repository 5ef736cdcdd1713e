"""Amazon Q behind a gateway with stored accounts: every official SDK, Claude Code, and what the log keeps of it."""

from __future__ import annotations

import asyncio
import base64
import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from amazon_accounts import configuration, signed_in, store
from clients.asking import ANTHROPIC, OPENAI, Asker, Said, Usage
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
from isthmus.simulators.amazon_q import Simulator
from isthmus.simulators.amazon_q.actor import THOUGHT

Json = dict[str, Any]
MODEL, READER, BLIND = "claude-sonnet-4.5", "claude-opus-5", "deepseek-3.2"
"""One that thinks and sees, one that reads documents, too, and one that takes text alone."""
THINKS: dict[str, Json] = {
    ANTHROPIC: {"thinking": {"type": "adaptive"}, "max_tokens": 9000},
    OPENAI: {"reasoning_effort": "high"},
}
EDITS = ("--permission-mode", "acceptEdits", "--allowedTools", "Bash(cat:*),Bash(echo:*),Read,Write,Edit")
LINE = "Grüße, 你好: written through a gateway"


@pytest.fixture(scope="module")
def service(stage: Stage) -> Simulator:
    return stage.play(Simulator)


@pytest.fixture(scope="module")
def amazon(service: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """A gateway with two accounts of which all is known: a Builder ID, and one of an organisation with its profile."""
    home = tmp_path_factory.mktemp("amazon")
    configured = configuration(service, storage={"data_dir": str(home / "isthmus")}, accounts=NO_REST)
    accounts = [signed_in(service, kind) for kind in ("builder_id", "idc")]
    asyncio.run(store(Settings.model_validate(configured), accounts, surveyed=True))
    with RunningGateway(configured, home) as running:
        yield running


_number = itertools.count(1)


def talk(sdk: Asker, gateway: RunningGateway, how: str = "final", model: str = MODEL, **args: Any) -> Talk:
    """A conversation of its own, which no other one has begun the same way."""
    return Talk(sdk.at(gateway.origin), model, how, args)


def thinking_talk(sdk: Asker, gateway: RunningGateway, how: str) -> Talk:
    return talk(sdk, gateway, how, **THINKS[sdk.sdk.protocol])


def keeps_fragments(sdk: Asker, how: str) -> bool:
    """Of a thought, this helper keeps the last fragment only, and sends that back."""
    return sdk.sdk.name == "openai-node" and how == "final"


def assert_thought(sdk: Asker, how: str, said: Said) -> None:
    if keeps_fragments(sdk, how):
        assert said.thinking and THOUGHT.endswith(said.thinking)
    else:
        assert said.thinking == THOUGHT


@HOWS
def test_text(how: str, any_sdk: Asker, amazon: RunningGateway) -> None:
    chat = talk(any_sdk, amazon, how)
    says_pong(any_sdk, chat)
    assert chat.say("Say exactly this: Grüße, 你好 🙂").text == "Grüße, 你好 🙂"


@HOWS
def test_parallel_calls_and_their_results(how: str, any_sdk: Asker, amazon: RunningGateway) -> None:
    chat = talk(any_sdk, amazon, how, tools=two_tools(any_sdk))
    said = calls_two_tools(any_sdk, chat)
    assert said.text == "The tool answered: sunny\nThe tool answered: noon"
    said = chat.say("[[sim: interleaved]]")
    assert len(said.calls) == 2
    assert chat.results("rainy", "midnight", then="Thanks.").stop == END[any_sdk.sdk.protocol]


@HOWS
def test_a_tool_that_failed(how: str, messages_sdk: Asker, amazon: RunningGateway) -> None:
    chat = talk(messages_sdk, amazon, how, tools=[tool(ANTHROPIC)])
    chat.say("[[sim: tool get_weather]]")
    assert chat.results("no such city", is_error=True).text == "The tool failed: no such city"


@HOWS
def test_pictures(how: str, any_sdk: Asker, amazon: RunningGateway, service: Simulator) -> None:
    shown = [{"type": "text", "text": "What is this?"}, picture(any_sdk.sdk.protocol)]
    assert talk(any_sdk, amazon, how).say(shown).text == "I see an image (png)."
    [image] = newest(service)["images"]
    assert base64.b64decode(image["source"]["bytes"]).startswith(b"\x89PNG")
    talk(any_sdk, amazon, how, BLIND).say(shown)
    assert "images" not in newest(service)
    assert "[image" in newest(service)["content"]


@HOWS
def test_documents(how: str, any_sdk: Asker, amazon: RunningGateway, service: Simulator) -> None:
    api = Api.MESSAGES if any_sdk.sdk.protocol == ANTHROPIC else Api.CHAT
    shown = [{"type": "text", "text": "What does it say?"}, asking.document(api)]
    talk(any_sdk, amazon, how, READER).say(shown)
    [document] = newest(service)["documents"]
    assert document["format"] == "pdf"
    assert base64.b64decode(document["source"]["bytes"]).startswith(b"%PDF")
    talk(any_sdk, amazon, how).say(shown)
    assert "documents" not in newest(service)


@HOWS
def test_a_thought_goes_home(how: str, any_sdk: Asker, amazon: RunningGateway, service: Simulator) -> None:
    """The service refuses a thought that is not signed by the model that is asked."""
    chat = thinking_talk(any_sdk, amazon, how)
    said = chat.say("Think it over, please.")
    assert_thought(any_sdk, how, said)
    assert_ended(any_sdk, said)
    assert chat.say("And now?").stop == END[any_sdk.sdk.protocol]
    if keeps_fragments(any_sdk, how):
        return
    [thought] = [
        entry["assistantResponseMessage"]["reasoningContent"]["reasoningText"]
        for entry in state(service)["history"]
        if "assistantResponseMessage" in entry and "reasoningContent" in entry["assistantResponseMessage"]
    ]
    assert thought["text"] == THOUGHT and thought["signature"]
    chat.model = READER
    assert chat.say("And what do you think?").stop == END[any_sdk.sdk.protocol]


@HOWS
def test_thoughts_before_calls_go_home(how: str, any_sdk: Asker, amazon: RunningGateway) -> None:
    chat = talk(any_sdk, amazon, how, tools=two_tools(any_sdk), **THINKS[any_sdk.sdk.protocol])
    said = chat.say("[[sim: thinking-tools]]")
    assert_thought(any_sdk, how, said)
    assert (said.text, len(said.calls)) == ("I ask two tools.", 2)
    assert_thought(any_sdk, how, chat.results("sunny", "noon"))


def test_a_redacted_thought_goes_home(
    messages_sdk: Asker, amazon: RunningGateway, service: Simulator
) -> None:
    chat = thinking_talk(messages_sdk, amazon, "final")
    said = chat.say("[[sim: redacted]][[sim: text Done.]]")
    assert [block["type"] for block in said.whole["content"]] == ["redacted_thinking", "text"]
    chat.say("And now?")
    thoughts = [
        entry.get("assistantResponseMessage", {}).get("reasoningContent")
        for entry in state(service)["history"]
    ]
    assert any(thought and thought.get("redactedContent") for thought in thoughts)


@HOWS
def test_where_an_answer_ends(how: str, any_sdk: Asker, amazon: RunningGateway) -> None:
    models = (MODEL, BLIND, MODEL)
    first, second, third = (talk(any_sdk, amazon, how, each) for each in models)
    stops_where_it_should(any_sdk, (first, second, third), "[[sim: filtered]]")


def newest(service: Simulator) -> Json:
    message: Json = state(service)["currentMessage"]["userInputMessage"]
    return message


def state(service: Simulator) -> Json:
    asked: Json = service.chats()[-1].json["conversationState"]
    return asked


# Around a conversation ------------------------------------------------------------------------------------------------


def test_models(any_sdk: Asker, amazon: RunningGateway) -> None:
    client = any_sdk.at(amazon.origin)
    listed = {row["id"] for row in client.call("models.list", "pages")}
    assert {MODEL, READER, "auto"} <= listed
    assert client.call("models.retrieve", positional=[MODEL])["id"] == MODEL


@pytest.mark.parametrize(
    "name", ["claude-sonnet-4-5-20250929", "claude-sonnet-4-5", "CLAUDE_SONNET_4_5_20250929_V1_0"]
)
def test_names_that_clients_know(
    name: str, any_sdk: Asker, amazon: RunningGateway, service: Simulator
) -> None:
    said = talk(any_sdk, amazon, model=name).say("Reply with the single word pong.")
    assert (said.text, said.whole["model"]) == ("pong", name)
    assert newest(service)["modelId"] == MODEL


def test_tokens_are_counted(messages_sdk: Asker, amazon: RunningGateway) -> None:
    counts_tokens(messages_sdk, amazon, MODEL)


REFUSED: dict[str, Refusal] = {
    "overflow": (400, "invalid_request_error", "invalid_request_error"),
    "prompt-too-long": (400, "invalid_request_error", "invalid_request_error"),
    "throttled-after": (429, "rate_limit_error", "rate_limit_exceeded"),
    "throttled-hour": (429, "rate_limit_error", "rate_limit_exceeded"),
    "monthly": (429, "rate_limit_error", "insufficient_quota"),
    "model-full 0": (529, "overloaded_error", "server_error"),
    "503 0": (529, "overloaded_error", "server_error"),
    "500 0": (502, "api_error", "server_error"),
    "customization": (403, "permission_error", "invalid_request_error"),
    "unknown-4xx": (400, "invalid_request_error", "invalid_request_error"),
    "html-200": (502, "api_error", "server_error"),
}  # fmt: skip


@HOWS
@pytest.mark.parametrize("fault", REFUSED)
def test_refusals(fault: str, how: str, any_sdk: Asker, amazon: RunningGateway) -> None:
    chat, too_long = talk(any_sdk, amazon, how), fault in {"overflow", "prompt-too-long"}
    is_refused(any_sdk, chat, f"[[sim: {fault}]]", REFUSED[fault], too_long=too_long)


def test_a_model_that_nobody_has(any_sdk: Asker, amazon: RunningGateway) -> None:
    knows_no_such_model(any_sdk, talk(any_sdk, amazon, model="claude-unheard-of-9"))


def test_what_is_lost_is_said(amazon: RunningGateway) -> None:
    body = {"model": MODEL, "messages": [{"role": "user", "content": "hi"}], "temperature": 0.2, "seed": 7}
    answer = amazon.ask("/v1/chat/completions", body)
    assert answer.status == 200
    assert answer.headers["x-isthmus-loss"] == "temperature=dropped(the model takes none), seed=dropped"


@HOWS
def test_usage_is_the_services_own(how: str, any_sdk: Asker, amazon: RunningGateway) -> None:
    before = len(amazon.log)
    said = talk(any_sdk, amazon, how).say("[[sim: usage 15 75 10 5]]")
    messages = any_sdk.sdk.protocol == ANTHROPIC
    assert said.usage == Usage(15 if messages else 100, 5, 75, 10)
    line = amazon.logged(before, input_tokens=15)[0]
    assert (line["cache_read_tokens"], line["cache_write_tokens"]) == (75, 10)
    assert (line["input_tokens_are"], line["output_tokens_are"]) == ("measured", "measured")
    assert line["credits"] > 0


@HOWS
@pytest.mark.parametrize("order", ["no-metadata", "empty-metadata", "zero-metadata"])
def test_usage_that_is_not_told_is_estimated(
    order: str, how: str, any_sdk: Asker, amazon: RunningGateway
) -> None:
    before = len(amazon.log)
    said = talk(any_sdk, amazon, how).say(f"[[sim: {order}]][[sim: text Hello there.]]")
    assert said.usage is not None and said.usage.input > 0 and said.usage.output > 0
    line = amazon.logged(before, input_tokens_are="estimated")[0]
    assert line["output_tokens_are"] == "estimated"
    assert line["credits"] > 0


# Claude Code ----------------------------------------------------------------------------------------------------------


def test_claude_code_does_a_task_in_several_turns(tmp_path: Any, amazon: RunningGateway) -> None:
    before = len(amazon.log)
    user = ClaudeCode(tmp_path, amazon.origin, timeout_s=90)
    user.project.mkdir()
    wanted = user.project / "out.txt"
    task = f"Create the file {wanted} with the text '{LINE}', then read {wanted}, then run `cat {wanted}`"
    done = user.run(task, "--model", MODEL, *EDITS)
    assert done.exit_code == 0, done
    assert wanted.read_text().strip() == LINE
    assert LINE in done.text
    lines = [
        line for line in amazon.log[before:] if line["event"] == "request" and line["endpoint"] == "messages"
    ]
    assert len(lines) >= 4 and {line["status"] for line in lines} == {200}, lines

    both = f'[[sim: tool Read {{"file_path":"{wanted}"}}]][[sim: tool Bash {{"command":"echo twice","description":"Say"}}]] Both.'
    done = user.run(both, "--model", MODEL, "--continue", *EDITS)
    assert done.exit_code == 0, done
    assert LINE in done.text and "The tool answered: twice" in done.text
    lines = [line for line in amazon.log[before:] if line["event"] == "request"]
    assert {line["status"] for line in lines} == {200}


def test_claude_code_compacts_what_grew_too_long(tmp_path: Any, amazon: RunningGateway) -> None:
    before = len(amazon.log)
    user = ClaudeCode(tmp_path, amazon.origin, timeout_s=90)
    filler = "The quick brown fox jumps over the lazy dog, again and again. " * 1700
    for turn in range(5):
        again = ("--continue",) if turn else ()
        done = user.run(f"Turn {turn}: {filler}", "--model", BLIND, *again)
        assert done.exit_code == 0, done
    lines = [line for line in amazon.log[before:] if line["event"] == "request"]
    refused = [line for line in lines if line["status"] != 200]
    assert refused and {line["error"] for line in refused} == {"context_overflow"}, lines
    assert lines[-1]["status"] == 200
