"""Files that people bring: scouting reports and weather."""
