// What highlight.js knows of each language: comments, strings, words.

const words = (text) => new Set(text.split(' '));

const cLike = {
  line: ['//'],
  block: [['/*', '*/']],
  quotes: ['"', "'"],
};

const javascript = {
  ...cLike,
  multi: ['`'],
  keywords: words(
    'as async await break case catch class const continue debugger default delete do else enum export extends false finally ' +
      'for from function get if implements import in instanceof interface let new null of private protected public readonly return ' +
      'set static super switch this throw true try type typeof undefined var void while yield',
  ),
};

const csharp = {
  ...cLike,
  multi: ['"""'],
  keywords: words(
    'abstract as async await base bool break byte case catch char class const continue decimal default delegate do double else enum ' +
      'event explicit extern false file finally fixed float for foreach get global if implicit in init int interface internal is lock long ' +
      'namespace new not null object operator or out override params partial private protected public readonly record ref required return ' +
      'sbyte sealed set short sizeof stackalloc static string struct switch this throw true try typeof uint ulong unsafe using var virtual ' +
      'void volatile when where while with yield',
  ),
};

const python = {
  line: ['#'],
  block: [],
  quotes: ['"', "'"],
  multi: ['"""', "'''"],
  keywords: words(
    'False None True and as assert async await break case class continue def del elif else except finally for from global if import in is ' +
      'lambda match nonlocal not or pass raise return self try while with yield',
  ),
};

const c = {
  ...cLike,
  preprocessor: true,
  keywords: words(
    'alignas auto bool break case catch char class const constexpr continue default delete do double else enum explicit extern false ' +
      'final float for friend goto if inline int long mutable namespace new noexcept nullptr operator override private protected public ' +
      'register return short signed sizeof static struct switch template this throw true try typedef typename union unsigned using ' +
      'virtual void volatile while NULL',
  ),
};

const java = {
  ...cLike,
  multi: ['"""'],
  keywords: words(
    'abstract boolean break byte case catch char class const continue data default do double else enum extends false final finally float ' +
      'for fun if implements import in instanceof int interface internal is lateinit long native new null object open override package ' +
      'private protected public record return sealed short static super switch synchronized this throw throws true try val var void ' +
      'volatile when while',
  ),
};

const go = {
  ...cLike,
  multi: ['`'],
  keywords: words(
    'any bool break byte case chan const continue default defer else error fallthrough false float64 for func go goto if import int int64 ' +
      'interface map nil package range return rune select string struct switch true type uint var',
  ),
};

const rust = {
  ...cLike,
  quotes: ['"'],
  keywords: words(
    'Self as async await bool break char const continue crate dyn else enum extern f32 f64 false fn for i32 i64 if impl in let loop match ' +
      'mod move mut pub ref return self static str struct super trait true type u32 u64 u8 unsafe use usize where while',
  ),
};

const shell = {
  line: ['#'],
  block: [],
  quotes: ['"', "'"],
  variables: true,
  keywords: words(
    'break case cd continue do done echo elif else esac eval exec exit export fi for function if in local read return select set shift ' +
      'source sudo then trap unset until while',
  ),
};

const sql = {
  line: ['--'],
  block: [['/*', '*/']],
  quotes: ["'", '"'],
  ignoreCase: true,
  keywords: words(
    'add all alter and as asc avg begin between by case check column commit constraint count create cross default delete desc distinct ' +
      'drop else end exists foreign from full group having if in index inner insert into is join key left like limit max min not null ' +
      'offset on or order outer over partition primary references right rollback select set sum table then transaction union unique ' +
      'update values view when where with',
  ),
};

const json = { line: ['//'], block: [['/*', '*/']], quotes: ['"'], keys: true, keywords: words('true false null') };
const yaml = { line: ['#'], block: [], quotes: ['"', "'"], yamlKeys: true, keywords: words('true false null yes no on off') };
const ini = { ...yaml, line: ['#', ';'] };
const css = { line: [], block: [['/*', '*/']], quotes: ['"', "'"], cssNames: true, keywords: words('important') };
const markup = { markup: true, block: [['<!--', '-->']] };
const diff = { diff: true };

const aliases = {
  javascript, js: javascript, jsx: javascript, mjs: javascript, ts: javascript, tsx: javascript, typescript: javascript,
  csharp, cs: csharp, 'c#': csharp,
  python, py: python, python3: python,
  c, cpp: c, 'c++': c, h: c, hpp: c, cuda: c, glsl: c,
  java, kotlin: java, scala: java, swift: java, dart: java,
  go, golang: go, rust, rs: rust, php: javascript,
  bash: shell, sh: shell, shell, zsh: shell, console: shell, powershell: shell, ps1: shell, dockerfile: shell, makefile: shell,
  sql, json, jsonc: json, json5: json, jsonl: json, yaml, yml: yaml, toml: ini, ini, css, scss: css,
  html: markup, xml: markup, svg: markup, csproj: markup, xaml: markup, diff, patch: diff,
};

/** The rules of a language by the name in a code fence, or null. */
export function languageOf(name) {
  const key = name.toLowerCase();
  return Object.hasOwn(aliases, key) ? aliases[key] : null;
}
