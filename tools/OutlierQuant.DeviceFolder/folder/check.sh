#!/bin/sh
# Checks and measures every device; then cuBLAS beside it where PyTorch is there.
cd "$(dirname "$0")" || exit 1
./check-devices "$@"
code=$?
if python3 -c 'import torch, sys; sys.exit(not torch.cuda.is_available())' 2>/dev/null; then
    python3 cublas.py "$@" || code=1
else
    echo "cuBLAS was not measured: python3 has no PyTorch with CUDA here"
fi
exit $code
