using Xunit;
using Xunit.Abstractions;

namespace OutlierQuant.DeviceFolder;

/// <summary>Counts what tests report, and prints failures as they come.</summary>
internal sealed class TestCounter : LongLivedMarshalByRefObject, IMessageSink, IDisposable
{
    private const int PassedPerLine = 100;

    /// <summary>Gets what is set after the last test.</summary>
    public ManualResetEvent Finished { get; } = new(false);

    public int Passed { get; private set; }

    public int Failed { get; private set; }

    public int Skipped { get; private set; }

    public bool OnMessage(IMessageSinkMessage message)
    {
        switch (message)
        {
            case ITestPassed:
                Passed++;
                if (Passed % PassedPerLine == 0)
                {
                    Console.Error.WriteLine($"conformance: {Passed} passed so far");
                }

                break;
            case ITestSkipped skipped:
                Skipped++;
                Console.WriteLine($"skipped: {skipped.Test.DisplayName}: {skipped.Reason}");
                break;
            case ITestFailed failed:
                Fail(failed.Test.DisplayName, failed);
                break;
            case IErrorMessage error:
                Fail("the test run", error);
                break;
            case ITestAssemblyFinished:
                Finished.Set();
                break;
            default:
                break;
        }

        return true;
    }

    public void Dispose() => Finished.Dispose();

    private void Fail(string name, IFailureInformation failure)
    {
        Failed++;
        Console.WriteLine($"FAILED: {name}: {string.Join(" ", failure.Messages).ReplaceLineEndings(" ")}");
    }
}
