"""What a trial is in the hands of this ledger's own controllers, as pieces of SQL on ``trial t``.

Others may have executed it too. Where one of them brought it to an end that succeeded, a trial that waits
here is as good as done; everything else that others did is shown and changes nothing here.
"""

from __future__ import annotations

HERE = "iif(t.here = 'pending' AND t.state = 'succeeded', 'succeeded', t.here)"
"""The state that a controller here goes by; NULL where nobody planned the trial here."""

WAITS = "t.here = 'pending' AND t.state != 'succeeded'"
"""Whether the trial waits for a slot of this ledger's controllers."""

OPEN = "(t.here = 'running' OR (t.here = 'pending' AND t.state != 'succeeded'))"
"""Whether there is anything to do here about the trial."""
