"""Which way a metric is better, told from its name, and silence where the name does not tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.compare.directions import infer_direction
from reporter.model.rules import Direction

HIGHER = """
accuracy balanced_accuracy top5_acc auc roc_auc ROC_AUC avg_prec average_precision f1 F1Score r2 R2Score mAP mAP50 map50_95
precision recall recall@5 precision@10 sensitivity specificity mcc ndcg bleu rougeL iou mIoU dice test.acc eval/accuracy
f1.macro per_class.cat.f1 samples_per_second area_under_curve explained_variance true_positive_rate success_rate
neg_log_loss neg_mean_squared_error recall_at_precision_90 log_likelihood negative_predictive_value accuracy\\.v2 f2 f0\\.5 f_beta
top_5_accuracy top5_accuracy
"""
LOWER = """
loss val_loss valLoss train.loss log_loss logLoss loss.0 error error_rate mse rmse mae mape RMSE mean_absolute_error brier
brier_score ece expected_calibration_error perplexity wer latency latency_p95 duration train_time train_time_seconds
peak_memory_mb model_size model.size_mb cross_entropy false_positive_rate fpr false_negatives dice_loss
latency_at_recall_90 time_to_accuracy negative_log_likelihood
"""
NEITHER = """
step epoch seed n_estimators learning_rate threshold best_threshold score support count batch_size test_size dataset.size
timestamp time_step start_time accuracy_std accuracy.std f1.ci_lower loss_weight accuracy_gap heatmap confusion.tp
confidence n p0\\.5 weights
"""


@pytest.mark.parametrize("name", ["test_neg_mean_squared_error", "val_neg_log_loss", "mean_test_neg_log_loss"])
def test_a_sign_that_was_turned_is_seen_behind_other_words(name):
    assert infer_direction(name) is Direction.HIGHER


@pytest.mark.parametrize(
    "name",
    """mean_error mean_residual error_reduction time_saved cost_savings false_positives_avoided accuracy_drop
    acc_degradation auc_decay survival_time mean_time_between_failures mean_bias_error mean_signed_error""".split(),  # noqa: SIM905
)
def test_a_change_or_a_signed_value_has_no_direction(name):
    assert infer_direction(name) is Direction.NONE


@pytest.mark.parametrize("name", HIGHER.split())
def test_higher_is_better(name):
    assert infer_direction(name) is Direction.HIGHER


@pytest.mark.parametrize("name", LOWER.split())
def test_lower_is_better(name):
    assert infer_direction(name) is Direction.LOWER


@pytest.mark.parametrize("name", NEITHER.split())
def test_the_name_does_not_tell(name):
    assert infer_direction(name) is Direction.NONE


@pytest.mark.parametrize(
    "name", ["by_class.on time", "support.not an error", "by carrier/time", "confusion.late, on time"]
)
def test_a_part_with_spaces_is_the_name_of_a_class(name):
    assert infer_direction(name) is Direction.NONE


def test_the_metric_of_a_class_with_spaces_in_its_name_is_known():
    assert infer_direction("f1.on time") is Direction.HIGHER
    assert infer_direction("on time.f1") is Direction.HIGHER


@pytest.mark.parametrize("name", ["", ".", "\\", "...", "日本語", "精度", "accu\nracy", "🎯"])
def test_odd_names_are_only_names(name):
    assert infer_direction(name) is Direction.NONE


@given(st.text())
def test_any_text_is_a_name(name):
    assert infer_direction(name) in Direction
