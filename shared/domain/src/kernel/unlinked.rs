//! Texts that mail and chat programs do not turn into links.

/// Characters that a mail program can take for a dot in a domain: the full stop, and those that UTS 46 maps to it.
const DOTS: [char; 4] = ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'];

/// Returns the text without the parts that make a mail program show a link: `evil.example/pay` becomes
/// `evil. example pay`. Ordinary names stay as they are.
pub fn unlinked(text: &str) -> String {
    let mut unlinked = String::with_capacity(text.len());
    let mut characters = text.replace("://", " ").chars().collect::<Vec<_>>().into_iter().peekable();
    let mut is_in_word = false;
    while let Some(c) = characters.next() {
        match c {
            '/' | '\\' | '@' => unlinked.push(' '),
            _ => unlinked.push(c),
        }
        let is_before_letter = characters.peek().is_some_and(|next| next.is_alphabetic());
        if is_in_word && DOTS.contains(&c) && is_before_letter {
            unlinked.push(' ');
        }
        is_in_word = c.is_alphanumeric();
    }
    unlinked
}

#[cfg(test)]
mod tests {
    use super::unlinked;

    #[test]
    fn link_loses_its_form_and_a_name_keeps_it() {
        for (text, expected) in [
            ("https://evil.example/pay", "https evil. example pay"),
            ("www.evil.example", "www. evil. example"),
            ("evil\u{3002}example", "evil\u{3002} example"),
            ("ana@evil.example", "ana evil. example"),
            ("J.Smith", "J. Smith"),
        ] {
            assert_eq!(unlinked(text), expected);
        }
        for name in ["Ana", "Anna-Maria", "St. John", "Jr.", "O\u{2019}Neill", "\u{5c71}\u{7530}"] {
            assert_eq!(unlinked(name), name);
        }
    }
}
