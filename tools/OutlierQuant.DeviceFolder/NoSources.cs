using Xunit;
using Xunit.Abstractions;

namespace OutlierQuant.DeviceFolder;

/// <summary>Says that the lines of tests are unknown: the sources are not in the folder.</summary>
internal sealed class NoSources : LongLivedMarshalByRefObject, ISourceInformationProvider
{
    public ISourceInformation? GetSourceInformation(ITestCase testCase) => null;

    public void Dispose()
    {
    }
}
