"""What a node's reports take: bytes of frames, of the firmware, of its heap and on the link.

Reports of nine quantities of the Beijing series (`_wire_weather.py` says what is noise and what was
not measured) beside unsealed SenML-CBOR. Prints each figure beside its bar; exit code 1 when a bar
is missed. Without the series it says so, and measures the rest.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from field_configs.load import load
from firmware.workbench import bundle, release
from firmware.workbench.weather import BEIJING
from firmware.workbench.weather_files import read_beijing
from tests.bench import _wire_bytes, _wire_heap, _wire_link

SINGLE_BAR, BATCH_BAR, BATCH_STRETCH = 0.60, 0.20, 0.17
BUNDLE_BAR, HEAP_BAR = 48 * 1024, 96 * 1024
WAITING = 5000
LINK_BAR = 0.35


def bytes_of_reports() -> bool:
    """Print what reports take; tell whether the bars are kept."""
    if not BEIJING.is_file():
        print(f"reports: not measured, the Beijing series is not there ({BEIJING})")
        return True
    sizes = _wire_bytes.measure(read_beijing(BEIJING))
    single, batch = _wire_bytes.ratios(sizes)
    print(f"{sizes.reports:,} reports of nine quantities; SenML-CBOR {sizes.senml:.1f} B")
    print(
        f"single report  {sizes.single:6.1f} B  {single:.3f} of SenML (bar {SINGLE_BAR:.2f}); "
        f"format 1 {sizes.single_format_1:.1f} B"
    )
    print(
        f"batch of six   {sizes.batch:6.1f} B  {batch:.3f} a sample (bar {BATCH_BAR:.2f}, "
        f"stretch {BATCH_STRETCH:.2f}); format 1 {sizes.batch_format_1:.1f} B"
    )
    return single <= SINGLE_BAR and batch <= BATCH_BAR


def bytes_of_firmware() -> bool:
    """Print what each board's program takes on flash, and as it travels with its manifest.

    Tells whether the bar is kept as it travels, by each board with the link that it has.
    """
    kept = True
    for name, board in sorted(load(site=None).boards.items()):
        for kind in bundle.LINKS:
            with tempfile.TemporaryDirectory(prefix="nongqing-bench-") as folder:
                made = bundle.build(name, board, Path(folder), kind)
                _, _, travels = release.describe(name, bundle.read(Path(folder))[1])
            total = sum(map(len, travels))
            its_own = kind == board.link["kind"]
            good = total < BUNDLE_BAR
            kept = kept and (good or not its_own)
            missed = "MISSED" if its_own else "over, with another link than the board has"
            print(
                f"bundle         {total:6,} B  {len(made.files)} files of {name} by {kind}, "
                f"deflated, and manifest; {made.bytes:,} on flash"
                f"{'' if good else ': ' + missed} (bar {BUNDLE_BAR:,})"
            )
    return kept


def heap_of_node() -> bool:
    """Print what a node's heap holds at most; tell whether the bar is kept."""
    with tempfile.TemporaryDirectory(prefix="nongqing-bench-") as folder:
        backlog, heap = _wire_heap.measure(Path(folder), WAITING)
        least = _wire_heap.least(Path(folder), backlog, heap.node)
    print(
        f"heap, at most  {heap.node:6,} B  while {backlog.frames:,} waiting frames go and measuring"
        f" goes on (bar {HEAP_BAR:,})"
    )
    print(
        f"               {heap.peak:6,} B  in all: {heap.emulation:,} are the emulated chips', "
        f"{heap.looking:,} of what looks, {heap.pools:,} of room for their names; the node has "
        f"{heap.names} names"
    )
    print(
        f"least heap     {least:6,} B  in which it does all that, the emulated chips among it "
        f"({least - heap.emulation:,} without); in steps of {_wire_heap.STEP:,}"
    )
    return heap.node < HEAP_BAR


def bytes_on_the_link() -> bool:
    """Print what an hour's report takes on the link; tell whether the bar is kept."""
    with tempfile.TemporaryDirectory(prefix="nongqing-bench-") as folder:
        hour = _wire_link.measure(Path(folder))
    print(
        f"on the link, report and acknowledgement {hour.report:.0f} B, ping {hour.ping:.0f} B, new "
        f"connection {hour.connection:.0f} B; JSON ({hour.json_message} B) over mutual TLS, a "
        f"connection each hour, {hour.json:.0f} B"
    )
    print(
        f"an hour        {hour.node:6.0f} B  {hour.node / hour.json:.3f} of JSON (bar {LINK_BAR}): "
        f"a report, {hour.pings:g} pings, 1/24 of a connection; one with TLS for each report "
        f"{(hour.report + hour.connection) / hour.json:.3f}"
    )
    return hour.node <= LINK_BAR * hour.json


def main() -> int:
    """Measure everything in one run."""
    kept = [bytes_of_reports(), bytes_of_firmware(), heap_of_node(), bytes_on_the_link()]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
