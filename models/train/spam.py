"""spam 1.0 and 1.1: is the body of a mail spam? Raw text in; the words are found inside the ONNX graph."""

from pathlib import Path

import numpy as np
from onnx import TensorProto
from skl2onnx import to_onnx
from skl2onnx.common.data_types import StringTensorType
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import BernoulliNB
from sklearn.pipeline import Pipeline, make_pipeline

from graph import OPSETS, Graph
from mail import digest_of, read_mail
from parity import report

# ASCII, because Python's \w and RE2's differ elsewhere. Nothing is lower-cased: ONNX does that by the machine's locale,
# which a slim container doesn't have, and FREE tells more than free.
WORD = "[A-Za-z0-9_]+"

# A feature count that is a multiple of 16 gives each row of a batch the same memory alignment, and so the same sum.
MODEST_WORDS = 128
GOOD_TERMS = 4096


def train(models: Path) -> list[Path]:
    mails = list(read_mail())
    kept = [mail for mail in mails if not mail.held_out]
    held_out = [mail for mail in mails if mail.held_out]
    print(f"{len(kept)} mails to learn from, {len(held_out)} held out, their digest {digest_of(held_out)}")
    files = []
    for version, (pipeline, export) in versions().items():
        pipeline.fit([mail.text for mail in kept], [mail.label for mail in kept])
        file = export(pipeline, f"spam-{version}").save(
            models / "spam" / version / "model.onnx", "text", TensorProto.STRING, ()
        )
        texts = np.array([mail.text for mail in held_out], dtype=object)
        report(f"spam {version}", file, "text", pipeline, texts, [mail.label for mail in held_out])
        files.append(file)
    return files


def versions() -> dict:
    """Sizes and C were chosen by five-fold cross-validation within the training half."""
    words = CountVectorizer(lowercase=False, token_pattern=WORD, binary=True, max_features=MODEST_WORDS)
    terms = TfidfVectorizer(lowercase=False, token_pattern=WORD, ngram_range=(1, 2), max_features=GOOD_TERMS)
    return {
        "1.0": (make_pipeline(words, BernoulliNB()), export_bayes),
        "1.1": (make_pipeline(terms, LogisticRegression(C=100, max_iter=1000)), export_logistic),
    }


def export_bayes(pipeline: Pipeline, name: str) -> Graph:
    """Naive Bayes over yes/no features is linear: each word present moves the log odds by a fixed amount."""
    words, bayes = pipeline
    present, absent = bayes.feature_log_prob_, np.log1p(-np.exp(bayes.feature_log_prob_))
    weights = (present - absent)[1] - (present - absent)[0]
    prior = (bayes.class_log_prior_ + absent.sum(axis=1)) @ [-1, 1]
    graph = Graph(name)
    return with_log_odds(graph, graph.embed(vectoriser(words)), weights, prior, bayes.classes_)


def export_logistic(pipeline: Pipeline, name: str) -> Graph:
    terms, logistic = pipeline
    graph = Graph(name)
    return with_log_odds(
        graph, graph.embed(vectoriser(terms)), logistic.coef_[0], logistic.intercept_[0], logistic.classes_
    )


def vectoriser(fitted):
    return to_onnx(
        fitted,
        initial_types=[("text", StringTensorType([None]))],
        options={type(fitted): {"tokenexp": WORD}},
        target_opset=OPSETS,
    )


def with_log_odds(graph: Graph, features: str, weights, intercept: float, classes) -> Graph:
    products = graph.add("Mul", features, graph.constant(weights))
    total = graph.add("ReduceSum", products, graph.constant([1], np.int64), keepdims=0)
    log_odds = graph.add("Add", total, graph.constant(intercept))
    index = graph.add("Cast", graph.add("Greater", log_odds, graph.constant(0)), to=TensorProto.INT64)
    graph.label_and_score(classes, index, graph.add("Sigmoid", graph.add("Abs", log_odds)))
    return graph
