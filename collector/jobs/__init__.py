"""What runs by the clock: the scheduler, and one file per family of jobs."""
