namespace Puna.Chat.Templates;

/// <summary>A published chat format that can be rendered without a template in the model file.</summary>
public enum BuiltInTemplateKind
{
    /// <summary><c>[INST]</c> and <c>&lt;&lt;SYS&gt;&gt;</c>; turns alternate, no tools.</summary>
    Llama2,

    /// <summary><c>&lt;|start_header_id|&gt;</c> turns without tools.</summary>
    Llama3,

    /// <summary>As Llama 3, with knowledge dates in the system turn and tools (3.1, 3.2, 3.3).</summary>
    Llama31,

    /// <summary><c>&lt;|header_start|&gt;</c> turns, images and tools.</summary>
    Llama4,
}
