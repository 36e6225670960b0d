//! What a template asks for: its parameters as it declares them, held against what is given.
//!
//! Always holds: the value of a parameter that is declared secret (`NoEcho`) is never kept, neither a
//! given one nor a default; what is missing is named with all that the template says of it.

use super::{Template, Value, text};

/// What stands in place of a value that nobody may read; AWS writes the same.
pub const HIDDEN: &str = "****";

/// One parameter as it is declared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// Its name.
    pub name: String,
    /// `String`, `Number`, `AWS::EC2::VPC::Id`.
    pub kind: String,
    /// Its default, [`HIDDEN`] where it is secret.
    pub default: Option<String>,
    /// Declared `NoEcho`.
    pub secret: bool,
    /// What the template says of it.
    pub about: String,
    /// The only values that are permitted; empty for any.
    pub allowed: Vec<String>,
}

impl Declared {
    /// What it is and takes, in one line: `Stage (String, one of dev, prod): where it runs`.
    pub fn words(&self) -> String {
        let one_of =
            if self.allowed.is_empty() { String::new() } else { format!(", one of {}", self.allowed.join(", ")) };
        let secret = if self.secret { ", secret" } else { "" };
        let about = if self.about.is_empty() { String::new() } else { format!(": {}", self.about) };
        format!("{} ({}{secret}{one_of}){about}", self.name, self.kind)
    }
}

/// The parameters of a template in the order of its text; none of one that cannot be read.
pub fn declared(template: &str) -> Option<Vec<Declared>> {
    let template = Template::parse(template).ok()?;
    Some(template.parameters.iter().map(|(name, value)| one(name, value)).collect())
}

fn one(name: &str, value: &Value) -> Declared {
    let word = |key: &str| value.get(key).map(text::value).unwrap_or_default();
    let secret = match value.get("NoEcho") {
        Some(Value::Bool(on)) => *on,
        Some(Value::String(on)) => on.eq_ignore_ascii_case("true"),
        // What cannot be read as a no is a yes: a value that was shown cannot be taken back.
        Some(_) => true,
        None => false,
    };
    let default = value.get("Default").map(|v| if secret { HIDDEN.to_owned() } else { text::value(v) });
    let allowed = value.get("AllowedValues").and_then(Value::as_array).into_iter().flatten().map(text::value);
    Declared {
        name: name.to_owned(),
        kind: word("Type"),
        default,
        secret,
        about: word("Description"),
        allowed: allowed.collect(),
    }
}

/// Blanks out the values of secret parameters, which AWS does and its imitations may not.
pub fn hide(template: &str, values: &mut [(String, String)]) {
    let declared = declared(template).unwrap_or_default();
    for (name, value) in values {
        if declared.iter().any(|d| d.secret && d.name == *name) {
            HIDDEN.clone_into(value);
        }
    }
}

/// What a deploy sends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// Parameters and their values.
    pub open: Vec<(String, String)>,
    /// Secret parameters, and the variable of the environment that has the value.
    pub secret: Vec<(String, String)>,
}

/// Holds what is given against what is declared. `kept` are the values that the deployed stack has;
/// those of secret parameters are [`HIDDEN`], and stay as they are.
///
/// # Errors
/// What is wrong or missing, and what to do.
pub fn settle(declared: &[Declared], given: &Given, kept: &[(String, String)]) -> Result<Given, (String, String)> {
    let find = |name: &str| declared.iter().find(|d| d.name == name);
    for (name, _) in given.open.iter().chain(&given.secret) {
        if find(name).is_none() {
            let has: Vec<&str> = declared.iter().map(|d| d.name.as_str()).collect();
            let has = if has.is_empty() { "it has none".to_owned() } else { format!("it has: {}", has.join(", ")) };
            return Err((format!("the template has no parameter {name}"), has));
        }
    }
    if let Some((name, _)) = given.open.iter().find(|(name, _)| find(name).is_some_and(|d| d.secret)) {
        let why = format!(
            "parameter {name} is secret (NoEcho), so its value is taken from a variable; the one given is in no record"
        );
        let remedy = format!(
            "put the value into a variable of the environment and name that: --secret {name}=VARIABLE, or a line `secret \
             {name}=VARIABLE` by `deploy-with` on the screen"
        );
        return Err((why, remedy));
    }
    if let Some((name, variable)) = given.secret.iter().find(|(name, _)| find(name).is_some_and(|d| !d.secret)) {
        let why = format!("parameter {name} is not declared NoEcho, so AWS shows its value to everybody");
        return Err((why, format!("declare it NoEcho, or give it openly: --parameter {name}=\"${variable}\"")));
    }
    let mut settled = given.clone();
    for (name, value) in kept {
        let open = find(name).is_some_and(|d| !d.secret) && value != HIDDEN;
        if open && !settled.open.iter().any(|(n, _)| n == name) {
            settled.open.push((name.clone(), value.clone()));
        }
    }
    let is_there = |d: &&Declared| {
        let named = |all: &[(String, String)]| all.iter().any(|(n, _)| *n == d.name);
        d.default.is_none() && !named(&settled.open) && !named(&settled.secret) && !named(kept)
    };
    let missing: Vec<&Declared> = declared.iter().filter(is_there).collect();
    if let Some(first) = missing.first() {
        let words: Vec<String> = missing.iter().map(|d| d.words()).collect();
        let how = match first.secret {
            true => format!("--secret {}=VARIABLE, with the value in that variable", first.name),
            false => format!("--parameter {}=VALUE", first.name),
        };
        let why = format!("the template asks for values that nothing gives: {}", words.join("; "));
        return Err((why, format!("give them: {how}, or a line each by `deploy-with` on the screen")));
    }
    settled.open.sort();
    settled.secret.sort();
    Ok(settled)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "Parameters:
  Stage: { Type: String, AllowedValues: [dev, prod], Description: where it runs }
  Size: { Type: Number, Default: 3 }
  Password: { Type: String, NoEcho: true }
  Token: { Type: String, NoEcho: 'true', Default: hunter2 }
Resources: { Q: { Type: 'AWS::SQS::Queue' } }
";

    fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
        all.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    fn settled(open: &[(&str, &str)], secret: &[(&str, &str)], kept: &[(&str, &str)]) -> Result<Given, String> {
        let given = Given { open: pairs(open), secret: pairs(secret) };
        settle(&declared(TEMPLATE).unwrap(), &given, &pairs(kept)).map_err(|(why, remedy)| format!("{why}; {remedy}"))
    }

    #[test]
    fn what_is_missing_is_named_with_what_it_takes() {
        let why = settled(&[], &[], &[]).unwrap_err();
        assert!(why.contains("Stage (String, one of dev, prod): where it runs; Password (String, secret)"), "{why}");
        assert!(why.contains("--parameter Stage=VALUE") && !why.contains("Size"), "{why}");
        let why = settled(&[("Stage", "dev")], &[], &[]).unwrap_err();
        assert!(why.contains("--secret Password=VARIABLE"), "{why}");
        let fine = settled(&[("Stage", "dev")], &[("Password", "DB")], &[]).unwrap();
        assert_eq!((fine.open, fine.secret), (pairs(&[("Stage", "dev")]), pairs(&[("Password", "DB")])));
    }

    #[test]
    fn a_deployed_stack_keeps_its_values_and_its_secrets() {
        let kept = [("Stage", "prod"), ("Password", "****"), ("Gone", "x")];
        let fine = settled(&[("Size", "4")], &[], &kept).unwrap();
        assert_eq!(fine.open, pairs(&[("Size", "4"), ("Stage", "prod")]), "a secret one is not sent as its stars");
        assert!(fine.secret.is_empty());
    }

    #[test]
    fn secrets_are_not_taken_openly_nor_told() {
        let why = settled(&[("Stage", "dev"), ("Password", "hunter3")], &[], &[]).unwrap_err();
        assert!(why.contains("NoEcho") && !why.contains("hunter3"), "{why}");
        let token = declared(TEMPLATE).unwrap().pop().unwrap();
        assert_eq!((token.secret, token.default.as_deref()), (true, Some(HIDDEN)));
        assert!(settled(&[("Other", "x")], &[], &[]).unwrap_err().contains("it has: Stage, Size"));
        assert!(settled(&[], &[("Stage", "VAR")], &[]).unwrap_err().contains("not declared NoEcho"));
        let mut values = pairs(&[("Stage", "dev"), ("Password", "hunter3")]);
        hide(TEMPLATE, &mut values);
        assert_eq!(values, pairs(&[("Stage", "dev"), ("Password", HIDDEN)]));
    }
}
