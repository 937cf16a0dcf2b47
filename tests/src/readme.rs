//! The fenced blocks of the README and of other pages, for tests that run them.

use crate::repository;

/// A fenced block of a page.
#[derive(Debug, Clone)]
pub struct Block {
    /// The language named after the opening fence.
    pub language: String,
    /// The text between the fences.
    pub text: String,
    /// The last line of text before the block. Empty if another block directly precedes this block.
    pub introduction: String,
}

/// Returns the blocks of a README section: from the second-level heading `title` to the next
/// second-level heading.
pub fn section(title: &str) -> Vec<Block> {
    section_of("README.md", title)
}

/// Returns the blocks of a section of any page, by the page's path in the repository.
pub fn section_of(path: &str, title: &str) -> Vec<Block> {
    let heading = format!("## {title}");
    let page = repository::text(path);
    let lines = page.lines().skip_while(|line| *line != heading).skip(1).take_while(|line| !line.starts_with("## "));
    let blocks = blocks_of(lines);
    assert!(!blocks.is_empty(), "{path} has no fenced block in a section \"{title}\"");
    blocks
}

/// Returns all blocks of a page.
pub fn blocks(path: &str) -> Vec<Block> {
    blocks_of(repository::text(path).lines())
}

fn blocks_of<'a>(mut lines: impl Iterator<Item = &'a str>) -> Vec<Block> {
    let (mut blocks, mut introduction) = (Vec::new(), String::new());
    while let Some(line) = lines.next() {
        let unindented = line.trim_start();
        if let Some(language) = unindented.strip_prefix("```") {
            // A block in a list is indented as a whole.
            let indent = &line[..line.len() - unindented.len()];
            let own = lines.by_ref().map(|line| line.strip_prefix(indent).unwrap_or(line));
            let text = own.take_while(|line| *line != "```").fold(String::new(), |text, line| text + line + "\n");
            blocks.push(Block { language: language.to_owned(), text, introduction: std::mem::take(&mut introduction) });
        } else if !line.is_empty() {
            introduction = line.to_owned();
        }
    }
    blocks
}
