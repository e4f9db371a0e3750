using Puna.Compute.Cpu.Threading;

namespace Puna.Backend.Tests.Cpu.Threading;

public sealed class WorkerTeamTests
{
    public static TheoryData<int> Counts => [1, 2, 3, 5];

    [Theory, MemberData(nameof(Counts))]
    public void Every_worker_runs_once_in_every_job(int count)
    {
        using WorkerTeam team = new(count);
        int[] runs = new int[count];
        CountJob job = new(runs, -1);
        for (int i = 0; i < 1000; i++) team.Run(ref job);

        Assert.All(runs, r => Assert.Equal(1000, r));
    }

    [Theory, MemberData(nameof(Counts))]
    public void A_failure_reaches_the_caller_and_the_team_goes_on(int count)
    {
        using WorkerTeam team = new(count);
        int[] runs = new int[count];
        for (int failing = 0; failing < count; failing++)
        {
            CountJob bad = new(runs, failing);
            Exception error = Assert.ThrowsAny<Exception>(() => team.Run(ref bad));
            Assert.IsType<InvalidOperationException>(error is AggregateException a ? a.InnerException : error);
        }

        CountJob good = new(runs, -1);
        team.Run(ref good);
        Assert.All(runs, r => Assert.Equal(count + 1, r)); // the shares of the others were finished each time
    }

    [Fact]
    public void Workers_that_fell_asleep_wake_for_the_next_job()
    {
        using WorkerTeam team = new(3);
        int[] runs = new int[3];
        CountJob job = new(runs, -1);
        for (int i = 0; i < 5; i++)
        {
            team.Run(ref job);
            Thread.Sleep(60); // far beyond the time they spin
        }

        Assert.All(runs, r => Assert.Equal(5, r));
    }

    [Fact]
    public void Ends_its_threads_when_disposed_awake_or_asleep_and_twice()
    {
        WorkerTeam awake = new(3), asleep = new(3);
        CountJob job = new(new int[3], -1);
        awake.Run(ref job);
        awake.Dispose(); // joins its threads: returning is the test
        awake.Dispose();
        Thread.Sleep(60);
        asleep.Dispose();
    }

    [Theory]
    [InlineData(0, 1, 3), InlineData(1, 1, 3), InlineData(10, 1, 3), InlineData(100, 16, 3), InlineData(33, 16, 5), InlineData(int.MaxValue - 15, 16, 7)]
    public void Shares_cover_everything_once_in_whole_units(int total, int unit, int workers)
    {
        int next = 0;
        for (int w = 0; w < workers; w++)
        {
            (int first, int end) = WorkerTeam.Share(total, unit, w, workers);
            Assert.Equal(next, first);
            Assert.True(end == total || end % unit == 0);
            next = end;
        }

        Assert.Equal(total, next);
    }

    [Theory]
    [InlineData(1), InlineData(3)]
    public void A_disposed_team_says_so_and_does_not_wait_for_its_workers(int workers)
    {
        WorkerTeam team = new(workers);
        team.Dispose();
        CountJob job = new(new int[workers], failing: -1);
        Assert.Throws<ObjectDisposedException>(() => team.Run(ref job));
    }

    [Fact]
    public void Refuses_to_be_empty() => Assert.Throws<ArgumentOutOfRangeException>(() => new WorkerTeam(0));

    /// <summary>Counts the runs of each worker; fails on worker <paramref name="failing"/> after counting.</summary>
    private readonly struct CountJob(int[] runs, int failing) : IParallelJob
    {
        public void Run(int worker, int workers)
        {
            Assert.Equal(runs.Length, workers);
            Interlocked.Increment(ref runs[worker]);
            if (worker == failing) throw new InvalidOperationException("a share that fails");
        }
    }
}
