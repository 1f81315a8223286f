"""The registry: import, devices, keys."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from collector.ingest.known_nodes import read_known_nodes
from collector.keys import MasterKey, MasterKeyError
from collector.store import settings_table
from collector.store.network import registry
from field_configs.board import layout_of
from tests.collector.conftest import MASTER, NOW, enrol
from tests.collector.ingest.test_intake import rows

if TYPE_CHECKING:
    from collector.store.postgres import db
    from field_configs.schema import Configs


def test_the_demonstration_is_imported(registered: db.Connection, configs: Configs) -> None:
    with registered:
        villages = registry.villages(registered)
        assert {v.id for v in villages} == set(configs.villages)
        one = villages[0]
        declared = configs.villages[one.id]
        assert (one.zh, one.position) == (declared.zh, "illustrative")
        assert one.county_en == configs.counties[one.county].en
        assert one.township_zh == configs.townships[one.township].zh
        assert one.nodes == sum(
            configs.fields[n.field].village == one.id for n in configs.nodes.values()
        )
        assert registry.village(registered, one.id) == one
        assert registry.village(registered, "nowhere") is None
        assert {f.id: f for f in registry.fields(registered)} == dict(configs.fields)
        assert {p.id: p for p in registry.placements(registered)} == dict(configs.placements)
        assert all(f.village == one.id for f in registry.fields(registered, one.id))
        assert set(registry.seasons(registered)) == set(configs.seasons)
        assert set(registry.stage_observations(registered)) == set(configs.stage_observations)
        assert set(registry.layouts(registered)) == {
            layout_of(b).id for b in configs.boards.values()
        }


def test_importing_again_changes_nothing(registered: db.Connection, configs: Configs) -> None:
    tables = ("village", "field", "season", "placement", "series", "node", "assignment")
    before = {t: rows(registered, f"SELECT * FROM {t} ORDER BY 1") for t in tables}
    with registered:
        counts = registry.import_configs(registered, configs, NOW)
    assert counts["villages"] == len(configs.villages)
    assert {t: rows(registered, f"SELECT * FROM {t} ORDER BY 1") for t in tables} == before
    assert rows(registered, "SELECT count(*) FROM registry_import") == [(2,)]


def test_a_moved_channel_serves_the_old_place_until_then(
    registered: db.Connection, configs: Configs
) -> None:
    name = sorted(configs.nodes)[0]
    node = configs.nodes[name]
    other = next(p for p in configs.placements.values() if p.field != node.field)
    changed = replace(node, channels={**node.channels, 0: other.id})
    enrol(registered, name)
    with registered:
        old = read_known_nodes(registered, MASTER)
        registry.import_configs(
            registered, replace(configs, nodes={**configs.nodes, name: changed}), NOW
        )
        new = read_known_nodes(registered, MASTER)
    assert new.version > old.version
    moment = int(NOW.timestamp())
    before, after = (new.nodes[name].service(0, moment + s) for s in (-1, 0))
    assert before is not None
    assert after is not None
    assert before.series == old.nodes[name].service(0, moment).series != after.series
    assert new.nodes[name].service(1, moment) == old.nodes[name].service(1, moment)
    assert new.nodes[name].service(99, moment) is None


def test_a_removed_channel_serves_nothing_and_a_returned_one_only_from_then(
    registered: db.Connection, configs: Configs
) -> None:
    name = sorted(configs.nodes)[0]
    node = configs.nodes[name]
    fewer = replace(node, channels={k: v for k, v in node.channels.items() if k != 5})
    enrol(registered, name)
    with registered:
        registry.import_configs(registered, replace(configs, nodes={name: fewer}), NOW)
        registry.import_configs(registered, configs, NOW + timedelta(hours=2))
        places = read_known_nodes(registered, MASTER).nodes[name]
    moment = int(NOW.timestamp())
    found = [places.service(5, moment + s) is not None for s in (-1, 0, 7199, 7200)]
    assert found == [True, False, False, True]


def test_seasons_at_a_day_are_the_latest_sown(registered: db.Connection, configs: Configs) -> None:
    season = configs.seasons[0]
    with registered, registered.cursor() as cur:
        cur.execute(
            "INSERT INTO season (field, crop, sown) VALUES (%s, 'summer_maize', '2016-06-10')",
            (season.field,),
        )
    with registered:
        spring = {s.field: s.crop for s in registry.seasons(registered, NOW)}
        # 16:30 UTC on 9 June is 10 June in Puyang.
        evening = NOW.replace(month=6, day=9, hour=16, minute=30)
        summer = {s.field: s.crop for s in registry.seasons(registered, evening)}
        before = {
            s.field: s.crop for s in registry.seasons(registered, evening - timedelta(hours=1))
        }
    assert spring[season.field] == before[season.field] == season.crop
    assert summer[season.field] == "summer_maize"


def test_enrolling_an_unknown_node_names_the_nearest(
    registered: db.Connection, configs: Configs
) -> None:
    name = sorted(configs.nodes)[0]
    with registered, pytest.raises(registry.UnknownNode, match=f'did you mean "{name}"') as caught:
        registry.enroll(registered, MASTER, name + "1", at=NOW)
    assert "nongqing sites import" in str(caught.value)


def test_each_enrolment_raises_the_epoch_and_retires_the_key(
    registered: db.Connection, configs: Configs
) -> None:
    name = sorted(configs.nodes)[0]
    first, again = enrol(registered, name), enrol(registered, name)
    assert (first.key.epoch, again.key.epoch) == (1, 2)
    assert first.key.key != again.key.key
    with registered:
        assert registry.key(registered, MASTER, name) == again.key
        keys = {k.epoch: k for k in registry.keys(registered, MASTER)}
        assert registry.nodes(registered, name)[0].epoch == 2
    assert (keys[1].retired, keys[1].revoked) == (NOW - timedelta(days=1), False)
    assert (keys[2].retired, keys[2].revoked) == (None, False)


def test_a_revoked_node_has_no_key_of_any_epoch(
    registered: db.Connection, configs: Configs
) -> None:
    """An orderly re-enrolment retires the key before; a revocation takes all of them."""
    name, other = sorted(configs.nodes)[:2]
    enrol(registered, name)
    enrol(registered, name)
    enrol(registered, other)
    with registered:
        assert registry.revoke(registered, name, reason="stolen", by="Li", at=NOW) == 2
        assert registry.revoke(registered, name, reason="again", by="Wu", at=NOW) == 0
        assert registry.key(registered, MASTER, name) is None
        keys = {(k.node, k.epoch): k for k in registry.keys(registered, MASTER)}
        (row,) = registry.nodes(registered, name)
        assert registry.nodes(registered, other)[0].revoked is None
    assert (row.epoch, row.revoked) == (None, NOW)
    assert (keys[name, 1].retired, keys[name, 1].revoked) == (NOW - timedelta(days=1), True)
    assert (keys[name, 2].retired, keys[name, 2].revoked) == (NOW, True)
    assert (keys[other, 1].retired, keys[other, 1].revoked) == (None, False)
    assert rows(registered, "SELECT node, at, reason, revoked_by FROM revocation") == [
        (name, NOW, "stolen", "Li")
    ]


def test_a_revoked_node_comes_back_only_when_it_is_said(
    registered: db.Connection, configs: Configs
) -> None:
    name = sorted(configs.nodes)[0]
    enrol(registered, name)
    with registered:
        registry.revoke(registered, name, reason="stolen", by="Li", at=NOW)
    with registered, pytest.raises(registry.NodeRevoked) as caught:
        registry.enroll(registered, MASTER, name, at=NOW)
    assert str(caught.value) == (
        f"node {name}: was revoked on 2016-05-01 12:00 UTC by Li (stolen); if the device is in "
        f"good hands again: nongqing node enroll {name} --after-revocation"
    )
    with registered:
        key = registry.enroll(registered, MASTER, name, at=NOW, after_revocation=True)
        assert key.epoch == 2
        assert registry.nodes(registered, name)[0].revoked is None
        revoked = {k.epoch: k.revoked for k in registry.keys(registered, MASTER)}
    assert revoked == {1: True, 2: False}
    with registered:
        registry.enroll(registered, MASTER, name, at=NOW)  # from now on in the ordinary way


def test_revoking_an_unknown_node_names_the_nearest(
    registered: db.Connection, configs: Configs
) -> None:
    name = sorted(configs.nodes)[0]
    with registered, pytest.raises(registry.UnknownNode, match=f'did you mean "{name}"'):
        registry.revoke(registered, name + "1", reason="lost", by="Li", at=NOW)


def test_keys_are_encrypted_at_rest(registered: db.Connection, configs: Configs) -> None:
    name = sorted(configs.nodes)[0]
    bench = enrol(registered, name)
    ((kept,),) = rows(registered, "SELECT encrypted FROM node_key")
    assert bench.key.key not in kept
    with registered, pytest.raises(MasterKeyError, match="restore the master key"):
        registry.keys(registered, MasterKey(bytes(32)))


def test_a_key_moved_to_another_node_does_not_open(
    registered: db.Connection, configs: Configs
) -> None:
    first, second = sorted(configs.nodes)[:2]
    enrol(registered, first)
    with registered, registered.cursor() as cur:
        cur.execute(
            "INSERT INTO node_key SELECT %s, epoch, encrypted, created FROM node_key", (second,)
        )
    with registered, pytest.raises(MasterKeyError, match=f"node {second}, epoch 1"):
        registry.key(registered, MASTER, second)


def test_settings_are_kept_and_replaced(conn: db.Connection) -> None:
    with conn:
        assert settings_table.get(conn, "banner") is None
        settings_table.put(conn, "banner", "one", NOW)
        settings_table.put(conn, "banner", "two", NOW)
        assert settings_table.get(conn, "banner") == "two"
        assert settings_table.everything(conn) == {"banner": "two"}
