using System.Formats.Tar;
using System.Net;
using System.Net.Http.Headers;
using Puna.Evaluation;
using Puna.Evaluation.Data;
using Puna.Evaluation.Fetching;
using Puna.Evaluation.Tasks;
using Puna.Tests.Formats;

namespace Puna.Tests.Evaluation.Fetching;

public sealed class DataFetcherTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_was_fetched_is_recorded_and_not_fetched_again()
    {
        Server server = new("hello"u8.ToArray());
        List<FetchedFile> told = [];
        await server.Fetcher.FetchAsync(Source(100), _folder.Root, told.Add, TestContext.Current.CancellationToken);
        await server.Fetcher.FetchAsync(Source(100), _folder.Root, told.Add, TestContext.Current.CancellationToken);

        Assert.Equal("hello", File.ReadAllText(_folder["set/test.jsonl"]));
        Assert.Single(server.Ranges);
        Assert.Equal([5L, 0L], told.Select(t => t.Downloaded));
        Assert.Equal("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", told[1].Record.Sha256);
        Assert.Equal(["fetched.json", "test.jsonl"], Directory.EnumerateFiles(_folder["set"]).Select(f => Path.GetFileName(f)).Order());
    }

    [Fact]
    public async Task A_download_that_broke_off_goes_on_where_it_was()
    {
        Server server = new("0123456789"u8.ToArray()) { BreakAfter = 4 };
        await Assert.ThrowsAsync<IOException>(() => server.Fetcher.FetchAsync(Source(100), _folder.Root, null, TestContext.Current.CancellationToken));
        Assert.False(File.Exists(_folder["set/test.jsonl"]));

        server.BreakAfter = null;
        List<FetchedFile> told = [];
        await server.Fetcher.FetchAsync(Source(100), _folder.Root, told.Add, TestContext.Current.CancellationToken);

        Assert.Equal([null, 4L], server.Ranges);
        Assert.Equal(6, told.Single().Downloaded);
        Assert.Equal("0123456789", File.ReadAllText(_folder["set/test.jsonl"]));
    }

    [Fact]
    public async Task A_download_that_was_whole_but_had_not_got_its_name_is_fetched_anew()
    {
        Directory.CreateDirectory(_folder["set"]);
        _folder.Write("set/test.jsonl.part", "0123456789"u8.ToArray());
        _folder.Write("set/test.jsonl.part.etag", "\"v1\""u8.ToArray());
        Server server = new("0123456789"u8.ToArray());

        await server.Fetcher.FetchAsync(Source(100), _folder.Root, null, TestContext.Current.CancellationToken);

        Assert.Equal([10L, null], server.Ranges);
        Assert.Equal("0123456789", File.ReadAllText(_folder["set/test.jsonl"]));
        Assert.False(File.Exists(_folder["set/test.jsonl.part"]));
    }

    [Fact]
    public async Task A_version_that_changed_meanwhile_is_fetched_whole()
    {
        Server server = new("0123456789"u8.ToArray()) { BreakAfter = 4 };
        await Assert.ThrowsAsync<IOException>(() => server.Fetcher.FetchAsync(Source(100), _folder.Root, null, TestContext.Current.CancellationToken));

        Server changed = new("abcdefghij"u8.ToArray()) { ETag = "\"v2\"" };
        await changed.Fetcher.FetchAsync(Source(100), _folder.Root, null, TestContext.Current.CancellationToken);

        Assert.Equal("abcdefghij", File.ReadAllText(_folder["set/test.jsonl"]));
    }

    [Fact]
    public async Task A_file_that_is_another_than_last_time_is_told()
    {
        await new Server("one"u8.ToArray()).Fetcher.FetchAsync(Source(100), _folder.Root, null, TestContext.Current.CancellationToken);
        File.Delete(_folder["set/test.jsonl"]);
        List<FetchedFile> told = [];
        await new Server("two"u8.ToArray()).Fetcher.FetchAsync(Source(100), _folder.Root, told.Add, TestContext.Current.CancellationToken);

        Assert.Equal("7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed", told.Single().ChangedFrom);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Longer_files_than_expected_are_refused(bool announced)
    {
        Server server = new(new byte[200]) { Announces = announced };

        EvaluationException error = await Assert.ThrowsAsync<EvaluationException>(() => server.Fetcher.FetchAsync(Source(100), _folder.Root, null, TestContext.Current.CancellationToken));

        Assert.Contains("at most 100 are expected", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["set/test.jsonl"]));
    }

    [Fact]
    public async Task A_refusal_says_what_to_do()
    {
        Server server = new([]) { Status = HttpStatusCode.NotFound };

        Assert.Contains("answers 404", (await Assert.ThrowsAsync<EvaluationException>(() => server.Fetcher.FetchAsync(Source(100), _folder.Root, null, TestContext.Current.CancellationToken))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_archive_gives_the_files_asked_for_and_nothing_beside_them()
    {
        using MemoryStream tar = new();
        using (TarWriter writer = new(tar, leaveOpen: true))
        {
            Add("data/test/bread_test.csv", "Q,a,b,c,d,A\n");
            Add("data/auxiliary_train/big.csv", "x");
            Add("data/test/../../outside.csv", "x");
            Add("data/test/.hidden", "x");
            writer.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "data/test/link.csv") { LinkName = "/etc/passwd" });

            void Add(string name, string text) => writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text)) });
        }

        DataSource source = new("mmlu", "MIT", "p", [new(new Uri("https://example.org/data.tar"), "data.tar", 1 << 20, new Dictionary<string, string> { ["data/test/"] = "test" })]);
        await new Server(tar.ToArray()).Fetcher.FetchAsync(source, _folder.Root, null, TestContext.Current.CancellationToken);

        Assert.Equal(["data.tar", "fetched.json", "test/bread_test.csv"], Directory.EnumerateFiles(_folder["mmlu"], "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(_folder["mmlu"], f)).Order(StringComparer.Ordinal));
        Assert.Equal("bread", Assert.Single(TaskData.Load(EvaluationTasks.Find("lmeval/mmlu"), _folder["mmlu"]).Items).Group); // as a recipe reads it
    }

    [Fact]
    public void Folders_are_those_of_recipes_and_what_is_not_fetched_says_why()
    {
        string[] fetched = [.. DataSource.All.Select(source => source.Name)], read = [.. EvaluationTasks.All.Select(task => task.Data.Name).Distinct()];
        Assert.Empty(fetched.Concat(DataSource.ByHand.Keys).Except(read));
        Assert.Empty(fetched.Intersect(DataSource.ByHand.Keys));
        Assert.All(DataSource.All.SelectMany(source => source.Files), file => Assert.Equal("https", file.Url.Scheme));
        Assert.Contains("gated", Assert.Throws<EvaluationException>(() => DataSource.Find("gpqa")).Message, StringComparison.Ordinal);
    }

    private static DataSource Source(long maxBytes) => new("set", "MIT", "p", [new(new Uri("https://example.org/test.jsonl"), "test.jsonl", maxBytes)]);

    /// <summary>A server of one file that knows ranges.</summary>
    private sealed class Server(byte[] content) : HttpMessageHandler
    {
        internal string ETag { get; init; } = "\"v1\"";

        internal bool Announces { get; init; } = true;

        internal HttpStatusCode Status { get; init; } = HttpStatusCode.OK;

        internal int? BreakAfter { get; set; }

        internal List<long?> Ranges { get; } = [];

        internal DataFetcher Fetcher => new(new HttpClient(this));

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            long? from = request.Headers.Range?.Ranges.Single().From;
            Ranges.Add(from);
            bool partial = from is not null && request.Headers.IfRange?.EntityTag?.Tag == ETag;
            if (partial && from >= content.Length) return Task.FromResult(new HttpResponseMessage(HttpStatusCode.RequestedRangeNotSatisfiable));

            byte[] sent = partial ? content[(int)from!.Value..] : content;
            Stream body = new MemoryStream(BreakAfter is { } cut ? sent[..cut] : sent);
            HttpResponseMessage response = new(partial ? HttpStatusCode.PartialContent : Status) { Content = new StreamContent(Announces ? body : new Unsized(body)) };
            response.Headers.ETag = new EntityTagHeaderValue(ETag);
            if (Announces) response.Content.Headers.ContentLength = sent.Length;
            if (partial) response.Content.Headers.ContentRange = new ContentRangeHeaderValue(from!.Value, content.Length - 1, content.Length);
            return Task.FromResult(response);
        }
    }

    private sealed class Unsized(Stream inner) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
