"""A network of an ONNX file, for MLServer."""
import numpy as np
import onnxruntime
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceResponse


class OnnxModel(MLModel):
    async def load(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(self.settings.parameters.uri, options)
        return True

    async def predict(self, payload):
        fed = {i.name: NumpyCodec.decode_input(i).reshape(i.shape) for i in payload.inputs}
        names = [o.name for o in self.session.get_outputs()]
        made = self.session.run(names, fed)
        return InferenceResponse(model_name=self.name, outputs=[NumpyCodec.encode_output(n, np.ascontiguousarray(v)) for n, v in zip(names, made)])
