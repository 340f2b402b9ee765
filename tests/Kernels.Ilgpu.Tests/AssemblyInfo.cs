using Xunit;

// ILGPU's simulator makes every thread of a group a thread of the host: one test at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
