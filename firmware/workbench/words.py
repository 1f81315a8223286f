"""What a command says to a technician: in Chinese first, then in English."""

from pathlib import Path

import click


def both(chinese: str, english: str) -> str:
    """Say one thing in both languages, on one line."""
    return f"{chinese} | {english}"


def lines(chinese: str, english: str) -> str:
    """Say one thing in both languages, on a line each."""
    return f"{chinese}\n{english}"


def unwritable(path: Path, error: OSError) -> click.ClickException:
    """Return what a command ends with when it cannot write a file."""
    said = both(
        "写不了；请写到已有的文件夹里",
        f"cannot be written ({error.strerror}); name a file in a folder that is there",
    )
    return click.ClickException(f"{path}: {said}")
