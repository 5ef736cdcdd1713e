"""Out of the directories that were opened, images are read; nothing else is, and no refusal tells what there is."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from isthmus.core.commands import Fetch, Fetched
from isthmus.core.errors import BadRequest
from isthmus.transport import local_images
from isthmus.transport.local_images import LocalImages

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16
GIF = b"GIF89a" + b"\0" * 16
MOST = 100
SAID = "the image cannot be read by its path"


class Place:
    """A directory that is open, beside one that is not."""

    def __init__(self, root: Path) -> None:
        self.open, self.shut = root / "open", root / "shut"
        for each in (self.open, self.shut, self.open / "below", root / "opened"):
            each.mkdir()
        (self.open / "x.png").write_bytes(PNG)
        (self.open / "below" / "é y.gif").write_bytes(GIF)
        (self.shut / "secret.png").write_bytes(PNG)
        (root / "opened" / "x.png").write_bytes(PNG)
        (self.open / "notes.txt").write_text("no image")
        (self.open / "large.png").write_bytes(PNG + b"\0" * MOST)
        (self.open / "full.png").write_bytes(PNG + b"\0" * (MOST - len(PNG)))
        (self.open / "out.png").symlink_to(self.shut / "secret.png")
        (self.open / "out").symlink_to(self.shut)
        (self.open / "self.png").symlink_to("self.png")
        (self.open / "process.png").symlink_to("/proc/self/environ")
        (self.open / "in.png").symlink_to(self.open / "x.png")
        (self.open / "in").symlink_to("below")
        (self.shut / "back").symlink_to(self.open)
        os.mkfifo(self.open / "pipe.png")
        self.images = LocalImages((str(self.open),), MOST)

    async def read(self, address: str) -> Fetched:
        return await self.images.read(Fetch(address, "messages.0.content.0"))

    async def refused(self, address: str) -> str:
        with pytest.raises(BadRequest) as caught:
            await self.read(address)
        assert caught.value.field == "messages.0.content.0"
        return caught.value.message


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.mark.parametrize(
    "name", ["x.png", "./x.png", "/x.png", "in.png", "full.png", "below/é y.gif", "in/é y.gif"]
)
async def test_what_lies_inside_is_read(name: str, place: Place) -> None:
    for address in (f"{place.open}/{name}", f"file://{place.open}/{name}"):
        found = await place.read(address)
        assert found.media_type == ("image/gif" if name.endswith("gif") else "image/png")
        assert found.body.startswith((PNG, GIF))


async def test_an_address_may_be_percent_encoded(place: Place) -> None:
    assert (await place.read(f"file://localhost{place.open}/below/%C3%A9%20y.gif")).body == GIF


OUTSIDE = {
    "another directory": "{shut}/secret.png",
    "upwards": "{open}/../shut/secret.png",
    "upwards and back": "{open}/../open/x.png",
    "upwards, encoded": "file://{open}/%2e%2e/shut/secret.png",
    "upwards, half encoded": "file://{open}/.%2e%2fshut/secret.png",
    "as an address": "file://{shut}/secret.png",
    "as an address of this host": "file://localhost{shut}/secret.png",
    "as an address of another host": "file://elsewhere{open}/x.png",
    "a link to a file": "{open}/out.png",
    "a linked directory": "{open}/out/secret.png",
    "a link that leads in": "{shut}/back/x.png",
    "a link to itself": "{open}/self.png",
    "a link to the process": "{open}/process.png",
    "the process": "/proc/self/environ",
    "the process, by its root": "/proc/self/root{open}/x.png",
    "the process, by where it is": "/proc/self/cwd/x.png",
    "a name that begins alike": "{open}ed/x.png",
    "the directory": "{open}",
    "the directory, with a stroke": "{open}/",
    "a directory": "{open}/below",
    "a file as a directory": "{open}/x.png/",
    "below a file": "{open}/x.png/x.png",
    "the root": "/",
    "a pipe": "{open}/pipe.png",
    "a device": "/dev/zero",
    "no image": "{open}/notes.txt",
    "too large": "{open}/large.png",
    "not there": "{open}/nothing.png",
    "not there outside": "{shut}/nothing.png",
    "an end in the middle": "{open}/x.png\0.png",
    "an end in the middle, encoded": "file://{open}/x.png%00.png",
    "a name that is too long": "{open}/" + "x" * 300,
    "a path that is too long": "{open}/" + "x/" * 3000 + "x.png",
    "no text": "{open}/\ud800.png",
}


@pytest.mark.parametrize("way", OUTSIDE)
async def test_nothing_else_is_and_all_refusals_are_alike(way: str, place: Place) -> None:
    said = await place.refused(OUTSIDE[way].format(open=place.open, shut=place.shut))
    assert said.startswith(SAID)
    assert said == await place.refused(f"{place.shut}/secret.png")
    assert str(place.open) not in said


async def test_a_socket_is_no_image(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place.open)  # a socket's path has to be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("s.png")
        assert (await place.refused(f"{place.open}/s.png")).startswith(SAID)


async def test_a_device_in_a_directory_is_not_opened(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    real = os.open

    def watch(path: str, *rest: int, dir_fd: int | None = None) -> int:
        opened.append(path)
        return real(path, *rest, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", watch)
    assert (await LocalImagesOf("/dev").refused("/dev/zero")).startswith(SAID)
    await place.refused(f"{place.open}/pipe.png")
    await place.refused(f"{place.shut}/secret.png")
    assert not {"zero", "pipe.png", "secret.png", str(place.shut)} & set(opened)


class LocalImagesOf(Place):
    def __init__(self, directory: str) -> None:
        self.images = LocalImages((directory,), MOST)


async def test_a_directory_may_be_a_link_itself(place: Place, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(place.open)
    images = LocalImagesOf(str(link))
    assert (await images.read(f"{link}/x.png")).body == PNG
    assert (await images.read(f"{place.open}/x.png")).body == PNG
    assert (await images.refused(f"{link}/out.png")).startswith(SAID)
    assert (await LocalImagesOf(str(tmp_path / "nothing")).refused(f"{tmp_path}/nothing/x.png")).startswith(
        SAID
    )


@pytest.mark.parametrize("swapped", ["x.png", "below"])
async def test_what_is_swapped_after_it_was_resolved_leads_nowhere(
    swapped: str, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The race that whoever may write there can win: a link in the place of what has just been resolved."""
    (place.shut / "é y.gif").write_bytes(GIF)
    wanted = place.open / ("x.png" if swapped == "x.png" else "below/é y.gif")
    real = os.path.realpath

    def resolve(path: str) -> str:
        found = real(path)
        if found == str(wanted):
            (place.open / swapped).rename(place.open / "before")
            (place.open / swapped).symlink_to(place.shut / "secret.png" if swapped == "x.png" else place.shut)
        return found

    monkeypatch.setattr(local_images.os.path, "realpath", resolve)
    assert (await place.refused(str(wanted))).startswith(SAID)
    assert (place.open / swapped).is_symlink()


@pytest.fixture
def descriptors() -> Iterator[None]:
    before = len(list(Path("/proc/self/fd").iterdir()))
    yield
    assert len(list(Path("/proc/self/fd").iterdir())) <= before


async def test_nothing_stays_open(place: Place, descriptors: None) -> None:
    for way in OUTSIDE.values():
        await place.refused(way.format(open=place.open, shut=place.shut))
    await place.read(f"{place.open}/x.png")
