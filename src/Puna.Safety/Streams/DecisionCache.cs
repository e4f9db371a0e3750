using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Puna.Safety.Policy;
using Puna.Safety.Scanning;

namespace Puna.Safety.Streams;

/// <summary>
/// Decisions that let a message go on, by the policy, the message and all before it: a conversation comes whole with every
/// request, and only what is new in it is judged. Holds hashes and no text.
/// </summary>
internal sealed class DecisionCache
{
    private const int Capacity = 4096, MaxFindings = 64; // a decision of more is made again: ten thousand findings take megabytes

    private readonly Dictionary<UInt128, LinkedListNode<(UInt128 Key, PolicyDecision Decision)>> _entries = [];
    private readonly LinkedList<(UInt128 Key, PolicyDecision Decision)> _order = []; // the latest first
    private readonly Lock _lock = new();

    internal PolicyDecision? Find(UInt128 key)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out LinkedListNode<(UInt128 Key, PolicyDecision Decision)>? node)) return null;
            _order.Remove(node);
            _order.AddFirst(node);
            return node.Value.Decision;
        }
    }

    internal void Add(UInt128 key, PolicyDecision decision)
    {
        if (decision.Outcomes.Sum(o => o.Findings.Count) > MaxFindings) return;
        lock (_lock)
        {
            if (_entries.ContainsKey(key)) return;
            _entries[key] = _order.AddFirst((key, decision));
            if (_order.Count <= Capacity) return;
            _entries.Remove(_order.Last!.Value.Key);
            _order.RemoveLast();
        }
    }

    /// <summary>Keys of the messages of one conversation, one after another.</summary>
    internal sealed class Keys : IDisposable
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        internal Keys(string policyHash) => Add(policyHash);

        /// <summary>The key of the next message, which stands for all before it, too.</summary>
        internal UInt128 Next(ScanInput message)
        {
            Add(message.Role);
            Add(message.Text);
            _hash.AppendData(BitConverter.GetBytes(message.Images));
            foreach ((int start, int end) in message.ToolCalls) _hash.AppendData(BitConverter.GetBytes(start + ((long)end << 32)));
            return BitConverter.ToUInt128(_hash.GetCurrentHash());
        }

        public void Dispose() => _hash.Dispose();

        /// <summary>Its length goes first, so that no two lists of texts are the same bytes.</summary>
        private void Add(string text)
        {
            _hash.AppendData(BitConverter.GetBytes((long)text.Length));
            _hash.AppendData(MemoryMarshal.AsBytes(text.AsSpan()));
        }
    }
}
