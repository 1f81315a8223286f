"""Choosing, training and judging the wheat scab estimator."""
