//! What a package's grader is to be asked, and what it has said.
//!
//! A group is asked about as soon as all in it is known, also while a test before it still runs: what it comes to does not
//! depend on that. Where it then turns out to be no part of the result, its grade is not looked at.

use super::{Generator, GeneratorError, Rule, tree};
use crate::grader::Grade;
use crate::scoring::Grading;

impl Generator {
    /// Gives out the next question to the package's grader; `None` if there is none now.
    pub fn next_grading(&mut self) -> Option<Grading> {
        let mut open = self.open_gradings().into_iter();
        let grading = open.find(|grading| !self.course.asked.contains(&grading.group))?;
        self.course.asked.insert(grading.group);
        Some(grading)
    }

    /// The grader was asked about a group: what it says, or why it is broken.
    ///
    /// # Errors
    /// It was not to be asked, or has answered.
    pub fn graded(
        &mut self,
        group: usize,
        grade: Result<Grade, String>,
    ) -> Result<(), GeneratorError> {
        let is_open = self.course.asked.contains(&group) && self.course.grades[group].is_none();
        if !is_open {
            return Err(GeneratorError::NotGraded(group));
        }
        self.course.grades[group] = Some(grade);
        self.settle();
        Ok(())
    }

    pub(super) fn open_gradings(&self) -> Vec<Grading> {
        match &self.rule {
            Rule::Tree(scoring) if self.course.compiled && self.end.is_none() => {
                tree::gradings(scoring, &self.course)
            }
            _ => Vec::new(),
        }
    }

    /// Something has become known.
    pub(super) fn settle(&mut self) {
        if self.end.is_some() {
            return;
        }
        if let Rule::Tree(scoring) = &self.rule {
            tree::grade(scoring, &mut self.course);
        }
        self.end = self.final_if_settled();
    }
}
