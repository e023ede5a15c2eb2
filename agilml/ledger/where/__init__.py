"""Which runs are wanted, as people write it: ``val_acc > 0.97 and optim.lr < 0.01 and tag = best``.

words -> parse (a tree) -> compile (SQL over the tables, every value bound). The grammar is documented in
docs/reference/where.md.
"""

from __future__ import annotations

from agilml.ledger.where.compile import Condition, condition
from agilml.ledger.where.words import WhereError

__all__ = ["Condition", "WhereError", "condition"]
