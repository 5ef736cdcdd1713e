"""A plugin: no file of tests inherits the loggers of another.

Whoever sets up logging (`isthmus serve` inside a test, for one) has loggers of that set-up bound for good at their first line, as
it should be in production; a test in a later file of the same process, which listens elsewhere, would hear nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
import structlog
from structlog._config import BoundLoggerLazyProxy


@pytest.fixture(scope="module", autouse=True)
def fresh_loggers() -> Iterator[None]:
    yield
    structlog.reset_defaults()
    forget_bindings()


def forget_bindings() -> None:
    """Every logger of the project is put together anew at its next line."""
    for name, module in list(sys.modules.items()):
        if name.startswith("isthmus"):
            for value in vars(module).values():
                if isinstance(value, BoundLoggerLazyProxy):
                    vars(value).pop("bind", None)
