//! The log on standard error: lines for people, or one JSON object a line for programs.
//!
//! Without `RUST_LOG`, warnings are written and one line for each judged submission (the target `judged`).

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use env_logger::fmt::Formatter;
use log::Record;
use log::kv::{Error, Key, Value, VisitSource};
use serde::Deserialize;
use serde_json::{Map, json};

/// What is written where `RUST_LOG` says nothing.
const FILTER: &str = "warn,judged=info";

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogForm {
    /// For people.
    Readable,
    /// For programs.
    Json,
}

/// The configuration is read after the first lines may have been written.
static AS_JSON: AtomicBool = AtomicBool::new(false);

/// Begins to log, in the readable form.
pub(crate) fn begin() {
    let environment = env_logger::Env::default().default_filter_or(FILTER);
    env_logger::Builder::from_env(environment)
        .format(|out, record| {
            if AS_JSON.load(Ordering::Relaxed) {
                write_json(out, record)
            } else {
                write_readable(out, record)
            }
        })
        .init();
}

/// From now on lines have this form.
pub(crate) fn write_as(form: LogForm) {
    AS_JSON.store(form == LogForm::Json, Ordering::Relaxed);
}

fn write_readable(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    let (time, target) = (out.timestamp_millis(), record.target());
    let style = out.default_level_style(record.level());
    let level = record.level();
    write!(
        out,
        "{time} {style}{level:<5}{style:#} {target}: {}",
        record.args()
    )?;
    for (key, value) in pairs(record) {
        write!(out, " {key}={value}")?;
    }
    writeln!(out)
}

fn write_json(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    let mut line = Map::new();
    line.insert("time".to_owned(), json!(out.timestamp_millis().to_string()));
    line.insert("level".to_owned(), json!(record.level().as_str()));
    line.insert("target".to_owned(), json!(record.target()));
    line.insert("message".to_owned(), json!(record.args().to_string()));
    line.extend(pairs(record));
    writeln!(out, "{}", serde_json::Value::Object(line))
}

/// What a record says beside its message.
fn pairs(record: &Record<'_>) -> Map<String, serde_json::Value> {
    let mut pairs = Pairs(Map::new());
    // The visitor below refuses nothing.
    let _ = record.key_values().visit(&mut pairs);
    pairs.0
}

struct Pairs(Map<String, serde_json::Value>);

impl<'kvs> VisitSource<'kvs> for Pairs {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        let number = value.to_i64().map(|number| json!(number));
        let number = number.or_else(|| value.to_u64().map(|number| json!(number)));
        let number = number.or_else(|| value.to_f64().map(|number| json!(number)));
        let json = number.unwrap_or_else(|| json!(value.to_string()));
        self.0.insert(key.to_string(), json);
        Ok(())
    }
}
