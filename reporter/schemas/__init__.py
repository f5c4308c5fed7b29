"""The JSON Schemas of report.json and reporter.yaml, as package data."""
