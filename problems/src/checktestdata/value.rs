//! What variables have: integers, floats and texts.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use super::decimal::Decimal;
use super::int::Int;
use super::syntax::Operator;

/// A value. Integers and floats are equal where the numbers are; a number comes before every text.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Int(Int),
    Float(Decimal),
    /// Bytes.
    Text(Arc<[u8]>),
}

impl Value {
    /// What kind of value it is, for people.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Int(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Text(_) => "a text",
        }
    }

    /// The number as a float; `None`: it is a text.
    pub(super) fn float(&self) -> Option<Decimal> {
        match self {
            Self::Int(int) => Some(Decimal::of(int)),
            Self::Float(float) => Some(float.clone()),
            Self::Text(_) => None,
        }
    }

    /// How many steps an operation on it is worth beside the first.
    pub(super) fn cost(&self) -> u64 {
        match self {
            Self::Int(int) => int.cost(),
            Self::Float(float) => float.cost(),
            Self::Text(text) => text.len() as u64 / 64,
        }
    }

    /// Bytes that keeping it takes, about.
    pub(super) fn bytes(&self) -> u64 {
        const OVERHEAD: u64 = 192;
        match self {
            Self::Int(int) => OVERHEAD + int.cost() * 8,
            Self::Float(float) => OVERHEAD + float.cost() * 8,
            Self::Text(text) => OVERHEAD + text.len() as u64,
        }
    }

    /// What an operator makes of two.
    pub(super) fn by(&self, operator: Operator, other: &Self) -> Result<Self, String> {
        match (self, other) {
            (Self::Int(one), Self::Int(other)) => integers(one, operator, other).map(Self::Int),
            _ => floats(self, operator, other).map(Self::Float),
        }
    }

    /// How it is to another; `None`: a number and a text are not compared.
    pub(super) fn compared(&self, other: &Self) -> Option<Ordering> {
        let is_text = |value: &Self| matches!(value, Self::Text(_));
        (is_text(self) == is_text(other)).then(|| self.cmp(other))
    }
}

fn integers(one: &Int, operator: Operator, other: &Int) -> Result<Int, String> {
    let result = match operator {
        Operator::Plus => one.plus(other),
        Operator::Minus => one.minus(other),
        Operator::Times => one.times(other),
        Operator::Over => one.over(other),
        Operator::Modulo => one.modulo(other),
        Operator::Power => one.power(exponent(other)?),
    };
    result.map_err(|error| error.to_string())
}

fn floats(one: &Value, operator: Operator, other: &Value) -> Result<Decimal, String> {
    let (Some(base), Some(float)) = (one.float(), other.float()) else {
        let sign = operator.sign();
        return Err(format!(
            "`{sign}` is for numbers, not for {} and {}",
            one.kind(),
            other.kind()
        ));
    };
    let result = match (operator, other) {
        (Operator::Plus, _) => base.plus(&float),
        (Operator::Minus, _) => base.plus(&float.negated()),
        (Operator::Times, _) => base.times(&float),
        (Operator::Over, _) => base.over(&float),
        (Operator::Power, Value::Int(int)) => base.power(exponent(int)?),
        (Operator::Power, _) => return Err("the exponent is no integer".to_owned()),
        (Operator::Modulo, _) => return Err("`%` is for integers only".to_owned()),
    };
    result.map_err(|error| error.to_string())
}

fn exponent(int: &Int) -> Result<u64, String> {
    int.to_u64()
        .ok_or_else(|| format!("the exponent {int} is negative or too large"))
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Int(one), Self::Int(other)) => one.cmp(other),
            (Self::Text(one), Self::Text(other)) => one.cmp(other),
            (Self::Text(_), _) => Ordering::Greater,
            (_, Self::Text(_)) => Ordering::Less,
            (Self::Float(one), Self::Float(other)) => one.cmp(other),
            (Self::Float(float), Self::Int(int)) => float.cmp(&Decimal::of(int)),
            (Self::Int(int), Self::Float(float)) => Decimal::of(int).cmp(float),
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Value {}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(int) => int.fmt(f),
            Self::Float(float) => float.fmt(f),
            Self::Text(text) => f.write_str(&quoted(text)),
        }
    }
}

/// A text in quotes, cut where it is long.
pub(super) fn quoted(text: &[u8]) -> String {
    const SHOWN_MAX: usize = 40;
    let shown = &text[..text.len().min(SHOWN_MAX)];
    let more = if text.len() > SHOWN_MAX { "…" } else { "" };
    format!("\"{}{more}\"", shown.escape_ascii())
}
