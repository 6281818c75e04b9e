"""torch modules -> ONNX files, with fp16 storage and fp32 arithmetic."""
import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper

OPSET = 18


def halve(path):
    """Stores every sizeable fp32 weight as fp16 behind a Cast, which the runtime folds away at load: half the
    file, the numbers the weights were trained to, and the speed of fp32 on a CPU."""
    model, casts = onnx.load(path), []
    for t in model.graph.initializer:
        if t.data_type == onnx.TensorProto.FLOAT and np.prod(t.dims) >= 64:
            name, values = t.name, numpy_helper.to_array(t)
            t.CopyFrom(numpy_helper.from_array(values.astype(np.float16), name + ".half"))
            casts.append(helper.make_node("Cast", [name + ".half"], [name], to=onnx.TensorProto.FLOAT))
    for node in reversed(casts):
        model.graph.node.insert(0, node)
    onnx.save(model, path)


def strip(path):
    """Drops what the exporter notes about the Python it saw: file names, stack traces, metadata."""
    model = onnx.load(path)
    model.doc_string = ""
    del model.metadata_props[:]
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    for value in list(model.graph.value_info) + list(model.graph.input) + list(model.graph.output):
        value.doc_string = ""
        del value.metadata_props[:]
    for t in model.graph.initializer:
        t.doc_string = ""
    model.producer_name, model.producer_version = "nirvana recipe", ""
    onnx.save(model, path)


def save(module, args, path, inputs, output, dynamic):
    """Exports module(*args) to path with the named inputs and output; dynamic as torch.export's dynamic_shapes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(module.eval(), args, str(path), input_names=inputs, output_names=[output], dynamo=True,
                      external_data=False, dynamic_shapes=dynamic, opset_version=OPSET, verbose=False)
    strip(path)
    halve(path)
