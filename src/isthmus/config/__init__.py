"""Settings: one file and the environment become one typed, frozen object, or a list of all that is wrong with them."""

from isthmus.config.capabilities import Capabilities
from isthmus.config.example import example_yaml
from isthmus.config.loading import Loaded, Source, load
from isthmus.config.problems import ConfigError, Problem
from isthmus.config.sections.compression import CompressionSettings
from isthmus.config.sections.provider import ProviderSettings
from isthmus.config.settings import (
    AccountSettings,
    AdminSettings,
    ConversationSettings,
    DefaultSettings,
    ImageSettings,
    IpLimitSettings,
    LimitSettings,
    LoggingSettings,
    RequestLogSettings,
    ServerSettings,
    Settings,
    StorageSettings,
    StreamSettings,
)

__all__ = [
    "AccountSettings",
    "AdminSettings",
    "Capabilities",
    "CompressionSettings",
    "ConfigError",
    "ConversationSettings",
    "DefaultSettings",
    "ImageSettings",
    "IpLimitSettings",
    "LimitSettings",
    "Loaded",
    "LoggingSettings",
    "Problem",
    "ProviderSettings",
    "RequestLogSettings",
    "ServerSettings",
    "Settings",
    "Source",
    "StorageSettings",
    "StreamSettings",
    "example_yaml",
    "load",
]
