//! The example of a program that runs an app itself.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

#[test]
fn the_example_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let built = Path::new(env!("CARGO_BIN_EXE_syncscope")).with_file_name("examples").join("embed");
    if !built.exists() {
        let made = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--example", "embed"])
            .current_dir(root)
            .status();
        assert!(made.unwrap().success());
    }
    let output = Command::new(built).current_dir(root).output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{out}{err}");
    let mut lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.pop(), Some("Ok: 1 scopes in the database"), "{out}");
    let events: Vec<Value> = lines.into_iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events[0]["event"], "run.started");
    assert_eq!(events.iter().filter(|event| event["event"] == "entity.progress").count(), 6);
    assert_eq!(events.last().unwrap()["event"], "run.finished");
}

#[test]
fn the_example_is_short() {
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/embed.rs")).unwrap();
    assert!(text.lines().count() < 60, "{} lines", text.lines().count());
}
