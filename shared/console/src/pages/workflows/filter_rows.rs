//! Filters as indented rows.

use serde_json::Value;

use crate::format;

/// Row of a list of filters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// Number of groups around the row.
    pub(super) depth: usize,
    /// Filter in words.
    pub(super) text: String,
    /// Pointer to the filter, from the filters.
    pub(super) at: String,
    /// Pointer to the list of the group. Absent for a condition and for `not`.
    pub(super) group: Option<String>,
    /// Whether the row is a condition.
    pub(super) is_condition: bool,
}

impl Row {
    /// Whether an edit can remove the row alone: it is in a list, or it is the only filter.
    pub(super) fn is_removable(&self) -> bool {
        self.at.rsplit('/').next().is_some_and(|last| last.bytes().all(|digit| digit.is_ascii_digit()))
    }
}

/// Returns the rows of the filters of a trigger, a step or a branch.
pub(super) fn rows(filters: &Value) -> Vec<Row> {
    let mut rows = Vec::new();
    match filters {
        Value::Null => {}
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(i, filter)| add(filter, format!("/{i}"), 0, &mut rows));
        }
        filter => add(filter, String::new(), 0, &mut rows),
    }
    rows
}

fn add(filter: &Value, at: String, depth: usize, rows: &mut Vec<Row>) {
    let group = |member: &str, text: &str| (Some(format!("{at}/{member}")), text.to_owned());
    for (member, text) in [("all", "All of:"), ("any", "Any of:")] {
        if let Some(list) = filter[member].as_array() {
            let (group, text) = group(member, text);
            rows.push(Row { depth, text, at: at.clone(), group, is_condition: false });
            for (i, inner) in list.iter().enumerate() {
                add(inner, format!("{at}/{member}/{i}"), depth + 1, rows);
            }
            return;
        }
    }
    if filter["not"].is_object() {
        rows.push(Row { depth, text: "Not:".to_owned(), at: at.clone(), group: None, is_condition: false });
        return add(&filter["not"], format!("{at}/not"), depth + 1, rows);
    }
    let word = |name: &str| format::state(filter[name].as_str().unwrap_or_default());
    let text = format!("{} {} {}", word("field"), word("operator"), value(&filter["value"]));
    rows.push(Row { depth, text: text.trim_end().to_owned(), at, group: None, is_condition: true });
}

/// Returns the value of a condition in words.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(self::value).collect::<Vec<_>>().join(", "),
        Value::Object(_) => format::amounts(value),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rows_have_the_pointers_that_edits_use() {
        let text = include_str!("../../../../../events/samples/workflow-of-all-steps.json");
        let document: Value = serde_json::from_str(text).unwrap();
        let filters = &document["trigger"]["filters"];
        let rows = rows(filters);
        let shown: Vec<String> =
            rows.iter().map(|row| format!("{}{} {}", "  ".repeat(row.depth), row.text, row.at)).collect();
        let expected = [
            "All of: ",
            "  coupon code starts with FLASH /all/0",
            "  Any of: /all/1",
            "    order value >= 50.00 USD /all/1/any/0",
            "    product collection contains any summer, sale /all/1/any/1",
            "  Not: /all/2",
            "    contact tag contains any Staff /all/2/not",
        ];
        assert_eq!(shown, expected);
        assert!(rows.iter().all(|row| filters.pointer(&row.at).is_some()));
        let removable: Vec<&str> = rows.iter().filter(|row| row.is_removable()).map(|row| row.at.as_str()).collect();
        assert_eq!(removable, ["", "/all/0", "/all/1", "/all/1/any/0", "/all/1/any/1", "/all/2"]);
        assert_eq!(rows.iter().filter(|row| row.group.is_some()).count(), 2);
        assert_eq!(
            super::rows(&json!([{"field": "contact_tag", "operator": "is_empty"}]))[0].text,
            "contact tag is empty"
        );
    }
}
