using System.Security.Cryptography;
using System.Text;

namespace Puna.Engine.Constraints;

/// <summary>Constraints by the hash of what they were made of; the least recently used are dropped. Safe for several threads.</summary>
internal static class ConstraintCache
{
    private const int Capacity = 128;

    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, (Constraint Constraint, long Used)> Known = [];
    private static long _clock;

    internal static Constraint GetOrAdd(string text, string kind, Func<Constraint> make)
    {
        string key = kind + " " + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        lock (Gate)
        {
            if (Known.TryGetValue(key, out var known))
            {
                Known[key] = (known.Constraint, ++_clock);
                return known.Constraint;
            }
        }

        Constraint made = make(); // outside the lock: a large schema must not keep others waiting
        lock (Gate)
        {
            if (Known.Count >= Capacity) Known.Remove(Known.MinBy(entry => entry.Value.Used).Key);
            Known[key] = (made, ++_clock);
        }

        return made;
    }
}
