"""stub."""


def compare() -> int:
    """Stub."""
    return 0
