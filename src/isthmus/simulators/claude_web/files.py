"""What was uploaded: checked for what it says it is, kept within a bound, and given back on request."""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

from isthmus.simulators.claude_web.refusals import Json, Refusal, invalid

MAX_FILE_BYTES: Final = 10 << 20
KEPT_BYTES: Final = 64 << 20
"""Of all files of an account; the oldest go first."""

_IMAGES: Final = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
}
_DOCUMENTS: Final = re.compile(
    r"application/(?:pdf|json|msword|rtf|xml|vnd\.openxmlformats-officedocument\..+)|text/.+"
)
_SHOWN: Final = re.compile(rb"\(((?:[^()\\]|\\.)*)\)\s*Tj")


@dataclass(frozen=True, slots=True)
class Upload:
    """One `file` part of a form, as it arrived."""

    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class File:
    uuid: str
    name: str
    media_type: str
    data: bytes
    created_at: str

    @property
    def kind(self) -> str:
        if self.media_type.startswith("image/"):
            return "image"
        return "document" if _DOCUMENTS.fullmatch(self.media_type) else "blob"

    @property
    def path(self) -> str:
        return f"/mnt/user-data/uploads/{self.name}"

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    def seen(self) -> Json:
        """As messages and echoes name it."""
        return {
            "file_uuid": self.uuid,
            "file_name": self.name,
            "file_kind": self.kind,
            "media_type": self.media_type,
            "size_bytes": len(self.data),
            "sha256": self.sha256,
        }

    def answer(self, user_uuid: str) -> Json:
        """What both upload endpoints say."""
        preview = f"/api/files/{self.uuid}/preview" if self.kind == "image" else None
        return {
            "success": True,
            "path": self.path,
            "sanitized_name": self.name,
            "file_kind": self.kind,
            "file_uuid": self.uuid,
            "uuid": self.uuid,
            "file_name": self.name,
            "created_at": self.created_at,
            "user_uuid": user_uuid,
            "size_bytes": len(self.data),
            "thumbnail_url": preview,
            "preview_url": preview,
        }


class Files:
    """By UUID, newest last."""

    def __init__(self, max_file_bytes: int = MAX_FILE_BYTES, kept_bytes: int = KEPT_BYTES) -> None:
        self._max_file_bytes = max_file_bytes
        self._kept_bytes = kept_bytes
        self._files: OrderedDict[str, File] = OrderedDict()

    def __len__(self) -> int:
        return len(self._files)

    def add(self, upload: Upload, uuid: str, created_at: str) -> File:
        """Raises `Refusal` for what is empty, too large, of no known type, or not what it says it is."""
        _check(upload, self._max_file_bytes)
        name = re.sub(r"[^\w.\- ]", "_", upload.name)
        file = File(uuid, name, upload.media_type, upload.data, created_at)
        self._files[uuid] = file
        while sum(len(each.data) for each in self._files.values()) > self._kept_bytes:
            self._files.popitem(last=False)
        return file

    def get(self, uuid: str) -> File | None:
        return self._files.get(uuid)

    def at(self, path: str) -> File | None:
        """The newest file at a path of the sandbox."""
        return next((file for file in reversed(self._files.values()) if file.path == path), None)


def extracted(upload: Upload) -> dict[str, Any]:
    """What `convert_document` makes of a file: an attachment."""
    _check(upload, MAX_FILE_BYTES)
    if upload.media_type == "application/pdf":
        text = "\n".join(found.decode("latin-1") for found in _SHOWN.findall(upload.data))
    elif upload.media_type.startswith("image/"):
        raise invalid("file: there is no text in an image")
    else:
        text = upload.data.decode("utf-8", "replace")
    size = len(upload.data)
    return {
        "file_name": upload.name,
        "file_type": upload.media_type,
        "file_size": size,
        "extracted_content": text,
    }


def _check(upload: Upload, max_bytes: int) -> None:
    if not upload.data:
        raise invalid("file: the file is empty")
    if len(upload.data) > max_bytes:
        raise Refusal(413, "request_too_large", f"file: {len(upload.data)} bytes exceed {max_bytes}")
    known = upload.media_type in _IMAGES.values() or _DOCUMENTS.fullmatch(upload.media_type)
    if not known:
        raise Refusal(415, "invalid_request_error", f"file: {upload.media_type} is not a supported type")
    found = next((kind for magic, kind in _IMAGES.items() if upload.data.startswith(magic)), None)
    declared = upload.media_type if upload.media_type.startswith("image/") else None
    if found != declared:
        raise invalid(f"file: it says {upload.media_type} and is {found or 'no image'}")
