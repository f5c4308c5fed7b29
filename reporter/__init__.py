"""What a change does to a model: DVC revisions compared, judged, drawn and put on the pull request."""

__version__ = "0.1.0"
