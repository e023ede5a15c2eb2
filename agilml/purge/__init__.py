"""What a run said, or a text that slipped through, taken away from ledger, files, blobs and remote.

needle    a text in all the ways in which it may be spelled
emptied   what facts of a run or a sweep become when they are to say nothing
finding   what holds it: facts, files, blobs, objects in the remote
taking    taking it away, in an order that a crash cannot spoil
"""

POINTS = ("purge.found", "purge.files", "purge.told", "purge.erased", "purge.rewritten")
"""Crash points of this package (:mod:`agilml.crashpoints`); tests end a process at each of them."""
