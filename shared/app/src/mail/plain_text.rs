//! The plain-text part of a mail that has only HTML.

/// More HTML than any mail shows: Gmail cuts off what is beyond 102 KB.
const LONGEST: usize = 200_000;

/// The text of an HTML mail, with the address of each link in brackets behind it. Of more than 200,000 bytes only the
/// first are read.
pub fn plain_text(html: &str) -> String {
    let html = &html[..html.floor_char_boundary(LONGEST)];
    // Invisible in HTML, and the end of a tag that was never closed: each of many such tags would be looked for an end
    // to the end.
    let closed = format!("{html}<!--x\">'>-->");
    nanohtml2text::html2text(&closed).replace("\r\n", "\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_links_stay_and_markup_goes() {
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
    fn html_that_is_made_to_take_long_or_to_grow_does_not() {
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
            let html = pattern.repeat(LONGEST);
            assert!(plain_text(&html).len() <= LONGEST, "{pattern}");
        }
        assert!(plain_text(&"ä".repeat(LONGEST)).len() <= LONGEST);
    }
}
