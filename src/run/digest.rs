//! Short names for values: the same in every version, because they are kept in the database.

use serde_json::{Map, Value};

/// A 64-bit digest (FNV-1a) of a map; the order of its keys plays no part.
pub(super) fn of(map: &Map<String, Value>) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    add_map(&mut hash, map);
    hash
}

fn add_map(hash: &mut u64, map: &Map<String, Value>) {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    add_bytes(hash, b"{");
    for (key, value) in entries {
        add_bytes(hash, key.as_bytes());
        add_bytes(hash, b"\0");
        add(hash, value);
    }
    add_bytes(hash, b"}");
}

fn add(hash: &mut u64, value: &Value) {
    match value {
        Value::Object(map) => add_map(hash, map),
        Value::Array(items) => {
            add_bytes(hash, b"[");
            for item in items {
                add(hash, item);
            }
            add_bytes(hash, b"]");
        }
        // The JSON text keeps `1` and `"1"` apart.
        leaf => {
            add_bytes(hash, leaf.to_string().as_bytes());
            add_bytes(hash, b"\0");
        }
    }
}

fn add_bytes(hash: &mut u64, bytes: &[u8]) {
    for byte in bytes {
        *hash = (*hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn digest(value: &Value) -> u64 {
        of(value.as_object().unwrap_or(&Map::new()))
    }

    #[test]
    fn stays_the_same_for_ever() {
        assert_eq!(format!("{:016x}", digest(&json!({"region": "north", "n": 1}))), "71c1c64bea91a66b");
    }

    #[test]
    fn does_not_see_the_order_of_keys() {
        let one = json!({"a": {"x": 1, "y": 2}, "b": [1, 2]});
        let other = json!({"b": [1, 2], "a": {"y": 2, "x": 1}});
        assert_eq!(digest(&one), digest(&other));
    }

    #[test]
    fn tells_values_apart_that_only_look_alike() {
        let values = [
            json!({"a": 1}),
            json!({"a": "1"}),
            json!({"a": [1]}),
            json!({"a": null}),
            json!({"a": {}}),
            json!({"a": []}),
            json!({"a": [[1], 2]}),
            json!({"a": [1, [2]]}),
            json!({"ab": 1}),
            json!({"a": {"b": 1}}),
            json!({}),
        ];
        let digests: std::collections::BTreeSet<u64> = values.iter().map(digest).collect();
        assert_eq!(digests.len(), values.len());
    }
}
