using System.Diagnostics;
using System.Runtime.InteropServices;
using Iced.Intel;
using OutlierQuant.Kernels.CodeProduct;
using static Iced.Intel.AssemblerRegisters;

namespace OutlierQuant.Kernels.RowProduct;

/// <summary>Emits the products of some packed rows and the vectors of some tokens on 512-bit <c>vpdpbusd</c>, which the class library lacks.</summary>
/// <remarks>
/// <para>A vector of activations is a token's codes, or one of the three planes of a token of floats (<see cref="RowActivations"/>). Each field of a step of weights is taken out once and multiplied by all
/// vectors. Fields are unsigned: the code and an offset (int8 128, int4 8, ternary 1); sums start from what the offset adds.</para>
/// <para>The function follows the System V calling convention and has one argument, the <see cref="RowBlock"/>:</para>
/// <code>
/// rdi  the block       rsi  weights of the step       rcx  scales of the step     r11  activations of the step   rbx  what is fetched
/// r13  weights of      rdx  bytes of a row            r9   bytes of its scales    rax  starts of the unit        rbp  groups left
/// r14  scales of       r8   three rows                r10  of three rows          r15  sums of                   r12  steps left
///      the block of rows                                                               the block of rows
/// k1   bytes of the last step       k2   scales of the last step, k3   of the others
/// </code>
/// <para>Every element has registers of its own, so its bits do not depend on the rows and tokens beside it.</para>
/// </remarks>
internal sealed class RowCode
{
    private const int StepBytes = RowLayout.StepBytes;

    private static readonly AssemblerRegister64[] _saved = [rbx, rbp, r12, r13, r14, r15];

    private static readonly AssemblerRegisterZMM[] _zmm =
    [
        zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15,
        zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23, zmm24, zmm25, zmm26, zmm27, zmm28, zmm29, zmm30, zmm31,
    ];

    private readonly Assembler _code = new(64) { PreferVex = false };
    private readonly RowCodeShape _shape;
    private readonly int _vectors;
    private readonly Range _totals;
    private readonly Range _sums;
    private readonly Range _packed;
    private readonly Range _activations;
    private readonly Range _fields;
    private readonly Range _indices;
    private readonly AssemblerRegisterZMM _mask;
    private readonly AssemblerRegisterZMM _scale;
    private Label _indexData;
    private int _nextField;

    private RowCode(RowCodeShape shape)
    {
        _shape = shape;
        _vectors = shape.Vectors;
        int next = 0;
        _totals = Take(shape.Totals);
        _sums = Take(shape.Rows * shape.SumsPerRow);
        _packed = Take(shape.Rows);
        _activations = Take(shape.ActivationVectors);
        _fields = Take(shape.FieldVectors);
        _indices = Take(shape.IndexVectors);
        _mask = _zmm[Take(1).Start];
        _scale = _zmm[Take(shape.Grouping == RowGrouping.Whole ? 0 : 1).Start];
        Debug.Assert(shape.HasRegisters && next <= _zmm.Length);

        Range Take(int count) => new(next, next += count);
    }

    /// <summary>Emits a function.</summary>
    public static Assembler Emit(RowCodeShape shape) => new RowCode(shape).Emit();

    private Assembler Emit()
    {
        Label nextBlock = _code.CreateLabel();
        _indexData = _code.CreateLabel();
        foreach (AssemblerRegister64 register in _saved)
        {
            _code.push(register);
        }

        Begin();
        _code.Label(ref nextBlock);
        _code.mov(rsi, r13);
        _code.mov(rbx, r13);
        _code.add(rbx, Field(nameof(RowBlock.FetchDistance)));
        _code.mov(rcx, r14);
        _code.mov(r11, Field(nameof(RowBlock.Activations)));
        _code.mov(rax, Field(nameof(RowBlock.Starts)));
        for (int i = _totals.Start.Value; i < _totals.End.Value; i++)
        {
            _code.vpxord(_zmm[i], _zmm[i], _zmm[i]);
        }

        if (_shape.EndsEveryStep)
        {
            EmitSteps();
        }
        else
        {
            EmitGroups();
        }

        Finish();
        _code.dec(Field(nameof(RowBlock.Blocks)));
        _code.jne(nextBlock);

        _code.vzeroupper();
        foreach (AssemblerRegister64 register in _saved.Reverse())
        {
            _code.pop(register);
        }

        _code.ret();
        EmitIndices();
        return _code;
    }

    private static AssemblerMemoryOperand Field(string name) => __qword_ptr[rdi + (int)Marshal.OffsetOf<RowBlock>(name)];

    private static AssemblerMemoryOperand Constant(string name) => __dword_bcst[rdi + (int)Marshal.OffsetOf<RowBlock>(name)];

    private void Begin()
    {
        _code.mov(eax, _shape.Format switch { WeightFormat.Int8 => 0x80808080, WeightFormat.Int4 => 0x0F0F0F0F, _ => 0x03030303 });
        _code.vpbroadcastd(_mask, eax);
        _code.kmovq(k1, Field(nameof(RowBlock.LastBytes)));
        _code.kmovq(k2, Field(nameof(RowBlock.LastScales)));
        if (_shape.Grouping == RowGrouping.Fields)
        {
            _code.mov(eax, (1 << (2 * _shape.UnitsPerStep)) - 1);
            _code.kmovd(k3, eax);
            _code.lea(rax, __[_indexData]);
            for (int unit = 0; unit < _shape.UnitsPerStep; unit++)
            {
                _code.vmovdqu32(_zmm[_indices.Start.Value + unit], __zmmword_ptr[rax + (unit * StepBytes)]);
            }
        }

        _code.mov(r13, Field(nameof(RowBlock.Weights)));
        _code.mov(rdx, Field(nameof(RowBlock.RowBytes)));
        _code.lea(r8, __[rdx + (rdx * 2)]);
        _code.mov(r14, Field(nameof(RowBlock.Scales)));
        _code.mov(r9, Field(nameof(RowBlock.ScaleBytes)));
        _code.lea(r10, __[r9 + (r9 * 2)]);
        _code.mov(r15, Field(nameof(RowBlock.Sums)));
    }

    /// <summary>Steps that end units: sums start and are scaled within each.</summary>
    private void EmitSteps()
    {
        Label nextStep = _code.CreateLabel(), last = _code.CreateLabel();
        _code.mov(r12, Field(nameof(RowBlock.Steps)));
        _code.dec(r12);
        _code.je(last);
        _code.Label(ref nextStep);
        EmitStep(isLast: false);
        _code.dec(r12);
        _code.jne(nextStep);
        _code.Label(ref last);
        EmitStep(isLast: true);
    }

    /// <summary>Units of several steps.</summary>
    private void EmitGroups()
    {
        Label nextGroup = _code.CreateLabel(), nextStep = _code.CreateLabel(), afterSteps = _code.CreateLabel(), scale = _code.CreateLabel();
        _code.mov(rbp, Field(nameof(RowBlock.Groups)));
        _code.Label(ref nextGroup);
        EmitStarts();
        _code.mov(r12, Field(nameof(RowBlock.LastGroupSteps)));
        _code.dec(r12);
        _code.cmp(rbp, 1);
        _code.cmovne(r12, Field(nameof(RowBlock.GroupSteps)));
        _code.test(r12, r12);
        _code.je(afterSteps);
        _code.Label(ref nextStep);
        EmitStep(isLast: false);
        _code.dec(r12);
        _code.jne(nextStep);
        _code.Label(ref afterSteps);
        _code.cmp(rbp, 1);
        _code.jne(scale);
        EmitStep(isLast: true);
        _code.Label(ref scale);
        if (_shape.Grouping == RowGrouping.Whole)
        {
            EmitPlanes();
        }
        else
        {
            EmitScaled(0, isLast: false);
            _code.add(rcx, sizeof(float));
        }

        _code.dec(rbp);
        _code.jne(nextGroup);
    }

    private void EmitStep(bool isLast)
    {
        for (int row = 0; row < _shape.Rows; row++)
        {
            AssemblerRegisterZMM packed = Packed(row);
            _code.vmovdqu8(isLast ? packed.k1.z : packed, __zmmword_ptr[OfRow(rsi, rdx, r8, row)]);
            _code.prefetcht1(__byte_ptr[rbx + (row * StepBytes)]);
        }

        _code.add(rsi, StepBytes);
        _code.add(rbx, Field(nameof(RowBlock.FetchStep)));
        for (int unit = 0; unit < _shape.UnitsPerStep; unit++)
        {
            int first = unit * _shape.FieldsPerUnit;
            if (_shape.AddsPlanes)
            {
                EmitAddedPlanes(first);
                EmitScaled(unit, isLast);
                continue;
            }

            if (_shape.EndsEveryStep)
            {
                EmitStarts();
            }

            for (int field = first; field < first + _shape.FieldsPerUnit; field++)
            {
                EmitField(field);
            }

            if (_shape.EndsEveryStep)
            {
                EmitScaled(unit, isLast);
            }
        }

        _code.add(r11, _shape.Fields * _vectors * StepBytes);
        if (_shape.EndsEveryStep)
        {
            _code.add(rcx, sizeof(float) * (_shape.Grouping == RowGrouping.Fields ? 2 * _shape.UnitsPerStep : 1));
        }
    }

    private void EmitField(int field)
    {
        for (int vector = 0; vector < _vectors && _shape.Rows > 1; vector++)
        {
            _code.vmovdqa64(Activation(vector), ActivationOf(field, vector));
        }

        for (int row = 0; row < _shape.Rows; row++)
        {
            AssemblerRegisterZMM fields = _zmm[_fields.Start.Value + (_nextField++ % 2)];
            EmitUnpacked(fields, Packed(row), field);
            for (int vector = 0; vector < _vectors; vector++)
            {
                if (_shape.Rows > 1)
                {
                    _code.vpdpbusd(Sum(row, vector), fields, Activation(vector));
                }
                else
                {
                    _code.vpdpbusd(Sum(row, vector), fields, ActivationOf(field, vector));
                }
            }
        }
    }

    /// <summary>Sums the fields of a unit times each plane, the largest first: what is summed so far is shifted to its weight before the next is added.</summary>
    private void EmitAddedPlanes(int firstField)
    {
        for (int row = 0; row < _shape.Rows; row++)
        {
            for (int field = 0; field < _shape.FieldsPerUnit; field++)
            {
                EmitUnpacked(UnitField(row, field), Packed(row), firstField + field);
            }

            for (int token = 0; token < _shape.Tokens; token++)
            {
                _code.vpxord(Sum(row, token), Sum(row, token), Sum(row, token));
            }
        }

        for (int plane = FixedPoint.Planes - 1; plane >= 0; plane--)
        {
            for (int sum = 0; sum < _shape.Rows * _shape.Tokens && plane < FixedPoint.Planes - 1; sum++)
            {
                AssemblerRegisterZMM shifted = _zmm[_sums.Start.Value + sum];
                _code.vpslld(shifted, shifted, plane == 0 ? RowActivations.Weight1Bits : (byte)(RowActivations.Weight2Bits - RowActivations.Weight1Bits));
            }

            for (int field = 0; field < _shape.FieldsPerUnit; field++)
            {
                for (int token = 0; token < _shape.Tokens; token++)
                {
                    _code.vmovdqa64(Activation(0), ActivationOf(firstField + field, (token * FixedPoint.Planes) + plane));
                    for (int row = 0; row < _shape.Rows; row++)
                    {
                        _code.vpdpbusd(Sum(row, token), UnitField(row, field), Activation(0));
                    }
                }
            }
        }

        for (int token = 0; token < _shape.Tokens; token++)
        {
            for (int row = 0; row < _shape.Rows; row++)
            {
                _code.vpaddd(Sum(row, token), Sum(row, token), __zmmword_ptr[rax + (token * StepBytes)]);
            }
        }

        _code.add(rax, _shape.Tokens * StepBytes);
    }

    // The shift moves 16-bit lanes, because x86 has no shift of bytes; the mask removes what came from the neighbouring byte.
    private void EmitUnpacked(AssemblerRegisterZMM fields, AssemblerRegisterZMM packed, int field)
    {
        if (_shape.Format == WeightFormat.Int8)
        {
            _code.vpxord(fields, packed, _mask);
        }
        else if (field == 0)
        {
            _code.vpandd(fields, packed, _mask);
        }
        else
        {
            _code.vpsrlw(fields, packed, (byte)(field * 8 / _shape.Fields));
            _code.vpandd(fields, fields, _mask);
        }
    }

    private void EmitStarts()
    {
        for (int vector = 0; vector < _vectors; vector++)
        {
            _code.vmovdqa64(Sum(0, vector), __zmmword_ptr[rax + (vector * StepBytes)]);
            for (int row = 1; row < _shape.Rows; row++)
            {
                _code.vmovdqa64(Sum(row, vector), Sum(0, vector));
            }
        }

        _code.add(rax, _vectors * StepBytes);
    }

    /// <summary>Turns sums into floats, and adds up the planes of a token in the place of the first; sums of whole rows of codes stay integers.</summary>
    private void EmitPlanes()
    {
        if (_shape.Planes == 1 && _shape.Grouping == RowGrouping.Whole)
        {
            return;
        }

        for (int sum = 0; sum < _shape.Rows * _shape.SumsPerRow; sum++)
        {
            _code.vcvtdq2ps(_zmm[_sums.Start.Value + sum], _zmm[_sums.Start.Value + sum]);
        }

        for (int row = 0; row < _shape.Rows && _shape.Planes > 1 && !_shape.AddsPlanes; row++)
        {
            for (int token = 0; token < _shape.Tokens; token++)
            {
                int plane = token * FixedPoint.Planes;
                _code.vfmadd231ps(Sum(row, plane), Sum(row, plane + 1), Constant(nameof(RowBlock.Weight1)));
                _code.vfmadd231ps(Sum(row, plane), Sum(row, plane + 2), Constant(nameof(RowBlock.Weight2)));
            }
        }
    }

    private void EmitScaled(int unit, bool isLast)
    {
        EmitPlanes();
        for (int row = 0; row < _shape.Rows; row++)
        {
            AssemblerMemoryOperand scales = OfRow(rcx, r9, r10, row);
            if (_shape.Grouping == RowGrouping.Steps)
            {
                _code.vbroadcastss(_scale, __dword_ptr[scales]);
            }
            else
            {
                _code.vmovups(isLast ? _scale.k2.z : _scale.k3.z, __zmmword_ptr[scales]);
                _code.vpermps(_scale, _zmm[_indices.Start.Value + unit], _scale);
            }

            for (int token = 0; token < _shape.Tokens; token++)
            {
                _code.vfmadd231ps(Total(row, token), Sum(row, token * _shape.SumsPerRow / _shape.Tokens), _scale);
            }
        }
    }

    /// <summary>Adds up lanes, stores the sums, and goes on to the next block of rows.</summary>
    private void Finish()
    {
        Range elements = _shape.Grouping == RowGrouping.Whole ? _sums : _totals;
        int perRow = _shape.Grouping == RowGrouping.Whole ? _shape.SumsPerRow : _shape.Tokens;
        for (int token = 0; token < _shape.Tokens; token++)
        {
            int first = elements.Start.Value + (token * perRow / _shape.Tokens);
            RowReduction.Emit(_code, [.. Enumerable.Range(0, _shape.Rows).Select(row => first + (row * perRow))], _shape.Planes == 1 && _shape.Grouping == RowGrouping.Whole);
            RowReduction.Store(_code, first, _shape.Rows, r15);
            if (token + 1 < _shape.Tokens)
            {
                _code.add(r15, Field(nameof(RowBlock.SumBytes)));
            }
        }

        for (int token = 1; token < _shape.Tokens; token++)
        {
            _code.sub(r15, Field(nameof(RowBlock.SumBytes)));
        }

        _code.add(r15, _shape.Rows * sizeof(float));
        for (int row = 0; row < _shape.Rows; row++)
        {
            _code.add(r13, rdx);
            _code.add(r14, r9);
        }
    }

    /// <summary>Lane indices: scale <c>unit</c> in the lanes 0–7, and <c>units + unit</c> in the lanes 8–15.</summary>
    private void EmitIndices()
    {
        _code.Label(ref _indexData);
        for (int unit = 0; unit < _shape.UnitsPerStep; unit++)
        {
            for (int lane = 0; lane < RowLayout.Lanes; lane++)
            {
                _code.dd(unit + (lane < RowLayout.Lanes / 2 ? 0 : _shape.UnitsPerStep));
            }
        }
    }

    private static AssemblerMemoryOperand OfRow(AssemblerRegister64 first, AssemblerRegister64 stride, AssemblerRegister64 triple, int row) => row switch
    {
        0 => __[first],
        1 => __[first + stride],
        2 => __[first + (stride * 2)],
        _ => __[first + triple],
    };

    private AssemblerMemoryOperand ActivationOf(int field, int vector) => __zmmword_ptr[r11 + (((field * _vectors) + vector) * StepBytes)];

    private AssemblerRegisterZMM Packed(int row) => _zmm[_packed.Start.Value + row];

    private AssemblerRegisterZMM Activation(int vector) => _zmm[_activations.Start.Value + vector];

    private AssemblerRegisterZMM UnitField(int row, int field) => _zmm[_fields.Start.Value + (row * _shape.FieldsPerUnit) + field];

    private AssemblerRegisterZMM Sum(int row, int vector) => _zmm[_sums.Start.Value + (row * _shape.SumsPerRow) + vector];

    private AssemblerRegisterZMM Total(int row, int token) => _zmm[_totals.Start.Value + (row * _shape.Tokens) + token];
}
