"""The device registry as the workbench sees it, without the database's connections in sight."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from collector.commands.actor import by_command
from collector.commands.named import NAME
from collector.keys import MasterKey, NoMasterKey, load_master_key, load_or_make_master_key
from collector.settings import Settings
from collector.store import audit
from collector.store.network import node_commands, registry, update_keys
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
        update_key: str | None = None,
    ) -> registry.NodeKey:
        """Give a node a new key under the next epoch; earlier ones are retired."""
        master = self._master_for_enrolment()

        def work(conn: db.Connection) -> registry.NodeKey:
            key = registry.enroll(
                conn, master, node_id, at=at, layout=layout, after_revocation=after_revocation
            )
            if update_key:
                update_keys.trust(conn, [node_id], update_key)
            told = {"epoch": key.epoch, "after_revocation": after_revocation}
            audit.append(conn, by_command("node enroll"), "node_enrolled", node_id, told, at=at)
            return key

        return self._with(work)

    def trust(self, nodes: Iterable[str], update_key: str) -> None:
        """Note that nodes take updates signed with the key of this public one."""
        self._with(lambda conn: update_keys.trust(conn, nodes, update_key))

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

    def tell(
        self,
        node_id: str,
        word: str,
        argument: object,
        shown: Mapping[str, Any],
        *,
        by: str,
        at: datetime,
        expires: datetime,
    ) -> int:
        """Keep a command to a node for sending; return its number."""
        by = NAME.convert(by, None, None)
        master = load_master_key(self._settings.state_dir, self._settings.master_key)

        def work(conn: db.Connection) -> int:
            number = node_commands.give_more(
                conn,
                master,
                node_id,
                word,
                argument,
                shown=shown,
                by=by,
                at=at,
                expires=expires,
            )
            told = {"number": number, "command": word, "by": by, **shown}
            audit.append(conn, by_command("node tell"), "node_told", node_id, told, at=at)
            return number

        return self._with(work)

    def know_layout(self, layout: Layout, *, at: datetime) -> None:
        """Make a channel layout known, so that frames of it can be read."""
        self._with(lambda conn: registry.put_layout(conn, layout, at))

    def told(self, node_id: str) -> list[node_commands.NodeCommand]:
        """Return what the node was told, newest first."""
        return self._with(lambda conn: node_commands.of_node(conn, node_id))

    def refused(self, node_id: str | None = None) -> list[node_commands.NodeRefused]:
        """Return the messages that the node, or every node, did not take."""
        return self._with(lambda conn: node_commands.refused(conn, node_id))

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
