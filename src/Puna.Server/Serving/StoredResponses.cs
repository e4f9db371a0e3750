using Microsoft.Extensions.AI;
using Puna.Safety.LlamaGuard;

namespace Puna.Server.Serving;

/// <summary>
/// Answers that later requests may go on from, in memory: when there are too many those longest unused go, the same
/// caller's first, and all go with the server. Each is its caller's alone. Safe for concurrent callers.
/// </summary>
internal sealed class StoredResponses
{
    /// <summary>Most answers kept.</summary>
    internal const int MaxResponses = 1000;

    /// <summary>Most characters kept, of conversations and answers, tool calls and their results too.</summary>
    internal const long MaxCharacters = 64L << 20;

    /// <summary>What a message takes besides its words, in characters.</summary>
    private const int PerMessage = 128;

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
        Entry entry = new(id, owner, conversation, json, json.Length + conversation.Sum(m => PerMessage + (long)GuardMessage.From(m).Text.Length));
        lock (_lock)
        {
            _entries[id] = _byUse.AddLast(entry);
            _characters += entry.Characters;
            while (_entries.Count > MaxResponses || (_characters > MaxCharacters && _entries.Count > 1)) Remove(Oldest(entry));
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

    /// <summary>The one to go for a new one: its owner's own first, so that nobody's go for another's many.</summary>
    private LinkedListNode<Entry> Oldest(Entry added)
    {
        for (LinkedListNode<Entry>? node = _byUse.First; node is not null && node.Value != added; node = node.Next)
        {
            if (node.Value.Owner == added.Owner) return node;
        }

        return _byUse.First!;
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _byUse.Remove(node);
        _entries.Remove(node.Value.Id);
        _characters -= node.Value.Characters;
    }

    internal sealed record Entry(string Id, string? Owner, IReadOnlyList<ChatMessage> Conversation, byte[] Json, long Characters);
}
