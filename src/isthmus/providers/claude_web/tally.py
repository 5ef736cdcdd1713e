"""What an answer cost, in those versions of the service that say it. Others say nothing, and the gateway estimates."""

from __future__ import annotations

from isthmus.core.usage import Usage


class Tally:
    """Hears figures in any order; the last ones win."""

    __slots__ = ("_input", "_output")

    def __init__(self) -> None:
        self._input = self._output = 0

    def hear(self, usage: object) -> None:
        if isinstance(usage, dict):
            self._input = _count(usage.get("input_tokens")) or self._input
            self._output = _count(usage.get("output_tokens")) or self._output

    def usage(self, *, cut: bool = False) -> Usage | None:
        """None: nobody counted. `cut`: the client was shown less than the service counted."""
        output = 0 if cut else self._output
        if not self._input and not output:
            return None
        return Usage(
            self._input, output_tokens=output, input_estimated=not self._input, output_estimated=not output
        )


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
