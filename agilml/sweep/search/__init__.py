"""Searching instead of trying everything: where the next trial is, and which ones are not worth going on.

A *sampler* proposes candidates, a *stopper* ends trials early. Both see what the ledger has recorded, in the
order in which it was recorded, and keep no truth of their own: shown the same facts again, they are where
they were.
"""
