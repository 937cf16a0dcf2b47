//! Converts the HTML of an e-mail to plain text.

/// Maximum number of bytes of HTML that are converted. Gmail shows only the first 102 KB of a
/// message, so the rest of longer HTML is rarely seen.
const MAX_HTML_BYTES: usize = 200_000;

/// Converts HTML to plain text. Puts the URL of each link in parentheses after the link text. Reads
/// only the first 200,000 bytes.
pub fn plain_text(html: &str) -> String {
    let html = &html[..html.floor_char_boundary(MAX_HTML_BYTES)];
    // Close an unterminated comment, attribute or tag. Otherwise `html2text` searches the rest of
    // the text for each missing end, which takes quadratic time. In valid HTML, the added text is
    // an invisible comment.
    let closed = format!("{html}<!--x\">'>-->");
    nanohtml2text::html2text(&closed).replace("\r\n", "\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_keeps_words_and_links_and_drops_markup() {
        let html = "<html><head><title>t</title><style>p {color: red}</style></head><body><h1>Hi Ana</h1>\n\
                    <p>Use <b>FLASH20</b> at <a href=\"https://shop.example/?a=1&amp;b=2\">the shop</a> &mdash; now.</p>\
                    <ul><li>one</li><li>5 &lt; 6</li></ul><p>Bye<br>us</p><script>alert(1)</script></body></html>";
        let text = plain_text(html);
        assert_eq!(
            text,
            "Hi Ana\n\nUse FLASH20 at the shop (https://shop.example/?a=1&b=2) — now.\n\none\n5 < 6\n\nBye\nus"
        );
        assert_eq!(plain_text(""), "");
        assert_eq!(plain_text("no markup"), "no markup");
    }

    #[test]
    fn plain_text_of_malicious_html_stays_fast_and_small() {
        let patterns = [
            "<a",
            "<a href=\"",
            "<a='",
            "<a=\"><b='",
            "<",
            "<!--",
            "&",
            "<div>",
            "<ul><li>x",
            "<a href=x>y",
            "<style>",
        ];
        for pattern in patterns {
            let html = pattern.repeat(MAX_HTML_BYTES);
            assert!(plain_text(&html).len() <= MAX_HTML_BYTES, "{pattern}");
        }
        assert!(plain_text(&"ä".repeat(MAX_HTML_BYTES)).len() <= MAX_HTML_BYTES);
    }
}
