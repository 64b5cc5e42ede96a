//! The pages of this room's rules.

use super::rules;
use crate::diag::{Group, RuleInfo, Severity};

/// What reading a file can find, by id.
pub const RULES: &[RuleInfo] = &[
    RuleInfo {
        id: rules::ALIAS_BUDGET,
        group: Group::Syntax,
        severity: Severity::Error,
        summary: "aliases repeat so much that the file would grow out of all proportion",
        docs: "\
Finds files whose aliases (`*name`) add more than ten times what stands in the file, or more than 100,000
values. A few lines of aliases of aliases can stand for millions of values and would fill the memory.

Nothing behind the first alias that is too much is read. Write some of the repeated values out.
",
    },
    RuleInfo {
        id: rules::DUPLICATE_KEY,
        group: Group::Syntax,
        severity: Severity::Error,
        summary: "a key stands twice in one map",
        docs: "\
Finds keys that are given twice in one map. YAML does not allow it; tools disagree which of the two counts,
so the app on the phone may do the other thing than the one that you look at. Here the first counts.

```yaml wrong
# jigs/home.jigx
title: Home
type: jig.default
title: Start
```

```yaml right
# jigs/home.jigx
title: Home
type: jig.default
```
",
    },
    RuleInfo {
        id: rules::FILE_TOO_LARGE,
        group: Group::Syntax,
        severity: Severity::Error,
        summary: "a file is larger than any app needs",
        docs: "\
Finds files of more than 4 MiB. They are not read. Data of that size belong into a table that is synced.
",
    },
    RuleInfo {
        id: rules::INVALID_JSON,
        group: Group::Syntax,
        severity: Severity::Error,
        summary: "a file that should be JSON is not",
        docs: "\
Finds mistakes in the JSON of files that end in `.json`. What stands before and behind a mistake is read and
checked as far as possible.

```json wrong
# jigs/home.json
{ \"title\": \"Home\" \"type\": \"jig.default\" }
```

```json right
# jigs/home.json
{ \"title\": \"Home\", \"type\": \"jig.default\" }
```
",
    },
    RuleInfo {
        id: rules::INVALID_YAML,
        group: Group::Syntax,
        severity: Severity::Error,
        summary: "a file is not YAML",
        docs: "\
Finds mistakes in the YAML of a file: wrong indentation, tabs, quotes and brackets that do not close, a `: `
inside an unquoted text. What stands before and behind a mistake is read and checked as far as possible.

A file that is not YAML is not loaded, and everything it defines is missing from the app. Expressions with
`: ` need quotes or a block scalar:

```yaml wrong
# jigs/home.jigx
title: =@ctx.user.email ? 'known' : 'a guest: hello'
type: jig.default
```

```yaml right
# jigs/home.jigx
title: \"=@ctx.user.email ? 'known' : 'a guest: hello'\"
type: jig.default
```
",
    },
    RuleInfo {
        id: rules::LOSSY_NUMBER,
        group: Group::Syntax,
        severity: Severity::Warning,
        summary: "a number is not kept as it is written",
        docs: "\
Finds numbers that lose something when they are read: leading zeros, as in postal codes and telephone
numbers, and more digits than a number can hold. Put such a value in quotes.

```yaml wrong
# datasources/offices.jigx
type: datasource.static
options:
  data:
    - { id: 1, postcode: 01067 }
```

```yaml right
# datasources/offices.jigx
type: datasource.static
options:
  data:
    - { id: 1, postcode: '01067' }
```
",
    },
    RuleInfo {
        id: rules::NOT_UTF8,
        group: Group::Syntax,
        severity: Severity::Error,
        summary: "a file is not UTF-8 text",
        docs: "\
Finds files that are saved in another encoding than UTF-8, or are no text at all. Save the file as UTF-8.
",
    },
    RuleInfo {
        id: rules::SECOND_DOCUMENT,
        group: Group::Syntax,
        severity: Severity::Error,
        summary: "a file has a second document after `---`",
        docs: "\
Finds a second document in a YAML file. Only the first is read, so everything behind the second `---` is
missing from the app. Move it into a file of its own.

```yaml wrong
# jigs/home.jigx
title: Home
type: jig.default
---
title: Details
type: jig.default
```

```yaml right
# jigs/home.jigx
title: Home
type: jig.default
# jigs/details.jigx
title: Details
type: jig.default
```
",
    },
    RuleInfo {
        id: rules::TOO_DEEP,
        group: Group::Syntax,
        severity: Severity::Error,
        summary: "lists and maps are nested too deep",
        docs: "\
Finds lists and maps that are nested more than 128 deep. No app is written like that by hand; a generator
may have run in circles. What stands deeper is not read.
",
    },
    RuleInfo {
        id: rules::UNFIT_KEY,
        group: Group::Syntax,
        severity: Severity::Error,
        summary: "a key is not text",
        docs: "\
Finds keys that are lists or maps, keys that are missing before their `:`, and a `<<` that is given no map.
Most often a text that begins with `{` or `[` has lost its quotes.

```yaml wrong
# translations/en.jigx
{name}: Name
```

```yaml right
# translations/en.jigx
'{name}': Name
```
",
    },
    RuleInfo {
        id: rules::UNKNOWN_ALIAS,
        group: Group::Syntax,
        severity: Severity::Error,
        summary: "an alias repeats a value that has no such name",
        docs: "\
Finds `*name` without a value named `&name` before it. A text that begins with `*` needs quotes.

```yaml wrong
# jigs/home.jigx
title: *Home*
type: jig.default
```

```yaml right
# jigs/home.jigx
title: '*Home*'
type: jig.default
```
",
    },
    RuleInfo {
        id: rules::UNSUPPORTED_TAG,
        group: Group::Syntax,
        severity: Severity::Warning,
        summary: "a tag such as `!name` means nothing to an app",
        docs: "\
Finds YAML tags that no app understands, and values that are not what their tag says (an error). A text that
begins with `!` needs quotes.

```yaml wrong
# jigs/home.jigx
title: !important Home
type: jig.default
```

```yaml right
# jigs/home.jigx
title: '!important Home'
type: jig.default
```
",
    },
];
