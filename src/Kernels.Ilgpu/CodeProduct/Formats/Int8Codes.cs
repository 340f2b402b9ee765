namespace OutlierQuant.Kernels.Ilgpu.CodeProduct.Formats;

/// <summary>One signed byte a code.</summary>
internal readonly struct Int8Codes : ICodeFormat
{
    public static int Fields => 1;

    public static int Codes(int word, int field) => word;
}
