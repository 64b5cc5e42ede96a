//! Every command as scripts meet it: what is on which stream, and the exit code.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::stage::{Finished, Stage};

/// Runs the binary with a text as its standard input.
pub(super) fn fed(stage: &Stage, arguments: &str, input: &str) -> Finished {
    let mut command = stage.command(arguments);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Finished { status: output.status, out: text(output.stdout), err: text(output.stderr) }
}

const COMMANDS: [&str; 12] = [
    "lint",
    "run",
    "status",
    "eval",
    "query",
    "graph",
    "serve",
    "schema",
    "explain",
    "init",
    "completions",
    "man",
];

#[test]
fn help_and_version_are_results() {
    let stage = Stage::empty();
    let help = stage.run("--help").code(0);
    for command in COMMANDS {
        assert!(help.out.contains(&format!("\n  {command} ")), "{command}: {help}");
        let help = stage.run(&format!("{command} --help")).code(0);
        assert!(help.out.contains("Usage: syncscope") && help.err.is_empty(), "{help}");
    }
    assert!(help.err.is_empty());
    assert_eq!(stage.run("--version").code(0).out, format!("syncscope {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn what_comes_later_is_not_promised() {
    let stage = Stage::empty();
    for later in ["lsp", "run --stubs x"] {
        stage.run(later).code(2);
    }
    let help = stage.run("--help").out;
    assert!(!help.contains("lsp"), "{help}");
}

#[test]
fn every_schema_is_json_schema() {
    let stage = Stage::empty();
    let names = stage.run("schema").code(0).out;
    assert!(names.lines().count() > 40, "{names}");
    for name in names.lines() {
        let schema = stage.run(&format!("schema {name}")).code(0).json();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name}");
    }
    let wrong = stage.run("schema action.sync-entity").code(2);
    assert!(wrong.err.contains("did you mean `action.sync-entities`?") && wrong.out.is_empty(), "{wrong}");
}

#[test]
fn every_rule_has_a_page() {
    let stage = Stage::empty();
    let list = stage.run("explain").code(0).out;
    let listed: Vec<&str> = list.lines().filter(|line| line.starts_with("  ")).collect();
    assert_eq!(listed.len(), syncscope::lint::rules().len());
    let group = stage.run("explain sync").code(0).out;
    assert!(group.starts_with("sync\n") && group.contains("  unguarded-scope "), "{group}");
    // A list is as wide as its longest name.
    let first: Vec<&str> = group.lines().nth(1).unwrap().split_whitespace().collect();
    assert!(
        list.lines().any(|line| line.split_whitespace().eq(first.iter().copied()))
            && !group.contains("unknown-key"),
        "{group}"
    );
    for rule in syncscope::lint::rules() {
        let page = stage.run(&format!("explain {}", rule.id)).code(0).out;
        assert!(
            page.starts_with(rule.id) && page.contains(rule.summary) && page.lines().count() > 3,
            "{page}"
        );
    }
    let wrong = stage.run("explain unknown-functoin").code(2);
    assert!(wrong.err.contains("did you mean `unknown-function`?"), "{wrong}");
}

#[test]
fn shells_and_man_are_served() {
    let stage = Stage::empty();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = stage.run(&format!("completions {shell}")).code(0).out;
        assert!(script.contains("max-diagnostics"), "{shell}");
    }
    let page = stage.run("man").code(0).out;
    assert!(page.contains(".SH SYNOPSIS") && page.contains("completions"), "{page}");
    assert!(stage.run("man run").code(0).out.contains("dry"));
    stage.run("man rnu").code(2);
    stage.run("completions tcsh").code(2);
}

#[test]
fn a_new_app_is_clean_and_runs() {
    let stage = Stage::empty();
    let made = stage.run("init fresh").code(0);
    for line in made.out.lines() {
        assert!(stage.path(line.strip_prefix("made ").unwrap()).is_file(), "{line}");
    }
    let lint = stage.run("lint --deny info fresh").code(0);
    assert_eq!(lint.out, "checked 7 files: no problems\n");
    stage.run("run fresh").code(0);
    let open = stage.run("query fresh open-tasks --format json").code(0).json();
    let people: Vec<&Value> = open.as_array().unwrap().iter().map(|row| &row["person"]).collect();
    assert_eq!(people, [&json!("Ada"), &json!("Grace")]);
}

#[test]
fn nothing_is_overwritten() {
    let stage = Stage::empty();
    stage.write("app/syncscope.yaml", "user: { name: mine }\n");
    let refused = stage.run("init app").code(2);
    assert!(refused.err.contains("`app/syncscope.yaml` exists already"), "{refused}");
    assert_eq!(std::fs::read_dir(stage.path("app")).unwrap().count(), 1, "half an app was made");
    assert_eq!(std::fs::read_to_string(stage.path("app/syncscope.yaml")).unwrap(), "user: { name: mine }\n");
}

#[test]
fn findings_of_a_broken_app() {
    let stage = Stage::example("broken");
    let human = stage.run("lint app").code(1);
    assert!(
        human.out.ends_with("checked 7 files: 6 errors, 2 warnings\n") && human.err.is_empty(),
        "{human}"
    );
    let concise = stage.run("lint --format concise app").code(1).out;
    let place = "app/index.jigx:28:15: error[unknown-table] the database `default` has no table `visit`";
    assert!(concise.lines().any(|line| line == place), "{concise}");
    let json = stage.run("lint --format json app").code(1);
    let report = json.json();
    let summary = json!({"files": 7, "errors": 6, "warnings": 2, "infos": 0, "fixed": 0});
    assert_eq!((&report["version"], &report["summary"]), (&json!(1), &summary));
    let places = |d: &Value| (d["file"].to_string(), d["start"]["offset"].as_u64(), d["rule"].to_string());
    let listed: Vec<_> = report["diagnostics"].as_array().unwrap().iter().map(places).collect();
    assert!(listed.len() == 8 && listed.is_sorted(), "{listed:?}");
    assert_eq!(json.err, "checked 7 files\n");
    assert_eq!(stage.run("lint --format json app").out, json.out, "the same app, the same bytes");
}

#[test]
fn findings_can_be_chosen() {
    let stage = Stage::example("broken");
    let of = |arguments: &str| {
        let report = stage.run(&format!("lint --format json {arguments}")).json();
        let rules =
            report["diagnostics"].as_array().unwrap().iter().map(|d| d["rule"].as_str().unwrap().to_owned());
        rules.collect::<Vec<_>>()
    };
    // A file that cannot be read is always told.
    let chosen = of("app --select unknown-table,unknown-function");
    assert_eq!(chosen, ["unknown-table", "unknown-function", "invalid-yaml"]);
    assert!(!of("app --ignore unknown-table").contains(&"unknown-table".to_owned()));
    assert_eq!(of("app/jigs/home.jigx"), ["unknown-key"]);
    assert_eq!(of("app/functions"), [""; 0]);
    let typo = stage.run("lint app --select unknown-tabel").code(2);
    assert!(typo.err.contains("did you mean `unknown-table`?"), "{typo}");
    let cut = stage.run("lint app --format concise --max-diagnostics 2").code(1);
    assert_eq!(cut.out.lines().count(), 3);
    assert!(
        cut.out.ends_with("6 errors, 2 warnings\n") && cut.err.contains("6 more findings not shown"),
        "{cut}"
    );
}

#[test]
fn what_fails_the_check_can_be_chosen() {
    let stage = Stage::example("quickstart");
    stage.run("lint app --deny info").code(0);
    let misspelt =
        "title: Extra\ntype: jig.default\nonFocus: { type: action-go-to, options: { linkTo: home } }\n";
    stage.write("app/jigs/extra.jigx", misspelt);
    assert!(stage.run("lint app").code(0).out.contains("warning[action-type-alias]"));
    stage.run("lint app --deny warning").code(1);
    stage.run("lint app --deny warning --ignore action-type-alias").code(0);
}

#[test]
fn findings_go_to_a_file() {
    let stage = Stage::example("broken");
    let run = stage.run("lint app --format json --output report.json").code(1);
    assert!(run.out.is_empty() && run.err == "checked 7 files\n", "{run}");
    let written: Value =
        serde_json::from_str(&std::fs::read_to_string(stage.path("report.json")).unwrap()).unwrap();
    assert_eq!(written["summary"]["errors"], 6);
    let nowhere = stage.run("lint app --output no/such/folder/report.json").code(3);
    assert!(nowhere.err.contains("cannot write `no/such/folder/report.json`"), "{nowhere}");
}

#[test]
fn an_editor_can_check_a_text_that_is_not_saved() {
    let stage = Stage::example("quickstart");
    let arguments = "lint --format concise --stdin-filename app/jigs/home.jigx -";
    let bad = fed(&stage, arguments, "title: Today\ntype: jig.default\ndata: =(1 +\n").code(1);
    assert!(bad.out.starts_with("app/jigs/home.jigx:3:") && bad.out.contains("checked 1 file:"), "{bad}");
    let fresh = "lint --format concise --stdin-filename app/jigs/brand-new.jigx -";
    let new = fed(&stage, fresh, "title: New\ntype: jig.default\nonFocus: { type: action.go-too }\n").code(1);
    assert!(new.out.starts_with("app/jigs/brand-new.jigx:3:") && new.out.contains("action.go-to"), "{new}");
    stage.run("lint -").code(2);
    stage.run("lint app --stdin-filename x.jigx").code(2);
    for nowhere in ["/no-such-folder/jigs/a.jigx", "no-such-folder/jigs/a.jigx"] {
        let run = fed(&stage, &format!("lint --stdin-filename {nowhere} -"), "title: New\n").code(2);
        assert!(run.err.contains(&format!("no app found at `{nowhere}`")), "{run}");
    }
}

#[test]
fn graphs_in_all_formats() {
    let stage = Stage::example("quickstart");
    let text = stage.run("graph app").code(0).out;
    assert!(text.starts_with("event index.onLoad\n"), "{text}");
    let way =
        ["scope sync-scope-lookup-data", "instance sync-prices", "function fetch-prices", "table prices"];
    for (outer, inner) in way.iter().zip(&way[1..]) {
        assert!(text.find(outer).unwrap() < text.find(inner).unwrap());
    }
    let graph = stage.run("graph app --format json").code(0).json();
    let ids: Vec<&str> =
        graph["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap()).collect();
    for edge in graph["edges"].as_array().unwrap() {
        for end in ["from", "to"] {
            assert!(ids.contains(&edge[end].as_str().unwrap()), "{edge}");
        }
    }
    let mermaid = stage.run("graph app --format mermaid --focus fetch-prices").code(0).out;
    assert!(mermaid.starts_with("flowchart LR\n") && !mermaid.contains("fetch-depots"), "{mermaid}");
    let dot = stage.run("graph app --format dot").code(0).out;
    assert!(dot.starts_with("digraph app {\n") && dot.ends_with("}\n"), "{dot}");
    let typo = stage.run("graph app --focus fetch-prics").code(2);
    assert!(typo.err.contains("did you mean `fetch-prices`?"), "{typo}");
}

#[test]
fn rows_in_all_formats() {
    let stage = Stage::example("quickstart");
    stage.run("run app").code(0);
    let sql = |more: &[&str]| {
        let mut command = stage.command("query app --sql");
        command
            .arg("SELECT id, '$.name' AS name FROM [depots] WHERE id = @id")
            .args(["--param", "id=D1"])
            .args(more);
        Finished::of(&mut command)
    };
    let json = sql(&["--format", "json"]).code(0).json();
    let csv = sql(&["--format", "csv"]).code(0).out;
    let table = sql(&[]).code(0);
    let rows = json.as_array().unwrap().len();
    assert_eq!(csv.lines().count(), rows + 1);
    assert_eq!(table.out.lines().count(), rows + 1);
    assert!(table.err.contains("row") && csv.starts_with("id,name\n"), "{table}");
    let write = Finished::of(stage.command("query app --sql").arg("DELETE FROM [depots]")).code(2);
    assert!(write.out.is_empty(), "{write}");
}

#[test]
fn an_expression_shows_where_it_is_wrong() {
    let stage = Stage::example("quickstart");
    let wrong = Finished::of(stage.command("eval app").arg("=@ctx.a == 1")).code(2);
    assert!(wrong.err.contains("  =@ctx.a == 1\n          ^^\n"), "{wrong}");
    let read = fed(&stage, "eval app -", "=$sum([1, 2, 3])\n").code(0);
    assert_eq!(read.out, "6\n");
    let nothing = Finished::of(stage.command("eval app --format json").arg("=@ctx.user.nothing")).code(0);
    assert_eq!(nothing.json(), json!({}));
    let given = ["=@ctx.solution.state.n + 1", "--state", "n=41"];
    assert_eq!(Finished::of(stage.command("eval app").args(given)).code(0).out, "42\n");
}

#[test]
fn status_before_the_first_run() {
    let stage = Stage::example("quickstart");
    let human = stage.run("status app").code(0);
    assert_eq!(human.out, "nothing has been synced yet\n");
    assert!(human.err.contains("`syncscope run` makes it"), "{human}");
    assert_eq!(stage.run("status app --format json").code(0).json(), json!({"scopes": [], "statuses": []}));
    assert!(!stage.path("app/.syncscope").exists(), "looking makes nothing");
}

#[test]
fn status_can_be_watched() {
    let stage = Stage::example("quickstart");
    let mut watching = stage.start("status app --watch --format json");
    stage.run("run app").code(0);
    let line = watching.wait_for(|line| {
        let status: Value = serde_json::from_str(line).unwrap_or_default();
        status["scopes"][0]["state"] == "synced"
    });
    assert!(line.contains("sync-scope-lookup-data"));
    watching.signal(nix::sys::signal::Signal::SIGINT);
    watching.finish().code(130);
}

#[test]
fn served_tables_are_found_by_the_first_line() {
    let stage = Stage::example("quickstart");
    let mut serving = stage.start("serve app/data --port 0");
    let url = serving.wait_for(|line| line.starts_with("http://127.0.0.1:"));
    stage.write(
        "app/syncscope.yaml",
        format!("solution: {{ settings: {{ custom: {{ baseUrl: '{url}' }} }} }}\n"),
    );
    let depots = stage.run("run app --action sync-products").code(0);
    assert!(depots.out.contains("depots 8 rows"), "{depots}");
    serving.signal(nix::sys::signal::Signal::SIGTERM);
    let ended = serving.finish().code(0);
    assert!(ended.err.contains("GET /depots?"), "{ended}");
    let wrong = stage.run("serve no-such-folder").code(2);
    assert!(wrong.err.contains("no-such-folder"), "{wrong}");
    stage.run("serve app/data --fail 200%").code(2);
}

#[test]
fn colour_only_where_it_is_wanted() {
    let stage = Stage::example("broken");
    let coloured = |command: &mut Command| Finished::of(command).out.contains('\u{1b}');
    assert!(!coloured(&mut stage.command("lint app")));
    assert!(coloured(&mut stage.command("lint app --color always")));
    assert!(coloured(stage.command("lint app --color always").env("NO_COLOR", "1")));
    assert!(!coloured(&mut stage.command("lint app --color never")));
    stage.run("lint app --color sometimes").code(2);
}

#[test]
fn quiet_keeps_results_and_errors() {
    let stage = Stage::example("quickstart");
    let run = stage.run("run app -q").code(0);
    assert!(run.err.is_empty() && run.out.contains("sync-scope-lookup-data"), "{run}");
    assert!(stage.run("run app -v").code(0).err.contains("serving"));
    assert!(!stage.run("status nowhere -q").code(2).err.is_empty());
    stage.run("run app -q -v").code(2);
}
