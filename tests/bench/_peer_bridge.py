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
    }
)
for trial in range(5):
    try:
        route.start()
        break
    except RuntimeError:  # now and then it waits for an answer that stands behind a backlog
        if trial == 4:
            raise
print("ready", flush=True)
sys.stdin.readline()
route.stop()
route.join()
