"""Dependencies point inward. The table below is the architecture; a folder that is not in it has no place yet."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "isthmus"

# What each folder or top-level module of the package may import of ours, itself apart.
MAY_IMPORT: dict[str, set[str]] = {
    "core": set(),
    "simulators": set(),
    "wire": set(),
    "dialects": {"core", "wire"},
    "providers": {"core", "wire"},
    "shaping": {"core", "wire"},
    "routing": {"core"},
    "batch": {"core", "wire"},
    "limiting": {"core", "routing"},
    "config": {"core"},
    "transport": {"core", "wire", "config"},
    "discovery": {"core", "config", "transport"},
    "registry": {"core", "config", "dialects", "providers"},
    "conformance": {"core", "wire", "dialects"},
    "observability": {"core"},
    "storage": {"core", "config", "routing", "observability"},
    "migrate": {"core", "config"},
    "console": set(),
    "control": {"core", "config", "routing", "storage", "registry", "migrate", "observability"},
    "admin": {"core", "config", "routing", "control"},
    "server": {"core", "wire", "shaping", "routing", "config", "transport"},
}
# The composition root, and what starts it.
KNOWS_EVERYBODY = {"cli", "__main__", "__init__"}

# Everything between the two byte ends is pure: it asks for what it needs of the world, as data.
PURE = {"core", "wire", "dialects", "providers", "shaping", "routing", "batch"}
THE_WORLD = {
    "aiohttp",
    "asyncio",
    "httptools",
    "http",
    "requests",
    "select",
    "socket",
    "ssl",
    "subprocess",
    "threading",
}
THE_WORLD |= {"uvicorn", "uvloop", "starlette", "structlog", "typer", "rich"}

FILES = sorted(SOURCE.rglob("*.py"))


def place_of(file: Path) -> str:
    """The folder of the package that a file is in, or its own name at the top."""
    return file.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported_modules(file: Path) -> Iterator[tuple[int, str]]:
    """Each import in a file with its line, however deep it hides, as an absolute dotted name."""
    package = ["isthmus", *file.relative_to(SOURCE).parent.parts]
    for node in ast.walk(ast.parse(file.read_text("utf-8"), str(file))):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, name.name) for name in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                base = package[: len(package) - level + 1] if level else []
                prefix = ".".join([*base, *([module] if module else [])])
                yield from ((node.lineno, f"{prefix}.{name.name}") for name in names)
            case _:
                pass


def ours(module: str) -> str | None:
    """The place within the package that an absolute name leads to; the package itself (its version) is no place."""
    parts = module.split(".")
    if parts[0] != "isthmus" or len(parts) == 1:
        return None
    is_place = (SOURCE / parts[1]).is_dir() or (SOURCE / f"{parts[1]}.py").exists()
    return parts[1] if is_place else None


def offences(file: Path) -> list[str]:
    """Every import of a file that the table does not allow."""
    place = place_of(file)
    found = []
    for line, module in imported_modules(file):
        target, top = ours(module), module.partition(".")[0]
        where = f"{file.relative_to(SOURCE)}:{line} imports {module}"
        if place in PURE and top in THE_WORLD:
            found.append(f"{where}: {place} is pure")
        if place == "core" and top != "isthmus" and top not in sys.stdlib_module_names:
            found.append(f"{where}: core needs the standard library only")
        if target not in {None, place} and target not in MAY_IMPORT[place]:
            found.append(f"{where}: {place} may import {sorted(MAY_IMPORT[place]) or 'nothing of ours'}")
    return found


def test_every_folder_has_a_place_in_the_architecture() -> None:
    places = {place_of(file) for file in FILES}
    assert places <= MAY_IMPORT.keys() | KNOWS_EVERYBODY, (
        "add the new folder to MAY_IMPORT, as narrowly as it can be"
    )
    assert "core" in places


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_imports_point_inward(file: Path) -> None:
    if place_of(file) not in KNOWS_EVERYBODY:
        assert offences(file) == []


def test_hidden_and_relative_imports_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.SOURCE", tmp_path)
    for folder in ("core", "providers", "dialects"):
        (tmp_path / folder).mkdir()
    file = tmp_path / "core" / "sly.py"
    file.write_text(
        "import asyncio.events\n"
        "import msgspec\n"
        "from . import events\n"
        "from isthmus import providers\n"
        "def f():\n"
        "    from ..dialects import anthropic\n"
    )
    assert [offence.split(" imports ")[1] for offence in offences(file)] == [
        "asyncio.events: core is pure",
        "msgspec: core needs the standard library only",
        "isthmus.providers: core may import nothing of ours",
        "isthmus.dialects.anthropic: core may import nothing of ours",
    ]
