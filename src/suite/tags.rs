//! Expressions over tags: `lobby`, `!slow`, `pin & (lobby | start)`.

use std::str::FromStr;

/// The deepest nesting, so that parsing cannot exhaust the stack.
const DEPTH_MAX: usize = 32;

/// An expression over the tags of a case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TagExpression {
    /// This tag is among them.
    Tag(String),
    /// It does not apply.
    Not(Box<Self>),
    /// Both apply.
    And(Box<Self>, Box<Self>),
    /// One of them applies.
    Or(Box<Self>, Box<Self>),
}

impl TagExpression {
    /// Returns whether it applies to a case with these tags.
    #[must_use]
    pub fn applies_to(&self, tags: &[String]) -> bool {
        match self {
            Self::Tag(tag) => tags.contains(tag),
            Self::Not(inner) => !inner.applies_to(tags),
            Self::And(one, other) => one.applies_to(tags) && other.applies_to(tags),
            Self::Or(one, other) => one.applies_to(tags) || other.applies_to(tags),
        }
    }
}

impl FromStr for TagExpression {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parser = Parser { rest: text.trim(), depth: 0 };
        let expression = parser.either()?;
        match parser.rest {
            "" => Ok(expression),
            rest => Err(format!("`{rest}` is not expected: write tags with !, &, | and parentheses")),
        }
    }
}

struct Parser<'t> {
    rest: &'t str,
    depth: usize,
}

impl Parser<'_> {
    fn takes(&mut self, symbol: char) -> bool {
        let found = self.rest.strip_prefix(symbol);
        self.rest = found.unwrap_or(self.rest).trim_start();
        found.is_some()
    }

    fn either(&mut self) -> Result<TagExpression, String> {
        let mut left = self.both()?;
        while self.takes('|') {
            left = TagExpression::Or(Box::new(left), Box::new(self.both()?));
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<TagExpression, String> {
        let mut left = self.one()?;
        while self.takes('&') {
            left = TagExpression::And(Box::new(left), Box::new(self.one()?));
        }
        Ok(left)
    }

    fn one(&mut self) -> Result<TagExpression, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("expressions may be at most {DEPTH_MAX} deep"));
        }
        let expression = if self.takes('!') {
            TagExpression::Not(Box::new(self.one()?))
        } else if self.takes('(') {
            let inner = self.either()?;
            if !self.takes(')') {
                return Err("a `(` is not closed".to_owned());
            }
            inner
        } else {
            TagExpression::Tag(self.tag()?)
        };
        self.depth -= 1;
        Ok(expression)
    }

    fn tag(&mut self) -> Result<String, String> {
        let end = self.rest.find(['!', '&', '|', '(', ')']).unwrap_or(self.rest.len());
        let (tag, rest) = self.rest.split_at(end);
        self.rest = rest;
        match tag.trim_end() {
            "" => Err("a tag is missing".to_owned()),
            tag => Ok(tag.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applies(expression: &str, tags: &[&str]) -> bool {
        let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
        expression.parse::<TagExpression>().unwrap().applies_to(&tags)
    }

    #[test]
    fn not_binds_closer_than_and_and_that_closer_than_or() {
        for (expression, tags, expected) in [
            ("lobby", &["lobby"][..], true),
            ("!lobby", &["lobby"], false),
            ("!slow & lobby", &["lobby"], true),
            ("a | b & c", &["a"], true),
            ("(a | b) & c", &["a"], false),
            ("! (a | b)", &["c"], true),
            ("two words & b", &["two words", "b"], true),
        ] {
            assert_eq!(applies(expression, tags), expected, "{expression}");
        }
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for text in ["", "a &", "(a", "a)", "& a", "a b | "] {
            assert!(text.parse::<TagExpression>().is_err(), "{text}");
        }
        assert!(format!("{}a{}", "(".repeat(40), ")".repeat(40)).parse::<TagExpression>().is_err());
    }
}
