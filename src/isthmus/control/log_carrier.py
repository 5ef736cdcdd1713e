"""The request log of another program, put beside our own. A second run finds every row here already."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, TypeVar

from isthmus.control.carrying import Outcome, Result
from isthmus.observability.log_row import LogRow
from isthmus.storage.request_logs import RequestLogs

BATCH: Final = 500
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class LogCarrier:
    logs: RequestLogs
    fitting: Callable[[LogRow], LogRow]
    """Makes a row fit to be kept."""
    on_rows: Callable[[int], object] = lambda _: None
    """Told how many more rows were looked at."""

    async def carry_log_rows(self, rows: Iterable[Mapping[str, Any]], *, dry_run: bool) -> Outcome:
        """A row is recognised by its request id. One that lacks what every row has is not carried, and counted."""
        made = here = broken = 0
        for batch in _batches(rows, BATCH):
            fit = [row for each in batch if (row := self._row(each)) is not None]
            new = [row for row in fit if await self.logs.find(row.request_id) is None]
            if not dry_run:
                await self.logs.save(new)
            made, here, broken = made + len(new), here + len(fit) - len(new), broken + len(batch) - len(fit)
            self.on_rows(len(batch))
        said = {"made": made, "already here": here, "not readable": broken}
        text = ", ".join(f"{count} rows {words}" for words, count in said.items() if count) or "no rows"
        result = Result.MADE if made else Result.HERE if here or not broken else Result.REFUSED
        return Outcome("log", "request log", result, text)

    def _row(self, columns: Mapping[str, Any]) -> LogRow | None:
        try:
            return self.fitting(LogRow(**columns))
        except TypeError:
            return None


def _batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
