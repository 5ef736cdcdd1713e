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


TOOLS = {
    "mcp__calc__add": "calc",
    "mcp__files__read": "files",
    "mcp__files__write": "files",
    "mcp__calc__more__add": "calc__more",
    "mcp__my_odd_name__a_dot": "my odd.name",
}


def allowed(policy: Policy) -> set[str]:
    return {tool for tool, server in TOOLS.items() if policy.allows(tool, server)}


@pytest.mark.parametrize(
    ("patterns", "for_caller", "found"),
    [
        (("*",), None, TOOLS.keys()),
        (("*",), ("*",), TOOLS.keys()),
        (("*",), (), set()),
        ((), None, set()),
        (("calc", "files:read"), None, {"mcp__calc__add", "mcp__files__read"}),
        (("*",), ("files",), {"mcp__files__read", "mcp__files__write"}),
        (("files:read", "calc"), ("files",), {"mcp__files__read"}),
        (("calc",), ("files",), set()),
        (("*",), ("calc*",), {"mcp__calc__add", "mcp__calc__more__add"}),
        (("*",), ("calc:more__add",), set()),
        (("*",), ("my odd.name:a.dot",), {"mcp__my_odd_name__a_dot"}),
    ],
)
@pytest.mark.parametrize("everything", [False, True])
def test_of_servers_only_what_is_in_every_list(
    everything: bool, patterns: tuple[str, ...], for_caller: tuple[str, ...] | None, found: set[str]
) -> None:
    mcp = Mcp(enabled=True, config_file=FILE, allowed=patterns)
    options = Options(mcp=mcp, file_access=FileAccess(skip_permissions=everything)).for_caller(for_caller)
    policy = Policy.of(options)
    assert allowed(policy) == found
    assert policy.allows("Bash") is everything


@pytest.mark.parametrize(
    ("tool", "server"),
    [
        ("mcp__calc__add", None),  # whose is it? of `calc`, or of `calc__add`
        ("mcp__calc__add", ""),
        ("mcp__calc__add", "files"),
        ("mcp__files", "calc"),
        ("Bash", "calc"),
        ("add", "calc"),
    ],
)
def test_what_is_not_known_to_be_allowed_is_refused(tool: str, server: str | None) -> None:
    mcp = Mcp(enabled=True, config_file=FILE, allowed=("calc",))
    policy = Policy.of(Options(mcp=mcp, file_access=FileAccess(skip_permissions=server is not None)))
    assert policy.answer(tool, {}, server)["behavior"] == "deny"


def test_switched_off_servers_allow_nothing() -> None:
    assert not Policy.of(Options(mcp=Mcp(config_file=FILE))).allows("mcp__calc__add")


def test_skipping_permissions_allows_all() -> None:
    assert Policy.of(Options(file_access=FileAccess(skip_permissions=True))).allows("Bash")
