"""The formats of metrics, params and data files."""
