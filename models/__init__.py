"""Pure agronomic functions on arrays: no clock, no database, no broker, no web."""
