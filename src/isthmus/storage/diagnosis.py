"""What a driver's exception means: every engine and driver has codes of its own, and they are known here alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Any, Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from isthmus.storage.errors import StorageError, Unreachable

Code = str | int


class Lapse(Enum):
    """A failure after which the same transaction may well succeed."""

    CONFLICT = auto()
    """Another transaction was in the way. Nothing was saved."""
    LOST = auto()
    """The connection is gone."""


_CONFLICTS: Final[frozenset[Code]] = frozenset(
    {"40001", "40P01", "55P03", 1205, 1213, "SQLITE_BUSY", "SQLITE_LOCKED"}
)
_LOST: Final = frozenset({"57P01", "57P02", "57P03", 1053, 2002, 2003, 2006, 2013, 2055})

_DISK_FULL: Final = "has no room left: free some space; nothing is lost that was saved before"
_READ_ONLY: Final = "is read-only: give this user write access to it (SQLite: and to its directory)"
_TOO_MANY: Final = "accepts no more connections: raise its limit or run fewer gateways"
_PASSWORD: Final = "refused the user or the password: correct storage.url"  # noqa: S105 - no password, a sentence about one
_NO_DATABASE: Final = "has no database of that name: create it, or correct storage.url"
_NO_TABLES: Final = "has lost the gateway's tables: restore a backup, or start the gateway anew to make them"
_RIGHTS: Final = "does not let this user do that: grant it all rights on the database"
_DAMAGED: Final = "is damaged or no SQLite database: restore a backup, or choose another file"
_DISK: Final = "cannot be read or written, the disk reports errors: look into the system's log"
_CANNOT_OPEN: Final = "cannot be opened: its directory must exist and this user must be able to write to it"
_BUSY: Final = "is held by another transaction for too long: see what else uses it, and try again"

_NO_SUCH_TABLE: Final = "no such table"
_MEANING: Final[Mapping[Code | None, tuple[type[StorageError], str]]] = {
    **dict.fromkeys(_CONFLICTS, (Unreachable, _BUSY)),
    "SQLITE_FULL": (StorageError, _DISK_FULL),
    "53100": (StorageError, _DISK_FULL),
    1021: (StorageError, _DISK_FULL),
    1114: (StorageError, _DISK_FULL),
    "SQLITE_READONLY": (StorageError, _READ_ONLY),
    "25006": (StorageError, _READ_ONLY),
    1290: (StorageError, _READ_ONLY),
    1792: (StorageError, _READ_ONLY),
    1836: (StorageError, _READ_ONLY),
    "53300": (Unreachable, _TOO_MANY),
    1040: (Unreachable, _TOO_MANY),
    1203: (Unreachable, _TOO_MANY),
    1226: (Unreachable, _TOO_MANY),
    "28P01": (StorageError, _PASSWORD),
    "28000": (StorageError, _PASSWORD),
    1045: (StorageError, _PASSWORD),
    1698: (StorageError, _PASSWORD),
    "3D000": (StorageError, _NO_DATABASE),
    1049: (StorageError, _NO_DATABASE),
    1046: (StorageError, _NO_DATABASE),
    _NO_SUCH_TABLE: (StorageError, _NO_TABLES),
    "42P01": (StorageError, _NO_TABLES),
    1146: (StorageError, _NO_TABLES),
    "42501": (StorageError, _RIGHTS),
    1044: (StorageError, _RIGHTS),
    1142: (StorageError, _RIGHTS),
    "SQLITE_NOTADB": (StorageError, _DAMAGED),
    "SQLITE_CORRUPT": (StorageError, _DAMAGED),
    "SQLITE_IOERR": (StorageError, _DISK),
    "SQLITE_CANTOPEN": (StorageError, _CANNOT_OPEN),
    "SQLITE_PERM": (StorageError, _CANNOT_OPEN),
}


def diagnose(error: Exception, database: str) -> StorageError | None:
    """What an operator should hear of a driver's exception; None for one that is not about the state of the database.

    `database` names it, such as `PostgreSQL at 127.0.0.1:5432/isthmus`.
    """
    match error:
        case StorageError():
            return error
        case DBAPIError():
            code = code_of(error)
            if code in _MEANING:
                kind, meaning = _MEANING[code]
                return kind(f"{database} {meaning}")
            if lapse_of(error) is Lapse.LOST:
                return Unreachable(f"the connection to {database} was lost: see whether it is running")
            return None
        case PoolTimeout():
            return Unreachable(
                f"every connection to {database} is busy: see what makes it slow, and try again"
            )
        case _:
            return None


def lapse_of(error: Exception) -> Lapse | None:
    """Whether to try again. None: the same would happen again."""
    match error:
        case DBAPIError():
            code = code_of(error)
            if code in _CONFLICTS:
                return Lapse.CONFLICT
            # SQLSTATE class 08 is PostgreSQL's for failed connections.
            if code in _LOST or error.connection_invalidated or str(code).startswith("08"):
                return Lapse.LOST
            return None
        case Unreachable():
            return Lapse.LOST
        case _:
            return None


def code_of(error: DBAPIError) -> Code | None:
    """SQLSTATE for PostgreSQL, the number for MySQL, the primary result code's name for SQLite."""
    for read in _READINGS:
        if (code := read(error.orig)) is not None:
            return code
    return None


def _sqlite_name(error: Any) -> Code | None:
    name = getattr(error, "sqlite_errorname", None)
    if name == "SQLITE_ERROR" and str(error).startswith(_NO_SUCH_TABLE):
        return _NO_SUCH_TABLE  # It has no code of its own.
    # SQLITE_IOERR_WRITE and the like: the first two words are the primary code.
    return "_".join(name.split("_")[:2]) if isinstance(name, str) else None


def _mysql_number(error: Any) -> Code | None:
    match getattr(error, "args", ()):
        case (int(number), *_):
            return number
        case _:
            return None


def _sqlstate(error: Any) -> Code | None:
    state = getattr(error, "sqlstate", None)
    return state if isinstance(state, str) else None


# MySQL's errors have an SQLSTATE, too, but theirs are too coarse to tell them apart.
_READINGS: Final[tuple[Callable[[Any], Code | None], ...]] = (_sqlite_name, _mysql_number, _sqlstate)
