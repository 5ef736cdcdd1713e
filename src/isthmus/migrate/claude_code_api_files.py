"""Where claude-code-api keeps its configuration: layers of files and variables, of which the later counts."""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from isthmus.migrate import source
from isthmus.migrate.haul import Haul, Line
from isthmus.migrate.source import Options, Unreadable

_PREFIX: Final = "CLAUDE_CODE__"
_LOCAL: Final = "local"
_DEFAULT_PROFILE: Final = "development"
_OTHERS_READ: Final = ("RUN_MODE", "RUST_LOG")
Layer = Mapping[str, Mapping[str, Any] | Any]


@dataclass(frozen=True, slots=True)
class Found:
    values: dict[str, Any] = field(repr=False)
    """Section → key → value, merged."""
    variables: Mapping[str, str] = field(repr=False)
    """Of a `.env` or the environment, by names in capitals."""
    folder: Path
    """The program's working directory, absolute."""


def found_at(haul: Haul, path: Path, options: Options) -> Found:
    """A directory is read as the program reads it when it is started there; of a file, that file alone."""
    if path.is_dir():
        return _in_directory(haul, path.absolute(), options)
    source.file_in(path)
    folder = path.absolute().parent
    if path.suffix == ".env" or path.name.startswith(".env"):
        variables = source.read_dotenv(path)
        _say_unknown(haul, variables)
        return Found(_merged(haul, [(path.name, _of_variables(variables))]), _upper(variables), folder)
    values = _merged(haul, [(path.name, _read(path))])
    return Found(values, {}, folder.parent if folder.name == "config" else folder)


def _in_directory(haul: Haul, folder: Path, options: Options) -> Found:
    dotenv = next((each / ".env" for each in (folder, *folder.parents) if (each / ".env").is_file()), None)
    written = source.read_dotenv(dotenv) if dotenv else {}
    if dotenv and dotenv.parent == folder:
        _say_unknown(haul, written)
    variables = _upper({**written, **options.env})
    profile = options.profile or variables.get("RUN_MODE") or _DEFAULT_PROFILE
    files = [file for name in (profile, _LOCAL) for file in _files_of(folder, name)]
    if options.profile and not _files_of(folder, options.profile):
        raise Unreadable(
            f"{folder / 'config'} has no profile {options.profile!r}: name one of its files, without ending"
        )
    _say_other_profiles(haul, folder, {profile, _LOCAL})
    layers = [(f"config/{file.name}", _read(file)) for file in files]
    layers.append(("the variables", _of_variables(variables)))
    return Found(_merged(haul, layers), variables, folder)


def _files_of(folder: Path, name: str) -> list[Path]:
    return sorted(
        file
        for file in (folder / "config").glob("*")
        if file.is_file() and file.stem == name and file.suffix in _READERS
    )


def _say_other_profiles(haul: Haul, folder: Path, read: set[str]) -> None:
    for file in sorted((folder / "config").glob("*")):
        if file.is_file() and file.suffix in _READERS and file.stem not in read:
            said = f"another profile: read it with `--profile {file.stem}`"
            haul.report.left_out.append(Line(f"config/{file.name}", said))


def _read(path: Path) -> Layer:
    value = _READERS.get(path.suffix, source.read_toml)(path)
    if not isinstance(value, dict):
        raise Unreadable(f"{path} holds no sections: give the path of the program's configuration")
    return value


def _read_ini(path: Path) -> Layer:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(source.read_text(path))
    except configparser.Error:
        raise Unreadable(f"{path}: not INI: repair it and try again") from None
    return {name: dict(parser[name]) for name in parser.sections()}


_READERS: Final = {
    ".toml": source.read_toml,
    ".json": source.read_json,
    ".json5": source.read_json5,
    ".yaml": source.read_yaml,
    ".yml": source.read_yaml,
    ".ini": _read_ini,
}


def _upper(variables: Mapping[str, str]) -> dict[str, str]:
    """Those that the program reads. Their names are the same in any case."""
    return {
        name.upper(): text
        for name, text in variables.items()
        if name.upper().startswith(_PREFIX) or name in _OTHERS_READ
    }


def _of_variables(variables: Mapping[str, str]) -> Layer:
    layer: dict[str, Any] = {}
    for name, text in _upper(variables).items():
        if not name.startswith(_PREFIX):
            continue
        *sections, key = name.removeprefix(_PREFIX).lower().split("__")
        at = layer
        for section in sections:
            below = at.setdefault(section, {})
            at = below if isinstance(below, dict) else {}
        at[key] = text
    return layer


def _merged(haul: Haul, layers: list[tuple[str, Layer]]) -> dict[str, Any]:
    """Says which values gave way. Names of sections and keys are the same in any case."""
    merged: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for name, layer in layers:
        for section, values in layer.items():
            section = str(section).lower()
            if not isinstance(values, dict):
                merged[section] = values
                continue
            at = merged.get(section)
            merged[section] = at = at if isinstance(at, dict) else {}
            for key, value in values.items():
                key = str(key).lower()
                place = f"{section}.{key}"
                if key in at and at[key] != value:
                    haul.report.left_out.append(
                        Line(f"{place} ({origin[place]})", f"{name} counts for more, as in the program")
                    )
                at[key], origin[place] = value, name
    return merged


def _say_unknown(haul: Haul, written: Mapping[str, str]) -> None:
    known = _upper(written)
    haul.report.unknown += [Line(f".env: {name}") for name in written if name.upper() not in known]
