//! Texts that look like keys, tokens and passwords, told from names and placeholders.

use std::ops::Range;

/// A secret in a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Secret {
    /// What it is, for messages; never the secret itself.
    pub what: &'static str,
    /// Its bytes.
    pub range: Range<usize>,
}

/// Beginnings that services give to their keys, with the least length of what follows.
const PREFIXES: [(&str, usize); 17] = [
    ("sk_live_", 16),
    ("rk_live_", 16),
    ("sk-proj-", 20),
    ("sk-ant-", 20),
    ("ghp_", 30),
    ("gho_", 30),
    ("ghs_", 30),
    ("github_pat_", 30),
    ("glpat-", 18),
    ("xoxb-", 20),
    ("xoxp-", 20),
    ("shpat_", 24),
    ("AKIA", 16),
    ("AIza", 30),
    ("SG.", 40),
    ("npm_", 30),
    ("eyJ", 40),
];

/// Words in the names of what is kept secret.
const NAMES: [&str; 12] = [
    "apikey",
    "accesskey",
    "secret",
    "password",
    "passwd",
    "token",
    "authorization",
    "subscriptionkey",
    "signature",
    "functionskey",
    "privatekey",
    "sharedkey",
];

/// Names that mean a secret in the query of an address and nowhere else.
const QUERY_NAMES: [&str; 5] = ["key", "code", "sig", "auth", "pwd"];

/// A shorter text is no key. Only a password in an address may be shorter.
const LEAST: usize = 16;

/// The first secret in a text, whatever stands around it.
pub(super) fn secret_in(text: &str) -> Option<Secret> {
    if text.len() < LEAST {
        return user_info(text);
    }
    known_prefix(text).or_else(|| scheme(text)).or_else(|| user_info(text)).or_else(|| query(text))
}

/// Whether a text is a secret when something of this name has it as its value.
pub(super) fn secret_value(name: &str, text: &str) -> bool {
    names_secret(name) && looks_random(text.trim())
}

/// The id of an organisation or a tenant in a text that something of this name has as its value.
pub(super) fn tenant_in(name: &str, text: &str) -> Option<Range<usize>> {
    const WORDS: [&str; 3] = ["organization", "organisation", "tenant"];
    let names_tenant = |text: &str| {
        let text = text.to_ascii_lowercase();
        WORDS.iter().any(|word| text.contains(word))
    };
    let mut at = 0;
    let mut behind = name;
    for part in text.split(['/', '?', '&', '=', '#', '\'', '"', ' ']) {
        if is_uuid(part) && names_tenant(behind) {
            return Some(at..at + part.len());
        }
        at += part.len() + 1;
        behind = part;
    }
    None
}

/// Whether a text is an id of the form 8-4-4-4-12 that is no placeholder.
fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    let is_hex = text.bytes().all(|c| c == b'-' || c.is_ascii_hexdigit());
    let mut digits: Vec<u8> = text.bytes().filter(|c| *c != b'-').collect();
    digits.sort_unstable();
    digits.dedup();
    lengths == [8, 4, 4, 4, 12] && is_hex && digits.len() > 4
}

/// Whether a name says that its value is secret.
pub(super) fn names_secret(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_ascii_lowercase();
    NAMES.iter().any(|word| plain.contains(word))
}

fn known_prefix(text: &str) -> Option<Secret> {
    let starts = PREFIXES.iter().flat_map(|(prefix, least)| {
        text.match_indices(prefix).map(move |(at, prefix)| (at, at + prefix.len(), *least))
    });
    let mut found = starts.filter_map(|(at, from, least)| {
        let end = from + token(&text[from..]).len();
        let is_start = !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
        (is_start && end - from >= least && looks_random(&text[at..end])).then_some(at..end)
    });
    found.next().map(|range| Secret { what: "a key", range })
}

/// `Bearer …` and `Basic …`
fn scheme(text: &str) -> Option<Secret> {
    const SCHEMES: [(&str, &str); 2] = [("bearer ", "a bearer token"), ("basic ", "a password")];
    let lower = text.to_ascii_lowercase();
    SCHEMES.into_iter().find_map(|(word, what)| {
        let (at, _) = lower.match_indices(word).find(|(at, _)| {
            !lower[..*at].ends_with(|c: char| c.is_ascii_alphanumeric())
                && looks_random(token(&text[at + word.len()..]))
        })?;
        let from = at + word.len();
        Some(Secret { what, range: from..from + token(&text[from..]).len() })
    })
}

/// `https://user:password@host`
fn user_info(text: &str) -> Option<Secret> {
    let from = text.find("://")? + 3;
    let authority =
        &text[from..from + text[from..].find(['/', '?', '#', ' ', '\'', '"']).unwrap_or(text.len() - from)];
    let (user, _) = authority.rsplit_once('@')?;
    let (name, password) = user.split_once(':')?;
    let at = from + name.len() + 1;
    let real = !password.is_empty() && !is_placeholder(password);
    real.then(|| Secret { what: "a password", range: at..at + password.len() })
}

/// `?key=…`
fn query(text: &str) -> Option<Secret> {
    let mut at = text.find('?')? + 1;
    for pair in text[at..].split(['&', '#']) {
        if let Some((name, value)) = pair.split_once('=') {
            let value = token(value);
            let is_secret =
                names_secret(name) || QUERY_NAMES.iter().any(|word| name.eq_ignore_ascii_case(word));
            if is_secret && looks_random(value) {
                let from = at + name.len() + 1;
                return Some(Secret { what: "a key", range: from..from + value.len() });
            }
        }
        at += pair.len() + 1;
    }
    None
}

/// What a text begins with that may be one key.
fn token(text: &str) -> &str {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.~+/=%:".contains(c);
    let end = text.find(|c: char| !is_part(c)).unwrap_or(text.len());
    // What an expression goes on with is not part of it.
    if text[end..].starts_with('{') { "" } else { &text[..end] }
}

/// Whether nobody would choose the text as a name: long, and letters and digits mixed without sense.
fn looks_random(text: &str) -> bool {
    let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.~+/=%:".contains(c));
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let letters = text.bytes().filter(u8::is_ascii_alphabetic).count();
    let mixed = digits >= 3 && letters >= 3;
    text.len() >= LEAST && is_plain && mixed && !is_placeholder(text) && changes(text) * 5 >= text.len()
}

/// How often a letter stands beside a digit, or case changes from lower to upper.
fn changes(text: &str) -> usize {
    let kind = |c: u8| match c {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        _ => 3,
    };
    let kinds: Vec<u8> = text.bytes().map(kind).collect();
    kinds.windows(2).filter(|pair| pair[0] != pair[1] && pair[0] != 3 && pair[1] != 3).count()
}

/// Whether the text says that something else belongs in its place.
fn is_placeholder(text: &str) -> bool {
    const WORDS: [&str; 10] =
        ["your", "example", "placeholder", "xxx", "changeme", "replace", "dummy", "sample", "todo", "..."];
    let lower = text.to_ascii_lowercase();
    let first = text.chars().next();
    let is_one = text.chars().all(|c| Some(c) == first);
    is_one
        || text.contains(['{', '}', '<', '>', '*', '$', '[', ']'])
        || WORDS.iter().any(|word| lower.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        secret_in(text).map(|secret| &text[secret.range])
    }

    #[test]
    fn secrets_are_found_in_what_stands_around_them() {
        let cases = [
            ("https://x.example/a?code=Zk3xT9qLw07vRb2NsY5uHd8e&b=1", "Zk3xT9qLw07vRb2NsY5uHd8e"),
            (
                "https://x.example/?a=1&api_key=9f8e7d6c5b4a39281706f5e4d3c2b1a0",
                "9f8e7d6c5b4a39281706f5e4d3c2b1a0",
            ),
            ("https://ann:pa55word@x.example/a", "pa55word"),
            ("Bearer 8s7Df6g5H4j3K2l1Qw9Er8", "8s7Df6g5H4j3K2l1Qw9Er8"),
            ("='Basic ' & 'x'; 'Basic dXNlcjE6cGE1NXcwcmQ5OQ=='", "dXNlcjE6cGE1NXcwcmQ5OQ=="),
            ("=\"sk_live_4eC39HqLyjWDarjtT1zdp7dc\"", "sk_live_4eC39HqLyjWDarjtT1zdp7dc"),
        ];
        for (text, secret) in cases {
            assert_eq!(found(text), Some(secret), "{text}");
        }
    }

    #[test]
    fn names_placeholders_and_expressions_are_no_secrets() {
        let cases = [
            "https://x.example/a?code={code}&key=YOUR_API_KEY_1234567890",
            "https://x.example/a?key=monthly-report-2024-01&token={token}",
            "https://{user}:{password}@x.example/a",
            "https://x.example/users/me@home:8080",
            "=\"Bearer \" & @ctx.parameters.token",
            "Bearer {accessToken}",
            "Bearer <your-token-123456789>",
            "basic information about 1234567890 tasks",
            "https://x.example/media/f1c4b693-4670-4e7a-8102-bbf1749e83fe",
            "microsoft.OAuth",
            "",
        ];
        for text in cases {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn tenants_are_ids_behind_a_word_for_them() {
        const ID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";
        assert_eq!(tenant_in("", &format!("https://x.example/organizations/{ID}/a")), Some(32..68));
        assert_eq!(tenant_in("tenantId", ID), Some(0..36));
        assert!(tenant_in("", &format!("https://x.example/?tenant={ID}")).is_some());
        assert_eq!(tenant_in("", &format!("https://x.example/sites/{ID}")), None);
        assert_eq!(tenant_in("tenantId", "00000000-0000-0000-0000-000000000000"), None);
        assert_eq!(tenant_in("tenantId", "my-tenant"), None);
    }

    #[test]
    fn a_name_makes_a_random_value_a_secret() {
        assert!(secret_value("x-api-key", "9f8e7d6c5b4a39281706f5e4"));
        assert!(secret_value("accessToken", "Zk3xT9qLw07vRb2NsY5uHd8e"));
        assert!(!secret_value("x-api-key", "my-service.key-2024"));
        assert!(!secret_value("region", "Zk3xT9qLw07vRb2NsY5uHd8e"));
        assert!(!secret_value("accessToken", "microsoft.OAuth"));
        assert!(!secret_value("password", "=@ctx.parameters.password1234567890"));
    }
}
