"""One route of mq-bridge from MQTT to a table, until a line comes in; runs in the peer's Python."""

import sys

from mq_bridge import Route

broker, database, batch = sys.argv[1:]
route = Route.from_config(
    {
        "input": {
            "mqtt": {
                "url": broker,
                "topic": "peer/#",
                "client_id": "peer",
                "clean_session": False,
                "session_expiry_interval": 3600,
                "qos": 1,
                "max_inflight": 5000,
                "queue_capacity": 10_000,
            }
        },
        "output": {
            "sqlx": {
                "url": database,
                "table": "peer",
                "columns": "auto",
                "key": "series_id,time",
            }
        },
        "batch_size": int(batch),
        "startup_timeout_ms": 60_000,
    }
)
route.start()
print("ready", flush=True)
sys.stdin.readline()
route.stop()
route.join()
