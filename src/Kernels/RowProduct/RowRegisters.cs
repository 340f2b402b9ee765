using System.Diagnostics;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace OutlierQuant.Kernels.RowProduct;

/// <summary>Which of the 32 vector registers holds what in a function of <see cref="RowCode"/>.</summary>
internal sealed class RowRegisters
{
    private static readonly AssemblerRegisterZMM[] _zmm =
    [
        zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15,
        zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23, zmm24, zmm25, zmm26, zmm27, zmm28, zmm29, zmm30, zmm31,
    ];

    private readonly RowCodeShape _shape;
    private readonly Range _totals;
    private readonly Range _sums;
    private readonly Range _packed;
    private readonly Range _activations;
    private readonly Range _fields;
    private readonly Range _indices;
    private int _nextField;

    public RowRegisters(RowCodeShape shape)
    {
        _shape = shape;
        int next = 0;
        _totals = Take(shape.Totals);
        _sums = Take(shape.Rows * shape.SumsPerRow);
        _packed = Take(shape.Rows);
        _activations = Take(shape.ActivationVectors);
        _fields = Take(shape.FieldVectors);
        _indices = Take(shape.IndexVectors);
        Mask = _zmm[Take(1).Start];
        Scale = _zmm[Take(shape.Grouping == RowGrouping.Whole ? 0 : 1).Start];
        Debug.Assert(shape.HasRegisters && next <= _zmm.Length);

        Range Take(int count) => new(next, next += count);
    }

    /// <summary>Gets the register of the bits of a field, or of the sign bits of int8.</summary>
    public AssemblerRegisterZMM Mask { get; }

    /// <summary>Gets the register of a group's scale.</summary>
    public AssemblerRegisterZMM Scale { get; }

    /// <summary>Gets all sums.</summary>
    public ReadOnlySpan<AssemblerRegisterZMM> AllSums => _zmm.AsSpan(_sums);

    /// <summary>Gets all totals.</summary>
    public ReadOnlySpan<AssemblerRegisterZMM> AllTotals => _zmm.AsSpan(_totals);

    /// <summary>Gives the registers of fields in turn.</summary>
    public AssemblerRegisterZMM NextField() => _zmm[_fields.Start.Value + (_nextField++ % 2)];

    /// <summary>Gives the register of a row's packed codes.</summary>
    public AssemblerRegisterZMM Packed(int row) => _zmm[_packed.Start.Value + row];

    /// <summary>Gives the register of a vector of activations.</summary>
    public AssemblerRegisterZMM Activation(int vector) => _zmm[_activations.Start.Value + vector];

    /// <summary>Gives the register of a field of a unit, where all of a unit are held.</summary>
    public AssemblerRegisterZMM UnitField(int row, int field) => _zmm[_fields.Start.Value + (row * _shape.FieldsPerUnit) + field];

    /// <summary>Gives the register of the lane indices of a unit's scales.</summary>
    public AssemblerRegisterZMM Indices(int unit) => _zmm[_indices.Start.Value + unit];

    /// <summary>Gives the register of a sum.</summary>
    public AssemblerRegisterZMM Sum(int row, int vector) => _zmm[_sums.Start.Value + (row * _shape.SumsPerRow) + vector];

    /// <summary>Gives the register of a total.</summary>
    public AssemblerRegisterZMM Total(int row, int token) => _zmm[_totals.Start.Value + (row * _shape.Tokens) + token];

    /// <summary>Gives the numbers of the registers that hold a token's sums over whole rows, or its totals, row after row.</summary>
    public int[] ElementsOf(int token)
    {
        bool isWhole = _shape.Grouping == RowGrouping.Whole;
        int perRow = isWhole ? _shape.SumsPerRow : _shape.Tokens;
        int first = (isWhole ? _sums : _totals).Start.Value + (token * perRow / _shape.Tokens);
        return [.. Enumerable.Range(0, _shape.Rows).Select(row => first + (row * perRow))];
    }

    /// <summary>Gives the place in a row, of up to four, where the first one's is in a register.</summary>
    /// <param name="first">The place in the first row.</param>
    /// <param name="stride">Bytes from row to row.</param>
    /// <param name="triple">Three times as many.</param>
    /// <param name="row">0-based row.</param>
    public static AssemblerMemoryOperand OfRow(AssemblerRegister64 first, AssemblerRegister64 stride, AssemblerRegister64 triple, int row) => row switch
    {
        0 => __[first],
        1 => __[first + stride],
        2 => __[first + (stride * 2)],
        _ => __[first + triple],
    };
}
