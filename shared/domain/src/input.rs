//! Reads JSON that others wrote, and lists everything that is wrong with it, not the first thing only.
//!
//! A reader takes a [`Field`] and the list of [`Errors`], and answers `None` where it added to that list. A caller
//! reads every member before it unwraps any, so that one pass finds all faults.

use std::fmt;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One fault: where (an RFC 6901 pointer) and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FieldError {
    /// RFC 6901 pointer into the body that was sent, empty for the body itself; a query parameter is named `?name`, a
    /// header `Name:`, a line of a CSV file `line:12`.
    pub pointer: String,
    /// What would be right.
    pub detail: String,
}

/// All faults found so far.
pub type Errors = Vec<FieldError>;

/// A place in a JSON document, present or not.
#[derive(Debug, Clone)]
pub struct Field<'a> {
    value: Option<&'a Value>,
    pointer: String,
}

/// What ends a line, in the sense of Unicode.
const LINE_BREAKS: [char; 4] = ['\n', '\r', '\u{2028}', '\u{2029}'];

/// What no text has use for, and some of which neither SQS nor XML lets through.
fn is_unprintable(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// The number, if it is whole and an `i64` holds it.
fn whole(value: &Value) -> Option<i64> {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    let written_with_a_fraction = || value.as_f64().filter(|n| n.fract() == 0.0 && n.abs() < BEYOND).map(|n| n as i64);
    value.as_i64().or_else(written_with_a_fraction)
}

/// Reads a whole document.
///
/// # Errors
/// Every fault that `read` found.
pub fn read<T>(document: &Value, read: impl FnOnce(&Field<'_>, &mut Errors) -> Option<T>) -> Result<T, Errors> {
    let mut errors = Vec::new();
    match read(&Field { value: Some(document), pointer: String::new() }, &mut errors) {
        Some(value) if errors.is_empty() => Ok(value),
        _ => Err(errors),
    }
}

impl<'a> Field<'a> {
    /// The member of this object with the name; absent where this is no object.
    #[must_use]
    pub fn get(&self, name: &str) -> Field<'a> {
        Field {
            value: self.value.and_then(|value| value.get(name)),
            pointer: format!("{}/{}", self.pointer, name.replace('~', "~0").replace('/', "~1")),
        }
    }

    /// The place below this one with a pointer of its own; what is there is not looked at.
    #[must_use]
    pub fn at(&self, pointer: &str) -> Field<'a> {
        Field { value: None, pointer: format!("{}{pointer}", self.pointer) }
    }

    /// Whether it is missing or null.
    pub fn is_absent(&self) -> bool {
        self.value.is_none_or(Value::is_null)
    }

    /// The RFC 6901 pointer to it.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// The JSON here, where there is any.
    pub fn value(&self) -> Option<&'a Value> {
        self.value
    }

    /// Adds a fault at this place.
    pub fn refuse<T>(&self, detail: impl fmt::Display, errors: &mut Errors) -> Option<T> {
        errors.push(FieldError { pointer: self.pointer.clone(), detail: detail.to_string() });
        None
    }

    fn present(&self, wanted: &str, errors: &mut Errors) -> Option<&'a Value> {
        match self.value {
            None | Some(Value::Null) => self.refuse(format_args!("is required: {wanted}"), errors),
            present => present,
        }
    }

    /// An object with no members but these.
    pub fn object(&self, members: &[&str], errors: &mut Errors) -> Option<()> {
        let Some(map) = self.present("an object", errors)?.as_object() else {
            return self.refuse("must be an object", errors);
        };
        for unknown in map.keys().filter(|key| !members.contains(&key.as_str())) {
            let known = members.join(", ");
            self.get(unknown).refuse::<()>(format_args!("is not known here; known are {known}"), errors);
        }
        Some(())
    }

    /// An object, whatever its members.
    pub fn object_of_any(&self, errors: &mut Errors) -> Option<()> {
        match self.present("an object", errors)?.is_object() {
            true => Some(()),
            false => self.refuse("must be an object", errors),
        }
    }

    /// A text of so many characters, on one line.
    pub fn text(&self, length: RangeInclusive<usize>, errors: &mut Errors) -> Option<&'a str> {
        let text = self.lines(length, errors)?;
        match text.contains(LINE_BREAKS) {
            true => self.refuse("must be on one line, without line breaks", errors),
            false => Some(text),
        }
    }

    /// A text of so many characters, on any number of lines.
    pub fn lines(&self, length: RangeInclusive<usize>, errors: &mut Errors) -> Option<&'a str> {
        let wanted = format!("a text of {} to {} characters", length.start(), length.end());
        match self.present(&wanted, errors)?.as_str() {
            Some(text) if length.contains(&text.chars().count()) => self.printable(text, errors),
            _ => self.refuse(format_args!("must be {wanted}"), errors),
        }
    }

    fn printable<'t>(&self, text: &'t str, errors: &mut Errors) -> Option<&'t str> {
        match text.chars().find(|c| is_unprintable(*c)) {
            None => Some(text),
            Some(c) => {
                let detail =
                    format!("must have no control characters but tabs and line breaks; has U+{:04X}", c as u32);
                self.refuse(detail, errors)
            }
        }
    }

    /// A text that `parse` takes. Where it is absent, the fault says what `parse` wants: the part of its error after
    /// `must be`.
    pub fn parse<T, E: fmt::Display>(
        &self,
        parse: impl FnOnce(&str) -> Result<T, E>,
        errors: &mut Errors,
    ) -> Option<T> {
        if self.is_absent() {
            let fault = parse("").err().map(|error| error.to_string()).unwrap_or_default();
            let wanted = fault.split_once("must be ").map_or("a text", |(_, wanted)| wanted);
            return self.refuse(format_args!("is required: {wanted}"), errors);
        }
        let Some(text) = self.value.and_then(Value::as_str) else {
            return self.refuse("must be a text", errors);
        };
        let text = self.printable(text, errors)?;
        parse(text).or_else(|error| self.refuse(error, errors).ok_or(())).ok()
    }

    /// A whole number in the range, however it is written: `5`, `5.0` and `5e0` are one number.
    pub fn integer(&self, range: RangeInclusive<i64>, errors: &mut Errors) -> Option<i64> {
        let wanted = format!("a whole number from {} to {}", range.start(), range.end());
        match whole(self.present(&wanted, errors)?) {
            Some(number) if range.contains(&number) => Some(number),
            _ => self.refuse(format_args!("must be {wanted}"), errors),
        }
    }

    /// True or false.
    pub fn boolean(&self, errors: &mut Errors) -> Option<bool> {
        let value = self.present("true or false", errors)?;
        value.as_bool().or_else(|| self.refuse("must be true or false", errors))
    }

    /// A list of so many elements, each read by `read`.
    pub fn list<T>(
        &self,
        length: RangeInclusive<usize>,
        errors: &mut Errors,
        mut read: impl FnMut(&Field<'a>, &mut Errors) -> Option<T>,
    ) -> Option<Vec<T>> {
        let wanted = format!("a list of {} to {} elements", length.start(), length.end());
        match self.present(&wanted, errors)?.as_array() {
            Some(elements) if length.contains(&elements.len()) => {
                let read: Vec<Option<T>> = elements
                    .iter()
                    .enumerate()
                    .map(|(i, value)| {
                        read(&Field { value: Some(value), pointer: format!("{}/{i}", self.pointer) }, errors)
                    })
                    .collect();
                read.into_iter().collect()
            }
            _ => self.refuse(format_args!("must be {wanted}"), errors),
        }
    }

    /// What `read` makes of it, or `Some(None)` where it is absent.
    pub fn optional<T>(
        &self,
        errors: &mut Errors,
        read: impl FnOnce(&Field<'a>, &mut Errors) -> Option<T>,
    ) -> Option<Option<T>> {
        if self.is_absent() { Some(None) } else { read(self, errors).map(Some) }
    }

    /// A list of texts, empty where it is absent.
    pub fn texts(&self, longest: usize, errors: &mut Errors) -> Option<Vec<String>> {
        let texts = self.optional(errors, |field, errors| {
            field.list(0..=longest, errors, |field, errors| field.text(1..=200, errors).map(str::to_owned))
        });
        texts.map(Option::unwrap_or_default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_fault_is_listed_with_its_pointer() {
        let document = json!({"name": 5, "tags": ["a", ""], "colour": "red"});
        let found = read(&document, |body, errors| {
            body.object(&["name", "tags", "count"], errors);
            let name = body.get("name").text(1..=10, errors).map(str::to_owned);
            let tags = body.get("tags").texts(5, errors);
            let count = body.get("count").integer(1..=3, errors);
            Some((name?, tags?, count?))
        });
        let pointers: Vec<_> = found.unwrap_err().into_iter().map(|e| e.pointer).collect();
        assert_eq!(pointers, ["/colour", "/name", "/tags/1", "/count"]);
    }

    fn details(found: Result<&str, Errors>) -> Vec<String> {
        found.unwrap_err().into_iter().map(|e| e.detail).collect()
    }

    #[test]
    fn control_characters_are_refused_by_every_reader_of_texts() {
        for bad in ["a\u{0}", "\u{1b}[31m", "a\u{7f}", "a\u{85}b", "\u{fffe}", "\u{ffff}"] {
            let document = json!(bad);
            let bad = bad.escape_unicode();
            assert!(read(&document, |field, errors| field.text(1..=10, errors).map(str::to_owned)).is_err(), "{bad}");
            assert!(read(&document, |field, errors| field.lines(1..=10, errors).map(str::to_owned)).is_err(), "{bad}");
            let any = |text: &str| Ok::<_, &str>(text.to_owned());
            assert!(read(&document, |field, errors| field.parse(any, errors)).is_err(), "{bad}");
        }
        let document = json!("a\u{0}");
        let found = read(&document, |field, errors| field.text(1..=10, errors).map(|_| ""));
        assert_eq!(details(found), ["must have no control characters but tabs and line breaks; has U+0000"]);
    }

    #[test]
    fn a_line_break_is_for_texts_of_several_lines() {
        for text in ["a\nb", "a\r\nb", "a\u{2028}b"] {
            let document = json!(text);
            let found = read(&document, |field, errors| field.text(1..=10, errors).map(|_| ""));
            assert_eq!(details(found), ["must be on one line, without line breaks"], "{}", text.escape_unicode());
            assert!(read(&document, |field, errors| field.lines(1..=10, errors).map(|_| ())).is_ok());
        }
        assert!(read(&json!("a\tb"), |field, errors| field.text(1..=10, errors).map(|_| ())).is_ok());
    }

    #[test]
    fn a_whole_number_is_whole_however_it_is_written() {
        let integer = |text: &str| {
            let document: Value = serde_json::from_str(text).unwrap();
            read(&document, |field, errors| field.integer(-10..=i64::MAX, errors)).ok()
        };
        assert_eq!(["5", "5.0", "5e0", "-7.0"].map(integer), [Some(5), Some(5), Some(5), Some(-7)]);
        assert_eq!(["5.5", "1e-3", "9223372036854775808", "1e30", "-11.0", "\"5\""].map(integer), [None; 6]);
        assert_eq!(integer("9223372036854775807"), Some(i64::MAX));
    }

    #[test]
    fn a_missing_text_is_refused_with_what_it_must_be() {
        let code = |text: &str| match text {
            "A" | "B" => Ok(()),
            _ => Err("is unknown; must be A or B"),
        };
        let detail = |document: Value| {
            read(&document, |body, errors| body.get("code").parse(code, errors)).unwrap_err().remove(0).detail
        };
        assert_eq!(detail(json!({})), "is required: A or B");
        assert_eq!(detail(json!({"code": null})), "is required: A or B");
        assert_eq!(detail(json!({"code": 5})), "must be a text");
        assert_eq!(detail(json!({"code": ""})), "is unknown; must be A or B");
        let any = read(&json!({}), |body, errors| body.get("note").parse(|text| Ok::<_, &str>(text.len()), errors));
        assert_eq!(any.unwrap_err().remove(0).detail, "is required: a text");
    }

    #[test]
    fn a_member_name_is_escaped_in_its_pointer() {
        let found = read(&json!({"a/b~c": 1}), |body, errors| body.object(&[], errors));
        assert_eq!(found.unwrap_err()[0].pointer, "/a~1b~0c");
    }
}
