"""Takes in what the field sends, keeps it, runs the jobs."""

import os

# Workbooks are written by the writer that says when the disk is full, also where lxml is there.
os.environ.setdefault("OPENPYXL_LXML", "False")
