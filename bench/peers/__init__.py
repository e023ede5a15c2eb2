"""Other tools, each in a venv of its own under ``bench/.venvs``; all of them optional."""
