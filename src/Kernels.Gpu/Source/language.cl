// What OpenCL C and CUDA C call differently, so that every other source here is both.
// Only members .x .y .z .w of 16-byte vectors are used: CUDA's are structures.

#ifdef __OPENCL_VERSION__

#pragma OPENCL FP_CONTRACT OFF

#define KERNEL(itemsX, itemsY) kernel __attribute__((reqd_work_group_size(itemsX, itemsY, 1))) void
#define KERNEL_TOGETHER(itemsX, itemsY, groups) KERNEL(itemsX, itemsY)
#define DEVICE static inline
#define GLOBAL global                                           // memory of the device
#define LOCAL local                                             // a pointer into memory of the group
#define LOCAL_ARRAY local __attribute__((aligned(16)))          // an array there, declared at the start of a kernel
#define BARRIER() barrier(CLK_LOCAL_MEM_FENCE)
#define ITEM(direction) ((int)get_local_id(direction))
#define GROUP(direction) ((int)get_group_id(direction))
#define WORDS(x, y, z, w) ((uint4)(x, y, z, w))
#define BITS_AS_FLOAT(bits) as_float(bits)

// Where multiplication and addition in one step are emulated, two steps are faster; contraction is off, so the bits are the same in every kernel.
#ifdef FP_FAST_FMAF
#define MULTIPLY_ADD(a, b, c) fma(a, b, c)
#else
#define MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
#endif

// Widened exactly. vload_half needs no half arithmetic, which some devices lack.
DEVICE float widen_f16(GLOBAL const ushort* elements, size_t index) { return vload_half(index, (GLOBAL const half*)elements); }
DEVICE void widen8_f16(GLOBAL const ushort* elements, float wide[8]) { vstore8(vload_half8(0, (GLOBAL const half*)elements), 0, wide); }

// A correctly rounded quotient, because codes are equal bit for bit everywhere. In binary64 its 53 bits suffice: rounding them again gives the rounded quotient.
#ifdef DIVIDE_IN_BINARY64
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
DEVICE float divide(float a, float b) { return (float)((double)a / (double)b); }
#else
DEVICE float divide(float a, float b) { return a / b; }
#endif

// Sums of products of signed bytes, exact: 8 partial ones, because vectors are fast and adding up within one is not.
typedef int8 dot_sums;
#define NO_SUMS ((int8)(0))

#if defined(__AVX2__) && defined(__has_builtin)
#if __has_builtin(__builtin_ia32_pmaddwd256)
#define HAS_PMADDWD
#endif
#endif

#ifdef HAS_PMADDWD
// The device is an x86 CPU, whose instruction for this (16 products, neighbours added to 32 bits) the compiler does not find by itself.
DEVICE dot_sums add_dot16(dot_sums sums, uint4 a, uint4 b)
{
    return sums + as_int8(__builtin_ia32_pmaddwd256(convert_short16(as_char16(a)), convert_short16(as_char16(b))));
}
#else
// Two products of codes fit into 16 bits (2 · 127 · 127 = 32258), where a vector holds twice as many.
DEVICE dot_sums add_dot16(dot_sums sums, uint4 a, uint4 b)
{
    short16 products = convert_short16(as_char16(a)) * convert_short16(as_char16(b));
    return sums + convert_int8(products.lo + products.hi);
}
#endif

DEVICE int total(dot_sums sums)
{
    int4 four = sums.lo + sums.hi;
    return (four.x + four.y) + (four.z + four.w);
}

#else // CUDA C

typedef unsigned int uint;
typedef unsigned short ushort;
typedef unsigned char uchar;

#define KERNEL(itemsX, itemsY) extern "C" __global__ void __launch_bounds__((itemsX) * (itemsY))

// Registers are given out so that as many groups, at least, share a multiprocessor. Left alone, ptxas makes room for more and spills.
#define KERNEL_TOGETHER(itemsX, itemsY, groups) extern "C" __global__ void __launch_bounds__((itemsX) * (itemsY), groups)
#define DEVICE static __device__ __forceinline__
#define GLOBAL
#define LOCAL
#define LOCAL_ARRAY __shared__ __align__(16)
#define BARRIER() __syncthreads()
#define ITEM(direction) ((int)((direction) == 0 ? threadIdx.x : threadIdx.y))
#define GROUP(direction) ((int)((direction) == 0 ? blockIdx.x : blockIdx.y))
#define WORDS(x, y, z, w) make_uint4(x, y, z, w)
#define BITS_AS_FLOAT(bits) __uint_as_float(bits)
#define MULTIPLY_ADD(a, b, c) __fmaf_rn(a, b, c)

DEVICE float widen_f16(const ushort* elements, size_t index)
{
    float value;
    asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(elements[index]));
    return value;
}

DEVICE void widen8_f16(const ushort* elements, float wide[8])
{
    uint4 bits = *(const uint4*)elements;
    const uint words[4] = {bits.x, bits.y, bits.z, bits.w};
    #pragma unroll
    for (int i = 0; i < 8; i++)
    {
        ushort bits16 = (ushort)(words[i / 2] >> (16 * (i % 2)));
        asm("cvt.f32.f16 %0, %1;" : "=f"(wide[i]) : "h"(bits16));
    }
}

DEVICE float divide(float a, float b) { return __fdiv_rn(a, b); }

typedef int dot_sums;
#define NO_SUMS 0
DEVICE dot_sums add_dot16(dot_sums sums, uint4 a, uint4 b)
{
    asm("dp4a.s32.s32 %0, %1, %2, %0;" : "+r"(sums) : "r"(a.x), "r"(b.x));
    asm("dp4a.s32.s32 %0, %1, %2, %0;" : "+r"(sums) : "r"(a.y), "r"(b.y));
    asm("dp4a.s32.s32 %0, %1, %2, %0;" : "+r"(sums) : "r"(a.z), "r"(b.z));
    asm("dp4a.s32.s32 %0, %1, %2, %0;" : "+r"(sums) : "r"(a.w), "r"(b.w));
    return sums;
}
DEVICE int total(dot_sums sums) { return sums; }

#endif

DEVICE float widen_bf16(ushort bits) { return BITS_AS_FLOAT((uint)bits << 16); }
