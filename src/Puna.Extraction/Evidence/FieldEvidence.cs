namespace Puna.Extraction.Evidence;

/// <summary>The place in a document that supports a field's value.</summary>
/// <param name="Start">Where it starts in the document's text, in UTF-16 code units.</param>
/// <param name="End">Where it ends, exclusive.</param>
/// <param name="Text">The document's text there.</param>
/// <param name="Match">How it supports the value.</param>
/// <param name="Line">Its line, from 1; of a document with pages, its line on the page.</param>
/// <param name="Page">Its page, from 1; null where the document has none.</param>
public sealed record FieldEvidence(int Start, int End, string Text, EvidenceMatch Match, int Line, int? Page);
