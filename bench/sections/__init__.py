"""One module per section; each has ``measure(options) -> Result``."""
