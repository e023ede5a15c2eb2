"""The courier: a low-priority process beside the controllers of one project.

It reads the ledger and the folders of attempts, and is never in anybody's way: what it does not get done
before it dies, the next courier or ``agil sync`` does.

events     what an event file of TensorBoard holds, as bytes
eventfile  one attempt's event file, continued after any crash without a doubled point
board      the event files of a project, brought up to date with its ledger
reading    what event files are made from, read in moments
facts      how far something has read the ledger
parcels    what there is to ship of an attempt
shipping   in which order, and the artifact facts that say what is shipped
sending    blobs and live copies on their way, one upload at a time
errand     shipping and syncing, again and again, in a thread of their own
pace       how fast, and how soon again after a failure
status     what the courier says of itself, for `agil sync status`
settings   its part of agil.toml
serving    the life of the process
delivery   the same once, in the foreground
place      whose an attempt is, and where its files would lie here
fetching   logs, checkpoints and event files of other clones, on demand
"""
