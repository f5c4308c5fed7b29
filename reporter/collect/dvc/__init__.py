"""All that is taken from inside DVC, translated into records of our own.

Each module says in which versions of DVC it was seen: tests/contract and tests/integration/test_collect_*.py passed with them, unchanged
(docs/compatibility.md, “Versions”; `make test-versions`).
"""
