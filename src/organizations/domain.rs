//! Organizations.

use crate::text::text;

text!(
    /// The name of an organization.
    OrganizationName, line, "the organization's name", 1, 80
);
text!(
    /// What unites an organization (CVS: "united by a common purpose").
    CommonPurpose, prose, "the common purpose", 0, 500
);
