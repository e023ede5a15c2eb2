"""What differs between runs or sweeps, and whether one is better.

sides        the runs on each side and what is known of them
differences  parameters, code, data, packages and machines that are not the same
pairs        which runs of two sides belong together
signflip     an exact interval for the mean of few paired differences
verdict      better, worse, equal or not enough data
comparison   all of it, as one value
"""
