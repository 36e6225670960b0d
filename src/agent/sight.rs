//! Looking at the account for the developer, beside whatever else is under way.
//!
//! Reads and tells. Always holds: it waits for nothing and nothing waits for it; with AWS off, or no
//! sign of credentials, not one call is made; what was seen as somebody else is not told any more.

use super::{
    session::{Session, Stopped},
    sights::{self, trouble},
};
use crate::{
    domain::{
        cloud::{
            Place,
            sight::{Seen, Sight, Trouble},
        },
        journal::Entry,
        phase::Cloud as Where,
        wire::Event,
    },
    ports::cloud::Cloud,
};

impl Session {
    /// Looks, and tells when it has seen.
    pub(super) fn see(&self, sight: Sight) {
        let (cloud, tell) = (self.ports.cloud.clone(), self.ports.tell.clone());
        let has_account = self.has_account();
        // What only asks who we are reads no repository.
        let stack = match sight {
            Sight::Identity | Sight::Places => None,
            Sight::Functions | Sight::Drift | Sight::FunctionsOf(_) | Sight::DriftOf(_) | Sight::Apps => {
                Some((self.world(), self.state.cloud.clone()))
            }
        };
        tokio::spawn(async move {
            let place = cloud.place();
            let seen = match (sight, stack) {
                (Sight::Identity, _) if has_account => identity(cloud.as_ref()).await,
                (Sight::Identity, _) => Seen::Identity { account: None, trouble: None },
                (Sight::Places, _) => places(cloud.as_ref()).await,
                (Sight::Functions, Some((world, desk))) => sights::functions(world, desk, None, has_account).await,
                (Sight::FunctionsOf(stack), Some((world, desk))) => {
                    sights::functions(world, desk, Some(stack), has_account).await
                }
                (Sight::Drift, Some((world, desk))) => sights::drift(world, desk, None).await,
                (Sight::DriftOf(stack), Some((world, desk))) => sights::drift(world, desk, Some(stack)).await,
                (Sight::Apps, Some((world, _))) => sights::apps(&world),
                (_, None) => return,
            };
            if cloud.place() == place {
                tell(Event::Seen(Box::new(seen)));
            }
        });
    }

    /// Tells what could be deployed, unasked.
    pub(super) fn offer_apps(&self) {
        self.tell(Event::Seen(Box::new(sights::apps(&self.world()))));
    }

    /// Goes on as somebody else, or elsewhere.
    pub(super) fn choose_place(&mut self, place: Place) -> Result<(), Stopped> {
        if !self.has_account() {
            self.tell(Event::Refused("AWS is no part of this spec, or not built in".into()));
            return Ok(());
        }
        let place = match Place::chosen(place.profile.as_deref(), place.region.as_deref()) {
            Ok(place) => place,
            Err(why) => {
                self.tell(Event::Refused(why));
                return Ok(());
            }
        };
        if let (Where::Running { .. } | Where::Doing { .. }, Some(going)) =
            (self.state.flow.cloud, self.state.cloud.unfinished())
        {
            let account = &going.deployment.account;
            let why = format!(
                "stack {} is under way in account {}, {}, and is followed as who began it; wait for its end, or stop \
                 looking at it first",
                going.deployment.stack, account.id, account.region
            );
            self.tell(Event::Refused(why));
            return Ok(());
        }
        self.record(Entry::PlaceChosen(place.clone()))?;
        self.ports.cloud.switch(place);
        self.see(Sight::Identity);
        Ok(())
    }
}

async fn places(cloud: &dyn Cloud) -> Seen {
    let place = cloud.place();
    match cloud.profiles().await {
        Ok(profiles) => Seen::Places { place, profiles, trouble: None },
        Err(error) => Seen::Places { place, profiles: Vec::new(), trouble: Some(trouble(error)) },
    }
}

async fn identity(cloud: &dyn Cloud) -> Seen {
    if !cloud.has_signs() {
        return Seen::Identity { account: None, trouble: Some(nobody()) };
    }
    match cloud.identity().await {
        Ok(account) => Seen::Identity { account: Some(account), trouble: None },
        Err(error) => Seen::Identity { account: None, trouble: Some(trouble(error)) },
    }
}

/// There is nobody to ask as.
fn nobody() -> Trouble {
    Trouble {
        brief: "no credentials".into(),
        why: "nothing on this machine says that there are credentials for AWS: no variable, no file in ~/.aws; nobody \
              was asked"
            .into(),
        remedy:
            "sign in with `aws sso login` or `aws configure`, or set AWS_PROFILE; this machine does not say that it is one \
                 of EC2, so its role is looked for only when something is asked of the account"
                .into(),
        asked: false,
    }
}
