//! Columns of text.

/// Rows of cells that are printed with their columns in line.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<Vec<Cell>>,
}

/// One cell: what is shown, and how wide it is without colour.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    shown: String,
    width: usize,
    side: Side,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Side {
    Left,
    Right,
}

impl Cell {
    /// Plain text.
    pub(super) fn text(text: impl Into<String>) -> Self {
        let shown = text.into();
        Self { width: width(&shown), shown, side: Side::Left }
    }

    /// A number, set to the right.
    pub(super) fn number(text: impl Into<String>) -> Self {
        Self { side: Side::Right, ..Self::text(text) }
    }

    /// The same cell with its text dressed by `paint`.
    pub(super) fn painted(mut self, paint: impl FnOnce(&str) -> String) -> Self {
        self.shown = paint(&self.shown);
        self
    }
}

impl Table {
    /// No rows yet.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Adds a row; rows may have different numbers of cells.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The lines, each after `indent`, columns two blanks apart, without blanks at the end.
    pub(super) fn render(&self, indent: &str) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let cell_width =
            |column: usize| self.rows.iter().filter_map(move |row| row.get(column)).map(|cell| cell.width);
        let widths: Vec<usize> = (0..columns).map(|column| cell_width(column).max().unwrap_or(0)).collect();
        let mut out = String::new();
        for row in &self.rows {
            out.push_str(format!("{indent}{}", line(row, &widths)).trim_end());
            out.push('\n');
        }
        out
    }
}

fn line(row: &[Cell], widths: &[usize]) -> String {
    let cells = row.iter().zip(widths).map(|(cell, width)| {
        let blanks = " ".repeat(width.saturating_sub(cell.width));
        match cell.side {
            Side::Left => format!("{}{blanks}", cell.shown),
            Side::Right => format!("{blanks}{}", cell.shown),
        }
    });
    cells.collect::<Vec<_>>().join("  ")
}

fn width(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::paint::Paint;

    #[test]
    fn lines_up_columns_without_blanks_at_the_end() {
        let mut table = Table::new();
        table.row([Cell::text("name"), Cell::text("rows"), Cell::text("error")]);
        table.row([Cell::text("öl"), Cell::number("12"), Cell::text("")]);
        assert_eq!(table.render("  "), "  name  rows  error\n  öl      12\n");
    }

    #[test]
    fn colour_has_no_width() {
        let mut table = Table::new();
        table.row([Cell::text("ok").painted(|text| Paint::Colour.green(text)), Cell::text("x")]);
        table.row([Cell::text("okay"), Cell::text("x")]);
        assert_eq!(table.render(""), "\u{1b}[32mok\u{1b}[0m    x\nokay  x\n");
    }
}
