"""Programs that recipes start: their arguments, their metrics, and how they end."""
