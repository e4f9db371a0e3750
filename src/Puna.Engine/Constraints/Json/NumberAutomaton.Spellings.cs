using System.Globalization;
using System.Numerics;
using Puna.Engine.Constraints.Automata;
using Puna.Engine.Constraints.Regex;

namespace Puna.Engine.Constraints.Json;

/// <content>Spellings beyond the plain ones.</content>
internal static partial class NumberAutomaton
{
    private const int MaxExponent = 99;
    private const string Exponent = "[eE]";

    // A fraction of f digits is whole where the exponent is f or more.
    private static readonly Lazy<Dfa> AnySpelledInteger = new(() => RegexCompiler.Whole(
        @"-?(0|[1-9][0-9]{0,99})((\.0{1,100})?([eE]\+?[0-9]{1,3})?|" + string.Join('|', Enumerable.Range(1, 6).Select(f => $@"\.[0-9]{{{f}}}0{{0,20}}[eE]\+?0{{0,2}}([{f}-9]|[1-9][0-9])")) + ")"));

    /// <summary>Spellings of one number: zeros behind the point, and the usual ones with an exponent.</summary>
    private static Dfa AnyPoint(NumberRange range)
    {
        JsonDecimal value = range.Low!.Value;
        if (value.IsZero) return RegexCompiler.Whole(@"-?0(\.0{1,100})?([eE][+-]?[0-9]{1,3})?");

        (string whole, string fraction) = value.Digits();
        string digits = BigInteger.Abs(value.Mantissa).ToString(CultureInfo.InvariantCulture), sign = value.IsNegative ? "-" : "";
        string first = digits[..1], others = digits[1..];
        List<string> forms = [$@"{sign}{whole}{(fraction.Length > 0 ? $@"\.{fraction}0{{0,100}}" : @"(\.0{1,100})?")}"];
        forms.Add($@"{sign}{first}{(others.Length > 0 ? $@"\.{others}0{{0,20}}" : @"(\.0{1,20})?")}{Power(value.Exponent + others.Length)}");
        if (value.Exponent != 0) forms.Add($@"{sign}{digits}(\.0{{1,20}})?{Power(value.Exponent)}");
        if (range.Spelling is { } own) forms.Add(System.Text.RegularExpressions.Regex.Escape(own));
        return RegexCompiler.Whole(string.Join('|', forms));
    }

    private static string Power(int exponent) =>
        string.Create(CultureInfo.InvariantCulture, $"{Exponent}{(exponent < 0 ? "-" : exponent > 0 ? @"\+?" : "[+-]?")}0{{0,2}}{Math.Abs(exponent)}");

    /// <summary>Numbers as listed, with any number of zeros behind them.</summary>
    private static Dfa WithZeros(IReadOnlyList<string> words)
    {
        Nfa nfa = new();
        int start = nfa.AddState(), whole = nfa.AddState(), fraction = nfa.AddState(), point = nfa.AddState();
        nfa.Embed(DfaAlgebra.OfWords([.. words.Where(w => !w.Contains('.', StringComparison.Ordinal))]), start, whole);
        nfa.Embed(DfaAlgebra.OfWords([.. words.Where(w => w.Contains('.', StringComparison.Ordinal))]), start, fraction);
        nfa.AddMove(whole, CodePointSet.Of('.'), point);
        nfa.AddMove(point, CodePointSet.Of('0'), fraction);
        nfa.AddMove(fraction, CodePointSet.Of('0'), fraction);
        nfa.Accept(whole);
        nfa.Accept(fraction);
        return nfa.Determinize(start);
    }

    /// <summary>Numbers of a range with an exponent behind one digit and a fraction: for most exponents either all are within the bounds or none.</summary>
    private static Dfa WithExponent(NumberRange range)
    {
        Nfa nfa = new();
        int start = nfa.AddState(), minus = nfa.AddState(), end = nfa.AddState();
        nfa.AddMove(start, CodePointSet.Of('-'), minus);
        nfa.Accept(end);
        AddExponents(nfa, start, end, range.Low, range.AboveLow, range.High, range.BelowHigh);
        AddExponents(nfa, minus, end, range.High?.Negate(), range.BelowHigh, range.Low?.Negate(), range.AboveLow);
        if (Of(range).Accepts("0")) nfa.Embed(RegexCompiler.Whole(@"-?0(\.0{1,20})?[eE][+-]?[0-9]{1,2}"), start, end);
        return nfa.Determinize(start);
    }

    private static void AddExponents(Nfa nfa, int start, int end, JsonDecimal? low, bool aboveLow, JsonDecimal? high, bool belowHigh)
    {
        List<string> all = [];
        JsonDecimal one = JsonDecimal.Of(1, 0), ten = JsonDecimal.Of(1, 1);
        for (int exponent = -MaxExponent; exponent <= MaxExponent; exponent++)
        {
            NumberRange mantissas = new NumberRange().From(one, exclusive: false).To(ten, exclusive: true);
            NumberRange bounded = mantissas;
            if (low is { } least) bounded = bounded.From(JsonDecimal.Of(least.Mantissa, least.Exponent - exponent), aboveLow);
            if (high is { } most) bounded = bounded.To(JsonDecimal.Of(most.Mantissa, most.Exponent - exponent), belowHigh);
            if (bounded == mantissas) all.Add(Power(exponent));
            else if (bounded.Intersect(NumberRange.All) is { } some)
            {
                int between = nfa.AddState();
                nfa.Embed(OneSign(some, negative: false, plain: false, MaxDigitsOfMultiples), start, between);
                nfa.Embed(RegexCompiler.Whole(Power(exponent)), between, end);
            }
        }

        if (all.Count > 0) nfa.Embed(RegexCompiler.Whole($@"[1-9](\.[0-9]{{1,20}})?({string.Join('|', all)})"), start, end);
    }
}
