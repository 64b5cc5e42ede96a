//! Comments that ask for silence.

use super::App;

fn lint(home: &str) -> Vec<String> {
    App::new(&[("jigs/home.jigx", home)]).lint()
}

#[test]
fn a_comment_silences_its_line_and_the_next() {
    let behind =
        "title: =$tody # syncscope: ignore[unknown-shared-expression] -- comes later\ntype: jig.default\n";
    assert!(lint(behind).is_empty());
    let above = "# syncscope: ignore[unknown-shared-expression]\ntitle: =$tody\ntype: jig.default\n";
    assert!(lint(above).is_empty());
    let stacked = "# syncscope: ignore[unknown-shared-expression]\n# why: later\n# syncscope: ignore[unknown-jig]\ntitle: =$tody\ntype: jig.default\n";
    assert!(lint(stacked).is_empty());
    let all = "#syncscope:ignore[ all ]\ntitle: =$tody\ntype: jig.default\n";
    assert!(lint(all).is_empty());
    let several = "title: =$tody & @ctx.datasources.x # syncscope: ignore[unknown-datasource, unknown-shared-expression]\ntype: jig.default\n";
    assert!(lint(several).is_empty());
}

#[test]
fn a_comment_silences_nothing_else() {
    let other_rule = "title: =$tody # syncscope: ignore[unknown-jig]\ntype: jig.default\n";
    assert_eq!(lint(other_rule).len(), 1);
    let next_but_one = "# syncscope: ignore[unknown-shared-expression]\ntype: jig.default\ntitle: =$tody\n";
    assert_eq!(lint(next_but_one).len(), 1);
    let behind_the_line_above =
        "type: jig.default # syncscope: ignore[unknown-shared-expression]\ntitle: =$tody\n";
    assert_eq!(lint(behind_the_line_above).len(), 1);
    let in_a_text = "type: jig.default\ntitle: '=$tody # syncscope: ignore[unknown-shared-expression]'\n";
    assert!(!lint(in_a_text).is_empty());
}

#[test]
fn a_text_over_several_lines_is_silenced_at_its_key() {
    let home = "type: jig.default\n# syncscope: ignore[unknown-shared-expression]\ntitle: >-\n  =$uuid() &\n  $tody\n";
    assert!(lint(home).is_empty());
    let header =
        "type: jig.default\ntitle: > # syncscope: ignore[unknown-shared-expression]\n  =$uuid() &\n  $tody\n";
    assert!(lint(header).is_empty());
}

#[test]
fn a_whole_file_is_silenced_at_its_top() {
    let top = "# a file\n# syncscope: ignore-file[unknown-shared-expression, unknown-jig]\ntype: jig.default\ntitle: =$tody\n";
    assert!(lint(top).is_empty());
    let late = "type: jig.default\n# syncscope: ignore-file[unknown-shared-expression]\ntitle: =$tody\n";
    let found = lint(late);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(
        found[0].contains("jigs/home.jigx:2:1: warning[unknown-rule] this comment silences nothing"),
        "{found:#?}"
    );
}

#[test]
fn comments_with_mistakes_are_told() {
    let unknown = lint("title: Home # syncscope: ignore[unknown-jigs, unknown-jig]\ntype: jig.default\n");
    assert_eq!(unknown, ["jigs/home.jigx:1:33: warning[unknown-rule] there is no rule `unknown-jigs`"]);
    let bare = lint("title: Home # syncscope: ignore\ntype: jig.default\n");
    assert_eq!(bare.len(), 1, "{bare:#?}");
    assert!(lint("title: Home # see syncscope: the tool\ntype: jig.default\n").is_empty());
}

#[test]
fn findings_of_the_loader_are_silenced_too() {
    let twice = "title: Home\ntype: jig.default\ntitle: Start # syncscope: ignore[duplicate-key]\n";
    assert!(lint(twice).is_empty());
    let schema = "title: Home\ntype: jig.default\nonFocus:\n  type: action.go-to\n  options:\n    linkTo: home\n    colour: red # syncscope: ignore[unknown-key]\n";
    assert!(lint(schema).is_empty());
}
