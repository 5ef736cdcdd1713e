import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import talk
from isthmus.core.commands import Keep, Say, Talk
from isthmus.core.conversation import Conversation, Tool
from isthmus.core.events import Noted
from isthmus.core.interfaces import Target
from isthmus.core.secret import Secret
from isthmus.providers.claude_code.abilities import abilities_of
from isthmus.providers.claude_code.exchange import Account, converse, try_out
from isthmus.providers.claude_code.options import INTERACTIVE, FileAccess, Mcp, Options

MODEL = "claude-opus-5-5"


def account(key: str = "sk-ant-api03-x", **options: Any) -> Account:
    return Account("mine", Options(**options), Secret(key), None, lambda: 0.0)


def talks(
    conversation: Conversation, of: Account, *, can_tell: bool = True, mcp: tuple[str, ...] | None = None
) -> Talk:
    target = Target(MODEL, abilities_of(MODEL), mcp=mcp)
    found = next(converse(conversation, target, of, can_tell=can_tell))
    assert isinstance(found, Talk)
    return found


def asked(*said: str, **fields: Any) -> Conversation:
    turns = tuple((talk.assistant if number % 2 else talk.user)(text) for number, text in enumerate(said))
    return Conversation(MODEL, turns, **fields)


def test_only_a_conversation_that_is_kept_continues_one() -> None:
    assert talks(asked("hi"), account(mode=INTERACTIVE)).continues is None
    assert talks(asked("hi", "ho", "hum"), account()).continues is None
    assert talks(asked("hi", "ho", "hum"), account(mode=INTERACTIVE)).continues is not None


def test_no_name_is_shared_between_keys_or_ways_of_starting() -> None:
    conversation = asked("hi", "ho", "hum")
    names = {
        talks(conversation, each).continues
        for each in (
            account(mode=INTERACTIVE),
            account("sk-ant-api03-y", mode=INTERACTIVE),
            account(mode=INTERACTIVE, environment={"A": Secret("1")}),
            account(mode=INTERACTIVE, file_access=FileAccess(additional_dirs=("/srv",))),
        )
    }
    assert len(names) == 4
    assert talks(conversation, account(mode=INTERACTIVE)).continues in names


def test_no_name_is_shared_between_keys_that_may_use_other_servers() -> None:
    """Nor a process, nor a session, as these go by it."""
    of = account(mode=INTERACTIVE, mcp=Mcp(enabled=True, config_file="/etc/mcp.json"))
    limits = (None, (), ("files",), ("files:read",), ("files:write",))
    names = [talks(asked("hi", "ho", "hum"), of, mcp=each).continues for each in limits]
    assert len(set(names)) == len(limits)
    assert talks(asked("hi", "ho", "hum"), of, mcp=("*",)).continues == names[0]
    without = account(mode=INTERACTIVE)
    assert len({talks(asked("hi", "ho", "hum"), without, mcp=each).continues for each in limits}) == 1


def test_a_long_past_is_a_file_of_the_program() -> None:
    long = asked(*(f"turn {number}" for number in range(43)))
    program = talks(long, account()).program
    assert program.files["history.jsonl"].count(b"\n") == 42
    assert not program.is_usual
    assert talks(asked("hi", "ho", "hum"), account()).program.files == {}
    assert talks(asked("hi", "ho", "hum"), account(), can_tell=False).program.files


def session_of(conversation: Conversation, of: Account, id: str = str(UUID(int=7))) -> bytes:
    """As the CLI told it after the last answer in this conversation, with something that the client never heard."""
    heard = talks(conversation, of).continues
    said = [("user", "hi"), ("assistant", "looked it up"), ("user", "found it"), ("assistant", "ho")]
    messages = [{"role": role, "content": [{"type": "text", "text": text}]} for role, text in said]
    return json.dumps({"id": id, "heard": heard, "messages": messages}).encode()


def resumed(conversation: Conversation, of: Account) -> bool:
    program = talks(conversation, of).program
    if not program.files:
        return False
    assert program.arguments[-1] == "--resume=../files/history.jsonl"
    return (
        b"looked it up" in program.files["history.jsonl"]
        and b'"%s"' % str(UUID(int=7)).encode() in (program.files["history.jsonl"])
    )


def test_a_session_that_fits_is_resumed() -> None:
    mine = account(mode=INTERACTIVE)
    conversation = asked("hi", "ho", "hum")
    session = session_of(conversation, mine)
    fits = replace(conversation, session_kept=session)
    assert resumed(fits, mine)
    assert talks(fits, mine).program.common == talks(conversation, mine).program, "a kept process goes before"
    last = fits.turns[-1:]
    other = {
        "a changed question": replace(fits, turns=(talk.user("hi!"), *fits.turns[1:])),
        "an answer of somebody else": replace(fits, turns=(fits.turns[0], talk.assistant("no"), *last)),
        "a beginning that was left out": replace(fits, turns=last),
        "more than it has heard": replace(fits, turns=(*fits.turns, talk.assistant("a"), talk.user("b"))),
        "another way of asking": replace(fits, max_tokens=7),
        "nothing kept": replace(fits, session_kept=b""),
    }
    assert [name for name, each in other.items() if resumed(each, mine)] == []
    assert not resumed(fits, account("sk-ant-api03-y", mode=INTERACTIVE)), "another account"
    assert not resumed(fits, account()), "a process for each request"


def test_a_resumed_session_says_so() -> None:
    mine = account(mode=INTERACTIVE)
    conversation = asked("hi", "ho", "hum")
    dialogue = talks(replace(conversation, session_kept=session_of(conversation, mine)), mine).dialogue(False)
    dialogue.opening()
    reply = {"type": "control_response", "response": {"subtype": "success", "request_id": "settings"}}
    assert dialogue.feed(json.dumps(reply).encode() + b"\n") == [Noted("session_resumed")]
    (asks,) = dialogue.take().splitlines()
    assert json.loads(asks)["message"]["content"] == [{"type": "text", "text": "hum"}]


def test_an_answer_nobody_wants_starts_nothing() -> None:
    target = Target(MODEL, abilities_of(MODEL))
    commands = list(converse(asked("hi", max_tokens=0), target, account(), can_tell=True))
    assert [type(each) for each in commands] == [Say]


def test_a_client_that_waits_for_the_whole_says_so() -> None:
    assert talks(asked("hi"), account()).whole
    assert not talks(asked("hi", stream=True), account()).whole


def test_strict_tools_are_told_to_be_lost() -> None:
    losses = talks(asked("hi", tools=(Tool("f", strict=True),)), account()).losses
    assert "tools.strict=dropped(Claude Code has no place for it)" in [str(loss) for loss in losses]


def test_allowances_told_in_the_answer_are_kept() -> None:
    exchange = converse(asked("hi"), Target(MODEL, abilities_of(MODEL)), account(), can_tell=True)
    found = next(exchange)
    assert isinstance(found, Talk)
    dialogue = found.dialogue(False)
    dialogue.feed(
        b'{"type":"rate_limit_event","rate_limit_info":{"status":"allowed","rateLimitType":"five_hour","utilization":0.5}}\n'
    )
    kept = exchange.send(None)
    assert isinstance(kept, Keep)
    assert [(quota.name, quota.used) for quota in kept.quotas] == [("five_hour", 50.0)]


def test_names_that_the_cli_has_are_changed_only_where_it_has_them() -> None:
    free, taken = account(), account(file_access=FileAccess(allowed_tools=("Read",)))
    assert not free.is_taken("Read")
    assert taken.is_taken("Read")
    assert not taken.is_taken("mcp__calc__add")


def test_trying_out_needs_no_account() -> None:
    learned: list[bool] = []
    exchange = try_out(MODEL, account("sk-ant-oat01-x"), learned.append)
    found = next(exchange)
    assert isinstance(found, Talk)
    assert "oat01" not in "".join(secret.reveal() for secret in found.program.secrets)
    assert found.program.environment["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:1"
    assert "--bare" not in found.program.arguments
    # One like it must not wait in the place of one that can answer.
    assert not found.program.is_usual
    found.dialogue(False).close()
    assert next(exchange, None) is None
    assert learned == [False]
