//! Words of SQL: keywords, functions, and what takes the place of those of other databases.

/// Whether a misspelt word is probably this one: one letter more, less, other, or two swapped.
pub(super) fn is_near(written: &str, word: &str) -> bool {
    let (written, word) = (written.as_bytes(), word.as_bytes());
    let same = written.iter().zip(word).take_while(|(one, other)| one.eq_ignore_ascii_case(other)).count();
    let (written, word) = (&written[same..], &word[same..]);
    let equal = |skipped: usize, missed: usize| {
        let rests = (written.get(skipped..), word.get(missed..));
        matches!(rests, (Some(rest), Some(other)) if rest.eq_ignore_ascii_case(other))
    };
    let swapped = match (written, word) {
        ([first, second, ..], [third, fourth, ..]) => {
            first.eq_ignore_ascii_case(fourth) && second.eq_ignore_ascii_case(third) && equal(2, 2)
        }
        _ => false,
    };
    let is_same = written.is_empty() && word.is_empty();
    !is_same && (swapped || equal(1, 1) || equal(1, 0) || equal(0, 1))
}

/// The keyword that a word is probably meant to be.
pub(super) fn closest_keyword(written: &str) -> Option<&'static str> {
    KEYWORDS.iter().find(|keyword| is_near(written, keyword)).copied()
}

/// The function that a name is probably meant to be.
pub(super) fn closest_function(written: &str) -> Option<&'static str> {
    FUNCTIONS.iter().find(|function| is_near(written, function)).copied()
}

/// Whether a word cannot be a name without brackets.
pub(super) fn is_reserved(word: &str) -> bool {
    RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(word))
}

/// Functions that some builds of SQLite have and others have not.
pub(super) fn is_optional_function(name: &str) -> bool {
    OPTIONAL.iter().any(|optional| optional.eq_ignore_ascii_case(name))
}

/// What SQLite has in the place of a function of another database.
pub(super) fn instead_of(name: &str) -> Option<&'static str> {
    let found = FOREIGN.iter().find(|(foreign, _)| foreign.eq_ignore_ascii_case(name));
    found.map(|(_, own)| *own)
}

/// Words that are misspelt, four letters and more.
const KEYWORDS: [&str; 26] = [
    "SELECT", "FROM", "WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "OFFSET", "JOIN", "LEFT", "INNER",
    "OUTER", "CROSS", "UNION", "VALUES", "INSERT", "UPDATE", "DELETE", "INTO", "DISTINCT", "BETWEEN", "CASE",
    "WHEN", "THEN", "ELSE", "LIKE",
];

const RESERVED: [&str; 58] = [
    "ADD",
    "ALL",
    "ALTER",
    "AND",
    "AS",
    "BETWEEN",
    "CASE",
    "CHECK",
    "COLLATE",
    "COMMIT",
    "CONSTRAINT",
    "CREATE",
    "DEFAULT",
    "DEFERRABLE",
    "DELETE",
    "DISTINCT",
    "DROP",
    "ELSE",
    "ESCAPE",
    "EXCEPT",
    "EXISTS",
    "FOREIGN",
    "FROM",
    "GROUP",
    "HAVING",
    "IN",
    "INDEX",
    "INSERT",
    "INTERSECT",
    "INTO",
    "IS",
    "ISNULL",
    "JOIN",
    "LIMIT",
    "NOT",
    "NOTHING",
    "NOTNULL",
    "NULL",
    "ON",
    "OR",
    "ORDER",
    "PRIMARY",
    "REFERENCES",
    "RETURNING",
    "SELECT",
    "SET",
    "TABLE",
    "THEN",
    "TO",
    "TRANSACTION",
    "UNION",
    "UNIQUE",
    "UPDATE",
    "USING",
    "VALUES",
    "WHEN",
    "WHERE",
    "WITH",
];

const FUNCTIONS: [&str; 62] = [
    "abs",
    "avg",
    "changes",
    "char",
    "coalesce",
    "concat",
    "count",
    "date",
    "datetime",
    "format",
    "group_concat",
    "hex",
    "ifnull",
    "iif",
    "instr",
    "json",
    "json_array",
    "json_array_length",
    "json_each",
    "json_extract",
    "json_group_array",
    "json_group_object",
    "json_insert",
    "json_object",
    "json_patch",
    "json_quote",
    "json_remove",
    "json_replace",
    "json_set",
    "json_tree",
    "json_type",
    "json_valid",
    "julianday",
    "last_insert_rowid",
    "length",
    "lower",
    "ltrim",
    "max",
    "min",
    "nullif",
    "printf",
    "quote",
    "random",
    "replace",
    "round",
    "row_number",
    "rank",
    "rtrim",
    "sign",
    "strftime",
    "substr",
    "substring",
    "sum",
    "time",
    "total",
    "trim",
    "typeof",
    "unicode",
    "unixepoch",
    "upper",
    "lag",
    "lead",
];

const OPTIONAL: [&str; 61] = [
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "bm25",
    "ceil",
    "ceiling",
    "cos",
    "cosh",
    "degrees",
    "edit_distance",
    "editdist3",
    "exp",
    "floor",
    "fts5",
    "highlight",
    "icu_load_collation",
    "if",
    "ln",
    "log",
    "log10",
    "log2",
    "match",
    "matchinfo",
    "median",
    "mod",
    "offsets",
    "optimize",
    "percentile",
    "percentile_cont",
    "percentile_disc",
    "pi",
    "pow",
    "power",
    "radians",
    "regexp",
    "rtreecheck",
    "sha1",
    "sha3",
    "sin",
    "sinh",
    "snippet",
    "soundex",
    "spellfix1_editdist",
    "spellfix1_phonehash",
    "sqrt",
    "string_agg",
    "tan",
    "tanh",
    "trunc",
    "unistr",
    "unistr_quote",
    "uuid",
    "uuid_str",
    "concat",
    "concat_ws",
    "timediff",
    "load_extension",
];

/// Functions that authors know from other databases.
const FOREIGN: [(&str, &str); 22] = [
    ("now", "datetime('now')"),
    ("getdate", "datetime('now')"),
    ("sysdate", "datetime('now')"),
    ("curdate", "date('now')"),
    ("today", "date('now')"),
    ("date_format", "strftime('%Y-%m-%d', value)"),
    ("to_char", "strftime('%Y-%m-%d', value)"),
    ("to_date", "date(value)"),
    ("year", "strftime('%Y', value)"),
    ("month", "strftime('%m', value)"),
    ("day", "strftime('%d', value)"),
    ("datediff", "julianday(a) - julianday(b)"),
    ("dateadd", "date(value, '+1 day')"),
    ("date_add", "date(value, '+1 day')"),
    ("isnull", "ifnull(value, other)"),
    ("nvl", "ifnull(value, other)"),
    ("len", "length(value)"),
    ("charindex", "instr(text, part)"),
    ("ucase", "upper(value)"),
    ("lcase", "lower(value)"),
    ("json_value", "json_extract(data, '$.path')"),
    ("newid", "lower(hex(randomblob(16)))"),
];
