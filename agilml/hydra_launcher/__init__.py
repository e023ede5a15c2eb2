"""Jobs of a Hydra app as trials: what stands behind ``hydra/launcher=agil``.

settings  the launcher's settings
jobs      jobs composed, and their identity
plan      jobs as a sweep in the ledger
job       what one job's process does
fresh     the same where the app has to be started again
results   what a job leaves behind
failures  an exception as JSON, and back
starter   the process that forks jobs off the app
executor  slots whose attempts are the app's jobs
driving   the controller, in the app's own process
launch    all of it in order, and what Hydra gets back
returns   Hydra's JobReturn from what the ledger and the job's folder hold
"""
