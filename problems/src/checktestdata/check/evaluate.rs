//! What expressions come to and which tests hold.

use std::sync::Arc;

use super::{Check, Checked};
use crate::checktestdata::int::Int;
use crate::checktestdata::syntax::{
    Comparison, Expr, Junction, Operator, Relation, Test, Variable,
};
use crate::checktestdata::value::Value;
use crate::checktestdata::variables;

impl Check<'_> {
    pub(super) fn value(&mut self, expression: &Expr) -> Checked<Value> {
        match expression {
            Expr::Constant(value) => Ok(value.clone()),
            Expr::Variable(variable) => self.get(variable),
            Expr::Length(text) => {
                let text = self.text_of(text, "what STRLEN measures")?;
                let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
                Ok(Value::Int(Int::Small(length)))
            }
            Expr::Negative(inner) => {
                let inner = self.value(inner)?;
                self.operate(&Value::Int(Int::Small(0)), Operator::Minus, &inner)
            }
            Expr::Chain(first, rest) => {
                let mut result = self.value(first)?;
                for (operator, next) in rest {
                    let next = self.value(next)?;
                    result = self.operate(&result, *operator, &next)?;
                }
                Ok(result)
            }
        }
    }

    fn operate(&mut self, one: &Value, operator: Operator, other: &Value) -> Checked<Value> {
        let (first, second) = (one.cost(), other.cost());
        self.step(1 + first + second + first * second / 16)?;
        let result = match one.by(operator, other) {
            Ok(result) => result,
            Err(problem) => return self.fault(problem),
        };
        if operator == Operator::Power {
            // Only the result says how much there was to do; a float is squared up to 64 times.
            let rounds = if matches!(result, Value::Float(_)) {
                64
            } else {
                1
            };
            self.step(rounds * (1 + result.cost() * result.cost() / 16))?;
        }
        Ok(result)
    }

    pub(super) fn int_of(&mut self, expression: &Expr, what: &str) -> Checked<Int> {
        match self.value(expression)? {
            Value::Int(int) => Ok(int),
            other => {
                let kind = other.kind();
                self.fault(format!("{what} has to be an integer and is {kind}"))
            }
        }
    }

    pub(super) fn text_of(&mut self, expression: &Expr, what: &str) -> Checked<Arc<[u8]>> {
        match self.value(expression)? {
            Value::Text(text) => Ok(text),
            other => {
                let kind = other.kind();
                self.fault(format!("{what} has to be a text and is {kind}"))
            }
        }
    }

    pub(super) fn indices(&mut self, expressions: &[Expr]) -> Checked<Vec<Int>> {
        expressions
            .iter()
            .map(|one| self.int_of(one, "an index"))
            .collect()
    }

    fn get(&mut self, variable: &Variable) -> Checked<Value> {
        let index = self.indices(&variable.indices)?;
        self.step(1)?;
        if let Some(value) = self.variables.get(variable.name, &index) {
            return Ok(value.clone());
        }
        let name = &self.script.names[variable.name].text;
        let index = match index.is_empty() {
            true => String::new(),
            false => variables::shown(&index),
        };
        self.fault(format!("{name}{index} is not set"))
    }

    pub(super) fn test(&mut self, test: &Test) -> Checked<bool> {
        match test {
            Test::Not(inner) => Ok(!self.test(inner)?),
            Test::Chain(first, rest) => {
                let mut holds = self.test(first)?;
                for (junction, next) in rest {
                    let is_open = match junction {
                        Junction::And => holds,
                        Junction::Or => !holds,
                    };
                    if is_open {
                        holds = self.test(next)?;
                    }
                }
                Ok(holds)
            }
            Test::Compare(comparison) => {
                let (left, right) = self.sides(comparison)?;
                self.compare(&left, comparison.relation, &right)
            }
            Test::IsEof => Ok(self.input.peek().is_none()),
            Test::Match(bytes) => {
                let bytes = self.text_of(bytes, "what MATCH looks for")?;
                self.step(1 + bytes.len() as u64 / 64)?;
                let next = self.input.peek();
                Ok(next.is_some_and(|byte| bytes.contains(&byte)))
            }
            Test::Unique(names) => Ok(self.unique(names)?.is_ok()),
            Test::InArray(value, array) => {
                let value = self.value(value)?;
                self.step(1 + value.cost())?;
                if self.variables.len(*array) == 0 {
                    let name = &self.script.names[*array].text;
                    return self.fault(format!("{name} is not set"));
                }
                Ok(self.variables.has(*array, &value))
            }
        }
    }

    pub(super) fn sides(&mut self, comparison: &Comparison) -> Checked<(Value, Value)> {
        let left = self.value(&comparison.left)?;
        Ok((left, self.value(&comparison.right)?))
    }

    pub(super) fn compare(
        &mut self,
        left: &Value,
        relation: Relation,
        right: &Value,
    ) -> Checked<bool> {
        self.step(1 + left.cost() + right.cost())?;
        match left.compared(right) {
            Some(order) => Ok(relation.holds(order)),
            None => {
                let (left, right) = (left.kind(), right.kind());
                self.fault(format!("{left} is compared with {right}"))
            }
        }
    }
}
