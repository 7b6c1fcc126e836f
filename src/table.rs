//! Text laid out in columns, and its colours where a terminal shows them.

use std::fmt::Write;

/// The colour of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tint {
    /// As the terminal has it.
    Plain,
    /// Good.
    Green,
    /// Bad.
    Red,
    /// Of doubtful use.
    Yellow,
    /// Less important.
    Dim,
    /// More important.
    Bold,
}

/// On which side a column's text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

/// Rows of cells under headings.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<(String, Side)>,
    rows: Vec<Vec<(String, Tint)>>,
}

impl Table {
    /// A table with these headings.
    pub(crate) fn new(columns: &[(&str, Side)]) -> Self {
        Self {
            columns: columns
                .iter()
                .map(|&(heading, side)| (heading.to_owned(), side))
                .collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; it has a cell for each column.
    pub(crate) fn row(&mut self, cells: Vec<(String, Tint)>) {
        assert_eq!(cells.len(), self.columns.len(), "a cell for each column");
        self.rows.push(cells);
    }

    /// The table's text; columns that are empty in all rows are left out.
    pub(crate) fn render(&self, coloured: bool) -> String {
        let shown: Vec<usize> = (0..self.columns.len())
            .filter(|&at| self.rows.iter().any(|row| !row[at].0.is_empty()))
            .collect();
        let widths: Vec<usize> = shown.iter().map(|&at| self.width(at)).collect();
        let headings: Vec<_> = self
            .columns
            .iter()
            .map(|(heading, _)| (heading.clone(), Tint::Dim))
            .collect();
        let mut text = String::new();
        for row in std::iter::once(&headings).chain(&self.rows) {
            let mut line = String::new();
            for (&at, &width) in shown.iter().zip(&widths) {
                let (cell, tint) = &row[at];
                let gap = " ".repeat(width.saturating_sub(cell.chars().count()));
                let cell = tinted(cell, *tint, coloured);
                // Writing to a string cannot fail.
                let _ = match self.columns[at].1 {
                    Side::Left => write!(line, "  {cell}{gap}"),
                    Side::Right => write!(line, "  {gap}{cell}"),
                };
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    fn width(&self, column: usize) -> usize {
        self.rows
            .iter()
            .map(|row| row[column].0.chars().count())
            .chain([self.columns[column].0.chars().count()])
            .max()
            .unwrap_or(0)
    }
}

/// A text in a colour, if colours are shown.
pub(crate) fn tinted(text: &str, tint: Tint, coloured: bool) -> String {
    let code = match tint {
        Tint::Plain => return text.to_owned(),
        Tint::Green => "32",
        Tint::Red => "31",
        Tint::Yellow => "33",
        Tint::Dim => "2",
        Tint::Bold => "1",
    };
    if coloured && !text.is_empty() {
        format!("\x1b[{code}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

/// Text of a stranger for a terminal: control characters are shown and not obeyed.
pub(crate) fn harmless(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            '\n' | '\t' => letter,
            letter if letter.is_control() => '\u{fffd}',
            letter => letter,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_empty_ones_left_out() {
        let mut table = Table::new(&[
            ("test", Side::Left),
            ("ms", Side::Right),
            ("note", Side::Left),
        ]);
        table.row(vec![
            ("a".into(), Tint::Plain),
            ("5".into(), Tint::Plain),
            (String::new(), Tint::Plain),
        ]);
        table.row(vec![
            ("longer".into(), Tint::Green),
            ("1234".into(), Tint::Plain),
            (String::new(), Tint::Plain),
        ]);
        assert_eq!(
            table.render(false),
            "  test      ms\n  a          5\n  longer  1234\n"
        );
        assert!(table.render(true).contains("\x1b[32mlonger\x1b[0m"));
    }

    #[test]
    fn control_sequences_are_not_obeyed() {
        assert_eq!(harmless("a\x1b[2Jb\n"), "a\u{fffd}[2Jb\n");
    }
}
