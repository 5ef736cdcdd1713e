"""Every source file has its test file, so that whoever changes one knows where to look for the other."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "isthmus"

# Started only as a process: tests/test_cli.py does that.
WITHOUT = {"__main__.py"}

FILES = sorted(SOURCE.rglob("*.py"))
MODULES = [file for file in FILES if file.name != "__init__.py" and file.name not in WITHOUT]
PACKAGES = [file for file in FILES if file.name == "__init__.py"]


def name_of(file: Path) -> str:
    return str(file.relative_to(SOURCE))


def defines_a_test(file: Path) -> bool:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    tree = ast.parse(file.read_text("utf-8"), str(file))
    return any(isinstance(node, functions) and node.name.startswith("test_") for node in ast.walk(tree))


@pytest.mark.parametrize("file", MODULES, ids=name_of)
def test_a_source_file_has_its_test_file(file: Path) -> None:
    test = ROOT / "tests" / file.relative_to(SOURCE).with_name(f"test_{file.name}")
    assert test.exists(), f"{name_of(file)} wants {test.relative_to(ROOT)}"
    assert defines_a_test(test), f"{test.relative_to(ROOT)} tests nothing"


@pytest.mark.parametrize("file", PACKAGES, ids=name_of)
def test_a_package_file_only_gathers_names(file: Path) -> None:
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    tree = ast.parse(file.read_text("utf-8"), str(file))
    defined = [node.name for node in ast.walk(tree) if isinstance(node, definitions)]
    assert defined == [], f"{name_of(file)} defines things: give them a module with a name, and a test file"


def test_folders_of_tests_are_not_packages() -> None:
    """Except the simulators, which other tests import by name."""
    inits = {
        str(file.relative_to(ROOT))
        for file in (ROOT / "tests").rglob("__init__.py")
        if "node_modules" not in file.parts
    }
    assert inits <= {"tests/simulators/__init__.py"}
