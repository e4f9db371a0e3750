using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Puna.Compute.Kv;

/// <summary>A list outside the managed heap, so that growing it while tokens are generated is no managed allocation. Its owner disposes it.</summary>
internal unsafe struct UnmanagedList<T> : IDisposable
    where T : unmanaged
{
    private T* _items;
    private int _capacity;

    /// <summary>Items in the list.</summary>
    public int Count { get; private set; }

    /// <summary>The item at an index below <see cref="Count"/>.</summary>
    public readonly ref T this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if ((uint)index >= (uint)Count) ThrowIndex(index);
            return ref _items[index];
        }
    }

    /// <summary>Appends an item.</summary>
    public void Add(T item)
    {
        if (Count == _capacity)
        {
            int capacity = Math.Max(16, checked(2 * _capacity));
            _items = (T*)NativeMemory.Realloc(_items, (nuint)capacity * (nuint)sizeof(T));
            _capacity = capacity;
        }

        _items[Count++] = item;
    }

    /// <summary>Removes and returns the last item of a list that has one.</summary>
    public T RemoveLast()
    {
        T last = this[Count - 1];
        Count--;
        return last;
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        NativeMemory.Free(_items);
        this = default;
    }

    private readonly void ThrowIndex(int index) =>
        throw new ArgumentOutOfRangeException(nameof(index), index, $"The list has {Count} items.");
}
