"""Fit and draw in one process, as `run_peer.py` times the peers: libraries imported and the table read before.

python run_twinfold.py TRAIN [--seed 0] [--out FILE] [--engine NAME] [--budget TIME]
"""

import argparse
import json
import resource
import time

import pandas as pd

import twinfold


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out")
    parser.add_argument("--engine")
    parser.add_argument("--budget")
    args = parser.parse_args()
    options = {name: getattr(args, name) for name in ("engine", "budget") if getattr(args, name)}
    fit, sample = twinfold.fit, twinfold.sample  # named, they are imported
    train = pd.read_parquet(args.train)
    begun = time.process_time()
    model = fit(train, seed=args.seed, **options)
    fitted = time.process_time()
    synthetic = sample(model, len(train), seed=args.seed + 1)
    cost = {"fit_cpu_s": fitted - begun, "sample_cpu_s": time.process_time() - fitted}
    cost["peak_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    if args.out:
        synthetic.to_parquet(args.out)
    print(json.dumps(cost))


if __name__ == "__main__":
    main()
