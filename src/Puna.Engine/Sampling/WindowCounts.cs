using System.Runtime.InteropServices;

namespace Puna.Engine.Sampling;

/// <summary>How often each token occurs among the last n, kept up to date token by token.</summary>
internal sealed class WindowCounts
{
    private readonly int[] _window; // a ring: the oldest token is at _next once it is full
    private readonly Dictionary<int, int> _counts;
    private int _next, _length;

    public WindowCounts(int window, int vocabSize)
    {
        _window = new int[window];
        _counts = new Dictionary<int, int>(Math.Min(window, vocabSize) + 1); // never grows, so never allocates again
    }

    private WindowCounts(WindowCounts other)
    {
        _window = (int[])other._window.Clone();
        _counts = new Dictionary<int, int>(other._counts);
        _counts.EnsureCapacity(other._counts.Capacity);
        (_next, _length) = (other._next, other._length);
    }

    /// <summary>The tokens of the window; a count is at least 1.</summary>
    public Dictionary<int, int> Counts => _counts;

    public void Add(int id)
    {
        if (_length == _window.Length)
        {
            int oldest = _window[_next];
            ref int count = ref CollectionsMarshal.GetValueRefOrNullRef(_counts, oldest);
            if (--count == 0) _counts.Remove(oldest);
        }
        else
        {
            _length++;
        }

        _window[_next] = id;
        _next = _next + 1 == _window.Length ? 0 : _next + 1;
        CollectionsMarshal.GetValueRefOrAddDefault(_counts, id, out _)++;
    }

    public void Clear()
    {
        _counts.Clear();
        (_next, _length) = (0, 0);
    }

    public WindowCounts Clone() => new(this);
}
