import json
from typing import Any

import pytest

from isthmus.simulators.claude_web.clock import Clock
from isthmus.simulators.claude_web.control import direct
from isthmus.simulators.claude_web.framing import Cut
from isthmus.simulators.claude_web.world import World


def world() -> World:
    made = World(clock=Clock.standing(1_790_000_000))
    made.add_account("anna", "pro")
    return made


def call(here: World, method: str, path: str, body: object = None, **query: str) -> tuple[int, Any]:
    sent = b"" if body is None else json.dumps(body).encode()
    answer = direct(here, method, f"/_sim/{path}", query, sent)
    return answer.status, json.loads(answer.body) if answer.body else None


def test_a_key_is_shown_once() -> None:
    here = world()
    status, ben = call(here, "POST", "accounts", {"name": "ben", "plan": "free", "allowances": {"5h": 2}})
    assert status == 201 and ben["key"] == here.account("ben").key
    _, listed = call(here, "GET", "accounts")
    assert [each["name"] for each in listed] == ["anna", "ben"]
    assert "sk-ant" not in json.dumps(listed)


def test_an_account_is_changed() -> None:
    here = world()
    change = {"signed_in": False, "concurrency": 1, "use_up": {"5h": 1.0}, "flags": {"banned": 60}}
    framing = {"cut": "lines", "crlf": True, "ping_every": 1}
    assert call(here, "PATCH", "accounts", {"name": "anna", "framing": framing, **change})[0] == 200
    anna = here.account("anna")
    assert (anna.signed_in, anna.concurrency, anna.flags[0].type) == (False, 1, "banned")
    assert (anna.framing.cut, anna.framing.crlf, anna.framing.ping_every) == (Cut.LINES, True, 1)
    assert anna.quota.exceeded(1_790_000_000, "claude-sonnet-5") is not None


def test_faults_are_scripted_and_cleared() -> None:
    here = world()
    fault = {"account": "anna", "fault": "F9 date", "at": ["create"], "times": 2}
    assert call(here, "POST", "faults", fault) == (204, None)
    assert call(here, "GET", "faults")[1] == {
        "anna": [{"fault": "F9 date", "endpoints": ["create"], "left": 2}]
    }
    call(here, "DELETE", "faults", account="anna")
    assert call(here, "GET", "faults")[1] == {"anna": []}


def test_time_can_be_moved() -> None:
    here = world()
    assert call(here, "POST", "clock", {"advance_s": 60})[1] == {"now_s": 1_790_000_060}
    assert call(here, "POST", "clock", {"now_s": 5})[1] == {"now_s": 5}
    assert call(here, "GET", "clock")[1] == {"now_s": 5}


def test_the_journal_is_read_in_parts_and_forgotten() -> None:
    here = world()
    for endpoint in ("create", "delete"):
        here.journal.open(1.0, "GET", "/x", "", ()).endpoint = endpoint
    assert [each["endpoint"] for each in call(here, "GET", "journal", endpoint="delete")[1]] == ["delete"]
    assert call(here, "DELETE", "journal")[0] == 204
    assert call(here, "GET", "journal")[1] == []


def test_conversations_are_shown_to_the_test() -> None:
    assert call(world(), "GET", "conversations", account="anna") == (200, [])


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "nothing", None, 404),
        ("POST", "faults", {"account": "carl", "fault": "F1"}, 400),
        ("POST", "faults", {"account": "anna", "fault": "F99"}, 400),
        ("PATCH", "accounts", {"name": "anna", "plan": "max"}, 400),
        ("POST", "accounts", {"colour": "green"}, 400),
        ("GET", "conversations", None, 400),
        ("POST", "clock", [], 400),
    ],
)
def test_mistakes_are_told(method: str, path: str, body: object, status: int) -> None:
    got, said = call(world(), method, path, body)
    assert got == status and said["error"]
