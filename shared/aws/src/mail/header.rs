//! What stands in the headers of a mail. No line break gets in.

use couponflow_domain::mail::Sender;
use mail_builder::headers::Header as _;
use mail_builder::headers::address::Address;

/// The longest header value that SES takes.
const LONGEST: usize = 870;

/// A sender as RFC 5322 writes it, a name beyond ASCII as RFC 2047 does, on one line.
pub(super) fn mailbox(sender: &Sender) -> String {
    let Some(name) = &sender.name else { return sender.email.deliverable() };
    let mut folded = Vec::new();
    Address::new_address(Some(name.as_str()), sender.email.deliverable()).write_header(&mut folded, 0);
    String::from_utf8_lossy(&folded).replace(['\r', '\n'], "")
}

/// A text, if it is on one line.
pub(super) fn line(text: &str) -> Option<&str> {
    (!text.chars().any(char::is_control)).then_some(text)
}

/// An address of the web in angle brackets, if it is written as one is.
pub(super) fn link(url: &str) -> Option<String> {
    let fits = url.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b','));
    (fits && !url.is_empty() && url.len() <= LONGEST - 2).then(|| format!("<{url}>"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use couponflow_domain::customer::Email;

    fn named(name: &str) -> String {
        let email = Email::parse("shop@example.com").unwrap();
        mailbox(&Sender { email, name: Some(name.to_owned()), reply_to: None })
    }

    #[test]
    fn a_name_is_quoted_or_encoded_as_it_needs() {
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
    fn nothing_brings_a_line_break_in() {
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
