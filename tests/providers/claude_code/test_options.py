import pytest

from isthmus.providers.claude_code.options import FileAccess, Mcp, Options


def test_nothing_is_given_away_by_default() -> None:
    options = Options()
    assert options.mode == "one_shot"
    assert options.file_access == FileAccess(False, (), (), None)
    assert not options.mcp.enabled
    assert options.environment == {}


def test_tools_of_the_cli_are_those_that_a_rule_speaks_of() -> None:
    rules = ("Read", "Bash(git log *)", "Bash(ls:*)", "mcp__calc__add", " Grep ", "")
    assert FileAccess(allowed_tools=rules).built_in_tools == ("Read", "Bash", "Grep")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Options(mode="bulk"), "`mode`: 'bulk' is none of one_shot, interactive, batch"),
        (lambda: FileAccess(additional_dirs=("../up",)), "'../up' is not an absolute path"),
        (lambda: FileAccess(allowed_tools=("--add-dir=/",)), "'--add-dir=/' is an option, not a rule"),
        (lambda: FileAccess(permission_mode="always"), "'always' is none of acceptEdits"),
        (lambda: FileAccess(permission_mode="bypassPermissions"), "needs `skip_permissions: true`"),
        (lambda: Mcp(enabled=True), "needs `mcp.config_file`"),
        (lambda: Mcp(allowed=("files", ":read")), "`mcp.allowed`: ':read' fits nothing: name a server"),
        (lambda: Mcp(config_file="mcp.json"), "'mcp.json' is not an absolute path"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_way_out(make, said: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=said.replace(".", r"\.")):
        make()
