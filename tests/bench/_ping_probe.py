"""Opens a node's connection, pings so often as asked, and ends (MicroPython only).

``_ping_probe.py config pings``
"""

import json
import select
import sys

from firmware.node.link_ip import Mqtt

with open(sys.argv[1]) as file:
    broker = json.load(file)["broker"]
mqtt = Mqtt("qf-001", broker["host"], broker["port"], psk=broker["psk"])
poller = select.poll()


def answer():
    """Wait for one answer of the broker."""
    while not mqtt.receive():
        poller.poll(5000)


mqtt.connect()
poller.register(mqtt.socket, select.POLLIN)
mqtt.subscribe("nq/1/qf-001/ack")
poller.poll(5000)
answer()
for _ in range(int(sys.argv[2])):
    mqtt.ping()
    poller.poll(5000)
    answer()
mqtt.close()
