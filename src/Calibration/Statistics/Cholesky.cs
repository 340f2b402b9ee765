namespace OutlierQuant.Calibration.Statistics;

/// <summary>Solves symmetric positive definite systems of equations.</summary>
public static class Cholesky
{
    /// <summary>Solves <c>A x = b</c> by the decomposition <c>A = L Lᵀ</c>.</summary>
    /// <param name="matrix">A: symmetric and positive definite. Shape <c>[size, size]</c>; overwritten.</param>
    /// <param name="right">b. Shape <c>[size]</c>.</param>
    /// <returns>x. Shape <c>[size]</c>.</returns>
    /// <exception cref="ArithmeticException">The matrix is not positive definite; the message names the row.</exception>
    public static double[] Solve(double[] matrix, ReadOnlySpan<double> right)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        int size = right.Length;
        if (matrix.Length != size * size)
        {
            throw new ArgumentException($"A system of {size} equations needs a matrix of {size * size} numbers, but there are {matrix.Length}.", nameof(matrix));
        }

        double[] x = right.ToArray();
        for (int row = 0; row < size; row++)
        {
            for (int column = 0; column <= row; column++)
            {
                double sum = matrix[(row * size) + column];
                for (int i = 0; i < column; i++)
                {
                    sum -= matrix[(row * size) + i] * matrix[(column * size) + i];
                }

                if (row == column && !(sum > 0))
                {
                    throw new ArithmeticException($"Row {row}: the matrix is not positive definite (pivot {sum}).");
                }

                matrix[(row * size) + column] = row == column ? Math.Sqrt(sum) : sum / matrix[(column * size) + column];
            }

            for (int i = 0; i < row; i++)
            {
                x[row] -= matrix[(row * size) + i] * x[i];
            }

            x[row] /= matrix[(row * size) + row];
        }

        for (int row = size - 1; row >= 0; row--)
        {
            for (int i = row + 1; i < size; i++)
            {
                x[row] -= matrix[(i * size) + row] * x[i];
            }

            x[row] /= matrix[(row * size) + row];
        }

        return x;
    }
}
