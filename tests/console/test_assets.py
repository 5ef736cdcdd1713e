"""Files are found by name alone, and a client gets the smallest form that it can read."""

from __future__ import annotations

from pathlib import Path

import pytest

from isthmus.console.assets import Asset, load

ASSET = Asset("text/css", b"plain", "tag", {"br": b"b", "gzip": b"gz"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("index.html", "index.html.br", "index.html.gz", "assets/a.js", "lone.gz", ".stamp", "x.odd"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def test_a_twin_belongs_to_its_file_and_has_no_name_of_its_own(folder: Path) -> None:
    assets = load(folder)
    assert set(assets) == {"index.html", "assets/a.js", "x.odd"}
    page = assets["index.html"]
    assert (page.kind, page.body) == ("text/html; charset=utf-8", b"index.html")
    assert page.encoded == {"br": b"index.html.br", "gzip": b"index.html.gz"}
    assert assets["assets/a.js"].encoded == {}
    assert assets["x.odd"].kind == "application/octet-stream"


def test_the_tag_is_of_the_content(folder: Path) -> None:
    before = load(folder)["index.html"].etag
    assert load(folder)["index.html"].etag == before
    (folder / "index.html").write_text("another")
    assert load(folder)["index.html"].etag != before


def test_no_folder_is_no_files(tmp_path: Path) -> None:
    assert load(tmp_path / "none") == {}


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("GZIP;q=0.5", "gzip"),
        ("br;q=0, gzip;q=1.0", "gzip"),
        ("br; q=0.000, gzip;q=0", None),
        ("zstd", None),
        ("", None),
    ],
)
def test_the_smallest_form_that_is_accepted(accepted: str, encoding: str | None) -> None:
    wanted = ASSET.body if encoding is None else ASSET.encoded[encoding]
    assert ASSET.best_for(accepted) == (encoding, wanted)


def test_a_form_that_is_not_there_is_not_chosen() -> None:
    assert Asset("text/css", b"plain", "tag", {"gzip": b"gz"}).best_for("br, gzip") == ("gzip", b"gz")
