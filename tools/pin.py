"""Writes requirements/*.txt anew from requirements/*.in: exact versions, hashes of every platform's files, no index.

Run by `make requirements`. The compiler is `uv`, itself pinned in pin.txt and installed into `.cache/pin`.
A version that is pinned already is kept; pass `--upgrade` to move on.
"""

import subprocess
import sys
from pathlib import Path

from tools.environments import REQUIREMENTS, ROOT, STAMP, ensure_venv, install, make_fresh

# Wheels from which files are taken and nothing is imported: what they depend on is not wanted.
WITHOUT_DEPENDENCIES = {"claude-code", "node"}
OPTIONS = (
    "--quiet --universal --python-version=3.11 --generate-hashes"
    " --no-emit-index-url --no-emit-find-links --no-annotate --no-header"
).split()


def ensure_uv() -> Path:
    """The pinned `uv`."""
    home = ROOT / ".cache" / "pin"
    python = ensure_venv(home)
    make_fresh(home / STAMP, [REQUIREMENTS / "pin.txt"], lambda: install(python, "pin.txt"))
    return python.with_name("uv")


def compile_one(uv: Path, source: Path, options: list[str]) -> None:
    """Resolve one `.in` file into the `.txt` beside it."""
    target = source.with_suffix(".txt")
    without = ["--no-deps"] if source.stem in WITHOUT_DEPENDENCIES else []
    command = [
        str(uv),
        "pip",
        "compile",
        *OPTIONS,
        *without,
        *options,
        source.name,
        "--output-file",
        target.name,
    ]
    subprocess.run(command, cwd=REQUIREMENTS, check=True)
    body = "".join(line for line in target.read_text().splitlines(keepends=True) if not line.startswith("#"))
    target.write_text(f"# Made from {source.name} by `make requirements`.\n{body}")


def main(options: list[str]) -> None:
    uv = ensure_uv()
    for source in sorted(REQUIREMENTS.glob("*.in")):
        print(f"pinning requirements/{source.name}", flush=True)
        compile_one(uv, source, options)


if __name__ == "__main__":
    main(sys.argv[1:])
