"""What inspectors do: recalls and drills, sampling plans, non-conformities."""
