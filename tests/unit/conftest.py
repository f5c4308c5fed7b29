"""Settings of property-based tests."""

from __future__ import annotations

from hypothesis import settings

# A busy machine is no error: time limits belong to benchmarks. The same examples each run, so that a failure is one's own.
settings.register_profile("reporter", deadline=None, derandomize=True)
settings.load_profile("reporter")
