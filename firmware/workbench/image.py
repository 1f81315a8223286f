"""The command `node image`: what is on one node's flash beside MicroPython, as one file."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import click

from firmware.wire import seal
from firmware.workbench import bundle, filesystem
from firmware.workbench.build import find_board
from firmware.workbench.bundle import LINKS, BundleError, Manifest
from firmware.workbench.cli import find_node
from firmware.workbench.config import write_secret
from firmware.workbench.config_check import fault
from firmware.workbench.parts import Parts
from firmware.workbench.words import both, unwritable


def read_config(path: Path, node_id: str) -> dict[str, Any]:
    """Read a node's configuration; a ClickException says what is wrong with it."""
    again = f"nongqing node enroll {node_id} --out {path}"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        whose, key = config["node"], bytes.fromhex(config["key"])
        drivers = [row["driver"] for row in config["channels"]]
    except (OSError, UnicodeError) as error:
        said = both("读不了；请重新登记", f"cannot be read ({error}); make it again")
        raise click.ClickException(f"{path}: {said}: {again}") from error
    except (ValueError, KeyError, TypeError) as error:
        said = both("不是设备的配置；请重新登记", "is no configuration of a node; make it again")
        raise click.ClickException(f"{path}: {said}: {again}") from error
    if whose != node_id:
        said = both(
            f"是 {whose} 的配置，不是 {node_id} 的；请换文件",
            f"is the configuration of {whose}, not of {node_id}; name another file",
        )
        raise click.ClickException(f"{path}: {said}")
    if len(key) != seal.KEY_BYTES or not drivers:
        said = both(
            "密钥不完整，或没有通道；请重新登记",
            "holds no whole key, or no channel; make it again",
        )
        raise click.ClickException(f"{path}: {said}: {again}")
    if what := fault(config):
        said = both(f"{what} 缺了或不对；请重新登记", f"{what} is missing or wrong; make it again")
        raise click.ClickException(f"{path}: {said}: {again}")
    return dict(config)


def _check_program(config: dict[str, Any], manifest: Manifest, path: Path) -> None:
    held = {each.file for each in manifest.files}
    link = (config.get("link") or {}).get("kind", "ip")
    if f"{LINKS.get(link, link).replace('.', '/')}.mpy" not in held:
        said = both(
            f"连接方式是 {link}，板型 {manifest.board} 的程序里没有；请重新登记，或按它编译",
            f"its link is {link}, which the program of board {manifest.board} does not hold; enrol "
            "the node again, or build with its --link",
        )
        raise click.ClickException(f"{path}: {said}")
    for row in config["channels"]:
        if f"firmware/sensors/{row['driver']}.mpy" not in held:
            number, driver = row.get("number"), row["driver"]
            said = both(
                f"通道 {number} 要驱动 {driver}，板型 {manifest.board} 的程序里没有；请重新登记，"
                "或按它的板型编译",
                f"channel {number} wants the driver {driver}, which the program of board "
                f"{manifest.board} does not hold; enrol the node again, or build for its board",
            )
            raise click.ClickException(f"{path}: {said}")


def _program(
    parts: Parts, node_id: str, epoch: int, path: Path, folder: Path | None
) -> tuple[Manifest, dict[str, bytes]]:
    """The bundle in `folder`, else one that is built now for the node's board.

    What the registry knows of the board it knows of the key, too: whether somebody gave another.
    """
    if folder is not None:
        return bundle.read(folder)
    row = find_node(parts.registry(), node_id)
    if row.epoch != epoch:
        now = row.epoch or "-"
        said = both(
            f"里面是第 {epoch} 把密钥，现在有效的是第 {now} 把：可能有别人重新登记过；请用新的"
            "文件，或重新登记",
            f"holds key {epoch}, and the one that counts is {now}: somebody else may have enrolled "
            "it anew; take that file, or make it again",
        )
        raise click.ClickException(f"{path}: {said}: nongqing node enroll {node_id} --out {path}")
    with tempfile.TemporaryDirectory() as made:
        bundle.build(row.board, find_board(parts, row.board), Path(made))
        return bundle.read(Path(made))


@click.command()
@click.argument("node_id", metavar="NODE")
@click.option(
    "--config",
    required=True,
    type=click.Path(path_type=Path),
    help="Configuration of the node, as `nongqing node enroll` wrote it.",
)
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Image to write; it holds the node's key and is readable by you alone.",
)
@click.option(
    "--bundle",
    "folder",
    type=click.Path(path_type=Path),
    help="Program that `nongqing node build` made; else it is built now for the node's board, "
    "which the registry knows.",
)
@click.option(
    "--blocks",
    type=click.IntRange(filesystem.FEWEST_BLOCKS, 65536),
    default=filesystem.BLOCKS,
    show_default=True,
    help="Size in blocks of 4096 bytes: all that MicroPython leaves of the flash, here of 4 MiB.",
)
@click.pass_obj
def image(
    parts: Parts,
    node_id: str,
    config: Path,
    out: Path,
    folder: Path | None,
    blocks: int,
) -> None:
    """Make the file system of NODE: loader, program and its configuration, in littlefs2.

    It is for MicroPython's own file system, in the place that `nongqing node flash` writes it to.

    \b
    Example:
      nongqing node image qf-001 --config qf-001.json --out qf-001.img
    """
    held = read_config(config, node_id)
    try:
        manifest, files = _program(parts, node_id, held["epoch"], config, folder)
        _check_program(held, manifest, config)
        text = json.dumps(held).encode()
        write_secret(out, filesystem.make(manifest, files, text, blocks))
    except BundleError as error:
        raise click.ClickException(f"{out}: {both('没有做成', 'not made')}: {error}") from error
    except OSError as error:
        raise unwritable(out, error) from error
    size = blocks * filesystem.BLOCK
    said = both(
        f"{node_id} 的镜像，板型 {manifest.board}，固件 {manifest.firmware}，{size} 字节；"
        "内有密钥，请保密",
        f"{size} bytes for {node_id}, board {manifest.board}, firmware {manifest.firmware}; it "
        "holds the node's key (keep it secret)",
    )
    click.echo(f"{out}: {said}")
