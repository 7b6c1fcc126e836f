//! The words of a script.

use std::fmt;

use super::SyntaxError;

/// Every keyword. One that another begins with stands behind it, as the longest that fits is the one that is meant.
const WORDS: [&str; 25] = [
    "ISEOF",
    "MATCH",
    "UNIQUE",
    "INARRAY",
    "STRLEN",
    "SPACE",
    "NEWLINE",
    "EOF",
    "INT",
    "FLOATP",
    "FLOAT",
    "STRING",
    "REGEX",
    "ASSERT",
    "SET",
    "UNSET",
    "REPI",
    "REP",
    "WHILEI",
    "WHILE",
    "IF",
    "ELSE",
    "END",
    "FIXED",
    "SCIENTIFIC",
];

/// Every sign; one that another begins with stands behind it.
const SIGNS: [&str; 21] = [
    "&&", "||", "<=", ">=", "==", "!=", "<", ">", "=", "!", "+", "-", "*", "/", "%", "^", "(", ")",
    "[", "]", ",",
];

/// A word and its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// From 1.
    pub(super) line: u64,
    pub(super) word: Word,
}

/// A word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    Keyword(&'static str),
    Sign(&'static str),
    /// A variable.
    Name(String),
    /// Digits.
    Integer(String),
    /// Digits with a dot or an exponent.
    Float(String),
    /// What stands between quotes, with its escapes resolved.
    Text(Vec<u8>),
    /// The end of the script.
    End,
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keyword(word) => f.write_str(word),
            Self::Sign(sign) => write!(f, "`{sign}`"),
            Self::Name(text) => write!(f, "the variable {text}"),
            Self::Integer(text) | Self::Float(text) => {
                let text: String = text.chars().take(40).collect();
                write!(f, "the number {text}")
            }
            Self::Text(_) => f.write_str("a text"),
            Self::End => f.write_str("the end of the script"),
        }
    }
}

/// All words of a script, the last of which is its end.
pub(super) fn tokens(text: &[u8]) -> Result<Vec<Token>, SyntaxError> {
    let mut lexer = Lexer {
        rest: text,
        line: 1,
    };
    let mut tokens = Vec::new();
    loop {
        lexer.skip();
        let line = lexer.line;
        let word = lexer.word()?;
        let is_last = word == Word::End;
        tokens.push(Token { line, word });
        if is_last {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    rest: &'a [u8],
    line: u64,
}

impl Lexer<'_> {
    fn wrong<T>(&self, problem: String) -> Result<T, SyntaxError> {
        let line = self.line;
        Err(SyntaxError { line, problem })
    }

    /// Passes over blanks and comments.
    fn skip(&mut self) {
        while let Some((&byte, rest)) = self.rest.split_first() {
            match byte {
                b' ' | b'\t' | b'\r' => self.rest = rest,
                b'\n' => {
                    self.line += 1;
                    self.rest = rest;
                }
                b'#' => {
                    self.take_while(|byte| byte != b'\n');
                }
                _ => return,
            }
        }
    }

    fn take_while(&mut self, is_part: impl Fn(u8) -> bool) -> String {
        let end = self.rest.iter().position(|byte| !is_part(*byte));
        let (taken, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        String::from_utf8_lossy(taken).into_owned()
    }

    fn word(&mut self) -> Result<Word, SyntaxError> {
        let Some(&first) = self.rest.first() else {
            return Ok(Word::End);
        };
        if first == b'"' {
            return self.text().map(Word::Text);
        }
        if first.is_ascii_digit() {
            return self.number();
        }
        if first.is_ascii_lowercase() {
            let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            return Ok(Word::Name(self.take_while(is_part)));
        }
        let found = |one: &&&str| self.rest.starts_with(one.as_bytes());
        if let Some(word) = WORDS.iter().find(found) {
            self.rest = &self.rest[word.len()..];
            return Ok(Word::Keyword(word));
        }
        if let Some(sign) = SIGNS.iter().find(found) {
            self.rest = &self.rest[sign.len()..];
            return Ok(Word::Sign(sign));
        }
        if first.is_ascii_uppercase() {
            let word = self.take_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            let word: String = word.chars().take(40).collect();
            return self.wrong(format!("{word} is no command"));
        }
        let found = super::cursor::shown(Some(first));
        self.wrong(format!("{found} means nothing here"))
    }

    /// Digits; with a dot behind them or an exponent it is a float.
    fn number(&mut self) -> Result<Word, SyntaxError> {
        let digit = |byte: u8| byte.is_ascii_digit();
        let mut text = self.take_while(digit);
        let mut is_float = false;
        if let Some(rest) = self.rest.strip_prefix(b".") {
            self.rest = rest;
            is_float = true;
            text.push('.');
            text.push_str(&self.take_while(digit));
        }
        if let [b'e' | b'E', rest @ ..] = self.rest {
            let (sign, digits) = match rest {
                [sign @ (b'+' | b'-'), digits @ ..] => (Some(char::from(*sign)), digits),
                digits => (None, digits),
            };
            if digits.first().is_some_and(u8::is_ascii_digit) {
                self.rest = digits;
                is_float = true;
                text.push('e');
                text.extend(sign);
                text.push_str(&self.take_while(digit));
            }
        }
        if is_float {
            return Ok(Word::Float(text));
        }
        if text.len() > 1 && text.starts_with('0') {
            return self.wrong(format!("the integer {text} begins with a zero"));
        }
        Ok(Word::Integer(text))
    }

    /// What stands between quotes.
    fn text(&mut self) -> Result<Vec<u8>, SyntaxError> {
        let begun = self.line;
        self.rest = &self.rest[1..];
        let mut text = Vec::new();
        while let Some((&byte, rest)) = self.rest.split_first() {
            self.rest = rest;
            match byte {
                b'"' => return Ok(text),
                b'\\' => self.escape(&mut text)?,
                _ => {
                    self.line += u64::from(byte == b'\n');
                    text.push(byte);
                }
            }
        }
        self.line = begun;
        self.wrong("the text that begins here has no end".to_owned())
    }

    /// What a backslash makes of what is behind it; before anything else it is a backslash.
    fn escape(&mut self, text: &mut Vec<u8>) -> Result<(), SyntaxError> {
        let octal = |byte: &&u8| (b'0'..=b'7').contains(*byte);
        let digits = self.rest.iter().take(3).take_while(octal).count();
        if digits > 0 {
            let (digits, rest) = self.rest.split_at(digits);
            self.rest = rest;
            let code = digits
                .iter()
                .fold(0_u32, |code, digit| code * 8 + u32::from(digit - b'0'));
            let Ok(byte) = u8::try_from(code) else {
                return self.wrong(format!("\\{code:o} is no byte: \\377 is the last"));
            };
            text.push(byte);
            return Ok(());
        }
        let Some((&byte, rest)) = self.rest.split_first() else {
            return Ok(());
        };
        let meant = match byte {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'b' => 8,
            b'f' => 12,
            b'"' | b'\\' => byte,
            b'\n' => {
                self.line += 1;
                self.rest = rest;
                return Ok(());
            }
            _ => {
                text.push(b'\\');
                return Ok(());
            }
        };
        self.rest = rest;
        text.push(meant);
        Ok(())
    }
}
