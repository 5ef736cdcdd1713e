"""A plugin: what the collection of tests leaves behind is not looked through again and again.

Twenty thousand tests are millions of objects that stay to the end. Python's garbage collector would go through all of them time
and again while they are made (near half of the CPU that collecting takes), and later whenever a test makes many objects.
"""

import gc
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
