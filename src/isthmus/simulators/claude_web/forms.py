"""Multipart forms, parted by their boundary: strict, for no client of this service sends odd ones."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any, Final

from isthmus.simulators.claude_web.files import Upload
from isthmus.simulators.claude_web.refusals import EXTRA, invalid

_BOUNDARY: Final = re.compile(r"multipart/form-data\s*;.*\bboundary=\"?([^\";]+)\"?", re.IGNORECASE)
_NAME: Final = re.compile(r"\bname=\"([^\"]*)\"")
_FILE_NAME: Final = re.compile(r"\bfilename=\"([^\"]*)\"")


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    file_name: str | None
    media_type: str
    data: bytes

    def shown(self) -> dict[str, Any]:
        """For the journal: what came, without the bytes of a file."""
        if self.file_name is None:
            return {"name": self.name, "value": self.data.decode("utf-8", "replace")}
        return {
            "name": self.name,
            "file_name": self.file_name,
            "media_type": self.media_type,
            "size": len(self.data),
            "sha256": hashlib.sha256(self.data).hexdigest(),
        }


def parts_of(content_type: str, body: bytes) -> list[Part]:
    """The parts of a form, in their order. Raises `Refusal` when it is none, or has no end."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise invalid("body: a multipart form is expected")
    mark = b"--" + found[1].encode()
    first, *rest = (b"\r\n" + body).split(b"\r\n" + mark)
    if first or not rest or not rest[-1].startswith(b"--"):
        raise invalid("body: the form is not whole")
    return [_part(piece) for piece in rest[:-1]]


def _part(piece: bytes) -> Part:
    head, gap, data = piece.partition(b"\r\n\r\n")
    if not gap:
        raise invalid("body: a part of the form has no end of its headers")
    headers: dict[str, str] = {}
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    disposition = headers.get("content-disposition", "")
    called, file_name = _NAME.search(disposition), _FILE_NAME.search(disposition)
    if called is None:
        raise invalid("body: a part of the form has no name")
    media_type = headers.get("content-type", "application/octet-stream").partition(";")[0].strip().lower()
    return Part(called[1], file_name[1] if file_name else None, media_type, data)


def upload(parts: list[Part], org: str | None) -> tuple[Upload, str | None]:
    """The file of a form, and the organization it names. `org` is the one that the path names."""
    files = [part for part in parts if part.name == "file"]
    if len(files) != 1 or not files[0].file_name:
        raise invalid("file: Field required")
    named: str | None = None
    for part in parts:
        if part.name == "orgUuid":
            named = part.data.decode("utf-8", "replace")
        elif part.name != "file":
            raise invalid(f"{part.name}: {EXTRA}")
    if named is not None and org is not None and named != org:
        raise invalid("orgUuid: it is not the organization of the path")
    return Upload(files[0].file_name, files[0].media_type, files[0].data), named
