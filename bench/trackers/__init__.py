"""AgilML and its peers as trackers of runs: what ``bench.sections.ledger`` asks of each of them."""
