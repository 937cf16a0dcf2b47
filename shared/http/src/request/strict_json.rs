//! Finds faults that the JSON parser accepts: an object that has a member twice, and a number that the parser would
//! round. Another program that reads the same body can see another value in both cases.

use std::borrow::Cow;
use std::collections::HashSet;

use couponflow_domain::kernel::input::{Errors, FieldError};

/// Returns the faults of a JSON document. `text` must be valid JSON: the parser has read it before.
pub(super) fn faults(text: &str) -> Errors {
    let mut scanner = Scanner { text, at: 0, pointer: String::new(), errors: Errors::new() };
    scanner.value();
    scanner.errors
}

struct Scanner<'a> {
    text: &'a str,
    /// Position of the next byte.
    at: usize,
    /// Pointer of the value that is being read.
    pointer: String,
    errors: Errors,
}

impl<'a> Scanner<'a> {
    /// Returns the next byte that is not white space, or 0 at the end of the text.
    fn next_token(&mut self) -> u8 {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        self.at += rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.text.as_bytes().get(self.at).copied().unwrap_or_default()
    }

    fn value(&mut self) {
        match self.next_token() {
            b'{' => self.object(),
            b'[' => self.array(),
            b'"' => drop(self.string()),
            _ => self.number_or_literal(),
        }
    }

    fn object(&mut self) {
        self.at += 1;
        let mut names = HashSet::new();
        while self.next_token() == b'"' {
            let quoted = self.string();
            let name: Cow<'a, str> = serde_json::from_str::<String>(quoted).map_or(quoted.into(), Cow::Owned);
            let parent = self.enter(&name);
            if !names.insert(name) {
                self.reject("must be sent once: the object has this member more than once");
            }
            self.next_token();
            self.at += 1; // the colon
            self.value();
            self.pointer.truncate(parent);
            if self.next_token() == b',' {
                self.at += 1;
            }
        }
        self.at += 1;
    }

    fn array(&mut self) {
        self.at += 1;
        let mut index = 0;
        while !matches!(self.next_token(), b']' | 0) {
            let parent = self.enter(&index.to_string());
            self.value();
            self.pointer.truncate(parent);
            index += 1;
            if self.next_token() == b',' {
                self.at += 1;
            }
        }
        self.at += 1;
    }

    /// Reads a string, and returns it with its quotation marks and escapes.
    fn string(&mut self) -> &'a str {
        let start = self.at;
        let rest = self.text.as_bytes().get(start + 1..).unwrap_or_default();
        let mut escaped = false;
        let ends = |byte: &u8| {
            let is_end = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            is_end
        };
        self.at += 2 + rest.iter().position(ends).unwrap_or(rest.len());
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn number_or_literal(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let end = rest.find([',', ']', '}', ' ', '\n', '\r', '\t']).unwrap_or(rest.len());
        let (token, _) = rest.split_at(end.max(1).min(rest.len()));
        self.at += end.max(1);
        if token.starts_with(['-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']) && loses_precision(token) {
            self.reject(
                "must be a number that a 64-bit floating-point number represents exactly enough: use at most 15 \
                         significant digits",
            );
        }
    }

    /// Appends a segment to the pointer. Returns the length of the pointer before.
    fn enter(&mut self, segment: &str) -> usize {
        let parent = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(&segment.replace('~', "~0").replace('/', "~1"));
        parent
    }

    fn reject(&mut self, detail: &str) {
        self.errors.push(FieldError { pointer: self.pointer.clone(), detail: detail.to_owned() });
    }
}

/// Whether the parser would change the value of a number. A whole number of 64 bits is exact. Any other number is
/// rounded to a floating-point number, and keeps its value if printing that number yields the same digits: either the
/// fewest digits that identify the number, or 17 digits, which some programs always print.
fn loses_precision(number: &str) -> bool {
    if number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok() {
        return false;
    }
    let Ok(rounded) = number.parse::<f64>() else { return true };
    let written = decimal(number);
    written != decimal(&format!("{rounded:e}")) && written != decimal(&format!("{rounded:.16e}"))
}

/// Returns the significant digits of a number without sign, and the exponent of their last digit. Zero has no digits.
fn decimal(number: &str) -> (String, i64) {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    // An exponent that exceeds 64 bits is out of the range of every floating-point number.
    let exponent: i64 = exponent.parse().unwrap_or(i64::MIN / 2);
    let (whole, fraction) =
        mantissa.trim_start_matches('-').split_once('.').unwrap_or((mantissa.trim_start_matches('-'), ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return (String::new(), 0);
    }
    let zeros = digits.len() - digits.trim_end_matches('0').len();
    (significant.to_owned(), exponent - fraction.len() as i64 + zeros as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointers(text: &str) -> Vec<String> {
        assert!(serde_json::from_str::<serde_json::Value>(text).is_ok(), "{text}");
        faults(text).into_iter().map(|fault| fault.pointer).collect()
    }

    #[test]
    fn repeated_member_is_found_at_every_depth_and_in_every_spelling() {
        assert_eq!(pointers(r#"{"a": 1, "b": {"a": 2}, "a": 3}"#), ["/a"]);
        assert_eq!(
            pointers(r#"{"list": [{"x": 1}, {"x/~": {}, "x/~": [] , "y":"\\\"", "y":"}"}]}"#),
            ["/list/1/x~1~0", "/list/1/y"]
        );
        assert_eq!(pointers("{\"\\u0061\":\"\\\"\",\"a\":true,\n\"A\" : null}"), ["/a"]);
        for fine in ["{}", "[]", " [ ] ", "\"a\"", "null", "7", "[[],{},[{}]]", r#"{"a":{"b":1},"b":{"a":1}}"#] {
            assert_eq!(pointers(fine), [""; 0], "{fine}");
        }
    }

    #[test]
    fn number_that_would_be_rounded_is_found() {
        let fine = "[0, -0.0, 0e9, 5, 5.0, 5e0, 0.1, 12.5, 1e300, -7.25e-3, 9223372036854775807, 18446744073709551615, \
                    0.30000000000000004, 0.10000000000000001, 2.5E+2, 100.00]";
        assert_eq!(pointers(fine), [""; 0]);
        let rounded = [
            "1e-400",
            "100.00000000000000001",
            "1.0000000000000001",
            "123456789012345678901234567890",
            "0.12345678901234567890",
            "1e-99999999999999999999",
            "-18446744073709551616.5",
        ];
        for number in rounded {
            assert_eq!(pointers(&format!("{{\"amount\": {number}}}")), ["/amount"], "{number}");
            assert_eq!(pointers(number), [""], "{number}");
        }
    }
}
