using Puna.Compute.Cpu.Threading;

namespace Puna.Backend.Tests.Cpu.Threading;

public sealed class ProcessorTopologyTests
{
    [Fact]
    public void Uses_at_least_one_core_and_no_more_than_there_are_processors() =>
        Assert.InRange(ProcessorTopology.UsableCores(), 1, Environment.ProcessorCount);

    [Theory]
    [InlineData("0-3", 2)]
    [InlineData("0,1", 2)]
    [InlineData("1,3", 1)] // both threads of one core
    [InlineData("0", 1)]
    [InlineData("7", 0)] // a processor that is not described
    public void Counts_sibling_threads_as_one_core(string allowed, int cores)
    {
        string folder = Directory.CreateTempSubdirectory("topology").FullName;
        try
        {
            string status = Path.Combine(folder, "status");
            File.WriteAllText(status, $"Name:\ttest\nCpus_allowed_list:\t{allowed}\n");
            foreach ((int cpu, string siblings) in ((int, string)[])[(0, "0,2"), (1, "1,3"), (2, "0,2"), (3, "1,3")])
            {
                string topology = Directory.CreateDirectory(Path.Combine(folder, $"cpu{cpu}", "topology")).FullName;
                File.WriteAllText(Path.Combine(topology, "thread_siblings_list"), siblings + "\n");
            }

            Assert.Equal(cores, ProcessorTopology.CountCores(status, folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Says_nothing_where_the_system_does_not() => Assert.Equal(0, ProcessorTopology.CountCores("/no/such/file", "/no/such/folder"));

    [Fact]
    public void Reads_lists_of_processors() => Assert.Equal([0, 1, 2, 3, 8, 10, 11], ProcessorTopology.ParseList(" 0-3,8,10-11\n"));
}
