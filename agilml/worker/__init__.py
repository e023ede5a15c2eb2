"""What runs beside a trial.

config       the read-only config that a recipe gets
order        the work order that a slot is given
run          the handle that a recipe gets
checkpoints  complete-or-invisible checkpoints
rng          random state: seeded, saved, restored
spool        the append-only event file between a child and its slot
logs         captured output, capped
recipe       finding a recipe by name
child        what one attempt's process does
template     the warm process that forks children
slot         the side that starts, watches and ends them
"""
