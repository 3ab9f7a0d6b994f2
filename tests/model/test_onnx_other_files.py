"""An ONNX file whose numbers are in another file is refused, wherever in the file that is said."""

from __future__ import annotations

import numpy as np
import pytest

from raudit.errors import ModelError
from raudit.model.formats.onnx_file import read_onnx
from raudit.plan import ModelSection

onnx = pytest.importorskip("onnx")
h, kind = onnx.helper, onnx.TensorProto


def outside(name="w", shape=(2,)):
    tensor = onnx.TensorProto(
        name=name, data_type=kind.FLOAT, dims=shape, data_location=onnx.TensorProto.EXTERNAL
    )
    tensor.external_data.add(key="location", value="w.bin")
    return tensor


def without_location():
    """Nothing says that it is outside but the list of where it is."""
    tensor = outside()
    tensor.ClearField("data_location")
    return tensor


def value(name, *shape, of=kind.FLOAT):
    return h.make_tensor_value_info(name, of, list(shape))


def inner(**more):
    return h.make_graph([h.make_node("Add", ["x", "w"], ["o"])], "inner", [], [value("o")], **more)


def model(*nodes, functions=(), **more):
    graph = h.make_graph(list(nodes), "g", [value("x", None, 2)], [value("y", None, 2)], **more)
    return h.make_model(
        graph, ir_version=8, opset_imports=[h.make_opsetid("", 17)], functions=functions
    )


def sparse():
    places = h.make_tensor("places", kind.INT64, [1], [0])
    return onnx.SparseTensorProto(values=outside(shape=(1,)), indices=places, dims=[2])


def identity(**attributes):
    node = h.make_node("Identity", ["x"], ["y"])
    node.attribute.extend(
        onnx.AttributeProto(name=name, **what) for name, what in attributes.items()
    )
    return node


def in_a_branch(depth=1):
    graph = inner(initializer=[outside()])
    for _ in range(depth - 1):
        graph = h.make_graph(
            [h.make_node("If", ["c"], ["o"], then_branch=graph, else_branch=graph)],
            "more",
            [],
            [value("o")],
        )
    condition = h.make_tensor("c", kind.BOOL, [], [True])
    return model(
        h.make_node("If", ["c"], ["y"], then_branch=graph, else_branch=graph),
        initializer=[condition],
    )


def in_a_function():
    body = [
        h.make_node("Constant", [], ["w"], value=outside()),
        h.make_node("Add", ["x", "w"], ["y"]),
    ]
    made = h.make_function("", "F", ["x"], ["y"], body, [h.make_opsetid("", 17)])
    return model(h.make_node("F", ["x"], ["y"]), functions=[made])


def in_training(field):
    made = model(identity())
    getattr(made.training_info.add(), field).CopyFrom(inner(initializer=[outside()]))
    return made


CASES = {
    "initialiser": lambda: model(h.make_node("Add", ["x", "w"], ["y"]), initializer=[outside()]),
    "initialiser without location": lambda: model(identity(), initializer=[without_location()]),
    "branch": in_a_branch,
    "branch in a branch in a branch": lambda: in_a_branch(3),
    "body of a loop": lambda: model(
        h.make_node("Loop", ["", "", "x"], ["y"], body=inner(initializer=[outside()]))
    ),
    "body of a scan": lambda: model(
        h.make_node("Scan", ["x"], ["y"], body=inner(initializer=[outside()]))
    ),
    "constant": lambda: model(h.make_node("Constant", [], ["y"], value=outside())),
    "list of tensors": lambda: model(
        identity(values={"type": onnx.AttributeProto.TENSORS, "tensors": [outside()]})
    ),
    "list of graphs": lambda: model(
        identity(
            graphs={"type": onnx.AttributeProto.GRAPHS, "graphs": [inner(initializer=[outside()])]}
        )
    ),
    "sparse constant": lambda: model(h.make_node("Constant", [], ["y"], sparse_value=sparse())),
    "sparse initialiser": lambda: model(identity(), sparse_initializer=[sparse()]),
    "training": lambda: in_training("algorithm"),
    "initialisation of training": lambda: in_training("initialization"),
}


def refused(made, path):
    path.write_bytes(made.SerializeToString())
    with pytest.raises(ModelError) as error:
        read_onnx(
            path,
            sha256="0" * 64,
            section=ModelSection(path=path.name, features=("a", "b")),
            columns=["a", "b"],
        )
    assert error.value.where == path.name
    return error.value


@pytest.mark.parametrize("case", CASES)
def test_weights_in_another_file(case, tmp_path):
    np.zeros(2, dtype=np.float32).tofile(tmp_path / "w.bin")
    assert refused(CASES[case](), tmp_path / "m.onnx").reference == "model-external-data"


def test_weights_of_a_function(tmp_path):
    """A function is refused whatever it holds."""
    assert refused(in_a_function(), tmp_path / "m.onnx").reference == "model-custom-op"


def test_the_runtime_reads_what_was_checked(tmp_path):
    """Bytes that are ONNX to the check, and by four of them another format to the runtime, which has no check."""
    made = model(identity())
    path = tmp_path / "m.onnx"
    content = (
        b"\x12\x06..ORTM" + made.SerializeToString()
    )  # a producer's name, which the real one then replaces
    assert onnx.load_model_from_string(content).graph.node[0].op_type == "Identity"
    assert content[4:8] == b"ORTM"
    path.write_bytes(content)
    section = ModelSection(path=path.name, features=("a", "b"))
    found = read_onnx(path, sha256="0" * 64, section=section, columns=["a", "b"])
    assert found.outputs == ("y",)
