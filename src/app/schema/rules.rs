//! The rules of this room.

use crate::diag::{RuleInfo, Severity};

pub(super) const MISSING_KEY: &str = "missing-key";
pub(super) const UNKNOWN_KEY: &str = "unknown-key";
pub(super) const WRONG_TYPE: &str = "wrong-type";
pub(super) const WRONG_VALUE: &str = "wrong-value";
pub(super) const UNKNOWN_ACTION_TYPE: &str = "unknown-action-type";
pub(super) const ACTION_TYPE_ALIAS: &str = "action-type-alias";
pub(super) const UNKNOWN_DATASOURCE_TYPE: &str = "unknown-datasource-type";
pub(super) const UNKNOWN_PROVIDER: &str = "unknown-provider";

/// What [`super::check_file`], [`super::check_action`] and [`super::check_datasource`] can find, by id.
pub const RULES: &[RuleInfo] = &[
    RuleInfo {
        id: ACTION_TYPE_ALIAS,
        severity: Severity::Warning,
        summary: "an action type is written in a spelling that only documentation pages have",
        docs: "The pages of the format contain spellings of action types that no app understands, such as \
`action-sync-entities`. syncscope takes them for what they mean; a phone does not.\n\n\
```yaml\n# wrong\ntype: action-sync-entities\n# right\ntype: action.sync-entities\n```\n\nThe fix is safe.\n",
    },
    RuleInfo {
        id: MISSING_KEY,
        severity: Severity::Error,
        summary: "a key that is needed is not there",
        docs: "Without the key the action, function or datasource cannot work. Which keys are needed, \
`syncscope schema NAME` says under `required`.\n\n\
```yaml\n# wrong: which jig?\ntype: action.go-to\noptions: { title: Details }\n\
# right\ntype: action.go-to\noptions: { title: Details, linkTo: details }\n```\n",
    },
    RuleInfo {
        id: UNKNOWN_ACTION_TYPE,
        severity: Severity::Error,
        summary: "an action has a type that does not exist",
        docs: "The app skips the action or shows an error. `syncscope schema` lists every type.\n\n\
```yaml\n# wrong\ntype: action.goto\n# right\ntype: action.go-to\n```\n",
    },
    RuleInfo {
        id: UNKNOWN_DATASOURCE_TYPE,
        severity: Severity::Error,
        summary: "a datasource has a type that does not exist",
        docs: "Datasources are of type `datasource.sqlite`, `datasource.static`, `datasource.system` or \
`datasource.reference`.\n\n\
```yaml\n# wrong\ntype: datasource.sql\n# right\ntype: datasource.sqlite\n```\n",
    },
    RuleInfo {
        id: UNKNOWN_KEY,
        severity: Severity::Error,
        summary: "a key that nothing reads, often a slip of the pen",
        docs: "A key that is not known has no effect, and the app does not say so. When a needed key is missing \
beside it and looks alike, both are one finding, and the fix is safe. In places where the format is open, such as \
the index file, it is a warning.\n\n\
```yaml\n# wrong\ntype: action.go-to\noptions: { linkToo: details }\n\
# right\ntype: action.go-to\noptions: { linkTo: details }\n```\n",
    },
    RuleInfo {
        id: UNKNOWN_PROVIDER,
        severity: Severity::Error,
        summary: "a function names a provider that has no functions",
        docs: "Functions belong to `DATA_PROVIDER_REST`, `DATA_PROVIDER_SQL` and `DATA_PROVIDER_SOAP`; the other \
providers work without.\n\n\
```yaml\n# wrong\nprovider: REST\n# right\nprovider: DATA_PROVIDER_REST\n```\n",
    },
    RuleInfo {
        id: WRONG_TYPE,
        severity: Severity::Error,
        summary: "a value is of a kind that cannot stand there",
        docs: "A text in quotes is not a truth value, one name is not a list, and a text without `=` is not an \
expression.\n\n\
```yaml\n# wrong: a text, and texts count as true\nisSequential: \"false\"\n# right\nisSequential: false\n```\n\n\
Where the meaning is beyond doubt there is a safe fix.\n",
    },
    RuleInfo {
        id: WRONG_VALUE,
        severity: Severity::Error,
        summary: "a value is none of those that are understood",
        docs: "Some keys take one of a few words, and some lists must not be empty.\n\n\
```yaml\n# wrong\nmethod: upsert\n# right\nmethod: save\n```\n",
    },
];
