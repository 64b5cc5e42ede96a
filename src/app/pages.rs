//! The pages of the loader's own rules.

use crate::diag::{Group, RuleInfo, Severity};

pub(super) const COMMENT_CUTS_EXPRESSION: &str = "comment-cuts-expression";
pub(super) const DUPLICATE_FILE_ID: &str = "duplicate-file-id";
pub(super) const EMPTY_FILE: &str = "empty-file";
pub(super) const EXPRESSION_SYNTAX: &str = "expression-syntax";
pub(super) const INVALID_SETTINGS: &str = "invalid-settings";
pub(super) const MISSING_ENVIRONMENT_VARIABLE: &str = "missing-environment-variable";
pub(super) const STRAY_FILE: &str = "stray-file";

/// What loading can find besides mistakes of syntax and shape, by id.
pub(super) const RULES: &[RuleInfo] = &[
    RuleInfo {
        id: COMMENT_CUTS_EXPRESSION,
        group: Group::Expressions,
        severity: Severity::Error,
        summary: "the end of an expression is taken for a comment",
        docs: "\
Finds expressions without quotes that cannot be read because a blank and a `#` stand in them, and that could
be read as a whole, or whose brackets are closed only behind the `#`. In YAML a comment begins there.

The phone gets half an expression, and shows nothing. The fix puts the whole into quotes; there is none when
the whole has another mistake.

```yaml wrong
# jigs/home.jigx
title: =$formatNumber(@ctx.solution.version, ' #0')
type: jig.default
```

```yaml right
# jigs/home.jigx
title: '=$formatNumber(@ctx.solution.version, '' #0'')'
type: jig.default
```
",
    },
    RuleInfo {
        id: DUPLICATE_FILE_ID,
        group: Group::Layout,
        severity: Severity::Error,
        summary: "two files of one kind have the same name",
        docs: "\
Finds files of one kind that have the same name in different folders. The name is the id, and folders are no
part of it, so only the first file can be reached.

```yaml wrong
# functions/tasks/get.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
# functions/people/get.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/people
```

```yaml right
# functions/tasks/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
# functions/people/get-people.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/people
```
",
    },
    RuleInfo {
        id: EMPTY_FILE,
        group: Group::Layout,
        severity: Severity::Info,
        summary: "a file of the app is empty",
        docs: "\
Finds files in the folders of an app that hold nothing, or only comments. They are no part of the app, and
what refers to them fails.

```yaml wrong
# functions/get-tasks.jigx
# to be written
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
        id: EXPRESSION_SYNTAX,
        group: Group::Expressions,
        severity: Severity::Error,
        summary: "an expression cannot be read",
        docs: "\
Finds mistakes in the texts that begin with `=`: brackets and quotes that do not close, operators of other
languages (`==`, `&&`, `||`, `!`), a ternary without its `?`. Expressions are JSONata.

The phone shows nothing, or \"Expression is not valid\".

```yaml wrong
# jigs/home.jigx
title: =@ctx.user.email == 'a@example.com' ? 'Ann' :'guest'
type: jig.default
```

```yaml right
# jigs/home.jigx
title: =@ctx.user.email = 'a@example.com' ? 'Ann' :'guest'
type: jig.default
```
",
    },
    RuleInfo {
        id: INVALID_SETTINGS,
        group: Group::Settings,
        severity: Severity::Error,
        summary: "a value in `syncscope.yaml` cannot be used",
        docs: "\
Finds values in the settings file that are of the right kind and still cannot be used: lengths of time
(`30s`), sizes (`64MiB`), patterns of files (`jigs/legacy/**`), a `database` that is no file, a `backend`
folder that is not there, and placeholders such as `${evn:NAME}` that would stay as they are.

```yaml wrong
# syncscope.yaml
http:
  timeout: soon
```

```yaml right
# syncscope.yaml
http:
  timeout: 30s
```
",
    },
    RuleInfo {
        id: STRAY_FILE,
        group: Group::Layout,
        severity: Severity::Info,
        summary: "a file in a folder of the app is not part of the app",
        docs: "\
Finds files in `jigs/`, `actions/`, `functions/`, `datasources/`, `databases/` and `components/` whose names
have no ending, or one that looks like a slip: `functions/get-tasks`, `jigs/home.jgix`. Files of an app end in
`.jigx`, `.yaml`, `.yml` or `.json`; others are never loaded, and what refers to them fails.
",
    },
    RuleInfo {
        id: MISSING_ENVIRONMENT_VARIABLE,
        group: Group::Settings,
        severity: Severity::Error,
        summary: "the settings read an environment variable that is not set",
        docs: "\
Finds `${env:NAME}` in `syncscope.yaml` when the variable is not set and there is no default. Set it, or give
a default: `${env:NAME:-default}`. Values from the environment are never shown.

```yaml wrong
# syncscope.yaml
providers:
  dynamic:
    apiKey: \"${env:SYNCSCOPE_EXAMPLE_KEY}\"
```

```yaml right
# syncscope.yaml
providers:
  dynamic:
    apiKey: \"${env:SYNCSCOPE_EXAMPLE_KEY:-}\"
```
",
    },
];
