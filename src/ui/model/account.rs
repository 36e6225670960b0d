//! What the screen knows of the account, and the lists that are made of it.
//!
//! Filled by what the agent has seen, never from the journal: it is of now, and of this machine.

mod lists;

use std::collections::BTreeMap;

pub use self::lists::Drifted;
use super::listing::{Entry, Group, Target};
use crate::{
    config::theme::Role,
    domain::cloud::{
        Account, Drift, Place, Profile, desk,
        sight::{AppSeen, FunctionSeen, Seen, Trouble},
    },
};

/// The regions to choose from; another can be typed.
const REGIONS: &[&str] = &[
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "ca-central-1",
    "ca-west-1",
    "mx-central-1",
    "sa-east-1",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-east-1",
    "ap-east-2",
    "af-south-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "us-gov-east-1",
    "us-gov-west-1",
    "cn-north-1",
    "cn-northwest-1",
];

/// What an entry of such a list is taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick {
    /// Be this, there.
    Place(Place),
    /// Type a region.
    OtherRegion,
    /// Ask again who we are.
    Again,
    /// Call this function with a test event.
    Invoke(String),
    /// Something that has drifted.
    Drifted(Drifted),
    /// Deploy this.
    Deploy(Box<desk::Target>),
    /// Look at this stack instead.
    Stack(String),
}

/// The resources of each stack, other stacks, and what is in the way of the rest.
type Drifts = (Vec<(String, Vec<Drift>)>, Vec<String>, Option<Trouble>);

/// The stacks that were looked at, their functions, other stacks, and what is in the way of the rest.
type Functions = (Vec<String>, Vec<FunctionSeen>, Vec<String>, Option<Trouble>);

/// Something that is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Looked<T> {
    /// Not yet.
    #[default]
    Never,
    /// It was asked for.
    Asked,
    /// What was seen.
    Seen(T),
}

/// What is known of the account.
#[derive(Clone, Debug, Default)]
pub struct AccountView {
    /// AWS is part of the open spec, and it was asked who we are.
    pub asked: bool,
    /// Who we are.
    pub account: Option<Account>,
    /// Why that is not known.
    pub trouble: Option<Trouble>,
    /// What is chosen.
    pub place: Place,
    /// The profiles to choose from; nothing before they were looked at.
    pub profiles: Option<Vec<Profile>>,
    /// Why they could not be read.
    pub unreadable: Option<Trouble>,
    /// Functions of stacks.
    pub functions: Looked<Functions>,
    /// The event that a function was called with last, by its name.
    pub events: BTreeMap<String, String>,
    /// Drift by stack, and what is in the way of the rest.
    pub drift: Looked<Drifts>,
    /// The stack that was chosen to be looked at; none for the one that was spoken of last.
    pub stack: Option<String>,
    /// What could be deployed.
    pub apps: Vec<AppSeen>,
}

const WHO: Group = Group { title: "You are", columns: &["region"] };
const PROFILES: Group = Group { title: "Profiles", columns: &["region"] };
const REGION: Group = Group { title: "Regions", columns: &[] };

impl AccountView {
    /// Takes in what the agent has seen.
    pub fn take(&mut self, seen: Seen) {
        match seen {
            Seen::Identity { account, trouble } => {
                // Neither: AWS is no part of this.
                self.asked = account.is_some() || trouble.is_some();
                (self.account, self.trouble) = (account, trouble);
            }
            Seen::Places { place, profiles, trouble } => {
                (self.place, self.profiles, self.unreadable) = (place, Some(profiles), trouble);
            }
            Seen::Functions { stacks, functions, others, trouble } => {
                self.functions = Looked::Seen((stacks, functions, others, trouble));
            }
            Seen::Drift { stacks, others, trouble } => self.drift = Looked::Seen((stacks, others, trouble)),
            Seen::Apps(apps) => self.apps = apps,
        }
    }

    /// What the header says, the longest form first; nothing where AWS is no part of the spec.
    pub fn forms(&self, key: &str) -> Option<(Vec<String>, Role)> {
        if let Some(account) = &self.account {
            let Account { id, region, .. } = account;
            let who = account.who();
            // The names of roles that a sign-in makes are long.
            let short = crate::ui::text::cut(who, 16);
            let forms = vec![
                format!("{id} {region} {who}"),
                format!("{id} {region} {short}"),
                format!("{id} {region}"),
                id.clone(),
            ];
            return Some((forms, Role::Info));
        }
        if let Some(Trouble { brief, asked, .. }) = &self.trouble {
            let (mark, role) = if *asked { ("✗ ", Role::Error) } else { ("! ", Role::Warn) };
            let short = format!("{mark}AWS: {brief}");
            return Some((vec![format!("{short} ({key})"), short, format!("{mark}AWS {key}")], role));
        }
        self.asked.then(|| (vec!["AWS …".to_owned()], Role::Dim))
    }

    /// What could be deployed, where there is a choice; else what there is.
    pub fn choices(&self) -> Vec<desk::Target> {
        lists::targets(&self.apps, &desk::Target::default())
    }

    /// Who we are, and whom and where we could be.
    pub fn places(&self) -> (Vec<Entry>, String) {
        let mut entries = vec![self.who()];
        let chosen = &self.place;
        let none = Profile { name: String::new(), region: None };
        for profile in std::iter::once(&none).chain(self.profiles.iter().flatten()) {
            let own = profile.name.is_empty();
            let name = (!own).then(|| profile.name.clone());
            let here = chosen.profile == name;
            // A profile brings its region along; one that has none stays where we are.
            let region = if own { None } else { profile.region.clone().or_else(|| chosen.region.clone()) };
            let words = if own { "by the environment and its defaults" } else { profile.name.as_str() };
            entries.push(Entry {
                group: &PROFILES,
                mark: if here { ("●", Role::PhaseNow) } else { ("○", Role::PhaseNext) },
                name: String::new(),
                text: words.to_owned(),
                facts: vec![profile.region.clone().unwrap_or_default()],
                detail: vec![
                    ("profile", words.to_owned()),
                    ("region", profile.region.clone().unwrap_or_else(|| "none of its own".into())),
                    ("then", "withdraws what was prepared as somebody else; it is asked for anew".into()),
                ],
                target: Target::Pick(Pick::Place(Place { profile: name, region })),
                comment: None,
                thing: None,
            });
        }
        let current = self.account.as_ref().map(|a| a.region.clone()).or_else(|| chosen.region.clone());
        let mut regions: Vec<&str> = REGIONS.to_vec();
        if let Some(own) = current.as_deref().filter(|r| !REGIONS.contains(r)) {
            regions.insert(0, own);
        }
        entries.push(region("another region, typed", false, Pick::OtherRegion));
        entries.extend(regions.into_iter().map(|name| {
            let place = Place { profile: chosen.profile.clone(), region: Some(name.to_owned()) };
            region(name, current.as_deref() == Some(name), Pick::Place(place))
        }));
        let sum = match &self.profiles {
            None => "the profiles are looked at".to_owned(),
            Some(profiles) => format!("{} profiles", profiles.len()),
        };
        (entries, sum)
    }

    fn who(&self) -> Entry {
        let mut detail = Vec::new();
        let (mark, text, region) = match (&self.account, &self.trouble) {
            (Some(account), _) => {
                detail.extend([
                    ("account", account.id.clone()),
                    ("as", account.who().to_owned()),
                    ("region", account.region.clone()),
                    ("profile", account.profile.clone().unwrap_or_else(|| "none of its own".into())),
                    ("arn", account.arn.clone()),
                ]);
                let text = format!("account {} as {}", account.id, account.who());
                (("✓", Role::Ok), text, account.region.clone())
            }
            (None, Some(trouble)) => {
                detail.extend([("why", trouble.why.clone()), ("do", trouble.remedy.clone())]);
                (("✗", Role::Error), format!("not known: {}", trouble.brief), String::new())
            }
            (None, None) if self.asked => (("…", Role::Dim), "AWS is asked who you are".to_owned(), String::new()),
            (None, None) => (("–", Role::Dim), "AWS is no part of this spec".to_owned(), String::new()),
        };
        if let Some(trouble) = &self.unreadable {
            detail.extend([("files", trouble.why.clone()), ("do", trouble.remedy.clone())]);
        }
        Entry {
            group: &WHO,
            mark,
            name: String::new(),
            text,
            facts: vec![region],
            detail,
            target: Target::Pick(Pick::Again),
            comment: None,
            thing: None,
        }
    }
}

fn region(name: &str, here: bool, pick: Pick) -> Entry {
    Entry {
        group: &REGION,
        mark: if here { ("●", Role::PhaseNow) } else { ("○", Role::PhaseNext) },
        name: String::new(),
        text: name.to_owned(),
        facts: Vec::new(),
        detail: vec![
            ("region", name.to_owned()),
            ("then", "withdraws what was prepared elsewhere; it is asked for anew".into()),
        ],
        target: Target::Pick(pick),
        comment: None,
        thing: None,
    }
}
