"""A network of an ONNX file, for MLServer."""
import numpy as np
import onnxruntime
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceResponse, MetadataTensor

TYPES = {"tensor(float)": "FP32", "tensor(float16)": "FP16", "tensor(double)": "FP64", "tensor(int64)": "INT64", "tensor(int32)": "INT32", "tensor(bool)": "BOOL"}


def described(ports):
    return [MetadataTensor(name=p.name, datatype=TYPES[p.type], shape=[d if isinstance(d, int) else -1 for d in p.shape]) for p in ports]


class OnnxModel(MLModel):
    async def load(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(self.settings.parameters.uri, options)
        self.inputs, self.outputs = described(self.session.get_inputs()), described(self.session.get_outputs())
        return True

    async def predict(self, payload):
        fed = {i.name: NumpyCodec.decode_input(i).reshape(i.shape) for i in payload.inputs}
        names = [o.name for o in self.session.get_outputs()]
        made = self.session.run(names, fed)
        return InferenceResponse(model_name=self.name, outputs=[NumpyCodec.encode_output(n, np.ascontiguousarray(v)) for n, v in zip(names, made)])
