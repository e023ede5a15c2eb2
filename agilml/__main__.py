"""``python -m agilml`` is ``agil``."""

from __future__ import annotations

import sys

from agilml.cli.main import main

sys.exit(main())
