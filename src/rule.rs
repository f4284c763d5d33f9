//! Rules of the product that a person can run into.

/// An error whose text is meant for the person who asked: a sentence that says what is, and what to do.
///
/// Anything that implements it becomes [`Error::Refused`](crate::error::Error) with `?` and is shown as written.
pub trait Rule: std::error::Error + Send + Sync + 'static {
    /// The word for machines: `squad_full`. Stable, part of the interface.
    fn code(&self) -> &'static str;

    /// The field of the form that the sentence stands beside, if it is about one.
    fn field(&self) -> Option<&'static str> {
        None
    }

    /// True for what could succeed at another moment (409), false for what was typed wrong (422).
    fn is_conflict(&self) -> bool {
        false
    }
}
