"""Settings of `type: claude-code`: the program, how many of it, and what it may do on this machine."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from isthmus.config.fields import AbsolutePath, Count, OpenDirectory, Seconds, Section, Text, not_boolean


class ClaudeCodePoolSettings(Section):
    """Processes of Claude Code. Each takes about 130 MiB."""

    size: Annotated[int, BeforeValidator(not_boolean), Field(ge=0, le=100)] = Field(
        default=1,
        description="Processes that are started in advance, so that a request need not wait for a start; 0: none.",
    )
    max_processes: Annotated[Count, Field(le=1000)] = Field(
        default=8, description="Processes at a time, at most; a request that finds none free waits."
    )
    max_idle_s: Seconds = Field(
        default=300.0, description="How long a process that nobody asks anything is kept."
    )
    max_lifetime_s: Seconds = Field(default=3600.0, description="How long a process is kept at all.")
    queue_timeout_s: Annotated[Seconds, Field(le=86_400)] = Field(
        default=30.0,
        description="How long a request waits for a process before it is answered 429. For `mode: batch` 3600 unless it is said.",
    )


class ClaudeCodeFileSettings(Section):
    """What Claude Code may do on the gateway's machine: nothing, unless it is said here."""

    skip_permissions: bool = Field(
        default=False,
        description="Run every tool in `allowed_tools` without asking, and let it reach every file that the gateway can. The gateway "
        "does not start so where other machines can reach it, unless `allow_on_network` is set.",
    )
    allow_on_network: bool = Field(
        default=False,
        description="Whether `skip_permissions` is meant even if `server.host` is not loopback.",
    )
    additional_dirs: tuple[AbsolutePath, ...] = Field(
        default=(),
        description="Absolute paths of directories that its file tools may see, beside an empty one of its own.",
    )
    image_dirs: tuple[OpenDirectory, ...] = Field(
        default=(),
        description="Absolute paths of directories whose images any client of this provider may name by path, such as `/srv/images/x.png` "
        "or `file:///srv/images/x.png`. The gateway reads them; links that lead out of them are not followed.",
    )
    allowed_tools: tuple[Text, ...] = Field(
        default=(),
        description="Tools that Claude Code may run itself, as its rules name them: `Read`, `Bash(git log *)`, `mcp__server__tool`.",
    )
    permission_mode: (
        Literal["acceptEdits", "auto", "bypassPermissions", "default", "dontAsk", "plan"] | None
    ) = Field(default=None, description="Its permission mode; unset: its own default.")


class ClaudeCodeMcpSettings(Section):
    """MCP servers that Claude Code starts itself."""

    enabled: bool = Field(default=False, description="Whether servers are started at all.")
    config_file: AbsolutePath | None = Field(
        default=None,
        description="Absolute path of a file with `mcpServers`, as Claude Code has it; required.",
    )
    strict: bool = Field(default=True, description="Servers of that file alone.")
    debug: bool = Field(
        default=False,
        description="Log what Claude Code writes about its servers, when each process ends (the last 8 KiB). It may hold what servers say.",
    )
    allowed: tuple[Text, ...] = Field(
        default=("*",),
        description="Servers and tools that may be used at all, such as `files` or `files:read_*`; `*` stands for anything. An API key "
        "may be given fewer of them (docs/keys.md). Servers that are not allowed are not started.",
    )


class ClaudeCodeSettings(Section):
    """The Claude Code CLI on this machine (docs/claude-code.md)."""

    cli_path: Text | None = Field(
        default=None,
        description="The program; unset: `claude` on PATH, else the one in an installed claude-agent-sdk.",
    )
    mode: Literal["one_shot", "interactive", "batch"] = Field(
        default="one_shot",
        description="`one_shot`: a process for every request. `interactive`: it is kept for the next turn of the same conversation. "
        "`batch`: as `one_shot`, and requests that find no process free wait in line for long.",
    )
    bare: bool | None = Field(
        default=None,
        description="Start it with `--bare`; unset: yes, except with a token of a subscription, which does not work so.",
    )
    pool: ClaudeCodePoolSettings = Field(default=ClaudeCodePoolSettings(), description="Its processes.")
    file_access: ClaudeCodeFileSettings = Field(
        default=ClaudeCodeFileSettings(), description="What it may do on this machine."
    )
    mcp: ClaudeCodeMcpSettings = Field(default=ClaudeCodeMcpSettings(), description="Its MCP servers.")
