//! A network that a command has for itself: a namespace with a loopback and nothing else.
//!
//! What is started there can serve and be called, by what it started itself. The machine's own
//! loopback, its other addresses and everything beyond do not exist there. It takes the right to
//! make a namespace: an administrator's, or that to a user namespace, which a system may forbid;
//! whether it is there is asked of a process that ends afterwards, since half of it cannot be
//! taken back.

use std::path::Path;

/// Enters such a network for good. This process must have one thread.
///
/// # Errors
/// The reason, in words for the developer. The process must not go on then.
pub fn enter() -> Result<(), String> {
    imp::enter()
}

/// Whether [`enter`] works here, as `launcher` finds when it is started for that.
///
/// # Errors
/// The reason, in words for the developer.
pub fn supported(launcher: &Path) -> Result<(), String> {
    let tried = std::process::Command::new(launcher)
        .args([super::SUBCOMMAND, "net"])
        .env_clear()
        .stdin(std::process::Stdio::null())
        .output()
        .map_err(|e| e.to_string())?;
    if tried.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&tried.stdout).trim().to_owned();
    Err(if said.is_empty() { "a network namespace cannot be made".to_owned() } else { said })
}

#[cfg(target_os = "linux")]
mod imp {
    use std::{
        fs::File,
        io::{self, Read as _, Write as _},
    };

    use rustix::{
        net::{AddressFamily, SocketFlags, SocketType, socket_with},
        process::{getgid, getuid},
        thread::{CapabilitySet, UnshareFlags, capabilities, unshare_unsafe},
    };

    pub(super) fn enter() -> Result<(), String> {
        let (user, group) = (getuid(), getgid());
        let able = capabilities(None).is_ok_and(|now| now.effective.contains(CapabilitySet::SYS_ADMIN));
        if able {
            unshare(UnshareFlags::NEWNET)?;
        } else if user.is_root() {
            // In a user namespace of its own this root would no longer get at other users' files.
            return Err("root is not allowed to make a network namespace here".to_owned());
        } else {
            unshare(UnshareFlags::NEWUSER | UnshareFlags::NEWNET)?;
            // Everybody stays who they are; without these lines nobody would be anybody.
            for (file, line) in [
                ("setgroups", "deny".to_owned()),
                ("uid_map", format!("{0} {0} 1", user.as_raw())),
                ("gid_map", format!("{0} {0} 1", group.as_raw())),
            ] {
                std::fs::write(format!("/proc/self/{file}"), line).map_err(|e| format!("user namespace: {e}"))?;
            }
        }
        up().map_err(|e| format!("loopback: {e}"))
    }

    #[expect(unsafe_code, reason = "the call is unsafe for the table of files alone, which stays shared")]
    fn unshare(flags: UnshareFlags) -> Result<(), String> {
        // SAFETY: `FILES` is not among the flags.
        unsafe { unshare_unsafe(flags) }.map_err(|e| format!("network namespace: {e}"))
    }

    /// The loopback of a namespace, its first device, is there but down.
    fn up() -> io::Result<()> {
        let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
        let mut socket = File::from(socket);
        let request = (libc::NLM_F_REQUEST | libc::NLM_F_ACK) as u16;
        let mut message = Vec::new();
        // The header: length, type, flags, number, sender.
        message.extend(32_u32.to_ne_bytes());
        message.extend(libc::RTM_NEWLINK.to_ne_bytes());
        message.extend(request.to_ne_bytes());
        message.extend([0; 8]);
        // The device: family and type, index, flags, and which of them are meant.
        message.extend([0; 4]);
        message.extend(1_i32.to_ne_bytes());
        message.extend((libc::IFF_UP as u32).to_ne_bytes());
        message.extend((libc::IFF_UP as u32).to_ne_bytes());
        socket.write_all(&message)?;
        let mut answer = [0; 256];
        let length = socket.read(&mut answer)?;
        // After its header an answer has the error, negative, or nought.
        let error = answer.get(16..20).filter(|_| length >= 20).and_then(|bytes| bytes.try_into().ok());
        match error.map(i32::from_ne_bytes) {
            Some(0) => Ok(()),
            Some(error) => Err(io::Error::from_raw_os_error(-error)),
            None => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    pub(super) fn enter() -> Result<(), String> {
        Err("only Linux has network namespaces".to_owned())
    }
}
