using Puna.Safety.Obfuscation;

namespace Puna.Tests.Safety;

public sealed class InjectionFindingTests
{
    [Fact]
    public void Each_stretch_is_a_place_once_by_its_highest_score()
    {
        Random random = new(3);
        for (int trial = 0; trial < 200; trial++)
        {
            List<InjectionFinding> findings = [.. Enumerable.Range(0, random.Next(40)).Select(_ => random.Next(200)).Select(start => new InjectionFinding(start, start + random.Next(1, 40), random.NextSingle(), ObfuscationPasses.None))];
            IReadOnlyList<InjectionFinding> places = InjectionFinding.Places(findings, 0.3f);
            foreach (InjectionFinding finding in findings.Where(f => f.Score >= 0.3f))
                Assert.True(places.Contains(finding) || places.Any(p => p.Score >= finding.Score && p.Start < finding.End && finding.Start < p.End));
            foreach (InjectionFinding place in places) Assert.Equal(place, Assert.Single(places, p => p.Start < place.End && place.Start < p.End));
        }
    }

    [Fact]
    public void Many_places_are_told_apart_in_time()
    {
        List<InjectionFinding> findings = [.. Enumerable.Range(0, 600_000).Select(i => new InjectionFinding(i / 2 * 10, (i / 2 * 10) + 9, 0.9f, ObfuscationPasses.None))];
        System.Diagnostics.Stopwatch clock = System.Diagnostics.Stopwatch.StartNew();
        Assert.Equal(300_000, InjectionFinding.Places(findings, 0.5f).Count);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"it took {clock.Elapsed}"); // against every place each: minutes
    }
}
