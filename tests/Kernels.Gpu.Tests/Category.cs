using Xunit;

// What a device computes does not depend on the vectors of this processor, so these tests run at one width.
[assembly: AssemblyTrait("Category", "Device")]
