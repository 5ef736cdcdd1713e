"""Where images and documents of a request come from, with the small lies of clients corrected."""

from __future__ import annotations

import msgspec

from isthmus.core.conversation import InlineData, RemoteUrl, Source, VendorFile
from isthmus.core.losses import Action
from isthmus.dialects.anthropic import schema
from isthmus.dialects.anthropic.fields import Reading, invalid, join, read, require
from isthmus.wire.data_uri import normalise_base64, parse_data_uri, sniff_image
from isthmus.wire.local_path import is_local

IMAGE_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_NOT_PLAIN = ("\n", "\r", " ", "\t", "-", "_", ":")
"""Signs that base64 is wrapped, url-safe or still a data URI. These scans cost far less than decoding a large image."""


def source_of(raw: msgspec.Raw, path: str) -> schema.Source:
    if not memoryview(raw):
        raise invalid(path, "Field required")
    return read(raw, schema.SOURCE, path)


def image_source(source: schema.Source, path: str, reading: Reading) -> Source:
    """Raises `BadRequest` for what is none of the four image formats, by its bytes or else by its label."""
    if source.type == "url" and source.url is not None and is_local(source.url):
        return RemoteUrl(source.url)
    found = _plain_source(source, path)
    if not isinstance(found, InlineData):
        return found
    seen = sniff_image(found.base64)
    media_type = seen if seen in IMAGE_TYPES else found.media_type
    if media_type not in IMAGE_TYPES:
        allowed = ", ".join(f"'{each}'" for each in IMAGE_TYPES[:-1])
        raise invalid(join(path, "base64.media_type"), f"Input should be {allowed} or '{IMAGE_TYPES[-1]}'")
    if media_type != found.media_type:
        reading.lost("image.media_type", Action.CONVERTED, f"{media_type} by its bytes")
    return InlineData(media_type, found.base64)


def document_source(source: schema.Source, path: str) -> Source:
    found = _plain_source(source, path)
    if isinstance(found, InlineData) and not found.media_type:
        return InlineData("application/pdf", found.base64)
    return found


def _plain_source(source: schema.Source, path: str) -> Source:
    match source.type:
        case "base64":
            data = require(source.data, join(path, "base64.data"))
            return _inline(data, (source.media_type or "").lower(), join(path, "base64.data"))
        case "url":
            return _url(require(source.url, join(path, "url.url")), join(path, "url.url"))
        case "file":
            return VendorFile(require(source.file_id, join(path, "file.file_id")))
        case other:
            raise invalid(join(path, "type"), f"Input should be 'base64', 'url' or 'file', not '{other}'")


def _inline(data: str, media_type: str, path: str) -> InlineData:
    if len(data) % 4 == 0 and not any(sign in data for sign in _NOT_PLAIN):
        return InlineData(media_type, data)
    try:
        if not data.startswith("data:"):
            return InlineData(media_type, normalise_base64(data))
        uri = parse_data_uri(data)
    except ValueError as error:
        raise invalid(path, f"invalid base64 data ({error})") from None
    return InlineData(media_type or uri.media_type, uri.base64)


def _url(url: str, path: str) -> Source:
    scheme = url.partition(":")[0].lower()
    if scheme == "data":
        try:
            uri = parse_data_uri(url)
        except ValueError as error:
            raise invalid(path, f"invalid data URL ({error})") from None
        return InlineData(uri.media_type, uri.base64)
    if scheme not in ("https", "http"):
        raise invalid(path, "Only HTTPS URLs are supported")
    return RemoteUrl(url)
