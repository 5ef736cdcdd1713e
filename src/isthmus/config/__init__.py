"""Settings: one file and the environment become one typed, frozen object, or a list of all that is wrong with them."""

from isthmus.config.capabilities import Capabilities
from isthmus.config.example import example_yaml
from isthmus.config.loading import Loaded, load
from isthmus.config.problems import ConfigError, Problem
from isthmus.config.settings import (
    ImageSettings,
    LoggingSettings,
    ProviderSettings,
    ServerSettings,
    Settings,
    StreamSettings,
)

__all__ = [
    "Capabilities",
    "ConfigError",
    "ImageSettings",
    "Loaded",
    "LoggingSettings",
    "Problem",
    "ProviderSettings",
    "ServerSettings",
    "Settings",
    "StreamSettings",
    "example_yaml",
    "load",
]
