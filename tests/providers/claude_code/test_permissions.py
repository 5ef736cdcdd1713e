import pytest

from isthmus.providers.claude_code.options import FileAccess, Mcp, Options
from isthmus.providers.claude_code.permissions import Policy

FILE = "/etc/mcp.json"


@pytest.mark.parametrize("tool", ["Read", "Write", "Bash", "mcp__calc__add", ""])
def test_nothing_may_run_unless_a_setting_says_so(tool: str) -> None:
    policy = Policy.of(Options(file_access=FileAccess(allowed_tools=("Read",))))
    assert not policy.allows(tool)
    assert policy.answer(tool, {"a": 1})["behavior"] == "deny"


def test_servers_that_the_operator_set_up_may_be_used() -> None:
    policy = Policy.of(Options(mcp=Mcp(enabled=True, config_file=FILE)))
    assert policy.answer("mcp__calc__add", {"a": 1}) == {"behavior": "allow", "updatedInput": {"a": 1}}
    assert not policy.allows("Write")


def test_only_those_that_are_named_where_some_are() -> None:
    policy = Policy.of(Options(mcp=Mcp(enabled=True, config_file=FILE, allowed=("calc__*", "files__read"))))
    assert [
        policy.allows(f"mcp__{name}") for name in ("calc__add", "files__read", "files__write", "calculus__x")
    ] == [
        True,
        True,
        False,
        False,
    ]


def test_switched_off_servers_allow_nothing() -> None:
    assert not Policy.of(Options(mcp=Mcp(config_file=FILE))).allows("mcp__calc__add")


def test_skipping_permissions_allows_all() -> None:
    assert Policy.of(Options(file_access=FileAccess(skip_permissions=True))).allows("Bash")
