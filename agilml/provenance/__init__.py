"""Where a sweep came from: its code, its Git state, its command line, its machine.

imports    the modules that a Python file names
code       the recipe and the project modules it imports, as digests
git        commit, branch and what differs from it, read without running anything of the repository
bounded    a program whose output and time are limited
secrets    what looks like a secret, taken out of a text
packages   the installed distributions
capture    all of it, as one JSON value
"""
