"""What runs here: the program, its machine, its database, and what works beside the requests."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from isthmus.config import Settings
from isthmus.control.clock import now_ms
from isthmus.control.people import Person
from isthmus.control.statistics import ProcessFigures, QueueState
from isthmus.storage.database import Database
from isthmus.storage.inventory import Inventory, Migration, Stock, migrations
from isthmus.storage.upgrade import HEAD

EXTRAS: Final = {
    "mysql": ("asyncmy", "MySQL and MariaDB as the database"),
    "postgres": ("asyncpg", "PostgreSQL as the database"),
    "redis": ("redis", "rate limits that several gateways share"),
    "claude-code": ("claude_agent_sdk", "a Claude Code program that comes with Python packages"),
}
"""Name of the extra → the module it brings, and what for."""


@dataclass(frozen=True, slots=True)
class Extra:
    name: str
    installed: bool
    needed_for: str


@dataclass(frozen=True, slots=True)
class About:
    version: str
    python: str
    platform: str
    started_ms: int
    uptime_s: float
    settings: Settings
    """In force."""
    key_required: bool
    engine: str
    pending_writes: int
    problem: str | None
    """What the database's last failure said; None when it has answered since."""
    newest_schema: str
    """That this program knows."""
    stock: Stock
    migrations: Sequence[Migration]
    data_dir: Path | None
    """None for whoever need not know where files lie."""
    queue: QueueState
    processes: Sequence[ProcessFigures]
    live_tails: int
    accounts: int
    """Of all providers, those of the configuration file included."""
    refused: Mapping[str, str]
    """Stored settings and providers that are not in force, and why."""
    extras: Sequence[Extra]


@dataclass(frozen=True, slots=True)
class Inside:
    """What a running gateway says of itself."""

    version: str
    started_ms: int
    settings: Callable[[], Settings]
    key_required: Callable[[], bool]
    queue: Callable[[], QueueState]
    processes: Callable[[], Sequence[ProcessFigures]]
    live_tails: Callable[[], int]
    accounts: Callable[[], int]
    refused: Callable[[], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class AboutService:
    database: Database
    data_dir: Path
    inside: Inside
    now_ms: Callable[[], int] = now_ms

    async def read(self, person: Person) -> About:
        now, inside = self.now_ms(), self.inside
        stock = await Inventory(self.database).take(now)
        return About(
            version=inside.version,
            python=platform.python_version(),
            platform=platform.platform(),
            started_ms=inside.started_ms,
            uptime_s=(now - inside.started_ms) / 1000,
            settings=inside.settings(),
            key_required=inside.key_required(),
            engine=self.database.engine,
            pending_writes=self.database.pending_writes,
            problem=self.database.last_error,
            newest_schema=HEAD,
            stock=stock,
            migrations=migrations(),
            data_dir=self.data_dir if person.is_admin else None,
            queue=inside.queue(),
            processes=inside.processes(),
            live_tails=inside.live_tails(),
            accounts=inside.accounts(),
            refused=inside.refused(),
            extras=[Extra(name, _is_there(module), what) for name, (module, what) in EXTRAS.items()],
        )


def _is_there(module: str) -> bool:
    return find_spec(module) is not None
