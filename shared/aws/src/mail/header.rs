//! Builds the values of e-mail headers. Prevents header injection: no value contains a line break.

use couponflow_domain::delivery::mail::Sender;
use mail_builder::headers::Header as _;
use mail_builder::headers::address::Address;

/// Maximum length of a header value in SES, in bytes.
const MAX_HEADER_BYTES: usize = 870;

/// Formats a sender as an RFC 5322 mailbox on one line. A non-ASCII name is encoded as RFC 2047 requires.
pub(super) fn mailbox(sender: &Sender) -> String {
    let Some(name) = &sender.name else { return sender.email.deliverable() };
    let mut folded = Vec::new();
    Address::new_address(Some(name.as_str()), sender.email.deliverable()).write_header(&mut folded, 0);
    String::from_utf8_lossy(&folded).replace(['\r', '\n'], "")
}

/// Returns the text if it contains no control characters, in particular no line breaks.
pub(super) fn line(text: &str) -> Option<&str> {
    (!text.chars().any(char::is_control)).then_some(text)
}

/// Returns the URL in angle brackets if it is printable ASCII, contains no `<`, `>` or comma, and fits into a header
/// value.
pub(super) fn link(url: &str) -> Option<String> {
    let fits = url.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b','));
    (fits && !url.is_empty() && url.len() <= MAX_HEADER_BYTES - 2).then(|| format!("<{url}>"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use couponflow_domain::purchases::customer::Email;

    fn named(name: &str) -> String {
        let email = Email::parse("shop@example.com").unwrap();
        mailbox(&Sender { email, name: Some(name.to_owned()), reply_to: None })
    }

    #[test]
    fn mailbox_quotes_or_encodes_name() {
        assert_eq!(named("Shop"), "\"Shop\" <shop@example.com>");
        assert_eq!(named("A, \"B\" <C.>"), "\"A, \\\"B\\\" <C.>\" <shop@example.com>");
        assert_eq!(
            named("Müller, \"Söhne\" & Co"),
            "=?utf-8?Q?M=C3=BCller=2C_=22S=C3=B6hne=22_=26_Co?= <shop@example.com>"
        );
        let long = named(&"日本語の店".repeat(12));
        let words: Vec<&str> = long.split(' ').collect();
        assert!(words.len() > 2 && words.iter().all(|word| word.len() <= 75), "{long}");
        assert!(long.is_ascii() && long.ends_with(" <shop@example.com>"), "{long}");
    }

    #[test]
    fn header_values_never_contain_line_breaks() {
        assert!(!named("Shop\r\nBcc: eve@example.com").contains(['\r', '\n']));
        assert_eq!(line("Hi\nBcc: eve@example.com"), None);
        assert_eq!(line("Hé, \"Ana\""), Some("Hé, \"Ana\""));
        for bad in ["", "https://a.example/\r\nX: y", "https://a.example/> <b", "https://ä.example", &"a".repeat(869)]
        {
            assert_eq!(link(bad), None, "{bad}");
        }
        assert_eq!(link("https://a.example/u?t=1").as_deref(), Some("<https://a.example/u?t=1>"));
    }
}
