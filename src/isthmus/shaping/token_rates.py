"""What each of `characters.FEATURES` costs in tokens, by family of models.

Measured by `tools/calibrate_tokens.py`, which writes the figures; docs/token-counting.md says how far they can be trusted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

CLAUDE: Final = "claude"
"""Claude 3 to 4.6."""
CLAUDE_NEW: Final = "claude-4.7"
"""Claude 4.7 and later, whose tokenizer makes more tokens of the same text."""
GPT_4: Final = "gpt-4"
"""GPT-3.5 and GPT-4 before GPT-4o."""
OTHER: Final = "other"
"""GPT-4o and later; also for models of whose tokenizer nothing is known."""

_VERSION: Final = re.compile(r"(?<![\d.])(\d{1,2})(?:[.-](\d{1,2}))?(?![\d])")
_OLD_GPT: Final = re.compile(r"gpt-(?:3\.5|4(?![.o\d]))")
_NEW_FROM: Final = (4, 7)


def family_of(model: str) -> str:
    """By the name of the model, however a provider decorates it: `claude-4.5-opus-high`, `us.anthropic.claude-…`."""
    name = model.lower()
    _, is_claude, rest = name.rpartition("claude")
    if is_claude:
        found = _VERSION.search(rest)
        version = (int(found[1]), int(found[2] or 0)) if found else (0, 0)
        return CLAUDE_NEW if version >= _NEW_FROM else CLAUDE
    return GPT_4 if _OLD_GPT.search(name) else OTHER


# rates: written by tools/calibrate_tokens.py
RATES: Final[Mapping[str, tuple[float, ...]]] = {
    "claude": (
        0.154,  # letters
        0.426,  # capitals
        1.839,  # humps
        0.0,  # shouts
        0.0,  # figures
        0.095,  # marks
        0.073,  # spaces
        0.941,  # lines
        0.59,  # tabs
        1.0,  # controls
        0.433,  # words
        0.859,  # mixtures
        1.858,  # numbers
        0.682,  # groups_of_marks
        2.195,  # accented
        0.735,  # greek
        0.482,  # cyrillic
        0.0,  # cyrillic_words
        0.824,  # semitic
        0.871,  # indic
        2.024,  # signs
        1.527,  # groups_of_signs
        0.897,  # kana
        1.088,  # chinese
        1.476,  # hangul
        1.416,  # wide
        2.491,  # emoji
    ),
    "claude-4.7": (
        0.249,  # letters
        1.404,  # capitals
        0.0,  # humps
        0.0,  # shouts
        0.441,  # figures
        0.167,  # marks
        0.067,  # spaces
        1.245,  # lines
        0.516,  # tabs
        1.0,  # controls
        0.385,  # words
        0.49,  # mixtures
        0.0,  # numbers
        0.675,  # groups_of_marks
        2.708,  # accented
        0.734,  # greek
        0.48,  # cyrillic
        0.0,  # cyrillic_words
        0.824,  # semitic
        0.871,  # indic
        0.875,  # signs
        3.322,  # groups_of_signs
        0.897,  # kana
        1.087,  # chinese
        1.475,  # hangul
        1.42,  # wide
        2.415,  # emoji
    ),
    "gpt-4": (
        0.167,  # letters
        0.091,  # capitals
        1.357,  # humps
        0.44,  # shouts
        0.0,  # figures
        0.234,  # marks
        0.016,  # spaces
        0.552,  # lines
        0.553,  # tabs
        1.0,  # controls
        0.389,  # words
        0.843,  # mixtures
        2.142,  # numbers
        0.3,  # groups_of_marks
        2.37,  # accented
        1.003,  # greek
        0.258,  # cyrillic
        1.522,  # cyrillic_words
        0.963,  # semitic
        1.079,  # indic
        1.095,  # signs
        0.646,  # groups_of_signs
        1.11,  # kana
        1.026,  # chinese
        1.272,  # hangul
        3.395,  # wide
        1.834,  # emoji
    ),
    "other": (
        0.089,  # letters
        0.0,  # capitals
        1.27,  # humps
        0.725,  # shouts
        0.0,  # figures
        0.0,  # marks
        0.013,  # spaces
        0.648,  # lines
        0.59,  # tabs
        1.0,  # controls
        0.634,  # words
        0.751,  # mixtures
        1.905,  # numbers
        0.781,  # groups_of_marks
        1.145,  # accented
        0.393,  # greek
        0.105,  # cyrillic
        1.126,  # cyrillic_words
        0.398,  # semitic
        0.369,  # indic
        1.877,  # signs
        0.0,  # groups_of_signs
        0.885,  # kana
        0.611,  # chinese
        0.792,  # hangul
        3.312,  # wide
        1.27,  # emoji
    ),
}
# end of rates
