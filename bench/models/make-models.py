"""Makes the two ONNX models that the bench computes with; each file is a few KB.

    python3 -m venv /tmp/onnx && /tmp/onnx/bin/pip install onnx==1.23.2 && /tmp/onnx/bin/python make-models.py

Both are chains of MatMul and Relu whose weights are made at load (ConstantOfShape, folded to an initializer by ONNX
Runtime), every weight being 1/n, so that a row's output is the mean of its input: rows that were mixed up show.

- `deep` computes on 256 vectors per row: its time is arithmetic, and grows with the rows of a batch.
- `wide` computes on one vector per row: its time is reading the weights, which a batch does once for all its rows.
"""

from pathlib import Path

from onnx import TensorProto, checker, helper, save

HERE = Path(__file__).parent
FEATURES = 16


def model(name: str, width: int, layers: int, vectors: int) -> None:
    def constant(output: str, dims: list[int], value: float) -> list:
        shape = helper.make_node("Constant", [], [f"{output}_shape"], value_ints=dims)
        fill = helper.make_tensor("value", TensorProto.FLOAT, [1], [value])
        return [shape, helper.make_node("ConstantOfShape", [f"{output}_shape"], [output], value=fill)]

    # x [n, FEATURES] -> [n, vectors, width] by a product with weights of 1/FEATURES: every element is the mean of the row.
    nodes = constant("widen", [FEATURES, vectors * width], 1 / FEATURES)
    nodes.append(helper.make_node("MatMul", ["x", "widen"], ["flat"]))
    nodes.append(helper.make_node("Constant", [], ["vectors"], value_ints=[-1, vectors, width]))
    nodes.append(helper.make_node("Reshape", ["flat", "vectors"], ["layer_0"]))
    for layer in range(layers):
        # Weights of its own for each layer: one shared matrix would stay in the cache.
        nodes += constant(f"weights_{layer}", [width, width], 1 / width)
        nodes.append(helper.make_node("MatMul", [f"layer_{layer}", f"weights_{layer}"], [f"product_{layer}"]))
        nodes.append(helper.make_node("Relu", [f"product_{layer}"], [f"layer_{layer + 1}"]))
    nodes.append(helper.make_node("ReduceMean", [f"layer_{layers}"], ["y"], axes=[1, 2], keepdims=0))
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", FEATURES])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n"])],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(made)
    folder = HERE / name / "1.0"
    folder.mkdir(parents=True, exist_ok=True)
    save(made, folder / "model.onnx")


model("deep", width=512, layers=8, vectors=256)
model("wide", width=1024, layers=32, vectors=1)
