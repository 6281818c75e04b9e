"""torch modules -> ONNX files, with fp16 storage and fp32 arithmetic; and their weights back out of them."""
import numpy as np
import onnx
from onnx import helper, numpy_helper
from safetensors.numpy import load_file

OPSET = 18


def halve(path):
    """Stores every sizeable fp32 weight as fp16 behind a Cast, which the runtime folds away at load: half the
    file, the numbers the weights were trained to, and the speed of fp32 on a CPU. Small constants that would be
    rounded stay: the timestep's frequencies are multiplied by hundreds."""
    model, casts = onnx.load(path), []
    for t in model.graph.initializer:
        if t.data_type != onnx.TensorProto.FLOAT or np.prod(t.dims) < 64:
            continue
        name, values = t.name, numpy_helper.to_array(t)
        half = values.astype(np.float16)
        if values.size >= 4096 or np.array_equal(half.astype(np.float32), values):
            t.CopyFrom(numpy_helper.from_array(half, name + ".half"))
            casts.append(helper.make_node("Cast", [name + ".half"], [name], to=onnx.TensorProto.FLOAT))
    for node in reversed(casts):
        model.graph.node.insert(0, node)
    onnx.save(model, path)


def name(path, module):
    """Gives constants back the names of the parameters that the exporter folded into them, so that load, and whoever
    merges LoRA weights, finds all. MatMul has them transposed; shapes may differ from the parameter's by ones."""
    model = onnx.load(path)
    named, kept = {t.name for t in model.graph.initializer}, {}
    for key, value in module.state_dict().items():
        if key not in named:
            value = value.detach().numpy()
            kept.setdefault(value.tobytes(), []).append(key)
            if value.ndim == 2:
                kept.setdefault(np.ascontiguousarray(value.T).tobytes(), []).append(key)
    new = {}
    for t in model.graph.initializer:
        if t.name not in module.state_dict() and (keys := kept.get(numpy_helper.to_array(t).tobytes())):
            new[t.name] = t.name = keys.pop(0)
    for node in model.graph.node:
        for i, used in enumerate(node.input):
            node.input[i] = new.get(used, used)
    onnx.save(model, path)


def load(path):
    """Parameter name -> float32 array, of a file that save wrote; shapes may differ by ones."""
    graph, out = onnx.load(path).graph, {}
    turned = {node.input[1] for node in graph.node if node.op_type == "MatMul"}
    for t in graph.initializer:
        key, value = t.name.removesuffix(".half"), numpy_helper.to_array(t)
        if value.dtype in (np.float16, np.float32):
            out[key] = (value.T if key in turned else value).astype(np.float32)
    return out


def merged(path, lora):
    """The model of a file that save wrote, with the LoRA weights of a file merged in; every one of them has to have a place."""
    model, deltas = onnx.load(path), load_file(lora)
    turned = {node.input[1] for node in model.graph.node if node.op_type == "MatMul"}
    keys = {k.removeprefix("unet.").removesuffix(".lora_A.weight") for k in deltas if k.endswith(".lora_A.weight")}
    for t in model.graph.initializer:
        weight = t.name.removesuffix(".half")
        if (key := weight.removesuffix(".weight")) == weight or key not in keys:
            continue
        a, b = (deltas[f"unet.{key}.lora_{x}.weight"].astype(np.float32) for x in "AB")
        change, value = b.reshape(len(b), -1) @ a.reshape(len(a), -1), numpy_helper.to_array(t)
        if change.size != value.size:
            raise SystemExit(f"{lora}: {key} is of another network than {path}")
        change = (change.T if weight in turned else change).reshape(value.shape)
        t.CopyFrom(numpy_helper.from_array((value.astype(np.float32) + change).astype(value.dtype), t.name))
        keys.remove(key)
    if keys or not deltas:
        raise SystemExit(f"{lora}: {path} has no place for {len(keys)} of its weights, {', '.join(sorted(keys)[:3])}")
    return model


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


def save(module, args, path, inputs, outputs, dynamic):
    """Exports module(*args) to path with the named inputs and outputs; dynamic as torch.export's dynamic_shapes."""
    import torch  # here alone: what draws with a finished folder has none

    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(module.eval(), args, str(path), input_names=inputs, output_names=outputs, dynamo=True,
                      external_data=False, dynamic_shapes=dynamic, opset_version=OPSET, verbose=False)
    strip(path)
    name(path, module)
    halve(path)
