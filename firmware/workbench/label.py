"""The command `node label`: labels to stick on nodes."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import click

from firmware.workbench.cli import find_node
from firmware.workbench.parts import LabelMaker
from firmware.workbench.words import both, unwritable

#: What an ending of a file's name makes: one label of 60 x 40 mm, or sheets of A4.
ONE, SHEETS = ("svg", "png"), "pdf"


@click.command()
@click.argument("node_ids", metavar="NODE...", nargs=-1, required=True)
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write: .svg or .png for one label of 60 x 40 mm, .pdf for sheets of A4.",
)
@click.option("--url", help="Address of the web, as phones reach it; else NONGQING_URL.")
@click.pass_obj
def label(parts: LabelMaker, node_ids: tuple[str, ...], out: Path, url: str | None) -> None:
    """Draw the label of each NODE: whoever reads its code stands at the page to commission it.

    It is the code that the web shows at /nodes/<node>/label.

    \b
    Example:
      nongqing node label qf-001 py-002 --out labels.pdf --url https://nongqing.example
    """
    kind = out.suffix.removeprefix(".").lower()
    if kind not in (*ONE, SHEETS):
        said = both(
            "没有这种标签；文件名请以 .svg、.png 或 .pdf 结尾",
            "no label is made of that kind; end its name with .svg, .png or .pdf",
        )
        raise click.ClickException(f"{out}: {said}")
    if kind in ONE and len(node_ids) > 1:
        sheets = out.with_suffix(".pdf")
        said = both(
            f"只放得下一张标签，却写了 {len(node_ids)} 台设备；请用 --out {sheets}，或一台一台来",
            f"holds one label, and {len(node_ids)} nodes are named; write sheets of A4 with "
            f"--out {sheets}, or call it once for each",
        )
        raise click.ClickException(f"{out}: {said}")
    home = url or parts.settings().url
    if home is None:
        said = both(
            "不知道网站的地址；请写 --url https://…，或设 NONGQING_URL",
            "the address of the web is not known; give it: --url https://…, or set NONGQING_URL",
        )
        raise click.ClickException(f"label: {said}")
    if urlsplit(home).scheme not in ("http", "https") or not urlsplit(home).hostname:
        said = both(
            "不是网站的地址；请写成 https://nongqing.example",
            "is no address of a web; write https://nongqing.example",
        )
        raise click.ClickException(f"label: --url {home}: {said}")
    registry = parts.registry()
    for each in node_ids:
        if find_node(registry, each).epoch is None:
            said = both(
                "没有密钥：还没登记，或已停用", "has no key: not enrolled yet, or out of service"
            )
            click.echo(f"{each}: {said}", err=True)
    try:
        out.write_bytes(parts.draw_labels(node_ids, home, kind))
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise unwritable(out, error) from error
    click.echo(f"{out}: {both('标签', 'labels')}: {', '.join(node_ids)} ({home})")
