//! Values and tests.

use super::{Parsed, Parser};
use crate::checktestdata::decimal::Decimal;
use crate::checktestdata::int::Int;
use crate::checktestdata::syntax::{
    Comparison, Expr, Junction, Operator, Relation, Test, Variable,
};
use crate::checktestdata::token::Word;
use crate::checktestdata::value::Value;

/// The operators from the one that binds least, rank by rank.
const RANKS: [&[Operator]; 3] = [
    &[Operator::Plus, Operator::Minus],
    &[Operator::Times, Operator::Over, Operator::Modulo],
    &[Operator::Power],
];

impl Parser<'_> {
    /// Two expressions with a comma between them.
    pub(super) fn pair(&mut self) -> Parsed<(Expr, Expr)> {
        let first = self.expression()?;
        self.sign(",")?;
        Ok((first, self.expression()?))
    }

    pub(super) fn expression(&mut self) -> Parsed<Expr> {
        self.deeper(|parser| parser.rank(0))
    }

    /// Operators of this rank between what binds more.
    fn rank(&mut self, rank: usize) -> Parsed<Expr> {
        let operand = |parser: &mut Self| match rank + 1 < RANKS.len() {
            true => parser.rank(rank + 1),
            false => parser.factor(),
        };
        // A sign binds less than a power behind it: -2^2 is -4.
        if rank + 1 == RANKS.len() && self.is_sign("-") {
            let negated = self.deeper(|parser| parser.rank(rank))?;
            return Ok(Expr::Negative(Box::new(negated)));
        }
        let first = operand(self)?;
        let mut rest = Vec::new();
        while let Some(operator) = self.operator(RANKS[rank]) {
            let next = match operator {
                // The sign of an exponent holds for all powers behind it.
                Operator::Power if self.is_sign("-") => {
                    let negated = self.deeper(|parser| parser.rank(rank))?;
                    Expr::Negative(Box::new(negated))
                }
                _ => operand(self)?,
            };
            rest.push((operator, next));
        }
        Ok(match rest.is_empty() {
            true => first,
            false => Expr::Chain(Box::new(first), rest),
        })
    }

    fn operator(&mut self, of: &[Operator]) -> Option<Operator> {
        of.iter().copied().find(|one| self.is_sign(one.sign()))
    }

    /// A value, or an expression in parentheses.
    fn factor(&mut self) -> Parsed<Expr> {
        let value = match self.word() {
            Word::Sign("(") => {
                return self.in_parentheses(Self::expression);
            }
            Word::Integer(digits) => {
                let number = Int::parse(digits);
                let Some(number) = number else {
                    return self.wrong("the integer is too long");
                };
                Value::Int(number)
            }
            Word::Float(text) => {
                let number = Decimal::parse(text);
                let Some(number) = number else {
                    return self.wrong("the number is too long or its exponent too large");
                };
                Value::Float(number)
            }
            Word::Text(text) => Value::Text(text.as_slice().into()),
            Word::Name(_) => return self.variable().map(Expr::Variable),
            Word::Keyword("STRLEN") => {
                self.at += 1;
                let of = self.in_parentheses(Self::text)?;
                return Ok(Expr::Length(Box::new(of)));
            }
            _ => return self.expected("a value"),
        };
        self.at += 1;
        Ok(Expr::Constant(value))
    }

    /// A text, or a variable that may have one.
    pub(super) fn text(&mut self) -> Parsed<Expr> {
        match self.word() {
            Word::Text(_) | Word::Name(_) => self.factor(),
            _ => self.expected("a text or a variable"),
        }
    }

    pub(super) fn variable(&mut self) -> Parsed<Variable> {
        let name = self.name()?;
        let mut indices = Vec::new();
        if self.is_sign("[") {
            indices = self.list(Self::expression)?;
            self.sign("]")?;
        }
        Ok(Variable { name, indices })
    }

    pub(super) fn test(&mut self) -> Parsed<Test> {
        self.deeper(|parser| {
            let first = parser.operand()?;
            let mut rest = Vec::new();
            while let Some(junction) = parser.junction() {
                rest.push((junction, parser.operand()?));
            }
            Ok(match rest.is_empty() {
                true => first,
                false => Test::Chain(Box::new(first), rest),
            })
        })
    }

    fn junction(&mut self) -> Option<Junction> {
        if self.is_sign("&&") {
            Some(Junction::And)
        } else if self.is_sign("||") {
            Some(Junction::Or)
        } else {
            None
        }
    }

    /// A test without `&&` and `||`.
    fn operand(&mut self) -> Parsed<Test> {
        match self.word() {
            Word::Sign("!") => {
                self.at += 1;
                Ok(Test::Not(Box::new(self.test()?)))
            }
            Word::Sign("(") if self.is_test_in_parentheses() => self.in_parentheses(Self::test),
            Word::Keyword("ISEOF") => {
                self.at += 1;
                Ok(Test::IsEof)
            }
            Word::Keyword("MATCH") => {
                self.at += 1;
                self.in_parentheses(Self::text).map(Test::Match)
            }
            Word::Keyword("UNIQUE") => {
                self.at += 1;
                let names = self.in_parentheses(|parser| parser.list(Self::name))?;
                Ok(Test::Unique(names))
            }
            Word::Keyword("INARRAY") => {
                self.at += 1;
                self.in_parentheses(|parser| {
                    let value = parser.expression()?;
                    parser.sign(",")?;
                    // An index is allowed, and says nothing.
                    let array = parser.variable()?.name;
                    parser.names[array].is_searched = true;
                    Ok(Test::InArray(value, array))
                })
            }
            _ => self.comparison(),
        }
    }

    fn comparison(&mut self) -> Parsed<Test> {
        let left = self.expression()?;
        let relation = Relation::ALL
            .into_iter()
            .find(|one| self.is_sign(one.sign()));
        let Some(relation) = relation else {
            return self.expected("a comparison");
        };
        let right = self.expression()?;
        Ok(Test::Compare(Box::new(Comparison {
            left,
            relation,
            right,
        })))
    }

    /// Says whether the parenthesis that opens here holds a test: behind an expression's there is an operator.
    fn is_test_in_parentheses(&self) -> bool {
        let mut open = 0_usize;
        for (at, token) in self.tokens.iter().enumerate().skip(self.at) {
            match token.word {
                Word::Sign("(") => open += 1,
                Word::Sign(")") => open -= 1,
                _ => {}
            }
            if open == 0 {
                let behind = self.tokens.get(at + 1).map(|token| &token.word);
                let operators = RANKS.iter().copied().flatten().map(|one| one.sign());
                let mut goes_on = operators.chain(Relation::ALL.map(Relation::sign));
                return !goes_on.any(|sign| behind == Some(&Word::Sign(sign)));
            }
        }
        true
    }
}
