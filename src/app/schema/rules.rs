//! The rules of this room.

use crate::diag::{Group, RuleInfo, Severity};

pub(super) const MISSING_KEY: &str = "missing-key";
pub(super) const UNKNOWN_KEY: &str = "unknown-key";
pub(super) const WRONG_TYPE: &str = "wrong-type";
pub(super) const WRONG_VALUE: &str = "wrong-value";
pub(super) const UNKNOWN_ACTION_TYPE: &str = "unknown-action-type";
pub(super) const ACTION_TYPE_ALIAS: &str = "action-type-alias";
pub(super) const UNKNOWN_COMPONENT_TYPE: &str = "unknown-component-type";
pub(super) const UNKNOWN_JIG_TYPE: &str = "unknown-jig-type";
pub(super) const UNKNOWN_DATASOURCE_TYPE: &str = "unknown-datasource-type";
pub(super) const UNKNOWN_PROVIDER: &str = "unknown-provider";

/// What [`super::check_file`], [`super::check_action`] and [`super::check_datasource`] can find, by id.
pub const RULES: &[RuleInfo] = &[
    RuleInfo {
        id: ACTION_TYPE_ALIAS,
        group: Group::Schema,
        severity: Severity::Warning,
        summary: "an action type is written in a spelling that only documentation pages have",
        docs: "\
Finds spellings of action types that stand in pages about the format and that no app understands, such as
`action-sync-entities`. syncscope takes them for what they mean; a phone does not. The fix is safe.

```yaml wrong
# index.jigx
title: Tasks
onLoad:
  type: action-sync-entities
  options:
    provider: DATA_PROVIDER_DYNAMIC
    entities: [default/tasks]
```

```yaml right
# index.jigx
title: Tasks
onLoad:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_DYNAMIC
    entities: [default/tasks]
```
",
    },
    RuleInfo {
        id: MISSING_KEY,
        group: Group::Schema,
        severity: Severity::Error,
        summary: "a key that is needed is not there",
        docs: "\
Finds actions, functions, datasources and files in which a key is missing that they cannot work without.
Which keys are needed, `syncscope schema NAME` says under `required`.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
```

```yaml right
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
```
",
    },
    RuleInfo {
        id: UNKNOWN_ACTION_TYPE,
        group: Group::Schema,
        severity: Severity::Error,
        summary: "an action has a type that does not exist",
        docs: "\
Finds actions whose `type` nobody knows. The app skips such an action or shows an error.
`syncscope schema` lists every type.

```yaml wrong
# jigs/home.jigx
title: Home
type: jig.default
onFocus:
  type: action.goto
  options:
    linkTo: home
```

```yaml right
# jigs/home.jigx
title: Home
type: jig.default
onFocus:
  type: action.go-to
  options:
    linkTo: home
```
",
    },
    RuleInfo {
        id: UNKNOWN_COMPONENT_TYPE,
        group: Group::Schema,
        severity: Severity::Warning,
        summary: "the type of a component is misspelt",
        docs: "\
Finds components whose `type` is a slip of a known one, such as `component.text-feild`. The screen leaves
such a component out. Types that look like no other are not reported: new ones appear. The fix is safe.

```yaml wrong
# jigs/home.jigx
title: Home
type: jig.default
children:
  - type: component.text-feild
    instanceId: name
```

```yaml right
# jigs/home.jigx
title: Home
type: jig.default
children:
  - type: component.text-field
    instanceId: name
```
",
    },
    RuleInfo {
        id: UNKNOWN_JIG_TYPE,
        group: Group::Schema,
        severity: Severity::Error,
        summary: "the type of a screen is misspelt",
        docs: "\
Finds screens whose `type` is a slip of a known one, such as `jig.lst`. They do not open. The fix is safe.
A type that looks like no other may be new, and is a note only.

```yaml wrong
# jigs/home.jigx
title: Home
type: jig.lst
```

```yaml right
# jigs/home.jigx
title: Home
type: jig.list
```
",
    },
    RuleInfo {
        id: UNKNOWN_DATASOURCE_TYPE,
        group: Group::Schema,
        severity: Severity::Error,
        summary: "a datasource has a type that does not exist",
        docs: "\
Finds datasources whose `type` is none of `datasource.sqlite`, `datasource.static`, `datasource.system` and
`datasource.reference`.

```yaml wrong
# datasources/offices.jigx
type: datasource.statics
options:
  data:
    - { id: 1, name: Oslo }
```

```yaml right
# datasources/offices.jigx
type: datasource.static
options:
  data:
    - { id: 1, name: Oslo }
```
",
    },
    RuleInfo {
        id: UNKNOWN_KEY,
        group: Group::Schema,
        severity: Severity::Error,
        summary: "a key that nothing reads, often a slip of the pen",
        docs: "\
Finds keys that are not known where they stand. They have no effect, and the app does not say so. When a
needed key is missing beside it and looks alike, both are one finding, and the fix is safe. In the index file
it is a warning. In maps with keys of many kinds, such as jigs and components, only slips of known keys are
found, such as `onFokus`; they are warnings too.

```yaml wrong
# jigs/home.jigx
title: Home
type: jig.default
onFocus:
  type: action.go-to
  options:
    linkToo: home
```

```yaml right
# jigs/home.jigx
title: Home
type: jig.default
onFocus:
  type: action.go-to
  options:
    linkTo: home
```
",
    },
    RuleInfo {
        id: UNKNOWN_PROVIDER,
        group: Group::Schema,
        severity: Severity::Error,
        summary: "a function names a provider that has no functions",
        docs: "\
Finds functions whose `provider` is none of `DATA_PROVIDER_REST`, `DATA_PROVIDER_SQL` and
`DATA_PROVIDER_SOAP`. The other providers work without functions.

```yaml wrong
# functions/get-tasks.jigx
provider: REST
method: GET
url: https://example.com/tasks
```

```yaml right
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
```
",
    },
    RuleInfo {
        id: WRONG_TYPE,
        group: Group::Schema,
        severity: Severity::Error,
        summary: "a value is of a kind that cannot stand there",
        docs: "\
Finds texts, numbers, lists and maps where something else is needed. A text in quotes is not a truth value,
one name is not a list, and a text without `=` is not an expression. Where the meaning is beyond doubt there
is a safe fix.

```yaml wrong
# index.jigx
title: Tasks
onLoad:
  type: action.action-list
  options:
    isSequential: \"false\"
    actions:
      - type: action.go-back
```

```yaml right
# index.jigx
title: Tasks
onLoad:
  type: action.action-list
  options:
    isSequential: false
    actions:
      - type: action.go-back
```
",
    },
    RuleInfo {
        id: WRONG_VALUE,
        group: Group::Schema,
        severity: Severity::Error,
        summary: "a value is none of those that are understood",
        docs: "\
Finds values that are none of the few words that a key takes, and lists that must not be empty.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: FETCH
url: https://example.com/tasks
```

```yaml right
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
```
",
    },
];
