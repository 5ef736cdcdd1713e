"""docs/admin-api.md: the operations of the admin API, from the OpenAPI document that the gateway serves at `/v2/openapi.json`.

Refresh with `.venv/bin/python -m tools.openapi`; a test says when that is due. With `--json`, it prints the document itself.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from fastapi import FastAPI

from isthmus.admin.document import ROLE, operations
from isthmus.admin.errors import STATUS
from isthmus.cli.administration import Administration
from isthmus.cli.compose import open_hands
from isthmus.cli.running import run_gateway
from isthmus.cli.stores import open_stores
from isthmus.config import Settings
from isthmus.control.passwords import Passwords
from isthmus.control.set_up import SetUp
from isthmus.observability.redaction import Redaction
from isthmus.storage.request_logs import RequestLogs
from isthmus.storage.request_sums import RequestSums
from isthmus.storage.users import UserStore
from tools.references import refreshed

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "admin-api.md"
CONFIGURATION: Final = {"providers": {"dummy": {"type": "dummy"}}, "default_provider": "dummy"}
_SENTENCE: Final = re.compile(r".+?\.(?=\s|\Z)")


@asynccontextmanager
async def application() -> AsyncIterator[FastAPI]:
    """The admin API as a gateway assembles it, over a database that is gone afterwards."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory())
        settings = Settings.model_validate({**CONFIGURATION, "storage": {"data_dir": folder}})
        hands = await stack.enter_async_context(open_hands(settings.images))
        stores = await stack.enter_async_context(open_stores(settings))
        running = await stack.enter_async_context(run_gateway(settings, hands, stores, Redaction()))
        sums = RequestSums(stores.database)
        rows = RequestLogs(stores.database, sums)
        set_up = await SetUp.begin(UserStore(stores.database))
        yield Administration(running.live, hands, stores, running.log, rows, sums, set_up, Passwords()).app()


async def document() -> dict[str, Any]:
    async with application() as app:
        return app.openapi()


def tables(document: Mapping[str, Any]) -> str:
    """A table of operations for each part of the API."""
    parts: dict[str, list[tuple[str, ...]]] = {}
    for method, path, operation in operations(document):
        role = operation[ROLE]
        row = (f"`{method}`", f"`{path}`", "none" if role is None else role, said(operation))
        parts.setdefault(operation["tags"][0], []).append(row)
    heads = ("method", "path", "role", "what it does")
    return "\n\n".join(f"### {name}\n\n{_table(heads, rows)}" for name, rows in parts.items())


def said(operation: Mapping[str, Any]) -> str:
    """Its summary, and the first sentence of its description."""
    found = _SENTENCE.match(" ".join(operation.get("description", "").split()))
    return f"{operation['summary']}." + (f" {found[0]}" if found else "")


def errors() -> str:
    """A row for every word that `error.code` can be."""
    return _table(
        ("status", "`code`"),
        ((str(status), f"`{code}`") for code, status in sorted(_codes(), key=lambda each: each[1])),
    )


def _codes() -> Iterator[tuple[str, int]]:
    yield from STATUS.items()
    yield from (("method_not_allowed", 405), ("internal", 500))


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = tuple(heads)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, ("---",) * len(heads), *rows))


def page(text: str, document: Mapping[str, Any]) -> str:
    """The text of the page with its tables written anew."""
    return refreshed(refreshed(text, "operations", tables(document)), "codes", errors())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.openapi", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the OpenAPI document, and write nothing")
    served = asyncio.run(document())
    if parser.parse_args().json:
        print(json.dumps(served, indent=2))
    else:
        PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), served), encoding="utf-8")


if __name__ == "__main__":
    main()
