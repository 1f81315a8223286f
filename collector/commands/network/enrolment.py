"""The device registry as the workbench sees it, without the database's connections in sight."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from collector.commands.actor import by_command
from collector.commands.named import NAME
from collector.keys import MasterKey, NoMasterKey, load_master_key, load_or_make_master_key
from collector.settings import Settings
from collector.store import audit
from collector.store.network import registry
from collector.store.postgres import db
from firmware.wire.codec import Layout

T = TypeVar("T")


class StoreRegistry:
    """Enrols nodes and hands out their keys; each call is one transaction.

    Parameters
    ----------
    settings : Settings
        Names the database and the master key.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def _with(self, work: Callable[[db.Connection], T]) -> T:
        pool = db.Pool(self._settings.need_dsn(), size=1)
        try:
            with pool.connection() as conn:
                return work(conn)
        finally:
            pool.close()

    def enroll(
        self,
        node_id: str,
        *,
        layout: Layout | None,
        at: datetime,
        after_revocation: bool = False,
    ) -> registry.NodeKey:
        """Give a node a new key under the next epoch; earlier ones are retired."""
        master = self._master_for_enrolment()

        def work(conn: db.Connection) -> registry.NodeKey:
            key = registry.enroll(
                conn, master, node_id, at=at, layout=layout, after_revocation=after_revocation
            )
            told = {"epoch": key.epoch, "after_revocation": after_revocation}
            audit.append(conn, by_command("node enroll"), "node_enrolled", node_id, told, at=at)
            return key

        return self._with(work)

    def revoke(self, node_id: str, *, reason: str, by: str, at: datetime) -> int:
        """Take a node away: none of its keys counts any more; return how many that were."""
        reason, by = (NAME.convert(text, None, None) for text in (reason, by))

        def work(conn: db.Connection) -> int:
            keys = registry.revoke(conn, node_id, reason=reason, by=by, at=at)
            if keys:
                told = {"keys": keys, "reason": reason, "by": by}
                audit.append(conn, by_command("node revoke"), "node_revoked", node_id, told, at=at)
            return keys

        return self._with(work)

    def _master_for_enrolment(self) -> MasterKey:
        """Return the master key; make one only where no node has a key under another yet."""
        where = self._settings.state_dir, self._settings.master_key
        try:
            return load_master_key(*where)
        except NoMasterKey:
            if any(node.epoch is not None for node in self.nodes()):
                raise
        return load_or_make_master_key(*where)

    def nodes(self) -> list[registry.NodeRow]:
        """Return every node of the registry, by id."""
        return self._with(registry.nodes)

    def key(self, node_id: str) -> registry.NodeKey | None:
        """Return a node's current key, or None when it has none."""
        master = load_master_key(self._settings.state_dir, self._settings.master_key)
        now = self._settings.clock().now()

        def work(conn: db.Connection) -> registry.NodeKey | None:
            key = registry.key(conn, master, node_id)
            if key is not None:
                told = {"epoch": key.epoch}
                audit.append(conn, by_command("node"), "node_key_read", node_id, told, at=now)
            return key

        return self._with(work)
