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
/// k1   bytes of the last step       k2   scales of the last step
/// </code>
/// <para>Every element has registers of its own, so its bits do not depend on the rows and tokens beside it.</para>
/// </remarks>
internal sealed class RowCode(RowCodeShape shape)
{
    private const int StepBytes = RowLayout.StepBytes;

    private static readonly AssemblerRegister64[] _saved = [rbx, rbp, r12, r13, r14, r15];

    private readonly Assembler _code = new(64) { PreferVex = false };
    private readonly RowCodeShape _shape = shape;
    private readonly RowRegisters _in = new(shape);
    private Label _indexData;

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
        foreach (AssemblerRegisterZMM total in _in.AllTotals)
        {
            _code.vpxord(total, total, total);
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
        _code.Label(ref _indexData);
        RowScales.EmitIndices(_code, _shape);
        return _code;
    }

    private static AssemblerMemoryOperand Field(string name) => __qword_ptr[rdi + (int)Marshal.OffsetOf<RowBlock>(name)];

    private static AssemblerMemoryOperand Constant(string name) => __dword_bcst[rdi + (int)Marshal.OffsetOf<RowBlock>(name)];

    private void Begin()
    {
        _code.mov(eax, _shape.Format switch { WeightFormat.Int8 => 0x80808080, WeightFormat.Int4 => 0x0F0F0F0F, _ => 0x03030303 });
        _code.vpbroadcastd(_in.Mask, eax);
        _code.kmovq(k1, Field(nameof(RowBlock.LastBytes)));
        _code.kmovq(k2, Field(nameof(RowBlock.LastScales)));
        if (_shape.Grouping == RowGrouping.Fields)
        {
            _code.lea(rax, __[_indexData]);
            for (int unit = 0; unit < _shape.UnitsPerStep; unit++)
            {
                _code.vmovdqu32(_in.Indices(unit), __zmmword_ptr[rax + (unit * StepBytes)]);
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
            AssemblerRegisterZMM packed = _in.Packed(row);
            _code.vmovdqu8(isLast ? packed.k1.z : packed, __zmmword_ptr[RowRegisters.OfRow(rsi, rdx, r8, row)]);
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

        _code.add(r11, _shape.Fields * _shape.Vectors * StepBytes);
        if (_shape.EndsEveryStep)
        {
            _code.add(rcx, sizeof(float) * (_shape.Grouping == RowGrouping.Fields ? 2 * _shape.UnitsPerStep : 1));
        }
    }

    private void EmitField(int field)
    {
        for (int vector = 0; vector < _shape.Vectors && _shape.Rows > 1; vector++)
        {
            _code.vmovdqa64(_in.Activation(vector), ActivationOf(field, vector));
        }

        for (int row = 0; row < _shape.Rows; row++)
        {
            AssemblerRegisterZMM fields = _in.NextField();
            EmitUnpacked(fields, _in.Packed(row), field);
            for (int vector = 0; vector < _shape.Vectors && _shape.Rows > 1; vector++)
            {
                _code.vpdpbusd(_in.Sum(row, vector), fields, _in.Activation(vector));
            }

            for (int vector = 0; vector < _shape.Vectors && _shape.Rows == 1; vector++)
            {
                _code.vpdpbusd(_in.Sum(row, vector), fields, ActivationOf(field, vector));
            }
        }
    }

    /// <summary>Sums the fields of a unit times each plane, the largest first: what is summed so far is shifted to its weight before the next is added.</summary>
    private void EmitAddedPlanes(int firstField)
    {
        foreach (AssemblerRegisterZMM sum in _in.AllSums)
        {
            _code.vpxord(sum, sum, sum);
        }

        for (int row = 0; row < _shape.Rows; row++)
        {
            for (int field = 0; field < _shape.FieldsPerUnit; field++)
            {
                EmitUnpacked(_in.UnitField(row, field), _in.Packed(row), firstField + field);
            }
        }

        for (int plane = FixedPoint.Planes - 1; plane >= 0; plane--)
        {
            foreach (AssemblerRegisterZMM sum in plane < FixedPoint.Planes - 1 ? _in.AllSums : [])
            {
                _code.vpslld(sum, sum, plane == 0 ? RowActivations.Weight1Bits : (byte)(RowActivations.Weight2Bits - RowActivations.Weight1Bits));
            }

            for (int field = 0; field < _shape.FieldsPerUnit; field++)
            {
                for (int token = 0; token < _shape.Tokens; token++)
                {
                    _code.vmovdqa64(_in.Activation(0), ActivationOf(firstField + field, (token * FixedPoint.Planes) + plane));
                    for (int row = 0; row < _shape.Rows; row++)
                    {
                        _code.vpdpbusd(_in.Sum(row, token), _in.UnitField(row, field), _in.Activation(0));
                    }
                }
            }
        }

        for (int sum = 0; sum < _shape.Rows * _shape.Tokens; sum++)
        {
            AssemblerRegisterZMM started = _in.AllSums[sum];
            _code.vpaddd(started, started, __zmmword_ptr[rax + (sum % _shape.Tokens * StepBytes)]);
        }

        _code.add(rax, _shape.Tokens * StepBytes);
    }

    // The shift moves 16-bit lanes, because x86 has no shift of bytes; the mask removes what came from the neighbouring byte.
    private void EmitUnpacked(AssemblerRegisterZMM fields, AssemblerRegisterZMM packed, int field)
    {
        if (_shape.Format == WeightFormat.Int8)
        {
            _code.vpxord(fields, packed, _in.Mask);
        }
        else if (field == 0)
        {
            _code.vpandd(fields, packed, _in.Mask);
        }
        else
        {
            _code.vpsrlw(fields, packed, (byte)(field * 8 / _shape.Fields));
            _code.vpandd(fields, fields, _in.Mask);
        }
    }

    private void EmitStarts()
    {
        for (int vector = 0; vector < _shape.Vectors; vector++)
        {
            _code.vmovdqa64(_in.Sum(0, vector), __zmmword_ptr[rax + (vector * StepBytes)]);
            for (int row = 1; row < _shape.Rows; row++)
            {
                _code.vmovdqa64(_in.Sum(row, vector), _in.Sum(0, vector));
            }
        }

        _code.add(rax, _shape.Vectors * StepBytes);
    }

    /// <summary>Turns sums into floats, and adds up the planes of a token in the place of the first; sums of whole rows of codes stay integers.</summary>
    private void EmitPlanes()
    {
        if (_shape.Planes == 1 && _shape.Grouping == RowGrouping.Whole)
        {
            return;
        }

        foreach (AssemblerRegisterZMM sum in _in.AllSums)
        {
            _code.vcvtdq2ps(sum, sum);
        }

        for (int row = 0; row < _shape.Rows && _shape.Planes > 1 && !_shape.AddsPlanes; row++)
        {
            for (int token = 0; token < _shape.Tokens; token++)
            {
                int plane = token * FixedPoint.Planes;
                _code.vfmadd231ps(_in.Sum(row, plane), _in.Sum(row, plane + 1), Constant(nameof(RowBlock.Weight1)));
                _code.vfmadd231ps(_in.Sum(row, plane), _in.Sum(row, plane + 2), Constant(nameof(RowBlock.Weight2)));
            }
        }
    }

    private void EmitScaled(int unit, bool isLast)
    {
        EmitPlanes();
        for (int row = 0; row < _shape.Rows; row++)
        {
            AssemblerMemoryOperand scales = RowRegisters.OfRow(rcx, r9, r10, row);
            if (_shape.Grouping == RowGrouping.Steps)
            {
                _code.vbroadcastss(_in.Scale, __dword_ptr[scales]);
            }
            else
            {
                RowScales.Load(_code, _shape, _in.Scale, scales, isLast);
                _code.vpermps(_in.Scale, _in.Indices(unit), _in.Scale);
            }

            for (int token = 0; token < _shape.Tokens; token++)
            {
                _code.vfmadd231ps(_in.Total(row, token), _in.Sum(row, token * _shape.SumsPerRow / _shape.Tokens), _in.Scale);
            }
        }
    }

    /// <summary>Adds up lanes, stores the sums, and goes on to the next block of rows.</summary>
    private void Finish()
    {
        for (int token = 0; token < _shape.Tokens; token++)
        {
            int[] elements = _in.ElementsOf(token);
            RowReduction.Emit(_code, elements, _shape.Planes == 1 && _shape.Grouping == RowGrouping.Whole);
            RowReduction.Store(_code, elements[0], _shape.Rows, r15);
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

    private AssemblerMemoryOperand ActivationOf(int field, int vector) => __zmmword_ptr[r11 + (((field * _shape.Vectors) + vector) * StepBytes)];
}
