//! POSIX's extended regular expressions, as the tree that `regex` makes its automata of.

use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, Hir, Look, Repetition};

use crate::checktestdata::DEPTH_MAX;

/// The largest number in braces.
const TIMES_MAX: u32 = 1000;

/// Says whether a byte is in a class.
type IsIn = fn(u8) -> bool;

/// The bytes of the named classes, as in the C locale.
const CLASSES: [(&str, IsIn); 12] = [
    ("alnum", |byte| byte.is_ascii_alphanumeric()),
    ("alpha", |byte| byte.is_ascii_alphabetic()),
    ("blank", |byte| byte == b' ' || byte == b'\t'),
    ("cntrl", |byte| byte.is_ascii_control()),
    ("digit", |byte| byte.is_ascii_digit()),
    ("graph", |byte| byte.is_ascii_graphic()),
    ("lower", |byte| byte.is_ascii_lowercase()),
    ("print", |byte| byte.is_ascii_graphic() || byte == b' '),
    ("punct", |byte| byte.is_ascii_punctuation()),
    ("space", |byte| {
        byte == b'\n' || crate::checktestdata::cursor::is_blank(byte)
    }),
    ("upper", |byte| byte.is_ascii_uppercase()),
    ("xdigit", |byte| byte.is_ascii_hexdigit()),
];

type Parsed<T> = Result<T, String>;

/// Reads an expression.
pub(super) fn parse(pattern: &[u8]) -> Parsed<Hir> {
    let mut parser = Parser {
        rest: pattern,
        depth: 0,
    };
    let whole = parser.alternatives()?;
    match parser.rest {
        [] => Ok(whole),
        _ => Err("a parenthesis is closed that was not opened".to_owned()),
    }
}

struct Parser<'a> {
    rest: &'a [u8],
    depth: usize,
}

impl Parser<'_> {
    fn take(&mut self, wanted: u8) -> bool {
        match self.rest.split_first() {
            Some((byte, rest)) if *byte == wanted => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Up to the end, or the parenthesis that closes.
    fn alternatives(&mut self) -> Parsed<Hir> {
        let mut found = vec![self.sequence()?];
        while self.take(b'|') {
            found.push(self.sequence()?);
        }
        Ok(Hir::alternation(found))
    }

    fn sequence(&mut self) -> Parsed<Hir> {
        let mut found = Vec::new();
        while let Some(&byte) = self.rest.first() {
            if byte == b'|' || byte == b')' {
                break;
            }
            let one = self.atom()?;
            found.push(self.repeated(one)?);
        }
        Ok(Hir::concat(found))
    }

    fn atom(&mut self) -> Parsed<Hir> {
        let Some((&byte, rest)) = self.rest.split_first() else {
            return Ok(Hir::empty());
        };
        self.rest = rest;
        match byte {
            b'(' => {
                if self.depth >= DEPTH_MAX {
                    return Err(format!("more than {DEPTH_MAX} parentheses in each other"));
                }
                self.depth += 1;
                let inner = self.alternatives()?;
                self.depth -= 1;
                match self.take(b')') {
                    true => Ok(inner),
                    false => Err("a parenthesis is not closed".to_owned()),
                }
            }
            b'[' => self.set(),
            // Every byte but NUL, which is no character to POSIX.
            b'.' => Ok(class(|byte| byte != 0)),
            b'^' => Ok(Hir::look(Look::Start)),
            b'$' => Ok(Hir::look(Look::End)),
            b'*' | b'+' | b'?' | b'{' => Err(format!("`{}` repeats nothing", char::from(byte))),
            b'\\' => self.escaped(),
            _ => Ok(Hir::literal([byte])),
        }
    }

    fn escaped(&mut self) -> Parsed<Hir> {
        let Some((&byte, rest)) = self.rest.split_first() else {
            return Err("there is nothing behind the last backslash".to_owned());
        };
        if byte.is_ascii_alphanumeric() {
            let letter = char::from(byte);
            return Err(format!(
                "\\{letter} means nothing in an extended regular expression"
            ));
        }
        self.rest = rest;
        Ok(Hir::literal([byte]))
    }

    /// What was read, as often as the signs behind it say.
    fn repeated(&mut self, mut one: Hir) -> Parsed<Hir> {
        while let Some((&byte, rest)) = self.rest.split_first() {
            let (min, max) = match byte {
                b'*' => (0, None),
                b'+' => (1, None),
                b'?' => (0, Some(1)),
                b'{' => {
                    self.rest = rest;
                    let (min, max) = self.times()?;
                    one = repetition(one, min, max);
                    continue;
                }
                _ => break,
            };
            self.rest = rest;
            one = repetition(one, min, max);
        }
        Ok(one)
    }

    /// What stands in braces.
    fn times(&mut self) -> Parsed<(u32, Option<u32>)> {
        let Some(min) = self.number()? else {
            return Err("a number is wanted behind `{`".to_owned());
        };
        let max = match self.take(b',') {
            true => self.number()?,
            false => Some(min),
        };
        if !self.take(b'}') {
            return Err("`{` is not closed".to_owned());
        }
        match max {
            Some(max) if max < min => Err(format!(
                "in {{{min},{max}}} the second number is the smaller one"
            )),
            _ => Ok((min, max)),
        }
    }

    fn number(&mut self) -> Parsed<Option<u32>> {
        let digits = self.rest.iter().take_while(|byte| byte.is_ascii_digit());
        let count = digits.count();
        let (digits, rest) = self.rest.split_at(count);
        self.rest = rest;
        if digits.is_empty() {
            return Ok(None);
        }
        let number = digits.iter().fold(0_u32, |number, digit| {
            number
                .saturating_mul(10)
                .saturating_add(u32::from(digit - b'0'))
        });
        match number > TIMES_MAX {
            true => Err(format!("nothing is repeated more than {TIMES_MAX} times")),
            false => Ok(Some(number)),
        }
    }

    /// A set, behind its `[`. A `]` at its begin is one of its bytes, and so is every backslash.
    fn set(&mut self) -> Parsed<Hir> {
        let is_negated = self.take(b'^');
        let mut bytes = [false; 256];
        let mut is_first = true;
        loop {
            let Some((&byte, rest)) = self.rest.split_first() else {
                return Err("a set that begins with `[` has no end".to_owned());
            };
            if byte == b']' && !is_first {
                self.rest = rest;
                break;
            }
            is_first = false;
            if let [b'[', sign @ (b':' | b'.' | b'='), behind @ ..] = self.rest {
                if *sign != b':' {
                    return Err("collating elements ([. .] and [= =]) are not known".to_owned());
                }
                self.rest = behind;
                let is_in = self.class_name()?;
                for byte in 0..=u8::MAX {
                    bytes[usize::from(byte)] |= is_in(byte);
                }
                continue;
            }
            self.rest = rest;
            let mut last = byte;
            if let [b'-', end, behind @ ..] = self.rest
                && *end != b']'
            {
                self.rest = behind;
                last = *end;
            }
            if last < byte {
                let (first, last) = (char::from(byte), char::from(last));
                return Err(format!("the range {first}-{last} in a set is empty"));
            }
            for byte in byte..=last {
                bytes[usize::from(byte)] = true;
            }
        }
        Ok(class(|byte| bytes[usize::from(byte)] != is_negated))
    }

    /// The class whose name is here, up to `:]`.
    fn class_name(&mut self) -> Parsed<IsIn> {
        let end = self.rest.windows(2).position(|pair| pair == b":]");
        let Some(end) = end else {
            return Err("a set that begins with `[` has no end".to_owned());
        };
        let (name, rest) = self.rest.split_at(end);
        self.rest = &rest[2..];
        let found = CLASSES.iter().find(|(one, _)| one.as_bytes() == name);
        found.map(|(_, is_in)| *is_in).ok_or_else(|| {
            let name: String = String::from_utf8_lossy(name).chars().take(20).collect();
            format!("there is no class [:{name}:]")
        })
    }
}

fn repetition(one: Hir, min: u32, max: Option<u32>) -> Hir {
    Hir::repetition(Repetition {
        min,
        max,
        greedy: true,
        sub: Box::new(one),
    })
}

/// Any byte of which this holds.
fn class(is_in: impl Fn(u8) -> bool) -> Hir {
    let bytes = (0..=u8::MAX).filter(|byte| is_in(*byte));
    let ranges = bytes.map(|byte| ClassBytesRange::new(byte, byte));
    Hir::class(Class::Bytes(ClassBytes::new(ranges)))
}
