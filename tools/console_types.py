"""console/src/api/schema.d.ts: the types of the admin API as the console uses them, from its OpenAPI document.

Refresh with `make console-types` (or `.venv/bin/python -m tools.console_types`); a test says when that is due.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from tools import console
from tools.console import Node
from tools.environments import NODE, make_console_packages
from tools.openapi import document

TYPES: Final = console.SOURCES / "src" / "api" / "schema.d.ts"
GENERATOR: Final = console.SOURCES / "node_modules" / "openapi-typescript" / "bin" / "cli.js"


def types(document: Mapping[str, Any], node: Node = NODE) -> str:
    """The text of the file. Raises `ConsoleNotBuilt` when the generator fails or is not there."""
    with TemporaryDirectory() as folder:
        source, target = Path(folder, "openapi.json"), Path(folder, "schema.d.ts")
        source.write_text(json.dumps(document), encoding="utf-8")
        node.run("openapi-typescript", GENERATOR, source, "-o", target, cwd=console.SOURCES)
        return target.read_text(encoding="utf-8")


def main() -> None:
    make_console_packages()
    TYPES.write_text(types(asyncio.run(document())), encoding="utf-8")


if __name__ == "__main__":
    main()
