"""Times cuBLAS through PyTorch for the products that check-devices measures: fp16 × fp16, and int8 × int8 where torch has it."""
import json
import statistics
import sys
import time

import torch

QUICK = "--quick" in sys.argv
SHAPES = [(4096, 4096), (896, 4864)] if QUICK else [(4096, 4096), (11008, 4096), (4096, 11008), (896, 4864), (4864, 896), (5120, 13824)]
ROWS = [1, 32, 512, 4096] if QUICK else [1, 8, 32, 128, 512, 4096]
ROTATION_BYTES = 192 << 20
SAMPLES = 7 if QUICK else 31


def median_ms(multiply):
    for _ in range(3):
        multiply()
    torch.cuda.synchronize()
    times = []
    for _ in range(SAMPLES):
        start = time.perf_counter()
        for _ in range(10):
            multiply()
        torch.cuda.synchronize()
        times.append((time.perf_counter() - start) / 10)
    return 1e3 * statistics.median(times)


def rotating(make, bytes_each):
    return [make() for _ in range(max(1, min(64, -(-ROTATION_BYTES // bytes_each))))]


def measure(kernel, rows, outputs, inputs):
    turn = [0]
    if kernel == "fp16×fp16":
        x = torch.randn(rows, inputs, device="cuda", dtype=torch.float16)
        weights = rotating(lambda: torch.randn(outputs, inputs, device="cuda", dtype=torch.float16), 2 * outputs * inputs)
        product = lambda w: x @ w.t()
    else:
        x = torch.randint(-127, 128, (rows, inputs), device="cuda", dtype=torch.int8)
        weights = rotating(lambda: torch.randint(-127, 128, (outputs, inputs), device="cuda", dtype=torch.int8), outputs * inputs)
        product = lambda w: torch._int_mm(x, w.t())

    def multiply():
        turn[0] += 1
        return product(weights[turn[0] % len(weights)])

    ms = median_ms(multiply)
    return {"kernel": kernel, "rows": rows, "inFeatures": inputs, "outFeatures": outputs, "medianMs": ms, "gopsPerSecond": 2e-6 * rows * outputs * inputs / ms}


results = []
print(f"cuBLAS by PyTorch {torch.__version__} on {torch.cuda.get_device_name()}")
for outputs, inputs in SHAPES:
    for rows in ROWS:
        # torch._int_mm takes more than 16 rows only.
        for kernel in ["fp16×fp16"] + (["int8×int8"] if rows > 16 else []):
            result = measure(kernel, rows, outputs, inputs)
            results.append(result)
            print(f"  {kernel:10} {outputs:6} × {inputs:6} {rows:5} rows {result['medianMs']:10.4f} ms {result['gopsPerSecond']:12.0f} Gop/s")
with open("results-cublas.json", "w", encoding="utf-8") as file:
    json.dump({"torch": torch.__version__, "device": torch.cuda.get_device_name(), "results": results}, file, indent=2)
    file.write("\n")
