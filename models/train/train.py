"""Trains every ONNX model of this folder and writes models/<name>/<version>/model.onnx.

Run twice, it writes the same bytes: seeds are fixed, BLAS runs on one thread (so sums have one order), and nothing that
tells the time goes into a file.
"""

from hashlib import sha256
from pathlib import Path

from threadpoolctl import threadpool_limits

import digits
import spam

MODELS = Path(__file__).resolve().parent.parent


def main() -> None:
    files = [*spam.train(MODELS), *digits.train(MODELS)]
    for file in files:
        content = file.read_bytes()
        print(f"{sha256(content).hexdigest()}  {len(content):>7,} bytes  {file.relative_to(MODELS)}")


if __name__ == "__main__":
    with threadpool_limits(limits=1):
        main()
