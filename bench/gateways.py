"""Gateways under test: as an operator with accounts and keys runs one, bare, and as an earlier commit was."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from bench.workload import KEY
from isthmus.cli.stores import open_stores
from isthmus.config import Settings
from isthmus.core.secret import Secret
from isthmus.routing.permissions import KeyTerms, key_hash
from isthmus.storage.accounts import Account, AccountStore
from isthmus.storage.keys import ApiKey, KeyStore
from isthmus.storage.prices import PriceStore, StoredPrice

FULL: Final = "isthmus"
BARE: Final = "isthmus-bare"
EARLIER: Final = "isthmus-before"
PROVIDERS: Final = ("chat", "claude")
UPSTREAM_KEY: Final = "sk-bench-upstream"
ROOT: Final = Path(__file__).resolve().parent.parent


class NoSuchCommit(Exception):
    """Git does not know it; the message is git's."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where what gateways start from is kept during a run."""

    folder: Path

    @property
    def stock(self) -> Path:
        return self.folder / "stock"

    @property
    def earlier(self) -> Path:
        return self.folder / "earlier"

    @property
    def earlier_stock(self) -> Path:
        """There where the earlier commit has accounts and keys."""
        return self.folder / "earlier-stock"

    def stock_of(self, name: str) -> Path | None:
        """What the named gateway starts from; None for one that starts with nothing."""
        if name == FULL:
            return self.stock
        return self.earlier_stock if name == EARLIER and self.earlier_stock.exists() else None


async def prepare(ground: Ground, earlier: str | None) -> None:
    """Once per run: what the gateways start from, and the source of the earlier commit if one is asked for."""
    await fill(ground.stock)
    if earlier is not None:
        check_out(earlier, ground.earlier)
        fill_earlier(ground)


async def fill(data_dir: Path) -> None:
    """A data directory with an account for each provider, a key with limits that nobody reaches, and a price for any model."""
    settings = Settings.model_validate({"storage": {"data_dir": str(data_dir)}})
    now_ms = time.time_ns() // 1_000_000
    async with open_stores(settings) as stores:
        accounts = [_account(provider, now_ms) for provider in PROVIDERS]
        await AccountStore(stores.database, stores.vault).add_all(accounts)
        await KeyStore(stores.database).add(_key(now_ms))
        price = StoredPrice("bench-*", {"input": 3, "output": 15}, now_ms)
        await PriceStore(stores.database).put([price])


def fill_earlier(ground: Ground) -> None:
    """The same with the earlier commit's own code, whose database may be an older one. A commit without accounts and keys
    cannot do it, and runs with its defaults."""
    program = "import asyncio, pathlib, sys; from bench.gateways import fill; asyncio.run(fill(pathlib.Path(sys.argv[1])))"
    with TemporaryDirectory(dir=ground.folder) as place:
        made = Path(place) / "data"
        path = os.pathsep.join((str(ground.earlier / "src"), str(ROOT)))
        done = subprocess.run(
            [sys.executable, "-c", program, str(made)],
            env=environment(EARLIER, ground) | {"PYTHONPATH": path},
            cwd=place,
            capture_output=True,
            check=False,
        )
        if done.returncode == 0:
            made.rename(ground.earlier_stock)


def _account(provider: str, now_ms: int) -> Account:
    credential = {"api_key": Secret(f"{UPSTREAM_KEY}-{provider}")}
    return Account(f"acc_{provider}", provider, "api_key", provider, credential, now_ms, now_ms)


def _key(now_ms: int) -> ApiKey:
    terms = KeyTerms(requests_per_minute=10**9, tokens_per_minute=10**12, nano_usd_per_day=10**17)
    return ApiKey(
        id="key_bench",
        name="bench",
        hash=key_hash(KEY),
        prefix=KEY[:2],
        terms=terms,
        created_ms=now_ms,
        updated_ms=now_ms,
    )


def check_out(commit: str, folder: Path) -> None:
    """The gateway's source as of a commit. Raises `NoSuchCommit`."""
    git = ["git", "-C", str(ROOT), "archive", "--format=tar", commit, "src"]
    done = subprocess.run(git, capture_output=True, check=False)
    if done.returncode:
        raise NoSuchCommit(done.stderr.decode(errors="replace").strip())
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")


def command(name: str, place: Path, port: int, upstream_port: int, ground: Ground) -> list[str]:
    """Starts the named gateway from `place`, which it may write to."""
    if (stock := ground.stock_of(name)) is not None:
        shutil.copytree(stock, place / "data")
    config = place / "isthmus.json"
    told = configuration(name, place, port, upstream_port, stocked=stock is not None)
    config.write_text(json.dumps(told, indent=1))
    return [sys.executable, "-m", "isthmus", "serve", "--config", str(config)]


def configuration(name: str, place: Path, port: int, upstream_port: int, *, stocked: bool) -> dict[str, Any]:
    """The smallest with both kinds of provider; all that a gateway of this name does not need stays at its default."""
    base = f"http://127.0.0.1:{upstream_port}"
    config: dict[str, Any] = {
        "server": {"host": "127.0.0.1", "port": port},
        "providers": {
            "chat": {"type": "openai-compatible", "base_url": f"{base}/v1", "api_key": UPSTREAM_KEY},
            "claude": {"type": "anthropic", "base_url": base, "api_key": UPSTREAM_KEY},
        },
        "default_provider": "chat",
    }
    if name != EARLIER or stocked:
        config["storage"] = {"data_dir": str(place / "data")}
    if name == BARE:
        config |= {"request_log": {"enabled": False}, "admin": {"enabled": False}}
    return config


def environment(name: str, ground: Ground) -> dict[str, str]:
    """Ours without gateway settings: what is measured are the defaults. Nobody's own data directory is touched."""
    kept = {key: value for key, value in os.environ.items() if not key.upper().startswith("ISTHMUS_")}
    kept["XDG_DATA_HOME"] = str(ground.folder)
    return kept | {"PYTHONPATH": str(ground.earlier / "src")} if name == EARLIER else kept
