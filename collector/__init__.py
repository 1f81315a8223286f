"""Takes in what the field sends, keeps it, runs the jobs."""
