"""Ledgers that meet in a remote: facts go there in immutable segments, and everybody takes the others'.

keys       names of segments and heads in the remote
segments   facts of one origin as bytes, and back
heads      how far an origin has come, as a hint for its readers
seen       what this folder saw in the remote the last time
push       this folder's facts to the remote
pull       the other origins' facts into the ledger
syncing    both, under the one lock
status     what is behind, on either side
garbage    blobs that no ledger may need
repair     damaged or missing segments, put back
rebuild    a ledger from what is left of it, and segments
"""

POINTS = (
    "push.prepared",
    "push.put",
    "push.stored",
    "push.head",
    "push.blob",
    "pull.taken",
    "pull.recorded",
    "renew.before",
    "renew.after",
    "garbage.marked",
    "garbage.deleted",
    "repair.put",
    "rebuild.salvaged",
    "rebuild.aside",
    "rebuild.placed",
)
"""Crash points of this package (:mod:`agilml.crashpoints`); tests end a process at each of them."""
