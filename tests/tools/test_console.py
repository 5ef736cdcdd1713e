"""A console is built in one piece or not at all, and a failure says in a line what failed."""

from __future__ import annotations

from pathlib import Path

import pytest

import judges
from tools import console
from tools.console import ConsoleNotBuilt, Node

NPM_SAYS = "npm error code E404\nnpm error\nnpm error 404 Not Found - GET …/vue\nnpm error 404 more"


@pytest.mark.parametrize(
    ("output", "gist"),
    [
        (NPM_SAYS, "404 Not Found - GET …/vue"),
        ("building\nERROR: no such file x.vue\n  at y", "ERROR: no such file x.vue"),
        ("one\n\nkilled\n", "killed"),
        ("", "it said nothing"),
    ],
)
def test_the_gist_of_a_failure_is_one_line(output: str, gist: str) -> None:
    assert console.gist(output) == gist


def test_a_build_depends_on_what_is_written_by_hand(tmp_path: Path) -> None:
    for name in (
        "b.ts",
        "src/a.vue",
        "src/components.d.ts",
        "node_modules/vue/index.js",
        ".npmrc",
        ".vitest/x.json",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [file.name for file in console.sources(tmp_path)] == [".npmrc", "b.ts", "a.vue"]


def test_a_new_build_takes_the_place_of_the_old(tmp_path: Path) -> None:
    site = tmp_path / "site"
    for name in ("one.html", "two.html"):
        built = tmp_path / "built"
        built.mkdir()
        (built / name).touch()
        console.put_in_place(built, site)
        assert [file.name for file in site.iterdir()] == [name]
    assert [file.name for file in tmp_path.iterdir()] == ["site"]


def test_a_failed_build_leaves_the_old_one(tmp_path: Path) -> None:
    """Here, because the program that should build cannot be started."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").touch()
    with pytest.raises(ConsoleNotBuilt, match=r"^vite build failed: "):
        console.build(Node(tmp_path / "nowhere"), tmp_path / "scratch", tmp_path, site)
    assert console.is_built(site)


def test_a_check_that_cannot_be_run_is_no_success(tmp_path: Path) -> None:
    with pytest.raises(ConsoleNotBuilt, match=r"^vue-tsc failed: "):
        console.check(Node(tmp_path / "nowhere"), tmp_path)


@pytest.mark.judge
def test_texts_get_compressed_twins(tmp_path: Path) -> None:
    node = Node(judges.node().parents[1])
    (tmp_path / "assets").mkdir()
    for name, size in (("assets/a.js", 5000), ("small.css", 10), ("picture.png", 5000)):
        (tmp_path / name).write_bytes(b"x" * size)
    node.run("compressing", console.SOURCES / "compress.mjs", tmp_path, cwd=tmp_path)
    assert {file.name for file in tmp_path.rglob("*.*")} == {
        "a.js",
        "a.js.br",
        "a.js.gz",
        "small.css",
        "picture.png",
    }
    assert (tmp_path / "assets/a.js.br").stat().st_size < 100
