"""Trained artefacts on disk: saved with skops, checked before they are believed.

An artefact is a folder with one `.skops` file per stage, a model card in Markdown beside each,
and a manifest `<hazard>.json` that carries the SHA-256 of every file, the hash of the data it
was trained on, library versions and scores. Nothing is unpickled: skops builds only types named
here, and the hash is compared before the file is opened.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import skops.io

from models.trained.scab import FhbEstimator, RidgeLogit, Terms
from models.trained.shipped import FOLDER

TRUSTED = ("models.trained.scab.RidgeLogit",)
LIBRARIES = ("numpy", "scikit-learn", "scipy", "skops")
MEND = "train again with `nongqing risk train`, or restore the file from the release"


class ArtefactError(RuntimeError):
    """An artefact is missing, changed, or holds something it must not; names file and mend."""


def sha256(data: bytes) -> str:
    """SHA-256 in hexadecimal.

    Parameters
    ----------
    data : bytes
    """
    return hashlib.sha256(data).hexdigest()


def library_versions() -> dict[str, str]:
    """Versions of the libraries an artefact depends on."""
    return {name: version(name) for name in LIBRARIES}


def encode_estimator(estimator: FhbEstimator) -> bytes:
    """Bytes of an estimator; equal estimators give equal bytes.

    Parameters
    ----------
    estimator : FhbEstimator
    """
    content = {
        "stage": estimator.stage,
        "windows": list(estimator.terms.windows),
        "penalty": estimator.terms.penalty,
        "model": estimator.model,
        "coefficients": estimator.coefficients,
    }
    return _settled(skops.io.dumps(content))


def _settled(data: bytes) -> bytes:
    """Repack without what differs from run to run: object ids, file times."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    schema = files.pop("schema.json").decode()
    numbers: dict[str, str] = {}
    for found in re.finditer(r'"__id__": (\d+)|"file": "(\d+)\.npy"', schema):
        numbers.setdefault(found[1] or found[2], str(len(numbers) + 1))

    def renamed(found: re.Match[str]) -> str:
        return found[0].replace(found[1], numbers[found[1]])

    schema = re.sub(r'"__id__": (\d+)', renamed, schema)
    schema = re.sub(r'"file": "(\d+)\.npy"', renamed, schema)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        named = {f"{numbers[n.removesuffix('.npy')]}.npy": d for n, d in files.items()}
        for name, body in sorted({"schema.json": schema.encode(), **named}.items()):
            archive.writestr(zipfile.ZipInfo(name), body)
    return out.getvalue()


def decode_estimator(data: bytes, path: Path) -> FhbEstimator:
    """Build an estimator from bytes, refusing every type that is not expected.

    Parameters
    ----------
    data : bytes
    path : Path
        Named in errors.

    Raises
    ------
    ArtefactError
        The bytes are no artefact, or hold a type outside `TRUSTED`.
    """
    try:
        strange = sorted(set(skops.io.get_untrusted_types(data=data)) - set(TRUSTED))
        if strange:
            raise ArtefactError(f"{path}: holds types that are not trusted: {strange}: {MEND}")
        content: dict[str, Any] = skops.io.loads(data, trusted=list(TRUSTED))
        model = content["model"]
        if not isinstance(model, RidgeLogit):
            raise ArtefactError(f"{path}: holds no RidgeLogit: {MEND}")
        given = tuple((float(low), float(high), float(slope)) for low, high, slope in model.given)
        terms = Terms(tuple(content["windows"]), content["penalty"], given)
        return FhbEstimator(content["stage"], terms, model, content["coefficients"])
    except (zipfile.BadZipFile, AttributeError, KeyError, TypeError, ValueError) as error:
        raise ArtefactError(f"{path}: is not an artefact ({error}): {MEND}") from error


def read_manifest(hazard: str, folder: Path = FOLDER) -> dict[str, Any]:
    """Read the manifest of a hazard's artefacts; its scores have no unit.

    Parameters
    ----------
    hazard : str
    folder : Path

    Raises
    ------
    ArtefactError
        No manifest, or not one that can be read.
    """
    path = folder / f"{hazard}.json"
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        manifest["files"].items()
    except OSError as error:
        raise ArtefactError(f"{path}: no manifest ({error.strerror}): {MEND}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtefactError(f"{path}: is not a manifest ({error}): {MEND}") from error
    return manifest


def verified(name: str, manifest: dict[str, Any], folder: Path = FOLDER) -> bytes:
    """Bytes of a file of the artefact, after its hash agreed with the manifest.

    Parameters
    ----------
    name : str
    manifest : dict
    folder : Path

    Raises
    ------
    ArtefactError
        The file is missing, not listed, or differs.
    """
    path = folder / name
    expected = manifest["files"].get(name)
    if expected is None:
        raise ArtefactError(f"{path}: is not in the manifest: {MEND}")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ArtefactError(f"{path}: cannot be read ({error.strerror}): {MEND}") from error
    if sha256(data) != expected:
        raise ArtefactError(
            f"{path}: was changed: SHA-256 {sha256(data)[:12]}… instead of {expected[:12]}…: {MEND}"
        )
    return data


def load(hazard: str, stage: str, folder: Path = FOLDER) -> FhbEstimator:
    """Load the estimator of a hazard and stage, verified; it answers probabilities.

    Parameters
    ----------
    hazard : str
    stage : {"pre", "post"}
    folder : Path

    Raises
    ------
    ArtefactError
        Missing, changed, or not trusted.
    """
    name = f"{hazard}_{stage}.skops"
    return decode_estimator(verified(name, read_manifest(hazard, folder), folder), folder / name)


def save(
    hazard: str, files: dict[str, bytes], manifest: dict[str, Any], folder: Path = FOLDER
) -> None:
    """Write files and, last, the manifest that vouches for them.

    Parameters
    ----------
    hazard : str
    files : dict of name to bytes
    manifest : dict
        Its "files" entry is made here.
    folder : Path
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    whole = {
        **manifest,
        "files": {name: sha256(data) for name, data in sorted(files.items())},
    }
    text = json.dumps(whole, indent=1, ensure_ascii=False) + "\n"
    (folder / f"{hazard}.json").write_text(text, encoding="utf-8")
