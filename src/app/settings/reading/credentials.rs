//! Credentials: a text each, or a map that also says how the token is renewed.

use std::collections::BTreeMap;

use super::Reading;
use crate::app::settings::{Renewal, Secret, Settings};
use crate::syntax::{Kind, Node};

impl Reading<'_> {
    pub(super) fn credentials(&mut self, node: Option<&Node>, settings: &mut Settings) {
        for entry in node.map_or(&[][..], Node::entries) {
            let name = entry.key.text.to_string();
            let secret = |text| Secret::new(text).named(format!("credential:{name}"));
            if !matches!(entry.value.kind, Kind::Object(_)) {
                if let Some(text) = self.string(Some(&entry.value)) {
                    settings.credentials.insert(name.clone(), secret(text));
                }
                continue;
            }
            let token = match entry.value.get("token") {
                None => Some(String::new()),
                token => self.string(token),
            };
            if let Some(text) = token {
                settings.credentials.insert(name.clone(), secret(text));
            }
            if let Some(renewal) = entry.value.get("refresh").and_then(|node| self.renewal(&name, node)) {
                settings.renewals.insert(name, renewal);
            }
        }
    }

    /// Nothing without an address.
    fn renewal(&mut self, name: &str, node: &Node) -> Option<Renewal> {
        let given = |text: String| Some(text).filter(|text| !text.trim().is_empty());
        let secret = |key: &str, text: Option<String>| {
            let text = text.and_then(given)?;
            Some(Secret::new(text).named(format!("credential:{name}.{key}")))
        };
        let texts: BTreeMap<String, String> = self.strings(Some(node));
        let text = |key: &str| texts.get(key).cloned();
        Some(Renewal {
            url: text("url").and_then(given)?,
            token: secret("refresh.token", text("token")),
            client_id: text("clientId").and_then(given),
            client_secret: secret("refresh.clientSecret", text("clientSecret")),
            scope: text("scope").and_then(given),
        })
    }
}
