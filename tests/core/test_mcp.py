"""What fits in every list may be used; nothing else may."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.mcp import allows_server, allows_tool, problem_of, restricting, spoken

NAMES = st.text(min_size=1, max_size=12).filter(lambda name: ":" not in name)


@pytest.mark.parametrize(
    ("pattern", "server", "tool", "allowed"),
    [
        ("files", "files", "read_a", True),
        ("files", "files2", "read_a", False),
        ("files", "Files", "read_a", False),
        ("files:read_*", "files", "read_a", True),
        ("files:read_*", "files", "write_a", False),
        ("files:read_*", "files", "unread_a", False),
        ("files:*", "files", "anything", True),
        ("*", "files", "read_a", True),
        ("*:read_a", "files", "read_a", True),
        ("*:read_a", "files", "read_ab", False),
        ("fi*", "files", "read_a", True),
        ("f.les", "files", "read_a", False),  # only `*` is special
        ("a", "a__b", "c", False),  # as `mcp__a__b__c` could be taken
        ("a:b__c", "a__b", "c", False),
        ("my odd.name:a.dot", "my odd.name", "a_dot", True),  # models are told `a_dot`
        ("my_odd_name", "my odd.name", "a_dot", False),
    ],
)
def test_a_tool_is_found_by_its_server_and_its_name(
    pattern: str, server: str, tool: str, allowed: bool
) -> None:
    assert allows_tool([(pattern,)], server, tool) is allowed


def test_a_server_is_wanted_for_any_of_its_tools() -> None:
    assert allows_server([("files:read_*",)], "files")
    assert not allows_server([("files:read_*",)], "other")
    assert not allows_server([()], "files")


def test_every_list_must_allow() -> None:
    lists = [("files", "mail"), ("files:read_*", "calendar")]
    assert allows_tool(lists, "files", "read_a")
    assert not allows_tool(lists, "files", "write_a")
    assert not allows_server(lists, "mail")
    assert not allows_server(lists, "calendar")
    assert allows_tool([], "any", "thing")


def test_lists_that_keep_nothing_out_are_none() -> None:
    assert restricting(None, ("*",), ("files", "*")) == ()
    assert restricting(("files",), None) == (("files",),)
    assert restricting(None, ()) == ((),)


@given(NAMES, NAMES)
def test_an_empty_list_fits_nothing(server: str, tool: str) -> None:
    assert not allows_tool([()], server, tool)
    assert allows_tool([("*",)], server, tool)


@given(NAMES)
def test_what_is_spoken_can_be_spoken_again(name: str) -> None:
    assert spoken(spoken(name)) == spoken(name)


def test_what_can_fit_nothing_is_told() -> None:
    assert problem_of("files") is None
    assert problem_of("files:read_*") is None
    for pattern in ("", ":", ":read", "files:", " "):
        assert "such as `files`" in (problem_of(pattern) or "")
