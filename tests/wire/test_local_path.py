"""What names a file of this machine is seen as that, and read in one way or in none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.wire.local_path import MAX_CHARS, is_local, path_parts


@pytest.mark.parametrize("address", ["/a.png", "//a/b", "/", "file:///a", "FILE:/a", "file:", "file:a"])
def test_a_file_of_this_machine_is_seen_however_it_is_written(address: str) -> None:
    assert is_local(address)


@pytest.mark.parametrize(
    "address", ["https://a/b", "http:///a", "data:,file:", "a.png", "../a", "", "profile:x"]
)
def test_anything_else_is_not(address: str) -> None:
    assert not is_local(address)


@pytest.mark.parametrize(
    "address",
    [
        "/dir/x.png",
        "//dir///x.png",
        "/dir/./x.png",
        "file:///dir/x.png",
        "file:/dir/x.png",
        "FILE://LocalHost/dir/x.png",
        "file:///dir%2Fx.png",
        "file:///%64ir/x%2Epng",
    ],
)
def test_spellings_of_one_path_are_read_alike(address: str) -> None:
    assert path_parts(address) == ("dir", "x.png")


def test_only_an_address_is_percent_encoded() -> None:
    assert path_parts("/dir/%41.png") == ("dir", "%41.png")
    assert path_parts("file:///dir/%2541.png") == ("dir", "%41.png")
    assert path_parts("/dir/a?b#c.png") == ("dir", "a?b#c.png")


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "//",
        "/dir/",
        "/dir/.",
        "/dir/../x.png",
        "/..",
        "/dir/x.png\0",
        "/dir/x\n.png",
        "/dir/\ud800.png",
        "file:",
        "file://",
        "file:///",
        "file:dir/x.png",
        "file://dir/x.png",
        "file://127.0.0.1/dir/x.png",
        "file://user@localhost/dir/x.png",
        "file:///dir/x.png?a",
        "file:///dir/x.png#a",
        "file:///dir/%2e%2e/x.png",
        "file:///dir/%2e./x.png",
        "file:///dir/..%2fx.png",
        "file:///dir/x.png%00",
        "file:///dir/%ff.png",
        "/" + "a" * MAX_CHARS,
    ],
)
def test_what_may_lead_elsewhere_names_nothing(address: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever is wrong with it
        path_parts(address)


@given(st.text("/.%2e\0aéfF:", max_size=30), st.sampled_from(["/", "file:", "file://", "file:///"]))
def test_no_path_leads_upwards(rest: str, beginning: str) -> None:
    try:
        parts = path_parts(beginning + rest)
    except ValueError:
        return
    assert parts
    assert not {"", ".", ".."} & set(parts)
    assert not any("/" in part or "\0" in part for part in parts)
