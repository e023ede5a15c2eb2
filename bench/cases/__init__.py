"""What a user of each peer would write for the same sweep; runs inside the peers' venvs.

They import nothing of AgilML or of ``bench``; this folder is on their PYTHONPATH.
"""
