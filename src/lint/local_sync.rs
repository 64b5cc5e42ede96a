//! A sync of something that has no remote side.

use super::rule::{Check, Rule};
use super::{Cx, Place};
use crate::action::ActionNode;
use crate::diag::{RuleInfo, Severity};
use crate::syntax::Node;
