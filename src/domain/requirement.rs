//! What somebody else's operation asks of its caller, beside being signed in.

use super::{
    role::{Roles, is_role},
    scope::{MAX_SCOPE_LENGTH, Scopes},
};

/// What a caller must have. Each list that is there has to be met, by any one of its names: what is
/// appended to a requirement makes it narrower or unreadable, never wider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requirement<'a> {
    /// Names with commas between them, all of them good.
    roles: Option<&'a str>,
    scopes: Option<&'a str>,
}

/// Why a requirement cannot be read. Nobody meets such a one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RequirementError {
    /// `role` is no list of roles.
    Role,
    /// `scope` is no list of scopes.
    Scope,
    /// The same parameter again.
    Twice,
    /// Another parameter.
    Unknown,
}

/// What a caller lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lacking {
    /// All of the roles.
    Role,
    /// All of the scopes.
    Scope,
}

impl<'a> Requirement<'a> {
    /// Reads parameters: `role` and `scope`, each at most once. Values are taken as they stand.
    pub fn parse(
        parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, RequirementError> {
        let mut requirement = Self::default();
        for (name, value) in parameters {
            let (list, is_good, error): (_, fn(&str) -> bool, _) = match name {
                "role" => (&mut requirement.roles, is_role, RequirementError::Role),
                "scope" => (&mut requirement.scopes, is_scope, RequirementError::Scope),
                _ => return Err(RequirementError::Unknown),
            };
            if !value.split(',').all(is_good) {
                return Err(error);
            }
            if list.replace(value).is_some() {
                return Err(RequirementError::Twice);
            }
        }
        Ok(requirement)
    }

    /// True if it asks for a scope: a machine is to meet it, and no user can.
    pub const fn is_for_machines(&self) -> bool {
        self.scopes.is_some()
    }

    /// Whether a machine with these scopes meets it. Roles are what users have: no machine has any.
    pub fn met_by_machine(&self, scopes: &Scopes) -> Result<(), Lacking> {
        if self.roles.is_some() {
            return Err(Lacking::Role);
        }
        match self.scopes {
            Some(names) if names.split(',').any(|name| scopes.contains(name)) => Ok(()),
            Some(_) | None => Err(Lacking::Scope),
        }
    }

    /// Whether a user with these roles meets it. Scopes are what machines have: no user has any.
    pub fn met_by_user(&self, roles: &Roles) -> Result<(), Lacking> {
        if self.scopes.is_some() {
            return Err(Lacking::Scope);
        }
        match self.roles {
            Some(names) if !names.split(',').any(|name| roles.contains(name)) => Err(Lacking::Role),
            Some(_) | None => Ok(()),
        }
    }
}

/// What needs no escape in a query, of what RFC 6749 section 3.3 allows.
fn is_scope(name: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/".contains(&b);
    (1..=MAX_SCOPE_LENGTH).contains(&name.len()) && name.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select};

    use super::*;

    fn roles(names: &[&str]) -> Roles {
        Roles::parse(names.iter().copied()).unwrap()
    }

    fn judge(parameters: &[(&'static str, &'static str)], held: &[&str]) -> Result<(), Lacking> {
        Requirement::parse(parameters.iter().copied()).unwrap().met_by_user(&roles(held))
    }

    #[test]
    fn nothing_asked_is_met_by_everybody() {
        assert_eq!(judge(&[], &[]), Ok(()));
        assert_eq!(judge(&[], &["editor"]), Ok(()));
    }

    #[test]
    fn one_of_the_roles_is_enough_and_its_whole_name_counts() {
        for held in [&["editor"][..], &["admin"], &["a", "editor", "z"], &["admin", "editor"]] {
            assert_eq!(judge(&[("role", "editor,admin")], held), Ok(()), "{held:?}");
        }
        for held in [&[][..], &["edit"], &["editors"], &["viewer", "admin-2"]] {
            assert_eq!(judge(&[("role", "editor,admin")], held), Err(Lacking::Role), "{held:?}");
        }
    }

    #[test]
    fn no_user_has_a_scope_whatever_his_roles_are_called() {
        assert_eq!(judge(&[("scope", "orders:read")], &["editor"]), Err(Lacking::Scope));
        assert_eq!(judge(&[("scope", "editor")], &["editor"]), Err(Lacking::Scope));
        let both = [("role", "editor"), ("scope", "orders:read")];
        assert_eq!(judge(&both, &["editor"]), Err(Lacking::Scope));
    }

    #[test]
    fn one_of_the_scopes_is_enough_and_no_machine_has_a_role() {
        let held = Scopes::parse("orders:read stock").unwrap();
        let judge = |parameters: &[(&'static str, &'static str)]| {
            let requirement = Requirement::parse(parameters.iter().copied()).unwrap();
            (requirement.is_for_machines(), requirement.met_by_machine(&held))
        };
        assert_eq!(judge(&[("scope", "orders:read")]), (true, Ok(())));
        assert_eq!(judge(&[("scope", "x,stock")]), (true, Ok(())));
        assert_eq!(judge(&[("scope", "orders")]), (true, Err(Lacking::Scope)));
        assert_eq!(judge(&[("scope", "stock"), ("role", "a")]), (true, Err(Lacking::Role)));
        assert_eq!(judge(&[]), (false, Err(Lacking::Scope)));
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        let parse = |parameters: &[(&'static str, &'static str)]| {
            Requirement::parse(parameters.iter().copied()).unwrap_err()
        };
        for bad in ["", ",", "a,", ",a", "a,,b", "A", "a b", "a+b", "%61", "é", "a\0", "1"] {
            assert_eq!(parse(&[("role", bad)]), RequirementError::Role, "{bad:?}");
        }
        for bad in ["", "a,", "a b", "a+b", "orders%3Aread", "é", "a\"", "a\\", "a;b"] {
            assert_eq!(parse(&[("scope", bad)]), RequirementError::Scope, "{bad:?}");
        }
        let long: &'static str = Box::leak("s".repeat(65).into_boxed_str());
        assert_eq!(parse(&[("scope", long)]), RequirementError::Scope);
        assert!(Requirement::parse([("scope", &long[1..])]).is_ok());
        for name in ["", "Role", "roles", "role[]", " role", "rol%65", "page"] {
            assert_eq!(parse(&[(name, "editor")]), RequirementError::Unknown, "{name:?}");
        }
    }

    /// A client whose query ends up behind the requirement gains nothing.
    #[test]
    fn what_is_appended_never_widens_it() {
        for name in ["role", "scope"] {
            let twice = Requirement::parse([(name, "editor"), (name, "viewer")]);
            assert_eq!(twice, Err(RequirementError::Twice));
            assert_eq!(
                Requirement::parse([(name, "a"), (name, "a")]),
                Err(RequirementError::Twice)
            );
        }
        assert_eq!(judge(&[("scope", "a"), ("role", "editor")], &["editor"]), Err(Lacking::Scope));
        assert_eq!(judge(&[("role", "admin")], &["editor"]), Err(Lacking::Role));
    }

    fn parameters() -> impl Strategy<Value = Vec<(&'static str, String)>> {
        let name = select(vec!["role", "role", "scope", "page"]);
        let value = prop_oneof!["[a-c]", "[a-c](,[a-c]){0,2}", "[a-c,%=]{0,3}", ".{0,4}"];
        vec((name, value), 0..3)
    }

    fn passes(parameters: &[(&'static str, String)], held: &Roles) -> bool {
        let parameters = parameters.iter().map(|(name, value)| (*name, value.as_str()));
        Requirement::parse(parameters).is_ok_and(|asked| asked.met_by_user(held).is_ok())
    }

    proptest! {
        #[test]
        fn nobody_passes_with_more_asked_who_does_not_pass_with_less(
            asked in parameters(),
            more in parameters(),
            held in vec("[a-c]", 0..3),
        ) {
            let held = Roles::parse(held).unwrap();
            let longer = [asked.clone(), more].concat();
            prop_assert!(!passes(&longer, &held) || passes(&asked, &held));
        }
    }
}
