using System.Text.Json;
using Microsoft.Data.Sqlite;
using Puna.Server.Requests;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Batches;

internal sealed partial class BatchDatabase
{
    /// <summary>Status of an item that was not answered before its batch ended.</summary>
    private const int NeverAnswered = -1;

    /// <summary>Status of an item that had no place left among the answers of its batch.</summary>
    private const int TooManyBytes = -2;

    private (string Batch, long Bytes) _answered; // bytes of the answers of the batch answered last

    /// <summary>Batches of this owner that are not at their end.</summary>
    internal int OpenBatches(string? owner)
    {
        lock (_lock) return Query("SELECT count(*) FROM batches WHERE is_open = 1 AND owner IS $owner", r => r.GetInt32(0), ("$owner", owner))[0];
    }

    /// <summary>Keeps a batch with all of its requests.</summary>
    internal void AddBatch(Batch batch, string? owner, IReadOnlyList<BatchItem> items)
    {
        lock (_lock)
        {
            Together(() =>
            {
                Execute(
                    "DELETE FROM batches WHERE rowid IN (SELECT rowid FROM batches WHERE is_open = 0 AND owner IS $owner ORDER BY rowid DESC LIMIT -1 OFFSET $kept)",
                    ("$owner", owner), ("$kept", Limits.EndedBatches));
                Execute("INSERT INTO batches (id, owner, is_open, json) VALUES ($id, $owner, $open, $json)", ("$id", batch.Id), ("$owner", owner), ("$open", items.Count > 0 ? 1 : 0), ("$json", Json(batch)));
                foreach (BatchItem item in items)
                    Execute("INSERT INTO items (batch, line, custom_id, body) VALUES ($batch, $line, $id, $body)", ("$batch", item.Batch), ("$line", item.Line), ("$id", item.CustomId), ("$body", item.Body));
            });
        }
    }

    /// <summary>A batch of this owner as it stands, or null.</summary>
    internal Batch? FindBatch(string id, string? owner)
    {
        lock (_lock) return Query("SELECT json FROM batches WHERE id = $id AND owner IS $owner", ReadBatch, ("$id", id), ("$owner", owner)).Select(WithCounts).FirstOrDefault();
    }

    /// <summary>Batches of this owner, the latest first.</summary>
    internal IReadOnlyList<Batch> Batches(string? owner, int limit, string? after)
    {
        lock (_lock)
        {
            List<Batch> batches = Query(
                "SELECT json FROM batches WHERE owner IS $owner AND ($after IS NULL OR rowid < (SELECT rowid FROM batches WHERE id = $after)) ORDER BY rowid DESC LIMIT $limit",
                ReadBatch, ("$owner", owner), ("$after", after), ("$limit", limit));
            return [.. batches.Select(WithCounts)];
        }
    }

    /// <summary>Batches that are not at their end, with their owners, the oldest first.</summary>
    internal IReadOnlyList<(Batch Batch, string? Owner)> Open()
    {
        lock (_lock) return Query("SELECT json, owner FROM batches WHERE is_open = 1 ORDER BY rowid", r => (ReadBatch(r), r.IsDBNull(1) ? null : r.GetString(1)));
    }

    /// <summary>Requests of a batch that have no answer yet, in order.</summary>
    internal IReadOnlyList<BatchItem> Unanswered(string batch, int limit)
    {
        lock (_lock)
        {
            return Query(
                "SELECT line, custom_id, body FROM items WHERE batch = $batch AND status IS NULL ORDER BY line LIMIT $limit",
                r => new BatchItem(batch, r.GetInt32(0), r.GetString(1), r.GetFieldValue<byte[]>(2)), ("$batch", batch), ("$limit", limit));
        }
    }

    /// <summary>
    /// Keeps the answer to a request. It is kept once: where there is one already, or the batch has ended, nothing changes.
    /// An answer for which the batch has no place left ends its answering: it and what has no answer yet are given up.
    /// </summary>
    internal void Answer(BatchItem item, int status, byte[] reply)
    {
        lock (_lock)
        {
            if (_answered.Batch != item.Batch)
                _answered = (item.Batch, Query("SELECT coalesce(sum(length(reply)), 0) FROM items WHERE batch = $batch", r => r.GetInt64(0), ("$batch", item.Batch))[0]);
            if (_answered.Bytes + reply.Length > Limits.AnswerBytes)
            {
                Execute("UPDATE items SET status = $status WHERE batch = $batch AND status IS NULL", ("$status", TooManyBytes), ("$batch", item.Batch));
                return;
            }

            int kept = Execute("UPDATE items SET status = $status, reply = $reply WHERE batch = $batch AND line = $line AND status IS NULL", ("$status", status), ("$reply", reply), ("$batch", item.Batch), ("$line", item.Line));
            if (kept > 0) _answered.Bytes += reply.Length;
        }
    }

    /// <summary>Ends a batch: its answers become files, and requests without one are given up. Nothing changes where it has ended already; where the files cannot be written it fails.</summary>
    /// <param name="id">The batch.</param>
    /// <param name="end">What becomes of it.</param>
    /// <param name="now">Time, in seconds since 1970.</param>
    /// <param name="reason">Why requests were given up.</param>
    internal void End(string id, Func<Batch, Batch> end, long now, BatchLineError reason)
    {
        lock (_lock)
        {
            (Batch Batch, string? Owner)[] open = [.. Query("SELECT json, owner FROM batches WHERE id = $id AND is_open = 1", r => (ReadBatch(r), r.IsDBNull(1) ? null : r.GetString(1)), ("$id", id))];
            if (open.Length == 0) return;

            (Batch batch, string? owner) = open[0];

            try
            {
                Together(() =>
                {
                    Execute("UPDATE items SET status = $never WHERE batch = $batch AND status IS NULL", ("$never", NeverAnswered), ("$batch", id));
                    string? output = WriteFile(batch, owner, "output", "status = 200", now, reason), errors = WriteFile(batch, owner, "errors", "status <> 200", now, reason);
                    Close(end(WithCounts(batch) with { OutputFileId = output, ErrorFileId = errors, FinalizingAt = now }));
                });
            }
            catch (Exception error) when (error is not SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_FULL or SQLitePCL.raw.SQLITE_IOERR or SQLitePCL.raw.SQLITE_BUSY })
            {
                // It would fail the next time, too, and keep all others waiting.
                BatchError told = new("answers_not_written", null, $"The answers could not be written as files: {error.Message}", null);
                Together(() => Close(WithCounts(batch) with { Status = "failed", Errors = new BatchErrors("list", [told]), FinalizingAt = now, FailedAt = now }));
            }
        }
    }

    /// <summary>Keeps a batch as it ended, without its requests.</summary>
    private void Close(Batch ended)
    {
        Execute("UPDATE batches SET is_open = 0, json = $json WHERE id = $id", ("$json", Json(ended)), ("$id", ended.Id));
        Execute("DELETE FROM items WHERE batch = $batch", ("$batch", ended.Id));
    }

    /// <summary>Writes the answers that a condition holds of as a file; null where there are none.</summary>
    private string? WriteFile(Batch batch, string? owner, string kind, string condition, long now, BatchLineError reason)
    {
        using MemoryStream lines = new();
        using (SqliteCommand command = Command($"SELECT custom_id, status, reply FROM items WHERE batch = $batch AND {condition} ORDER BY line", ("$batch", batch.Id)))
        using (SqliteDataReader reader = command.ExecuteReader())
        {
            while (reader.Read())
            {
                JsonSerializer.Serialize(lines, Line(reader, reason), OpenAIJson.Wire.BatchLineOut);
                lines.WriteByte((byte)'\n');
            }
        }

        if (lines.Length == 0) return null;

        byte[] content = lines.ToArray();
        StoredFile file = new(Identifiers.New("file-"), $"{batch.Id}_{kind}.jsonl", "batch_output", now, content.Length);
        InsertFile(file, owner, content);
        return file.Id;
    }

    private BatchLineOut Line(SqliteDataReader row, BatchLineError reason)
    {
        int status = row.GetInt32(1);
        return status < 0
            ? new BatchLineOut(Identifiers.New("batch_req_"), row.GetString(0), null, status == NeverAnswered
                ? reason
                : new BatchLineError("too_many_answer_bytes", $"The answers of the batch have more than {Limits.AnswerBytes} bytes, the most that this server keeps. Send several batches."))
            : new BatchLineOut(Identifiers.New("batch_req_"), row.GetString(0), new BatchLineResponse(status, Identifiers.New("req_"), JsonElement.Parse(row.GetFieldValue<byte[]>(2))), null);
    }

    private Batch WithCounts(Batch batch)
    {
        (int Total, int Completed, int Failed) = Query(
            "SELECT count(*), count(CASE WHEN status = 200 THEN 1 END), count(CASE WHEN status <> 200 AND status > 0 THEN 1 END) FROM items WHERE batch = $batch",
            r => (r.GetInt32(0), r.GetInt32(1), r.GetInt32(2)), ("$batch", batch.Id))[0];
        return Total == 0 ? batch : batch with { RequestCounts = new BatchCounts(Total, Completed, Failed) };
    }

    private static Batch ReadBatch(SqliteDataReader row) => JsonSerializer.Deserialize(row.GetString(0), OpenAIJson.Wire.Batch)!;

    private static string Json(Batch batch) => JsonSerializer.Serialize(batch, OpenAIJson.Wire.Batch);
}
