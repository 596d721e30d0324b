//! Merges what an included file brings with what the including file says.

use std::collections::BTreeMap;

use super::tree::{Entry, Value};

/// Puts `over` on top of `base`: mappings merge key by key at every depth, everything else is replaced. A key without
/// a value leaves a mapping as it is.
pub(super) fn merge(base: &mut Vec<Entry>, over: Vec<Entry>) {
    let mut places: BTreeMap<String, usize> =
        base.iter().enumerate().map(|(place, entry)| (entry.key.clone(), place)).collect();
    for entry in over {
        match places.get(&entry.key).and_then(|place| base.get_mut(*place)) {
            Some(below) => put(below, entry),
            None => {
                places.insert(entry.key.clone(), base.len());
                base.push(entry);
            }
        }
    }
}

fn put(below: &mut Entry, above: Entry) {
    match (&mut below.node.value, above.node.value) {
        (Value::Map(base), Value::Map(over)) => merge(base, over),
        (Value::Map(_), Value::Null) => {}
        (value, over) => *value = over,
    }
    below.span = above.span;
    below.node.span = above.node.span;
}

#[cfg(test)]
mod tests {
    use super::super::span::Span;
    use super::super::tree::Node;
    use super::*;

    fn node(value: Value) -> Node {
        Node { span: Span::default(), value }
    }

    fn entry(key: &str, value: Value) -> Entry {
        Entry { key: key.to_owned(), span: Span::default(), node: node(value) }
    }

    fn text(text: &str) -> Value {
        Value::Scalar(text.to_owned())
    }

    fn shown(entries: &[Entry]) -> String {
        let shown = entries.iter().map(|entry| match &entry.node.value {
            Value::Map(inner) => format!("{}:{{{}}}", entry.key, shown(inner)),
            Value::Scalar(text) => format!("{}:{text}", entry.key),
            Value::Seq(list) => format!("{}:[{}]", entry.key, list.len()),
            Value::Null => entry.key.clone(),
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn mappings_merge_at_every_depth_and_lists_are_replaced() {
        let inner = |key: &str, value: &str| Value::Map(vec![entry(key, text(value))]);
        let list = |length: usize| Value::Seq((0..length).map(|_| node(Value::Null)).collect());
        let mut base = vec![
            entry("deep", Value::Map(vec![entry("kept", text("1")), entry("both", inner("a", "1"))])),
            entry("list", list(3)),
            entry("text", text("old")),
        ];
        let over = vec![
            entry("text", text("new")),
            entry("list", list(1)),
            entry("deep", Value::Map(vec![entry("both", inner("b", "2"))])),
            entry("more", text("5")),
        ];
        merge(&mut base, over);
        assert_eq!(shown(&base), "deep:{kept:1 both:{a:1 b:2}} list:[1] text:new more:5");
    }

    #[test]
    fn a_key_without_a_value_leaves_a_mapping_as_it_is() {
        let mut base =
            vec![entry("amos", Value::Map(vec![entry("pin", text("27182"))])), entry("x", text("1"))];
        merge(&mut base, vec![entry("amos", Value::Null), entry("x", Value::Null)]);
        assert_eq!(shown(&base), "amos:{pin:27182} x");
    }
}
