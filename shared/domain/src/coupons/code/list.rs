//! Import lists of codes: CSV files with one code per line.

use std::collections::HashMap;

use super::CouponCode;
use crate::kernel::input::{Errors, FieldError};

/// Maximum number of codes in one file.
pub const MAX_LISTED_CODES: usize = 100_000;

/// Maximum number of errors that are listed for a file. Further errors are only counted.
const MAX_LISTED_ERRORS: usize = 1000;

/// A code and its line in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedCode {
    /// Line number, from 1.
    pub line: usize,
    pub code: CouponCode,
}

/// Reads a CSV file with one code per line. Codes can be quoted, and the first line can be the
/// header `code`. Empty lines are skipped, but line numbers count them.
///
/// Each line is parsed separately, so that an unclosed quote does not hide the errors of later
/// lines.
///
/// # Errors
/// Returns the errors if a line is invalid or repeats a code, or if the file has no codes or too
/// many codes. The pointer of each error is its line, such as `line:12`. After a thousand errors,
/// one last error says how many more lines are invalid. The pointer of this last error is empty.
pub fn read_code_list(file: &[u8]) -> Result<Vec<ListedCode>, Errors> {
    let file = file.strip_prefix("\u{feff}".as_bytes()).unwrap_or(file);
    let (mut listed, mut faults) = (Vec::new(), ListErrors::default());
    let mut lines: HashMap<CouponCode, usize> = HashMap::new();
    for (bytes, line) in file.split(|byte| *byte == b'\n').zip(1..) {
        let Ok(text) = str::from_utf8(bytes) else {
            faults.add(line, "must be UTF-8".to_owned());
            continue;
        };
        let text = unquoted(text.trim());
        if text.is_empty() || (line == 1 && text.eq_ignore_ascii_case("code")) {
            continue;
        }
        match CouponCode::parse(text) {
            Err(error) => faults.add(line, error.to_string()),
            Ok(code) => match lines.get(&code) {
                Some(first) => faults.add(line, format!("repeats the code of line {first}")),
                None => {
                    lines.insert(code.clone(), line);
                    listed.push(ListedCode { line, code });
                }
            },
        }
        if listed.len() > MAX_LISTED_CODES {
            faults.add(line, format!("exceeds the limit of {MAX_LISTED_CODES} codes; put the rest in another file"));
            break;
        }
    }
    if listed.is_empty() && faults.errors.is_empty() {
        faults.add(1, "must list at least one code".to_owned());
    }
    faults.or(listed)
}

fn unquoted(text: &str) -> &str {
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}

#[derive(Default)]
struct ListErrors {
    errors: Errors,
    unlisted: usize,
}

impl ListErrors {
    fn add(&mut self, line: usize, detail: String) {
        if self.errors.len() < MAX_LISTED_ERRORS {
            self.errors.push(FieldError { pointer: format!("line:{line}"), detail });
        } else {
            self.unlisted += 1;
        }
    }

    fn or<T>(mut self, good: T) -> Result<T, Errors> {
        if self.unlisted > 0 {
            let detail = format!("{} more lines are invalid", self.unlisted);
            self.errors.push(FieldError { pointer: String::new(), detail });
        }
        if self.errors.is_empty() { Ok(good) } else { Err(self.errors) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good(file: &str) -> Vec<(usize, String)> {
        let listed = read_code_list(file.as_bytes()).unwrap();
        listed.into_iter().map(|listed| (listed.line, listed.code.as_str().to_owned())).collect()
    }

    fn faulty(file: &[u8]) -> Vec<(String, String)> {
        read_code_list(file).unwrap_err().into_iter().map(|error| (error.pointer, error.detail)).collect()
    }

    #[test]
    fn common_csv_variants_are_read() {
        let expected = [(2, "ABC".to_owned()), (4, "DEF".to_owned())];
        for file in ["code\nabc\n\ndef", "\u{feff}Code\r\nABC\r\n\r\nDEF\r\n", "\"code\"\n\"ABC\"\n\n \"DEF\" \n\n"] {
            assert_eq!(good(file), expected, "{file:?}");
        }
        assert_eq!(good("ABC"), [(1, "ABC".to_owned())], "no header");
        assert_eq!(good("ABC\nCODE")[1], (2, "CODE".to_owned()), "only the first line can be a header");
    }

    #[test]
    fn every_invalid_line_is_reported_with_its_number() {
        let file = b"code\nABC\nA-B\n\"ABC\nabc\n\xff\xfe\nDEF,x\n";
        let invalid = "must be 3 to 40 letters (A to Z) and digits";
        let again = "repeats the code of line 2";
        let expected = [
            ("line:3", invalid),
            ("line:4", invalid),
            ("line:5", again),
            ("line:6", "must be UTF-8"),
            ("line:7", invalid),
        ];
        assert_eq!(faulty(file), expected.map(|(pointer, detail)| (pointer.to_owned(), detail.to_owned())));
        for empty in ["", "code\n", "\n\n"] {
            assert_eq!(faulty(empty.as_bytes()), [("line:1".to_owned(), "must list at least one code".to_owned())]);
        }
    }

    #[test]
    fn errors_beyond_a_thousand_are_only_counted() {
        let faults = faulty("-\n".repeat(1003).as_bytes());
        assert_eq!(faults.len(), 1001);
        assert_eq!(faults[1000], (String::new(), "3 more lines are invalid".to_owned()));
    }

    #[test]
    fn file_with_more_than_the_maximum_number_of_codes_is_rejected() {
        let file = |count: usize| (0..count).map(|i| format!("C{i:06}\n")).collect::<String>();
        assert_eq!(good(&file(MAX_LISTED_CODES)).len(), MAX_LISTED_CODES);
        let faults = faulty(file(MAX_LISTED_CODES + 5).as_bytes());
        assert_eq!((faults.len(), faults[0].0.as_str()), (1, "line:100001"));
    }
}
