//! Reports for CI systems: valid by their own standards, and written where a recipe wants them.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::stage::Stage;

fn ours(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn sarif_is_valid_against_the_official_schema() {
    let mut schema: Value =
        serde_json::from_str(&ours("tests/fixtures/sarif/sarif-schema-2.1.0.json")).unwrap();
    // The official pattern has a `]` too many, which JavaScript forgives and we never write.
    for part in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][part]["properties"]["language"];
        language.as_object_mut().unwrap().remove("pattern").unwrap();
    }
    let validator = jsonschema::validator_for(&schema).unwrap();
    let stage = Stage::example("broken");
    stage.put_example("quickstart", "fine");
    for arguments in ["lint app --format sarif", "lint fine --format sarif"] {
        let sarif = stage.run(arguments).json();
        let mistakes: Vec<_> = validator.iter_errors(&sarif).map(|error| error.to_string()).collect();
        assert!(mistakes.is_empty(), "{arguments}: {mistakes:#?}");
    }
    let sarif = stage.run("lint app --format sarif").code(1).json();
    let run = &sarif["runs"][0];
    let (results, rules) = (&run["results"], &run["tool"]["driver"]["rules"]);
    assert_eq!(results.as_array().unwrap().len(), 8);
    for result in results.as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
    let mut broken = sarif.clone();
    broken["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0.into();
    assert!(!validator.is_valid(&broken), "the schema checks nothing");
}

#[test]
fn the_same_app_gives_the_same_bytes() {
    let stage = Stage::example("broken");
    for format in ["sarif", "github", "gitlab", "junit"] {
        let arguments = format!("lint app --format {format}");
        let run = stage.run(&arguments).code(1);
        assert_eq!(
            (&run.out, run.err.as_str()),
            (&stage.run(&arguments).out, "checked 7 files\n"),
            "{format}"
        );
        assert!(run.out.contains("app/jigs/home.jigx"), "{run}");
    }
}

#[test]
fn fingerprints_survive_edits_elsewhere() {
    let stage = Stage::example("broken");
    let names = || {
        let report = stage.run("lint app --format gitlab").json();
        let name = |issue: &Value| issue["fingerprint"].as_str().unwrap().to_owned();
        report.as_array().unwrap().iter().map(name).collect::<Vec<_>>()
    };
    let before = names();
    let index = fs::read_to_string(stage.path("app/index.jigx")).unwrap();
    stage.write("app/index.jigx", format!("# a new line\n\n{index}"));
    assert_eq!(names(), before);
}

#[test]
fn several_reports_at_once() {
    let stage = Stage::example("broken");
    let run = stage.run("lint app --format sarif=a.sarif --format concise --format junit=b.xml").code(1);
    assert_eq!(run.out, stage.run("lint app --format concise").out);
    let text = |path: &str| fs::read_to_string(stage.path(path)).unwrap();
    assert_eq!(text("a.sarif"), stage.run("lint app --format sarif").out);
    assert_eq!(text("b.xml"), stage.run("lint app --format junit").out);
    let only_files = stage.run("lint app --format gitlab=c.json").code(1);
    assert_eq!(only_files.out, stage.run("lint app").out);
    for wrong in [
        "--format json --format sarif",
        "--format json=x --format sarif=x",
        "--format json=",
        "--format toml=x",
    ] {
        stage.run(&format!("lint app {wrong}")).code(2);
    }
    let typo = stage.run("lint app --format sarrif").code(2);
    assert!(typo.err.contains("sarif"), "{typo}");
}

#[test]
fn every_command_of_the_recipes_works() {
    let readme = ours("README.md");
    let section = readme.split_once("\n## In CI\n").unwrap().1.split("\n## ").next().unwrap();
    let commands: Vec<_> = section.lines().filter_map(|line| line.split_once("syncscope lint ")).collect();
    assert!(commands.len() >= 2, "{commands:?}");
    for (_, arguments) in commands {
        let stage = Stage::example("broken");
        stage.run(&format!("lint {arguments}")).code(1);
        for file in arguments.split_whitespace().filter_map(|word| word.split_once('=')) {
            assert!(stage.path(file.1).is_file(), "{arguments}");
            assert!(section.matches(file.1).count() >= 2, "`{}` is written and not used", file.1);
        }
    }
}

#[test]
fn the_pre_commit_hooks_run() {
    let hooks: Value = serde_yaml::from_str(&ours(".pre-commit-hooks.yaml")).unwrap();
    let readme = ours("README.md");
    for hook in hooks.as_array().unwrap() {
        let entry = hook["entry"].as_str().unwrap();
        let arguments = entry.strip_prefix("syncscope ").unwrap();
        Stage::example("broken").run(arguments).code(1);
        Stage::example("quickstart").run(arguments).code(0);
        assert!(readme.contains(&format!("id: {}", hook["id"].as_str().unwrap())));
    }
}
