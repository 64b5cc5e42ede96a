#![allow(clippy::unwrap_used)]

use super::{MistakeKind, SqlMistake};
use crate::store::{Checker, Dialect};

fn mistake(sql: &str) -> SqlMistake {
    Checker::new().unwrap().check_query(sql, &Dialect::default()).mistake.expect(sql)
}

/// What is said of a query, the bytes it is said of, and the help.
fn told(sql: &str) -> String {
    let SqlMistake { range, message, help, .. } = mistake(sql);
    format!("{} @ {message} @ {}", &sql[range], help.unwrap_or_default())
}

/// The query with the repair applied.
fn repaired(sql: &str) -> String {
    let repair = mistake(sql).repair.expect(sql);
    let mut text = sql.to_owned();
    text.replace_range(repair.range, &repair.text);
    text
}

#[test]
fn syntax_is_told_in_plain_words() {
    let cases = [
        ("SELECT id, FROM [t]", ", @ a comma too many before `FROM` @ remove the comma"),
        ("SELECT , id FROM [t]", ", @ a comma too many behind `SELECT` @ remove the comma"),
        ("SELECT id,, x FROM [t]", ", @ a comma too many before `,` @ remove the comma"),
        ("SELECT id FROM [t] WHERE id IN (1, 2,)", ", @ a comma too many before `)` @ remove the comma"),
        ("SELECT id FROM [t] WHERE id = 1,", ", @ a comma too many at the end @ remove the comma"),
        ("SELECT id FORM [t]", "FORM @ `FORM` is no word of SQL @ did you mean `FROM`?"),
        ("SELCT id FROM [t]", "SELCT @ `SELCT` is no word of SQL @ did you mean `SELECT`?"),
        ("SELECT id FROM [t] WHER id = 1", "WHER @ `WHER` is no word of SQL @ did you mean `WHERE`?"),
        ("SELECT id FROM [t] ODER BY id", "ODER @ `ODER` is no word of SQL @ did you mean `ORDER`?"),
        (
            "SELECT id FROM my-table",
            "my-table @ the name `my-table` has to stand in square brackets @ write `[my-table]`",
        ),
        (
            "SELECT id FROM default/tasks t",
            "default/tasks @ the name `default/tasks` has to stand in square brackets @ write `[default/tasks]`",
        ),
        (
            "SELECT id AS order FROM [t]",
            "order @ `order` is a word of SQL; as a name it has to stand in square brackets @ write `[order]`",
        ),
        (
            "SELECT id FROM [t] WHERE data = @ctx.user.email",
            "@ctx.user.email @ a statement cannot read `@ctx.user.email` @ write `@email`, and `email: =@ctx.user.email` under the statement's parameters",
        ),
        ("SELECT id, $.name FROM [t]", "$.name @ `$.name` has to stand in quotes @ write `'$.name'`"),
        ("SELECT id FROM [t] WHERE 1 && 2", "&& @ `&&` is not SQL @ write `AND`"),
        ("SELECT id FROM [t] WHERE (id = 1", "( @ there is no closing `)` for the `(` here @ "),
        ("SELECT id FROM [t] WHERE id = 1)", ") @ a `)` without a `(` before it @ "),
        ("SELECT id FROM [t] WHERE id = 'a", "' @ there is no closing `'` for the `'` here @ "),
        ("SELECT id FROM [t", "[ @ there is no closing `]` for the `[` here @ "),
        (
            "SELECT id FROM [t] WHERE id = 1 data = 2",
            "data @ something is missing between `1` and `data` @ a comma, an operator, or a word such as `AND`",
        ),
        ("SELECT id FROM", "FROM @ the statement ends too early, behind `FROM` @ "),
        ("SELECT 1; SELECT 2", "SELECT @ a second statement begins here, and only one is allowed @ "),
        (
            "SELECT id FROM [t] WHERE id IN @ids",
            "@ids @ `IN` needs brackets, and `@ids` is one value @ give it JSON text and write `IN (SELECT value FROM json_each(@ids))`",
        ),
        (
            "SELECT id FROM [t] WHERE WHERE id = 1",
            "WHERE @ `WHERE` cannot stand here @ look at what stands just before it",
        ),
    ];
    let found: Vec<_> = cases.iter().map(|(sql, _)| told(sql)).collect();
    let expected: Vec<_> = cases.iter().map(|(_, expected)| (*expected).to_owned()).collect();
    assert_eq!(found, expected);
}

#[test]
fn what_names_stand_for_is_told_in_plain_words() {
    let cases = [
        ("SELECT nmae FROM [t]", "nmae @ there is no column `nmae` @ "),
        ("SELECT a.nmae FROM [t] a", "nmae @ there is no column `a.nmae` @ "),
        (
            "SELECT '$.a' FROM [t] JOIN [u] ON 1",
            "'$.a' @ `'$.a'` may mean several tables @ write `json_extract(t.data, '$.a')`, where `t` is the table's name or alias",
        ),
        (
            "SELECT id FROM [t] JOIN [u] ON 1",
            "id @ several tables have a column `id` @ write `t.id`, where `t` is the table's name or alias",
        ),
        ("SELECT lenght(id) FROM [t]", "lenght @ SQL has no function `lenght` @ did you mean `length`?"),
        ("SELECT GETDATE() FROM [t]", "GETDATE @ SQL has no function `GETDATE` @ write `datetime('now')`"),
        ("SELECT upper() FROM [t]", "upper @ `upper()` is given too many or too few values @ "),
        (
            "SELECT id FROM [t] UNION SELECT id, data FROM [u]",
            "SELECT @ the two queries around `UNION` give different numbers of columns @ ",
        ),
    ];
    for (sql, expected) in cases {
        let found = told(sql);
        let (place, rest) = found.split_once(" @ ").unwrap();
        let (expected_place, expected_rest) = expected.split_once(" @ ").unwrap();
        assert_eq!(rest, expected_rest, "{sql}");
        assert!(place == expected_place || expected_place == "SELECT", "{sql}: {place}");
    }
}

#[test]
fn what_depends_on_the_phone_is_not_known_for_sure() {
    for sql in [
        "SELECT sqrt(2) FROM [t]",
        "SELECT id FROM [t] WHERE id REGEXP 'a'",
        "SELECT value FROM generate_series(1, 2)",
    ] {
        let checked = Checker::new().unwrap().check_query(sql, &Dialect::default());
        assert!(checked.mistake.is_none_or(|mistake| mistake.kind == MistakeKind::Unsure), "{sql}");
    }
    assert_eq!(mistake("DELETE FROM [t]").kind, MistakeKind::Refused);
    assert_eq!(mistake("SELECT nmae FROM [t]").kind, MistakeKind::Column("nmae".to_owned()));
}

#[test]
fn repairs_mend_the_statement() {
    let cases = [
        ("SELECT id, FROM [t]", "SELECT id FROM [t]"),
        ("SELECT id, '$.a', FROM [t]", "SELECT id, '$.a' FROM [t]"),
        ("SELECT id FROM default/tasks", "SELECT id FROM [default/tasks]"),
        ("SELECT id, $.name FROM [t]", "SELECT id, '$.name' FROM [t]"),
        ("SELECT id FORM [t]", "SELECT id FROM [t]"),
    ];
    let checker = Checker::new().unwrap();
    for (wrong, right) in cases {
        assert_eq!(repaired(wrong), right);
        assert_eq!(checker.check_query(right, &Dialect::default()).mistake, None, "{right}");
    }
}

#[test]
fn other_solutions_tables_and_rows_of_functions_are_no_mistakes() {
    let checker = Checker::new().unwrap();
    let checked = checker.check_query(
        "SELECT o.id, e.value FROM [sales].[default/orders] o, json_each(o.data, '$.items') e",
        &Dialect::default(),
    );
    assert_eq!(checked.mistake, None);
    let tables: Vec<_> = checked.tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(tables, ["default/orders"]);
    let queue = checker.check_query("SELECT id, state FROM [_commandQueue]", &Dialect::default());
    assert_eq!((queue.mistake, queue.tables.len()), (None, 1));
}

mod any_text {
    use proptest::prelude::*;

    use crate::store::{Checker, Dialect};

    proptest! {
        #[test]
        fn has_a_mistake_within_it_or_none(sql in "(SELECT |FROM |IN |@ctx|'\\$\\.[a-z]{0,2}'|[\\[\\]()'\",;&!@a-c$.äx/*-]| ){0,24}") {
            let checker = Checker::new().expect("memory");
            if let Some(mistake) = checker.check_query(&sql, &Dialect::default()).mistake {
                prop_assert!(sql.get(mistake.range.clone()).is_some(), "{:?}", mistake);
                let repair = mistake.repair.is_none_or(|repair| sql.get(repair.range).is_some());
                prop_assert!(repair);
            }
        }
    }
}
