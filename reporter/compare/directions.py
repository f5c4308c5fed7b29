"""Which way a metric is better, told from its name where the name is well known.

A name is read from its last part to its first (`test.acc`, `f1.macro`), each part as words (`val_loss`, `valLoss`). In an
English compound the last known word is the one that counts: `dice_loss` is a loss. What follows a word such as `at` or
`to` only qualifies: `latency_at_recall_90` is a latency. A part with a space in it (`by_class.on time`) is what somebody
called a class or a group: it says nothing. A part that speaks of a spread, a bound, a weight or a change
(`accuracy_std`) says nothing of better and worse, and neither does a name without a known word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from reporter.model.rules import Direction

_HIGHER = """
acc accuracy ap aps auc auprc auroc aucpr bleu chrf correct correlation dice f1 f2 fbeta fps gmean hits
iou jaccard kappa likelihood map matthews mcc meteor miou mrr ndcg npv pearson ppv prauc prec precision psnr qps
r2 recall reward rocauc rouge rougel rougelsum sensitivity silhouette spearman specificity speedup ssim throughput tnr
tpr youden
"""
_LOWER = """
bce bpb brier cer cost crossentropy deviance duration ece elapsed emissions err error errors failure failures
fdr fid fnr fpr hinge incorrect kld latency logloss loss losses lpips mae mape mase mce medae memory misclassification
misclassified mse msle nll perplexity ppl regret residual rmse rmsle rss runtime smape ter time wape wer wmape
"""
_HIGHER_PHRASES = (
    "area under",
    "average precision",
    "c index",
    "concordance index",
    "detection rate",
    "explained variance",
    "f beta",
    "f0 5",
    "hit rate",
    "hit ratio",
    "log likelihood",
    "matthews corrcoef",
    "negative predictive value",
    "pass rate",
    "per second",
    "positive predictive value",
    "r squared",
    "success rate",
    "true negative rate",
    "true negatives",
    "true positive rate",
    "true positives",
    "win rate",
)
_LOWER_PHRASES = (
    "cross entropy",
    "false alarm rate",
    "false alarms",
    "false discovery rate",
    "false negative rate",
    "false negatives",
    "false omission rate",
    "false positive rate",
    "false positives",
    "file size",
    "kl divergence",
    "miss rate",
    "model size",
    "negative log likelihood",
    "size bytes",
    "size kb",
    "size mb",
)
_NEITHER_PHRASES = (
    "date time",
    "end time",
    "mean error",
    "mean residual",
    "start time",
    "time of",
    "time step",
    "time steps",
)
_SILENCING_WORDS = """
avoided between bias bound change ci coef confidence cutoff decay degradation delta diff difference drop gap improvement
interval lower name quantile rank reduction saved saving savings sd sem signed std stddev stderr support survival target
threshold upper var variance weight weights
"""
"""Words that turn a measure into something else."""
_SILENCING = frozenset(_SILENCING_WORDS.split())
_QUALIFYING = frozenset({"at", "by", "for", "given", "of", "on", "over", "per", "to", "under", "vs", "with", "within"})
_NEGATING = frozenset({"neg", "negated", "minus"})
"""Words before a measure whose sign was turned, as scikit-learn's scorers do: `neg_log_loss`, `test_neg_log_loss`."""

_WORDS: dict[tuple[str, ...], Direction] = {
    **{(word,): Direction.HIGHER for word in _HIGHER.split()},
    **{(word,): Direction.LOWER for word in _LOWER.split()},
    **{tuple(phrase.split()): Direction.HIGHER for phrase in _HIGHER_PHRASES},
    **{tuple(phrase.split()): Direction.LOWER for phrase in _LOWER_PHRASES},
    **{tuple(phrase.split()): Direction.NONE for phrase in _NEITHER_PHRASES},
}
_LONGEST = max(map(len, _WORDS))
_OPPOSITE = {
    Direction.HIGHER: Direction.LOWER,
    Direction.LOWER: Direction.HIGHER,
    Direction.NONE: Direction.NONE,
}
_PART = re.compile(r"(?:\\.|[^.\\])+")
"""A part of a name; a dot inside a key is escaped."""
_SPACE = re.compile(r"\s")
_CHUNK = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+|[^\W\d_]+")
"""A word of a name in camel case, with the digits behind it."""


@cache
def infer_direction(name: str) -> Direction:
    """Which way the metric `name` (nested keys joined by dots) is better; NONE where the name does not tell."""
    for part in reversed(_PART.findall(name)):
        if _SPACE.search(part):
            continue
        direction = _direction_of_part(tuple(_words(part)))
        if direction is not None:
            return direction
    return Direction.NONE


def _direction_of_part(words: tuple[str, ...]) -> Direction | None:
    """None where the part says nothing, so that the part before it may."""
    found: list[tuple[tuple[str, ...], Direction]] = []
    position = 0
    while position < len(words):
        phrase = _phrase_at(words, position)
        if phrase is not None:
            found.append((phrase, _WORDS[phrase]))
            position += len(phrase)
        elif words[position] in _SILENCING:
            return Direction.NONE
        elif words[position] in _QUALIFYING and found:
            break
        else:
            position += 1
    if not found:
        return None
    direction = found[-1][1]
    return _OPPOSITE[direction] if _NEGATING & set(words) else direction


def _phrase_at(words: tuple[str, ...], position: int) -> tuple[str, ...] | None:
    """The longest known phrase that begins here."""
    candidates = (words[position : position + length] for length in range(_LONGEST, 0, -1))
    return next((phrase for phrase in candidates if phrase in _WORDS), None)


def _words(part: str) -> Iterator[str]:
    for chunk in _CHUNK.findall(part):
        if (word := _known(chunk)) is not None:
            yield word
        else:
            humps: list[str] = _HUMP.findall(chunk)
            yield from (_known(hump) or hump.lower() for hump in humps)


def _known(text: str) -> str | None:
    """The known word that this is, with or without the digits behind it: `map50` is `map`, `r2` is itself."""
    lower = text.lower()
    return next((word for word in (lower, lower.rstrip("0123456789")) if (word,) in _WORDS), None)
