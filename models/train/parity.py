"""Does the ONNX file answer as the scikit-learn model does? Prints it, and refuses to go on when it doesn't."""

from pathlib import Path

import numpy as np
from onnxruntime import InferenceSession

SCORE_DIFFERENCE_MAX = 1e-4  # float32 against float64
BATCH = 32


def report(name: str, file: Path, input_name: str, fitted, samples: np.ndarray, labels: list[str]) -> None:
    session = InferenceSession(file.read_bytes(), providers=["CPUExecutionProvider"])
    batches = [samples[start : start + BATCH] for start in range(0, len(samples), BATCH)]
    answers = [session.run(["label", "score"], {input_name: batch}) for batch in batches]
    answered, scores = (np.concatenate(column) for column in zip(*answers))
    expected, expected_scores = fitted.predict(samples), fitted.predict_proba(samples).max(axis=1)
    different = int((answered != expected).sum())
    furthest = float(np.abs(scores - expected_scores).max())
    accuracy = float((answered == np.array(labels)).mean())
    print(f"{name}: {len(labels)} held out, accuracy {accuracy:.4%}; against scikit-learn: {different} labels differ,")
    print(f"  scores by at most {furthest:.1e}; lowest score {scores.min():.6f}")
    assert different == 0 and furthest < SCORE_DIFFERENCE_MAX, f"{name} lost something on the way to ONNX"
