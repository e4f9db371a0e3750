using System.Numerics;
using Puna.Engine.Constraints.Automata;
using Puna.Engine.Constraints.Regex;

namespace Puna.Engine.Constraints.Json;

/// <summary>
/// Automata of the spellings of numbers. Plainly, integers are spelled without point and exponent and bounded numbers without exponent; at
/// most 100 digits stand before and after the point (20 for multiples). Otherwise zeros may follow behind the point, and
/// exponents of two digits stand behind numbers whose divisibility does not matter.
/// </summary>
internal static partial class NumberAutomaton
{
    private const int MaxDigits = 100;
    private const int MaxDigitsOfMultiples = 20;
    private const int MaxListed = 4000;

    // With an exponent at most nine digits, so that the value stays below the largest double.
    private static readonly Lazy<Dfa> AnyNumber = new(() => RegexCompiler.Whole(
        @"-?(0|[1-9][0-9]{0,99})(\.[0-9]{1,100})?|-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,100})?[eE][+-]?([0-9]{1,2}|[0-2][0-9]{2})"));

    private static readonly Lazy<Dfa> AnyInteger = new(() => RegexCompiler.Whole("-?(0|[1-9][0-9]{0,99})"));

    /// <exception cref="AutomatonLimitException">Divisor and bounds are too large together.</exception>
    internal static Dfa Of(NumberRange range, bool plain = true)
    {
        if (range.NotMultipleOf.Count > 0)
        {
            // Both sides with as many digits, so that nothing is left over.
            Dfa rest = BothSigns(range with { NotMultipleOf = [] }, plain, MaxDigitsOfMultiples);
            return range.NotMultipleOf.Aggregate(rest, (dfa, factor) => DfaAlgebra.Subtract(dfa, BothSigns(new NumberRange { MultipleOf = factor }, plain: false, MaxDigitsOfMultiples)));
        }

        if (range.IsPoint) return plain ? DfaAlgebra.OfWords([.. new[] { range.Low!.Value.ToString(), range.Spelling }.OfType<string>().Distinct()]) : AnyPoint(range);
        if (range is { Low: null, High: null, MultipleOf: null, Whole: not false })
            return range.Whole != true ? AnyNumber.Value : plain ? AnyInteger.Value : AnySpelledInteger.Value;
        if (TryList(range) is { } words) return plain ? DfaAlgebra.OfWords(words) : WithZeros(words);

        Dfa dfa = BothSigns(range, plain, range.MultipleOf is null ? MaxDigits : MaxDigitsOfMultiples);
        return plain || range.Whole is not null || range.MultipleOf is not null ? dfa : DfaAlgebra.Union(dfa, WithExponent(range));
    }

    private static Dfa BothSigns(NumberRange range, bool plain, int maxDigits)
    {
        Dfa positive = OneSign(range, negative: false, plain, maxDigits), negative = OneSign(range, negative: true, plain, maxDigits);
        return negative.IsEmpty ? positive : DfaAlgebra.Union(positive, WithMinus(negative));
    }

    /// <summary>All numbers, where the bounds leave only a few multiples.</summary>
    private static List<string>? TryList(NumberRange range)
    {
        JsonDecimal? step = range.MultipleOf ?? (range.Whole == true ? JsonDecimal.Of(1, 0) : null);
        if (step is not { } factor || range.Low is not { } low || range.High is not { } high || range.Whole == false) return null;
        if (range.MultipleOf is null && range.Whole == true) return null; // the automaton of an interval is small enough

        int power = -Math.Min(Math.Min(Math.Min(factor.Exponent, low.Exponent), high.Exponent), 0);
        BigInteger d = factor.Scaled(power), from = low.Scaled(power), to = high.Scaled(power);
        if ((to - from) / d > MaxListed) return null;

        List<string> words = [];
        for (BigInteger x = from - (((from % d) + d) % d); x <= to; x += d)
        {
            if (x < from || (range.AboveLow && x == from) || (range.BelowHigh && x == to)) continue;
            JsonDecimal value = JsonDecimal.Of(x, -power);
            if (range.Whole == true && !value.IsInteger) continue;
            words.Add(value.ToString());
        }

        return words;
    }

    private static Dfa WithMinus(Dfa digits)
    {
        Nfa nfa = new();
        int start = nfa.AddState(), after = nfa.AddState(), end = nfa.AddState();
        nfa.AddMove(start, CodePointSet.Of('-'), after);
        nfa.Embed(digits, after, end);
        nfa.Accept(end);
        return nfa.Determinize(start);
    }

    /// <summary>Absolute values of the numbers of one sign; zero counts as positive.</summary>
    private static Dfa OneSign(NumberRange range, bool negative, bool plain, int maxDigits)
    {
        JsonDecimal? low = negative ? range.High?.Negate() : range.Low, high = negative ? range.Low?.Negate() : range.High;
        bool aboveLow = negative ? range.BelowHigh : range.AboveLow, belowHigh = negative ? range.AboveLow : range.BelowHigh;
        if (low is null || low.Value.CompareTo(JsonDecimal.Zero) < 0) (low, aboveLow) = (JsonDecimal.Zero, negative && plain);
        else if (negative && plain && low.Value.IsZero) aboveLow = true;
        if (high is { } top && (top.CompareTo(low.Value) is int order && (order < 0 || (order == 0 && (aboveLow || belowHigh))))) return DfaAlgebra.Empty;

        return new Digits(low.Value, aboveLow, high, belowHigh, range.Whole, range.MultipleOf, plain, maxDigits).Build();
    }

    /// <summary>Reads digits beside both bounds and the remainder of a division.</summary>
    private sealed class Digits
    {
        private readonly Bound _low;
        private readonly Bound? _high;
        private readonly bool _aboveLow;
        private readonly bool _belowHigh;
        private readonly bool? _whole;
        private readonly BigInteger _divisor; // of the value times ten to the power of _places
        private readonly int _places;
        private readonly int _maxDigits;
        private readonly bool _plain;

        internal Digits(JsonDecimal low, bool aboveLow, JsonDecimal? high, bool belowHigh, bool? whole, JsonDecimal? multipleOf, bool plain, int maxDigits)
        {
            (_low, _aboveLow, _belowHigh, _whole) = (new Bound(low), aboveLow, belowHigh, whole);
            if (high is { } top) _high = new Bound(top);
            _divisor = 1;
            (_plain, _maxDigits) = (plain, maxDigits);
            if (multipleOf is { } factor)
            {
                _places = Math.Max(0, -factor.Exponent);
                _divisor = factor.Scaled(_places);
                if (_divisor > AutomatonLimits.DfaStates) throw new AutomatonLimitException($"dividing by {factor} takes more than {AutomatonLimits.DfaStates} states");
            }

            HasDivisor = multipleOf is not null;
        }

        private bool HasDivisor { get; }

        internal Dfa Build()
        {
            DfaBuilder builder = new();
            Dictionary<Place, int> numbers = [];
            List<Place> places = [];
            Number(new Place(-1, 0, Order.Equal, Order.Equal, 0, false, false));
            for (int i = 0; i < places.Count; i++)
            {
                Place place = places[i];
                builder.BeginState(Accepts(place) ? 0 : -1);
                List<(int, int, int)> ranges = [];
                for (int digit = 0; digit < 10; digit++)
                {
                    if (Next(place, digit) is { } next) ranges.Add(('0' + digit, '0' + digit, Number(next)));
                }

                if (place is { Fraction: -1, Whole: > 0 } && (_whole != true || !_plain)) ranges.Add(('.', '.', Number(AtPoint(place))));
                builder.AddRanges(ranges);
            }

            return builder.Build();

            int Number(Place place)
            {
                if (numbers.TryGetValue(place, out int number)) return number;
                numbers.Add(place, places.Count);
                places.Add(place);
                return places.Count - 1;
            }
        }

        /// <summary>Behind the point the digits before it count only in how they compare: without that, states would multiply.</summary>
        private Place AtPoint(Place place) => place with
        {
            Fraction = 0,
            Whole = int.MaxValue,
            Low = _low.AtPoint(place.Low, place.Whole, 0),
            High = _high?.AtPoint(place.High, place.Whole, 0) ?? Order.Less,
            LeadsWithZero = false,
        };

        private Place? Next(Place place, int digit)
        {
            if (place.Fraction < 0)
            {
                if (place.LeadsWithZero || place.Whole >= _maxDigits) return null;
                int count = place.Whole + 1;
                return place with
                {
                    Whole = count,
                    LeadsWithZero = count == 1 && digit == 0,
                    Low = _low.AfterWhole(place.Low, count, digit),
                    High = _high?.AfterWhole(place.High, count, digit) ?? Order.Less,
                    Rest = (int)(((BigInteger)place.Rest * 10 + digit) % _divisor),
                };
            }

            if (place.Fraction >= _maxDigits || (_whole == true && digit != 0)) return null;
            bool counts = HasDivisor && place.Fraction < _places;
            if (HasDivisor && !counts && digit != 0) return null;
            return place with
            {
                Fraction = place.Fraction + 1,
                Low = _low.AfterFraction(_low.AtPoint(place.Low, place.Whole, place.Fraction), place.Fraction, digit),
                High = _high is { } high ? high.AfterFraction(high.AtPoint(place.High, place.Whole, place.Fraction), place.Fraction, digit) : Order.Less,
                Rest = counts ? (int)(((BigInteger)place.Rest * 10 + digit) % _divisor) : place.Rest,
                HasFraction = place.HasFraction || digit != 0,
            };
        }

        private bool Accepts(Place place)
        {
            if (place.Whole == 0 || place.Fraction == 0) return false;
            if (_whole == false && !place.HasFraction) return false;

            Order low = _low.AtEnd(place.Low, place.Whole, place.Fraction), high = _high?.AtEnd(place.High, place.Whole, place.Fraction) ?? Order.Less;
            if (low == Order.Less || (low == Order.Equal && _aboveLow)) return false;
            if (high == Order.Greater || (high == Order.Equal && _belowHigh)) return false;
            if (!HasDivisor) return true;

            int missing = Math.Max(0, _places - Math.Max(0, place.Fraction));
            return (place.Rest * BigInteger.Pow(10, missing) % _divisor).IsZero;
        }
    }

    private enum Order
    {
        Less,
        Equal,
        Greater,
    }

    /// <param name="Fraction">Digits behind the point, -1 before it.</param>
    /// <param name="Whole">Digits before the point.</param>
    /// <param name="Low">The digits so far beside those of the lower bound.</param>
    /// <param name="High">The same for the upper bound.</param>
    /// <param name="Rest">Remainder.</param>
    /// <param name="LeadsWithZero">The one digit before the point is 0.</param>
    /// <param name="HasFraction">Some digit behind the point is not 0.</param>
    private readonly record struct Place(int Fraction, int Whole, Order Low, Order High, int Rest, bool LeadsWithZero, bool HasFraction);

    /// <summary>A bound that is not negative, digit by digit.</summary>
    private sealed class Bound
    {
        private readonly string _whole;
        private readonly string _fraction;

        internal Bound(JsonDecimal value) => (_whole, _fraction) = value.Digits();

        /// <summary>Compares as many digits as have been read with as many of the bound; more digits than the bound has are greater.</summary>
        internal Order AfterWhole(Order before, int count, int digit) =>
            count > _whole.Length ? Order.Greater : before != Order.Equal ? before : Compare(digit, _whole[count - 1]);

        /// <summary>At the point the number of digits decides first.</summary>
        internal Order AtPoint(Order order, int count, int fraction) => fraction == 0 && count < _whole.Length ? Order.Less : order;

        internal Order AfterFraction(Order before, int place, int digit) =>
            before != Order.Equal ? before : Compare(digit, place < _fraction.Length ? _fraction[place] : '0');

        internal Order AtEnd(Order order, int count, int fraction)
        {
            if (fraction <= 0) order = AtPoint(order, count, 0);
            return order == Order.Equal && Math.Max(0, fraction) < _fraction.Length ? Order.Less : order;
        }

        private static Order Compare(int digit, char other) => digit < other - '0' ? Order.Less : digit == other - '0' ? Order.Equal : Order.Greater;
    }
}
