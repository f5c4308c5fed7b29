"""Runs pipelines by DVC's command line."""
