"""Does with tritonclient what its users do, and prints what came of it as one JSON object; the test that runs it judges.

Usage: use_tritonclient.py HOST:PORT, with a key in ASTRA_KEY where the server wants one, and MANAGE=1 where it may load and
unload models. The server has the models spam and digits of this repository.
"""
import json
import os
import sys

import numpy as np
import tritonclient.http as triton

client = triton.InferenceServerClient(sys.argv[1])
key = os.environ.get("ASTRA_KEY")


def headers():
    """Made anew for each request: the client adds its own to the ones that it is given, and the next request would have them."""
    return {"Authorization": f"Bearer {key}"} if key else {}


# The client keeps the response's headers to itself.
seen = []
post = client._post


def remember(*args, **kwargs):
    response = post(*args, **kwargs)
    seen.append({
        "encoding": response.get("Content-Encoding"),
        "binary": response.get("Inference-Header-Content-Length") is not None,
    })
    return response


client._post = remember

MAIL = ["You have won a prize. Click here to claim your free money now!", "Grüße: the patch fixes the build 🎉"]


def text(binary, rows=MAIL, name="text"):
    tensor = triton.InferInput(name, [len(rows)], "BYTES")
    return tensor.set_data_from_numpy(np.array([row.encode() for row in rows], dtype=object), binary_data=binary)


def pixels(binary, dtype=np.float32, datatype="FP32", size=64):
    data = (np.arange(size, dtype=dtype) % 17).reshape(1, size)
    return triton.InferInput("pixels", [1, size], datatype).set_data_from_numpy(data, binary_data=binary)


def outputs(binary, *names):
    return [triton.InferRequestedOutput(name, binary_data=binary) for name in names]


def plain(value):
    return value.decode() if isinstance(value, bytes) else value


def infer(model, inputs, **options):
    result = client.infer(model, inputs, headers=headers(), **options)
    response = result.get_response()
    tensors = {}
    for output in response["outputs"]:
        tensors[output["name"]] = [plain(value) for value in result.as_numpy(output["name"]).ravel().tolist()]
    return {
        "model": response["model_name"],
        "version": response["model_version"],
        "id": response.get("id"),
        "tensors": tensors,
        **seen[-1],
    }


def refused(action):
    try:
        action()
    except triton.InferenceServerException as error:
        return {"status": error.status(), "message": error.message()}
    return None



report = {
    "live": client.is_server_live(headers=headers()),
    "ready": client.is_server_ready(headers=headers()),
    "server": client.get_server_metadata(headers=headers()),
    "modelReady": client.is_model_ready("spam", headers=headers()),
    "versionReady": client.is_model_ready("spam", "1.1", headers=headers()),
    "missingReady": client.is_model_ready("nothing", headers=headers()),
    "metadata": client.get_model_metadata("digits", headers=headers()),
    "versionMetadata": client.get_model_metadata("spam", "1.1", headers=headers()),
    "index": client.get_model_repository_index(headers=headers()),
    "infer": {
        "json": infer("spam", [text(False)], model_version="1.1", outputs=outputs(False, "label", "score")),
        "binary": infer("spam", [text(True)], model_version="1.1", request_id="mine"),
        "mixed": infer(
            "spam", [text(True)], model_version="1.1", outputs=outputs(True, "label") + outputs(False, "score")
        ),
        "oneOutput": infer("spam", [text(True)], model_version="1.1", outputs=outputs(True, "score")),
        "async": None,
    },
    "digits": {
        "json": infer("digits", [pixels(False)], model_version="1.1", outputs=outputs(False, "label", "score")),
        "binary": infer("digits", [pixels(True)], model_version="1.1"),
    },
    # So many rows that an answer is worth compressing.
    "compressed": {
        f"{sent}-{wanted}": infer(
            "spam",
            [text(binary, MAIL * 64)],
            model_version="1.1",
            outputs=outputs(binary, "label", "score"),
            request_compression_algorithm=sent,
            response_compression_algorithm=wanted,
        )
        for sent, wanted, binary in [("gzip", "gzip", True), ("deflate", "deflate", True), ("gzip", "deflate", False)]
    },
    "errors": {
        "model": refused(lambda: infer("nothing", [text(True)])),
        "metadata": refused(lambda: client.get_model_metadata("nothing", headers=headers())),
        "version": refused(lambda: infer("spam", [text(True)], model_version="9")),
        "shape": refused(lambda: infer("digits", [pixels(True, size=63)])),
        "datatype": refused(lambda: infer("digits", [pixels(True, dtype=np.float64, datatype="FP64")])),
        "jsonDatatype": refused(lambda: infer("digits", [pixels(False, dtype=np.int32, datatype="INT32")])),
        "input": refused(lambda: infer("spam", [text(True, name="txet")])),
        "output": refused(lambda: infer("spam", [text(True)], outputs=outputs(True, "scroe"))),
    },
}

pending = client.async_infer("spam", [text(True)], model_version="1.1", headers=headers())
report["infer"]["async"] = [plain(value) for value in pending.get_result().as_numpy("label").tolist()]

if os.environ.get("MANAGE"):
    client.unload_model("digits", headers=headers())
    report["unloaded"] = {
        "ready": client.is_model_ready("digits", headers=headers()),
        "error": refused(lambda: infer("digits", [pixels(True)])),
        "index": client.get_model_repository_index(headers=headers()),
    }
    client.load_model("digits", headers=headers())
    report["loaded"] = {"ready": client.is_model_ready("digits", headers=headers()), "infer": infer("digits", [pixels(True)])}
    report["errors"]["load"] = refused(lambda: client.load_model("nothing", headers=headers()))
else:
    report["errors"]["load"] = refused(lambda: client.load_model("spam", headers=headers()))
    report["errors"]["unload"] = refused(lambda: client.unload_model("spam", headers=headers()))
    key = "astra_unknown"
    report["errors"]["key"] = refused(lambda: infer("spam", [text(True)]))

client.close()
print(json.dumps(report))
