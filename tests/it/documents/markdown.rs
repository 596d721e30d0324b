//! A document, and what a reader finds in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::{files, root};

/// A Markdown file of the repository.
pub(super) struct Document {
    /// From the root.
    pub(super) path: String,
    pub(super) text: String,
}

/// A fenced block of code.
pub(super) struct Block {
    pub(super) language: String,
    pub(super) text: String,
}

impl Document {
    /// Every document.
    pub(super) fn all() -> Vec<Self> {
        let top = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "assets/README.md"].map(str::to_owned);
        top.into_iter().chain(files("docs", ".md")).map(Self::read).collect()
    }

    pub(super) fn read(path: String) -> Self {
        let text = fs::read_to_string(root(&path)).unwrap();
        Self { path, text }
    }

    fn events(&self) -> Parser<'_> {
        Parser::new_ext(&self.text, Options::ENABLE_TABLES)
    }

    pub(super) fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut events = self.events();
        while let Some(event) = events.next() {
            if let Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) = event {
                let inside = events.by_ref().take_while(|event| !matches!(event, Event::End(_)));
                let text = inside.filter_map(|event| {
                    if let Event::Text(text) = event { Some(text.into_string()) } else { None }
                });
                blocks.push(Block { language: language.into_string(), text: text.collect() });
            }
        }
        blocks
    }

    /// The blocks in this language.
    pub(super) fn blocks_in(&self, language: &str) -> Vec<String> {
        self.blocks().into_iter().filter(|block| block.language == language).map(|block| block.text).collect()
    }

    /// Code inside sentences and tables.
    pub(super) fn inline_code(&self) -> Vec<String> {
        let code = |event| if let Event::Code(code) = event { Some(code.into_string()) } else { None };
        self.events().filter_map(code).collect()
    }

    /// Where links and pictures lead.
    pub(super) fn links(&self) -> Vec<String> {
        let target = |event| {
            if let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) = event {
                return Some(dest_url.into_string());
            }
            let (Event::InlineHtml(html) | Event::Html(html)) = event else { return None };
            let (_, rest) = html.split_once("src=\"")?;
            rest.split_once('"').map(|(source, _)| source.to_owned())
        };
        self.events().filter_map(target).collect()
    }

    /// Its headings, without markup.
    pub(super) fn headings(&self) -> Vec<String> {
        let mut headings: Vec<String> = Vec::new();
        let mut inside = false;
        for event in self.events() {
            if let Event::Start(Tag::Heading { .. }) = event {
                inside = true;
                headings.push(String::new());
            } else if let Event::End(TagEnd::Heading(_)) = event {
                inside = false;
            } else if let (true, Event::Text(text) | Event::Code(text)) = (inside, event) {
                headings.last_mut().unwrap().push_str(&text);
            }
        }
        headings
    }

    /// Its anchors, as GitHub makes them of headings: lower case, blanks as hyphens, punctuation left out, and a number
    /// where one heading comes again.
    pub(super) fn anchors(&self) -> BTreeSet<String> {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let anchor = |heading: String| {
            let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            let slug = kept.collect::<String>().to_lowercase().replace(' ', "-");
            let before = seen.entry(slug.clone()).or_default();
            *before += 1;
            if *before == 1 { slug } else { format!("{slug}-{}", *before - 1) }
        };
        self.headings().into_iter().map(anchor).collect()
    }
}

#[test]
fn anchors_are_as_github_makes_them() {
    let text = "# A `b` c\n## 2.4 Are you the organizer?\n## Same\n## Same\n".to_owned();
    let document = Document { path: String::new(), text };
    let anchors = document.anchors();
    for anchor in ["a-b-c", "24-are-you-the-organizer", "same", "same-1"] {
        assert!(anchors.contains(anchor), "{anchor} is not in {anchors:?}");
    }
}
