using OutlierQuant.Kernels.MachineCode;
using Xunit;

namespace OutlierQuant.Kernels.Tests.MachineCode;

public sealed class AlternateSignalStackTests
{
    [EmittedCodeFact]
    public void NullDereference_WithTheStackAndAfterIt_BecomesAnException()
    {
        for (int round = 0; round < 20; round++)
        {
            int caught = 0;
            Thread thread = new(() =>
            {
                using (new AlternateSignalStack())
                {
                    Assert.True(AlternateSignalStack.IsInstalledHere);
                    caught += Dereference(null);
                }

                Assert.False(AlternateSignalStack.IsInstalledHere);
                caught += Dereference(null);
            });
            thread.Start();
            thread.Join();
            Assert.Equal(2, caught);
        }
    }

    [EmittedCodeFact]
    public void Constructor_SecondOnTheSameThread_Throws()
    {
        using AlternateSignalStack first = new();
        Assert.Throws<InvalidOperationException>(() => new AlternateSignalStack());
        Assert.True(AlternateSignalStack.IsInstalledHere);
    }

    private static int Dereference(string? nothing)
    {
        try
        {
            return nothing!.Length;
        }
        catch (NullReferenceException)
        {
            return 1;
        }
    }
}
