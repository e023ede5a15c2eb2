"""Faults injected into the real command line and the real ledger, with oracles that stand outside of them."""
