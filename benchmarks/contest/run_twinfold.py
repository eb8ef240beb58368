"""Fit and draw in one process, as `run_peer.py` times the peers: libraries imported and the table read before.

python run_twinfold.py TRAIN SEED
"""

import json
import sys
import time

import pandas as pd

import twinfold


def main() -> None:
    train, seed = pd.read_parquet(sys.argv[1]), int(sys.argv[2])
    fit, sample = twinfold.fit, twinfold.sample  # named, they are imported
    begun = time.process_time()
    model = fit(train, seed=seed)
    fitted = time.process_time()
    sample(model, len(train), seed=seed + 1)
    print(json.dumps({"fit_cpu_s": fitted - begun, "sample_cpu_s": time.process_time() - fitted}))


if __name__ == "__main__":
    main()
