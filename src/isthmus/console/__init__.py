"""The web console, as the gateway serves it: built files under `/admin`, or a page that says how to build them."""

from isthmus.console.assets import Asset, load
from isthmus.console.site import PATH, ConsoleSite, open_site

__all__ = ["PATH", "Asset", "ConsoleSite", "load", "open_site"]
