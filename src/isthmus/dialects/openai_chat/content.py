"""Content parts of a message → the blocks of the core language.

A part no model behind this gateway could be given (audio, video, or one nobody knows) is refused by name: leaving it out
would answer another question than the one that was asked.
"""

from __future__ import annotations

import base64
from html import escape
from typing import Final

import msgspec

from isthmus.core.conversation import (
    CacheMark,
    Document,
    Image,
    InlineData,
    RemoteUrl,
    Source,
    Text,
    VendorFile,
)
from isthmus.core.errors import BadRequest
from isthmus.core.losses import Action
from isthmus.dialects.openai_chat import schema
from isthmus.dialects.openai_chat.fields import Reading, invalid, join, missing, read, require
from isthmus.wire.data_uri import DataUri, normalise_base64, parse_data_uri, sniff_image, sniff_media_type
from isthmus.wire.json_text import given
from isthmus.wire.local_path import is_local

IMAGE_TYPES: Final = ("image/jpeg", "image/png", "image/gif", "image/webp")
_PDF: Final = "application/pdf"
_UNTYPED: Final = ("", "application/octet-stream")
_TYPES_BY_SUFFIX: Final = {
    "pdf": _PDF,
    "txt": "text/plain",
    "md": "text/markdown",
    "csv": "text/csv",
    "json": "application/json",
    "html": "text/html",
}
_TEXT_TYPES: Final = ("application/json", "application/xml", "application/yaml")
_MEDIA_PARTS: Final = {"input_audio": "audio", "audio": "audio", "video_url": "video", "video": "video"}

Part = Text | Image | Document


def read_parts(raw: msgspec.Raw, path: str, reading: Reading) -> tuple[Part, ...]:
    """The content of a user or tool message: a string, a list of parts, or null for nothing."""
    content = read(raw, schema.CONTENT, path) if given(raw) else None
    if content is None:
        return ()
    if isinstance(content, str):
        return (Text(content),)
    return tuple(_read_part(part, f"{path}.{index}", reading) for index, part in enumerate(content))


def read_texts(raw: msgspec.Raw, path: str, reading: Reading) -> tuple[Text, ...]:
    """Content that can only be text (system, assistant). Parts stand together as one text up to each cache mark."""
    texts: list[Text] = []
    pieces: list[str] = []
    for index, part in enumerate(read_parts(raw, path, reading)):
        if not isinstance(part, Text):
            raise invalid(join(path, str(index)), "must be a text part: only user messages carry other media")
        pieces.append(part.text)
        if part.cache is not None:
            texts.append(Text("\n".join(pieces), part.cache))
            pieces = []
    if pieces:
        texts.append(Text("\n".join(pieces)))
    return tuple(texts)


def _read_part(part: schema.Part, path: str, reading: Reading) -> Part:
    cache = reading.cache_mark(part.prompt_cache_breakpoint, part.cache_control)
    match part.type:
        case "text" | "input_text" | "output_text":
            return Text(require(part.text, join(path, "text")), cache)
        case "image_url":
            return _image(part, join(path, "image_url"), cache, reading)
        case "file":
            file = require(part.file, join(path, "file"))
            return _file(file, join(path, "file"), cache, reading)
        case "refusal":
            return Text(require(part.refusal, join(path, "refusal")), cache)
        case kind if kind in _MEDIA_PARTS:
            raise BadRequest(
                f"'{path}.type': {_MEDIA_PARTS[kind]} input ({kind!r}) cannot be carried to this model: "
                "send text, image_url or file parts",
                field=join(path, "type"),
            )
        case kind:
            raise invalid(join(path, "type"), f"must be 'text', 'image_url' or 'file', not {kind!r}")


def _image(part: schema.Part, path: str, cache: CacheMark | None, reading: Reading) -> Image:
    image = part.image_url
    if image is None:
        raise missing(path)
    if isinstance(image, str):
        # Seen with clients of older vendors: the URL itself in place of the object.
        return Image(_image_source(image, path, reading), None, cache)
    return Image(_image_source(image.url, join(path, "url"), reading), image.detail, cache)


def _image_source(url: str, path: str, reading: Reading) -> Source:
    scheme = url[:8].partition(":")[0].lower()
    if scheme in ("https", "http") or is_local(url):
        return RemoteUrl(url)
    if scheme != "data":
        raise invalid(path, "must be an https URL or a data URI (data:image/png;base64,…)")
    data = _data_uri(url, path)
    media_type = sniff_image(data.base64)
    if media_type not in IMAGE_TYPES:
        media_type = data.media_type
    if media_type not in IMAGE_TYPES:
        raise invalid(
            path, f"has the type {media_type or 'unknown'!r}: only JPEG, PNG, GIF and WebP can be sent"
        )
    if media_type != data.media_type:
        reading.lost("image.media_type", Action.CONVERTED, f"{media_type} by its bytes")
    return InlineData(media_type, data.base64)


def _file(file: schema.File, path: str, cache: CacheMark | None, reading: Reading) -> Part:
    if file.file_data is None:
        return Document(
            VendorFile(require(file.file_id, join(path, "file_data"))), file.filename, cache=cache
        )
    where = join(path, "file_data")
    data = _file_data(file.file_data, where)
    media_type = sniff_media_type(data.base64) or _named_type(data.media_type, file.filename)
    if media_type in IMAGE_TYPES:
        return Image(InlineData(media_type, data.base64), cache=cache)
    if media_type.startswith("text/") or media_type in _TEXT_TYPES:
        return _text_file(data.base64, file.filename, where, cache)
    return Document(InlineData(media_type, data.base64), file.filename, cache=cache)


def _file_data(text: str, path: str) -> DataUri:
    """The API documents a data URI; bare base64 is also about."""
    if text[:5].lower() == "data:":
        return _data_uri(text, path)
    try:
        return DataUri("", normalise_base64(text))
    except ValueError as error:
        raise invalid(path, f"must be a data URI or base64 ({error})") from None


def _data_uri(uri: str, path: str) -> DataUri:
    try:
        return parse_data_uri(uri)
    except ValueError as error:
        raise invalid(path, f"is no valid data URI ({error})") from None


def _named_type(media_type: str, filename: str | None) -> str:
    """The type as labelled, unless the label says nothing; then by the file's name; PDF is what the field is made for."""
    if media_type not in _UNTYPED:
        return media_type
    return _TYPES_BY_SUFFIX.get((filename or "").rpartition(".")[2].lower(), _PDF)


def _text_file(data: str, filename: str | None, path: str, cache: CacheMark | None) -> Text:
    """A plain-text file is text to every model, in the frame in which all of them know documents."""
    try:
        text = base64.b64decode(data).decode()
    except ValueError:
        raise invalid(path, "claims to be text but is not UTF-8") from None
    title = f' title="{escape(filename)}"' if filename else ""
    return Text(f"<document{title}>\n{text}\n</document>", cache)
