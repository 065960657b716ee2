"""Makes iris.onnx as a newcomer would: scikit-learn's iris, a logistic regression, skl2onnx. Packages: models/train/requirements.txt."""

from pathlib import Path

from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

features, species = load_iris(return_X_y=True)
model = LogisticRegression(max_iter=1000).fit(features, species)
onnx = to_onnx(model, initial_types=[("X", FloatTensorType([None, 4]))], options={"zipmap": False}, target_opset=18)
Path(__file__).with_name("iris.onnx").write_bytes(onnx.SerializeToString())
