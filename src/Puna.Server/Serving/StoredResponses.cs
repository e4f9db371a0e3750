using Microsoft.Extensions.AI;

namespace Puna.Server.Serving;

/// <summary>
/// Answers that later requests may go on from, in memory: those longest unused go when there are too many, and all with
/// the server. Each is its caller's alone. Safe for concurrent callers.
/// </summary>
internal sealed class StoredResponses
{
    /// <summary>Most answers kept.</summary>
    internal const int MaxResponses = 1000;

    /// <summary>Most characters kept, of conversations and answers.</summary>
    internal const long MaxCharacters = 64L << 20;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byUse = [];
    private long _characters;

    /// <summary>Keeps an answer.</summary>
    /// <param name="id">Its name.</param>
    /// <param name="owner">Id of the key it was made with, or null.</param>
    /// <param name="conversation">All messages, the answer's last.</param>
    /// <param name="json">The answer as it was sent.</param>
    internal void Add(string id, string? owner, IReadOnlyList<ChatMessage> conversation, byte[] json)
    {
        Entry entry = new(id, owner, conversation, json, json.Length + conversation.Sum(m => (long)m.Text.Length));
        lock (_lock)
        {
            _entries[id] = _byUse.AddLast(entry);
            _characters += entry.Characters;
            while (_entries.Count > MaxResponses || (_characters > MaxCharacters && _entries.Count > 1)) Remove(_byUse.First!);
        }
    }

    /// <summary>An answer of this owner, or null.</summary>
    internal Entry? Find(string id, string? owner)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(id, out LinkedListNode<Entry>? node) || node.Value.Owner != owner) return null;
            _byUse.Remove(node);
            _byUse.AddLast(node);
            return node.Value;
        }
    }

    /// <summary>Forgets an answer of this owner; false where there is none.</summary>
    internal bool Remove(string id, string? owner)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(id, out LinkedListNode<Entry>? node) || node.Value.Owner != owner) return false;
            Remove(node);
            return true;
        }
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _byUse.Remove(node);
        _entries.Remove(node.Value.Id);
        _characters -= node.Value.Characters;
    }

    internal sealed record Entry(string Id, string? Owner, IReadOnlyList<ChatMessage> Conversation, byte[] Json, long Characters);
}
