"""Files that are made for one reader: written to disk as they grow, then sent as they are."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from flask import Response, send_file

KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "nc": "application/x-netcdf",
    "parquet": "application/vnd.apache.parquet",
    "pdf": "application/pdf",
}


def send(file: IO[bytes], name: str) -> Response:
    """Send an open file from its beginning; its length tells the browser how far it is."""
    length = file.seek(0, 2)
    file.seek(0)
    kind = KINDS[name.rpartition(".")[2]]
    response = send_file(file, kind, as_attachment=True, download_name=name, max_age=0)
    response.content_length = length
    response.headers["Cache-Control"] = "private, no-store"
    response.call_on_close(file.close)
    return response


def made(name: str, write: Callable[[IO[bytes]], object]) -> Response:
    """Send what `write` puts into a file on disk, however large it is."""
    file = TemporaryFile()  # noqa: SIM115 - closed with the answer
    try:
        write(file)
    except BaseException:
        file.close()
        raise
    return send(file, name)


def sent(name: str, data: bytes) -> Response:
    """Send a small file that is there already."""
    return send(BytesIO(data), name)


def kept(path: Path, name: str) -> Response:
    """Send a file that stays on disk; a browser that was cut off may go on where it was.

    Raises
    ------
    FileNotFoundError
        When it is not there.
    """
    kind = KINDS[name.rpartition(".")[2]]
    response = send_file(
        path, kind, as_attachment=True, download_name=name, conditional=True, max_age=0
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response


def plain_cell(cell: object) -> object:
    """Keep a text from being run as a formula by the program that opens the file."""
    if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{cell}"
    return cell
