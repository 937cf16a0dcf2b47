//! Reads JSON from requests, and reports all errors in the JSON instead of only the first error.
//!
//! A reader is a function that takes a [`Field`] and the list of [`Errors`]. For an invalid value,
//! a reader adds an error to the list. A reader that cannot return a value returns `None`. Callers
//! read all members first and use `?` on the results afterwards, so that all errors are found.

use std::fmt;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One error in a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FieldError {
    /// Place of the error. In a JSON body, the place is an RFC 6901 pointer, which is empty for the
    /// body itself. A query parameter is written as `?name`, a header as `Name:`, and a line of a
    /// CSV file as `line:12`.
    pub pointer: String,
    /// What is wrong and what is permitted.
    pub detail: String,
}

/// Permitted lengths of a string in a list of strings, in characters.
pub(crate) const STRING_LENGTH: RangeInclusive<usize> = 1..=200;

/// All errors found so far.
pub type Errors = Vec<FieldError>;

/// A place in a JSON document. The value at this place can be absent.
#[derive(Debug, Clone)]
pub struct Field<'a> {
    value: Option<&'a Value>,
    pointer: String,
}

const LINE_BREAKS: [char; 4] = ['\n', '\r', '\u{2028}', '\u{2029}'];

/// Whether a character is not permitted in strings. Control characters (except tabs and line
/// breaks), U+FFFE and U+FFFF are not permitted, because SQS and XML reject some of these
/// characters.
fn is_unprintable(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// Whether a character changes the direction of the text around it. Such a character can make a
/// name look like another name.
fn changes_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns the number if it is whole and fits into `i64`.
fn whole_number(value: &Value) -> Option<i64> {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    let written_with_a_fraction = || value.as_f64().filter(|n| n.fract() == 0.0 && n.abs() < BEYOND).map(|n| n as i64);
    value.as_i64().or_else(written_with_a_fraction)
}

/// Reads a whole JSON document with the reader `read`.
///
/// # Errors
/// Returns all errors if `read` added any error.
pub fn read<T>(document: &Value, read: impl FnOnce(&Field<'_>, &mut Errors) -> Option<T>) -> Result<T, Errors> {
    let mut errors = Vec::new();
    match read(&Field { value: Some(document), pointer: String::new() }, &mut errors) {
        Some(value) if errors.is_empty() => Ok(value),
        _ => Err(errors),
    }
}

/// Parses a text outside a JSON document, such as a query parameter, by the rules of [`Field::text`].
///
/// # Errors
/// Returns what is wrong with the text.
pub(crate) fn parse_text(text: &str, length: RangeInclusive<usize>) -> Result<String, String> {
    let document = Value::from(text);
    let text = read(&document, |field, errors| field.text(length, errors).map(str::to_owned));
    text.map_err(|errors| errors.into_iter().map(|error| error.detail).collect::<Vec<_>>().join("; "))
}

impl<'a> Field<'a> {
    /// Returns the member `name` of this object. The returned field has no value if this field is
    /// not an object, or if the object has no such member.
    #[must_use]
    pub fn get(&self, name: &str) -> Field<'a> {
        Field {
            value: self.value.and_then(|value| value.get(name)),
            pointer: format!("{}/{}", self.pointer, name.replace('~', "~0").replace('/', "~1")),
        }
    }

    /// Returns a field without a value. Its pointer is the pointer of this field, followed by
    /// `pointer`.
    #[must_use]
    pub fn at(&self, pointer: &str) -> Field<'a> {
        Field { value: None, pointer: format!("{}{pointer}", self.pointer) }
    }

    /// Whether the value is missing or null.
    pub fn is_absent(&self) -> bool {
        self.value.is_none_or(Value::is_null)
    }

    /// Returns the RFC 6901 pointer of the field.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// Returns the JSON value, if present.
    pub fn value(&self) -> Option<&'a Value> {
        self.value
    }

    /// Adds an error at this field. Always returns `None`.
    pub fn reject<T>(&self, detail: impl fmt::Display, errors: &mut Errors) -> Option<T> {
        errors.push(FieldError { pointer: self.pointer.clone(), detail: detail.to_string() });
        None
    }

    fn present(&self, wanted: &str, errors: &mut Errors) -> Option<&'a Value> {
        match self.value {
            None | Some(Value::Null) => self.reject(format_args!("is required: {wanted}"), errors),
            present => present,
        }
    }

    /// Checks that the value is an object. Adds an error for each member that is not in `members`.
    pub fn object(&self, members: &[&str], errors: &mut Errors) -> Option<()> {
        let Some(map) = self.present("an object", errors)?.as_object() else {
            return self.reject("must be an object", errors);
        };
        for unknown in map.keys().filter(|key| !members.contains(&key.as_str())) {
            let known = members.join(", ");
            self.get(unknown).reject::<()>(format_args!("is unknown; permitted members are {known}"), errors);
        }
        Some(())
    }

    /// Checks that the value is an object. Permits any members.
    pub fn any_object(&self, errors: &mut Errors) -> Option<()> {
        match self.present("an object", errors)?.is_object() {
            true => Some(()),
            false => self.reject("must be an object", errors),
        }
    }

    /// Reads a string without line breaks. `length` is the permitted number of characters.
    pub fn text(&self, length: RangeInclusive<usize>, errors: &mut Errors) -> Option<&'a str> {
        let text = self.lines(length, errors)?;
        match text.contains(LINE_BREAKS) {
            true => self.reject("must be on one line, without line breaks", errors),
            false => Some(text),
        }
    }

    /// Reads a name: a string without line breaks and without characters that change the direction
    /// of text. `length` is the permitted number of characters.
    pub fn name(&self, length: RangeInclusive<usize>, errors: &mut Errors) -> Option<&'a str> {
        let name = self.text(length, errors)?;
        match name.chars().find(|c| changes_direction(*c)) {
            None => Some(name),
            Some(c) => {
                let detail = format!("must not contain bidirectional control characters; contains U+{:04X}", c as u32);
                self.reject(detail, errors)
            }
        }
    }

    /// Reads a string that can have line breaks. `length` is the permitted number of characters.
    pub fn lines(&self, length: RangeInclusive<usize>, errors: &mut Errors) -> Option<&'a str> {
        let wanted = format!("a string of {} to {} characters", length.start(), length.end());
        match self.present(&wanted, errors)?.as_str() {
            Some(text) if length.contains(&text.chars().count()) => self.check_printable(text, errors),
            _ => self.reject(format_args!("must be {wanted}"), errors),
        }
    }

    fn check_printable<'t>(&self, text: &'t str, errors: &mut Errors) -> Option<&'t str> {
        match text.chars().find(|c| is_unprintable(*c)) {
            None => Some(text),
            Some(c) => {
                let detail = format!(
                    "must not contain control characters except tabs and line breaks; contains U+{:04X}",
                    c as u32
                );
                self.reject(detail, errors)
            }
        }
    }

    /// Reads a string and converts the string with `parse`.
    ///
    /// If the value is absent, the error states what is required. This method takes the statement
    /// from the error of `parse` for an empty string: the text after `must be`.
    pub fn parse<T, E: fmt::Display>(
        &self,
        parse: impl FnOnce(&str) -> Result<T, E>,
        errors: &mut Errors,
    ) -> Option<T> {
        if self.is_absent() {
            let fault = parse("").err().map(|error| error.to_string()).unwrap_or_default();
            let wanted = fault.split_once("must be ").map_or("a string", |(_, wanted)| wanted);
            return self.reject(format_args!("is required: {wanted}"), errors);
        }
        let Some(text) = self.value.and_then(Value::as_str) else {
            return self.reject("must be a string", errors);
        };
        let text = self.check_printable(text, errors)?;
        parse(text).or_else(|error| self.reject(error, errors).ok_or(())).ok()
    }

    /// Reads a whole number in the range. The notations `5`, `5.0` and `5e0` are equivalent.
    pub fn integer(&self, range: RangeInclusive<i64>, errors: &mut Errors) -> Option<i64> {
        let wanted = format!("a whole number from {} to {}", range.start(), range.end());
        match whole_number(self.present(&wanted, errors)?) {
            Some(number) if range.contains(&number) => Some(number),
            _ => self.reject(format_args!("must be {wanted}"), errors),
        }
    }

    /// Reads true or false.
    pub fn boolean(&self, errors: &mut Errors) -> Option<bool> {
        let value = self.present("true or false", errors)?;
        value.as_bool().or_else(|| self.reject("must be true or false", errors))
    }

    /// Reads a list and uses `read` for each element. `length` is the permitted number of elements.
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
            _ => self.reject(format_args!("must be {wanted}"), errors),
        }
    }

    /// Reads an optional value. Returns `Some(None)` if the value is absent, and `None` if `read`
    /// returns `None`.
    pub fn optional<T>(
        &self,
        errors: &mut Errors,
        read: impl FnOnce(&Field<'a>, &mut Errors) -> Option<T>,
    ) -> Option<Option<T>> {
        if self.is_absent() { Some(None) } else { read(self, errors).map(Some) }
    }

    /// Reads a list of strings, each on one line and of 1 to 200 characters. Returns an empty list if the value is
    /// absent.
    pub fn string_list(&self, count: RangeInclusive<usize>, errors: &mut Errors) -> Option<Vec<String>> {
        let texts = self.optional(errors, |field, errors| {
            field.list(count, errors, |field, errors| field.text(STRING_LENGTH, errors).map(str::to_owned))
        });
        texts.map(Option::unwrap_or_default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_error_is_listed_with_its_pointer() {
        let document = json!({"name": 5, "tags": ["a", ""], "colour": "red"});
        let found = read(&document, |body, errors| {
            body.object(&["name", "tags", "count"], errors);
            let name = body.get("name").text(1..=10, errors).map(str::to_owned);
            let tags = body.get("tags").string_list(0..=5, errors);
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
    fn control_characters_are_rejected_by_every_text_reader() {
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
        assert_eq!(
            details(found),
            ["must not contain control characters except tabs and line breaks; contains U+0000"]
        );
    }

    #[test]
    fn line_break_is_rejected_in_single_line_text() {
        for text in ["a\nb", "a\r\nb", "a\u{2028}b"] {
            let document = json!(text);
            let found = read(&document, |field, errors| field.text(1..=10, errors).map(|_| ""));
            assert_eq!(details(found), ["must be on one line, without line breaks"], "{}", text.escape_unicode());
            assert!(read(&document, |field, errors| field.lines(1..=10, errors).map(|_| ())).is_ok());
        }
        assert!(read(&json!("a\tb"), |field, errors| field.text(1..=10, errors).map(|_| ())).is_ok());
    }

    #[test]
    fn text_outside_json_has_the_limits_of_text_in_json() {
        assert_eq!(parse_text("Order 7, ä", 1..=10), Ok("Order 7, ä".to_owned()));
        assert_eq!(parse_text("", 1..=10), Err("must be a string of 1 to 10 characters".to_owned()));
        assert_eq!(parse_text("a\nb", 1..=10), Err("must be on one line, without line breaks".to_owned()));
    }

    #[test]
    fn name_with_a_bidirectional_control_character_is_rejected() {
        for bad in ['\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}'] {
            let document = json!(format!("Ana{bad}"));
            let found = read(&document, |field, errors| field.name(1..=10, errors).map(|_| ""));
            let detail = format!("must not contain bidirectional control characters; contains U+{:04X}", bad as u32);
            assert_eq!(details(found), [detail]);
            assert!(read(&document, |field, errors| field.text(1..=10, errors).map(|_| ())).is_ok());
        }
        for fine in ["Zoë", "\u{5d0}\u{5e0}\u{5d4}\u{200f}", "\u{645}\u{631}\u{64a}\u{645}"] {
            assert!(read(&json!(fine), |field, errors| field.name(1..=10, errors).map(|_| ())).is_ok(), "{fine}");
        }
    }

    #[test]
    fn whole_number_is_accepted_in_any_notation() {
        let integer = |text: &str| {
            let document: Value = serde_json::from_str(text).unwrap();
            read(&document, |field, errors| field.integer(-10..=i64::MAX, errors)).ok()
        };
        assert_eq!(["5", "5.0", "5e0", "-7.0"].map(integer), [Some(5), Some(5), Some(5), Some(-7)]);
        assert_eq!(["5.5", "1e-3", "9223372036854775808", "1e30", "-11.0", "\"5\""].map(integer), [None; 6]);
        assert_eq!(integer("9223372036854775807"), Some(i64::MAX));
    }

    #[test]
    fn missing_text_error_states_what_is_permitted() {
        let code = |text: &str| match text {
            "A" | "B" => Ok(()),
            _ => Err("is unknown; must be A or B"),
        };
        let detail = |document: Value| {
            read(&document, |body, errors| body.get("code").parse(code, errors)).unwrap_err().remove(0).detail
        };
        assert_eq!(detail(json!({})), "is required: A or B");
        assert_eq!(detail(json!({"code": null})), "is required: A or B");
        assert_eq!(detail(json!({"code": 5})), "must be a string");
        assert_eq!(detail(json!({"code": ""})), "is unknown; must be A or B");
        let any = read(&json!({}), |body, errors| body.get("note").parse(|text| Ok::<_, &str>(text.len()), errors));
        assert_eq!(any.unwrap_err().remove(0).detail, "is required: a string");
    }

    #[test]
    fn member_name_is_escaped_in_pointer() {
        let found = read(&json!({"a/b~c": 1}), |body, errors| body.object(&[], errors));
        assert_eq!(found.unwrap_err()[0].pointer, "/a~1b~0c");
    }
}
