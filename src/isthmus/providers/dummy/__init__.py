"""The provider that needs no key and no network: model names choose what it does."""

from isthmus.providers.dummy.models import MODELS
from isthmus.providers.dummy.provider import Dummy

__all__ = ["MODELS", "Dummy"]
