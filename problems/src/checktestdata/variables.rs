//! What the variables of a running script have.

use std::collections::BTreeMap;

use super::Name;
use super::int::Int;
use super::value::Value;

/// All variables, by the places of their names.
#[derive(Debug)]
pub(super) struct Variables {
    tables: Vec<Table>,
}

/// One variable's values by their indices; one without an index has none in its key.
#[derive(Debug, Default)]
struct Table {
    values: BTreeMap<Vec<Int>, Value>,
    /// How often it has each value; kept where a script asks for that.
    counts: Option<BTreeMap<Value, u64>>,
    /// Bytes that its values take, about.
    bytes: u64,
}

/// Why a variable's tuples are not each once, or cannot be compared.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotUnique {
    /// None of its values is set.
    Unset(usize),
    /// Not all variables have the same indices.
    Indices(String),
    /// Two indices with the same values.
    Twice(String),
}

impl Variables {
    pub(super) fn new(names: &[Name]) -> Self {
        let table = |name: &Name| Table {
            counts: name.is_searched.then(BTreeMap::new),
            ..Table::default()
        };
        Self {
            tables: names.iter().map(table).collect(),
        }
    }

    pub(super) fn get(&self, name: usize, index: &[Int]) -> Option<&Value> {
        self.tables[name].values.get(index)
    }

    /// Sets a value; the answer is how many bytes more are held (may be negative).
    pub(super) fn set(&mut self, name: usize, index: Vec<Int>, value: Value) -> i64 {
        let table = &mut self.tables[name];
        let (before, bytes) = (table.bytes, value.bytes());
        let key_bytes = index.len() as u64 * 64;
        if let Some(counts) = &mut table.counts {
            *counts.entry(value.clone()).or_default() += 1;
        }
        table.bytes += bytes;
        match table.values.insert(index, value) {
            None => table.bytes += key_bytes,
            Some(old) => {
                table.bytes -= old.bytes();
                if let Some(counts) = &mut table.counts
                    && let Some(count) = counts.get_mut(&old)
                {
                    *count -= 1;
                    if *count == 0 {
                        counts.remove(&old);
                    }
                }
            }
        }
        table.bytes.cast_signed() - before.cast_signed()
    }

    /// Forgets all values; the answer is how many bytes are held no more.
    pub(super) fn unset(&mut self, name: usize) -> u64 {
        let table = &mut self.tables[name];
        table.values.clear();
        if let Some(counts) = &mut table.counts {
            counts.clear();
        }
        std::mem::take(&mut table.bytes)
    }

    /// How many values a variable has.
    pub(super) fn len(&self, name: usize) -> u64 {
        self.tables[name].values.len() as u64
    }

    /// Says whether a variable has a value somewhere.
    pub(super) fn has(&self, name: usize, value: &Value) -> bool {
        let table = &self.tables[name];
        match &table.counts {
            Some(counts) => counts.contains_key(value),
            None => table.values.values().any(|one| one == value),
        }
    }

    /// Makes sure that the variables' values at one index are not all those at another.
    pub(super) fn unique(&self, of: &[(usize, &str)]) -> Result<(), NotUnique> {
        if let Some((name, _)) = of.iter().find(|(name, _)| self.len(*name) == 0) {
            return Err(NotUnique::Unset(*name));
        }
        let (first, first_name) = of[0];
        let other = of
            .iter()
            .find(|(name, _)| self.len(*name) != self.len(first));
        if let Some((_, name)) = other {
            let problem = format!("{first_name} and {name} do not have the same indices");
            return Err(NotUnique::Indices(problem));
        }
        let mut seen: BTreeMap<Vec<&Value>, &[Int]> = BTreeMap::new();
        for index in self.tables[first].values.keys() {
            let mut tuple = Vec::with_capacity(of.len());
            for (name, text) in of {
                let Some(value) = self.get(*name, index) else {
                    let problem = format!("{text} has no index {}", shown(index));
                    return Err(NotUnique::Indices(problem));
                };
                tuple.push(value);
            }
            if let Some(before) = seen.get(&tuple) {
                let values: Vec<String> = tuple.iter().map(ToString::to_string).collect();
                let problem = format!(
                    "({}) is at {} and again at {}",
                    values.join(", "),
                    shown(before),
                    shown(index)
                );
                return Err(NotUnique::Twice(problem));
            }
            seen.insert(tuple, index);
        }
        Ok(())
    }
}

/// An index for people.
pub(super) fn shown(index: &[Int]) -> String {
    let numbers: Vec<String> = index.iter().map(ToString::to_string).collect();
    format!("[{}]", numbers.join(","))
}
