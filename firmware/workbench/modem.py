"""A narrowband modem on a pseudo-terminal, emulated from its maker's manuals and strict.

Sources: as firmware/node/link_nbiot.py names them, M and A. What the firmware must not do is
answered with an error, as there, and noted in `broken`: a command before the last one has ended
(A 1.2), a packet before the result of the last (M 3.3.8, note 1), data earlier than the modem
is ready for it (A 1.4). Which error it is where the manuals name none is a choice: unverified.
Messages go to a real broker and come from it.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable

from firmware.node.link_ip import Mqtt
from firmware.node.packets import PUBACK, PUBLISH, SUBACK
from firmware.workbench.modem_line import Line, State

MAX_PAYLOAD = 730  # bytes in hexadecimal mode, M 3.3.8
MAX_KEEPALIVE_S = 3600
CELL = '0,3688,11,121,"05C4EF33",-72,-8,-64,14,8,"4C10",0,-128,3'  # the example of A 4.8
KEPT = {"relversion": ("13", "14"), "MacRAI": ("0", "1")}
ZONE_QUARTERS = 32  # China: UTC+8
NAMED = re.compile(r'^AT\+QMTCFG="(\w+)",0(?:,(.*))?$')


class Modem(Line):
    """The modem: what it answers."""

    def pull_reset(self) -> None:
        """The reset line is pulled."""
        self._do(self._boot)

    def lose_registration(self, seconds: float) -> None:
        """The network is gone for a while, and with it the connection."""
        self._do(lambda: self._lose(seconds))

    def _command(self, line: str) -> None:
        self.heard.append(line)
        if self.dumb:
            return
        kind = self.faults.next(line) if self.faults is not None else None
        if kind == "drop":
            return
        if kind == "reset":
            self._say("O")
            self._boot()
            return
        if kind == "lost":
            self._lose(self.faults.seconds if self.faults else 0)
        if kind == "delay":
            time.sleep(self.faults.seconds if self.faults else 0)
        if isinstance(kind, int):
            self._say(f"+CME ERROR: {kind}")
            return
        for start, answer in COMMANDS.items():
            if line == start or (start[-1] in "=," and line.startswith(start)):
                answer(self, line[len(start) :])
                return
        self._say("ERROR")

    def _boot(self, say: bool = True) -> None:
        self.resets += say
        self.dumb = self.sleeps = False
        self._hang_up()
        self.data = None
        self.unfinished = self.subscribing = 0
        self.buffer.clear()
        self.state = State(registered_at=time.monotonic() + self.attach_s)
        self.rai = self.kept == {"relversion": "14", "MacRAI": "1"}
        if say:
            self._say("RDY")

    def _hang_up(self) -> None:
        if self.state.broker is not None:
            self.state.broker.close()
        self.state.broker = None
        self.state.opened = None

    def _lose(self, seconds: float) -> None:
        self.state.registered_at = time.monotonic() + seconds
        if self.state.broker is not None:
            self._hang_up()
            self._report("+QMTSTAT: 0,1")

    def _registered(self) -> bool:
        return self.state.functional and time.monotonic() >= self.state.registered_at

    # Commands.

    def _ok(self, rest: str) -> None:
        self._say("OK")

    def _echo(self, rest: str) -> None:
        self.state.echo = False
        self._say("OK")

    def _cfun(self, rest: str) -> None:
        if rest not in ("0", "1"):
            self._say("ERROR")
            return
        self.state.functional = rest == "1"
        self._hang_up()
        if rest == "0":  # a real one detaches first
            time.sleep(self.detach_s)
            self._report("+CEREG: 0")
        self.state.registered_at = time.monotonic() + self.attach_s
        self._say("OK")

    def _cereg(self, rest: str) -> None:
        state = 1 if self._registered() else 2 if self.state.functional else 0
        self._say(f"+CEREG: 0,{state}", "OK")

    def _set_sleep(self, rest: str) -> None:
        self.sleeps = rest in ("1", "2")
        self._say("OK" if rest in ("0", "1", "2") else "ERROR")

    def _set_psm(self, rest: str) -> None:
        good = re.fullmatch(r'[02]|1,,,"[01]{8}","[01]{8}"', rest)
        self._say("OK" if good else "ERROR")

    def _set_edrx(self, rest: str) -> None:
        good = re.fullmatch(r'[03]|[12],5,"[01]{4}"', rest)
        self._say("OK" if good else "ERROR")

    def _configure(self, rest: str) -> None:
        """What the modem keeps: set while the radio is off, counts from the next start (A 11.1)."""
        found = re.fullmatch(r'"(relversion|MacRAI)"(?:,(\d{1,2}))?', rest)
        if not found or not self.knows_release:
            self._say("ERROR")
        elif found[2] is None:
            self._say(f'+QCFG: "{found[1]}",{self.kept[found[1]]}', "OK")
        else:
            good = not self.state.functional and found[2] in KEPT[found[1]]
            if found[1] == "MacRAI":  # A 11.1.8
                good = good and self.kept["relversion"] == "14"
            if good:
                self.kept[found[1]] = found[2]
            self._say("OK" if good else "ERROR")

    def _release(self, rest: str) -> None:
        """No more is to come (A 6.1); while a packet is under way that would be no truth."""
        if self.unfinished or self.subscribing:
            self.broken.append(f"released before the result of {self.unfinished}")
        if self.knows_release:
            self.releases += self.rai
        self._say("OK" if self.knows_release else "ERROR")

    def _clock(self, rest: str) -> None:
        """A 12.1 and its example; what is said before the network gave its time: unverified."""
        told = "70/01/01,00:00:09+00"
        if self.utc is not None and self._registered():
            there = time.gmtime(self.utc() + ZONE_QUARTERS * 900)
            told = time.strftime("%y/%m/%d,%H:%M:%S", there) + f"+{ZONE_QUARTERS:02}"
        self._say(f"+CCLK: {told}", "OK")

    def _set_apn(self, rest: str) -> None:
        found = re.fullmatch(r'"IP","([^"]{0,99})"', rest)
        if found:
            self.apn = found[1]
        self._say("OK" if found else "ERROR")

    def _reset(self, rest: str) -> None:
        self._say("OK")
        time.sleep(self.boot_s)
        self._boot()

    def _config(self, rest: str) -> None:
        found = NAMED.match("AT+QMTCFG=" + rest)
        name, value = (found[1], found[2] or "") if found else ("", "")
        ranges = {
            "version": "[01]",
            "session": "[01]",
            "keepalive": r"\d{1,4}",
            "timeout": r"([1-9]|[1-5]\d|60),(\d|10),[01]",
            "dataformat": "[01],[01]",
        }
        good = name in ranges and re.fullmatch(ranges[name], value) is not None
        if name == "keepalive":
            good = good and int(value) <= MAX_KEEPALIVE_S
        if name in ("version", "session", "keepalive") and self.state.opened:
            good = False  # M 3.3.1, note 6
        if good:
            self.state.configured[name] = value
        self._say("OK" if good else "ERROR")

    def _open(self, rest: str) -> None:
        found = re.fullmatch(r'"([^"]{1,100})",(\d{1,5})', rest)
        if not found:
            self._say("ERROR")
            return
        self._say("OK")
        result = 2 if self.state.opened else 0 if self._registered() else 3
        if not result:
            self.state.opened = found[1], int(found[2])
        self._say(f"+QMTOPEN: 0,{result}")

    def _close(self, rest: str) -> None:
        if self.state.opened is None:
            self._say("ERROR")
            return
        self._hang_up()
        self.unfinished = self.subscribing = 0
        self._say("OK", "+QMTCLOSE: 0,0")

    def _connect(self, rest: str) -> None:
        names = re.fullmatch(r'"([^"]{1,128})"(?:,"([^"]{0,256})"(?:,"([^"]{0,256})")?)?', rest)
        if not names or self.state.opened is None:
            self._say("ERROR" if not names else "+CME ERROR: 8503")
            return
        self._say("OK")
        keepalive = int(self.state.configured.get("keepalive", "120"))
        broker = Mqtt(names[1], *self.state.opened, names[2], names[3], keepalive)
        try:
            broker.connect()
        except OSError as error:
            self._hang_up()
            code = re.search(r"code (\d)", str(error))
            self._say(f"+QMTCONN: 0,0,{code[1]}" if code else "+QMTSTAT: 0,3")
            return
        self.state.broker = broker
        self._say("+QMTCONN: 0,0,0")

    def _connected(self, rest: str) -> None:
        state = ["+QMTCONN: 0,3"] if self.state.broker else []
        self._say(*state, "OK")

    def _subscribe(self, rest: str) -> None:
        found = re.fullmatch(r'(\d{1,5}),"([^"]{1,256})",[012]', rest)
        if not found or not 1 <= int(found[1]) <= 65535 or self.state.broker is None:
            self._say("ERROR" if not found else "+CME ERROR: 8503")
            return
        self._say("OK")
        self.subscribing = int(found[1])
        self._try(lambda: self.state.broker.subscribe(found[2]))

    def _publish(self, rest: str) -> None:
        found = re.fullmatch(r'(\d{1,5}),1,0,"([^"]{1,256})"(?:,(\d{1,4}),"([^"]*)")?', rest)
        if found and found[3] and not self.fixed_length:
            found = None
        if not found or not 1 <= int(found[1]) <= 65535:
            self._say("ERROR")
            return
        if self.unfinished:
            self.broken.append(f"{found[1]} before the result of {self.unfinished}")
        if self.unfinished or self.state.broker is None:
            self._say("+CME ERROR: 8503")
            return
        self.data = int(found[1]), found[2]
        if found[3]:
            if len(found[4]) != 2 * int(found[3]):
                self.broken.append(f"{found[3]} bytes announced, {len(found[4])} digits given")
            self.buffer[:] = found[4].encode()
            self._end_of_data(send=True)
            return
        self.ready_at = time.monotonic() + self.prompt_s
        if not self.dumb:
            os.write(self.master, b"\r\n> ")

    def _end_of_data(self, send: bool) -> None:
        assert self.data is not None
        (packet_id, topic), self.data = self.data, None
        digits, self.buffer = bytes(self.buffer), bytearray()
        if not send:
            return  # what is answered to Esc is not told
        try:
            if self.state.configured.get("dataformat") != "1,1":
                raise ValueError("not in hexadecimal mode")
            payload = bytes.fromhex(digits.decode())
            if len(payload) > MAX_PAYLOAD:
                raise ValueError(f"{len(payload)} bytes")
        except ValueError as error:
            self.broken.append(f"payload: {error}")
            self._say("+CME ERROR: 8505")
            return
        if self.state.broker is None:
            self._say("+CME ERROR: 8503")
            return
        self._say("OK")
        self.unfinished = packet_id
        self._try(lambda: self.state.broker.publish(topic, payload))

    def _try(self, send: Callable[[], object]) -> None:
        try:
            send()
        except OSError:
            self._gone()

    def _gone(self) -> None:
        """The broker closed the connection (M 5.1, code 1)."""
        self._hang_up()
        self.unfinished = self.subscribing = 0
        self._report("+QMTSTAT: 0,1")

    def _from_broker(self) -> None:
        try:
            packets = self.state.broker.receive()
        except OSError:
            self._gone()
            return
        for kind, what, payload in packets:
            if kind == PUBACK and self.unfinished:
                done, self.unfinished = self.unfinished, 0
                self._report(f"+QMTPUB: 0,{done},0")
            elif kind == SUBACK and self.subscribing:
                done, self.subscribing = self.subscribing, 0
                self._report(f"+QMTSUB: 0,{done},0,{payload[2]}")
            elif kind == PUBLISH and payload is not None:
                topic = what.decode("latin-1")
                self._report(f'+QMTRECV: 0,1,"{topic}","{payload.hex().upper()}"')


COMMANDS: dict[str, Callable[[Modem, str], None]] = {
    "AT": Modem._ok,
    "ATE0": Modem._echo,
    "AT+CMEE=1": Modem._ok,
    "AT+QSCLK=": Modem._set_sleep,
    "AT+CPSMS=": Modem._set_psm,
    "AT+CEDRXS=": Modem._set_edrx,
    "AT+CEREG=0": Modem._ok,
    "AT+CEREG?": Modem._cereg,
    "AT+CFUN?": lambda modem, _: modem._say(f"+CFUN: {int(modem.state.functional)}", "OK"),
    "AT+CFUN=": Modem._cfun,
    "AT+CCLK?": Modem._clock,
    "AT+CNMPSD": Modem._release,
    "AT+QCFG=": Modem._configure,
    "AT+QENG=0": lambda modem, _: modem._say("+QENG: " + CELL, "OK"),
    "AT+QCGDEFCONT?": lambda modem, _: modem._say(f'+QCGDEFCONT: "IP","{modem.apn}"', "OK"),
    "AT+QCGDEFCONT=": Modem._set_apn,
    "AT+QRST=1": Modem._reset,
    "AT+QMTCFG=": Modem._config,
    "AT+QMTOPEN=0,": Modem._open,
    "AT+QMTCLOSE=0": Modem._close,
    "AT+QMTCONN?": Modem._connected,
    "AT+QMTCONN=0,": Modem._connect,
    "AT+QMTSUB=0,": Modem._subscribe,
    "AT+QMTPUB=0,": Modem._publish,
}
