"""Guild finds the flag ``x`` in this script's global and the scalar in its output."""

from trial import score

x = 0

print(f"score: {score(x):f}")
