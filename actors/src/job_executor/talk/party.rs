//! Who takes part in a talk: the processes of the submission, by their index, and the interactor.

use tribunal_problems::Side;

/// One who takes part in a talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::job_executor) enum Party {
    /// A process of the submission.
    Program(usize),
    /// The jury's program.
    Interactor,
}

impl Party {
    /// Whose it is.
    pub(in crate::job_executor) fn side(self) -> Side {
        match self {
            Self::Program(_) => Side::Program,
            Self::Interactor => Side::Interactor,
        }
    }

    /// Its place in lists of all, which have the interactor behind so many programs.
    pub(super) fn place(self, programs: usize) -> usize {
        match self {
            Self::Program(index) => index,
            Self::Interactor => programs,
        }
    }

    /// Everybody, in the order of their places.
    pub(super) fn all(programs: usize) -> impl Iterator<Item = Self> {
        (0..programs).map(Self::Program).chain([Self::Interactor])
    }
}
