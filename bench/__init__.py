"""Measurements behind every figure that AgilML states about its speed.

``python -m bench`` runs all sections; ``python -m bench trials cli`` some. Each section runs AgilML
and its named peers interleaved in one run and prints medians, ratios, the load and the versions.
"""
