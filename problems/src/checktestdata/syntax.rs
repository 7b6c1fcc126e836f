//! What a script consists of.

use super::value::Value;

/// A command and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Command {
    /// Its line in the script, from 1.
    pub(super) line: u64,
    /// Its keyword.
    pub(super) name: &'static str,
    pub(super) action: Action,
}

/// What a command does.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Action {
    Space,
    Newline,
    Eof,
    Int {
        min: Expr,
        max: Expr,
        into: Option<Variable>,
    },
    Float(Box<FloatAction>),
    Text(Expr),
    Regex {
        pattern: Expr,
        into: Option<Variable>,
    },
    Assert(Test),
    Set(Vec<(Variable, Expr)>),
    /// The variables' places in the script's names.
    Unset(Vec<usize>),
    Loop(Box<Loop>),
    If {
        test: Test,
        then: Vec<Command>,
        otherwise: Vec<Command>,
    },
}

/// `FLOAT` and `FLOATP`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FloatAction {
    pub(super) min: Expr,
    pub(super) max: Expr,
    /// The least and the largest number of decimals.
    pub(super) decimals: Option<(Expr, Expr)>,
    pub(super) into: Option<Variable>,
    pub(super) notation: Notation,
}

/// How a float may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notation {
    Any,
    Fixed,
    Scientific,
}

/// `REP`, `REPI`, `WHILE` and `WHILEI`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Loop {
    /// Has the number of rounds that are done.
    pub(super) counter: Option<Variable>,
    pub(super) rounds: Rounds,
    pub(super) separator: Option<Command>,
    pub(super) body: Vec<Command>,
}

/// How often a loop goes round.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Rounds {
    Count(Expr),
    While(Test),
}

/// A variable, or one place of an array.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Variable {
    /// Its place in the script's names.
    pub(super) name: usize,
    pub(super) indices: Vec<Expr>,
}

/// What has a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr {
    Constant(Value),
    Variable(Variable),
    /// `STRLEN`.
    Length(Box<Expr>),
    Negative(Box<Expr>),
    /// Operators of one rank, from the left.
    Chain(Box<Expr>, Vec<(Operator, Expr)>),
}

/// What makes one number of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Plus,
    Minus,
    Times,
    Over,
    Modulo,
    Power,
}

/// What holds or does not.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    Not(Box<Test>),
    /// From the left.
    Chain(Box<Test>, Vec<(Junction, Test)>),
    Compare(Box<Comparison>),
    IsEof,
    Match(Expr),
    Unique(Vec<usize>),
    InArray(Expr, usize),
}

/// What makes one test of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Junction {
    And,
    Or,
}

/// Two values and how one is to be to the other.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Comparison {
    pub(super) left: Expr,
    pub(super) relation: Relation,
    pub(super) right: Expr,
}

/// How one value is to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Less,
    Greater,
    AtMost,
    AtLeast,
    Equal,
    Unequal,
}

impl Operator {
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Times => "*",
            Self::Over => "/",
            Self::Modulo => "%",
            Self::Power => "^",
        }
    }
}

impl Relation {
    pub(super) const ALL: [Self; 6] = [
        Self::Less,
        Self::Greater,
        Self::AtMost,
        Self::AtLeast,
        Self::Equal,
        Self::Unequal,
    ];

    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::Greater => ">",
            Self::AtMost => "<=",
            Self::AtLeast => ">=",
            Self::Equal => "==",
            Self::Unequal => "!=",
        }
    }

    pub(super) fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::Greater => order.is_gt(),
            Self::AtMost => order.is_le(),
            Self::AtLeast => order.is_ge(),
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
        }
    }
}
