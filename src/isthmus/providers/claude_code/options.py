"""What is configured of the Claude Code CLI, as far as it decides how a process is started and spoken with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from isthmus.core.mcp import ANY, Patterns, problem_of, restricting
from isthmus.core.secret import Secret

ONE_SHOT: Final = "one_shot"
INTERACTIVE: Final = "interactive"
BATCH: Final = "batch"
MODES: Final = (ONE_SHOT, INTERACTIVE, BATCH)
PERMISSION_MODES: Final = ("acceptEdits", "auto", "bypassPermissions", "default", "dontAsk", "plan")


@dataclass(frozen=True, slots=True)
class FileAccess:
    """What the CLI may do on this machine. Nothing, unless told otherwise."""

    skip_permissions: bool = False
    """Every tool that is offered runs without a question, and files are not confined to any directory."""
    additional_dirs: tuple[str, ...] = ()
    """Absolute paths that its file tools may see, beside the empty directory that a process works in."""
    allowed_tools: tuple[str, ...] = ()
    """Rules of the CLI such as `Read`, `Bash(git log *)` or `mcp__server__tool`. Only tools named here are offered at all."""
    permission_mode: str | None = None
    """One of `PERMISSION_MODES`; None leaves the CLI's own."""

    def __post_init__(self) -> None:
        for directory in self.additional_dirs:
            if not directory.startswith("/"):
                raise ValueError(f"`additional_dirs`: {directory!r} is not an absolute path: begin it with /")
        for rule in self.allowed_tools:
            if rule.startswith("-"):
                raise ValueError(
                    f"`allowed_tools`: {rule!r} is an option, not a rule: begin it with the name of a tool"
                )
        if self.permission_mode not in (None, *PERMISSION_MODES):
            known = ", ".join(PERMISSION_MODES)
            raise ValueError(f"`permission_mode`: {self.permission_mode!r} is none of {known}")
        if self.permission_mode == "bypassPermissions" and not self.skip_permissions:
            raise ValueError(
                "`permission_mode: bypassPermissions` needs `skip_permissions: true` beside it, since it means the same"
            )

    @property
    def built_in_tools(self) -> tuple[str, ...]:
        """Names of the CLI's own tools that some rule speaks of, in the order given."""
        names = (rule.partition("(")[0].strip() for rule in self.allowed_tools)
        return tuple(dict.fromkeys(name for name in names if name and not name.startswith("mcp__")))


@dataclass(frozen=True, slots=True)
class Mcp:
    """Servers of tools that the CLI starts and runs itself."""

    enabled: bool = False
    config_file: str | None = None
    """Absolute path of a file of `mcpServers`, as Claude Code documents it."""
    strict: bool = True
    """Servers of this file alone."""
    debug: bool = False
    allowed: Patterns = (ANY,)
    """Servers and tools that may be used for anybody."""
    for_caller: Patterns | None = None
    """Those that may be used for the API key that asks; None: the same."""

    def __post_init__(self) -> None:
        if self.enabled and not self.config_file:
            raise ValueError("`mcp.enabled` needs `mcp.config_file`, or there is no server to start")
        if self.config_file is not None and not self.config_file.startswith("/"):
            raise ValueError(
                f"`mcp.config_file`: {self.config_file!r} is not an absolute path: begin it with /"
            )
        for pattern in self.allowed:
            if (problem := problem_of(pattern)) is not None:
                raise ValueError(f"`mcp.allowed`: {pattern!r} fits nothing: {problem}")

    @property
    def lists(self) -> tuple[Patterns, ...]:
        """In which a tool must be found to be used; none where everything may be."""
        return restricting(self.allowed, self.for_caller)


@dataclass(frozen=True, slots=True)
class Options:
    """Everything has a default that gives nothing away."""

    mode: str = ONE_SHOT
    """`one_shot`: a process for every request. `interactive`: it is kept for the next turn of the same conversation. `batch`: as
    `one_shot`; how long the line for a process may be is for whoever runs them."""
    bare: bool | None = None
    """Start it with `--bare`. None: yes, except with a subscription's token, which it does not take then."""
    file_access: FileAccess = FileAccess()
    mcp: Mcp = Mcp()
    environment: Mapping[str, Secret] = field(default_factory=dict)
    """Further variables for the CLI and the tools it runs."""

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ValueError(f"`mode`: {self.mode!r} is none of {', '.join(MODES)}")

    def for_caller(self, mcp: Patterns | None) -> Options:
        """The same for an API key that may use these servers and tools."""
        return replace(self, mcp=replace(self.mcp, for_caller=mcp)) if self.mcp.enabled else self

    @property
    def asks_for_servers(self) -> bool:
        """Whether each use of a server's tool has to be asked for, since it may be one that is not allowed."""
        return self.mcp.enabled and bool(self.mcp.lists)
