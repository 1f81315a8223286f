"""Connect with TLS and print how long each packet is that comes: ``hear_tls.py port count``.

Runs under MicroPython only; waits for the socket as a node does, at most 12 s.
"""

import select
import sys
import time

from firmware.node.link_ip import Mqtt

mqtt = Mqtt("qf-001", "127.0.0.1", int(sys.argv[1]), psk={"identity": "qf-001", "key": "11" * 32})
mqtt.connect()
poller = select.poll()
poller.register(mqtt.socket, select.POLLIN)
left = int(sys.argv[2])
end = time.ticks_add(time.ticks_ms(), 12000)
while left and time.ticks_diff(end, time.ticks_ms()) > 0:
    if poller.poll(100):
        for _, _, payload in mqtt.receive():
            print(len(payload))
            left -= 1
