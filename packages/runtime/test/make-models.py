"""Makes the tiny ONNX models under models/ that the tests serve.

    python -m venv /tmp/onnx && /tmp/onnx/bin/pip install onnx==1.23.2 && /tmp/onnx/bin/python make-models.py
"""

from pathlib import Path

import onnx
from onnx import TensorProto, helper

MODELS = Path(__file__).parent / "models"
TYPES = {
    "bool": TensorProto.BOOL,
    "int8": TensorProto.INT8,
    "int16": TensorProto.INT16,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
    "uint8": TensorProto.UINT8,
    "uint16": TensorProto.UINT16,
    "uint32": TensorProto.UINT32,
    "uint64": TensorProto.UINT64,
    "fp32": TensorProto.FLOAT,
    "fp64": TensorProto.DOUBLE,
    "bytes": TensorProto.STRING,
}


def tensor(name, shape, type=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, type, shape)


def save(name, nodes, inputs, outputs, constants=()):
    graph = helper.make_graph(nodes, name, inputs, outputs, initializer=list(constants))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    folder = MODELS / name / "1.0"
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, folder / "model.onnx")


def node(operator, inputs, outputs, **attributes):
    return helper.make_node(operator, inputs, outputs, **attributes)


# Every datatype that JSON can carry, passed through: <type> -> <type>_out.
save(
    "identity",
    [node("Identity", [name], [f"{name}_out"]) for name in TYPES],
    [tensor(name, ["n", 2], type) for name, type in TYPES.items()],
    [tensor(f"{name}_out", ["n", 2], type) for name, type in TYPES.items()],
)

# A fixed dimension beside the batch: three numbers a row, summed.
axis = helper.make_tensor("axis", TensorProto.INT64, [1], [1])
save(
    "sum",
    [node("ReduceSum", ["x", "axis"], ["total"], keepdims=0)],
    [tensor("x", ["n", 3])],
    [tensor("total", ["n"])],
    [axis],
)

# Two inputs that share the batch.
save(
    "add",
    [node("Add", ["a", "b"], ["c"])],
    [tensor("a", ["n", 1]), tensor("b", ["n", 1])],
    [tensor("c", ["n", 1])],
)

# Answers NaN for negative numbers and -Infinity for 0.
save("log", [node("Log", ["x"], ["y"])], [tensor("x", ["n"])], [tensor("y", ["n"])])

# Fails on an odd number of rows, and so on the single row of a warm-up.
pairs = helper.make_tensor("pairs", TensorProto.INT64, [2], [-1, 2])
save("pairs", [node("Reshape", ["x", "pairs"], ["y"])], [tensor("x", ["n"])], [tensor("y", ["m", 2])], [pairs])

# The rank of its input is not declared.
save("anyrank", [node("Identity", ["x"], ["y"])], [tensor("x", None)], [tensor("y", None)])

# Half precision, which JSON cannot carry, beside single precision.
save(
    "half",
    [node("Cast", ["x"], ["half"], to=TensorProto.FLOAT16), node("Identity", ["x"], ["single"])],
    [tensor("x", ["n"])],
    [tensor("half", ["n"], TensorProto.FLOAT16), tensor("single", ["n"])],
)

# bfloat16, which ONNX Runtime computes with, and its binding for Node.js does not pass.
save(
    "brain",
    [node("Cast", ["x"], ["brain"], to=TensorProto.BFLOAT16)],
    [tensor("x", ["n"])],
    [tensor("brain", ["n"], TensorProto.BFLOAT16)],
)

# Never ends: how often it goes round is what a sum of what it computes stays below.
body = helper.make_graph(
    [node("Identity", ["on"], ["still"]), node("Identity", ["v"], ["w"])],
    "body",
    [tensor("i", [], TensorProto.INT64), tensor("on", [], TensorProto.BOOL), tensor("v", ["n"])],
    [tensor("still", [], TensorProto.BOOL), tensor("w", ["n"])],
)
save(
    "endless",
    [node("Loop", ["", "", "x"], ["y"], body=body)],
    [tensor("x", ["n"])],
    [tensor("y", ["n"])],
)

# What scikit-learn's exporter makes of a classifier unless told otherwise: an output that is no tensor.
save(
    "zipmap",
    [node("SequenceConstruct", ["x"], ["probabilities"])],
    [tensor("x", ["n"])],
    [helper.make_tensor_sequence_value_info("probabilities", TensorProto.FLOAT, None)],
)
