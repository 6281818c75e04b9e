"""The networks of a model repository (NAME/1/model.onnx), for KServe."""
import argparse
import pathlib

import numpy as np
import onnxruntime
from kserve import InferOutput, InferResponse, Model, ModelServer, model_server

TYPES = {"tensor(float)": "FP32", "tensor(float16)": "FP16", "tensor(double)": "FP64", "tensor(int64)": "INT64", "tensor(int32)": "INT32", "tensor(bool)": "BOOL"}


def described(ports):
    return [{"name": p.name, "datatype": TYPES[p.type], "shape": [d if isinstance(d, int) else -1 for d in p.shape]} for p in ports]


class OnnxModel(Model):
    def __init__(self, name, path):
        super().__init__(name)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(path), options)
        self.ready = True

    async def get_input_types(self):
        return described(self.session.get_inputs())

    async def get_output_types(self):
        return described(self.session.get_outputs())

    def predict(self, request, headers=None, response_headers=None):
        fed = {i.name: i.as_numpy() for i in request.inputs}
        ports = self.session.get_outputs()
        outputs = []
        for port, made in zip(ports, self.session.run([p.name for p in ports], fed)):
            output = InferOutput(name=port.name, shape=list(made.shape), datatype=TYPES[port.type])
            output.set_data_from_numpy(np.ascontiguousarray(made), binary_data=True)
            outputs.append(output)
        return InferResponse(response_id=request.id, model_name=self.name, infer_outputs=outputs)


parser = argparse.ArgumentParser(parents=[model_server.parser])
parser.add_argument("--repository", required=True)
args, _ = parser.parse_known_args()
networks = sorted(pathlib.Path(args.repository).glob("*/1/model.onnx"))
ModelServer().start([OnnxModel(p.parent.parent.name, p) for p in networks])
