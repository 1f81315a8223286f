"""How a modem saves power, and how well it hears: PSM, eDRX, release assistance, signal.

Sources: A (of link_nbiot) 9.1 and 9.4 for the commands; timers: 3GPP TS 24.008, GPRS timer 2 (table
10.5.163) and GPRS timer 3 (table 10.5.163a), as A 4.1 and 9.4 give them.
"""

from firmware.node.at_line import ModemError

# Unit in seconds and its bits 8 to 6, the finest first.
ACTIVE_UNITS = (2, 0), (60, 1), (360, 2)
PERIODIC_UNITS = (2, 3), (30, 4), (60, 5), (600, 0), (3600, 1), (36000, 2), (1152000, 6)
MOST = 31
# eDRX cycles of NB-S1 mode [s] and their bits.
CYCLES = (
    (20.48, "0010"),
    (40.96, "0011"),
    (81.92, "0101"),
    (163.84, "1001"),
    (327.68, "1010"),
    (655.36, "1011"),
    (1310.72, "1100"),
    (2621.44, "1101"),
    (5242.88, "1110"),
    (10485.76, "1111"),
)


def timer(seconds, units, name):
    """Code `seconds` in eight bits: the finest unit that reaches, rounded up."""
    for unit, code in units:
        count = -(-seconds // unit)
        if seconds >= 0 and count <= MOST:
            bits = code << 5 | count
            return "".join("1" if bits >> place & 1 else "0" for place in range(7, -1, -1))
    raise ValueError(
        "/node.json: link.%s %s: must be 0 to %d s" % (name, seconds, units[-1][0] * MOST)
    )


def commands(settings):
    """Commands that make the modem save power as ``link`` says, or not at all.

    ``psm``: ``periodic_s`` (T3412 extended) and ``active_s`` (T3324); ``edrx_s``: the cycle, or the
    next longer one.
    """
    psm, edrx_s = settings.get("psm"), settings.get("edrx_s")
    result = ["AT+QSCLK=%d" % bool(psm), "AT+CPSMS=0", "AT+CEDRXS=0"]
    if psm:
        periodic = timer(psm["periodic_s"], PERIODIC_UNITS, "psm.periodic_s")
        active = timer(psm["active_s"], ACTIVE_UNITS, "psm.active_s")
        result[1] = 'AT+CPSMS=1,,,"%s","%s"' % (periodic, active)
    if edrx_s:
        longer = [bits for cycle, bits in CYCLES if cycle >= edrx_s]
        if not longer:
            raise ValueError("/node.json: link.edrx_s %s: must be 0 to 10485 s" % edrx_s)
        result[2] = 'AT+CEDRXS=1,5,"%s"' % longer[0]
    return result


def use_rai(modem):
    """Switch on release assistance of 3GPP release 14, once: the modem keeps it.

    Without it AT+CNMPSD asks the network for nothing. Source: A 6.1, 11.1.8 and 11.1.9: both are
    set while the radio is off, and count from the next start. A modem or an operator that does not
    have it goes on without.
    """
    try:
        if any('"MacRAI",0' in line.decode() for line in modem.ask('AT+QCFG="MacRAI"')):
            modem.ask("AT+CFUN=0", modem.times["radio_ms"])
            modem.ask('AT+QCFG="relversion",14')
            modem.ask('AT+QCFG="MacRAI",1')
            modem.restart()
    except ModemError as error:
        if error.code is None:
            raise
        modem.ladder.count("no release")


def signal(modem):
    """Return RSRP in dBm, SINR in dB and id of the serving cell, None for what is not known.

    Source: A 4.8.
    """
    for line in modem.ask("AT+QENG=0", 15000):
        fields = line.decode().split(",")
        if line.startswith(b"+QENG: 0,") and len(fields) > 8:
            return _number(fields[5]), _number(fields[8]), fields[4].strip('"')
    return None, None, None


def _number(text):
    try:
        return int(text)
    except ValueError:
        return None
