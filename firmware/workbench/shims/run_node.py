"""Power on: what an ESP32 does before its main program, for a simulated node.

Mounts the flash, brings the configuration onto it and starts the real program: with two slots by
way of the real loader, which is brought onto the flash with slot a.
"""

import binascii
import gc
import hashlib
import os

gc.threshold(4096)  # as in main, whose modules are compiled here

from bench import settings  # noqa: E402
from flash import Flash  # noqa: E402

if settings.get("outputs"):
    import acted as acted

chip = Flash()
try:
    vfs = os.VfsLfs2(chip)
except OSError:
    os.VfsLfs2.mkfs(chip)
    vfs = os.VfsLfs2(chip)
os.mount(vfs, "/flash")
gc.collect()  # a new flash was filled from many buffers

with open(settings["config"]) as file:
    config = file.read()
# Brought on when it is another than was brought on before: what a command changed since stays.
given = binascii.hexlify(hashlib.sha256(config.encode()).digest()).decode()
try:
    with open("/flash/given") as file:
        same = file.read() == given
except OSError:
    same = False
if not same:
    for name, text in (("node.json", config), ("given", given)):
        with open("/flash/" + name + ".new", "w") as file:
            file.write(text)
        os.rename("/flash/" + name + ".new", "/flash/" + name)

if settings.get("program"):
    import bring

    bring.slot(settings["program"])
    os.chdir("/flash")  # an ESP32 is in the root of its flash
    with open("main.py") as file:
        program = file.read()
    exec(program)  # noqa: S102  what the flash holds, as an ESP32 does
else:
    from firmware.node import main

    main.main()
