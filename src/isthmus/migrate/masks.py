"""Which texts are no credentials, and how a credential may be shown."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

_MASK: Final = re.compile(r"\.\.\.|…|\*{3,}|•{3,}|●{3,}|[xX]{8,}")
_PLACEHOLDER: Final = re.compile(
    r"""(?:sk-|sk-ant-|sk-or-v1-)?
        (?: <.*> | \$\{.*\} | \{\{.*\}\} | \[.*\] | x{3,} | -+
          | (?:put|insert|enter|add|paste|replace)[-_ ].* | .*\byour[-_ ].* | .*\byourkey\b.*
          | change[-_ ]?me(?:[-_ ].*)? | change[-_ ]this.* | replace[-_ ]?me | placeholder | todo | tbd
          | (?:my[-_ ])?api[-_ ]?key(?:[-_ ]here)? | key[-_ ]?here | secret | password
          | my[-_]super[-_]secret.* | 1234(?:5(?:6(?:78?9?0?)?)?)? )""",
    re.VERBOSE | re.IGNORECASE,
)
_NO_KEY: Final = frozenset(
    "none null nil empty no-key nokey no-key-required not-needed not-required n/a na dummy fake unused anything "
    "ollama lm-studio".split()
)
"""What people write where a program insists on a key that the server does not want."""


def no_credential(text: str) -> str | None:
    """Why a text is no credential, to be put after the thing it stands for (`is masked`); None when it may be one."""
    bare = text.strip()
    if not bare:
        return "is empty"
    if _MASK.search(bare):
        return "is masked"
    if _PLACEHOLDER.fullmatch(bare):
        return "is a placeholder"
    if any(character < " " or character == "\x7f" or "\ud800" <= character <= "\udfff" for character in bare):
        return "holds a character that cannot be sent"
    return None


def means_no_key(text: str) -> bool:
    """Whether it says that the server wants no key: nothing at all, `none`, `not-needed` and the like."""
    return text.strip().lower() in {"", *_NO_KEY}


def prefix(secret: str) -> str:
    """The beginning of a secret, for a report: at most 8 characters, and never more than a quarter."""
    return f"{secret[: min(8, len(secret) // 4)]}…"


def shown_url(url: str) -> str:
    """An address without user, password, query and fragment."""
    try:
        parts = urlsplit(url.strip())
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "an address"
    if not parts.scheme or not parts.hostname:
        return "an address"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}{parts.path}"
