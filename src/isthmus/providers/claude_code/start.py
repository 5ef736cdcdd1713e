"""How a process of the CLI is started: what keeps it apart from the person's own Claude Code, from files and from other tenants.

| what | why |
| --- | --- |
| `--setting-sources ""`, `--strict-mcp-config` | settings, hooks, CLAUDE.md and `.mcp.json` of a directory are obeyed otherwise |
| `--tools`, `--restricted` | no tools but those allowed; file tools stay in their directories, symbolic links resolved |
| `--permission-prompt-tool stdio` | what no rule decides is asked of us, and refused |
| an own `--mcp-config` | where not all servers may be used, the others are not started |
| `--disable-slash-commands` | beside `client_composed` on every line: text of a client is text |
| `CLAUDE_CONFIG_DIR`, `CLAUDE_CODE_TMPDIR` | transcripts, ids and images that it writes go with the process |
| no retries, no fallbacks, no compaction | an answer is that of one request to the API; failover is decided here |

As seen of Claude Code 2.1.330.
"""

from __future__ import annotations

from typing import Final

from isthmus.core.programs import Excerpt, Program, file_argument
from isthmus.core.secret import Secret
from isthmus.providers.claude_code.options import Options

HISTORY_FILE: Final = "history.jsonl"
SKIP_PERMISSIONS: Final = "--dangerously-skip-permissions"
"""Refused to root."""
SERVERS_FILE: Final = "servers.json"
_SPEECH: Final = (
    "-p",
    "--input-format",
    "stream-json",
    "--output-format",
    "stream-json",
    "--verbose",
    "--include-partial-messages",
    "--permission-prompt-tool",
    "stdio",
)
_APART: Final = (
    "--setting-sources",
    "",
    "--no-session-persistence",
    "--disable-slash-commands",
)
_ENVIRONMENT: Final = {
    "CLAUDE_CODE_MAX_RETRIES": "0",
    "CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "CLAUDE_AGENT_SDK_MCP_NO_PREFIX": "1",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_COMPACT": "1",
    "DISABLE_TELEMETRY": "1",
    "DISABLE_ERROR_REPORTING": "1",
    "ENABLE_TOOL_SEARCH": "false",
}
OWN_FOLDERS: Final = ("CLAUDE_CONFIG_DIR", "CLAUDE_CODE_TMPDIR")
_SUBSCRIPTION: Final = "sk-ant-oat"
"""How tokens of `claude setup-token` begin; the CLI takes them from a variable of their own."""
_API_KEY: Final = "sk-ant-"
_ASKING: Final = frozenset(("acceptEdits", "default"))
"""Permission modes in which every use of a server's tool is asked of us. In others the CLI decides some of them by itself."""


def program(
    options: Options, key: Secret, *, base_url: str | None = None, transcript: bytes | None = None
) -> Program:
    """`transcript`: what the process knows when it starts, instead of nothing."""
    bare = ("--bare",) if is_bare(options, key) else ()
    arguments = (*_SPEECH, *_APART, *bare, *_files(options), *_mcp(options))
    if transcript is not None:
        arguments += (f"--resume={file_argument(HISTORY_FILE)}",)
    return Program(
        arguments,
        {**_ENVIRONMENT, **_account(key, base_url), **options.environment},
        files={} if transcript is None else {HISTORY_FILE: transcript},
        excerpts=_excerpts(options),
        own_folders=OWN_FOLDERS,
        is_chatty=options.mcp.enabled and options.mcp.debug,
        is_usual=transcript is None,
    )


def is_bare(options: Options, key: Secret) -> bool:
    return not key.reveal().startswith(_SUBSCRIPTION) if options.bare is None else options.bare


def _account(key: Secret, base_url: str | None) -> dict[str, str | Secret]:
    account: dict[str, str | Secret] = {} if base_url is None else {"ANTHROPIC_BASE_URL": base_url}
    if not key:
        return account
    if key.reveal().startswith(_SUBSCRIPTION):
        return account | {"CLAUDE_CODE_OAUTH_TOKEN": key}
    if key.reveal().startswith(_API_KEY):
        return account | {"ANTHROPIC_API_KEY": key}
    return account | {"ANTHROPIC_AUTH_TOKEN": key}


def _files(options: Options) -> tuple[str, ...]:
    access, asks = options.file_access, options.asks_for_servers
    arguments: tuple[str, ...] = ("--tools", ",".join(access.built_in_tools))
    for directory in access.additional_dirs:
        arguments += ("--add-dir", directory)
    if access.skip_permissions:
        # Where it has to ask, everything but the servers' tools is allowed when it does: see `permissions`.
        return arguments if asks else (*arguments, SKIP_PERMISSIONS)
    arguments += ("--restricted",)
    if access.permission_mode is not None and (access.permission_mode in _ASKING or not asks):
        arguments += ("--permission-mode", access.permission_mode)
    if rules := [rule for rule in access.allowed_tools if not (asks and rule.strip().startswith("mcp__"))]:
        arguments += ("--allowedTools", *rules)
    return arguments


def _mcp(options: Options) -> tuple[str, ...]:
    mcp = options.mcp
    if not mcp.enabled or mcp.config_file is None:
        return ("--strict-mcp-config",)
    file = file_argument(SERVERS_FILE) if options.asks_for_servers else mcp.config_file
    arguments: tuple[str, ...] = ("--mcp-config", file)
    if mcp.strict or options.asks_for_servers:
        arguments += ("--strict-mcp-config",)
    return (*arguments, "--debug=mcp", "--debug-to-stderr") if mcp.debug else arguments


def _excerpts(options: Options) -> dict[str, Excerpt]:
    mcp = options.mcp
    if not options.asks_for_servers or mcp.config_file is None:
        return {}
    return {SERVERS_FILE: Excerpt(mcp.config_file, "mcpServers", mcp.lists)}
