using System.Reflection;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using OutlierQuant.Kernels.Ilgpu.CodeProduct.Formats;
using OutlierQuant.Kernels.Ilgpu.FloatProduct.Weights;

namespace OutlierQuant.Kernels.Ilgpu.Tests.Ptx;

/// <summary>Every kernel of the project, and the PTX that ILGPU makes of it without a GPU.</summary>
internal static class PtxKernels
{
    private static readonly Lock Compiling = new();
    private static readonly Type[] Formats = [typeof(Int8Codes), typeof(Int4Codes), typeof(TernaryCodes)];
    private static readonly Type[] Weights = [typeof(F32Weight), typeof(F16Weight), typeof(BF16Weight), .. Formats.Select(static format => typeof(CodeWeight<>).MakeGenericType(format))];
    private static readonly Dictionary<(string, CudaArchitecture), string> Compiled = [];

    /// <summary>Gets the kernels by name, such as <c>CodeRow.Multiply(Int8Codes)</c>: every public method of the project that takes operands and nothing else.</summary>
    public static IReadOnlyDictionary<string, MethodInfo> All { get; } = (
        from type in typeof(IlgpuDevice).Assembly.GetTypes()
        from method in type.GetMethods(BindingFlags.Public | BindingFlags.Static)
        let parameters = method.GetParameters()
        where parameters.Length == 1 && parameters[0].ParameterType.Name.EndsWith("Operands", StringComparison.Ordinal) && method.ReturnType == typeof(void)
        from kernel in Closed(method)
        select kernel).ToDictionary(Name);

    /// <summary>Compiles a kernel, once.</summary>
    /// <param name="name">Name of the kernel.</param>
    /// <param name="architecture">For which devices.</param>
    public static string Compile(string name, CudaArchitecture architecture)
    {
        lock (Compiling)
        {
            if (!Compiled.TryGetValue((name, architecture), out string? ptx))
            {
                using Context context = IlgpuDevices.CreateContext(static builder => builder.CPU(new CPUDevice(4, 4, 1)));
                using PTXBackend backend = new(context, new CudaCapabilityContext(architecture), architecture, CudaInstructionSet.ISA_78, null);
                ptx = ((PTXCompiledKernel)backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(All[name]), default)).PTXAssembly;
                Compiled.Add((name, architecture), ptx);
            }

            return ptx;
        }
    }

    private static IEnumerable<MethodInfo> Closed(MethodInfo method)
    {
        if (!method.IsGenericMethodDefinition)
        {
            return [method];
        }

        Type constraint = method.GetGenericArguments()[0].GetGenericParameterConstraints().Single(static type => type.IsInterface);
        return (constraint == typeof(ICodeFormat) ? Formats : constraint == typeof(IWeight) ? Weights : []).Select(argument => method.MakeGenericMethod(argument));
    }

    private static string Name(MethodInfo method)
    {
        string arguments = string.Join(", ", method.GetGenericArguments().Select(static type => type.IsGenericType ? type.GetGenericArguments()[0].Name + " as floats" : type.Name));
        return $"{method.DeclaringType?.Name}.{method.Name}{(arguments.Length > 0 ? $"({arguments})" : "")}";
    }
}
