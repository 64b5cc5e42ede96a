#![allow(clippy::unwrap_used)]

use super::*;

fn rewritten(sql: &str) -> String {
    rewrite(sql, &Dialect::default()).sql
}

#[test]
fn a_complete_item_of_a_select_list_gets_its_path_as_name() {
    let cases = [
        ("SELECT '$.a' FROM t", "SELECT json_extract(data, '$.a') AS [a] FROM t"),
        (
            "SELECT id, '$.a', '$.b' FROM t",
            "SELECT id, json_extract(data, '$.a') AS [a], json_extract(data, '$.b') AS [b] FROM t",
        ),
        ("SELECT DISTINCT '$.a' FROM t", "SELECT DISTINCT json_extract(data, '$.a') AS [a] FROM t"),
        ("select all '$.a'\nfrom t", "select all json_extract(data, '$.a') AS [a]\nfrom t"),
        ("SELECT '$.a'", "SELECT json_extract(data, '$.a') AS [a]"),
        ("SELECT '$.a' -- why\n, id FROM t", "SELECT json_extract(data, '$.a') AS [a] -- why\n, id FROM t"),
    ];
    for (sql, expected) in cases {
        assert_eq!(rewritten(sql), expected);
    }
}

#[test]
fn an_alias_of_the_author_stays() {
    let cases = [
        ("SELECT '$.a' AS b FROM t", "SELECT json_extract(data, '$.a') AS b FROM t"),
        ("SELECT '$.a' as [x y] FROM t", "SELECT json_extract(data, '$.a') as [x y] FROM t"),
        ("SELECT '$.a' b, id FROM t", "SELECT json_extract(data, '$.a') b, id FROM t"),
        ("SELECT id AS '$.a' FROM t", "SELECT id AS '$.a' FROM t"),
        ("SELECT id '$.a' FROM t", "SELECT id '$.a' FROM t"),
    ];
    for (sql, expected) in cases {
        assert_eq!(rewritten(sql), expected);
    }
}

#[test]
fn anywhere_else_there_is_no_name() {
    let cases = [
        ("SELECT id FROM t WHERE '$.a' = 1", "SELECT id FROM t WHERE json_extract(data, '$.a') = 1"),
        ("SELECT id FROM t WHERE x = '$.a'", "SELECT id FROM t WHERE x = json_extract(data, '$.a')"),
        (
            "SELECT id FROM t ORDER BY '$.a' DESC, '$.b'",
            "SELECT id FROM t ORDER BY json_extract(data, '$.a') DESC, json_extract(data, '$.b')",
        ),
        (
            "SELECT count(*) FROM t GROUP BY '$.a' HAVING '$.b' > 1",
            "SELECT count(*) FROM t GROUP BY json_extract(data, '$.a') HAVING json_extract(data, '$.b') > 1",
        ),
        (
            "SELECT '$.a' || '$.b' AS c FROM t",
            "SELECT json_extract(data, '$.a') || json_extract(data, '$.b') AS c FROM t",
        ),
        ("SELECT sum('$.a') FROM t", "SELECT sum(json_extract(data, '$.a')) FROM t"),
        (
            "SELECT CASE WHEN '$.a' THEN '$.b' ELSE '$.c' END FROM t",
            "SELECT CASE WHEN json_extract(data, '$.a') THEN json_extract(data, '$.b') ELSE json_extract(data, '$.c') END FROM t",
        ),
        (
            "SELECT a IS DISTINCT FROM '$.x', '$.y' FROM t",
            "SELECT a IS DISTINCT FROM json_extract(data, '$.x'), json_extract(data, '$.y') AS [y] FROM t",
        ),
        (
            "SELECT id FROM t JOIN u ON t.id = '$.a'",
            "SELECT id FROM t JOIN u ON t.id = json_extract(data, '$.a')",
        ),
        (
            "SELECT id FROM t WHERE id IN ('$.a', '$.b')",
            "SELECT id FROM t WHERE id IN (json_extract(data, '$.a'), json_extract(data, '$.b'))",
        ),
        ("SELECT ('$.a') FROM t", "SELECT (json_extract(data, '$.a')) FROM t"),
    ];
    for (sql, expected) in cases {
        assert_eq!(rewritten(sql), expected);
    }
}

#[test]
fn the_path_of_a_json_function_stays() {
    let same = [
        "SELECT json_extract(data, '$.a') FROM t",
        "SELECT JSON_EXTRACT(t.data, '$.a', '$.b') FROM t",
        "SELECT data -> '$.a', data ->> '$.b' FROM t",
        "SELECT json_array_length(data, '$.a') FROM t",
        "SELECT value FROM t, json_each(t.data, '$.a')",
        "SELECT json_set(data, '$.a', 1, '$.b', 2) FROM t",
        "SELECT json_extract(data, ('$.a')) FROM t",
    ];
    for sql in same {
        assert_eq!(rewritten(sql), sql);
    }
    assert_eq!(
        rewritten("SELECT json_array_length('$.a') FROM t"),
        "SELECT json_array_length(json_extract(data, '$.a')) FROM t"
    );
    assert_eq!(
        rewritten("SELECT json_group_array('$.a') FROM t"),
        "SELECT json_group_array(json_extract(data, '$.a')) FROM t"
    );
    assert_eq!(
        rewritten("SELECT json_set(data, '$.a', '$.b') FROM t"),
        "SELECT json_set(data, '$.a', json_extract(data, '$.b')) FROM t"
    );
    assert_eq!(
        rewritten("SELECT json_extract((SELECT data FROM u WHERE '$.k' = 1), '$.a') FROM t"),
        "SELECT json_extract((SELECT data FROM u WHERE json_extract(data, '$.k') = 1), '$.a') FROM t"
    );
}

#[test]
fn inner_queries_and_every_branch_of_a_union_are_rewritten() {
    assert_eq!(
        rewritten(
            "WITH c AS (SELECT id, '$.a' FROM t) SELECT id, a FROM c UNION ALL SELECT id, '$.b' FROM u"
        ),
        "WITH c AS (SELECT id, json_extract(data, '$.a') AS [a] FROM t) SELECT id, a FROM c UNION ALL SELECT id, \
         json_extract(data, '$.b') AS [b] FROM u"
    );
    assert_eq!(
        rewritten("SELECT (SELECT '$.n' FROM u LIMIT 1) AS n, '$.a' FROM t"),
        "SELECT (SELECT json_extract(data, '$.n') AS [n] FROM u LIMIT 1) AS n, json_extract(data, '$.a') AS [a] FROM t"
    );
}

#[test]
fn only_the_quoted_form_counts_and_only_in_code() {
    let same = [
        "SELECT id FROM t WHERE x = '$'",
        "SELECT id FROM t WHERE x = 'costs $.50'",
        "SELECT \"$.a\" FROM t",
        "SELECT id /* '$.a' */ FROM t -- '$.b'",
        "SELECT id FROM t WHERE x = 'it''s $.a'",
    ];
    for sql in same {
        assert_eq!(rewritten(sql), sql);
    }
}

#[test]
fn nested_and_hyphenated_paths_keep_their_whole_name() {
    assert_eq!(rewritten("SELECT '$.a.b' FROM t"), "SELECT json_extract(data, '$.a.b') AS [a.b] FROM t");
    assert_eq!(
        rewritten("SELECT '$.order-date' FROM t"),
        "SELECT json_extract(data, '$.order-date') AS [order-date] FROM t"
    );
    assert_eq!(rewritten("SELECT '$.a[0]' FROM t"), "SELECT json_extract(data, '$.a[0]') AS \"a[0]\" FROM t");
}

#[test]
fn the_own_package_is_the_own_database() {
    let dialect = Dialect { shorthand: false, package: Some("acme") };
    assert_eq!(
        rewrite("SELECT '$.a' FROM [Acme].[default/tasks], [other].[x]", &dialect).sql,
        "SELECT '$.a' FROM main.[default/tasks], [other].[x]"
    );
}

#[test]
fn every_byte_finds_its_way_back() {
    let sql = "SELECT '$.ä', id FROM t WHERE '$.b' = nmae";
    let text = rewrite(sql, &Dialect::default());
    let back = |needle: &str| text.origin(text.sql.find(needle).unwrap());
    assert_eq!(back("id FROM"), sql.find("id FROM").unwrap());
    assert_eq!(back("nmae"), sql.find("nmae").unwrap());
    assert_eq!(back("json_extract(data, '$.b')"), sql.find("'$.b'").unwrap());
    assert_eq!(text.origin(text.sql.len()), sql.len());
    assert_eq!(text.origin(usize::MAX), sql.len());
}

#[test]
fn parameters_are_found_with_their_places() {
    let sql = "SELECT @a, ':no', :b, $c FROM [x@y] WHERE id=@a2 AND z=?1";
    let found: Vec<_> = rewrite(sql, &Dialect::default())
        .parameters()
        .into_iter()
        .map(|p| (p.sign, p.name, sql[p.range].to_owned()))
        .collect();
    let expected =
        [('@', "a", "@a"), (':', "b", ":b"), ('$', "c", "$c"), ('@', "a2", "@a2"), ('?', "1", "?1")];
    assert_eq!(found, expected.map(|(s, n, t)| (s, n.to_owned(), t.to_owned())));
}

#[test]
fn broken_text_is_tokenised_to_its_end() {
    for sql in ["SELECT '$.a", "[", "\"", "/* x", "'", "SELECT (((", ")))", "ä€@", "x'", "--", "@", "`a"] {
        let text = rewrite(sql, &Dialect::default());
        assert!(text.origin(text.sql.len()) <= sql.len());
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(sql in "(SELECT |FROM |'\\$\\.[a-z]{0,2}'|[\\[\\]()'\",;@a-c$.äx/*-]| ){0,24}") {
        let text = rewrite(&sql, &Dialect { shorthand: true, package: Some("a") });
        for offset in 0..=text.sql.len() {
            assert!(text.origin(offset) <= sql.len());
        }
    }
}
