"""The files that ``agil init`` puts into a new project, and nothing that AgilML itself imports."""
