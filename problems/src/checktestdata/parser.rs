//! From words to commands.

use std::collections::BTreeMap;

use super::regular::Regular;
use super::syntax::{Action, Command, Expr, FloatAction, Loop, Notation, Rounds, Variable};
use super::token::{Token, Word};
use super::value::Value;
use super::{DEPTH_MAX, Name, Script, SyntaxError};

mod expression;

/// Reads a script's words one after another.
pub(super) struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    /// How many blocks, parentheses and signs are open.
    depth: usize,
    names: Vec<Name>,
    places: BTreeMap<&'a str, usize>,
}

type Parsed<T> = Result<T, SyntaxError>;

impl<'a> Parser<'a> {
    /// The words end with [`Word::End`].
    pub(super) fn new(tokens: &'a [Token]) -> Self {
        Self {
            tokens,
            at: 0,
            depth: 0,
            names: Vec::new(),
            places: BTreeMap::new(),
        }
    }

    /// The whole script.
    pub(super) fn script(mut self) -> Parsed<Script> {
        let commands = self.block()?;
        let last_line = self.line();
        match self.word() {
            Word::End => Ok(Script {
                commands,
                names: self.names,
                last_line,
            }),
            Word::Keyword("END") => self.wrong("there is no block that END could end"),
            Word::Keyword("ELSE") => self.wrong("there is no IF that ELSE could belong to"),
            _ => self.expected("a command"),
        }
    }

    /// Commands up to what is none, or ends a block.
    fn block(&mut self) -> Parsed<Vec<Command>> {
        let mut commands = Vec::new();
        while let Word::Keyword(name) = *self.word() {
            if ["END", "ELSE"].contains(&name) {
                break;
            }
            commands.push(self.command(name)?);
        }
        Ok(commands)
    }

    /// The block of a command in this line, with its `END`.
    fn closed_block(&mut self, of: &'static str, line: u64) -> Parsed<Vec<Command>> {
        let commands = self.deeper(Self::block)?;
        self.end(of, line)?;
        Ok(commands)
    }

    fn end(&mut self, of: &'static str, line: u64) -> Parsed<()> {
        match self.word() {
            Word::Keyword("END") => {
                self.at += 1;
                Ok(())
            }
            Word::End => {
                let problem = format!("the {of} that begins here has no END");
                Err(SyntaxError { line, problem })
            }
            Word::Keyword("ELSE") => self.wrong("there is no IF that ELSE could belong to"),
            _ => self.expected("a command"),
        }
    }

    fn command(&mut self, name: &'static str) -> Parsed<Command> {
        let line = self.line();
        self.at += 1;
        let action = match name {
            "SPACE" => Action::Space,
            "NEWLINE" => Action::Newline,
            "EOF" => Action::Eof,
            "INT" => self.in_parentheses(Self::int)?,
            "FLOAT" => self.in_parentheses(|parser| parser.float(false))?,
            "FLOATP" => self.in_parentheses(|parser| parser.float(true))?,
            "STRING" => Action::Text(self.in_parentheses(Self::text)?),
            "REGEX" => self.in_parentheses(Self::regex)?,
            "ASSERT" => Action::Assert(self.in_parentheses(Self::test)?),
            "SET" => Action::Set(self.in_parentheses(|parser| parser.list(Self::assignment))?),
            "UNSET" => Action::Unset(self.in_parentheses(|parser| parser.list(Self::name))?),
            "REP" | "REPI" | "WHILE" | "WHILEI" => self.repeated(name, line)?,
            "IF" => self.conditional(line)?,
            _ => {
                self.at -= 1;
                return self.expected("a command");
            }
        };
        Ok(Command { line, name, action })
    }

    fn int(&mut self) -> Parsed<Action> {
        let (min, max) = self.pair()?;
        let into = self.target()?;
        Ok(Action::Int { min, max, into })
    }

    fn float(&mut self, has_decimals: bool) -> Parsed<Action> {
        let (min, max) = self.pair()?;
        let decimals = match has_decimals {
            true => {
                self.sign(",")?;
                Some(self.pair()?)
            }
            false => None,
        };
        let into = self.target()?;
        let mut notation = Notation::Any;
        if into.is_some() && self.is_sign(",") {
            notation = match self.word() {
                Word::Keyword("FIXED") => Notation::Fixed,
                Word::Keyword("SCIENTIFIC") => Notation::Scientific,
                _ => return self.expected("FIXED or SCIENTIFIC"),
            };
            self.at += 1;
        }
        Ok(Action::Float(Box::new(FloatAction {
            min,
            max,
            decimals,
            into,
            notation,
        })))
    }

    fn regex(&mut self) -> Parsed<Action> {
        let line = self.line();
        let pattern = self.text()?;
        if let Expr::Constant(Value::Text(text)) = &pattern {
            Regular::new(text).map_err(|problem| SyntaxError { line, problem })?;
        }
        let into = self.target()?;
        Ok(Action::Regex { pattern, into })
    }

    fn assignment(&mut self) -> Parsed<(Variable, Expr)> {
        let variable = self.variable()?;
        self.sign("=")?;
        Ok((variable, self.expression()?))
    }

    fn repeated(&mut self, name: &'static str, line: u64) -> Parsed<Action> {
        let (counter, rounds, separator) = self.in_parentheses(|parser| {
            let counter = match name.ends_with('I') {
                true => {
                    let counter = parser.variable()?;
                    parser.sign(",")?;
                    Some(counter)
                }
                false => None,
            };
            let rounds = match name.starts_with("REP") {
                true => Rounds::Count(parser.expression()?),
                false => Rounds::While(parser.test()?),
            };
            let separator = match parser.is_sign(",") {
                true => Some(parser.separator()?),
                false => None,
            };
            Ok((counter, rounds, separator))
        })?;
        let body = self.closed_block(name, line)?;
        Ok(Action::Loop(Box::new(Loop {
            counter,
            rounds,
            separator,
            body,
        })))
    }

    /// What is wanted between two rounds.
    fn separator(&mut self) -> Parsed<Command> {
        match *self.word() {
            Word::Keyword(
                name @ ("SPACE" | "NEWLINE" | "INT" | "FLOAT" | "FLOATP" | "STRING" | "REGEX"
                | "ASSERT" | "SET" | "UNSET"),
            ) => self.command(name),
            _ => self.expected("a command that can part two rounds"),
        }
    }

    fn conditional(&mut self, line: u64) -> Parsed<Action> {
        let test = self.in_parentheses(Self::test)?;
        let then = self.deeper(Self::block)?;
        let otherwise = match self.word() {
            Word::Keyword("ELSE") => {
                self.at += 1;
                self.closed_block("IF", line)?
            }
            _ => {
                self.end("IF", line)?;
                Vec::new()
            }
        };
        Ok(Action::If {
            test,
            then,
            otherwise,
        })
    }

    /// `, variable`, if it is there.
    fn target(&mut self) -> Parsed<Option<Variable>> {
        match self.is_sign(",") {
            true => self.variable().map(Some),
            false => Ok(None),
        }
    }

    /// What stands in parentheses.
    fn in_parentheses<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.sign("(")?;
        let found = self.deeper(inner)?;
        self.sign(")")?;
        Ok(found)
    }

    /// At least one, parted by commas.
    fn list<T>(&mut self, one: impl Fn(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut found = vec![one(self)?];
        while self.is_sign(",") {
            found.push(one(self)?);
        }
        Ok(found)
    }

    /// One level further in; every recursion passes here.
    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= DEPTH_MAX {
            return self.wrong(&format!("more than {DEPTH_MAX} levels in each other"));
        }
        self.depth += 1;
        let found = inner(self);
        self.depth -= 1;
        found
    }

    /// A variable's place in the names.
    fn name(&mut self) -> Parsed<usize> {
        let Word::Name(text) = self.word() else {
            return self.expected("a variable");
        };
        self.at += 1;
        let place = *self.places.entry(text).or_insert(self.names.len());
        if place == self.names.len() {
            self.names.push(Name {
                text: text.clone(),
                is_searched: false,
            });
        }
        Ok(place)
    }

    fn word(&self) -> &'a Word {
        &self.tokens[self.at].word
    }

    fn line(&self) -> u64 {
        self.tokens[self.at].line
    }

    /// Passes over a sign if it is there.
    fn is_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.word(), Word::Sign(found) if *found == sign);
        self.at += usize::from(found);
        found
    }

    fn sign(&mut self, sign: &str) -> Parsed<()> {
        match self.is_sign(sign) {
            true => Ok(()),
            false => self.expected(&format!("`{sign}`")),
        }
    }

    fn expected<T>(&self, what: &str) -> Parsed<T> {
        self.wrong(&format!("expected {what}, found {}", self.word()))
    }

    /// A fault here; what the end lacks is told of the last word's line.
    fn wrong<T>(&self, problem: &str) -> Parsed<T> {
        let at = match self.word() {
            Word::End => self.at.saturating_sub(1),
            _ => self.at,
        };
        Err(SyntaxError {
            line: self.tokens[at].line,
            problem: problem.to_owned(),
        })
    }
}
