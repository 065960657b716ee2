"""Assembles a small ONNX graph node by node.

The classifier operators that skl2onnx writes multiply a whole batch in one matrix product, whose order of summation
depends on the number of rows: the same text then scores differently, in the last bit, alone and in a batch. These graphs
keep every row's arithmetic apart, so that dynamic batching never changes an answer.
"""

from pathlib import Path

import numpy as np
from onnx import ModelProto, TensorProto, checker, helper, numpy_helper

IR_VERSION = 10
OPSETS = {"": 21, "ai.onnx.ml": 1, "com.microsoft": 1}


class Graph:
    def __init__(self, name: str) -> None:
        self.name = name
        self.nodes: list = []
        self.constants: list = []

    def constant(self, values, dtype=np.float32) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values, dtype=dtype), name))
        return name

    def add(self, operator: str, *inputs: str, output: str = "", **attributes) -> str:
        output = output or f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def embed(self, model: ModelProto) -> str:
        """Takes over another model's nodes, and returns the name of its only output."""
        self.nodes.extend(model.graph.node)
        self.constants.extend(model.graph.initializer)
        (output,) = model.graph.output
        return output.name

    def label_and_score(self, classes, index: str, probability: str) -> None:
        """The outputs that every classifier here has: the most probable class, and its probability."""
        names = self.constant(list(classes), dtype=object)
        self.add("Gather", names, index, output="label")
        self.add("Identity", probability, output="score")

    def save(self, path: Path, input_name: str, input_type: int, input_row: tuple[int, ...]) -> Path:
        """Writes the model: one input of shape [batch, *input_row]; outputs label and score of shape [batch]."""
        graph = helper.make_graph(
            self.nodes,
            self.name,
            [helper.make_tensor_value_info(input_name, input_type, ["batch", *input_row])],
            [
                helper.make_tensor_value_info("label", TensorProto.STRING, ["batch"]),
                helper.make_tensor_value_info("score", TensorProto.FLOAT, ["batch"]),
            ],
            initializer=self.constants,
        )
        opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
        model = helper.make_model(graph, producer_name="astraapi-models", ir_version=IR_VERSION, opset_imports=opsets)
        checker.check_model(model)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(model.SerializeToString(deterministic=True))
        return path
