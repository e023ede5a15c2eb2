"""Recipes of this project."""
