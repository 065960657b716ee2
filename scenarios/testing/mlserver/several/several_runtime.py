"""A model of several datatypes that computes hardly anything."""

import numpy as np
from mlserver import MLModel
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.errors import InferenceError
from mlserver.types import InferenceRequest, InferenceResponse


class Several(MLModel):
    async def load(self) -> bool:
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        given = {tensor.name: tensor for tensor in payload.inputs}
        texts = StringCodec.decode_input(given["text"])
        image = NumpyCodec.decode_input(given["image"])
        count = NumpyCodec.decode_input(given["count"])
        flag = NumpyCodec.decode_input(given["flag"])
        if "refuse me" in texts:
            raise InferenceError("secret words of the model")
        with np.errstate(invalid="ignore"):
            root = np.sqrt(image[:, 0, 0].astype(np.float64))
        small = np.stack([np.arange(5, dtype=np.uint8)] * len(texts))
        return InferenceResponse(
            model_name=self.name,
            model_version=self.version,
            outputs=[
                StringCodec.encode_output("upper", [text.upper() for text in texts]),
                NumpyCodec.encode_output("root", root),
                NumpyCodec.encode_output("doubled", image * 2),
                NumpyCodec.encode_output("next", count + 1),
                NumpyCodec.encode_output("opposite", ~flag),
                NumpyCodec.encode_output("small", small),
            ],
        )
