from dataclasses import replace

import pytest

from isthmus.core.programs import Excerpt, Program
from isthmus.core.secret import Secret
from isthmus.providers.claude_code.options import FileAccess, Mcp, Options
from isthmus.providers.claude_code.start import is_bare, program

KEY = Secret("sk-ant-api03-x")
SUBSCRIPTION = Secret("sk-ant-oat01-x")


def after(started: Program, flag: str) -> str:
    return started.arguments[started.arguments.index(flag) + 1]


def test_nothing_of_the_machine_is_obeyed_or_offered() -> None:
    started = program(Options(), KEY)
    assert after(started, "--tools") == ""
    assert after(started, "--setting-sources") == ""
    for flag in (
        "--restricted",
        "--strict-mcp-config",
        "--disable-slash-commands",
        "--no-session-persistence",
    ):
        assert flag in started.arguments
    assert after(started, "--permission-prompt-tool") == "stdio"
    assert not {"--dangerously-skip-permissions", "--allowedTools", "--add-dir", "--mcp-config"} & {
        *started.arguments
    }
    assert started.own_folders == ("CLAUDE_CONFIG_DIR", "CLAUDE_CODE_TMPDIR")


def test_an_answer_is_that_of_one_request() -> None:
    environment = program(Options(), KEY).environment
    assert environment["CLAUDE_CODE_MAX_RETRIES"] == "0"
    assert environment["CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK"] == "1"
    assert environment["DISABLE_COMPACT"] == "1"


def test_each_kind_of_credential_goes_where_the_cli_looks_for_it() -> None:
    names = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN")

    def found(key: str) -> list[str]:
        return [
            name for name in names if program(Options(), Secret(key)).environment.get(name) == Secret(key)
        ]

    assert found("sk-ant-api03-x") == ["ANTHROPIC_API_KEY"]
    assert found("sk-ant-oat01-x") == ["CLAUDE_CODE_OAUTH_TOKEN"]
    assert found("mine") == ["ANTHROPIC_AUTH_TOKEN"]
    assert not set(names) & program(Options(), Secret("")).environment.keys()


def test_credentials_are_neither_arguments_nor_shown() -> None:
    started = program(
        Options(environment={"OTHER": Secret("hush")}), SUBSCRIPTION, base_url="http://127.0.0.1:1"
    )
    assert "oat01" not in repr(started)
    assert "hush" not in repr(started)
    assert started.environment["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:1"
    assert not any("oat01" in argument for argument in started.arguments)


def test_a_subscription_needs_the_whole_cli() -> None:
    assert is_bare(Options(), KEY)
    assert not is_bare(Options(), SUBSCRIPTION)
    assert is_bare(Options(bare=True), SUBSCRIPTION)
    assert "--bare" not in program(Options(bare=False), KEY).arguments


def test_what_files_may_be_used_is_said_in_arguments() -> None:
    access = FileAccess(
        additional_dirs=("/srv/docs", "/srv/code"),
        allowed_tools=("Read", "Bash(git log *)", "mcp__calc__add"),
        permission_mode="dontAsk",
    )
    started = program(Options(file_access=access), KEY)
    assert after(started, "--tools") == "Read,Bash"
    at = started.arguments.index("--allowedTools")
    assert started.arguments[at + 1 : at + 4] == ("Read", "Bash(git log *)", "mcp__calc__add")
    assert after(started, "--permission-mode") == "dontAsk"
    assert [started.arguments[n + 1] for n, each in enumerate(started.arguments) if each == "--add-dir"] == [
        "/srv/docs",
        "/srv/code",
    ]
    assert "--restricted" in started.arguments


def test_skipping_permissions_is_the_only_way_out_of_confinement() -> None:
    arguments = program(Options(file_access=FileAccess(skip_permissions=True)), KEY).arguments
    assert "--dangerously-skip-permissions" in arguments
    assert "--restricted" not in arguments


def test_servers_of_tools_are_those_of_one_file() -> None:
    file = "/etc/isthmus/mcp.json"
    strict = program(Options(mcp=Mcp(enabled=True, config_file=file)), KEY)
    assert after(strict, "--mcp-config") == file
    assert "--strict-mcp-config" in strict.arguments
    loose = program(Options(mcp=Mcp(enabled=True, config_file=file, strict=False, debug=True)), KEY)
    assert "--strict-mcp-config" not in loose.arguments
    assert "--debug=mcp" in loose.arguments
    assert loose.is_chatty
    assert not strict.is_chatty
    assert not strict.excerpts
    off = program(Options(mcp=Mcp(config_file=file, strict=False)), KEY)
    assert file not in off.arguments
    assert "--strict-mcp-config" in off.arguments


SERVERS = Mcp(enabled=True, config_file="/etc/isthmus/mcp.json", strict=False)


@pytest.mark.parametrize(
    "options",
    [
        Options(mcp=replace(SERVERS, allowed=("files:read_*",))),
        Options(mcp=SERVERS).for_caller(("files:read_*",)),
        Options(mcp=SERVERS, file_access=FileAccess(skip_permissions=True)).for_caller(("files:read_*",)),
    ],
)
def test_servers_that_are_not_allowed_are_not_started(options: Options) -> None:
    started = program(options, KEY)
    assert after(started, "--mcp-config") == "../files/servers.json"
    assert "--strict-mcp-config" in started.arguments
    assert "--dangerously-skip-permissions" not in started.arguments
    assert started.excerpts == {
        "servers.json": Excerpt("/etc/isthmus/mcp.json", "mcpServers", (("files:read_*",),))
    }


@pytest.mark.parametrize("mode", ["auto", "plan", "dontAsk"])
def test_what_must_be_asked_is_left_to_no_mode_and_no_rule(mode: str) -> None:
    access = FileAccess(allowed_tools=("Read", "mcp__files__write", " mcp__mail"), permission_mode=mode)
    free = Options(file_access=access, mcp=SERVERS)
    assert {"mcp__files__write", " mcp__mail", mode} <= {*program(free, KEY).arguments}
    asked = program(free.for_caller(("files:read",)), KEY).arguments
    assert not any("mcp__" in each for each in asked)
    assert "--permission-mode" not in asked
    assert "--restricted" in asked


def test_keys_that_may_use_the_same_servers_share_a_program() -> None:
    options = Options(mcp=SERVERS)
    assert program(options.for_caller(None), KEY) == program(options.for_caller(("*",)), KEY)
    assert program(options.for_caller(("a",)), KEY) == program(options.for_caller(("a",)), KEY)
    assert program(options.for_caller(("a",)), KEY) != program(options.for_caller(()), KEY)
    assert program(Options().for_caller(("a",)), KEY) == program(Options(), KEY)


def test_one_that_knows_a_history_is_like_no_other() -> None:
    knowing = program(Options(), KEY, transcript=b"{}\n")
    assert "--resume=../files/history.jsonl" in knowing.arguments
    assert knowing.files == {"history.jsonl": b"{}\n"}
    assert not knowing.is_usual
    assert program(Options(), KEY) == program(Options(), KEY)
    assert program(Options(), KEY).is_usual
