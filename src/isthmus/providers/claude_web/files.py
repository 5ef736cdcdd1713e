"""Images and documents of a conversation: what is uploaded, what goes along as text, and the form that an upload is.

A turn has one list of files, wherever in the conversation they stood, so each leaves its name in its place. Names and types as
tempppw01/claude2api and Xerxes-2/clewdr give them; the wider list of documents is that of the service's own page.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field
from typing import Any, Final

from isthmus.core.conversation import Document, Image, InlineData
from isthmus.core.errors import BadRequest, Kind, rejected
from isthmus.core.losses import Action, Loss
from isthmus.providers.claude_web.options import Options
from isthmus.wire.data_uri import sniff_image
from isthmus.wire.json_text import whole_characters

IMAGE_FIELD: Final = "messages.content.image"
DOCUMENT_FIELD: Final = "messages.content.document"
PLAIN: Final = "text/plain"
CONTEXT: Final = "context.txt"
"""The file that a prompt becomes which is too long to be one."""
IMAGES: Final = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp"}
_OPEN_XML: Final = "application/vnd.openxmlformats-officedocument"
_OPEN_DOCUMENT: Final = "application/vnd.oasis.opendocument"
DOCUMENTS: Final = {
    "application/pdf": "pdf",
    "application/msword": "doc",
    "application/vnd.ms-excel": "xls",
    "application/vnd.ms-powerpoint": "ppt",
    "application/rtf": "rtf",
    f"{_OPEN_XML}.wordprocessingml.document": "docx",
    f"{_OPEN_XML}.spreadsheetml.sheet": "xlsx",
    f"{_OPEN_XML}.presentationml.presentation": "pptx",
    f"{_OPEN_DOCUMENT}.text": "odt",
    f"{_OPEN_DOCUMENT}.spreadsheet": "ods",
    f"{_OPEN_DOCUMENT}.presentation": "odp",
}
_TEXTS: Final = {
    "application/json": "json",
    "application/xml": "xml",
    "application/yaml": "yaml",
    "application/x-yaml": "yaml",
    "application/javascript": "js",
    "application/x-sh": "sh",
    "text/markdown": "md",
    "text/csv": "csv",
    "text/html": "html",
}
_UNSAFE: Final = re.compile(r"[^\w.() -]+")
_MAX_NAME_CHARS: Final = 80


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to be uploaded before the turn."""

    name: str
    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A text that goes along inside the turn."""

    name: str
    text: str = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        text = whole_characters(self.text)
        return {
            "file_name": self.name,
            "file_type": PLAIN,
            "file_size": len(text.encode()),
            "extracted_content": text,
        }


def form_of(upload: Upload, organization: str | None = None) -> tuple[str, bytes]:
    """Content type and body of the multipart form. `organization`: for the addresses that want it in the form."""
    # The mark may not occur in the file; a digest of the file cannot stand in it, but by a miracle.
    mark = f"isthmus-{hashlib.sha256(upload.data).hexdigest()[:40]}"
    parts = [
        f'--{mark}\r\ncontent-disposition: form-data; name="file"; filename="{upload.name}"\r\n'
        f"content-type: {upload.media_type}\r\n\r\n".encode(),
        upload.data,
        b"\r\n",
    ]
    if organization is not None:
        head = f'--{mark}\r\ncontent-disposition: form-data; name="orgUuid"\r\n\r\n'
        parts.append(f"{head}{organization}\r\n".encode())
    parts.append(f"--{mark}--\r\n".encode())
    return f"multipart/form-data; boundary={mark}", b"".join(parts)


class Files:
    """The files of one turn, as they come."""

    def __init__(self, options: Options, *, refuse: bool) -> None:
        """`refuse`: a file that the service does not read is a refusal, not a placeholder."""
        self._options = options
        self._refuse = refuse
        self._known: dict[tuple[str, str, str | None], str] = {}
        self._names: set[str] = set()
        self.uploads: list[Upload] = []
        self.attachments: list[Attachment] = []
        self.losses: list[Loss] = []

    def take(self, block: Image | Document) -> str:
        """What is said in the file's place. Raises `BadRequest` for what is broken, too large or too much."""
        kind, field = ("image", IMAGE_FIELD) if isinstance(block, Image) else ("document", DOCUMENT_FIELD)
        if not isinstance(block.source, InlineData):
            raise BadRequest(f"{field}: claude-web takes files inside the request only", field=field)
        title = block.title if isinstance(block, Document) else None
        if isinstance(block, Image) and block.detail is not None:
            self.losses.append(Loss("image_url.detail", Action.DROPPED))
        known = (block.source.media_type, block.source.base64, title)
        if known not in self._known:
            name = self._add(block.source, title, kind, field)
            if name is None:
                return self._without(kind, block.source.media_type)
            self._known[known] = name
        context = f"\n{block.context}" if isinstance(block, Document) and block.context else ""
        return f"[{kind} attached: {self._known[known]}]{context}"

    def _add(self, source: InlineData, title: str | None, kind: str, field: str) -> str | None:
        """The name it goes by; None for a type that the service does not read."""
        media_type = source.media_type.lower()
        if kind == "image":
            # Its own first bytes say its type: the service refuses an image that is not what it is called.
            media_type = sniff_image(source.base64) or media_type
        ending = (IMAGES if kind == "image" else DOCUMENTS).get(media_type)
        as_text = kind == "document" and (media_type in _TEXTS or media_type.startswith("text/"))
        if ending is None and not as_text:
            return None
        data = self._bytes(source.base64, field)
        name = self._name(title or kind, ending or _TEXTS.get(media_type, "txt"))
        if as_text:
            self.attachments.append(Attachment(name, data.decode("utf-8-sig", "replace")))
        else:
            self.uploads.append(Upload(name, media_type, data))
        return name

    def _bytes(self, text: str, field: str) -> bytes:
        most, largest = self._options.max_files, self._options.max_file_mb
        if len(self.uploads) + len(self.attachments) >= most:
            raise BadRequest(f"{field}: more than {most} files: send fewer of them", field=field)
        if len(text) * 3 // 4 > (largest << 20) + 2:
            raise BadRequest(
                f"{field}: a file is larger than {largest} MB: send a smaller one",
                field=field,
                kind=Kind.TOO_LARGE,
            )
        try:
            data = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            data = b""
        if not data:
            raise BadRequest(f"{field}: a file is empty, or its data is not base64", field=field)
        return data

    def _name(self, title: str, ending: str) -> str:
        """One that no other file of the turn has, and that needs no escaping anywhere."""
        stem = _UNSAFE.sub("_", title).strip(" .")
        stem = stem.removesuffix(f".{ending}")[:_MAX_NAME_CHARS].strip(" .") or "file"
        name, number = f"{stem}.{ending}", 1
        while name.lower() in self._names or name.lower() == CONTEXT:
            number += 1
            name = f"{stem}-{number}.{ending}"
        self._names.add(name.lower())
        return name

    def _without(self, kind: str, media_type: str) -> str:
        if self._refuse:
            raise rejected(f"{kind}_block", "messages.content")
        self.losses.append(Loss(kind, Action.REPLACED, "placeholder"))
        return f"[{kind} ({media_type}) removed: claude.ai does not read files of this type]"
