//! A script on its way through an input.

use std::collections::BTreeMap;

use super::cursor::{Cursor, is_blank, shown};
use super::int::Int;
use super::regular::Regular;
use super::syntax::{Action, Command, Expr, Loop, Rounds, Test, Variable};
use super::value::{Value, quoted};
use super::variables::{NotUnique, Variables};
use super::{CheckOptions, InputPlace, Refusal, Script};

mod evaluate;
mod numbers;

/// How many regular expressions are kept ready.
const REGULARS_MAX: usize = 64;

/// All that changes while a script runs.
pub(super) struct Check<'a> {
    script: &'a Script,
    options: &'a CheckOptions,
    input: Cursor<'a>,
    variables: Variables,
    /// Bytes that the variables hold.
    bytes: u64,
    /// Steps that are left.
    steps: u64,
    /// Of the command that is carried out.
    line: u64,
    name: &'static str,
    /// By their texts.
    regulars: BTreeMap<Vec<u8>, Regular>,
}

/// Refusals are rare; what is returned all the time stays small.
type Checked<T> = Result<T, Box<Refusal>>;

impl<'a> Check<'a> {
    pub(super) fn new(script: &'a Script, input: &'a [u8], options: &'a CheckOptions) -> Self {
        Self {
            script,
            options,
            input: Cursor::new(input),
            variables: Variables::new(&script.names),
            bytes: 0,
            steps: options.steps_max,
            line: 1,
            name: "EOF",
            regulars: BTreeMap::new(),
        }
    }

    /// All commands, and the end of the input.
    pub(super) fn run(mut self) -> Checked<()> {
        if self.options.whitespace_ok {
            self.input.skip_blanks();
        }
        let script = self.script;
        self.block(&script.commands)?;
        self.line = script.last_line;
        self.name = "the end";
        self.end()
    }

    fn block(&mut self, commands: &'a [Command]) -> Checked<()> {
        commands
            .iter()
            .try_for_each(|command| self.command(command))
    }

    fn command(&mut self, command: &'a Command) -> Checked<()> {
        self.line = command.line;
        self.name = command.name;
        self.step(1)?;
        match &command.action {
            Action::Space => self.space(),
            Action::Newline => self.newline(),
            Action::Eof => self.end(),
            Action::Int { min, max, into } => self.int(min, max, into.as_ref()),
            Action::Float(float) => self.float(float),
            Action::Text(text) => self.text(text),
            Action::Regex { pattern, into } => self.regex(pattern, into.as_ref()),
            Action::Assert(test) => self.assert(test),
            Action::Set(assignments) => assignments.iter().try_for_each(|(variable, value)| {
                let value = self.value(value)?;
                self.set(variable, value)
            }),
            Action::Unset(names) => {
                for name in names {
                    self.step(self.variables.len(*name) / 8)?;
                    self.bytes -= self.variables.unset(*name);
                }
                Ok(())
            }
            Action::Loop(of) => self.repeat(of, command),
            Action::If {
                test,
                then,
                otherwise,
            } => {
                let chosen = if self.test(test)? { then } else { otherwise };
                self.block(chosen)
            }
        }
    }

    fn repeat(&mut self, of: &'a Loop, command: &Command) -> Checked<()> {
        let mut done = 0_u64;
        self.count(of, done)?;
        let times = match &of.rounds {
            Rounds::Count(count) => {
                let count = self.int_of(count, "the number of rounds")?;
                let Some(times) = count.to_u64() else {
                    return self.fault(format!("{count} rounds: negative or too many"));
                };
                Some(times)
            }
            Rounds::While(_) => None,
        };
        loop {
            // The commands of a round have put their own lines here.
            self.line = command.line;
            self.name = command.name;
            self.step(1)?;
            let goes_on = match (&of.rounds, times) {
                (Rounds::While(test), _) => self.test(test)?,
                (Rounds::Count(_), times) => times.is_some_and(|times| done < times),
            };
            if !goes_on {
                return Ok(());
            }
            if let Some(separator) = of.separator.as_ref().filter(|_| done > 0) {
                self.command(separator)?;
            }
            self.block(&of.body)?;
            done += 1;
            self.count(of, done)?;
        }
    }

    /// Lets a loop's variable know how many rounds are done.
    fn count(&mut self, of: &'a Loop, done: u64) -> Checked<()> {
        let done = Value::Int(Int::Small(done.cast_signed()));
        match &of.counter {
            Some(counter) => self.set(counter, done),
            None => Ok(()),
        }
    }

    fn space(&mut self) -> Checked<()> {
        let place = self.input.place();
        if self.options.whitespace_ok {
            if self.input.take_if(is_blank) {
                self.input.skip_blanks();
                return Ok(());
            }
        } else if self.input.take_if(|byte| byte == b' ') {
            return Ok(());
        }
        self.expected(place, "a space")
    }

    fn newline(&mut self) -> Checked<()> {
        if self.options.whitespace_ok {
            self.input.skip_blanks();
        }
        let place = self.input.place();
        if !self.input.take_if(|byte| byte == b'\n') {
            return self.expected(place, "a newline");
        }
        if self.options.whitespace_ok {
            self.input.skip_blanks();
        }
        Ok(())
    }

    fn end(&mut self) -> Checked<()> {
        match self.input.peek() {
            None => Ok(()),
            Some(_) => self.expected(self.input.place(), "the end of the input"),
        }
    }

    fn text(&mut self, text: &Expr) -> Checked<()> {
        let text = self.text_of(text, "what is to be read")?;
        self.step(text.len() as u64 / 64)?;
        let rest = self.input.rest();
        let same = rest
            .iter()
            .zip(text.iter())
            .take_while(|(one, other)| one == other)
            .count();
        if same == text.len() {
            self.input.take(same);
            return Ok(());
        }
        let place = self.input.place();
        match same {
            0 => self.expected(place, &quoted(&text)),
            _ => {
                self.input.take(same);
                let what = format!("{} of {}", shown(Some(text[same])), quoted(&text));
                self.expected(self.input.place(), &what)
            }
        }
    }

    fn regex(&mut self, pattern: &Expr, into: Option<&Variable>) -> Checked<()> {
        let pattern = self.text_of(pattern, "the regular expression")?;
        if self.regulars.len() >= REGULARS_MAX && !self.regulars.contains_key(&*pattern) {
            self.regulars.clear();
        }
        if !self.regulars.contains_key(&*pattern) {
            // Making one ready takes long beside using it.
            self.step(1000)?;
            let regular = match Regular::new(&pattern) {
                Ok(regular) => regular,
                Err(problem) => return self.fault(format!("{}: {problem}", quoted(&pattern))),
            };
            self.regulars.insert(pattern.to_vec(), regular);
        }
        let regular = self.regulars.get_mut(&*pattern);
        let found = regular.map(|regular| regular.longest(self.input.rest()));
        let matched = match found {
            Some(Ok(matched)) => matched,
            Some(Err(problem)) => return self.fault(problem),
            None => return self.fault("the regular expression is gone".to_owned()),
        };
        self.step(matched.seen as u64 / 64)?;
        let Some(length) = matched.length else {
            let what = format!("what matches {}", quoted(&pattern));
            return self.expected(self.input.place(), &what);
        };
        let text = self.input.take(length);
        match into {
            Some(variable) => self.set(variable, Value::Text(text.into())),
            None => Ok(()),
        }
    }

    fn assert(&mut self, test: &Test) -> Checked<()> {
        let problem = match test {
            Test::Compare(comparison) => {
                let (left, right) = self.sides(comparison)?;
                let relation = comparison.relation;
                if self.compare(&left, relation, &right)? {
                    return Ok(());
                }
                format!("{left} {} {right} does not hold", relation.sign())
            }
            Test::Unique(names) => match self.unique(names)? {
                Ok(()) => return Ok(()),
                Err(problem) => problem,
            },
            other if self.test(other)? => return Ok(()),
            _ => "what is asserted does not hold".to_owned(),
        };
        self.refuse(self.input.place(), problem)
    }

    /// Whether variables' tuples are unique, or why not.
    fn unique(&mut self, names: &[usize]) -> Checked<Result<(), String>> {
        for name in names {
            // Each value is looked up among those before it.
            self.step(self.variables.len(*name) * 8)?;
        }
        let script = self.script;
        let of: Vec<(usize, &str)> = names
            .iter()
            .map(|name| (*name, script.names[*name].text.as_str()))
            .collect();
        match self.variables.unique(&of) {
            Ok(()) => Ok(Ok(())),
            Err(NotUnique::Unset(name)) => {
                self.fault(format!("{} is not set", script.names[name].text))
            }
            Err(NotUnique::Indices(problem) | NotUnique::Twice(problem)) => Ok(Err(problem)),
        }
    }

    /// Gives a variable a value.
    fn set(&mut self, variable: &Variable, value: Value) -> Checked<()> {
        let index = self.indices(&variable.indices)?;
        let more = self.variables.set(variable.name, index, value);
        self.bytes = self.bytes.saturating_add_signed(more);
        match self.bytes > self.options.bytes_max {
            true => self.fault("its variables take too much memory".to_owned()),
            false => Ok(()),
        }
    }

    /// Takes steps off what is left.
    fn step(&mut self, count: u64) -> Checked<()> {
        match self.steps.checked_sub(count) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => {
                let max = self.options.steps_max;
                self.fault(format!("it takes more than {max} steps"))
            }
        }
    }

    /// The input is something else than what is wanted here.
    fn expected<T>(&self, place: InputPlace, what: &str) -> Checked<T> {
        let found = shown(self.input.peek());
        self.refuse(place, format!("expected {what}, found {found}"))
    }

    /// The input is wrong.
    fn refuse<T>(&self, place: InputPlace, problem: String) -> Checked<T> {
        Err(Box::new(Refusal::Input {
            place,
            problem,
            command: self.name,
            script_line: self.line,
        }))
    }

    /// The script is wrong.
    fn fault<T>(&self, problem: String) -> Checked<T> {
        Err(Box::new(Refusal::Script {
            place: self.input.place(),
            problem,
            script_line: self.line,
        }))
    }
}
