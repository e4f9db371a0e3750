using Puna.Tokenizers;

namespace Puna.Safety.LlamaGuard;

/// <summary>
/// The lists of category codes that a guard may write, as a tree of tokens: <c>S1</c>, <c>S1,S9</c>, … in every way the
/// vocabulary spells them. A code that was written is not offered again.
/// </summary>
internal sealed class CodeGrammar
{
    private readonly Node _first = new(), _following = new();

    internal CodeGrammar(Tokenizer tokenizer, IEnumerable<string> codes)
    {
        foreach (string code in codes)
        {
            int[] bare = tokenizer.Encode(code, addBos: false);
            _first.Add(bare, code);
            _following.Add(tokenizer.Encode("," + code, addBos: false), code);
            _following.Add([.. tokenizer.Encode(",", addBos: false), .. bare], code);
        }
    }

    /// <summary>Before the first code.</summary>
    internal Node Start => _first;

    /// <summary>Behind a code.</summary>
    internal Node Next => _following;

    /// <summary>What can follow some tokens.</summary>
    internal sealed class Node
    {
        /// <summary>By next token.</summary>
        internal SortedDictionary<int, Node> Children { get; } = [];

        /// <summary>The code that ends here, or null.</summary>
        internal string? Code { get; private set; }

        /// <summary>Next tokens that lead to a code which was not written yet.</summary>
        internal IEnumerable<int> Open(IReadOnlyCollection<string> written) => Children.Where(child => child.Value.Leads(written)).Select(child => child.Key);

        /// <summary>Codes at or below this node.</summary>
        internal IEnumerable<string> Codes() => (Code is null ? [] : (IEnumerable<string>)[Code]).Concat(Children.Values.SelectMany(child => child.Codes()));

        internal void Add(ReadOnlySpan<int> tokens, string code)
        {
            Node node = this;
            foreach (int token in tokens)
            {
                if (!node.Children.TryGetValue(token, out Node? child)) node.Children.Add(token, child = new Node());
                node = child;
            }

            node.Code = code;
        }

        private bool Leads(IReadOnlyCollection<string> written) => (Code is not null && !written.Contains(Code)) || Children.Values.Any(child => child.Leads(written));
    }
}
