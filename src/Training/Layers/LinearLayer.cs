using System.Numerics.Tensors;
using OutlierQuant.Models;
using OutlierQuant.Training.Numerics;
using OutlierQuant.Training.Parameters;
using static OutlierQuant.Training.Layers.Workspace;

namespace OutlierQuant.Training.Layers;

/// <summary><c>y = x · Wᵀ + b</c>, by three products of the float matmul kernel: <c>Y = X Wᵀ</c>, <c>dX = dY W</c>, <c>dW = dYᵀ X</c>.</summary>
/// <param name="parameters">W and b.</param>
/// <param name="context">Kernels, threads, memory.</param>
internal sealed class LinearLayer(LinearParameters parameters, LayerContext context)
{
    public int InFeatures => parameters.Weight.Columns;

    public int OutFeatures => parameters.Weight.Rows;

    /// <summary>Computes <c>y = x · Wᵀ + b</c>.</summary>
    /// <param name="x">Shape [rows, inFeatures].</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="y">Receives the result. Shape [rows, outFeatures].</param>
    public void Forward(ReadOnlyMemory<float> x, int rows, Memory<float> y)
    {
        MatrixProduct.Multiply(context.Compute, x, rows, parameters.Weight.Values, OutFeatures, InFeatures, isTransposed: false, y);
        if (parameters.Bias is Parameter bias)
        {
            context.ForRows(rows, (first, count) =>
            {
                for (int row = first; row < first + count; row++)
                {
                    Span<float> target = y.Span.Slice(row * OutFeatures, OutFeatures);
                    TensorPrimitives.Add(target, bias.Values.Span, target);
                }
            });
        }
    }

    /// <summary>Computes the derivatives by W, b and x.</summary>
    /// <param name="x">What <see cref="Forward"/> read. Shape [rows, inFeatures].</param>
    /// <param name="dy">The derivative by its result. Shape [rows, outFeatures].</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="dx">Receives the derivative by x. Shape [rows, inFeatures].</param>
    /// <param name="adds">Whether the derivative by W is added to its gradient, instead of taking its place.</param>
    public void Backward(ReadOnlyMemory<float> x, ReadOnlyMemory<float> dy, int rows, Memory<float> dx, bool adds = false)
    {
        MatrixProduct.Multiply(context.Compute, dy, rows, parameters.Weight.Values, InFeatures, OutFeatures, isTransposed: true, dx);
        ComputeWeightGradient(x, dy, rows, adds);
        if (parameters.Bias is Parameter bias)
        {
            ColumnSums.Compute(context.Compute, dy, rows, context.Workspace.Take(Use.Parts, ColumnSums.Parts(rows) * OutFeatures), bias.Gradient);
        }
    }

    /// <summary>One factor must be transposed: the narrower one, since there are many more rows than features.</summary>
    private void ComputeWeightGradient(ReadOnlyMemory<float> x, ReadOnlyMemory<float> dy, int rows, bool adds)
    {
        ComputeContext compute = context.Compute;
        Memory<float> gradient = parameters.Weight.Gradient;
        Memory<float> transposed = context.Workspace.Take(Use.Transposed, rows * Math.Min(InFeatures, OutFeatures));
        if (InFeatures < OutFeatures)
        {
            Memory<float> product = context.Workspace.Take(Use.WeightGradient, gradient.Length);
            Transposition.Copy(compute, x, rows, InFeatures, transposed);
            MatrixProduct.Multiply(compute, transposed, InFeatures, dy, OutFeatures, rows, isTransposed: true, product);
            if (adds)
            {
                Transposition.Add(compute, product, InFeatures, OutFeatures, gradient);
            }
            else
            {
                Transposition.Copy(compute, product, InFeatures, OutFeatures, gradient);
            }

            return;
        }

        Transposition.Copy(compute, dy, rows, OutFeatures, transposed);
        Memory<float> target = adds ? context.Workspace.Take(Use.WeightGradient, gradient.Length) : gradient;
        MatrixProduct.Multiply(compute, transposed, OutFeatures, x, InFeatures, rows, isTransposed: true, target);
        if (adds)
        {
            TensorPrimitives.Add(gradient.Span, target.Span, gradient.Span);
        }
    }
}
