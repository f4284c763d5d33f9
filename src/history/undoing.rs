//! What can be undone: to whom an inverse is offered, or why there is none. The inverses themselves are in `undo`.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::actor::Roles;

/// For so long a change can be undone.
pub const UNDO_FOR: TimeDelta = TimeDelta::hours(24);

/// What is said of a kind that is not named below: one of an earlier version.
pub const UNKNOWN: &str = "change it by hand";

/// Who may do the inverse of a change. The service decides; this is for showing the button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inverse {
    /// Leaders and admins.
    Designers,
    /// The squad's members, and leaders.
    Leaders,
    /// The squad's members, leaders and admins; oneself, leaders and admins.
    OneselfOrDesigners,
    /// The squad's members.
    Oneself,
}

impl Inverse {
    /// Whether Undo is shown to somebody: by their roles, or because they made the change.
    pub fn is_offered(self, roles: Roles, is_own: bool) -> bool {
        match self {
            Self::Designers => roles.may_design(),
            Self::Leaders => is_own || roles.may_lead(),
            Self::OneselfOrDesigners => is_own || roles.may_design(),
            Self::Oneself => is_own,
        }
    }
}

/// The inverse of a change, or in few words why there is none.
#[expect(clippy::too_many_lines, reason = "a table")]
pub fn undoing(
    kind: &str,
    before: Option<&Value>,
    after: Option<&Value>,
) -> Result<Inverse, &'static str> {
    let says = |value: Option<&Value>, field| value.is_some_and(|value| value.get(field).is_some());
    match kind {
        // The same word for a team and for the organization, where it says no names of those who were added.
        "members_added" if !says(after, "added") => Err("deactivate them instead"),
        "members_added"
        | "member_removed"
        | "member_moved"
        | "members_swapped"
        | "memberships_restored"
        | "membership_edited"
        | "squad_edited"
        | "core_team_edited"
        | "squad_activated"
        | "squad_returned_to_forming"
        | "skill_changed"
        | "skill_archived"
        | "skill_restored"
        | "product_squad_added"
        | "product_squad_removed"
        | "product_hat_given"
        | "product_hat_laid_down"
        | "member_deactivated" => Ok(Inverse::Designers),
        "mission_written" if before.is_none() => Err("it is the first mission; write another"),
        "mission_written" => Ok(Inverse::Leaders),
        "member_changed" if after.is_some_and(|after| after["email_changed"] == true) => {
            Err("the earlier address is not kept here")
        }
        "need_set" | "need_removed" | "skills_rated" | "member_changed" => {
            Ok(Inverse::OneselfOrDesigners)
        }
        // Of what was dropped or made ready before it was kept where the item stood.
        "items_dropped" if !says(before, "stages") => Err("propose them again"),
        "item_made_ready" if !says(before, "stood_below") => {
            Err("say that it is not ready after all")
        }
        "goal_metric_chosen" if before.is_none() => Err("make another metric the goal"),
        "metric_changed" | "metric_checked_in" | "check_in_corrected" | "check_in_withdrawn"
        | "item_dropped" | "items_dropped" | "item_made_ready" | "goal_metric_chosen"
        | "item_ordered" | "item_blocked" | "item_unblocked" | "coaching_limit_set" => {
            Ok(Inverse::Oneself)
        }
        "item_proposed" | "item_reopened" | "health_action_taken" => Err("drop it instead"),
        "items_made_ready" => Err("say of each that it is not ready after all"),
        "item_set_back" => Err("make it ready again"),
        "items_restored" => Err("drop it again with a reason"),
        "item_edited" => Err("edit it again"),
        "items_imported" => Err("drop those that are not wanted"),
        "items_broadened" | "items_classed" => Err("change them again"),
        "item_pulled" => Err("return it with a reason"),
        "item_returned" | "coaching_let_go" => Err("pull it again"),
        "item_with_customers" => Err("take it back into work"),
        "item_resumed" => Err("go to customers again"),
        "item_finished" => Err("what is done is done; propose what is left"),
        "item_commented" => Err("what was said was read; say something else"),
        "item_template_added" => Err("remove it instead"),
        "item_template_removed" => Err("add it again"),
        "learning_plan_made" | "learning_plan_changed" | "learning_step_changed" => {
            Err("change the plan again")
        }
        "learning_step_added" => Err("remove the step instead"),
        "learning_step_removed" => Err("add the step again"),
        "learning_practised" => Err("what was practised stays; write down what came after"),
        "learning_signed_off" => Err("take it back with a reason"),
        "learning_sign_off_taken_back" => Err("sign the step off again"),
        "learning_reflected" => Err("write it again"),
        "learning_feedback_asked" | "learning_feedback_given" => {
            Err("what was said was read; say something else")
        }
        "learning_template_kept" => Err("keep another one under a name of its own"),
        "coaching_requested" | "coaching_offer_accepted" => Err("withdraw the request instead"),
        "coaching_pulled" => Err("put it back on the board with a reason"),
        "coaching_agreement_written" => Err("write another version"),
        "coaching_agreed" => Err("write another version, to which both agree"),
        "coaching_session_planned" => Err("call the session off instead"),
        "coaching_session_cancelled" => Err("plan another session"),
        "coaching_session_held" => Err("what took place took place"),
        "coaching_note_written" => Err("what was said was read; write another note"),
        "coaching_looked_back" => Err("the squad says now whether it helped"),
        "coaching_closed" | "coaching_withdrawn" => Err("the squad may ask again"),
        "coaching_offered" => Err("withdraw the offer instead"),
        "coaching_offer_declined" | "coaching_offer_withdrawn" => Err("offer it again"),
        "health_round_opened" => Err("close it instead"),
        "health_round_closed" => Err("its answers are nobody’s any more; open another"),
        "health_agreed" => Err("agree on something else"),
        "health_action_followed_up" => Err("take it again after the next health check"),
        "health_dimension_reworded" => Err("word it again; its line breaks once more"),
        "health_pack_ended" | "health_dimension_ended" => Err("take it up again"),
        "health_pack_resumed" | "health_dimension_resumed" | "health_schedule_created" => {
            Err("end it again")
        }
        "health_schedule_ended" => Err("plan it again"),
        "squad_created" | "core_team_created" => Err("dissolve it instead"),
        "squad_dissolved" | "core_team_dissolved" | "product_ended" | "apprenticeship_ended" => {
            Err("begin it anew")
        }
        "seat_opened" | "seat_closed" => Err("change it in the designer"),
        "link_made"
        | "product_created"
        | "apprenticeship_begun"
        | "health_pack_created"
        | "health_dimension_added" => Err("end it instead"),
        "link_changed"
        | "health_pack_changed"
        | "health_dimension_moved"
        | "health_settings_changed"
        | "health_schedule_changed"
        | "product_edited"
        | "product_policy_set"
        | "product_limits_set"
        | "apprenticeship_delegated" => Err("change it again"),
        "link_ended" => Err("make it again"),
        "product_handed_over" => Err("hand it over again"),
        "skill_added" => Err("archive it instead"),
        "skill_confirmed" | "skills_still_true" => Err("rate the skill anew"),
        "hat_added" => Err("a hat that nobody wears does no harm"),
        "member_added" | "member_reactivated" => Err("deactivate them instead"),
        "goal_metric_set" | "goal_metric_replaced" | "metric_replaced" => {
            Err("replace the metric again")
        }
        "metric_added" => Err("end the metric instead"),
        "metric_ended" => Err("add it again; its history stays with the old one"),
        "metric_token_made" => Err("revoke the token instead"),
        "metric_token_revoked" => Err("make a new token"),
        "members_imported" | "skills_imported" | "squad_imported" | "core_team_imported" => {
            Err("import a corrected file")
        }
        "organization_changed" => Err("change it again in the settings"),
        "organization_founded" => Err("everything here began with it"),
        "access_removed"
        | "invitation_accepted"
        | "invitation_renewed"
        | "invitation_revoked"
        | "member_invited"
        | "reset_link_made"
        | "roles_changed"
        | "sessions_ended" => Err("it is about accounts; see the settings"),
        _ => Err(UNKNOWN),
    }
}

/// Whether a change is young enough.
pub fn is_young(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - at <= UNDO_FOR
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_of_a_team_go_again_and_members_of_the_organization_stay() {
        let in_a_team = json!({"members": 2, "added": []});
        assert_eq!(undoing("members_added", None, Some(&in_a_team)), Ok(Inverse::Designers));
        assert!(undoing("members_added", None, Some(&json!({"members": ["A"]}))).is_err());
    }

    #[test]
    fn what_the_history_does_not_keep_is_not_undone() {
        assert!(undoing("mission_written", None, Some(&json!({}))).is_err());
        assert!(undoing("mission_written", Some(&json!({})), Some(&json!({}))).is_ok());
        assert!(undoing("member_changed", None, Some(&json!({"email_changed": true}))).is_err());
        assert!(undoing("member_changed", None, Some(&json!({"email_changed": false}))).is_ok());
    }

    #[test]
    fn a_day_is_the_longest() {
        let now = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(9);
        assert!(is_young(now - TimeDelta::hours(24), now));
        assert!(!is_young(now - TimeDelta::hours(24) - TimeDelta::seconds(1), now));
    }

    #[test]
    fn undo_is_shown_to_those_who_may_do_the_inverse() {
        let of = |words: &[&str]| Roles::parse(words).unwrap();
        assert!(Inverse::Designers.is_offered(of(&["admin"]), false));
        assert!(!Inverse::Designers.is_offered(of(&[]), true));
        assert!(Inverse::Leaders.is_offered(of(&["leader"]), false));
        assert!(!Inverse::Leaders.is_offered(of(&["admin"]), false));
        assert!(Inverse::Oneself.is_offered(of(&[]), true));
        assert!(!Inverse::Oneself.is_offered(of(&["admin", "leader"]), false));
        assert!(Inverse::OneselfOrDesigners.is_offered(of(&["admin"]), false));
    }
}
