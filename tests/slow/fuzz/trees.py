"""How hypothesis makes up the values of metrics and params files."""

from __future__ import annotations

from hypothesis import strategies as st
from slow.fuzz.values import Tree, Value

KEYS = ("acc", "loss", "f1", "sub", "指標 of class", "two words", "v1.0", "back\\slash", "0", "a|b", "<b>", "null")
PARAM_KEYS = ("lr", "depth", "net", "seed", "dropout")
TEXTS = ("", "adam", "0.5", "true", "ünïcode", "a|b", "<img src=x>", "`code`", "two\nlines", "null", "@someone")
WORDS_FOR_NUMBERS = ("nan", "inf", "-inf")
NUMBERS = st.one_of(
    st.integers(-3, 3),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.sampled_from(
        [float("nan"), float("inf"), float("-inf"), 2**53 + 1, -(10**40), 1e-300, 4.44e-07, -0.0, 0.1 + 0.2]
    ),
)
LEAVES: st.SearchStrategy[Value] = st.one_of(NUMBERS, NUMBERS, st.booleans(), st.none(), st.sampled_from(TEXTS))
SIMPLE: st.SearchStrategy[Value] = st.one_of(
    st.integers(0, 9), st.floats(0, 1, width=16), st.sampled_from(("adam", "sgd"))
)
LISTS: st.SearchStrategy[Value] = st.lists(LEAVES, max_size=3)


def trees(keys: tuple[str, ...], leaves: st.SearchStrategy[Value]) -> st.SearchStrategy[Tree]:
    inner = st.dictionaries(st.sampled_from(keys), st.one_of(leaves, LISTS), max_size=2)
    deeper = st.dictionaries(st.sampled_from(keys), st.one_of(leaves, inner), max_size=2)
    return st.dictionaries(
        st.sampled_from(keys), st.one_of(leaves, leaves, LISTS, inner, deeper), min_size=1, max_size=4
    )


METRIC_TREES = trees(KEYS, st.one_of(LEAVES, st.sampled_from(WORDS_FOR_NUMBERS)))
PARAM_TREES = trees(KEYS, LEAVES)
