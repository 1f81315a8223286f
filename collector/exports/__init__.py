"""Tables that leave the house: columns, files for spreadsheets, hours for programs of science."""
