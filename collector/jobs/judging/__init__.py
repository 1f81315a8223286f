"""The job that judges the fields: their hours, the walk over the days, what is kept of it."""
