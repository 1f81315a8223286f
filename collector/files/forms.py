"""Workbooks to fill in: a sheet for each form, its columns, and a sheet that explains them."""

from __future__ import annotations

import io
from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from collector.files.workbook import Form
from field_configs.words import Words


def blank(forms: Sequence[Form], language: str) -> bytes:
    """Return an empty workbook of forms as XLSX.

    Parameters
    ----------
    forms : sequence of Form
    language : str
        Of its sheets and columns; either language is read.
    """
    words, book = Words.load(language), Workbook()
    book.remove(book.active)
    bold = Font(bold=True)
    for form in forms:
        sheet = book.create_sheet(words.text(f"onboarding.sheet.{form.id}"))
        sheet.freeze_panes = "A2"
        for place, column in enumerate(form.columns, start=1):
            cell = sheet.cell(1, place, words.text(f"column.name.{column}"))
            cell.font = bold
            letter = get_column_letter(place)
            sheet.column_dimensions[letter].width = 18
            # As text: a number keeps its zeros, and a day is what was typed.
            sheet.column_dimensions[letter].number_format = "@"
    told = book.create_sheet(words.text("onboarding.sheet.help"))
    told.append([words.text(f"onboarding.help.{x}") for x in ("sheet", "column", "needed", "what")])
    for form in forms:
        for column in form.columns:
            told.append(
                [
                    words.text(f"onboarding.sheet.{form.id}"),
                    words.text(f"column.name.{column}"),
                    words.text("onboarding.help.yes") if column in form.needed else "",
                    words.text(f"onboarding.what.{column}"),
                ]
            )
    for letter, width in (("A", 14), ("B", 18), ("C", 10), ("D", 70)):
        told.column_dimensions[letter].width = width
    for cell in told[1]:
        cell.font = bold
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
