//! Reading integers and floats.

use super::{Check, Checked};
use crate::checktestdata::InputPlace;
use crate::checktestdata::decimal::Decimal;
use crate::checktestdata::int::{DIGITS_MAX, Int};
use crate::checktestdata::syntax::{Expr, FloatAction, Notation, Variable};
use crate::checktestdata::value::Value;

/// The largest number of decimals that can be asked for.
const DECIMALS_MAX: u64 = i32::MAX as u64;

/// The parts of a float as it is written.
struct Written {
    text: String,
    /// Digits before the dot.
    whole: usize,
    begins_with_zero: bool,
    /// Digits behind the dot; `None`: there is no dot.
    places: Option<usize>,
    has_exponent: bool,
}

impl Check<'_> {
    /// `0` or `-?[1-9][0-9]*`, between two bounds.
    pub(super) fn int(&mut self, min: &Expr, max: &Expr, into: Option<&Variable>) -> Checked<()> {
        let place = self.input.place();
        let is_negative = self.input.take_if(|byte| byte == b'-');
        let digits = self.digits(place)?;
        if digits.is_empty() {
            let what = if is_negative {
                "a digit behind the minus"
            } else {
                "an integer"
            };
            return self.expected(self.input.place(), what);
        }
        if digits.starts_with('0') && (is_negative || digits.len() > 1) {
            let sign = if is_negative { "-" } else { "" };
            let start: String = digits.chars().take(20).collect();
            let problem = match digits.len() {
                1 => "-0 is no integer".to_owned(),
                _ => format!("{sign}{start} begins with a zero"),
            };
            return self.refuse(place, problem);
        }
        let text = if is_negative {
            format!("-{digits}")
        } else {
            digits
        };
        let Some(value) = Int::parse(&text) else {
            return self.refuse(place, format!("a number of more than {DIGITS_MAX} digits"));
        };
        let min = self.int_of(min, "the least value of INT")?;
        let max = self.int_of(max, "the largest value of INT")?;
        if value < min || value > max {
            return self.refuse(place, format!("{value} is not in [{min}, {max}]"));
        }
        match into {
            Some(variable) => self.set(variable, Value::Int(value)),
            None => Ok(()),
        }
    }

    /// `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?(0|[1-9][0-9]*))?`, between two bounds.
    pub(super) fn float(&mut self, wanted: &FloatAction) -> Checked<()> {
        let decimals = match &wanted.decimals {
            Some((min, max)) => Some(self.decimals(min, max)?),
            None => None,
        };
        let place = self.input.place();
        let written = self.written(wanted.notation)?;
        if let Some(decimals) = decimals {
            self.check_decimals(place, &written, decimals)?;
        }
        let Some(value) = Decimal::parse(&written.text) else {
            return self.refuse(
                place,
                "the number is too long or its exponent too large".to_owned(),
            );
        };
        let value = Value::Float(value);
        let min = self.float_of(&wanted.min, "the least value")?;
        let max = self.float_of(&wanted.max, "the largest value")?;
        if value < min || value > max {
            return self.refuse(place, format!("{value} is not in [{min}, {max}]"));
        }
        match &wanted.into {
            Some(variable) => self.set(variable, value),
            None => Ok(()),
        }
    }

    /// The bounds of `FLOATP`'s decimals.
    fn decimals(&mut self, min: &Expr, max: &Expr) -> Checked<(u64, u64)> {
        let min = self.int_of(min, "the least number of decimals")?;
        let max = self.int_of(max, "the largest number of decimals")?;
        let number = |of: &Int| of.to_u64().filter(|number| *number < DECIMALS_MAX);
        match (number(&min), number(&max)) {
            (Some(min), Some(max)) if min <= max => Ok((min, max)),
            _ => self.fault(format!("{min} to {max} decimals are not possible")),
        }
    }

    fn check_decimals(
        &self,
        place: InputPlace,
        written: &Written,
        (min, max): (u64, u64),
    ) -> Checked<()> {
        let Written { text, .. } = written;
        let text: String = text.chars().take(40).collect();
        let is_normal = written.whole == 1 && !written.begins_with_zero && written.places.is_some();
        if written.has_exponent && !is_normal {
            let problem =
                format!("{text} has not exactly one digit, which is not 0, before its dot");
            return self.refuse(place, problem);
        }
        let places = written.places.unwrap_or(0) as u64;
        if places < min || places > max {
            let problem = format!("{text} has {places} decimals, not between {min} and {max}");
            return self.refuse(place, problem);
        }
        Ok(())
    }

    /// Reads a float.
    fn written(&mut self, notation: Notation) -> Checked<Written> {
        let place = self.input.place();
        let mut text = String::new();
        if self.input.take_if(|byte| byte == b'-') {
            text.push('-');
        }
        let whole = self.digits(place)?;
        if whole.is_empty() {
            let what = if text.is_empty() {
                "a number"
            } else {
                "a digit behind the minus"
            };
            return self.expected(self.input.place(), what);
        }
        let begins_with_zero = whole.starts_with('0');
        text.push_str(&whole);
        if begins_with_zero && whole.len() > 1 {
            let text: String = text.chars().take(20).collect();
            return self.refuse(place, format!("{text} begins with a zero"));
        }
        let mut places = None;
        if self.input.take_if(|byte| byte == b'.') {
            let digits = self.some_digits(place, "a digit behind the dot")?;
            text.push('.');
            text.push_str(&digits);
            places = Some(digits.len());
        }
        let is_exponent = |byte: u8| byte == b'e' || byte == b'E';
        let has_exponent = notation != Notation::Fixed && self.input.take_if(is_exponent);
        if notation == Notation::Scientific && !has_exponent {
            return self.expected(self.input.place(), "an exponent");
        }
        if has_exponent {
            text.push('e');
            let is_negative = self.input.take_if(|byte| byte == b'-');
            if is_negative {
                text.push('-');
            } else {
                self.input.take_if(|byte| byte == b'+');
            }
            let digits = self.some_digits(place, "a digit of the exponent")?;
            if digits.len() > 1 && digits.starts_with('0') {
                return self.refuse(place, "its exponent begins with a zero".to_owned());
            }
            text.push_str(&digits);
        }
        Ok(Written {
            text,
            whole: whole.len(),
            begins_with_zero,
            places,
            has_exponent,
        })
    }

    /// Digits, of which there has to be one.
    fn some_digits(&mut self, place: InputPlace, what: &str) -> Checked<String> {
        let digits = self.digits(place)?;
        match digits.is_empty() {
            true => self.expected(self.input.place(), what),
            false => Ok(digits),
        }
    }

    /// Digits of a number that began at this place, if there are some.
    fn digits(&mut self, place: InputPlace) -> Checked<String> {
        let digits = self.input.take_while(|byte| byte.is_ascii_digit());
        let length = digits.len() as u64;
        if digits.len() > DIGITS_MAX {
            return self.refuse(place, format!("a number of more than {DIGITS_MAX} digits"));
        }
        // Reading a long number takes longer than its length says.
        self.step(length * length / 4096)?;
        Ok(digits.iter().copied().map(char::from).collect())
    }

    fn float_of(&mut self, expression: &Expr, what: &str) -> Checked<Value> {
        match self.value(expression)? {
            Value::Text(_) => self.fault(format!("{what} has to be a number and is a text")),
            number => Ok(number),
        }
    }
}
