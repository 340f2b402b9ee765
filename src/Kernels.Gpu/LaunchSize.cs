namespace OutlierQuant.Kernels.Gpu;

/// <summary>How many groups of items run a kernel. Item numbers rise fastest in the first direction.</summary>
/// <param name="GroupsX">Groups in the first direction, positive.</param>
/// <param name="GroupsY">Groups in the second direction, positive.</param>
/// <param name="ItemsX">Items of a group in the first direction.</param>
/// <param name="ItemsY">Items of a group in the second direction.</param>
/// <param name="SharedBytes">Bytes of memory of a group that the kernel finds there besides its own arrays.</param>
internal readonly record struct LaunchSize(int GroupsX, int GroupsY, int ItemsX, int ItemsY, int SharedBytes = 0);
