//! The commands of the README and of other pages, for tests that run them.

use crate::repository;

/// A fenced block of a page.
#[derive(Debug, Clone)]
pub struct Block {
    /// The language after the fence.
    pub language: String,
    /// What is between the fences.
    pub text: String,
    /// The line of text before the block, with nothing but blank lines between; empty after another block.
    pub introduction: String,
}

/// The blocks of a section of the README: of a heading with this title up to the next one of the same level.
pub fn section(title: &str) -> Vec<Block> {
    section_of("README.md", title)
}

/// The blocks of a section of a page, which is named by its path from the top of the repository.
pub fn section_of(path: &str, title: &str) -> Vec<Block> {
    let heading = format!("## {title}");
    let page = repository::text(path);
    let mut lines =
        page.lines().skip_while(|line| *line != heading).skip(1).take_while(|line| !line.starts_with("## "));
    let (mut blocks, mut introduction) = (Vec::new(), String::new());
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let text =
                lines.by_ref().take_while(|line| *line != "```").fold(String::new(), |text, line| text + line + "\n");
            blocks.push(Block { language: language.to_owned(), text, introduction: std::mem::take(&mut introduction) });
        } else if !line.is_empty() {
            introduction = line.to_owned();
        }
    }
    assert!(!blocks.is_empty(), "{path} has no block in a section {title}");
    blocks
}
