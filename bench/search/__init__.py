"""Time to target: how soon a sweep has found a good configuration."""
