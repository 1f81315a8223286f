"""The code that a job stands on: what it imports, and what that imports, found by reading it.

Kept states are void when this code changes. A list of files kept by hand would be shorter, and
wrong on the day on which somebody forgets to add to it; so the files are found. A changed comment
in one of them costs a computation from the beginning, a forgotten file would cost wrong answers.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import scipy
import sklearn

import collector

ROOT = Path(collector.__file__).parents[1]
JOB = "collector.jobs.judging.risk"
#: Read at run time, not imported by name: the hazards are found by looking.
LOOKED_INTO = ("models.hazards",)
#: What is no Python yet computes, beside the modules that use it.
BESIDE = (".sql", ".skops")


@cache
def code(job: str = JOB) -> str:
    """Return a SHA-256 over the code, queries, estimators and libraries behind a job's module."""
    digest = hashlib.sha256()
    for path in code_files(ROOT, job):
        digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    digest.update(repr([m.__version__ for m in (np, scipy, sklearn)]).encode())
    return digest.hexdigest()


def code_files(root: Path, job: str, looked_into: Iterable[str] = LOOKED_INTO) -> list[Path]:
    """Return the files below a folder that a job stands on, in a fixed order.

    Parameters
    ----------
    root : Path
        Holds our packages; what lies elsewhere is a library.
    job : str
        Name of its module.
    looked_into : iterable of str
        Packages whose modules are all used when one of them is.
    """
    found: set[Path] = set()
    todo = {job}
    while todo:
        name = todo.pop()
        path = _file_of(root, name)
        if path is None or path in found:
            continue
        found.add(path)
        todo |= set(_imported(path))
        todo |= {_name_of(root, p) for package in looked_into if name.startswith(package)
                 for p in root.joinpath(*package.split(".")).rglob("*.py")}  # fmt: skip
    folders = {path.parent for path in found}
    beside = {p for folder in folders for p in folder.rglob("*") if p.suffix in BESIDE}
    return sorted(found | beside)


def _file_of(root: Path, name: str) -> Path | None:
    """The file of a module or package; None for a name in a module, or of a library."""
    place = root.joinpath(*name.split("."))
    for path in (place.with_suffix(".py"), place / "__init__.py"):
        if path.is_file():
            return path
    return None


def _name_of(root: Path, path: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def _imported(path: Path) -> Iterator[str]:
    """Names that a module imports, also inside functions, with the packages that hold them."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            yield from (".".join(parts[:end]) for end in range(1, len(parts) + 1))
