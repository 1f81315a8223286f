"""The ride of a logger, and what its receiver says of where it is."""

import json
import math


class Ride:
    """What a logger meets on its way, of the JSON file that firmware/workbench/rides.py writes."""

    def __init__(self, path):
        with open(path) as file:
            told = json.load(file)
        self.begins = told["begins"]
        self.names = told["names"]
        self.points = told["points"]
        self.doors = told["doors"]

    def at(self, name, time_s):
        """Value on the line between two points; before the first and after the last as there."""
        minute = (time_s - self.begins) / 60
        column = self.names.index(name)
        before = self.points[0]
        for point in self.points:
            if point[0] > minute:
                wide = (point[0] - before[0]) or 1
                part = max(0, minute - before[0]) / wide
                return before[column] + (point[column] - before[column]) * part
            before = point
        return before[column]

    def open_at(self, time_s):
        """Whether a door stands open."""
        minute = (time_s - self.begins) / 60
        return any(start <= minute < end for start, end in self.doors)

    def moves(self, start_s, end_s):
        """When doors were opened or shut, later than the start and no later than the end."""
        edges = [self.begins + 60 * minute for door in self.doors for minute in door]
        return sorted(edge for edge in edges if start_s < edge <= end_s)

    def chip(self, name, time_s, rear):
        """Value at a chip for air, at the front of the load or at the doors."""
        ripple = 0.04 * math.sin(time_s / 700) + 0.02 * math.sin(time_s / 130 + rear)
        return self.at(name + "_rear" if rear else name, time_s) + ripple

    def sentence(self, time_s, lost):
        """RMC sentence of a receiver, without a position where it is lost."""
        if lost:
            body = "GNRMC,,V,,,,,,,,,,N"
        else:
            parts = []
            for name, digits, halves in (("latitude", 2, "NS"), ("longitude", 3, "EW")):
                degree = self.at(name, time_s)
                whole, part = divmod(abs(degree) * 60, 60)
                wide = "%%0%dd%%08.5f,%%s" % digits
                parts.append(wide % (whole, part, halves[degree < 0]))
            body = "GNRMC,,A,%s,,,,,,A" % ",".join(parts)
        found = 0
        for char in body:
            found ^= ord(char)
        return ("$%s*%02X\r\n" % (body, found)).encode()
