"""A fleet of simulated nodes, on one clock and one weather."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from firmware.workbench.config import node_config, parse_broker_url, write_config
from firmware.workbench.faults import NodeFaults
from firmware.workbench.parts import Board, NodeKey
from firmware.workbench.rides import read_ride
from firmware.workbench.simulated import (
    ASLEEP,
    RTC,
    SHORT_LIFE_S,
    SHORT_LIVES,
    SimulatedNode,
    SimulationError,
)

#: How far back a node with outputs begins at most [s]: it looks around far more often than others.
MOST_ACTED_S = 2 * 86400.0


def differences_of(node_id: str) -> dict[str, float]:
    """Small lasting differences between a node and the weather file, made from its id.

    Illustrative, not measured: up to 0.4 degC, 2 % humidity, 0.02 m3 m-3 of soil moisture, 0.3 degC
    of soil temperature either way, and a tenth more or less rain.
    """
    digest = hashlib.sha256(node_id.encode()).digest()
    share = [byte / 127.5 - 1 for byte in digest[:5]]
    return {
        "air_temperature": round(0.4 * share[0], 3),
        "relative_humidity": round(2.0 * share[1], 3),
        "soil_moisture": round(0.02 * share[2], 4),
        "soil_temperature": round(0.3 * share[3], 3),
        "rain_factor": round(1 + 0.1 * share[4], 4),
    }


def clock_now(spec: str) -> float:
    """Return what a shared clock says now [s since 1970 UTC]; `spec` as for `Fleet`."""
    if spec == "system":
        return time.time()
    head, rate = spec.removeprefix("sim:").split("*")
    sim, real = head.split("@")
    return float(sim) + (time.time() - float(real)) * float(rate)


class Fleet:
    """Several simulated nodes on one shared clock and one weather file.

    Parameters
    ----------
    nodes : sequence of (node id, NodeKey, Board)
    broker_url : str
        ``mqtt://[user:password@]host[:port]``
    clock_spec : str
        ``sim:<sim_unix>@<real_unix>*<rate>`` or ``system``.
    weather_path : Path
        Compact file of firmware.workbench.hourly.
    state_dir : Path
        Gets one folder for each node, readable by the owner only.
    backlog_days : float
        How far back a node begins at its very first start [d]; one that rides along no further
        than its ride does, one with outputs two days.
    journal_dir : Path, optional
        Gets ``<node>.txt``: boot, seq and SHA-256 of each frame once it is safe on flash.
    settings : mapping, optional
        More for every node's bench: ``rtc`` false, ``faults``, ``flash_blocks``.
    config : mapping, optional
        More for every node's own configuration: ``outbox_bytes``, ``ack_ms``.
    update_key : str, optional
        Public key of who signs updates, in hexadecimal. With it the nodes have two slots on their
        flash, and start from what the loader finds there.
    faults : mapping, optional
        Of nodes, what goes wrong with them and when.
    """

    def __init__(
        self,
        nodes: Sequence[tuple[str, NodeKey, Board]],
        broker_url: str,
        clock_spec: str,
        weather_path: Path,
        state_dir: Path,
        backlog_days: float,
        journal_dir: Path | None = None,
        settings: Mapping[str, Any] | None = None,
        config: Mapping[str, Any] | None = None,
        update_key: str | None = None,
        faults: Mapping[str, NodeFaults] | None = None,
    ) -> None:
        self.clock_spec = clock_spec
        self.nodes: dict[str, SimulatedNode] = {}
        broker = parse_broker_url(broker_url)
        for node_id, key, board in nodes:
            folder = state_dir.absolute() / node_id
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            more = dict(config or {}) | ({"update_key": update_key} if update_key else {})
            write_config(folder / "node.json", node_config(key, board, broker) | more)
            bench: dict[str, Any] = {
                "clock": clock_spec,
                "weather": str(weather_path.absolute()),
                "image": str(folder / "flash.img"),
                "config": str(folder / "node.json"),
                "backlog_s": backlog_days * 86400,
                "differences": differences_of(node_id),
                "backlog_mark": str(folder / "backlog"),
            }
            if board.outputs:
                rows = [{"kind": each.kind, "pins": list(each.pins)} for each in board.outputs]
                meters = [each for each in board.channels if each.driver == "flow_meter"]
                per_l = meters[0].settings.get("pulses_per_l", 450) if meters else 0
                bench["outputs"] = {"rows": rows, "pulses_per_l": per_l}
                bench["backlog_s"] = min(bench["backlog_s"], MOST_ACTED_S)
            if board.power:
                bench["supply_pin"] = board.power.supply_pin
            if board.power and board.power.deep_sleep:
                bench |= {"asleep": str(folder / ASLEEP), "rtc_memory": str(folder / RTC)}
            ride = read_ride(folder)
            if ride is not None:
                begun = max(0.0, clock_now(clock_spec) - ride.begins)
                bench |= {
                    "ride": str(ride.path),
                    "faults": ride.faults,
                    "backlog_s": min(bench["backlog_s"], begun),
                }
            if journal_dir is not None:
                journal_dir.mkdir(parents=True, exist_ok=True)
                bench["journal"] = str(journal_dir.absolute() / f"{node_id}.txt")
            own = (faults or {}).get(node_id)
            if own:
                bench["faults"] = [*bench.get("faults", ()), *own.told]
            bench |= dict(settings or {})
            has_modem = board.link["kind"] == "nbiot" and "modem" not in bench
            drives = board if update_key else None
            self.nodes[node_id] = SimulatedNode(node_id, folder, bench, drives, has_modem)
            self.nodes[node_id].faults = own or NodeFaults()
            self.nodes[node_id].begin_again()

    def start(self) -> None:
        """Switch every node on that is not running and has power."""
        now = clock_now(self.clock_spec)
        for node in self.nodes.values():
            if not node.alive() and not node.faults.is_off(now):
                node.start()

    def switch_power(self) -> list[str]:
        """Cut the power of nodes, or give it back, as their faults say; one line for each."""
        now = clock_now(self.clock_spec)
        said = []
        for name, node in self.nodes.items():
            off = node.faults.is_off(now)
            if off and node.process is not None:
                node.cut_power()
                said.append(f"node {name}: power cut")
            elif not off and node.process is None and node.faults.cuts:
                node.start()
                said.append(f"node {name}: power is back")
        return said

    def alive(self) -> dict[str, bool]:
        """Which nodes run."""
        return {node_id: node.alive() for node_id, node in self.nodes.items()}

    def broker_news(self) -> list[str]:
        """What the nodes have met at the broker since the last call, one line for each change."""
        started = [node for node in self.nodes.values() if node.process is not None]
        return [line for node in started for line in node.broker_news()]

    def restart_ended(self) -> dict[str, int]:
        """Start again every started node that has ended by itself; return their exit codes.

        Raises
        ------
        SimulationError
            If a node ends within seconds of every start; the message names its log.
        """
        ended = {}
        for node_id, node in self.nodes.items():
            if node.process is not None and not node.alive():
                ended[node_id] = node.process.returncode
                node.switch_off()
                if time.monotonic() - node.started < SHORT_LIFE_S:
                    node.short_lives += 1
                else:
                    node.short_lives = 0
                if node.short_lives >= SHORT_LIVES:
                    raise SimulationError(
                        f"node {node_id}: ends again and again, now with code {ended[node_id]}; "
                        f"its log is {node.log}\n{node.last_lines()}"
                    )
                node.start()
        return ended

    def stop(self) -> None:
        """Switch every node off; they may be started again."""
        for node in self.nodes.values():
            if node.process is not None:
                node.process.terminate()
        for node in self.nodes.values():
            node.switch_off()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
