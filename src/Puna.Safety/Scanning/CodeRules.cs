namespace Puna.Safety.Scanning;

/// <summary>The constructs that code is looked through for.</summary>
internal static class CodeRules
{
    private const CodeSeverity Error = CodeSeverity.Error, Warning = CodeSeverity.Warning, Advice = CodeSeverity.Advice;

    internal static readonly CodeRule[] All =
    [
        // Commands from text (CWE-78) and code from text (CWE-94, 95).
        new(78, Error, "python", "shell", @"\bshell\s*=\s*True\b", "a command goes through a shell; pass a list of arguments"),
        new(78, Error, "python", "os.", @"\bos\.(system|popen)\s*\(\s*(f[""']|[^""')]|[""'][^""']*[""']\s*[+%])", "a command is put together from text; use subprocess.run with a list"),
        new(95, Error, "python", "eval", @"(^|[^.\w])eval\s*\(\s*[^)""'\s]", "eval runs what a value says; use ast.literal_eval or a parser"),
        new(95, Error, "python", "exec", @"(^|[^.\w])exec\s*\(\s*[^)""'\s]", "exec runs what a value says"),
        new(78, Error, "javascript", "exec", @"\bexec(Sync)?\s*\(\s*(`[^`]*\$\{|[^""'`)]*\+|[""'][^""']*[""']\s*\+)", "a command is put together from text; use execFile with a list"),
        new(95, Error, "javascript", "eval", @"(^|[^.\w])eval\s*\(\s*[^)""'`\s]", "eval runs what a value says; use JSON.parse or a parser"),
        new(95, Error, "javascript", "Function", @"\bnew\s+Function\s*\(", "a function is made from text"),
        new(78, Error, "csharp", "Process", @"\b(Process\.Start|ProcessStartInfo)\s*\([^)]*(\$""[^""]*\{|""\s*\+)", "a command is put together from text; use ArgumentList"),
        new(78, Error, "java", ".exec", @"\.exec\s*\([^)]*(""\s*\+|\+\s*"")", "a command is put together from text; use ProcessBuilder with a list"),
        new(94, Warning, "java", ".eval", @"\bengine\.eval\s*\(\s*[^""')]", "a script engine runs what a value says"),
        new(78, Error, "php", "(", @"\b(system|exec|shell_exec|passthru|popen|proc_open)\s*\([^)]*\$", "a command is put together from variables; use escapeshellarg, or none"),
        new(95, Error, "php", "eval", @"\beval\s*\(\s*[^)]*\$", "eval runs what a variable says"),
        new(98, Error, "php", "include", @"\b(include|require)(_once)?\s*\(?\s*[^;]*\$_(GET|POST|REQUEST|COOKIE)", "a file that the request names is run"),
        new(78, Warning, "c", "system", @"\b(system|popen)\s*\(\s*[^"")\s]", "a command comes from a variable; use execve with a list"),
        new(78, Error, "go", "exec.Command", @"exec\.Command\s*\(\s*""(sh|bash|cmd)""\s*,\s*""(-c|/c)""\s*,\s*([^"")]|""[^""]*""\s*\+)", "a command goes through a shell; name the program and its arguments"),
        new(78, Error, "rust", "arg", @"\.arg\s*\(\s*""-c""\s*\)\s*\.arg\s*\(\s*(&?format!|&?[a-z_]+\s*\))", "a command goes through a shell; name the program and its arguments"),
        new(95, Warning, "shell", "eval", @"(^|[;&|]\s*|\s)eval\s+[""']?\$", "eval runs what a variable says"),

        // SQL from text (CWE-89).
        new(89, Error, "python", "execute", @"\.execute(many)?\s*\(\s*(f[""']|[""'][^""']*[""']\s*(%|\+|\.format))", "SQL is put together from text; pass parameters"),
        new(89, Error, "javascript", "query", @"\bquery\s*\(\s*(`[^`]*\$\{|[""'][^""']*[""']\s*\+)", "SQL is put together from text; pass parameters"),
        new(89, Error, "csharp", "Command", @"\b(Sql|Npgsql|MySql|Sqlite|OleDb|Odbc)Command\s*\(\s*(\$""[^""]*\{|""[^""]*""\s*\+)", "SQL is put together from text; use parameters"),
        new(89, Error, "csharp", "CommandText", @"\bCommandText\s*=\s*(\$""[^""]*\{|""[^""]*""\s*\+)", "SQL is put together from text; use parameters"),
        new(89, Error, "csharp", "FromSqlRaw", @"\b(FromSqlRaw|ExecuteSqlRaw(Async)?)\s*\(\s*(\$""[^""]*\{|""[^""]*""\s*\+)", "SQL is put together from text; use FromSqlInterpolated"),
        new(89, Error, "java", "execute", @"\.execute(Query|Update)?\s*\(\s*""[^""]*""\s*\+", "SQL is put together from text; use PreparedStatement"),
        new(89, Error, "php", "query", @"\b(mysqli_query|mysql_query|->query)\s*\([^)]*(\$_(GET|POST|REQUEST)|""[^""]*\$)", "SQL is put together from variables; use prepared statements"),
        new(89, Error, "go", "Sprintf", @"\b(Query|Exec|QueryRow)\w*\s*\(\s*fmt\.Sprintf", "SQL is put together from text; pass parameters"),
        new(89, Warning, "sql", "exec", @"\bexec(ute)?\s*\(?\s*(immediate\s+)?('[^']*'\s*(\+|\|\|)|@\w+\s*\+)", "SQL is put together from text; use sp_executesql with parameters"),

        // What comes in is taken for objects (CWE-502), markup (CWE-79), XML entities (CWE-611).
        new(502, Error, "python", "load", @"\b(c?pickle|dill|shelve|marshal)\.(loads?|open)\s*\(", "reading it runs code of whoever wrote it; use JSON"),
        new(502, Error, "python", "yaml.load", @"\byaml\.load\s*\(\s*[^,)]*\)", "yaml.load makes any object; use yaml.safe_load"),
        new(502, Error, "csharp", "Formatter", @"\b(BinaryFormatter|NetDataContractSerializer|LosFormatter|SoapFormatter)\b", "reading it runs code of whoever wrote it; use System.Text.Json"),
        new(502, Error, "csharp", "TypeNameHandling", @"\bTypeNameHandling\.(All|Auto|Objects|Arrays)\b", "the JSON chooses the types that are made"),
        new(502, Warning, "java", "readObject", @"\.readObject\s*\(\s*\)", "reading it runs code of whoever wrote it"),
        new(502, Error, "php", "unserialize", @"\bunserialize\s*\(\s*\$", "reading it makes any object; use json_decode"),
        new(79, Warning, "javascript", "HTML", @"\.(inner|outer)HTML\s*\+?=\s*[^""'`;\s]", "text becomes markup; use textContent"),
        new(79, Warning, "javascript", "document.write", @"\bdocument\.write(ln)?\s*\(", "text becomes markup"),
        new(79, Advice, "javascript", "dangerouslySetInnerHTML", @"dangerouslySetInnerHTML", "text becomes markup; clean it first"),
        new(79, Warning, "csharp", "Html.Raw", @"\bHtml\.Raw\s*\(\s*[^""]", "text becomes markup"),
        new(79, Error, "php", "$_", @"\becho\s+[^;]*\$_(GET|POST|REQUEST|COOKIE)", "what the request says becomes markup; use htmlspecialchars"),
        new(611, Warning, "csharp", "DtdProcessing", @"\bDtdProcessing\s*(=|\.)\s*(DtdProcessing\.)?Parse\b", "XML may read files by entities"),
        new(611, Warning, "python", "etree", @"\bresolve_entities\s*=\s*True\b", "XML may read files by entities"),
        new(915, Warning, "php", "extract", @"\bextract\s*\(\s*\$_", "the request sets any variable"),

        // Trust and ciphers (CWE-295, 327, 328, 338).
        new(295, Error, "python", "verify", @"\bverify\s*=\s*False\b", "whoever is in between can answer; leave certificates checked"),
        new(295, Error, "python", "_unverified", @"\b_create_unverified_context\b", "certificates are not checked"),
        new(295, Error, "javascript", "rejectUnauthorized", @"\brejectUnauthorized\s*:\s*false\b", "certificates are not checked"),
        new(295, Error, "", "NODE_TLS_REJECT", @"NODE_TLS_REJECT_UNAUTHORIZED['""\]]*\s*=\s*['""]?0", "certificates are not checked"),
        new(295, Error, "csharp", "Certificate", @"(ServerCertificate(Custom)?ValidationCallback\s*\+?=.*=>\s*true|DangerousAcceptAnyServerCertificateValidator)", "certificates are not checked"),
        new(295, Error, "go", "InsecureSkipVerify", @"\bInsecureSkipVerify\s*:\s*true\b", "certificates are not checked"),
        new(295, Error, "rust", "danger_accept", @"\bdanger_accept_invalid_(certs|hostnames)\s*\(\s*true", "certificates are not checked"),
        new(295, Warning, "shell", "curl", @"\bcurl\b[^|;]*\s(-[a-zA-Z]*k[a-zA-Z]*|--insecure)(\s|$)", "certificates are not checked"),
        new(295, Warning, "shell dockerfile", "no-check", @"\bwget\b.*--no-check-certificate", "certificates are not checked"),
        new(328, Warning, "python", "hashlib", @"\bhashlib\.(md5|sha1)\s*\(", "MD5 and SHA-1 can be forged; use SHA-256, and a password hash for passwords"),
        new(328, Warning, "javascript", "createHash", @"\bcreateHash\s*\(\s*[""'](md5|sha1)[""']", "MD5 and SHA-1 can be forged; use SHA-256"),
        new(328, Warning, "csharp", ".Create", @"\b(MD5|SHA1)\.(Create|HashData)\b", "MD5 and SHA-1 can be forged; use SHA-256"),
        new(328, Warning, "java", "getInstance", @"\bMessageDigest\.getInstance\s*\(\s*""(MD5|SHA-?1)""", "MD5 and SHA-1 can be forged; use SHA-256"),
        new(328, Warning, "php", "(", @"\b(md5|sha1)\s*\(\s*\$\w*pass", "use password_hash for passwords"),
        new(328, Warning, "go", "crypto/", @"""crypto/(md5|sha1|des|rc4)""", "broken or weak; use SHA-256, or AES-GCM"),
        new(327, Warning, "java csharp", "ECB", @"(/ECB/|CipherMode\.ECB)", "ECB shows which blocks are equal; use GCM"),
        new(327, Warning, "csharp", ".Create", @"\b(DES|TripleDES|RC2)\.Create\s*\(", "a weak cipher; use AesGcm"),
        new(338, Advice, "python", "random.", @"\b(token|secret|password|key|nonce|salt)\w*\s*=.*\brandom\.(random|choice|randint|sample)", "guessable; use the secrets module"),
        new(338, Advice, "javascript", "Math.random", @"\b(token|secret|password|key|nonce|salt)\w*\s*=.*\bMath\.random\s*\(", "guessable; use crypto.randomUUID or getRandomValues"),
        new(338, Advice, "csharp", "Random", @"\b(token|secret|password|key|nonce|salt)\w*\s*=.*(new\s+Random\s*\(|Random\.Shared)", "guessable; use RandomNumberGenerator"),

        // Memory (CWE-119, 120, 134, 676) and files (CWE-22, 377, 732).
        new(120, Error, "c", "gets", @"(^|[^\w.])gets\s*\(", "gets writes beyond any buffer; use fgets"),
        new(120, Warning, "c", "str", @"(^|[^\w.])(strcpy|strcat|wcscpy|wcscat)\s*\(", "writes beyond the buffer if the text is longer; use a bounded copy"),
        new(120, Warning, "c", "sprintf", @"(^|[^\w.])v?sprintf\s*\(", "writes beyond the buffer if the text is longer; use snprintf"),
        new(120, Error, "c", "scanf", @"\bf?s?scanf\s*\([^)]*%s", "%s without a width writes beyond the buffer"),
        new(134, Error, "c", "printf", @"(^|[^\w.])printf\s*\(\s*[a-z_]\w*\s*\)", "the format comes from a variable; print it with \"%s\""),
        new(119, Advice, "rust", "unsafe", @"\bunsafe\s*\{", "the compiler checks no memory here"),
        new(377, Warning, "python c", "mktemp", @"\b(tempfile\.)?mktemp\s*\(", "another process can take the name; use mkstemp"),
        new(732, Warning, "shell python", "777", @"\b(chmod\s+(-R\s+)?0?777|os\.chmod\s*\([^)]*0o?777)", "everybody may write it"),
        new(489, Warning, "python", "debug", @"\b(app\.run\s*\(.*debug\s*=\s*True|DEBUG\s*=\s*True)", "a debugger for whoever connects"),

        // Shell, SQL and containers: what destroys, and what runs what it fetched.
        new(494, Error, "shell dockerfile", "|", @"\b(curl|wget)\b[^|]*\|\s*(sudo\s+)?(ba|z|da)?sh\b", "what a server sends is run unread"),
        new(494, Error, "shell", "base64", @"\bbase64\s+(-d|--decode|-D)\b.*\|\s*(sudo\s+)?(ba|z)?sh\b", "hidden commands are run"),
        new(1188, Error, "shell", "rm", @"\brm\s+(-[a-zA-Z]*[rf][a-zA-Z]*\s+)+(--no-preserve-root\s+)?(/|/\*|~|\$HOME|""?\$\w+""?/)(\s|\*|;|$)", "deletes everything, or does where the variable is empty"),
        new(1188, Error, "shell", "/dev/", @"(\bmkfs(\.\w+)?\s+/dev/|\bdd\b.*\bof=/dev/(sd|nvme|hd|disk)|>\s*/dev/(sd|nvme|hd))", "overwrites a disk"),
        new(400, Error, "shell", ":|", @":\s*\(\s*\)\s*\{\s*:\s*\|\s*:\s*&", "starts processes without end"),
        new(506, Error, "shell", "/dev/tcp", @"/dev/tcp/", "a shell for another machine"),
        new(506, Error, "shell", "nc", @"\b(nc|ncat|netcat)\b.*\s-[a-z]*e\s", "a shell for another machine"),
        new(1188, Warning, "sql", "delete", @"^\s*delete\s+from\s+[\w.""`\[\]]+\s*;", "deletes every row; there is no WHERE"),
        new(1188, Warning, "sql", "update", @"^\s*update\s+[\w.""`\[\]]+\s+set\s+[^;]*;\s*$", "changes every row, unless a WHERE is in it"),
        new(1188, Warning, "sql", "drop", @"\bdrop\s+(database|schema|table)\b", "what is dropped is gone"),
        new(250, Warning, "sql", "grant", @"\bgrant\s+all\b", "more rights than a program needs"),
        new(78, Error, "sql", "xp_cmdshell", @"\bxp_cmdshell\b", "SQL runs commands of the machine"),
        new(73, Warning, "sql", "file", @"\b(load_file\s*\(|into\s+(out|dump)file)", "SQL reads or writes files of the server"),
        new(250, Error, "yaml", "privileged", @"^\s*-?\s*privileged\s*:\s*true\b", "the container owns the machine"),
        new(250, Warning, "yaml", "host", @"^\s*host(Network|PID|IPC)\s*:\s*true\b", "the container shares the machine's names"),
        new(250, Warning, "yaml", "allowPrivilegeEscalation", @"allowPrivilegeEscalation\s*:\s*true\b", "processes may gain rights"),
        new(250, Advice, "dockerfile", "USER", @"^\s*USER\s+root\b", "the container runs as root"),
        new(494, Warning, "dockerfile", "ADD", @"^\s*ADD\s+http", "what a server sends is taken unread; check its hash"),
    ];
}
