"""Which release of the pages this is: a mark that changes with whatever a phone may have kept."""

from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path

ROOM = Path(__file__).parents[1]
KEPT = ("static", "templates", "translations")


def mark_of(folder: Path, release: str) -> str:
    """Hash the files of a room that pages are made of, and the release's number."""
    digest = blake2b(release.encode(), digest_size=8)
    for path in sorted(path for part in KEPT for path in (folder / part).rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
            digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def release_mark() -> str:
    """The mark of this release, read once."""
    return mark_of(ROOM, version("nongqing"))
