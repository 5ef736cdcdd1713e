"""Programs that answer in the place of a server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from isthmus.core.mcp import Patterns
from isthmus.core.secret import Secret

_FILES: Final = "../files"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A file of JSON that is made from another one of this machine when a program starts, with fewer entries in it."""

    path: str
    member: str
    """Where its entries are. Nothing else of the file is taken over."""
    lists: tuple[Patterns, ...]
    """As `core.mcp` has them: an entry is kept whose name fits in every one of them."""


@dataclass(frozen=True, slots=True)
class Program:
    """What must be running. Programs that are equal can stand in for each other as long as nobody has spoken with them.

    Each process has a folder to itself, which goes with it: an empty working directory, a home and a place for temporary
    files. It sees no environment but that, where programs and certificates are, and what is said here.
    """

    arguments: tuple[str, ...]
    """After the executable. Everybody on the machine can see them: nothing secret belongs here."""
    environment: Mapping[str, str | Secret] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Written before it starts, for it alone to read, under plain names. `file_argument` is how an argument names one."""
    own_folders: tuple[str, ...] = ()
    """Variables beside HOME and TMPDIR that must each name an empty folder of its own."""
    excerpts: Mapping[str, Excerpt] = field(default_factory=dict)
    """As `files`, with content that this machine has."""
    is_chatty: bool = False
    """What it complains about goes to the log when it has ended, also where nothing went wrong."""
    is_usual: bool = True
    """Others like it will be wanted, so that one may be started in advance. False for what serves one conversation only."""

    def __hash__(self) -> int:
        return hash((self.arguments, frozenset(self.environment.items()), frozenset(self.files)))

    @property
    def common(self) -> Program:
        """The program that it is for anybody: without its files, and the arguments that end with the name of one."""
        names = tuple(file_argument(name) for name in self.files)
        arguments = tuple(each for each in self.arguments if not (names and each.endswith(names)))
        return replace(self, arguments=arguments, files={}, is_usual=True)

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What must not be shown of what it says."""
        return tuple(each for each in self.environment.values() if isinstance(each, Secret) and each)


def file_argument(name: str) -> str:
    """One of the program's `files`, as seen from its working directory."""
    return f"{_FILES}/{name}"
