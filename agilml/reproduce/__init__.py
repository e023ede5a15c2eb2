"""Running a recorded run again, in a folder of its own, and saying whether it came out the same.

recorded     what the ledger and the blobs know of a run
folder       where it is run again: its code restored, its data linked, a ledger of its own
checks       what is not as it was: code, configuration, data, packages, machine
again        the plan of the one trial, as it was recorded
comparing    two runs' metrics, point by point
outcome      all of it together, as JSON and as text
"""
