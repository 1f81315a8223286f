"""Hours and their physics: the Dataset of weather, meteorology, neighbours, local days."""
