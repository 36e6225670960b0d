//! The profiles in the files of AWS: names and regions, never a key.

use std::{collections::BTreeMap, env, fs, path::PathBuf};

use crate::{
    domain::cloud::Profile,
    ports::cloud::{CloudError, CloudErrorKind},
};

/// The most that is read of one file.
const MOST: u64 = 1 << 20;

/// Every profile, by name. A file that is not there has none.
pub(super) async fn read() -> Result<Vec<Profile>, CloudError> {
    let work = || {
        let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
        let place = |variable: &str, usual: &str| {
            env::var_os(variable).filter(|v| !v.is_empty()).map_or_else(|| home.join(".aws").join(usual), PathBuf::from)
        };
        let config = text(&place("AWS_CONFIG_FILE", "config"))?;
        let credentials = text(&place("AWS_SHARED_CREDENTIALS_FILE", "credentials"))?;
        Ok(profiles(&config, &credentials))
    };
    let failed = |why: String| {
        CloudError::new(
            CloudErrorKind::Other,
            format!("the profiles cannot be read: {why}"),
            "look at the files in ~/.aws",
        )
    };
    tokio::task::spawn_blocking(work).await.map_err(|e| failed(e.to_string()))?.map_err(failed)
}

fn text(path: &PathBuf) -> Result<String, String> {
    match fs::metadata(path) {
        Ok(meta) if meta.is_file() && meta.len() <= MOST => {
            fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
        }
        Ok(_) => Err(format!("{} is no file of reasonable size", path.display())),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(e) => Err(format!("{}: {e}", path.display())),
    }
}

/// `[profile NAME]` of the one file, `[NAME]` of the other; `[default]` of both.
fn profiles(config: &str, credentials: &str) -> Vec<Profile> {
    let mut found: BTreeMap<String, Option<String>> = BTreeMap::new();
    for (text, is_config) in [(config, true), (credentials, false)] {
        let mut at: Option<String> = None;
        for line in text.lines() {
            // Nested settings are indented, and none of ours.
            let comment = line.trim_start().starts_with(['#', ';']);
            if let Some(head) = line.strip_prefix('[').and_then(|l| l.split_once(']')).map(|(h, _)| h.trim()) {
                let named = head.strip_prefix("profile ").or_else(|| head.strip_prefix("profile\t")).map(str::trim);
                at = match (is_config, named) {
                    (true, Some(name)) => Some(name.trim_matches('"').to_owned()),
                    (true, None) => (head == "default").then(|| head.to_owned()),
                    (false, _) => Some(head.to_owned()),
                };
                if let Some(name) = at.as_ref().filter(|n| !n.is_empty()) {
                    found.entry(name.clone()).or_default();
                }
            } else if let (Some(name), Some((key, value))) = (&at, line.split_once('='))
                && !comment
                && key.trim_end() == "region"
                && let Some(region) = found.get_mut(name)
            {
                region.get_or_insert_with(|| value.trim().to_owned());
            }
        }
    }
    found.into_iter().map(|(name, region)| Profile { name, region }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_come_from_both_files_with_their_regions() {
        let config = "[default]\nregion = eu-west-1\n\n[profile dev]\nsso_session = work\nregion=us-east-1\ns3 =\n  region = no\n\
                      # [profile not]\n[sso-session work]\nregion = eu-central-1\n[services x]\n[profile \"two words\"]\n";
        let credentials =
            "[default]\naws_secret_access_key = s3cret\n[ci]\naws_access_key_id = A\nregion = eu-north-1\n";
        let found = profiles(config, credentials);
        let shown: Vec<_> = found.iter().map(|p| (p.name.as_str(), p.region.as_deref())).collect();
        assert_eq!(
            shown,
            [
                ("ci", Some("eu-north-1")),
                ("default", Some("eu-west-1")),
                ("dev", Some("us-east-1")),
                ("two words", None)
            ]
        );
        assert!(!format!("{found:?}").contains("s3cret"));
    }
}
