"""digits 1.0 and 1.1: which digit is an 8 x 8 image? Also writes the held-out half, which evaluate.ts reads."""

import json
import warnings
from hashlib import sha256
from pathlib import Path

import numpy as np
from onnx import TensorProto
from sklearn.datasets import load_digits
from sklearn.neighbors import NearestCentroid
from sklearn.neural_network import MLPClassifier

from graph import Graph
from parity import report


def train(models: Path) -> list[Path]:
    images, labels = load_digits(return_X_y=True)
    images, labels = images.astype(np.float32), labels.astype(str)
    held_out = np.array([is_held_out(image) for image in images])
    files = [write_held_out(models / "digits" / "held-out.json", images[held_out], labels[held_out])]
    for version, (classifier, export) in versions().items():
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="self.within_class_std_dev_")  # corners are blank in every image
            classifier.fit(images[~held_out], labels[~held_out])
        file = export(classifier, f"digits-{version}").save(
            models / "digits" / version / "model.onnx", "pixels", TensorProto.FLOAT, (64,)
        )
        report(f"digits {version}", file, "pixels", classifier, images[held_out], list(labels[held_out]))
        files.append(file)
    return files


def is_held_out(image: np.ndarray) -> bool:
    """About half, decided by the 64 pixels, one byte each."""
    return sha256(image.astype(np.uint8).tobytes()).digest()[0] < 128


def write_held_out(path: Path, images: np.ndarray, labels: np.ndarray) -> Path:
    """One image a line. A pixel is one character, its value 0 to 16 in base 17: arrays would be three times as long."""
    lines = [
        f'  {{ "label": "{label}", "pixels": "{"".join("0123456789abcdefg"[int(pixel)] for pixel in image)}" }}'
        for image, label in zip(images, labels)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n")
    assert len(json.loads(path.read_text())) == len(labels)
    return path


def versions() -> dict:
    return {
        "1.0": (NearestCentroid(priors="empirical"), export_centroids),
        "1.1": (MLPClassifier((128,), alpha=1, max_iter=2000, random_state=0), export_perceptron),
    }


def export_centroids(classifier: NearestCentroid, name: str) -> Graph:
    """The score, 2 log(prior) - |x - c|^2 with pixels in units of their spread, is linear in x but for |x|^2, which all
    classes share."""
    spread = np.where(classifier.within_class_std_dev_ == 0, 1, classifier.within_class_std_dev_)
    centroids = classifier.centroids_ / spread**2
    bias = 2 * np.log(classifier.class_prior_) - (centroids * classifier.centroids_).sum(axis=1)
    return with_layers(Graph(name), [(2 * centroids.T, bias)], classifier.classes_)


def export_perceptron(classifier: MLPClassifier, name: str) -> Graph:
    return with_layers(Graph(name), list(zip(classifier.coefs_, classifier.intercepts_)), classifier.classes_)


def with_layers(graph: Graph, layers: list, classes) -> Graph:
    scores = "pixels"
    for depth, (weights, bias) in enumerate(layers):
        # [batch, 1, in] * [1, out, in], summed over in: MatMul sums otherwise for one row than for more.
        inputs = graph.add("Unsqueeze", graph.add("Relu", scores) if depth else scores, graph.constant([1], np.int64))
        products = graph.add("Mul", inputs, graph.constant([weights.T]))
        sums = graph.add("ReduceSum", products, graph.constant([2], np.int64), keepdims=0)
        scores = graph.add("Add", sums, graph.constant(bias))
    index = graph.add("ArgMax", scores, axis=1, keepdims=0)
    probabilities = graph.add("Softmax", scores, axis=1)
    probability = graph.add("ReduceMax", probabilities, graph.constant([1], np.int64), keepdims=0)
    graph.label_and_score(classes, index, probability)
    return graph
