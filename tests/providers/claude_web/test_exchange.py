"""Whole exchanges against the simulated service, driven step by step: the order of things, and every fault by its number."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from isthmus.core.commands import Head, Spare
from isthmus.core.conversation import (
    Conversation,
    Document,
    Image,
    InlineData,
    Reasoning,
    Role,
    Text,
    ThinkingMode,
    Tool,
    Turn,
)
from isthmus.core.errors import BadRequest, Kind, Next, UpstreamError
from isthmus.core.events import Stop
from isthmus.core.fold import SaidCall, SaidText, SaidThinking
from isthmus.core.interfaces import Target
from isthmus.providers.claude_web.memory import BLOCKED_S
from isthmus.providers.claude_web.options import Options
from isthmus.routing.cooldown import CoolingReason, judge
from isthmus.simulators.claude_web.plans import Plan
from isthmus.wire.json_text import to_json
from providers.claude_web.stage import MODEL, NOW, Stage, text_of, user

BASE = "https://claude.test"
HOUR = 3600.0
CLOCK = Tool("get_time", "Tells the time.", '{"type":"object","properties":{"tz":{"type":"string"}}}')
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(40)).decode()
PICTURE = Image(InlineData("image/png", PNG))


def stage(**more: Any) -> Stage:
    return Stage(Options(BASE, **more))


# the story -------------------------------------------------------------------------------------------


def test_a_turn_in_the_order_of_the_page() -> None:
    here = stage()
    said = here.ask("[[sim: text Good day.]]")
    assert said.blocks == (SaidText("Good day."),)
    assert said.reason is Stop.END_TURN
    assert said.usage is None or said.usage.estimated
    assert here.endpoints == ["organizations", "create", "completion"]
    assert here.tidy() == []
    assert here.endpoints[3:] == ["delete"]
    assert len(here.account.conversations) == 0


def test_nothing_in_it_looks_like_a_browser() -> None:
    here = stage()
    here.ask("Hello")
    here.tidy()
    assert [each.disguises for each in here.world.journal] == [[]] * 4
    assert all(not each.values("origin") and not each.values("referer") for each in here.world.journal)
    assert not [each for each in here.world.journal if each.method == "PUT"]


def test_where_a_page_would_be_is_told_only_if_asked() -> None:
    here = stage(send_origin=True)
    here.ask("Hello")
    completion = here.journal("completion")[0]
    assert completion.values("origin") == [BASE]
    assert completion.values("referer")[0].startswith(f"{BASE}/chat/")


def test_the_organization_is_asked_for_once() -> None:
    here = stage()
    here.ask("Hello")
    here.ask("Hello")
    assert here.endpoints.count("organizations") == 1


def test_a_configured_organization_is_not_asked_for() -> None:
    here = stage()
    here.details["organization_id"] = here.account.org.uuid
    here.ask("Hello")
    assert here.endpoints == ["create", "completion"]


@pytest.mark.parametrize("temporary", [True, False])
def test_temporary_conversations(temporary: bool) -> None:
    here = stage(temporary=temporary)
    here.ask("Hello")
    assert here.journal("create")[0].body.get("is_temporary", False) is temporary


def test_a_conversation_stays_where_it_is_not_to_be_deleted() -> None:
    here = stage(chat_delete=False)
    here.ask("Hello")
    here.tidy()
    assert "delete" not in here.endpoints
    with pytest.raises(UpstreamError):
        here.ask("[[sim: F14]]")
    here.tidy()
    assert "delete" in here.endpoints  # of a question without an answer nobody has a use


def test_nobody_is_asked_when_only_a_cache_is_to_be_warmed() -> None:
    here = stage()
    assert here.ask("Hello", max_tokens=0).blocks == ()
    assert here.endpoints == []


@pytest.mark.parametrize(
    ("api", "order"), [("org", ["upload", "create"]), ("conversation", ["create", "upload"])]
)
def test_files_go_up_before_the_question(api: str, order: list[str]) -> None:
    here = stage(upload_api=api)
    asked = Conversation(MODEL, (Turn(Role.USER, (Text("[[sim: echo]]"), PICTURE)),))
    said = here.say(asked)
    assert here.endpoints == ["organizations", *order, "completion"]
    assert '"image.png"' in text_of(said)


def test_files_do_not_go_up_twice() -> None:
    here = stage()
    here.account.script("F14", times=1)
    here.say(Conversation(MODEL, (Turn(Role.USER, (Text("Hello"), PICTURE)),)))
    assert here.endpoints.count("upload") == 1
    assert here.endpoints.count("completion") == 2


def test_a_conversation_is_tidied_up_though_its_file_is_broken() -> None:
    here = stage()
    broken = Document(InlineData("application/pdf", "%%%"))
    with pytest.raises(BadRequest):
        here.say(Conversation(MODEL, (Turn(Role.USER, (Text("Hello"), broken)),)))
    assert here.endpoints == ["organizations"]


def test_the_free_plan_names_no_model() -> None:
    here = Stage(Options(BASE), plan=Plan.FREE)
    here.ask("Hello")
    assert "model" not in here.journal("completion")[0].body
    with pytest.raises(UpstreamError) as caught:
        here.say(Conversation("claude-opus-4-8", user("Hello")))
    assert caught.value.kind is Kind.MODEL_NOT_FOUND
    assert here.endpoints.count("completion") == 1


@pytest.mark.parametrize(
    ("options", "blocks"),
    [
        ({}, [SaidThinking, SaidText]),
        ({"thinking_api": "conversation"}, [SaidThinking, SaidText]),
        ({"thinking_output": "think_tags"}, [SaidText]),
        ({"thinking_output": "drop"}, [SaidText]),
    ],
)
def test_thoughts(options: dict[str, Any], blocks: list[type]) -> None:
    here = stage(**options)
    said = here.ask(
        "[[sim: thinking Let me see.]][[sim: text Yes.]]", reasoning=Reasoning(ThinkingMode.ENABLED)
    )
    assert [type(each) for each in said.blocks] == blocks
    shown = options.get("thinking_output") == "think_tags"
    assert text_of(said) == ("<think>Let me see.</think>\nYes." if shown else "Yes.")
    assert ("settings" in here.endpoints) is ("thinking_api" in options)


@pytest.mark.parametrize(
    ("order", "calls"),
    [("tool", 1), ("parallel", 2), ("tool-open", 1), ("tool-broken", 0), ("tool-fenced", 0)],
)
def test_calls_in_tags(order: str, calls: int) -> None:
    here = stage()
    said = here.ask(f"[[sim: {order}]]", CLOCK)
    made = [each for each in said.blocks if isinstance(each, SaidCall)]
    assert [each.name for each in made] == ["get_time"] * calls
    assert len({each.id for each in made}) == calls
    assert all(each.id.startswith("toolu_") for each in made)
    assert said.reason is (Stop.TOOL_USE if calls else Stop.END_TURN)


# a client's session ------------------------------------------------------------------------------------


def test_a_session_goes_on_in_its_conversation() -> None:
    here = stage(keep_conversations=True)
    first = here.ask("[[sim: text One.]]", session="s", system=(Text("Be brief."),))
    here.tidy()
    turns = user("[[sim: text One.]]", text_of(first), "[[sim: text Two.]]")
    asked = Conversation(MODEL, turns, system=(Text("Be brief."),), session="s")
    assert text_of(here.say(asked)) == "Two."
    assert here.tidy() == []
    assert here.endpoints == ["organizations", "create", "completion", "completion"]
    before, after = here.journal("completion")
    assert "One." not in after.body["prompt"]
    assert after.body["parent_message_uuid"] == before.body["turn_message_uuids"]["assistant_message_uuid"]


@pytest.mark.parametrize(
    "turns",
    [
        user("[[sim: text One.]] edited", "One.", "More"),
        user("[[sim: text One.]]", "One, edited.", "More"),
        user("[[sim: text One.]]", "One.", "More", "Yes.", "Even more"),
    ],
)
def test_what_was_said_otherwise_is_another_conversation(turns: tuple[Turn, ...]) -> None:
    here = stage(keep_conversations=True)
    here.ask("[[sim: text One.]]", session="s")
    here.say(Conversation(MODEL, turns, session="s"))
    assert here.endpoints.count("create") == 2
    here.tidy()
    assert len(here.account.conversations) <= 2


def test_a_conversation_that_rested_too_long_is_deleted() -> None:
    here = stage(keep_conversations=True, conversation_idle_s=60)
    here.ask("[[sim: text One.]]", session="s")
    here.world.clock.advance(61)
    here.say(Conversation(MODEL, user("[[sim: text One.]]", "One.", "More"), session="s"))
    here.tidy()
    assert here.endpoints == ["organizations", "create", "completion", "create", "completion", "delete"]
    assert len(here.account.conversations) == 1


def test_a_conversation_that_is_gone_is_begun_anew() -> None:
    here = stage(keep_conversations=True)
    here.ask("[[sim: text One.]]", session="s")
    for each in list(here.account.conversations):
        here.account.conversations.delete(each.org, each.uuid)
    said = here.say(
        Conversation(MODEL, user("[[sim: text One.]]", "One.", "[[sim: text Two.]]"), session="s")
    )
    assert text_of(said) == "Two."
    assert here.endpoints == ["organizations", "create", "completion", "completion", "create", "completion"]
    assert "One." in here.journal("completion")[-1].body["prompt"]
    assert here.tidy() == []


# faults ----------------------------------------------------------------------------------------------

OFF, QUOTA, PACED = CoolingReason.CREDENTIAL, CoolingReason.QUOTA, CoolingReason.RATE_LIMIT
SICK, LACKING, FORBIDDEN = CoolingReason.SICK, CoolingReason.NO_MODEL, CoolingReason.PERMISSION


@pytest.mark.parametrize(
    ("fault", "kind", "suffers", "wait_s", "completions"),
    [
        ("F1", Kind.OVERLOADED, OFF, None, 0),
        ("F2", Kind.OVERLOADED, OFF, None, 0),
        ("F3", Kind.UPSTREAM, FORBIDDEN, None, 1),
        ("F5", Kind.OVERLOADED, OFF, None, 0),
        ("F6 empty", Kind.OVERLOADED, FORBIDDEN, HOUR, 0),
        ("F6 api", Kind.OVERLOADED, FORBIDDEN, HOUR, 0),
        ("F6 object", Kind.UPSTREAM, SICK, None, 0),
        ("F7 banned", Kind.OVERLOADED, OFF, None, 0),
        ("F7 restricted", Kind.OVERLOADED, FORBIDDEN, 24 * HOUR, 0),
        ("F8", Kind.RATE_LIMIT, QUOTA, HOUR, 1),
        ("F9 seconds", Kind.RATE_LIMIT, QUOTA, HOUR, 1),
        ("F9 date", Kind.RATE_LIMIT, QUOTA, HOUR, 1),
        ("F10 s", Kind.RATE_LIMIT, QUOTA, HOUR, 1),
        ("F10 ms", Kind.RATE_LIMIT, QUOTA, HOUR, 1),
        ("F10 unified", Kind.RATE_LIMIT, QUOTA, HOUR, 1),
        ("F11 reset_at", Kind.RATE_LIMIT, QUOTA, HOUR, 1),
        ("F11 retry_after-text", Kind.RATE_LIMIT, QUOTA, HOUR, 1),
        ("F11 retry_after-number", Kind.RATE_LIMIT, QUOTA, HOUR, 1),
        ("F11 resets_at", Kind.RATE_LIMIT, QUOTA, HOUR, 1),
        ("F11 clock", Kind.RATE_LIMIT, QUOTA, HOUR - NOW % 60, 1),
        ("F11 nothing", Kind.RATE_LIMIT, PACED, 5.0, 1),
        ("F12 model", Kind.RATE_LIMIT, PACED, HOUR, 1),
        ("F12 concurrents", Kind.RATE_LIMIT, PACED, 5.0, 1),
        ("F13 413", Kind.CONTEXT_OVERFLOW, None, None, 1),
        ("F13 400", Kind.CONTEXT_OVERFLOW, None, None, 1),
        ("F14", Kind.OVERLOADED, SICK, None, 2),
        ("F15", Kind.OVERLOADED, SICK, None, 2),
        ("F16", Kind.RATE_LIMIT, PACED, 5.0, 1),
        ("F17", Kind.UPSTREAM, SICK, None, 1),
        ("F18", Kind.UPSTREAM, SICK, None, 1),
        ("F19 nothing", Kind.TIMEOUT, SICK, None, 1),
        ("F20", Kind.UPSTREAM, SICK, None, 1),
        ("F22 max_conversation_length", Kind.CONTEXT_OVERFLOW, None, None, 1),
        ("F23 html", Kind.UPSTREAM, SICK, None, 1),
        ("F23 json", Kind.OVERLOADED, SICK, None, 2),
        ("F24 header", Kind.OVERLOADED, None, None, 0),
        ("F24 html", Kind.OVERLOADED, None, None, 0),
        ("F24 503", Kind.OVERLOADED, None, None, 0),
        ("F25 403", Kind.UPSTREAM, SICK, None, 1),
        ("F25 502", Kind.UPSTREAM, SICK, None, 1),
        ("F25 504", Kind.TIMEOUT, SICK, None, 1),
        ("F25 302", Kind.UPSTREAM, SICK, None, 1),
        ("F26 create-429", Kind.RATE_LIMIT, QUOTA, HOUR, 0),
    ],
)
def test_every_fault(
    fault: str, kind: Kind, suffers: CoolingReason | None, wait_s: float | None, completions: int
) -> None:
    here = stage()
    here.account.script(fault)
    with pytest.raises(UpstreamError) as caught:
        here.ask("Hello, tell me of rivers.")
    error, verdict = caught.value, judge(caught.value)
    assert error.kind is kind
    assert (None if verdict is None else verdict.reason) is suffers
    assert (None if verdict is None else verdict.wait_s) == wait_s
    assert here.endpoints.count("completion") == completions
    assert here.key not in error.message + error.detail
    if suffers is OFF:
        assert error.scope.value == "credential"
    here.account.scripts.clear()
    assert here.tidy() == []
    assert len(here.account.conversations) == 0


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("F6 several", Stop.END_TURN),
        ("F7 expired", Stop.END_TURN),
        ("F19 headers", Stop.END_TURN),
        ("F21 event", Stop.END_TURN),
        ("F21 delta", Stop.END_TURN),
        ("F21 block", Stop.END_TURN),
        ("F22 refusal", Stop.REFUSAL),
        ("F22 max_tokens", Stop.MAX_TOKENS),
    ],
)
def test_faults_that_leave_an_answer(fault: str, reason: Stop) -> None:
    here = stage()
    here.account.script(fault)
    said = here.ask("Hello, tell me of rivers.")
    assert said.reason is reason and text_of(said)
    assert here.journal("completion")[0].path.split("/")[3] == here.account.org.uuid


@pytest.mark.parametrize("fault", ["F14", "F15", "F23 json"])
def test_an_overloaded_service_is_asked_once_more(fault: str) -> None:
    here = stage()
    here.account.script(fault, times=1)
    assert text_of(here.ask("[[sim: text Good day.]]")) == "Good day."
    assert here.pauses == [1.5]


@pytest.mark.parametrize(
    ("fault", "kind", "next"),
    [
        ("F26 upload-413", Kind.TOO_LARGE, Next.NOTHING),
        ("F26 upload-415", Kind.INVALID_REQUEST, Next.NOTHING),
        ("F26 upload-500", Kind.UPSTREAM, Next.OTHER_ACCOUNT),
    ],
)
def test_uploads_that_fail(fault: str, kind: Kind, next: Next) -> None:
    here = stage()
    here.account.script(fault)
    with pytest.raises(UpstreamError) as caught:
        here.say(Conversation(MODEL, (Turn(Role.USER, (Text("Hello"), PICTURE)),)))
    assert (caught.value.kind, caught.value.next) == (kind, next)
    assert ("image.png" in caught.value.message) is (next is Next.NOTHING)


def test_a_conversation_is_deleted_at_the_third_try() -> None:
    here = stage()
    here.account.script("F26 delete-500")
    here.ask("Hello")
    assert here.tidy() == []
    assert here.pauses == [2.0, 2.0]
    assert len(here.account.conversations) == 0


def test_nobody_tries_to_delete_for_ever() -> None:
    here = stage()
    here.account.script("F26 delete-500", times=9)
    here.ask("Hello")
    assert [error.status for error in here.tidy()] == [500]
    assert here.endpoints.count("delete") == 3


def test_a_new_key_is_kept_and_not_used_before() -> None:
    here = stage()
    here.account.script("F26 new-key", "completion")
    here.ask("Hello")
    assert [(each.used, each.quotas) for each in here.kept[:1]] == [(here.grant().token, ())]
    assert here.account.next_key is not None  # the account waits for its first use
    assert here.kept[0].credential["session_key"].reveal() == here.account.next_key
    here.key = here.account.next_key
    here.ask("Hello")
    assert here.tidy() == [] or here.account.key == here.key


def test_a_new_key_that_comes_while_tidying_up_is_kept() -> None:
    here = stage()
    here.account.script("F26 new-key", "delete")
    here.ask("Hello")
    assert not [each for each in here.kept if each.used is not None]
    assert here.tidy() == []
    [told] = [each for each in here.kept if each.used is not None]
    assert told.used == here.grant().token
    assert told.credential["session_key"].reveal() == here.account.next_key


def test_another_key_that_came_meanwhile_is_tried() -> None:
    here = stage()
    old, here.key = here.key, "sk-ant-sid01-old"
    granted = here.grant

    def grant() -> Any:
        if here.granted[-1] is not None:
            here.key = old
        return granted()

    here.grant = grant  # type: ignore[method-assign]
    assert text_of(here.ask("[[sim: text Good day.]]")) == "Good day."
    assert [token is not None for token in here.granted] == [False, True]


def test_a_blocked_path_is_left_alone_for_a_while() -> None:
    here = stage()
    here.account.script("F24 header", times=1)
    for _ in range(3):
        with pytest.raises(UpstreamError, match="network path is blocked") as caught:
            here.ask("Hello")
        assert caught.value.next is Next.NOTHING
    assert here.endpoints == ["organizations"]
    here.world.clock.advance(BLOCKED_S + 1)
    assert text_of(here.ask("[[sim: text Good day.]]")) == "Good day."


def test_three_refusals_in_a_row_and_the_account_is_off() -> None:
    here = stage()
    here.account.script("F3")
    verdicts = []
    for _ in range(3):
        with pytest.raises(UpstreamError) as caught:
            here.ask("Hello")
        verdict = judge(caught.value)
        assert verdict is not None
        verdicts.append(verdict.reason)
    assert verdicts == [FORBIDDEN, FORBIDDEN, OFF]


def test_another_organization_is_looked_for_when_one_refuses() -> None:
    here = stage()
    here.details["organization_id"] = "0f000000-0000-4000-8000-000000000000"
    assert text_of(here.ask("[[sim: text Good day.]]")) == "Good day."
    assert here.endpoints == ["create", "organizations", "create", "completion"]


def test_busy_accounts_are_left_alone_for_longer_each_time() -> None:
    here = stage()
    here.account.script("F12 concurrents", times=6)
    waits = []
    for _ in range(6):
        with pytest.raises(UpstreamError) as caught:
            here.ask("Hello")
        waits.append(caught.value.cooldown_s)
        here.world.clock.advance(caught.value.cooldown_s or 0)
    assert waits == [5, 10, 20, 40, 60, 60]
    here.ask("Hello")
    here.account.script("F12 concurrents", times=1)
    with pytest.raises(UpstreamError) as caught:
        here.ask("Hello")
    assert caught.value.cooldown_s == 5


def test_a_limit_without_a_time_is_looked_up() -> None:
    here = stage()
    here.account.quota.use_up(NOW, "7d", 1.1)
    here.account.script("F11 nothing")
    with pytest.raises(UpstreamError) as caught:
        here.ask("Hello")
    assert caught.value.cooldown_s == 7 * 24 * HOUR
    assert caught.value.detail.endswith("(until by usage)")
    assert "usage" in here.endpoints
    assert here.kept[0].quotas


def test_a_used_up_allowance() -> None:
    here = Stage(Options(BASE), allowances={"5h": 1})
    assert text_of(here.ask("[[sim: text Good day.]]")) == "Good day."
    assert [(each.kind, each.cooldown_s) for each in here.rests] == [(Kind.RATE_LIMIT, 5 * HOUR)]
    (told,) = here.kept
    (quota,) = told.quotas
    assert (quota.name, quota.used, quota.limit, quota.resets_ms) == (
        "5 hours",
        100,
        100,
        (NOW + 5 * HOUR) * 1000,
    )
    with pytest.raises(UpstreamError) as caught:
        here.ask("Hello")
    assert caught.value.cooldown_s == 5 * HOUR


def test_an_allowance_that_is_nearly_used_up_is_told() -> None:
    here = Stage(Options(BASE), allowances={"5h": 10})
    here.account.quota.use_up(NOW, "5h", 0.85)
    here.ask("Hello")
    assert here.rests == []
    assert here.spares == [Spare(5 * HOUR)]
    assert [quota.used for told in here.kept for quota in told.quotas] == [95]


def test_what_the_service_does_not_know_is_left_out_once() -> None:
    here = stage()
    refusal = {
        "type": "error",
        "error": {
            "type": "invalid_request_error",
            "message": "thinking_mode: Extra inputs are not permitted",
        },
    }
    passed: list[bytes] = []
    stream = here.stream

    def strict(command: Any) -> Any:
        passed.append(command.body)
        if b"thinking_mode" in command.body:
            raise command.classify(Head(400, {"content-type": "application/json"}), to_json(refusal))
        return stream(command)

    here.stream = strict  # type: ignore[method-assign]
    said = here.ask("[[sim: text Yes.]]", reasoning=Reasoning(ThinkingMode.ENABLED))
    assert text_of(said) == "Yes."
    assert len(passed) == 2 and b"effort" not in passed[1]


def test_a_client_that_leaves_leaves_nothing_behind() -> None:
    here = stage()
    exchange = here.provider.exchange(
        Conversation(MODEL, user("Hello")), Target(MODEL, here.provider.abilities(MODEL))
    )
    here.stream = _leave  # type: ignore[method-assign, assignment]
    with pytest.raises(KeyboardInterrupt):
        here.events(exchange)
    exchange.close()
    here.tidy()
    assert len(here.account.conversations) == 0


def _leave(_: Any) -> Any:
    raise KeyboardInterrupt
