//! Confines the calling process, and with it everything it starts, for good.
//!
//! Files: writing below [`Bounds::writable`] and to harmless devices only; reading everywhere but
//! in [`Bounds::hidden`], whose names stay visible. Network: where the command has a network of its
//! own ([`super::net`]), the sockets that stay within it; else no socket at all. Unix sockets never:
//! behind those sit agents and daemons that act for the developer. What talks through pipes and
//! socket pairs works. Signals and tracing reach confined processes only, and no program gains
//! privileges by being started. A bound is never left out silently: a kernel without Landlock is an
//! error.

use super::launcher::Bounds;

/// Whether [`confine`] can work here; if not, why.
///
/// # Errors
/// The reason, in words for the developer.
pub fn supported() -> Result<(), String> {
    imp::supported()
}

/// Confines this process. It must have one thread.
///
/// # Errors
/// The reason, in words for the developer. Some bounds may already hold then.
pub fn confine(bounds: &Bounds) -> Result<(), String> {
    imp::confine(bounds)
}

#[cfg(target_os = "linux")]
mod imp {
    use std::{
        collections::BTreeMap,
        path::{Path, PathBuf},
    };

    use landlock::{
        ABI, Access, AccessFs, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
        RulesetCreated, RulesetCreatedAttr, Scope, path_beneath_rules,
    };
    use rustix::thread::{CapabilitySet, CapabilitySets, capabilities, set_capabilities};
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    };

    use super::Bounds;

    /// Devices and shared memory that programs open for writing and that keep nothing.
    const DEVICES: &[&str] = &[
        "/dev/null",
        "/dev/zero",
        "/dev/full",
        "/dev/random",
        "/dev/urandom",
        "/dev/tty",
        "/dev/ptmx",
        "/dev/pts",
        "/dev/shm",
    ];

    pub(super) fn supported() -> Result<(), String> {
        ruleset().map(|_| ())
    }

    /// The third version is the first in which truncating is a bound; less is not worth the name.
    fn ruleset() -> Result<RulesetCreated, String> {
        let words = |e: landlock::RulesetError| format!("Landlock: {e}");
        Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .handle_access(AccessFs::from_all(ABI::V3))
            .map_err(words)?
            .set_compatibility(CompatLevel::BestEffort)
            .scope(Scope::Signal | Scope::AbstractUnixSocket)
            .map_err(words)?
            .create()
            .map_err(words)
    }

    pub(super) fn confine(bounds: &Bounds) -> Result<(), String> {
        let words = |e: landlock::RulesetError| format!("Landlock: {e}");
        let hidden: Vec<PathBuf> = bounds.hidden.iter().filter_map(|p| p.canonicalize().ok()).collect();
        let mut readable = Vec::new();
        spread(Path::new("/"), &hidden, &mut readable);
        let all = AccessFs::from_all(ABI::V3);
        let devices: BitFlags<AccessFs> = AccessFs::from_read(ABI::V3)
            | AccessFs::WriteFile
            | AccessFs::Truncate
            | AccessFs::MakeReg
            | AccessFs::RemoveFile;
        let top = PathFd::new("/").map_err(|e| format!("Landlock: {e}"))?;
        for dir in &bounds.writable {
            if !dir.is_dir() {
                return Err(format!("{} is not a directory", dir.display()));
            }
        }
        ruleset()?
            // Names may be seen everywhere; content is another right.
            .add_rule(PathBeneath::new(top, AccessFs::ReadDir))
            .map_err(words)?
            .add_rules(path_beneath_rules(&readable, AccessFs::from_read(ABI::V3)))
            .map_err(words)?
            .add_rules(path_beneath_rules(DEVICES, devices))
            .map_err(words)?
            .add_rules(path_beneath_rules(&bounds.writable, all))
            .map_err(words)?
            .restrict_self()
            .map_err(words)?;
        renounce().map_err(|e| format!("capabilities: {e}"))?;
        let filter = filter(bounds.loopback).map_err(|e| format!("seccomp: {e}"))?;
        seccompiler::apply_filter(&filter).map_err(|e| format!("seccomp: {e}"))
    }

    /// Everything below `dir` but what is hidden, in as few paths as that takes: rules can only
    /// allow, so a directory with something hidden in it is allowed entry by entry.
    fn spread(dir: &Path, hidden: &[PathBuf], out: &mut Vec<PathBuf>) {
        if hidden.iter().any(|h| dir.starts_with(h)) {
            return;
        }
        if !hidden.iter().any(|h| h.starts_with(dir)) {
            out.push(dir.to_owned());
            return;
        }
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            // A link's rule would be its target's; the target is met at its own place.
            if entry.file_type().is_ok_and(|t| !t.is_symlink()) {
                spread(&entry.path(), hidden, out);
            }
        }
    }

    /// Gives up what root has beyond its own files, for instance reading other processes' memory and
    /// environment past Landlock. No program that is started gains it back: that bound is set already.
    fn renounce() -> rustix::io::Result<()> {
        let kept = CapabilitySet::CHOWN
            | CapabilitySet::DAC_OVERRIDE
            | CapabilitySet::FOWNER
            | CapabilitySet::FSETID
            | CapabilitySet::KILL
            | CapabilitySet::SETGID
            | CapabilitySet::SETUID;
        let now = capabilities(None)?;
        let sets = CapabilitySets {
            effective: now.effective & kept,
            permitted: now.permitted & kept,
            inheritable: CapabilitySet::empty(),
        };
        set_capabilities(None, sets)
    }

    /// Calls that are denied. `loopback`: this process is in a network of its own.
    fn filter(loopback: bool) -> Result<BpfProgram, seccompiler::BackendError> {
        let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
        for call in [
            libc::SYS_socket,
            // The way back into another network, where its door was left open.
            libc::SYS_setns,
            libc::SYS_ptrace,
            libc::SYS_process_vm_readv,
            libc::SYS_process_vm_writev,
            // It opens sockets too, out of this filter's sight.
            libc::SYS_io_uring_setup,
            libc::SYS_io_uring_enter,
            libc::SYS_io_uring_register,
            libc::SYS_keyctl,
            libc::SYS_add_key,
            libc::SYS_request_key,
            libc::SYS_bpf,
            libc::SYS_perf_event_open,
            libc::SYS_userfaultfd,
            libc::SYS_kexec_load,
            libc::SYS_init_module,
            libc::SYS_finit_module,
            libc::SYS_delete_module,
        ] {
            rules.insert(call, Vec::new());
        }
        if loopback {
            rules.insert(
                libc::SYS_socket,
                vec![
                    SeccompRule::new(vec![
                        argument(0, SeccompCmpOp::Ne, libc::AF_INET)?,
                        argument(0, SeccompCmpOp::Ne, libc::AF_INET6)?,
                        argument(0, SeccompCmpOp::Ne, libc::AF_NETLINK)?,
                    ])?,
                    // Programs ask the kernel which addresses there are before they open one.
                    SeccompRule::new(vec![
                        argument(0, SeccompCmpOp::Eq, libc::AF_NETLINK)?,
                        argument(2, SeccompCmpOp::Ne, libc::NETLINK_ROUTE)?,
                    ])?,
                ],
            );
        }
        // Pairs of connected sockets lead nowhere else.
        let family = argument(0, SeccompCmpOp::Ne, libc::AF_UNIX)?;
        rules.insert(libc::SYS_socketpair, vec![SeccompRule::new(vec![family])?]);
        // The same calls by the numbers of the x32 interface, which has no filter of its own.
        #[cfg(target_arch = "x86_64")]
        {
            let x32: Vec<_> = rules.iter().map(|(call, rule)| (call | 0x4000_0000, rule.clone())).collect();
            rules.extend(x32);
        }
        let arch = std::env::consts::ARCH.try_into()?;
        let denied = SeccompAction::Errno(libc::EACCES as u32);
        SeccompFilter::new(rules, SeccompAction::Allow, denied, arch)?.try_into()
    }

    fn argument(
        index: u8,
        compared: SeccompCmpOp,
        to: libc::c_int,
    ) -> Result<SeccompCondition, seccompiler::BackendError> {
        SeccompCondition::new(index, SeccompCmpArgLen::Dword, compared, to as u64)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn everything_is_readable_but_what_is_hidden() {
            let root = tempfile::tempdir().unwrap();
            let root = root.path().canonicalize().unwrap();
            for dir in ["a/b/secret", "a/c", "d"] {
                std::fs::create_dir_all(root.join(dir)).unwrap();
            }
            std::fs::write(root.join("a/b/file"), "").unwrap();
            std::os::unix::fs::symlink(root.join("a/b/secret"), root.join("way")).unwrap();
            let mut out = Vec::new();
            spread(&root, &[root.join("a/b/secret")], &mut out);
            out.sort();
            assert_eq!(out, [root.join("a/b/file"), root.join("a/c"), root.join("d")]);
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    use super::Bounds;

    const WHY: &str = "commands are confined with Landlock, which only Linux has";

    pub(super) fn supported() -> Result<(), String> {
        Err(WHY.to_owned())
    }

    pub(super) fn confine(_: &Bounds) -> Result<(), String> {
        Err(WHY.to_owned())
    }
}
