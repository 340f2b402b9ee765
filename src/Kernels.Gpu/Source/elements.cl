// ELEMENT is the type of float weights: 32 (binary32), 16 (binary16) or 8 (bfloat16, which has 8 significant bits).

#if ELEMENT == 32
typedef float element;
#define WIDEN(elements, index) ((elements)[index])
#elif ELEMENT == 16
typedef ushort element;
#define WIDEN(elements, index) widen_f16(elements, index)
#else
typedef ushort element;
#define WIDEN(elements, index) widen_bf16((elements)[index])
#endif
