//! Comments that ask for silence.

use std::collections::BTreeMap;

use super::App;
use crate::app::{Inputs, discover, load};
use crate::diag::Files;
use crate::lint::{Mending, Reach, Request, add_ignores, check};

fn lint(home: &str) -> Vec<String> {
    App::new(&[("jigs/home.jigx", home)]).lint()
}

/// The findings but for those about comments without use.
fn mistakes(home: &str) -> Vec<String> {
    let mut found = lint(home);
    found.retain(|line| !line.contains("[unused-ignore]"));
    found
}

#[test]
fn a_comment_silences_its_line_and_the_next() {
    let behind =
        "title: =$tody # syncscope: ignore[unknown-shared-expression] -- comes later\ntype: jig.default\n";
    assert!(lint(behind).is_empty());
    let above = "# syncscope: ignore[unknown-shared-expression]\ntitle: =$tody\ntype: jig.default\n";
    assert!(lint(above).is_empty());
    let stacked = "# syncscope: ignore[unknown-shared-expression]\n# why: later\n# syncscope: ignore[unknown-jig]\ntitle: =$tody\ntype: jig.default\n";
    assert!(mistakes(stacked).is_empty());
    let all = "#syncscope:ignore[ all ]\ntitle: =$tody\ntype: jig.default\n";
    assert!(lint(all).is_empty());
    let several = "title: =$tody & @ctx.datasources.x # syncscope: ignore[unknown-datasource, unknown-shared-expression]\ntype: jig.default\n";
    assert!(lint(several).is_empty());
}

#[test]
fn a_comment_silences_nothing_else() {
    let other_rule = "title: =$tody # syncscope: ignore[unknown-jig]\ntype: jig.default\n";
    assert_eq!(mistakes(other_rule).len(), 1);
    let next_but_one = "# syncscope: ignore[unknown-shared-expression]\ntype: jig.default\ntitle: =$tody\n";
    assert_eq!(mistakes(next_but_one).len(), 1);
    let behind_the_line_above =
        "type: jig.default # syncscope: ignore[unknown-shared-expression]\ntitle: =$tody\n";
    assert_eq!(mistakes(behind_the_line_above).len(), 1);
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
    assert!(mistakes(top).is_empty());
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
    let unknown = mistakes("title: Home # syncscope: ignore[unknown-jigs, unknown-jig]\ntype: jig.default\n");
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

fn concise(rest: &str) -> String {
    format!("warning[unused-ignore] {rest}, so there is nothing to silence")
}

#[test]
fn a_comment_without_use_is_told() {
    let home = |text: &str| lint(&format!("{text}type: jig.default\n"));
    let one = home("title: Home # syncscope: ignore[unknown-jig] -- later\n");
    assert_eq!(one, [format!("jigs/home.jigx:1:13: {}", concise("`unknown-jig` finds nothing here"))]);
    let some = home("title: =$tody # syncscope: ignore[unknown-shared-expression, unknown-jig, sync]\n");
    assert_eq!(
        some,
        [format!("jigs/home.jigx:1:62: {}", concise("`unknown-jig`, `sync` find nothing here"))]
    );
    let file = home("# syncscope: ignore-file[all]\ntitle: Home\n");
    assert_eq!(file, [format!("jigs/home.jigx:1:1: {}", concise("`all` finds nothing in this file"))]);
    let nearer = home(
        "# syncscope: ignore-file[unknown-shared-expression]\n# syncscope: ignore[unknown-shared-expression]\ntitle: =$tody\n",
    );
    assert_eq!(nearer.len(), 1, "{nearer:#?}");
    assert!(nearer[0].starts_with("jigs/home.jigx:1:1:"), "{nearer:#?}");
    assert!(home("title: Home # syncscope: ignore[unused-ignore, unknown-jig]\n").is_empty());
    assert!(
        home("# syncscope: ignore[unused-ignore]\ntitle: Home # syncscope: ignore[unknown-jig]\n").is_empty()
    );
}

#[test]
fn a_comment_about_what_was_not_looked_for_is_not_told() {
    let home = "title: Home # syncscope: ignore[unknown-jig]\ntype: jig.default\n";
    let with = |settings: &str, home: &str| {
        App::new(&[("jigs/home.jigx", home), ("syncscope.yaml", settings)]).lint()
    };
    assert_eq!(with("lint: {}\n", home).len(), 1);
    for off in [
        "ignore: [unknown-jig]",
        "ignore: [layout]",
        "select: [sync, unused-ignore]",
        "ignore: [unused-ignore]",
        "perFile: { 'jigs/**': [unknown-jig] }",
        "perFile: { 'jigs/**': [settings] }",
    ] {
        assert!(with(&format!("lint: {{ {off} }}\n"), home).is_empty(), "{off}");
    }
    let group = home.replace("unknown-jig", "layout");
    assert!(with("lint: { ignore: [unknown-jig] }\n", &group).is_empty());
    assert_eq!(with("lint: {}\n", &group).len(), 1);
    let unreadable = with("lint: {}\n", &format!("{home}onFocus: [\n"));
    assert!(unreadable.iter().all(|line| !line.contains("unused-ignore")), "{unreadable:#?}");
}

/// The text of a file after its safe fixes.
fn fixed(home: &str) -> String {
    let app = App::new(&[("jigs/home.jigx", home)]);
    let root = app.folder.path().canonicalize().unwrap();
    let place = discover(&[root.clone()], &root).unwrap().remove(0);
    let (mut overlay, mut mending) = (BTreeMap::new(), Mending::new(Reach::Safe));
    loop {
        let mut files = Files::new();
        let inputs = Inputs { app: &place, overlay: overlay.clone(), env: &|_| None };
        let loaded = load(&inputs, &mut files).unwrap();
        let rewrites = mending.next(&loaded, &check(&loaded, &files, &Request::default()), &files);
        if rewrites.is_empty() {
            return overlay.into_values().next().unwrap_or_else(|| home.to_owned());
        }
        overlay.extend(rewrites.into_iter().map(|rewrite| (root.join("jigs/home.jigx"), rewrite.text)));
    }
}

#[test]
fn what_is_not_needed_is_removed_and_nothing_else() {
    let rest = "type: jig.default\n";
    let table = [
        ("title: Home # syncscope: ignore[unknown-jig] -- later\n", "title: Home\n"),
        (
            "# about\n  # syncscope: ignore[unknown-jig, sync]\r\ntitle: Home # so\n",
            "# about\ntitle: Home # so\n",
        ),
        ("# syncscope: ignore-file[unknown-jig]\ntitle: Home\n", "title: Home\n"),
        (
            "title: =$tody # syncscope: ignore[ unknown-jig,unknown-shared-expression , sync] -- why\n",
            "title: =$tody # syncscope: ignore[unknown-shared-expression] -- why\n",
        ),
    ];
    for (before, after) in table {
        assert_eq!(fixed(&format!("{before}{rest}")), format!("{after}{rest}"));
    }
}

/// The text of a file after asking for silence about all that is found in it, and what is then found.
fn silenced(home: &str, reason: Option<&str>) -> (String, Vec<String>, usize) {
    let app = App::new(&[("jigs/home.jigx", home)]);
    let root = app.folder.path().canonicalize().unwrap();
    let place = discover(&[root.clone()], &root).unwrap().remove(0);
    let mut files = Files::new();
    let loaded = load(&Inputs { app: &place, overlay: BTreeMap::new(), env: &|_| None }, &mut files).unwrap();
    let found = check(&loaded, &files, &Request::default());
    let added = add_ignores(&loaded, &found, &files, reason);
    let text = added.rewrites.into_iter().next().map_or_else(|| home.to_owned(), |rewrite| rewrite.text);
    let left = lint(&text);
    (text, left, added.left)
}

#[test]
fn comments_are_written_where_they_silence() {
    let home = "title: =$tody & $tomorow\ntype: jig.default\nonFocus:\n  type: action.go-to\n  options:\n    linkTo: >-\n      nowhere\n    isModal: maybe # syncscope: ignore[sync] -- x\n";
    let (text, left, without) = silenced(home, Some("older than the check"));
    let expected = "# syncscope: ignore[unknown-shared-expression] -- older than the check
title: =$tody & $tomorow
type: jig.default
onFocus:
  type: action.go-to
  options:
    # syncscope: ignore[unknown-jig] -- older than the check
    linkTo: >-
      nowhere
    isModal: maybe # syncscope: ignore[sync, wrong-type] -- x
";
    assert_eq!(text, expected);
    assert!(left.iter().all(|line| line.contains("unused-ignore")) && left.len() == 1, "{left:#?}");
    assert_eq!(without, 1, "the unused one");
    assert_eq!(silenced(&text.replace("sync, ", ""), None).0, text.replace("sync, ", ""));
    let unreadable = "title: \"Home\ntype: jig.default\n";
    assert_eq!(silenced(unreadable, None), (unreadable.to_owned(), lint(unreadable), 1));
}

#[test]
fn a_misspelt_name_gives_way_to_the_rule_that_is_meant() {
    let home = |name: &str| format!("title: =$tody # syncscope: ignore[{name}] -- x\ntype: jig.default\n");
    let table = [
        ("unknown-shared-expresion", "unknown-shared-expression"),
        ("unkown-jig, unknown-shared-expresion", "unkown-jig, unknown-shared-expression"),
        ("xyz", "xyz, unknown-shared-expression"),
    ];
    for (before, after) in table {
        assert_eq!(silenced(&home(before), None).0, home(after));
    }
}
