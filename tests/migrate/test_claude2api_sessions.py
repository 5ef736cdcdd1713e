"""A session is found in every form, and what is no session key never becomes an account."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.migrate.claude2api_sessions import (
    Session,
    add_sessions,
    from_export,
    from_json,
    from_variable,
    is_export,
)
from isthmus.migrate.gathered import Gathered
from isthmus.migrate.haul import Haul
from migrating import assert_nothing_secret

KEY = "sk-ant-sid01-MADEUPaaaaaaaaaaaaaaaaaaaaAA"

keys = st.text("abcXYZ019_-", min_size=20, max_size=60).map(lambda text: f"sk-ant-sid01-{text}AA")
organizations = st.uuids().map(str) | st.just("")


@given(st.lists(st.tuples(keys, organizations), min_size=1, max_size=5))
def test_a_variable_gives_back_what_was_put_in(entries: list[tuple[str, str]]) -> None:
    found = from_variable(
        ",".join(f" {key}:{organization}" if organization else key for key, organization in entries)
    )
    assert [(each.key, each.organization) for each in found] == entries


@given(st.lists(st.tuples(keys, organizations, st.text('abc,;\\"= ')), min_size=1, max_size=5))
def test_cookies_in_a_csv_do_not_disturb_the_other_fields(entries: list[tuple[str, str, str]]) -> None:
    lines = [
        f'{n},{key},{organization},true,"{cookies}"' for n, (key, organization, cookies) in enumerate(entries)
    ]
    text = "\n".join(["index,session_key,org_id,cf_clearance,cookie_string", *lines])
    assert [(each.key, each.organization) for each in from_export(text, "x")] == [
        each[:2] for each in entries
    ]


def test_the_first_csv_had_three_columns() -> None:
    text = f"index,session_key,org_id\n1,{KEY},an-id\n\n"
    assert [(each.key, each.organization) for each in from_export(text, "x")] == [(KEY, "an-id")]


@given(st.text())
def test_any_text_is_read_to_the_end(text: str) -> None:
    is_export(text)
    for each in [*from_export(text, "x"), *from_variable(text)]:
        assert each.key in text or each.key == ""


@pytest.mark.parametrize(
    "value", [None, 1, "x", [], [1], {}, {"session_key": 5}, {"accounts": [{"clientId": "x"}]}]
)
def test_other_json_is_no_list_of_sessions(value: object) -> None:
    assert not from_json(value, "x")


@given(st.text(max_size=60))
def test_only_a_session_key_becomes_an_account(text: str) -> None:
    haul = Haul("claude2api")
    add_sessions(haul, Gathered(haul, "claude-web"), [Session("here", text)], None)
    assert haul.accounts == []
    assert [line.what for line in haul.report.left_out] == ["here"]


def test_a_masked_key_is_refused_and_no_cookie_shown() -> None:
    haul = Haul("claude2api")
    sessions = from_variable(
        f"sk-ant-sid01-abc...xyz,{KEY}:org:made-up-clearance:a=made-up-cookie,rest-of-cookie"
    )
    add_sessions(haul, Gathered(haul, "claude-web"), sessions, 2)
    assert [account.credential["session_key"].reveal() for account in haul.accounts] == [KEY]
    assert {line.what.partition(" ")[0] for line in haul.report.left_out} == {
        f"SESSIONS[{n}]" for n in (0, 1, 2)
    }
    assert_nothing_secret(haul, [KEY, "made-up-clearance", "made-up-cookie", "rest-of-cookie", "abc...xyz"])
    assert KEY not in repr(sessions)
