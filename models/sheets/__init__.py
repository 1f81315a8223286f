"""Sheets that people fill in: a file's bytes to lines, a line to cells, a cell to what it says.

The only reader of CSV there is: `nongqing import`, `risk backtest`, `risk moths` and `risk predict`
read with it, so that each kind of trouble is dealt with once. What cannot be read is a `Refused`
with the place it stands at; the rest goes on. No database and no clock: the file alone is read.
"""
