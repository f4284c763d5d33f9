//! The small parts of the interface that need a computation: icons, initials, colours, meters, charts, dates.
//!
//! Each function returns a value that writes itself into a template: `{{ crate::web::ui::avatar(member.name) }}`. Data
//! becomes SVG geometry or a class, never a style; colour never carries a meaning alone. What needs no computation is
//! a macro in `templates/components/`.

mod chart;
mod form;
mod identity;
mod marks;
mod when;

pub use chart::{Spark, spark};
pub use form::{DescribedBy, Maybe, described_by, either, meanwhile};
pub use identity::{Avatar, Avatars, Tag, avatar, avatars, core_tag, hue, initials, monogram, tag};
pub use marks::{
    Coverage, Icon, Level, Pips, Shape, SizeMeter, Trend, banner_icon, coverage, icon, level,
    level_words, pips, severity_icon, severity_words, shape, size_meter, trend,
};
pub use when::{Date, Moment, date, day, inside, moment, when};

/// A whole number as templates hand it over: by value or by reference, of any size.
pub trait Number {
    fn number(&self) -> i64;
}

macro_rules! number {
    ($($int:ty),*) => {
        $(impl Number for $int {
            fn number(&self) -> i64 {
                i64::from(*self)
            }
        })*
    };
}
number!(u8, u16, u32, i8, i16, i32, i64);

impl Number for usize {
    fn number(&self) -> i64 {
        i64::try_from(*self).unwrap_or(i64::MAX)
    }
}

impl<T: Number + ?Sized> Number for &T {
    fn number(&self) -> i64 {
        (**self).number()
    }
}
